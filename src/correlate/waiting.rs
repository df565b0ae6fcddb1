//! The recipients of a queue entry that were deferred and are not yet done with: of a large list they are many.

use super::open::Keyed;
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
    /// The key of each one's recipient, and the places at which each key stands; made anew where they came from an earlier run.
    #[serde(skip)]
    keys: Vec<u64>,
    #[serde(skip)]
    places: Keyed<Vec<usize>>,
}

impl Waiting {
    pub fn push(&mut self, row: Delivery, facts: &Facts) {
        self.rows.push(row);
        self.keep_places(facts);
    }

    /// Knows where each row stands.
    fn keep_places(&mut self, facts: &Facts) {
        for (at, row) in self.rows.iter().enumerate().skip(self.keys.len()) {
            let key = key(row, facts);
            self.keys.push(key);
            self.places.entry(key).or_default().push(at);
        }
    }

    /// Takes out the attempt before of the same recipient.
    pub fn take_same(&mut self, row: &Delivery, facts: &Facts) -> Option<Delivery> {
        self.keep_places(facts);
        let of_key = |key| self.places.get(&key).into_iter().flatten().copied();
        let is_it = |at: &usize| is_same(&self.rows[*at], row, facts);
        let at = [key(row, facts), ANY].into_iter().flat_map(of_key).filter(is_it).min()?;
        self.leave(at);
        Some(self.rows.swap_remove(at))
    }

    /// Forgets the place of a row that goes; the last one comes there.
    fn leave(&mut self, at: usize) {
        let gone = self.keys.swap_remove(at);
        if let Some(places) = self.places.get_mut(&gone) {
            places.retain(|place| *place != at);
            if places.is_empty() {
                self.places.remove(&gone);
            }
        }
        let last = self.keys.len();
        let moved = self.keys.get(at).and_then(|moved| self.places.get_mut(moved));
        moved.into_iter().flatten().filter(|place| **place == last).for_each(|place| *place = at);
    }

    /// All of them.
    pub fn take(&mut self) -> Vec<Delivery> {
        self.keys.clear();
        self.places.clear();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(facts: &mut Facts, recipient: &str, offset: i64) -> Delivery {
        let mut text = |text: &str| facts.texts.add_one(text.as_bytes());
        let domain = recipient.rsplit('@').next().unwrap_or_default();
        Delivery { recipient: text(recipient), recipient_domain: text(domain), offset, ..Delivery::default() }
    }

    #[test]
    fn the_attempt_before_of_the_same_recipient_is_found_whatever_went_before_it() {
        let mut facts = Facts::default();
        let names = ["a@x.example", "b@x.example", "a@x.example", "c@x.example", "b@x.example"];
        let rows: Vec<Delivery> = names.iter().zip(0..).map(|(name, at)| row(&mut facts, name, at)).collect();
        // Whether its places are kept from the beginning or made anew, as after an earlier run.
        for kept in [true, false] {
            let mut waiting = Waiting::default();
            for row in &rows {
                waiting.push(*row, &facts);
            }
            if !kept {
                waiting = Waiting { rows: waiting.rows, ..Waiting::default() };
            }
            let asked = ["a@x.example", "c@x.example", "d@x.example", "b@x.example", "b@x.example", "a@x.example"];
            let taken = asked.map(|name| {
                let wanted = row(&mut facts, name, 9);
                waiting.take_same(&wanted, &facts).map(|row| row.offset)
            });
            assert_eq!(taken, [Some(0), Some(3), None, Some(4), Some(1), Some(2)], "{kept}");
            assert!(waiting.rows.is_empty() && waiting.places.is_empty());
        }
    }
}
