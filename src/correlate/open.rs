//! What is open, by key.

use crate::time::DAY;
use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from keys, which are hashes already.
pub(super) type Keyed<V> = HashMap<u64, V, BuildHasherDefault<KeyHasher>>;

/// Takes a key as its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Whether what has stood since a time has waited so long. Nothing waits for a clock that was far ahead: behind it all
/// others would wait too.
pub(super) fn is_due(since: i64, wait: i64, now: i64) -> bool {
    now - since >= wait || since - now > DAY
}

/// Takes the first of what waits, in the order of time, if it is due. (A line may stand before others that are older.)
pub(super) fn first_if<T: Copy + Ord>(waiting: &mut BTreeSet<T>, is_due: impl Fn(T) -> bool) -> Option<T> {
    let first = waiting.first().copied().filter(|first| is_due(*first))?;
    waiting.pop_first();
    Some(first)
}

/// The entries of a map in an order that no hash decides: by the place of their first line.
pub(super) fn in_order<V>(map: &mut Keyed<V>, place: impl Fn(&V) -> (i64, i64)) -> Vec<V> {
    let mut all: Vec<V> = map.drain().map(|(_, value)| value).collect();
    all.sort_by_key(place);
    all
}

/// A map is written as its entries in order of key, so that the same state gives the same bytes.
pub(super) mod entries {
    use super::{Deserialize, Deserializer, Keyed, Serialize, Serializer};

    pub fn serialize<V: Serialize, S: Serializer>(map: &Keyed<V>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries: Vec<(&u64, &V)> = map.iter().collect();
        entries.sort_by_key(|(key, _)| **key);
        entries.serialize(serializer)
    }

    pub fn deserialize<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Keyed<V>, D::Error> {
        Ok(Vec::<(u64, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
