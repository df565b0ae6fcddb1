//! Sums: a program that closes queue entries or puts them on hold tells of each, or of all at once how many they were.
//!
//! Postfix's `postsuper` (postsuper/postsuper.c) with an id tells of that entry, and at its end how many there were; with
//! `ALL` it tells the number alone.

use super::Line;
use super::entry::Entry;
use super::instance::named_in;
use super::open::{Keyed, entries};
use super::queue::Queue;
use crate::event::{Field, Word, hash_seed, key};
use crate::facts::Facts;
use serde::{Deserialize, Serialize};

/// Entries that are looked at in vain, at most: for each sum that fits nothing these are all that are open, and a log may be
/// made of such sums.
const MOST_IN_VAIN: u64 = 20_000_000;

/// What programs told of entries one by one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sums {
    /// How many each program told since its last sum, by what it did with them.
    #[serde(with = "entries")]
    told: Keyed<u64>,
    /// How many entries were looked at for sums that fitted nothing.
    in_vain: u64,
}

impl Sums {
    /// A program tells of one entry, unless the line is of none that its sum counts.
    pub fn one(&mut self, did: Word, line: &Line<'_>, facts: &Facts) {
        if line.number(Field::Entries) != 0 {
            *self.told.entry(of(did, line, facts)).or_default() += 1;
        }
    }

    /// A program tells how many there were: how many of these it did not tell one by one.
    fn rest(&mut self, did: Word, line: &Line<'_>, facts: &Facts) -> usize {
        let told = self.told.remove(&of(did, line, facts)).unwrap_or_default();
        let all = u64::try_from(line.number(Field::Entries)).unwrap_or_default();
        usize::try_from(all.saturating_sub(told)).unwrap_or(usize::MAX)
    }
}

/// The key of what a program did in its instance.
fn of(did: Word, line: &Line<'_>, facts: &Facts) -> u64 {
    let (host, instance) = named_in(line, facts);
    let instance = key(hash_seed(host), b'i', instance);
    key(instance ^ u64::from(did.id()), b's', facts.texts.get(line.program()).unwrap_or_default())
}

impl Queue {
    /// A program tells how many entries it closed, or put on hold. Those that it did not name one by one must be all open
    /// entries, all that are deferred, or all on hold: whichever are so many. A larger number (the log begins later) can
    /// only mean all.
    pub fn sum(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let did = if line.is(Field::Outcome, Word::Held) { Word::Held } else { Word::Removed };
        let rest = self.sums.rest(did, line, facts);
        if rest == 0 || self.sums.in_vain >= MOST_IN_VAIN {
            return;
        }
        let meant = self.meant(rest, did, line, facts);
        self.sums.in_vain += if meant.is_empty() { self.open.len() as u64 } else { 0 };
        for key in meant {
            match self.open.get_mut(&key) {
                Some(entry) if did == Word::Held => entry.held = true,
                _ => self.end(key, line, facts),
            }
        }
    }

    /// The entries of a line's instance that are so many, in the order of their first lines.
    fn meant(&self, count: usize, did: Word, line: &Line<'_>, facts: &Facts) -> Vec<u64> {
        let text = |id| facts.texts.get(id);
        let (host, instance) = (text(line.host()), text(line.text_id(line.event.instance)));
        let is_there = |entry: &Entry| {
            (entry.accepted || entry.held)
                && !(entry.held && did == Word::Held)
                && text(entry.row.host) == host
                && text(entry.row.instance) == instance
        };
        let mut all: Vec<(&u64, &Entry)> = self.open.iter().filter(|(_, entry)| is_there(entry)).collect();
        all.sort_by_key(|(_, entry)| (entry.row.source, entry.row.offset));
        let sets: [fn(&Entry) -> bool; 3] =
            [|_| true, |entry| entry.row.deferred > 0 && !entry.held, |entry| entry.held];
        let sets = sets.map(|is_of| all.iter().filter(|(_, entry)| is_of(entry)).map(|(key, _)| **key).collect());
        let fits = sets.iter().position(|set: &Vec<u64>| set.len() == count);
        match (fits, sets) {
            (Some(at), sets) => sets.into_iter().nth(at).unwrap_or_default(),
            (None, [all, ..]) if count > all.len() => all,
            _ => Vec::new(),
        }
    }
}
