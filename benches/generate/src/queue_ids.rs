//! Queue ids: short ones, used again now and then, and long ones, which are unique.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::clock::{Micros, SECOND, unix_seconds};
use crate::dice::Dice;

/// The name of a queue file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueId {
    /// Microseconds and inode.
    Short(u32, u32),
    /// Seconds since 1970, microseconds, inode.
    Long(u64, u32, u32),
}

/// The digits of long ids; the inode is written without the last of them.
const DIGITS: &[u8; 52] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

impl fmt::Display for QueueId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Short(micros, inode) => write!(out, "{micros:05X}{inode:X}"),
            Self::Long(secs, micros, inode) => {
                let (secs, micros) = (in_base(52, secs, 6), in_base(52, micros.into(), 4));
                write!(out, "{secs}{micros}z{}", in_base(51, inode.into(), 1))
            }
        }
    }
}

/// A number in a base, with at least `width` digits.
fn in_base(base: u64, mut number: u64, width: usize) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.len() < width {
        digits.push(DIGITS[(number % base) as usize]);
        number /= base;
    }
    digits.reverse();
    digits.into_iter().map(char::from).collect()
}

/// This share of new messages takes the id of one that was just removed.
const USED_AGAIN: f64 = 0.02;
/// Ids that were removed longer ago are not used again.
const REMEMBERED: Micros = 60 * SECOND;

/// The queue ids of a host.
pub struct QueueIds {
    long: bool,
    /// Short ids in use, with the time from which they are free.
    taken: HashMap<QueueId, Micros>,
    /// Short ids by the time of their removal.
    removed: BTreeMap<Micros, QueueId>,
}

impl QueueIds {
    /// Inodes of the queue's file system.
    const INODES: (u64, u64) = (0x20_0000, 0x20_FFFF);

    pub fn new(long: bool) -> Self {
        Self { long, taken: HashMap::new(), removed: BTreeMap::new() }
    }

    /// An id for a queue file that is opened now.
    pub fn open(&mut self, at: Micros, dice: &mut Dice) -> QueueId {
        let (micros, inode) = ((at % SECOND) as u32, Self::inode(dice));
        if self.long {
            return QueueId::Long(unix_seconds(at), micros, inode);
        }
        let mut id = QueueId::Short(micros, inode);
        if dice.chance(USED_AGAIN) {
            id = self.take_removed(at).unwrap_or(id);
        }
        while self.taken.get(&id).is_some_and(|&free_from| free_from >= at) {
            id = QueueId::Short(micros, Self::inode(dice));
        }
        self.taken.insert(id, Micros::MAX);
        id
    }

    /// The file is closed for good at this time.
    pub fn close(&mut self, id: QueueId, at: Micros) {
        if !self.long {
            self.taken.insert(id, at);
            self.removed.insert(at, id);
        }
    }

    /// Forgets the ids that nobody will ask for.
    pub fn forget(&mut self, now: Micros) {
        let before = now.saturating_sub(REMEMBERED);
        self.removed = self.removed.split_off(&before);
        self.taken.retain(|_, free_from| *free_from >= before);
    }

    fn inode(dice: &mut Dice) -> u32 {
        dice.between(Self::INODES.0, Self::INODES.1) as u32
    }

    /// The id that was removed last before this time.
    fn take_removed(&mut self, at: Micros) -> Option<QueueId> {
        let earliest = at.saturating_sub(REMEMBERED);
        let (&removed, _) = self.removed.range(earliest..at).next_back()?;
        self.removed.remove(&removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_as_postfix_writes_them() {
        assert_eq!(QueueId::Short(0x56235, 0x21_0037).to_string(), "56235210037");
        assert_eq!(QueueId::Short(0x1F, 0x21_0037).to_string(), "0001F210037");
        let long = QueueId::Long(1_795_132_800, 1, 51).to_string();
        assert_eq!((long.len(), &long[6..]), (13, "0001z10"));
    }

    #[test]
    fn an_id_is_never_used_by_two_files_at_once() {
        let (mut ids, mut dice) = (QueueIds::new(false), Dice::new(1));
        let first = ids.open(5, &mut dice);
        ids.close(first, 1000);
        for at in 6..1000 {
            let id = ids.open(at, &mut dice);
            assert!(id != first);
        }
    }
}
