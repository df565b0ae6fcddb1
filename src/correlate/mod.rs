//! Correlation: lines that belong together become facts.
//!
//! Comes in: the events of a stream's chunks, in their order. Goes out: facts. Parsing is done in parallel; this walk is
//! not, so that it needs no care for the edges of chunks: what is open at the end of one is open at the start of the
//! next. What part a line plays is told by its roles; no product is known here.

mod carry;
mod claims;
mod directory;
mod entry;
mod gate;
mod given;
mod instance;
mod logins;
mod lost;
mod open;
mod queue;
mod refusals;
mod relays;
mod returned;
mod session;
mod sums;
mod waiting;

pub use carry::Carry;

use crate::event::{Event, Events, Field, NO_TEXT, Role, TextId, Word, first_number, is_word};
use crate::facts::schema::{Filing, Notice, Rejection, Session};
use crate::facts::{Facts, NULL};
use crate::grammar::{ChunkFacts, Grammars, KeyKind, Last, MOST_REPETITIONS, Scratch};
use claims::Claims;
use directory::Directory;
use queue::{Queue, Refused};
use refusals::{Refusals, is_own};
use session::Sessions;
use std::collections::BTreeMap;

/// Makes facts of events.
#[derive(Debug)]
pub struct Correlator<'g> {
    grammars: &'g Grammars,
    /// The facts so far.
    pub facts: Facts,
    systems: Vec<TextId>,
    state: State,
    claims: Claims,
}

/// Takes finished facts off memory where that holds enough of them; texts and what is open stay.
pub type Relieve<'a> = &'a mut dyn FnMut(&mut Facts);

/// What is open between two lines.
#[derive(Clone, Debug, Default)]
struct State {
    queue: Queue,
    sessions: Sessions,
    directory: Directory,
    refusals: Refusals,
    /// The last line of each host, for a repetition that is told in another chunk.
    last: BTreeMap<Vec<u8>, (Event, Vec<(Field, i64)>)>,
}

/// The low bits of an entry's or a session's number, which hold the byte of its source: 40 bits count a tebibyte.
const OF_OFFSET: u32 = 40;

/// An event with its fields, texts by the ids of the run.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    event: Event,
    values: &'a [(Field, i64)],
    base: u32,
    source: i64,
    system: TextId,
    /// Whether a connection's number tells its session.
    of_connection: bool,
}

impl Line<'_> {
    /// A text of the chunk as a text of the run.
    #[inline]
    fn text_id(&self, id: TextId) -> TextId {
        if id == NO_TEXT || is_word(id) { id } else { id + self.base }
    }

    fn raw(&self, field: Field) -> Option<i64> {
        self.values.iter().rev().find(|(f, _)| *f == field).map(|(_, value)| *value)
    }

    /// The text of a field; [`NO_TEXT`] where it has none.
    fn text(&self, field: Field) -> TextId {
        self.raw(field).map_or(NO_TEXT, |value| self.text_of(value))
    }

    /// The text that the value of a field stands for.
    #[inline]
    fn text_of(&self, value: i64) -> TextId {
        TextId::try_from(value).map_or(NO_TEXT, |id| self.text_id(id))
    }

    /// The number of a field; [`NULL`] where it has none.
    fn number(&self, field: Field) -> i64 {
        self.raw(field).unwrap_or(NULL)
    }

    /// The fields in their order; a field that stands twice counts by its last value.
    fn fields(&self) -> impl Iterator<Item = (Field, i64)> + '_ {
        self.values.iter().copied()
    }

    fn host(&self) -> TextId {
        self.text_id(self.event.host)
    }

    fn program(&self) -> TextId {
        self.text_id(self.event.program)
    }

    /// The number of what this line begins, a session or a queue entry: the line's place, which no other line has in
    /// any run of a store. It is not mixed, so that the numbers of lines beside each other take little room. The lowest
    /// [`OF_OFFSET`] bits are the byte, those above the source, counted from where the store's numbers begin.
    fn identity(&self) -> i64 {
        let source = self.source.cast_unsigned().wrapping_add(1).wrapping_add(first_number());
        let offset = self.event.offset & ((1 << OF_OFFSET) - 1);
        ((source << (OF_OFFSET + 1) >> 1) | offset).cast_signed()
    }

    fn offset(&self) -> i64 {
        i64::try_from(self.event.offset).unwrap_or(i64::MAX)
    }

    /// The service that the line names, else that of its program.
    fn service(&self) -> TextId {
        let named = self.text(Field::Service);
        if named == NO_TEXT { self.text_id(self.event.service) } else { named }
    }

    fn is(&self, field: Field, word: Word) -> bool {
        self.raw(field) == Some(word.value())
    }
}

/// Takes a value over where there is one.
fn take<T: PartialEq>(slot: &mut T, value: T, absent: &T) {
    if value != *absent {
        *slot = value;
    }
}

/// Takes a value over where there was none before.
fn keep<T: PartialEq>(slot: &mut T, value: T, absent: &T) {
    if *slot == *absent {
        *slot = value;
    }
}

impl<'g> Correlator<'g> {
    /// A correlator without anything open.
    pub fn new(grammars: &'g Grammars) -> Self {
        let mut facts = Facts::default();
        let systems = grammars.list.iter().map(|g| facts.texts.add_one(g.system.as_bytes())).collect();
        Self { grammars, facts, systems, state: State::default(), claims: Claims::default() }
    }

    /// Takes the next chunk of a stream; its memory comes back. Where lines stand for many events it is relieved meanwhile.
    pub fn fold(&mut self, chunk: ChunkFacts, source: u32, relieve: Relieve<'_>) -> Scratch {
        let base = self.facts.texts.add(chunk.texts());
        for event in &chunk.events.list {
            self.claims.line();
            self.event(event, chunk.events.values(event), base, source, relieve);
        }
        self.remember(&chunk.last, &chunk.events, base);
        chunk.into_scratch()
    }

    /// Ends the walk: what is still open is told as it stands.
    pub fn finish(mut self) -> Facts {
        self.state.queue.finish(&mut self.facts);
        self.state.sessions.finish(&mut self.facts);
        self.state.directory.finish(&mut self.facts);
        self.state.refusals.finish(&mut self.facts);
        self.facts
    }

    /// How many events the lines so far claimed that were not believed.
    pub fn refused_claims(&self) -> u64 {
        self.claims.refused()
    }

    fn event(&mut self, event: &Event, values: &[(Field, i64)], base: u32, source: u32, relieve: Relieve<'_>) {
        let Some(pattern) = self.grammars.patterns.get(event.pattern as usize) else {
            return;
        };
        let system = self.systems.get(pattern.grammar).copied().unwrap_or(NO_TEXT);
        let of_connection = pattern.session == KeyKind::Connection;
        let line = Line { event: *event, values, base, source: i64::from(source), system, of_connection };
        for _ in 0..self.claims.of(event.count.into()) {
            let line = self.state.queue.in_its_instance(pattern, line, &self.facts);
            for role in &pattern.roles {
                self.role(*role, &line, relieve);
            }
            if self.claims.is_much() {
                relieve(&mut self.facts);
            }
        }
    }

    fn role(&mut self, role: Role, line: &Line<'_>, relieve: Relieve<'_>) {
        let facts = &mut self.facts;
        let State { queue, sessions, directory, .. } = &mut self.state;
        match role {
            Role::SessionOpen => {
                sessions.open(line, facts);
                if line.of_connection {
                    directory.opened(line, sessions, facts);
                }
            }
            Role::SessionGate => sessions.open_at_gate(line, facts),
            Role::SessionNote => sessions.note(line),
            Role::SessionEnd => sessions.end(line),
            Role::SessionClose => {
                sessions.close(line, facts);
                if line.of_connection {
                    directory.closed(line);
                }
            }
            Role::UserSessionClose => sessions.close_of_user(line, facts),
            Role::SessionHandOver => sessions.hand_over(line),
            Role::Session => sessions.whole(line, facts),
            Role::Login => sessions.login(line, &mut self.claims, facts),
            Role::LoginNote => sessions.logins.note(line, facts),
            Role::QueueOpen => {
                sessions.message(line, facts);
                queue.open(line, sessions.get(line.event.other), facts);
                if let Some(hold) = sessions.take_hold(line) {
                    queue.hold_when_complete(line, hold);
                }
            }
            Role::QueueNote => queue.note(line, facts),
            Role::QueueAccept => queue.accept(line, facts),
            Role::Delivery => queue.delivery(line, facts),
            Role::RelayNote => queue.relays.note(line),
            Role::QueueExpire => queue.expire(line, facts),
            Role::QueueChild => queue.child(line, facts),
            Role::QueueReject => queue.reject(line),
            Role::QueueDiscard => queue.discard(line, sessions.get(line.event.other), facts),
            Role::QueueClient => queue.client(line, sessions.get(line.event.key), facts),
            Role::QueueHold => {
                sessions.hold(line);
                queue.hold(line, facts);
            }
            Role::QueueClose => queue.close(line, facts),
            Role::QueueSum => queue.sum(line, facts),
            Role::Rejection => self.reject(line),
            Role::Operation => directory.request(line, sessions, facts),
            Role::OperationNote => directory.note(line),
            Role::OperationResult => directory.result(line, sessions, facts),
            Role::Filing => filing(line, facts),
            Role::Restart => sessions.restart(line, facts),
            Role::Notice => notice(line, facts),
            Role::Repeat => self.repeat(line, relieve),
            Role::Info => {}
        }
    }

    /// A command was refused.
    fn reject(&mut self, line: &Line<'_>) {
        let facts = &mut self.facts;
        let State { queue, sessions, refusals, .. } = &mut self.state;
        if !sessions.rejected(line, facts) {
            return;
        }
        let (refused, session) = (queue.refused(line), sessions.get(line.event.key));
        let tells_client = line.text(Field::ClientIp) != NO_TEXT || line.text(Field::ClientName) != NO_TEXT;
        if refused.is_none() && !tells_client && queue.is_local(line.event.key) {
            return;
        }
        let row = rejection(line, refused, session);
        let peer = session.map_or(row.client_ip, |session| session.client_ip);
        let from_own_host = refused.map_or_else(|| is_own(facts.texts.get(peer)), |entry| entry.from_own_host);
        match line.number(Field::StandIn) {
            1 => refusals.passed_on(row, facts),
            _ if from_own_host => refusals.behind(row, facts),
            _ => facts.push(&row),
        }
    }

    /// A repetition of a host's last line, told in a later chunk: the line happens again, as often as it says.
    fn repeat(&mut self, line: &Line<'_>, relieve: Relieve<'_>) {
        let host = self.facts.texts.get(line.host()).unwrap_or_default().to_vec();
        let Some((mut event, values)) = self.state.last.get(&host).cloned() else {
            return;
        };
        event.time = line.event.time;
        event.offset = line.event.offset;
        let times = u32::try_from(line.number(Field::Attempts)).unwrap_or(MOST_REPETITIONS);
        event.count = times.min(MOST_REPETITIONS);
        self.event(&event, &values, 0, u32::try_from(line.source).unwrap_or(0), relieve);
    }

    /// Keeps the last line of each host, with texts of the run.
    fn remember(&mut self, last: &[(TextId, Last)], events: &Events, base: u32) {
        for (host, last) in last {
            let host_line =
                |event: Event| Line { event, values: &[], base, source: 0, system: NO_TEXT, of_connection: false };
            let name = |id: TextId| self.facts.texts.get(id).unwrap_or_default().to_vec();
            let key = if *host == NO_TEXT || is_word(*host) { name(*host) } else { name(*host + base) };
            let event = match last {
                Last::Event(at) => events.list.get(*at),
                Last::Nothing | Last::Earlier => None,
            };
            let Some(event) = event else {
                self.state.last.remove(&key);
                continue;
            };
            let line = host_line(*event);
            let values = events.values(event).iter().map(|(field, value)| (*field, global(*field, *value, &line)));
            let kept = Event {
                host: line.host(),
                program: line.text_id(event.program),
                service: line.text_id(event.service),
                instance: line.text_id(event.instance),
                ..*event
            };
            let kept = (kept, values.collect());
            self.state.last.insert(key, kept);
        }
    }
}

/// A field's value with a text of the run.
fn global(field: Field, value: i64, line: &Line<'_>) -> i64 {
    use crate::event::Type;
    match field.kind() {
        Type::Integer | Type::Seconds | Type::Key => value,
        Type::Text | Type::Address(_) | Type::Ip => {
            TextId::try_from(value).map_or(value, |id| i64::from(line.text_id(id)))
        }
    }
}

fn rejection(line: &Line<'_>, refused: Option<Refused>, session: Option<&Session>) -> Rejection {
    let queue_id = line.text(Field::QueueId);
    let mut row = Rejection {
        time: line.event.time,
        service: line.service(),
        queue_id: if queue_id == Word::NoQueue.id() { NO_TEXT } else { queue_id },
        message_id: refused.map_or(NO_TEXT, |entry| entry.message_id),
        client_ip: line.text(Field::ClientIp),
        client_name: line.text(Field::ClientName),
        helo: line.text(Field::Helo),
        user: line.text(Field::User),
        sender: line.text(Field::Sender),
        sender_domain: line.text(Field::SenderDomain),
        recipient: line.text(Field::Recipient),
        recipient_domain: line.text(Field::RecipientDomain),
        stage: line.text(Field::Stage),
        reply_code: line.number(Field::ReplyCode),
        dsn: line.text(Field::Dsn),
        class: line.text(Field::Class),
        reason: line.text(Field::Reason),
        shape: line.text(Field::Shape),
        permanence: line.text(Field::Permanence),
        session: session.map_or(NULL, |session| session.session),
        host: line.host(),
        system: line.system,
        program: line.program(),
        source: line.source,
        offset: line.offset(),
    };
    let known = refused.map(|entry| entry.user).or(session.map(|session| session.user));
    keep(&mut row.user, known.unwrap_or(NO_TEXT), &NO_TEXT);
    let mut client = session.map(|session| (session.client_ip, session.client_name));
    // What refuses a message after its data is no service of its own: the client spoke to another.
    if let Some(entry) = refused {
        (row.service, row.session) = (entry.service, entry.session);
        client = Some((entry.client_ip, entry.client_name));
    }
    // Not every line names the client.
    if let Some((ip, name)) = client.filter(|_| row.client_ip == NO_TEXT) {
        (row.client_ip, row.client_name) = (ip, name);
    }
    row
}

fn filing(line: &Line<'_>, facts: &mut Facts) {
    facts.push(&Filing {
        time: line.event.time,
        service: line.service(),
        user: line.text(Field::User),
        user_domain: line.text(Field::UserDomain),
        message_id: line.text(Field::MessageId),
        session_id: line.text(Field::SessionId),
        outcome: line.text(Field::Outcome),
        detail: line.text(Field::Text),
        host: line.host(),
        system: line.system,
        program: line.program(),
        source: line.source,
        offset: line.offset(),
    });
}

fn notice(line: &Line<'_>, facts: &mut Facts) {
    facts.push(&Notice {
        time: line.event.time,
        severity: line.text(Field::Severity),
        class: line.text(Field::Class),
        shape: line.text(Field::Shape),
        text: line.text(Field::Text),
        host: line.host(),
        system: line.system,
        program: line.program(),
        source: line.source,
        offset: line.offset(),
    });
}

#[cfg(test)]
mod tests;
