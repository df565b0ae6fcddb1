//! The vocabulary: what a line can say, in our words.
//!
//! A grammar turns the text of a record into an [`Event`]: a pattern (with its roles) and typed fields. Everything
//! after this room knows these words only, and no product.

mod dictionary;
mod fields;
mod words;

pub use dictionary::{Dictionary, Interner, Table, first_number, hash_with};
pub use fields::{FIELDS, Field, Type};
pub use words::{Word, is_word};

/// A text of a chunk's dictionary. Ids below [`Word::COUNT`] are the fixed words, the same in every chunk.
pub type TextId = u32;

/// No text.
pub const NO_TEXT: TextId = TextId::MAX;

/// The part that a line plays in correlation. A pattern may have several, applied in the order of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Opens a session: one connection.
    SessionOpen,
    /// The same, of a process that hands sessions over to another, perhaps without a word.
    SessionGate,
    /// Tells more about an open session: TLS, who it is.
    SessionNote,
    /// Says that a session ended without a goodbye, or that the server ended it; the close may follow.
    SessionEnd,
    /// Closes a session.
    SessionClose,
    /// Closes a session of which the line tells nothing but the user.
    UserSessionClose,
    /// The session goes on in another process, which opens it again.
    SessionHandOver,
    /// A whole session in one line.
    Session,
    /// An attempt to authenticate, or several (`attempts`).
    Login,
    /// Says why an attempt that another line reports failed.
    LoginNote,
    /// Opens a queue entry: the life of a queue id begins.
    QueueOpen,
    /// Tells more about a queue entry, and opens it where nothing else did.
    QueueNote,
    /// A queue entry is complete: the message is accepted.
    QueueAccept,
    /// One delivery attempt for one recipient.
    Delivery,
    /// Tells of the connection by which the deliveries of its process go next: its TLS.
    RelayNote,
    /// The recipients still open are given up.
    QueueExpire,
    /// A queue entry gave birth to another (`child_queue_id`): a notification, a forwarded copy.
    QueueChild,
    /// A queue entry is refused after its data were read.
    QueueReject,
    /// A queue entry is thrown away as asked by a rule; its sender believes it sent.
    QueueDiscard,
    /// A queue entry is put on hold.
    QueueHold,
    /// The session is that of the client of a queue entry (`child_queue_id`), which came by way of a filter.
    QueueClient,
    /// Closes a queue entry.
    QueueClose,
    /// Tells how many queue entries a program closed or put on hold (`entries`), whether it told of each or not.
    QueueSum,
    /// A refusal before acceptance.
    Rejection,
    /// A message is put into a mailbox, or is not.
    Filing,
    /// A request to the directory.
    Operation,
    /// Tells more about a directory request.
    OperationNote,
    /// The directory's answer.
    OperationResult,
    /// The service starts: sessions that were open are cut off, but for those of which lines of their own still come.
    Restart,
    /// A warning, an error, a fatal end, a panic; or the log's own confession of loss.
    Notice,
    /// The line before it was repeated (`attempts`).
    Repeat,
    /// Nothing to correlate: understood, and not needed for any figure.
    Info,
}

/// One line's meaning. Its fields lie in [`Events::values`].
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Microseconds since the epoch, UTC.
    pub time: i64,
    /// The byte at which the line starts in its source.
    pub offset: u64,
    /// What it is about: queue entry, session or connection, hashed with its host and its kind; 0 for no queue entry.
    pub key: u64,
    /// What else it names, hashed in the same way; 0 for nothing: of a queue entry the child or the session that brings it, of
    /// a directory operation its connection, of a session that changes its process the client, of a login the person.
    pub other: u64,
    /// The pattern, as an index into the grammars' patterns.
    pub pattern: u32,
    /// The host that wrote it.
    pub host: TextId,
    /// The program that wrote it, as its grammar names it.
    pub program: TextId,
    /// The service or transport for which that program works.
    pub service: TextId,
    /// The instance of the system.
    pub instance: TextId,
    /// How many times it happened: more than 1 for `message repeated N times`.
    pub count: u32,
    /// Where its values begin in [`Events::values`].
    pub first: u32,
    /// How many values it has.
    pub len: u16,
}

/// The events of a chunk, in the order of its lines.
#[derive(Debug, Default)]
pub struct Events {
    /// The events.
    pub list: Vec<Event>,
    /// Their fields, one event's after the other's. Text is a [`TextId`], a duration microseconds.
    pub values: Vec<(Field, i64)>,
}

impl Events {
    /// Forgets all, and keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
        self.values.clear();
    }

    /// The fields of an event.
    pub fn values(&self, event: &Event) -> &[(Field, i64)] {
        let first = event.first as usize;
        self.values.get(first..first + usize::from(event.len)).unwrap_or_default()
    }
}

/// The start of a key's hash: who it belongs to.
pub(crate) fn hash_seed(owner: &[u8]) -> u64 {
    crate::find::digest(owner, dictionary::secrets())
}

/// The key of a queue entry: by the hashes of its host and its instance, and its id.
#[inline]
pub(crate) fn queue_key(host: u64, instance: u64, id: &[u8]) -> u64 {
    key(instance ^ host.rotate_left(17), b'q', id)
}

/// The key of a process of a host: by the hash of the host, and the process id.
#[inline]
pub(crate) fn process_key(host: u64, pid: i64) -> u64 {
    key(host, b'p', &pid.to_le_bytes())
}

/// What tells whether two processes hash keys alike.
pub fn hash_probe() -> u64 {
    key(hash_seed(b"owner"), b'p', b"mailtrail")
}

/// The key of an entry: its owner, its kind and its id, hashed with a random seed; never 0. Of ten million keys two are
/// the same once in some hundred thousand runs, and nobody can choose which.
#[inline]
pub(crate) fn key(owner: u64, kind: u8, id: &[u8]) -> u64 {
    // A product of odd numbers loses nothing of either.
    (hash_seed(id) ^ owner.rotate_left(32)).wrapping_mul(KINDS | (u64::from(kind) << 1) | 1) | 1
}

/// Any odd number with bits all over.
const KINDS: u64 = 0x9e37_79b9_7f4a_7801;
