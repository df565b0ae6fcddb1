//! What a filter says of the messages that it gives back: of which entry each is (Postfix: smtpd/smtpd.c, `orig_queue_id`, by
//! XFORWARD IDENT of a client that may use it).
//!
//! The entry may be another host's, who handed its own id on. It is the parent where it is of this host and carries the same
//! Message-ID.

use super::Line;
use super::entry::Parent;
use super::instance::named_in;
use super::open::{Keyed, entries};
use super::queue::Queue;
use crate::event::{Field, NO_TEXT, TextId, Word, hash_seed, queue_key};
use crate::facts::Facts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What filters said.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Given {
    /// The entries that may be the parents of others, by the key of these, until their Message-ID is known.
    #[serde(with = "entries")]
    parents: Keyed<Vec<u64>>,
    /// The entries of which something was given back.
    back: BTreeSet<u64>,
}

impl Given {
    /// Whether something of this entry was given back.
    pub fn is_back(&self, key: u64) -> bool {
        self.back.contains(&key)
    }

    /// This entry is no more.
    pub fn forget(&mut self, key: u64) {
        self.parents.remove(&key);
        self.back.remove(&key);
    }
}

impl Queue {
    /// The opener of an entry may say of which other it is.
    pub(super) fn told_parent(&mut self, line: &Line<'_>, facts: &Facts) {
        let id = line.text(Field::ParentQueueId);
        if id == NO_TEXT {
            return;
        }
        let (host, instance) = named_in(line, facts);
        let own = queue_key(hash_seed(host), hash_seed(instance), facts.texts.get(id).unwrap_or_default());
        let mut known = self.named(own, line, id, facts);
        known.retain(|key| *key != line.event.key);
        self.given.parents.insert(line.event.key, known);
    }

    /// The Message-ID of an entry is known, by which it is of the entry that a filter named, or not.
    pub(super) fn prove_parent(&mut self, key: u64, message_id: TextId, facts: &Facts) {
        let Some(parents) = self.given.parents.remove(&key) else { return };
        let found = parents.into_iter().find_map(|parent| {
            let row = self.find(parent)?.row;
            let same = facts.texts.get(row.message_id) == facts.texts.get(message_id);
            let of = Parent {
                entry: row.entry,
                queue_id: row.queue_id,
                origin: Word::Filter.id(),
                notification: NO_TEXT,
            };
            same.then_some((parent, of))
        });
        if let Some((parent, of)) = found
            && let Some(child) = self.open.get_mut(&key)
        {
            child.adopt(of);
            if self.open.contains_key(&parent) {
                self.given.back.insert(parent);
            }
        }
    }
}
