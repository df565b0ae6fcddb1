//! Instances: several of a system on one host, each with a queue of its own; and labels that look like one.
//!
//! An instance hands messages to another of its host. And one of its services may be given a name of its own in the log
//! (Postfix's `-o syslog_name=postfix/submission`, which its `master.cf` comes with, where the instance is called otherwise):
//! its lines tell of entries that another instance has.

use super::Line;
use super::entry::Entry;
use super::queue::Queue;
use crate::event::{Event, Field, NO_TEXT, Role, TextId, hash_seed, queue_key};
use crate::facts::schema::Message;
use crate::facts::{Facts, NULL};
use crate::grammar::Pattern;
use crate::time::SECOND;

/// Instances among which an entry is looked for: no host has so many.
const MOST_INSTANCES: usize = 64;

/// How far the log's times may be from a delay, which has been rounded.
const AS_OLD: u64 = 2 * SECOND.unsigned_abs();

/// How long a client may take from its sender's address to its message (RFC 5321 4.5.3.2: five minutes for each command).
const TO_MESSAGE: i64 = 300 * SECOND;

impl Queue {
    /// The line, with the key of the entry that it is about where one other instance of its host has it. A line that opens
    /// an entry opens its own.
    pub fn in_its_instance<'l>(&mut self, pattern: &Pattern, line: Line<'l>, facts: &Facts) -> Line<'l> {
        let key = line.event.key;
        if !pattern.is_of_queue() || pattern.is(Role::QueueOpen) || key == 0 || self.find(key).is_some() {
            return line;
        }
        let others = self.others(&line, line.text(Field::QueueId), facts);
        let mut held = others.into_iter().filter(|other| self.open.contains_key(other));
        let (Some(other), None) = (held.next(), held.next()) else { return line };
        if pattern.is(Role::QueueNote) || pattern.is(Role::QueueAccept) {
            // The queue's own lines say which instance it is.
            self.take_from_label(other, &line, facts);
            return line;
        }
        if pattern.is(Role::Delivery) && !self.is_as_old(other, &line) {
            return line;
        }
        Line { event: Event { key: other, ..line.event }, ..line }
    }

    /// Whether an entry is as old as a delivery says that its message is: its id may be another's by chance.
    fn is_as_old(&self, key: u64, line: &Line<'_>) -> bool {
        let delay = line.number(Field::Delay);
        let age = self.open.get(&key).map(|entry| line.event.time - entry.row.time);
        delay != NULL && age.is_some_and(|age| age.abs_diff(delay) <= AS_OLD)
    }

    /// An entry that a service under a name of its own began is the instance's that tells of its message.
    fn take_from_label(&mut self, label: u64, line: &Line<'_>, facts: &Facts) {
        let is_bare = |entry: &Entry| {
            let since = line.event.time - entry.row.time;
            entry.opened && !entry.accepted && entry.row.message_id == NO_TEXT && (0..TO_MESSAGE).contains(&since)
        };
        if self.open.get(&label).is_some_and(is_bare)
            && let Some(mut entry) = self.open.remove(&label)
        {
            entry.row.instance = line.text_id(line.event.instance);
            self.meet(&entry.row, facts);
            self.open.insert(line.event.key, entry);
        }
    }

    /// The line; where another instance of its host may have taken the message over, with the key of that one's entry: one
    /// that carries the same message goes before one that has its id by chance.
    pub(super) fn across_instances<'l>(&self, line: &Line<'l>, facts: &Facts) -> Line<'l> {
        let own = line.event.other;
        if own == 0 {
            return *line;
        }
        let known = self.named(own, line, line.text(Field::NextQueueId), facts);
        let message = |key: u64| self.find(key).and_then(|entry| facts.texts.get(entry.row.message_id));
        let of_line = message(line.event.key);
        let same =
            known.iter().find(|key| **key != line.event.key && of_line.is_some() && message(**key) == of_line);
        let other = same.or(known.first()).copied().unwrap_or(own);
        Line { event: Event { other, ..line.event }, ..*line }
    }

    /// An instance of a host begins an entry.
    pub(super) fn meet(&mut self, row: &Message, facts: &Facts) {
        let text = |id| facts.texts.get(id).unwrap_or_default();
        let (host, instance) = (text(row.host), text(row.instance));
        match self.instances.get_mut(host).and_then(|known| known.get_mut(instance)) {
            Some(time) => *time = row.time,
            None => {
                self.instances.entry(host.to_vec()).or_default().insert(instance.to_vec(), row.time);
            }
        }
    }

    /// The instances that have entries from an earlier run, which did not keep their names, are heard of.
    pub(super) fn meet_all(&mut self, facts: &Facts) {
        if !self.instances.is_empty() {
            return;
        }
        let entries = self.open.values().chain(self.lingering.values());
        let mut rows: Vec<Message> = entries.map(|entry| entry.row).collect();
        rows.sort_by_key(|row| row.time);
        rows.iter().for_each(|row| self.meet(row, facts));
    }

    /// When the instance of a line began its last entry.
    pub(super) fn last_begun(&self, line: &Line<'_>, facts: &Facts) -> Option<i64> {
        let (host, instance) = named_in(line, facts);
        self.instances.get(host)?.get(instance).copied()
    }

    /// The entries that an id may name on a line's host, by its key in the line's own instance and by those in others.
    pub(super) fn named(&self, own: u64, line: &Line<'_>, id: TextId, facts: &Facts) -> Vec<u64> {
        let mut keys = self.others(line, id, facts);
        keys.insert(0, own);
        keys.retain(|key| self.find(*key).is_some());
        keys
    }

    /// The keys that an id has in the other instances of a line's host.
    fn others(&self, line: &Line<'_>, id: TextId, facts: &Facts) -> Vec<u64> {
        let text = |id| facts.texts.get(id).unwrap_or_default();
        let (host, own) = named_in(line, facts);
        let known = self.instances.get(host).filter(|known| known.len() <= MOST_INSTANCES);
        let others = known.into_iter().flat_map(|known| known.keys()).filter(|instance| *instance != own);
        others.map(|instance| queue_key(hash_seed(host), hash_seed(instance), text(id))).collect()
    }
}

/// The names of a line's host and instance.
pub(super) fn named_in<'f>(line: &Line<'_>, facts: &'f Facts) -> (&'f [u8], &'f [u8]) {
    let text = |id| facts.texts.get(id).unwrap_or_default();
    (text(line.host()), text(line.text_id(line.event.instance)))
}
