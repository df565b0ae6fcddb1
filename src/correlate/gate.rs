//! Sessions that one process may hand to another without a word (Postfix: postscreen, of several connections that a client
//! makes at a time).

use super::Line;
use super::open::{Keyed, entries, is_due};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// How long after its opening a session may change its process without a line that says so.
const SOON: i64 = 2 * SECOND;

/// Sessions that may be handed over.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Gate {
    /// Their keys.
    there: BTreeSet<u64>,
    /// The keys of all that came, by what both processes know of the client.
    #[serde(with = "entries")]
    came: Keyed<VecDeque<u64>>,
    /// When each came, the client, its key.
    leaving: VecDeque<(i64, u64, u64)>,
}

impl Gate {
    /// A session comes to the gate.
    pub fn come(&mut self, line: &Line<'_>) {
        let (client, key) = (line.event.other, line.event.key);
        self.there.insert(key);
        self.came.entry(client).or_default().push_back(key);
        self.leaving.push_back((line.event.time, client, key));
    }

    /// The first session of a client, which goes.
    pub fn pass(&mut self, client: u64) -> Option<u64> {
        let keys = self.came.get_mut(&client)?;
        while let Some(key) = keys.pop_front() {
            if self.there.remove(&key) {
                return Some(key);
            }
        }
        None
    }

    /// Something is told of a session: it is not handed over without a word.
    pub fn stay(&mut self, key: u64) {
        self.there.remove(&key);
    }

    /// Forgets those that came long ago.
    pub fn sweep(&mut self, now: i64) {
        while let Some((_, client, key)) = self.leaving.pop_front_if(|(time, ..)| is_due(*time, SOON, now)) {
            self.there.remove(&key);
            let Some(keys) = self.came.get_mut(&client) else { continue };
            while keys.pop_front_if(|first| !self.there.contains(first)).is_some() {}
            if keys.is_empty() {
                self.came.remove(&client);
            }
        }
    }
}
