//! Sources in which the newest line stands first: `journalctl -r`, and what search engines show and export.
//!
//! Lines are joined in the order in which they stand: a connection that ends before it begins would be two. So such a source
//! is told.

use super::Source;
use super::stream::instant;
use crate::frame;
use crate::text::Text;

/// So many lines are looked at, at the beginning and at the end.
const LINES: usize = 200;

/// Fewer lines tell nothing.
const FEWEST: usize = 20;

/// So many steps back tell an order from a clock that was set back.
const STEPS: usize = 5;

/// Of so many steps one may lead forward: lines of the same moment are not always in order.
const STRAY: usize = 20;

/// That a source runs backwards, in words; nothing where it does not.
pub(super) fn doubt(source: &Source) -> Option<Text> {
    let first = times(source.head.split(|b| *b == b'\n'));
    if !begins_late(&first) {
        return None;
    }
    let mut last = source.end().map(|end| times(end.rsplit(|b| *b == b'\n'))).unwrap_or_default();
    last.reverse();
    let is_later = last.is_empty() || last.last() < first.first();
    let name = source.name.raw();
    (is_later && run_back(&[&first, &last])).then(|| {
        Text::from(format!(
            "{name}: the newest line stands first, and lines count in the order in which they stand, so that figures are wrong; put the oldest first: `tac FILE | mailtrail report -`"
        ))
    })
}

/// The times of the first lines that have one.
fn times<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Vec<i64> {
    lines.filter_map(frame::stamp).take(LINES).map(|stamp| instant(stamp, 2024)).collect()
}

/// Whether the first time is none that is earlier than the last.
fn begins_late(times: &[i64]) -> bool {
    times.last() <= times.first()
}

/// Whether the times of all parts of a source go back, line by line.
fn run_back(parts: &[&[i64]]) -> bool {
    let steps = |is: fn(&i64, &i64) -> bool| {
        parts.iter().flat_map(|part| part.windows(2)).filter(|pair| is(&pair[0], &pair[1])).count()
    };
    let (back, forward) = (steps(|one, next| next < one), steps(|one, next| next > one));
    let lines: usize = parts.iter().map(|part| part.len()).sum();
    lines >= FEWEST && back >= STEPS && forward * STRAY <= back && parts.iter().all(|part| begins_late(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_is_no_order() {
        let back: Vec<i64> = (0..30).rev().collect();
        let twice: Vec<i64> = back.iter().flat_map(|time| [*time, *time]).collect();
        let forward: Vec<i64> = (0..30).collect();
        let set_back = [&forward[..], &forward].concat();
        let alike = vec![7; 30];
        let few_steps: Vec<i64> = (0..30).map(|at| -(at / 10)).collect();
        assert_eq!([&back, &twice].map(|times| run_back(&[times])), [true; 2]);
        assert_eq!([&forward, &set_back, &alike, &few_steps].map(|times| run_back(&[times])), [false; 4]);
        assert!(!run_back(&[&back[..FEWEST - 1]]));
        assert!(!run_back(&[&back, &forward]));
        let pieces: Vec<i64> = (0..10).rev().flat_map(|piece| (0..3).map(move |at| piece * 10 + at)).collect();
        assert!(!run_back(&[&pieces]));
    }
}
