//! Queue entries: the life of a queue id, from its opener to its closer, and the deliveries in between.

use super::entry::{Entry, Hold, Parent};
use super::given::Given;
use super::open::{Keyed, entries, in_order, is_due};
use super::refusals::is_own;
use super::relays::Relays;
use super::returned::{Child, Returned, is_known};
use super::sums::Sums;
use super::{Line, keep};
use crate::event::{Field, NO_TEXT, TextId, Word};
use crate::facts::schema::{Delivery, Message, Row, Session};
use crate::facts::{Facts, NULL};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long a finished entry waits for a filter to tell that it was its child.
const LINGER: i64 = 120 * SECOND;

/// How long a child announced by its parent may take to appear.
const AWAIT: i64 = 600 * SECOND;

/// How long a delivery waits for the first lines of the entry that it names: a filter may have given the message back
/// before the log tells of it.
const LATE: i64 = 5 * SECOND;

/// So many deliveries wait at most; of more the oldest are told as they are.
const MOST_LATE: usize = 100_000;

/// Entries opened by a line that only tells more, and by their opener shortly after, are one life.
const OUT_OF_ORDER: i64 = SECOND;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Queue {
    #[serde(with = "entries")]
    pub(super) open: Keyed<Entry>,
    /// Finished entries that may still turn out to be a filter's.
    #[serde(with = "entries")]
    pub(super) lingering: Keyed<Entry>,
    leaving: VecDeque<(i64, u64)>,
    /// Children that a parent announced before their own first line.
    #[serde(with = "entries")]
    awaited: Keyed<Parent>,
    awaiting: VecDeque<(i64, u64)>,
    /// Deliveries that named an entry of which nothing is known yet, with the parent that they would be to it.
    #[serde(with = "entries")]
    late: Keyed<Vec<(Delivery, Parent)>>,
    lateness: VecDeque<(i64, u64)>,
    /// What programs were given and may have given back. (Serialized by `Carry` behind the main
    /// state, as what follows is.)
    #[serde(skip)]
    pub returned: Returned,
    /// What filters say of the messages that they give back.
    #[serde(skip)]
    pub given: Given,
    /// What programs did with entries one by one.
    #[serde(skip)]
    pub sums: Sums,
    /// The connections by which deliveries go.
    pub(super) relays: Relays,
    /// Destinations that put mail off, with the transport that told so first.
    unreachable: BTreeMap<Vec<u8>, TextId>,
    /// The entry refused last, for the refusal that the same line tells.
    #[serde(skip)]
    refused: Option<Refused>,
    /// The names of the instances of each host that had entries, with the time at which each began its last: one may hand a
    /// message to another. (A carry keeps them behind the rest too.)
    #[serde(skip)]
    pub(super) instances: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, i64>>,
    /// How many entries were looked at for lost ones.
    #[serde(skip)]
    pub(super) looked_at: usize,
}

/// An entry that was refused: its key, its client, the service that this one spoke to, whether it was
/// brought from the host itself, and the session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    key: u64,
    pub message_id: TextId,
    pub user: TextId,
    pub client_ip: TextId,
    pub client_name: TextId,
    pub service: TextId,
    pub from_own_host: bool,
    pub session: i64,
}

impl Queue {
    /// A queue entry begins; what was open under its id has ended.
    pub fn open(&mut self, line: &Line<'_>, session: Option<&Session>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        let key = line.event.key;
        if key == 0 {
            return;
        }
        self.lose_silent(line, facts);
        let early = self.open.remove(&key);
        let mut entry = match early {
            Some(entry)
                if !entry.opened && !entry.accepted && line.event.time - entry.row.time <= OUT_OF_ORDER =>
            {
                entry
            }
            Some(entry) => {
                self.linger(key, entry.lost(line.event.time), line.event.time, facts);
                self.fresh(line, facts)
            }
            None => self.fresh(line, facts),
        };
        entry.opened = true;
        entry.service = line.service();
        entry.merge(line);
        keep(&mut entry.row.origin, origin(line.service(), line.text(Field::User)), &NO_TEXT);
        if let Some(session) = session {
            entry.row.tls_version = session.tls_version;
            entry.row.session = session.session;
        }
        // A filter may say whom it speaks for.
        let peer = session.map_or(entry.row.client_ip, |session| session.client_ip);
        entry.from_own_host = is_own(facts.texts.get(peer));
        self.open.insert(key, entry);
        self.told_parent(line, facts);
    }

    /// A new entry, adopted by the parent that announced it.
    fn fresh(&mut self, line: &Line<'_>, facts: &Facts) -> Entry {
        let mut entry = Entry::new(line);
        self.meet(&entry.row, facts);
        if let Some(parent) = self.awaited.remove(&line.event.key) {
            entry.adopt(parent);
        }
        entry
    }

    /// The entry that a line is about; one is begun where nothing opened it.
    fn entry(&mut self, line: &Line<'_>, facts: &mut Facts) -> &mut Entry {
        self.sweep(line.event.time, facts);
        if !self.open.contains_key(&line.event.key) {
            self.lose_silent(line, facts);
            let entry = self.fresh(line, facts);
            self.open.insert(line.event.key, entry);
        }
        let entry = self.open.entry(line.event.key).or_insert_with(|| Entry::new(line));
        entry.hear(line);
        entry
    }

    /// An entry that ended just now goes on: what becomes of each of its recipients is told by a line that ends it too.
    fn reopen(&mut self, line: &Line<'_>) {
        let key = line.event.key;
        let is_fresh = |entry: &Entry| {
            let since = (line.event.time - entry.row.end_time).abs();
            entry.removed && entry.row.end_source != NULL && since <= OUT_OF_ORDER
        };
        if !self.open.contains_key(&key)
            && self.lingering.get(&key).is_some_and(is_fresh)
            && let Some(entry) = self.lingering.remove(&key)
        {
            self.open.insert(key, Entry { removed: false, ..entry });
        }
    }

    /// The entry of a key, open or done.
    pub(super) fn find(&self, key: u64) -> Option<&Entry> {
        self.open.get(&key).or_else(|| self.lingering.get(&key))
    }

    fn find_mut(&mut self, key: u64) -> Option<&mut Entry> {
        self.open.get_mut(&key).or_else(|| self.lingering.get_mut(&key))
    }

    pub fn note(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let entry = self.entry(line, facts);
        entry.merge(line);
        // What is on hold is not told to be complete: that its header was read must do.
        entry.accepted |= entry.held;
        let message_id = entry.row.message_id;
        let part = entry.from_own_host.then_some(entry.row);
        if message_id == NO_TEXT {
            return;
        }
        self.link_late(line.event.key, message_id, facts);
        self.prove_parent(line.event.key, message_id, facts);
        if let Some(row) = part {
            self.returned.part(&row, Child::new(line.event.time, line.event.key, &row), facts);
        }
    }

    /// The client of an entry that a filter brought, before there was one in the queue, has this session.
    pub fn client(&mut self, line: &Line<'_>, session: Option<&Session>, facts: &Facts) {
        // Another system on the host, or another instance, may have handed it in.
        let known = self.named(line.event.other, line, line.text(Field::ChildQueueId), facts);
        let key = known.into_iter().find(|key| self.find(*key).is_some_and(|entry| entry.from_own_host));
        if let Some((entry, session)) = key.and_then(|key| self.find_mut(key)).zip(session) {
            (entry.row.client_ip, entry.row.client_name) = (NO_TEXT, NO_TEXT);
            entry.of_client(session);
            if entry.row.origin == Word::Smtp.id() {
                entry.row.origin = origin(session.service, session.user);
            }
        }
    }

    pub fn accept(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.reopen(line);
        let entry = self.entry(line, facts);
        entry.merge(line);
        entry.queued(line);
        entry.accepted = true;
        entry.held = false;
    }

    /// The entry that deliveries named is known by its Message-ID: with theirs, it came back from a filter.
    fn link_late(&mut self, key: u64, message_id: TextId, facts: &mut Facts) {
        for (mut row, parent) in self.late.remove(&key).unwrap_or_default() {
            if facts.texts.get(row.message_id) == facts.texts.get(message_id) {
                row.outcome = Word::Filtered.id();
                if let Some(child) = self.open.get_mut(&key) {
                    child.adopt(parent);
                }
            }
            facts.push(&row);
        }
    }

    pub fn hold(&mut self, line: &Line<'_>, facts: &mut Facts) {
        if line.event.key != 0 {
            self.sums.one(Word::Held, line, facts);
            let entry = self.entry(line, facts);
            entry.hold = Some(Hold::of(line));
            entry.held = true;
            entry.accepted = true;
        }
    }

    /// The message is put on hold once its data are there.
    pub fn hold_when_complete(&mut self, line: &Line<'_>, hold: Hold) {
        if let Some(entry) = self.open.get_mut(&line.event.key) {
            entry.hold = Some(hold);
            entry.held = true;
        }
    }

    /// The data were refused: the entry never becomes a message. Mail of this machine has nobody to refuse it to, and goes
    /// back to its sender.
    pub fn reject(&mut self, line: &Line<'_>) {
        let key = line.event.key;
        let refused = |Entry { row, service, from_own_host, .. }: Entry| Refused {
            key,
            message_id: row.message_id,
            user: row.user,
            client_ip: row.client_ip,
            client_name: row.client_name,
            service,
            from_own_host,
            session: row.session,
        };
        self.refused = if self.is_local(key) { None } else { self.open.remove(&key).map(refused) };
        self.given.forget(key);
    }

    /// Whether an entry is of mail that began on this machine.
    pub fn is_local(&self, key: u64) -> bool {
        self.open.get(&key).is_some_and(|entry| entry.row.origin == Word::Local.id())
    }

    /// The entry that a line has refused.
    pub fn refused(&self, line: &Line<'_>) -> Option<Refused> {
        self.refused.filter(|refused| refused.key == line.event.key)
    }

    /// The message is taken and thrown away: each recipient that the line names is discarded.
    pub fn discard(&mut self, line: &Line<'_>, session: Option<&Session>, facts: &mut Facts) {
        if line.event.key == 0 {
            return discard_unqueued(line, session, facts);
        }
        let entry = self.entry(line, facts);
        entry.accepted = true;
        entry.discarded = true;
        keep(&mut entry.row.sender, line.text(Field::Sender), &NO_TEXT);
        keep(&mut entry.row.sender_domain, line.text(Field::SenderDomain), &NO_TEXT);
        let mut row = delivery_row(line, &entry.row);
        row.outcome = Word::Discarded.id();
        facts.push(&row);
        let entry = self.open.remove(&line.event.key);
        if let Some(mut entry) = entry {
            entry.ended(line);
            self.linger(line.event.key, entry, line.event.time, facts);
        }
    }

    pub fn delivery(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let line = &self.across_instances(line, facts);
        let filtered = self.is_filtered(line, facts);
        self.came_back(line, facts);
        let entry = self.entry(line, facts);
        let (mut row, began) = (delivery_row(line, &entry.row), entry.row.time);
        self.relays.carry(&mut row, line, facts);
        if filtered {
            row.outcome = Word::Filtered.id();
        }
        let entry = self.entry(line, facts);
        let before = entry.waiting.take_same(&row, facts);
        let mut deferred = false;
        match row.outcome {
            outcome if outcome == Word::Deferred.id() => {
                entry.row.deferred += 1;
                entry.waiting.push(row, facts);
                deferred = true;
            }
            outcome if outcome == Word::Bounced.id() => entry.bounced = true,
            outcome if outcome == Word::Discarded.id() => entry.discarded = true,
            _ => entry.sent = true,
        }
        if row.outcome == Word::Sent.id() && self.names_unknown(line) && row.message_id != NO_TEXT {
            self.late.entry(line.event.other).or_default().push((row, parent(line, Word::Filter, row.entry)));
            self.lateness.push_back((line.event.time, line.event.other));
            if self.lateness.len() > MOST_LATE {
                self.tell_late(facts);
            }
            return;
        }
        if row.outcome == Word::Sent.id() && line.number(Field::ToProgram) == 1 && is_known(row.message_id, facts)
        {
            return self.give(row, began, line, facts);
        }
        facts.push(&row);
        if deferred {
            self.keep_transport(line, before, facts);
        }
        if filtered {
            self.adopt_all(&row, began, line, facts);
        } else if row.outcome == Word::Forwarded.id() {
            self.adopt(line, Word::Forward);
        }
    }

    /// An agent that only stands in for another, while its destination cannot be reached, does not become the
    /// transport of the recipient that waits: that is the one of its attempt before, or of the destination's last.
    fn keep_transport(&mut self, line: &Line<'_>, before: Option<Delivery>, facts: &Facts) {
        let Some(waiting) = self.open.get_mut(&line.event.key).and_then(|entry| entry.waiting.rows.last_mut())
        else {
            return;
        };
        let destination = facts.texts.get(waiting.recipient_domain).unwrap_or_default();
        if line.number(Field::StandIn) != 1 {
            if !self.unreachable.contains_key(destination) {
                self.unreachable.insert(destination.to_vec(), waiting.transport);
            }
        } else if let Some(real) =
            before.map(|row| row.transport).or_else(|| self.unreachable.get(destination).copied())
        {
            waiting.transport = real;
        }
    }

    /// Whether the entry that took the message over is one of ours and carries the same Message-ID: then the other
    /// side was a filter that gave it back.
    fn is_filtered(&self, line: &Line<'_>, facts: &Facts) -> bool {
        let other = line.event.other;
        if !line.is(Field::Outcome, Word::Sent) {
            return false;
        }
        if self.given.is_back(line.event.key) {
            return true;
        }
        if other == 0 || other == line.event.key {
            return false;
        }
        let own = self.open.get(&line.event.key).map(|entry| entry.row);
        let child = self.find(other).map(|entry| entry.row);
        let (Some(own), Some(child)) = (own, child) else { return false };
        own.message_id != NO_TEXT
            && child.time >= own.time
            && facts.texts.get(own.message_id) == facts.texts.get(child.message_id)
    }

    /// Whether a line names an entry of which the log has not told yet what message it is.
    fn names_unknown(&self, line: &Line<'_>) -> bool {
        let other = line.event.other;
        let named = self.find(other);
        other != 0 && named.is_none_or(|entry| entry.row.message_id == NO_TEXT)
    }

    /// A program was given a message by an entry that began at a time.
    fn give(&mut self, mut row: Delivery, began: i64, line: &Line<'_>, facts: &mut Facts) {
        let parent = parent(line, Word::Filter, row.entry);
        let Some(back) = self.returned.given(&row, began, parent, facts) else { return };
        row.outcome = Word::Filtered.id();
        if let Some(child) = self.known(back) {
            child.adopt(parent);
            row.next_queue_id = child.row.queue_id;
        }
        facts.push(&row);
    }

    /// A message that was submitted on the host itself is sent on: a program may have given it back.
    fn came_back(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let Some(entry) = self.open.get_mut(&line.event.key) else { return };
        let is_local = entry.row.origin == Word::Local.id() || entry.has_come_back();
        if !is_local || !is_known(entry.row.message_id, facts) {
            return;
        }
        let row = delivery_row(line, &entry.row);
        let child = Child::new(row.time, line.event.key, &entry.row);
        if let Some((mut given, parent)) = self.returned.back(&row, child, facts) {
            given.outcome = Word::Filtered.id();
            given.next_queue_id = row.queue_id;
            facts.push(&given);
            entry.adopt(parent);
        }
    }

    /// The entry that came back, if its queue id is still its own.
    fn known(&mut self, child: Child) -> Option<&mut Entry> {
        let entries = [self.open.get_mut(&child.key), self.lingering.get_mut(&child.key)];
        entries.into_iter().flatten().find(|entry| entry.row.entry == child.entry)
    }

    /// Gives the entry that a line names its parent, and those that came back with it: a filter may part a message, and names
    /// one part.
    fn adopt_all(&mut self, row: &Delivery, began: i64, line: &Line<'_>, facts: &Facts) {
        let parent = parent(line, Word::Filter, row.entry);
        if let Some(named) = self.find(line.event.other).map(|entry| entry.row) {
            for part in self.returned.parts(&named, row.entry, began, facts) {
                if let Some(child) = self.known(part).filter(|child| child.row.parent_entry == NULL) {
                    child.adopt(parent);
                }
            }
        }
        self.give_parent(line, parent);
    }

    /// Gives the entry that a line names its parent.
    fn adopt(&mut self, line: &Line<'_>, origin: Word) {
        let own = self.number(line);
        self.give_parent(line, parent(line, origin, own));
    }

    /// The number of the entry that a line is about; [`NULL`] where it is not known.
    fn number(&self, line: &Line<'_>) -> i64 {
        self.find(line.event.key).map_or(NULL, |own| own.row.entry)
    }

    /// The child may be open, done, or yet to come.
    fn give_parent(&mut self, line: &Line<'_>, parent: Parent) {
        let key = line.event.other;
        match self.find_mut(key) {
            Some(child) => child.adopt(parent),
            None => self.await_child(key, parent, line.event.time),
        }
    }

    /// A parent announces its child.
    pub fn child(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        if let Some(own) = self.open.get_mut(&line.event.key) {
            own.hear(line);
        }
        let parent = Parent {
            entry: self.number(line),
            queue_id: line.text(Field::QueueId),
            origin: line.text(Field::Origin),
            notification: line.text(Field::Notification),
        };
        self.give_parent(line, parent);
    }

    fn await_child(&mut self, key: u64, parent: Parent, time: i64) {
        if key != 0 {
            self.awaited.insert(key, parent);
            self.awaiting.push_back((time, key));
        }
    }

    /// Each recipient still waiting is given up.
    pub fn expire(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let entry = self.entry(line, facts);
        entry.expired = true;
        keep(&mut entry.row.sender, line.text(Field::Sender), &NO_TEXT);
        keep(&mut entry.row.sender_domain, line.text(Field::SenderDomain), &NO_TEXT);
        let unknown = delivery_row(line, &entry.row);
        let mut waiting = entry.waiting.take();
        if waiting.is_empty() {
            waiting.push(Delivery { transport: NO_TEXT, ..unknown });
        }
        for last in waiting {
            facts.push(&Delivery {
                time: unknown.time,
                program: unknown.program,
                source: unknown.source,
                offset: unknown.offset,
                outcome: Word::Expired.id(),
                sender: unknown.sender,
                sender_domain: unknown.sender_domain,
                ..last
            });
        }
    }

    pub fn close(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        // An id used again at once: what is closed is the life before, whose end is told a little late.
        let fresh = self.open.get(&line.event.key).is_some_and(|entry| entry.opened && !entry.accepted);
        if fresh
            && let Some(before) = self.lingering.get_mut(&line.event.key)
            && before.row.end_source == NULL
        {
            before.removed = true;
            before.ended(line);
            return;
        }
        self.sums.one(Word::Removed, line, facts);
        self.end(line.event.key, line, facts);
    }

    /// A line says that an entry is no more.
    pub(super) fn end(&mut self, key: u64, line: &Line<'_>, facts: &mut Facts) {
        if let Some(mut entry) = self.open.remove(&key) {
            entry.removed = true;
            entry.ended(line);
            self.linger(key, entry, line.event.time, facts);
        }
    }

    /// Lets a finished entry wait; one of the same id that waits already is told now.
    fn linger(&mut self, key: u64, entry: Entry, time: i64, facts: &mut Facts) {
        self.given.forget(key);
        if let Some(before) = self.lingering.insert(key, entry) {
            push(before, facts);
        }
        self.leaving.push_back((time, key));
    }

    /// Tells the entries that have waited long enough.
    fn sweep(&mut self, now: i64, facts: &mut Facts) {
        while let Some((time, key)) = self.leaving.pop_front_if(|(time, _)| is_due(*time, LINGER, now)) {
            let done = self.lingering.get(&key).is_some_and(|entry| entry.heard() <= time);
            if done && let Some(entry) = self.lingering.remove(&key) {
                push(entry, facts);
            }
        }
        while let Some((_, key)) = self.awaiting.pop_front_if(|(time, _)| is_due(*time, AWAIT, now)) {
            self.awaited.remove(&key);
        }
        while self.lateness.front().is_some_and(|(time, _)| is_due(*time, LATE, now)) {
            self.tell_late(facts);
        }
        self.returned.sweep(now, facts);
    }

    /// Tells the deliveries that wait with the oldest: the entry that they named is not one of ours.
    fn tell_late(&mut self, facts: &mut Facts) {
        let key = self.lateness.pop_front().map(|(_, key)| key);
        let rows = key.and_then(|key| self.late.remove(&key)).unwrap_or_default();
        rows.iter().for_each(|(row, _)| facts.push(row));
    }

    /// Calls a function for each text of what is open.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        for entry in self.open.values_mut().chain(self.lingering.values_mut()) {
            entry.row.each_text(call);
            entry.hold.iter_mut().for_each(|hold| hold.each_named(&mut |_, id| call(id)));
            call(&mut entry.service);
            entry.waiting.rows.iter_mut().for_each(|row| row.each_text(call));
        }
        self.awaited.values_mut().for_each(|parent| parent.each_text(call));
        for (row, parent) in self.late.values_mut().flatten() {
            row.each_text(call);
            parent.each_text(call);
        }
        self.returned.each_text(call);
        self.relays.each_text(call);
        self.unreachable.values_mut().for_each(&mut *call);
        // The line that it is for is done.
        self.refused = None;
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        for entry in self.open.values_mut().chain(self.lingering.values_mut()) {
            if entry.row.time < before {
                entry.row.each_named(call);
                entry.hold.iter_mut().for_each(|hold| hold.each_named(call));
            }
            entry.waiting.rows.iter_mut().filter(|row| row.time < before).for_each(|row| row.each_named(call));
        }
        let late = self.late.values_mut().flatten().map(|(row, _)| row);
        late.filter(|row| row.time < before).for_each(|row| row.each_named(call));
        self.returned.each_old(before, call);
    }

    /// Lets go of finished entries that began before a time.
    pub fn drop_finished(&mut self, before: i64) {
        self.lingering.retain(|_, entry| entry.row.time >= before);
    }

    /// Tells everything that is left.
    pub fn finish(&mut self, facts: &mut Facts) {
        for (_, key) in std::mem::take(&mut self.lateness) {
            self.late.remove(&key).unwrap_or_default().iter().for_each(|(row, _)| facts.push(row));
        }
        self.returned.finish(facts);
        for mut map in [std::mem::take(&mut self.lingering), std::mem::take(&mut self.open)] {
            for entry in in_order(&mut map, Entry::place) {
                push(entry, facts);
            }
        }
    }
}

/// A message that a rule throws away before it has a queue entry: its sender believes it accepted.
fn discard_unqueued(line: &Line<'_>, session: Option<&Session>, facts: &mut Facts) {
    let mut entry = Entry::new(line);
    entry.merge(line);
    entry.row.queue_id = NO_TEXT;
    entry.row.origin = origin(line.service(), line.text(Field::User));
    if let Some(session) = session {
        entry.of_client(session);
    }
    entry.ended(line);
    let mut outcome = line.text(Field::Outcome);
    keep(&mut outcome, Word::Discarded.id(), &NO_TEXT);
    entry.row.fate = outcome;
    facts.push(&entry.row);
    facts.push(&Delivery { outcome, ..delivery_row(line, &entry.row) });
}

/// What a line says to be the parent of the entry that it names.
fn parent(line: &Line<'_>, origin: Word, entry: i64) -> Parent {
    Parent { entry, queue_id: line.text(Field::QueueId), origin: origin.id(), notification: NO_TEXT }
}

pub(super) fn push(entry: Entry, facts: &mut Facts) {
    if let Some(row) = entry.row() {
        facts.push(&row);
    }
}

/// Where a message came from: who authenticated submits, whatever the port.
fn origin(service: TextId, user: TextId) -> TextId {
    let submission = [Word::Submission, Word::Submissions].iter().any(|word| service == word.id());
    if submission || user != NO_TEXT { Word::Submission.id() } else { Word::Smtp.id() }
}

fn delivery_row(line: &Line<'_>, message: &Message) -> Delivery {
    let mut row = Delivery {
        time: line.event.time,
        instance: message.instance,
        queue_id: message.queue_id,
        message_id: message.message_id,
        origin: message.origin,
        user: message.user,
        user_domain: message.user_domain,
        sender: message.sender,
        sender_domain: message.sender_domain,
        transport: line.text_id(line.event.service),
        size_bytes: message.size_bytes,
        entry: message.entry,
        host: line.host(),
        system: line.system,
        program: line.program(),
        source: line.source,
        offset: line.offset(),
        ..Delivery::default()
    };
    for (field, value) in line.fields() {
        match field {
            Field::Recipient => row.recipient = line.text_of(value),
            Field::RecipientDomain => row.recipient_domain = line.text_of(value),
            Field::OriginalRecipient => row.original_recipient = line.text_of(value),
            Field::OriginalDomain => row.original_domain = line.text_of(value),
            Field::Transport => row.transport = line.text_of(value),
            Field::RelayHost => row.relay_host = line.text_of(value),
            Field::RelayIp => row.relay_ip = line.text_of(value),
            Field::RelayPort => row.relay_port = value,
            Field::Delay => row.delay_s = value,
            Field::BeforeQueue => row.before_queue_s = value,
            Field::InQueue => row.in_queue_s = value,
            Field::Connect => row.connect_s = value,
            Field::Transmit => row.transmit_s = value,
            Field::Dsn => row.dsn = line.text_of(value),
            Field::Outcome => row.outcome = line.text_of(value),
            Field::Reply => row.reply = line.text_of(value),
            Field::Reason => row.reason = line.text_of(value),
            Field::NextQueueId => row.next_queue_id = line.text_of(value),
            _ => {}
        }
    }
    row
}
