//! Lines that are the texts of others: a container's runtime, a relay or a program that reads files handed them on, and put a
//! header of its own before them.
//!
//! A stranger may choose what a mail server writes, but not how it begins. So a text is a line only where it is one as a
//! whole, of a program that a grammar knows, and where the header before it is that of a program whose lines no pattern reads.
//! Behind the name of a mail system's own program it must be of that system, and no process may have signed it but the one
//! that it names.

use super::{Origin, Reader, Taken};
use crate::frame::{self, MOST_REPETITIONS, Record};
use crate::grammar::Pattern;
use crate::time::stamp::Stamp;
use crate::time::{HOUR, SECOND};
use std::borrow::Cow;

/// How many lines may stand one in the other.
pub(in crate::grammar) const DEPTH: u8 = 3;

/// Whether a rule sets aside whatever programs say.
pub(in crate::grammar) fn takes_any(rule: &Pattern) -> bool {
    rule.ignore && rule.programs.iter().any(|program| program == "*")
}

/// Whether a line counts that is the text of another, by the grammars and the process ids of both. No grammar reads an outer
/// one that has none.
pub(in crate::grammar) fn counts(outer: Option<(usize, u32)>, inner: (usize, u32)) -> bool {
    outer.is_none_or(|(grammar, pid)| grammar == inner.0 && (pid == 0 || pid == inner.1))
}

/// A line with the program of which it has no header but the name, where that is known.
pub(in crate::grammar) fn named(line: Record<'_>, mut is_known: impl FnMut(&[u8]) -> bool) -> Record<'_> {
    match (&*line.program, &line.text) {
        (b"", Cow::Borrowed(text)) => match frame::tag(text).filter(|(program, ..)| is_known(program)) {
            Some((program, pid, text)) => Record { program: program.into(), pid, text: text.into(), ..line },
            None => line,
        },
        _ => line,
    }
}

impl Reader<'_> {
    /// A text that a rule for whatever programs say takes: it is a line, or ignored.
    #[cold]
    pub(super) fn carried(&mut self, rule: u32, grammar: usize, text: &[u8], origin: Origin) -> Taken {
        self.within(text, None, origin).unwrap_or_else(|| {
            self.ignore(grammar, rule);
            Taken::By(None)
        })
    }

    /// What becomes of the line that a text is, which stands behind the header of a program that is known, or is none of a
    /// grammar's; nothing where it is no line that counts.
    #[cold]
    pub(super) fn within(&mut self, text: &[u8], outer: Option<usize>, origin: Origin) -> Option<Taken> {
        let depth = origin.depth.checked_sub(1)?;
        let inner = named(frame::line_in(text)?, |program| self.known(program).is_some());
        let writer = self.writer(&inner, outer, origin)?;
        let time = self.time_within(inner.stamp, origin)?;
        let (host, hostless) = match &*inner.host {
            b"" => (origin.host, origin.hostless),
            host => (self.host(host), false),
        };
        let (count, text) = frame::repeated(&inner.text);
        let count = count.saturating_mul(origin.count).min(MOST_REPETITIONS);
        let own = Origin { host, hostless, pid: inner.pid, time, count, depth, ..origin };
        let taken = match writer {
            Writer::Known(known) => self.of_known(known, text, own),
            Writer::Logger => self.native(text, own),
        };
        Some(if self.settled(&taken, host, time) { Taken::Within } else { Taken::Not })
    }

    /// Who wrote a line that stands in another; nothing where it does not count.
    fn writer(&mut self, inner: &Record<'_>, outer: Option<usize>, origin: Origin) -> Option<Writer> {
        if inner.program.is_empty() && frame::is_repetition(&inner.text) {
            return Some(Writer::Logger);
        }
        // A program's own file names it nowhere, but who reads the file does.
        let (known, pid) = match &*inner.program {
            b"" => (outer?, 0),
            program => (self.known(program)?, inner.pid),
        };
        let of = |known: usize| self.knowns[known].grammar;
        counts(outer.map(|outer| (of(outer), origin.pid)), (of(known), pid)).then_some(Writer::Known(known))
    }

    /// When a line was written that stands in another: when it says so. But who hands on at once what others write, under a
    /// process id of its own, as a container's runtime does, may have another zone than they have.
    fn time_within(&self, stamp: Stamp, origin: Origin) -> Option<i64> {
        let own = self.clock.resolve_beside(stamp, origin.time)?;
        let is_zoned = matches!(stamp, Stamp::Instant(_));
        let at_once = !is_zoned && origin.pid != 0 && differs_by_zone(own, origin.time);
        Some(if at_once { origin.time } else { own })
    }
}

/// Who wrote a line.
enum Writer {
    /// A program that is known.
    Known(usize),
    /// The log itself.
    Logger,
}

/// What zones differ by is a number of quarters of an hour, up to so many hours.
const ZONES: i64 = 14 * HOUR;

/// How much later than it is written a line is handed on.
const AT_ONCE: i64 = 5 * SECOND;

/// Whether two times are the same by clocks of two zones.
fn differs_by_zone(own: i64, other: i64) -> bool {
    let apart = other - own;
    let quarters = (apart + HOUR / 8).div_euclid(HOUR / 4) * (HOUR / 4);
    quarters.abs() <= ZONES && (apart - quarters).abs() <= AT_ONCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_differ_by_quarters_of_an_hour() {
        let hour = |by: i64| 20 * HOUR + by;
        for (apart, expected) in [
            (0, true),
            (SECOND, true),
            (HOUR, true),
            (-HOUR + SECOND, true),
            (5 * HOUR + 3 * HOUR / 4, true),
            (7 * 60 * SECOND, false),
            (HOUR + 60 * SECOND, false),
            (15 * HOUR, false),
        ] {
            assert_eq!(differs_by_zone(hour(0), hour(apart)), expected, "{apart}");
        }
    }
}
