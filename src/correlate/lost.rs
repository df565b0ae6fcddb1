//! Entries of which the log lost the end: lines may be missing where a rate was limited, a disk was full, or a file was not
//! kept. Without this they would wait for ever.

use super::Line;
use super::entry::Entry;
use super::open::{Keyed, in_order};
use super::queue::{Queue, push};
use crate::facts::Facts;
use crate::time::DAY;

/// How long the log may say nothing of an entry. Postfix tries what waits at least each `maximal_backoff_time` (4000 s) and
/// gives it up after `maximal_queue_lifetime` (5 days; postconf(5)); what is on hold waits in silence.
const SILENCE: i64 = 5 * DAY;

/// Entries that are looked at in a run, at most: a log may go back and forth between days at each line.
const MOST_LOOKED_AT: usize = 1_000_000_000;

impl Queue {
    /// Ends the entries that are lost when their instance begins one on another day. What counts is when it began its last
    /// on the day before: after a pause, or where the clock leaps, what waits has time to be told of. It is the line that
    /// decides, not the end of a run, so that it is the same however a log is cut.
    pub(super) fn lose_silent(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let now = line.event.time;
        let Some(last) = self.last_begun(line, facts) else { return };
        if last.div_euclid(DAY) >= now.div_euclid(DAY) || self.looked_at >= MOST_LOOKED_AT {
            return;
        }
        self.looked_at += self.open.len();
        let lost = self.open.extract_if(|_, entry| is_lost(entry, last, line, facts));
        let mut lost: Keyed<Entry> = lost.collect();
        lost.keys().for_each(|key| self.given.forget(*key));
        in_order(&mut lost, Entry::place).into_iter().for_each(|entry| push(entry.lost(now), facts));
    }
}

/// Whether an entry's own instance went on for so long that it would have told more of it.
fn is_lost(entry: &Entry, last: i64, line: &Line<'_>, facts: &Facts) -> bool {
    let same = |a, b| facts.texts.get(a) == facts.texts.get(b);
    !entry.held
        && last - entry.heard() >= SILENCE
        && same(entry.row.host, line.host())
        && same(entry.row.instance, line.text_id(line.event.instance))
}
