//! Messages that were given away and came back, although no line says so: a program that the mail system runs hands them to the
//! host's own submission (Postfix: pipe/pipe.c; FILTER_README, "Simple content filter"), or a filter gives them back in parts
//! and names one, or gives back some recipients only.
//!
//! What joins both sides is the host, the Message-ID and the recipient: who puts a message into a mailbox, or sends it on, has
//! no reason to submit it for the same recipient again.

use super::entry::Parent;
use super::open::{Keyed, entries};
use crate::event::{NO_TEXT, TextId, hash_seed, key};
use crate::facts::Facts;
use crate::facts::schema::{Delivery, Message, Row};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long a delivery waits for the message to come back and to be sent on.
const WAIT: i64 = 120 * SECOND;

/// So many wait at most; of more the oldest are told as they are.
const MOST: usize = 100_000;

/// What was given away, and what was submitted on the host itself, by host, Message-ID and recipient.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Returned {
    #[serde(with = "entries")]
    waiting: Keyed<VecDeque<Side>>,
    leaving: VecDeque<(i64, u64)>,
}

/// One side of a detour that waits for the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Side {
    /// What was given away, as it is told if it does not come back, and the parent that its entry would be.
    Given(Box<Delivery>, Parent),
    /// What was submitted here and sent on at a time: the key of its entry.
    Back(i64, u64),
}

impl Side {
    fn time(&self) -> i64 {
        match self {
            Self::Given(row, _) => row.time,
            Self::Back(time, _) => *time,
        }
    }
}

impl Returned {
    /// A message is given away, by the entry of a key: the key of the entry that came back before this was told, else
    /// it waits.
    pub fn given(&mut self, row: &Delivery, entry: u64, parent: Parent, facts: &mut Facts) -> Option<u64> {
        let back = |side: &Side| match side {
            Side::Back(_, key) if *key != entry => Some(*key),
            _ => None,
        };
        let key = key_of(row, row.recipient, facts);
        let found = self.take(key, back);
        if found.is_none() {
            self.push(key, Side::Given(Box::new(*row), parent), facts);
        }
        found
    }

    /// A message that was submitted here is sent on: the delivery by which it was given away, else it waits.
    pub fn back(&mut self, row: &Delivery, entry: u64, facts: &mut Facts) -> Option<(Delivery, Parent)> {
        let given = |side: &Side| match side {
            Side::Given(given, parent) if given.entry != row.entry => Some((**given, *parent)),
            _ => None,
        };
        let mut names = [row.recipient, row.original_recipient].into_iter().filter(|name| *name != NO_TEXT);
        let found = names.find_map(|name| self.take(key_of(row, name, facts), given));
        if found.is_none() {
            self.push(key_of(row, row.recipient, facts), Side::Back(row.time, entry), facts);
        }
        found
    }

    /// A message came from the host itself, of which a filter may have given back other parts.
    pub fn part(&mut self, row: &Message, entry: u64, facts: &mut Facts) {
        self.push(of_message(row.host, row.message_id, facts), Side::Back(row.time, entry), facts);
    }

    /// The keys of all that came from the host itself with the Message-ID of a delivery.
    pub fn parts(&mut self, row: &Delivery, facts: &Facts) -> Vec<u64> {
        let sides = self.waiting.remove(&of_message(row.host, row.message_id, facts)).unwrap_or_default();
        let part = |side| if let Side::Back(_, entry) = side { Some(entry) } else { None };
        sides.into_iter().filter_map(part).collect()
    }

    /// Takes the first side of a kind.
    fn take<T>(&mut self, key: u64, of: impl Fn(&Side) -> Option<T>) -> Option<T> {
        let sides = self.waiting.get_mut(&key)?;
        let (at, found) = sides.iter().enumerate().find_map(|(at, side)| Some((at, of(side)?)))?;
        sides.remove(at);
        Some(found)
    }

    fn push(&mut self, key: u64, side: Side, facts: &mut Facts) {
        self.leaving.push_back((side.time(), key));
        self.waiting.entry(key).or_default().push_back(side);
        if self.leaving.len() > MOST {
            self.leave(facts);
        }
    }

    /// Tells the deliveries that have waited long enough.
    pub fn sweep(&mut self, now: i64, facts: &mut Facts) {
        while self.leaving.front().is_some_and(|(time, _)| now - time >= WAIT) {
            self.leave(facts);
        }
    }

    /// Lets those go that wait with the oldest.
    fn leave(&mut self, facts: &mut Facts) {
        let Some((time, key)) = self.leaving.pop_front() else { return };
        let Some(sides) = self.waiting.get_mut(&key) else { return };
        while let Some(side) = sides.pop_front_if(|side| side.time() <= time) {
            if let Side::Given(row, _) = side {
                facts.push(&*row);
            }
        }
        if sides.is_empty() {
            self.waiting.remove(&key);
        }
    }

    /// Tells all that wait.
    pub fn finish(&mut self, facts: &mut Facts) {
        while !self.leaving.is_empty() {
            self.leave(facts);
        }
    }

    /// Calls a function for each text.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        for side in self.waiting.values_mut().flatten() {
            if let Side::Given(row, parent) = side {
                row.each_text(call);
                parent.each_text(call);
            }
        }
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        for side in self.waiting.values_mut().flatten() {
            if let Side::Given(row, _) = side
                && row.time < before
            {
                row.each_named(call);
            }
        }
    }
}

/// The key of a recipient of the message that a delivery is of.
fn key_of(row: &Delivery, recipient: TextId, facts: &Facts) -> u64 {
    let message = of_message(row.host, row.message_id, facts);
    key(message, b't', facts.texts.get(recipient).unwrap_or_default())
}

fn of_message(host: TextId, message_id: TextId, facts: &Facts) -> u64 {
    let text = |id| facts.texts.get(id).unwrap_or_default();
    key(hash_seed(text(host)), b'm', text(message_id))
}
