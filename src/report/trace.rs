//! A trace: the life of what a key names, message by message and session by session. No formatting.
//!
//! What is not known is nothing, never 0 and never empty.

use super::State;
use crate::text::Text;
use crate::time::Zone;

/// What was found of a key.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The key as it was given.
    pub key: Text,
    /// What it was taken for, in words; nothing where nothing was found.
    pub kind: Option<&'static str>,
    /// Whether the key is the whole of what it was found in, not a part.
    pub exact: bool,
    /// The zone in which times are shown.
    pub zone: Zone,
    /// The messages, in order of time.
    pub messages: Vec<Message>,
    /// The sessions, in order of time.
    pub sessions: Vec<Session>,
    /// How many messages and sessions there are in all, where not all are shown.
    pub total: usize,
}

impl Trace {
    /// How many messages and sessions are shown.
    pub fn shown(&self) -> usize {
        self.messages.len() + self.sessions.len()
    }
}

/// One message, through all queue entries that carried it.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its Message-ID.
    pub message_id: Option<Text>,
    /// The envelope sender; empty for notifications.
    pub sender: Option<Text>,
    /// Its size in the first queue.
    pub size_bytes: Option<i64>,
    /// Who submitted it.
    pub user: Option<Text>,
    /// The client that brought it.
    pub client_ip: Option<Text>,
    /// That client's name.
    pub client_name: Option<Text>,
    /// When its first queue entry was opened.
    pub time: Option<i64>,
    /// Its subject, where that is logged.
    pub subject: Option<Text>,
    /// Of a notification: which kind, and of which queue entry.
    pub notification: Option<(Text, Text)>,
    /// Every life that belongs to it, in order.
    pub queue: Vec<Life>,
    /// The final state of each recipient.
    pub recipients: Vec<Recipient>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// The way it took.
    pub way: Way,
}

/// One life of one queue id.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// The host.
    pub host: Option<Text>,
    /// The instance of the mail system.
    pub instance: Option<Text>,
    /// The queue id.
    pub queue_id: Option<Text>,
    /// When it began.
    pub time: Option<i64>,
    /// When it ended.
    pub end_time: Option<i64>,
    /// How it ended; nothing while it is queued.
    pub fate: Option<Text>,
}

/// What became of a message for one recipient.
#[derive(Clone, Debug, Default)]
pub struct Recipient {
    /// The recipient after all rewriting.
    pub recipient: Option<Text>,
    /// The recipient as it was given, where it differs.
    pub original_recipient: Option<Text>,
    /// The outcome of the last attempt.
    pub outcome: Option<Text>,
    /// How good that is; nothing where it is neither good nor bad.
    pub state: Option<State>,
    /// When that was logged.
    pub time: Option<i64>,
    /// Seconds from the message's arrival to that: as the mail system measured it, or, where the message went through
    /// several queues, by the times of their lines.
    pub delay_s: Option<f64>,
    /// The delivery agent.
    pub transport: Option<Text>,
    /// The host that it was handed to.
    pub relay_host: Option<Text>,
    /// The enhanced status code.
    pub dsn: Option<Text>,
    /// What the other side said.
    pub reply: Option<Text>,
}

/// Something that happened, and the line that proves it.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// When.
    pub time: Option<i64>,
    /// The host that wrote the line.
    pub host: Option<Text>,
    /// The grammar that read it.
    pub system: Option<Text>,
    /// The program that wrote it.
    pub program: Option<Text>,
    /// What happened, in a word or two.
    pub what: Text,
    /// How good that is; nothing where it is neither good nor bad.
    pub state: Option<State>,
    /// Whether a queue entry ends with it.
    pub is_end: bool,
    /// More of it. It may quote a log.
    pub detail: Option<Text>,
    /// Seconds since the step before, or the mail system's own delay where it is a delivery attempt.
    pub delay_s: Option<f64>,
    /// The source of the line, as the user named it.
    pub source: Option<Text>,
    /// The byte at which the line starts.
    pub offset: Option<u64>,
    /// The line; nothing where it cannot be read any more.
    pub line: Option<Text>,
}

/// One connection.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// When it was opened.
    pub time: Option<i64>,
    /// When it was closed.
    pub end_time: Option<i64>,
    /// The host that served it.
    pub host: Option<Text>,
    /// The service.
    pub service: Option<Text>,
    /// The client.
    pub client_ip: Option<Text>,
    /// Who authenticated.
    pub user: Option<Text>,
    /// How it ended.
    pub ended: Option<Text>,
    /// What happened in it, in order.
    pub steps: Vec<Step>,
}

/// The way of a message, as a picture shows it.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// The places, from left to right.
    pub nodes: Vec<Node>,
    /// The moves from one place to another, in order of time.
    pub hops: Vec<Hop>,
}

/// A place on the way: a client, a queue entry, a relay, a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: Text,
    /// What stands below the name.
    pub about: Text,
}

/// A move from one place to another.
#[derive(Clone, Debug)]
pub struct Hop {
    /// From this node.
    pub from: usize,
    /// To this one.
    pub to: usize,
    /// When.
    pub time: Option<i64>,
    /// What came of it: accepted, sent, deferred, ...
    pub outcome: Text,
    /// How good that is; nothing where it is neither good nor bad.
    pub state: Option<State>,
    /// For whom; what several recipients met alike is one hop.
    pub recipients: Vec<Text>,
    /// How many times, for all of them together.
    pub times: usize,
    /// Seconds.
    pub delay_s: Option<f64>,
}
