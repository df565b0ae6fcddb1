//! Entries of which the log lost the end: lines may be missing where a rate was limited, a disk was full, or a file was not
//! kept. Without this they would wait for ever.

use super::Line;
use super::entry::Entry;
use super::queue::{Queue, push};
use crate::facts::Facts;
use crate::time::DAY;

/// How long the log may say nothing of an entry. Postfix tries what waits at least each `maximal_backoff_time` (4000 s) and
/// gives it up after `maximal_queue_lifetime` (5 days; postconf(5)); what is on hold waits in silence.
const SILENCE: i64 = 5 * DAY;

impl Queue {
    /// Ends the entry that a line seems to be about, where it was lost before: the line is about one that came later, or
    /// tells of it anew.
    pub(super) fn lose_before(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let key = line.event.key;
        let is_late = |entry: &Entry| line.event.time - entry.heard() >= SILENCE;
        if self.open.get(&key).is_some_and(|entry| is_late(entry) && self.is_lost(entry, facts)) {
            self.lose(key, facts);
        }
    }

    /// Ends the entries that are lost when a run ends.
    pub fn lose_silent(&mut self, facts: &mut Facts) {
        let silent = self.open.iter().filter(|(_, entry)| self.is_lost(entry, facts));
        let mut silent: Vec<(i64, i64, u64)> =
            silent.map(|(key, entry)| (entry.row.source, entry.row.offset, *key)).collect();
        silent.sort_unstable();
        silent.into_iter().for_each(|(.., key)| self.lose(key, facts));
    }

    /// Whether an entry's own instance went on for so long that it would have told more.
    fn is_lost(&self, entry: &Entry, facts: &Facts) -> bool {
        let began = self.last_begun(&entry.row, facts);
        !entry.held && began.is_some_and(|time| time - entry.heard() >= SILENCE)
    }

    fn lose(&mut self, key: u64, facts: &mut Facts) {
        self.given.forget(key);
        if let Some(entry) = self.open.remove(&key) {
            push(entry.lost(), facts);
        }
    }
}
