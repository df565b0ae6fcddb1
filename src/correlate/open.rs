//! What is open, by key.

use hashbrown::HashMap;
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

/// The entries of a map in an order that no hash decides: by the place of their first line.
pub(super) fn in_order<V>(map: &mut Keyed<V>, place: impl Fn(&V) -> (i64, i64)) -> Vec<V> {
    let mut all: Vec<V> = map.drain().map(|(_, value)| value).collect();
    all.sort_by_key(place);
    all
}
