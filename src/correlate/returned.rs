//! Messages that were given away and came back, although no line says so: a program that the mail system runs hands them to the
//! host's own submission (Postfix: pipe/pipe.c; FILTER_README, "Simple content filter"), or a filter gives them back in parts
//! and names one.
//!
//! Of a program, what joins both sides is the host, the Message-ID and the recipient. The second message must begin after the
//! first, and go another way than to the same program: an agent that puts a message into a mailbox may send it on to somebody
//! who has it already.

use super::entry::Parent;
use super::open::{Keyed, entries, is_due};
use crate::event::{NO_TEXT, TextId, hash_seed, key};
use crate::facts::schema::{Delivery, Message, Row};
use crate::facts::{Facts, NULL};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long one side waits for the other.
const WAIT: i64 = 120 * SECOND;

/// How long after a program was done with it a message may be picked up (Postfix's pickup looks each minute by itself).
const PICKED_UP: i64 = 60 * SECOND;

/// So many wait at most; of more the oldest are told as they are.
const MOST: usize = 100_000;

/// So many that nothing tells apart wait at most.
const MOST_ALIKE: usize = 32;

/// What waits for its other side.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Returned {
    #[serde(with = "entries")]
    waiting: Keyed<VecDeque<Side>>,
    leaving: VecDeque<(i64, u64)>,
}

/// One side.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Side {
    /// What a program was given, when its entry began, and the parent that this would be.
    Given(Box<Delivery>, i64, Parent),
    /// What was submitted here and sent on, and where to.
    Back(Child, u64),
    /// What a filter gave back.
    Part(Child),
}

/// An entry that came back: when that was noted, its key, its number, when it began.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Child {
    time: i64,
    pub key: u64,
    pub entry: i64,
    began: i64,
}

impl Child {
    pub fn new(time: i64, key: u64, row: &Message) -> Self {
        Self { time, key, entry: row.entry, began: row.time }
    }

    /// Whether it may have come of an entry that began at a time: within a source the numbers of entries rise, across sources
    /// they say nothing.
    fn is_after(&self, entry: i64, began: i64) -> bool {
        self.began >= began && (self.entry > entry || self.entry ^ entry >= 1 << super::OF_OFFSET)
    }
}

impl Side {
    fn time(&self) -> i64 {
        match self {
            Self::Given(row, ..) => row.time,
            Self::Back(child, _) | Self::Part(child) => child.time,
        }
    }
}

impl Returned {
    /// A program was given a message: what came back of it before this was told, else it waits.
    pub fn given(&mut self, row: &Delivery, began: i64, parent: Parent, facts: &mut Facts) -> Option<Child> {
        let (key, way) = (of_recipient(row, row.recipient, facts), way(row, facts));
        let back = |side: &Side| match side {
            Side::Back(child, to) => {
                let fits = *to != way && row.time - child.time < WAIT && child.is_after(row.entry, began);
                fits.then_some(*child)
            }
            _ => None,
        };
        let found = self.take(key, back);
        if found.is_none() {
            self.push(key, Side::Given(Box::new(*row), began, parent), facts);
        }
        found
    }

    /// A message that was submitted here is sent on: the delivery to the program that gave it back, else it waits.
    pub fn back(&mut self, row: &Delivery, child: Child, facts: &mut Facts) -> Option<(Delivery, Parent)> {
        let way = way(row, facts);
        let given = |side: &Side| match side {
            Side::Given(given, began, parent) => {
                let fits = self::way(given, facts) != way
                    && row.time - given.time < WAIT
                    && child.began - given.time <= PICKED_UP
                    && child.is_after(given.entry, *began);
                fits.then_some((**given, *parent))
            }
            _ => None,
        };
        let names = [row.recipient, row.original_recipient].into_iter().filter(|name| *name != NO_TEXT);
        let keys: Vec<u64> = names.map(|name| of_recipient(row, name, facts)).collect();
        let found = keys.iter().find_map(|key| self.take(*key, given));
        if found.is_none() {
            keys.iter().for_each(|key| self.push(*key, Side::Back(child, way), facts));
        }
        found
    }

    /// A message came in a session from the host itself: a filter may have given it back.
    pub fn part(&mut self, row: &Message, child: Child, facts: &mut Facts) {
        if let Some(key) = of_part(row, facts) {
            self.push(key, Side::Part(child), facts);
        }
    }

    /// What came in the session of a message with its Message-ID, after another entry began.
    pub fn parts(&mut self, of: &Message, entry: i64, began: i64, facts: &Facts) -> Vec<Child> {
        let sides = of_part(of, facts).and_then(|key| self.waiting.remove(&key)).unwrap_or_default();
        let part = |side| match side {
            Side::Part(child) if child.is_after(entry, began) => Some(child),
            _ => None,
        };
        sides.into_iter().filter_map(part).collect()
    }

    /// Takes the first side that fits.
    fn take<T>(&mut self, key: u64, fits: impl Fn(&Side) -> Option<T>) -> Option<T> {
        let sides = self.waiting.get_mut(&key)?;
        let (at, found) = sides.iter().enumerate().find_map(|(at, side)| Some((at, fits(side)?)))?;
        sides.remove(at);
        Some(found)
    }

    fn push(&mut self, key: u64, side: Side, facts: &mut Facts) {
        self.leaving.push_back((side.time(), key));
        let sides = self.waiting.entry(key).or_default();
        sides.push_back(side);
        if sides.len() > MOST_ALIKE {
            sides.pop_front().into_iter().for_each(|side| tell(side, facts));
        }
        if self.leaving.len() > MOST {
            self.leave(facts);
        }
    }

    /// Tells the deliveries that have waited long enough.
    pub fn sweep(&mut self, now: i64, facts: &mut Facts) {
        while self.leaving.front().is_some_and(|(time, _)| is_due(*time, WAIT, now)) {
            self.leave(facts);
        }
    }

    /// Lets those go that wait with the oldest.
    fn leave(&mut self, facts: &mut Facts) {
        let Some((time, key)) = self.leaving.pop_front() else { return };
        let Some(sides) = self.waiting.get_mut(&key) else { return };
        while let Some(side) = sides.pop_front_if(|side| side.time() <= time) {
            tell(side, facts);
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
            if let Side::Given(row, _, parent) = side {
                row.each_text(call);
                parent.each_text(call);
            }
        }
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        for side in self.waiting.values_mut().flatten() {
            if let Side::Given(row, ..) = side
                && row.time < before
            {
                row.each_named(call);
            }
        }
    }
}

/// A side for which no other came.
fn tell(side: Side, facts: &mut Facts) {
    if let Side::Given(row, ..) = side {
        facts.push(&*row);
    }
}

/// Whether a message can be known by its Message-ID.
pub(super) fn is_known(message_id: TextId, facts: &Facts) -> bool {
    facts.texts.get(message_id).is_some_and(|id| !id.is_empty())
}

/// The key of a recipient of the message that a delivery is of.
fn of_recipient(row: &Delivery, recipient: TextId, facts: &Facts) -> u64 {
    let text = |id| facts.texts.get(id).unwrap_or_default();
    let message = key(hash_seed(text(row.host)), b'm', text(row.message_id));
    key(message, b't', &text(recipient).to_ascii_lowercase())
}

/// The key of what a filter gives back of one message in one session.
fn of_part(row: &Message, facts: &Facts) -> Option<u64> {
    let session = row.session.cast_unsigned();
    let is_one = row.session != NULL && is_known(row.message_id, facts);
    is_one.then(|| key(session, b'm', facts.texts.get(row.message_id).unwrap_or_default()))
}

/// Which way a delivery went.
fn way(row: &Delivery, facts: &Facts) -> u64 {
    let text = |id| facts.texts.get(id).unwrap_or_default();
    key(hash_seed(text(row.transport)), b'w', text(row.relay_host))
}
