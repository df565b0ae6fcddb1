//! Sessions that one process may hand to another without a word (Postfix: postscreen, of several connections that a client
//! makes at a time).

use super::Line;
use super::open::{Keyed, entries};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How soon a session is handed over that is so without a word.
const SOON: i64 = 10 * SECOND;

/// Sessions that may be handed over, by what both processes know of the client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Gate {
    #[serde(with = "entries")]
    waiting: Keyed<VecDeque<u64>>,
    /// When each came, the client, its key.
    leaving: VecDeque<(i64, u64, u64)>,
}

impl Gate {
    /// A session comes to the gate.
    pub fn come(&mut self, line: &Line<'_>) {
        let (client, key) = (line.event.other, line.event.key);
        self.waiting.entry(client).or_default().push_back(key);
        self.leaving.push_back((line.event.time, client, key));
    }

    /// The keys of the sessions of a client, the first of which is taken.
    pub fn pass(&mut self, client: u64) -> Option<u64> {
        self.waiting.get_mut(&client)?.pop_front()
    }

    /// Forgets those that came long ago.
    pub fn sweep(&mut self, now: i64) {
        while let Some((_, client, key)) = self.leaving.pop_front_if(|(time, ..)| now - *time >= SOON) {
            let Some(keys) = self.waiting.get_mut(&client) else { continue };
            keys.pop_front_if(|first| *first == key);
            if keys.is_empty() {
                self.waiting.remove(&client);
            }
        }
    }
}
