//! One life of a queue id, as far as it is known.

use super::waiting::Waiting;
use super::{Line, keep};
use crate::event::{Field, NO_TEXT, TextId, Word};
use crate::facts::NULL;
use crate::facts::schema::{Message, Session};
use serde::{Deserialize, Serialize};

/// What the line says that puts a message on hold: who sends it, where the queue manager never tells.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Hold {
    sender: TextId,
    sender_domain: TextId,
}

impl Hold {
    pub fn of(line: &Line<'_>) -> Self {
        Self { sender: line.text(Field::Sender), sender_domain: line.text(Field::SenderDomain) }
    }

    /// Calls a function for each text, with its column.
    pub fn each_named(&mut self, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        call("sender", &mut self.sender);
        call("sender_domain", &mut self.sender_domain);
    }
}

/// One life of a queue id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    pub row: Message,
    /// The service that its client spoke to.
    pub service: TextId,
    /// Whether it was brought from the host itself, as by a filter.
    pub from_own_host: bool,
    /// Whether its opener was seen.
    pub opened: bool,
    /// Whether the message was accepted.
    pub accepted: bool,
    pub held: bool,
    pub hold: Option<Hold>,
    /// Recipients put off and not yet done with.
    pub waiting: Waiting,
    pub sent: bool,
    pub bounced: bool,
    pub expired: bool,
    pub discarded: bool,
    pub removed: bool,
}

/// What a parent says of its child.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Parent {
    pub entry: i64,
    pub queue_id: TextId,
    pub origin: TextId,
    pub notification: TextId,
}

impl Parent {
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        [&mut self.queue_id, &mut self.origin, &mut self.notification].into_iter().for_each(call);
    }
}

impl Entry {
    pub fn new(line: &Line<'_>) -> Self {
        let row = Message {
            time: line.event.time,
            instance: line.text_id(line.event.instance),
            queue_id: line.text(Field::QueueId),
            deferred: 0,
            entry: line.identity(),
            host: line.host(),
            system: line.system,
            program: line.program(),
            source: line.source,
            offset: line.offset(),
            ..Message::default()
        };
        Self { row, service: line.service(), ..Self::default() }
    }

    /// Takes over what a line tells about the message.
    pub fn merge(&mut self, line: &Line<'_>) {
        let row = &mut self.row;
        for (field, value) in line.fields() {
            match field {
                Field::MessageId => row.message_id = line.text_of(value),
                Field::Subject => row.subject = line.text_of(value),
                Field::ClientIp => row.client_ip = line.text_of(value),
                Field::ClientName => row.client_name = line.text_of(value),
                Field::User => row.user = line.text_of(value),
                Field::UserDomain => row.user_domain = line.text_of(value),
                Field::Origin => row.origin = line.text_of(value),
                Field::Sender => keep(&mut row.sender, line.text_of(value), &NO_TEXT),
                Field::SenderDomain => keep(&mut row.sender_domain, line.text_of(value), &NO_TEXT),
                Field::SizeBytes => keep(&mut row.size_bytes, value, &NULL),
                Field::Recipients => keep(&mut row.recipients, value, &NULL),
                _ => {}
            }
        }
    }

    /// The parent knows best where its child came from. What a client began under the same id and never finished is
    /// no part of it.
    pub fn adopt(&mut self, parent: Parent) {
        let row = &mut self.row;
        // Who ran the program that gave it back is not who sent it.
        if row.origin == Word::Local.id() {
            (row.user, row.user_domain) = (NO_TEXT, NO_TEXT);
        }
        row.parent_queue_id = parent.queue_id;
        row.parent_entry = parent.entry;
        row.origin = parent.origin;
        row.notification = parent.notification;
        if parent.origin != Word::Filter.id() {
            (row.client_ip, row.client_name) = (NO_TEXT, NO_TEXT);
            (row.user, row.user_domain) = (NO_TEXT, NO_TEXT);
            row.session = NULL;
        }
    }

    /// The session in which its client brought it, as far as nothing else told of the client.
    pub fn of_client(&mut self, session: &Session) {
        let row = &mut self.row;
        row.session = session.session;
        row.tls_version = session.tls_version;
        keep(&mut row.client_ip, session.client_ip, &NO_TEXT);
        keep(&mut row.client_name, session.client_name, &NO_TEXT);
        keep(&mut row.user, session.user, &NO_TEXT);
        keep(&mut row.user_domain, session.user_domain, &NO_TEXT);
    }

    /// Whether a program gave it back, by the host's own submission.
    pub fn has_come_back(&self) -> bool {
        self.row.origin == Word::Filter.id() && self.row.session == NULL
    }

    /// The line says that the entry is complete.
    pub fn queued(&mut self, line: &Line<'_>) {
        let row = &mut self.row;
        if row.queued_time == NULL {
            (row.queued_time, row.queued_program) = (line.event.time, line.program());
            (row.queued_source, row.queued_offset) = (line.source, line.offset());
        }
    }

    /// A line tells of it: as long as its end is not told, this is when it was last heard of.
    pub fn hear(&mut self, line: &Line<'_>) {
        self.row.end_time = line.event.time;
    }

    /// Where its first line stands.
    pub fn place(&self) -> (i64, i64) {
        (self.row.source, self.row.offset)
    }

    /// When it was last heard of.
    pub fn heard(&self) -> i64 {
        self.row.end_time.max(self.row.time)
    }

    /// The entry as one that is no more, though no line says so.
    pub fn lost(mut self, now: i64) -> Self {
        let has_ended = self.sent || self.bounced || self.expired || self.discarded;
        let is_done = self.waiting.rows.is_empty() && has_ended;
        self.row.fate = if is_done { self.fate() } else { Word::Lost }.id();
        self.row.end_time = self.heard().min(now);
        Self { removed: true, ..self }
    }

    /// The line says that the entry is no more.
    pub fn ended(&mut self, line: &Line<'_>) {
        self.row.fate = NO_TEXT;
        let row = &mut self.row;
        (row.end_time, row.end_program) = (line.event.time, line.program());
        (row.end_source, row.end_offset) = (line.source, line.offset());
    }

    /// How the message ended, the worst of its recipients' fates.
    pub fn fate(&self) -> Word {
        let fates = [
            (self.expired, Word::Expired),
            (self.bounced, Word::Bounced),
            (self.discarded && !self.sent, Word::Discarded),
            (self.sent, Word::Sent),
        ];
        fates.iter().find(|(happened, _)| *happened).map_or(Word::Removed, |(_, word)| *word)
    }

    /// The entry as a message's row, if it became one.
    pub fn row(mut self) -> Option<Message> {
        if !self.accepted {
            return None;
        }
        if let Some(hold) = self.hold.filter(|_| self.row.sender == NO_TEXT) {
            (self.row.sender, self.row.sender_domain) = (hold.sender, hold.sender_domain);
        }
        if self.removed || self.discarded {
            let fate = self.fate().id();
            keep(&mut self.row.fate, fate, &NO_TEXT);
        } else if self.held {
            self.row.fate = Word::Held.id();
        }
        if !self.removed && self.row.end_source == NULL {
            self.row.end_time = NULL;
        }
        Some(self.row)
    }
}
