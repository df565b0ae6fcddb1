//! The recipients of a queue entry that were deferred and are not yet done with: of a large list they are many.

use crate::event::{self, TextId, hash_seed};
use crate::facts::schema::Delivery;
use crate::facts::{Facts, is_forgotten};
use serde::{Deserialize, Serialize};

/// Stands for a recipient who was forgotten, and may be any of the domain's; no key is 0.
const ANY: u64 = 0;

/// The last attempts of recipients who wait.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub rows: Vec<Delivery>,
    /// The key of each one's recipient; made anew where they came from an earlier run.
    #[serde(skip)]
    keys: Vec<u64>,
}

impl Waiting {
    pub fn push(&mut self, row: Delivery, facts: &Facts) {
        self.rows.push(row);
        self.keys.push(key(&row, facts));
    }

    /// Takes out the attempt before of the same recipient.
    pub fn take_same(&mut self, row: &Delivery, facts: &Facts) -> Option<Delivery> {
        if self.keys.len() != self.rows.len() {
            self.keys = self.rows.iter().map(|row| key(row, facts)).collect();
        }
        let wanted = key(row, facts);
        let mut found = self.keys.iter().zip(&self.rows);
        let at = found.position(|(key, other)| (*key == wanted || *key == ANY) && is_same(other, row, facts))?;
        self.keys.swap_remove(at);
        Some(self.rows.swap_remove(at))
    }

    /// All of them.
    pub fn take(&mut self) -> Vec<Delivery> {
        self.keys.clear();
        std::mem::take(&mut self.rows)
    }
}

fn key(row: &Delivery, facts: &Facts) -> u64 {
    let text = |id: TextId| facts.texts.get(id).unwrap_or_default();
    let recipient = text(row.recipient);
    if is_forgotten(recipient) {
        return ANY;
    }
    event::key(hash_seed(recipient), b'r', text(row.original_recipient))
}

/// Whether two attempts are for the same recipient. One that was forgotten is known by its domain only: it may be taken
/// for another that is forgotten too, so that their number holds.
fn is_same(a: &Delivery, b: &Delivery, facts: &Facts) -> bool {
    let same = |x: TextId, y: TextId| x == y || facts.texts.get(x) == facts.texts.get(y);
    if facts.texts.get(a.recipient).is_some_and(is_forgotten) {
        return same(a.recipient_domain, b.recipient_domain);
    }
    same(a.recipient, b.recipient) && same(a.original_recipient, b.original_recipient)
}
