//! From a match to an event: captured bytes become values, and what follows from them is added.

use super::captures::Captures;
use super::value::{domain_of, id_at_start, integer, micros, shape_into, undressed};
use super::{Grammar, Grammars, KeyKind, Pattern, Scratch};
use crate::event::{
    Event, Events, Field, Interner, NO_TEXT, Role, TextId, Type, Word, hash_seed, key, process_key, queue_key,
};

/// Who wrote a line, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub host: TextId,
    pub host_hash: u64,
    pub program: TextId,
    pub service: TextId,
    pub instance: TextId,
    /// The hashes of service and instance.
    pub service_hash: u64,
    pub instance_hash: u64,
    pub pid: u32,
    pub time: i64,
    pub offset: u64,
    pub count: u32,
}

/// Collects the events of a chunk.
#[derive(Debug)]
pub(super) struct Emitter<'a> {
    grammars: &'a Grammars,
    pub interner: Interner,
    pub events: Events,
    /// The fields that patterns set by themselves, by pattern, in this chunk's texts.
    constants: Vec<Option<Vec<(Field, i64)>>>,
    /// Where a shape is written.
    shape: String,
}

/// A match: its pattern, the text, and what was captured of it.
#[derive(Clone, Copy)]
struct Match<'m> {
    rules: &'m Pattern,
    grammar: &'m Grammar,
    text: &'m [u8],
    captures: &'m Captures,
    context: Context,
    /// Where its values begin.
    first: usize,
}

impl<'m> Match<'m> {
    fn bytes(&self, field: Field) -> Option<&'m [u8]> {
        self.captures.get(field, self.text)
    }
}

impl<'a> Emitter<'a> {
    pub fn new(grammars: &'a Grammars, scratch: Scratch) -> Self {
        Self {
            grammars,
            interner: Interner::new(scratch.table),
            events: scratch.events,
            constants: vec![None; grammars.patterns.len()],
            shape: String::new(),
        }
    }

    /// Adds the event of a line that a pattern took, or one for each part of the list in it; the place of the last.
    #[inline]
    pub fn events(&mut self, pattern: u32, text: &[u8], captures: &Captures, context: Context) -> usize {
        match self.grammars.patterns[pattern as usize].each {
            None => self.event(pattern, text, captures, context),
            Some((field, separator)) => {
                let parts = captures.of_each(field, separator, text);
                let last = parts.iter().map(|one| self.event(pattern, text, one, context)).last();
                last.unwrap_or_else(|| self.event(pattern, text, captures, context))
            }
        }
    }

    /// Adds an event; its place among the events.
    fn event(&mut self, pattern: u32, text: &[u8], captures: &Captures, context: Context) -> usize {
        let grammars = self.grammars;
        let rules = &grammars.patterns[pattern as usize];
        let first = self.events.values.len();
        let found = Match { rules, grammar: &grammars.list[rules.grammar], text, captures, context, first };
        self.constants(pattern, rules);
        for (field, bytes) in captures.fields() {
            self.value(found.grammar, *field, bytes.of(text));
        }
        self.counters(captures);
        self.derive(found);
        let (key, other) = self.keys(found);
        self.events.list.push(Event {
            time: context.time,
            offset: context.offset,
            key,
            other,
            pattern,
            host: context.host,
            program: context.program,
            service: context.service,
            instance: context.instance,
            count: context.count,
            first: u32::try_from(first).unwrap_or(u32::MAX),
            len: u16::try_from(self.events.values.len() - first).unwrap_or(u16::MAX),
        });
        self.events.list.len() - 1
    }

    /// Adds an event once more, at another time and place.
    pub fn again(&mut self, event: usize, time: i64, offset: u64, count: u32) {
        if let Some(before) = self.events.list.get(event).copied() {
            self.events.list.push(Event { time, offset, count, ..before });
        }
    }

    #[inline]
    fn put(&mut self, field: Field, value: i64) {
        self.events.values.push((field, value));
    }

    #[inline]
    fn put_text(&mut self, field: Field, text: &[u8]) {
        let id = self.interner.id(text);
        self.put(field, i64::from(id));
    }

    fn put_shape(&mut self, field: Field, text: &[u8]) {
        self.shape.clear();
        shape_into(text, &mut self.shape);
        let id = self.interner.id(self.shape.as_bytes());
        self.put(field, i64::from(id));
    }

    /// The fields that a pattern sets by itself.
    fn constants(&mut self, pattern: u32, rules: &Pattern) {
        if rules.set.is_empty() {
            return;
        }
        let interner = &mut self.interner;
        let known = &mut self.constants[pattern as usize];
        let values = known.get_or_insert_with(|| {
            rules.set.iter().map(|(field, text)| (*field, constant(*field, text, interner))).collect()
        });
        self.events.values.extend_from_slice(values);
    }

    /// Adds a captured field in the form that its type asks for.
    #[inline]
    fn value(&mut self, grammar: &Grammar, field: Field, bytes: &[u8]) {
        match field.kind() {
            Type::Key => {}
            Type::Integer => self.put_number(field, integer(bytes)),
            Type::Seconds => self.put_number(field, micros(bytes)),
            Type::Ip => self.put_text(field, undressed(bytes)),
            Type::Text => {
                if let Some(text) = grammar.mapped(field, bytes) {
                    self.put_text(field, text);
                }
            }
            Type::Address(domain) => {
                self.put_text(field, bytes);
                if let Some(name) = domain_of(bytes) {
                    self.put_text(domain, &name);
                }
            }
        }
    }

    #[inline]
    fn put_number(&mut self, field: Field, number: Option<i64>) {
        if let Some(number) = number {
            self.put(field, number);
        }
    }

    fn counters(&mut self, captures: &Captures) {
        let Some(counters) = captures.counters else { return };
        self.put(Field::Commands, i64::from(counters.commands));
        self.put(Field::Goodbye, i64::from(counters.quit));
        self.put(Field::Attempts, i64::from(counters.logins));
        if counters.tls {
            self.put(Field::TlsVersion, Word::Tls.value());
        }
        if let Some(stage) = counters.stage {
            self.put(Field::Stage, stage.value());
        }
    }

    /// Adds what follows from the captured fields: ids inside replies, classes and shapes of reasons.
    fn derive(&mut self, found: Match<'_>) {
        if found.rules.is(Role::Delivery) {
            self.derive_delivery(found);
        }
        if found.rules.is(Role::Rejection) {
            self.derive_rejection(found);
        }
        if found.rules.is(Role::Notice) {
            self.derive_notice(found);
        }
        if found.rules.is(Role::Login) {
            self.derive_login(found);
        }
    }

    /// The system's own word for what became of an attempt is its reason, where the line tells no other.
    fn derive_login(&mut self, found: Match<'_>) {
        if self.text_value(Field::Reason, found.first).is_none()
            && let Some(word) = found.bytes(Field::Outcome)
        {
            self.put_text(Field::Reason, word);
        }
    }

    fn derive_notice(&mut self, found: Match<'_>) {
        let own = found.bytes(Field::Text);
        let text = own.unwrap_or(found.text);
        if own.is_none() {
            self.put_text(Field::Text, text);
        }
        self.put_shape(Field::Shape, text);
        if self.text_value(Field::Class, found.first).is_none()
            && let Some(trouble) = found.grammar.troubles.find(text, &found.grammar.pairs)
        {
            self.put_text(Field::Class, trouble.class.as_bytes());
        }
    }

    fn derive_delivery(&mut self, found: Match<'_>) {
        // The connection that it went by is known by its process.
        if found.context.pid != 0 {
            self.put(Field::Pid, i64::from(found.context.pid));
        }
        for find in &found.grammar.finds {
            let bytes = found.bytes(find.from).and_then(|bytes| {
                let at = find.after.last_in(bytes)? + find.after.len();
                id_at_start(&bytes[at..])
            });
            if let Some(id) = bytes {
                self.put_text(find.take, id);
            }
        }
        if self.text_value(Field::Outcome, found.first) != Some(Word::Sent.id())
            && let Some(reply) = found.bytes(Field::Reply)
        {
            self.put_shape(Field::Reason, reply);
        }
    }

    fn derive_rejection(&mut self, found: Match<'_>) {
        let reason = found.bytes(Field::Reason).unwrap_or_default();
        let dsn = found.bytes(Field::Dsn).unwrap_or_default();
        if self.text_value(Field::Class, found.first).is_none() {
            let class = found.grammar.classes.find(reason, dsn).unwrap_or("other");
            self.put_text(Field::Class, class.as_bytes());
        }
        // A reason that the pattern sets has nothing in it that varies.
        if reason.is_empty()
            && let Some(set) = self.text_value(Field::Reason, found.first)
        {
            self.put(Field::Shape, i64::from(set));
        } else {
            self.put_shape(Field::Shape, reason);
        }
        if self.text_value(Field::Permanence, found.first).is_none() {
            let code = found.bytes(Field::ReplyCode).or_else(|| found.bytes(Field::Dsn));
            let temporary = code.is_some_and(|code| code.starts_with(b"4"));
            let word = if temporary { Word::Temporary } else { Word::Permanent };
            self.put(Field::Permanence, word.value());
        }
    }

    fn text_value(&self, field: Field, first: usize) -> Option<TextId> {
        let values = self.events.values.get(first..)?;
        let found = values.iter().rev().find(|(f, _)| *f == field)?;
        u32::try_from(found.1).ok()
    }

    /// What the event is about, and what else it names.
    fn keys(&self, found: Match<'_>) -> (u64, u64) {
        let rules = found.rules;
        if rules.is_of_queue() {
            let own = Self::queue(found, Field::QueueId).unwrap_or(0);
            return (own, self.named_by(found));
        }
        let session = session(found);
        if rules.is_of_operation() {
            let op = found.bytes(Field::Op).unwrap_or_default();
            return (session ^ key(found.context.host_hash, b'o', op), session);
        }
        if rules.is_of_meeting() {
            return (session, meeting(found));
        }
        if rules.is(Role::QueueClient) {
            return (session, self.named_by(found));
        }
        (session, if rules.is(Role::Login) || rules.is(Role::LoginNote) { person(found) } else { 0 })
    }

    /// The entry or session that a line about a queue entry names: its child, or the session that brings it.
    fn named_by(&self, found: Match<'_>) -> u64 {
        if let Some(child) = Self::queue(found, Field::ChildQueueId) {
            return child;
        }
        if found.rules.is_brought() {
            return process(found);
        }
        let next =
            found.rules.is(Role::Delivery).then(|| self.text_value(Field::NextQueueId, found.first)).flatten();
        next.map_or(0, |next| Self::queue_key(found.context, self.interner.text(next)))
    }

    fn queue(found: Match<'_>, field: Field) -> Option<u64> {
        let id = found.bytes(field)?;
        (id != Word::NoQueue.text().as_bytes()).then(|| Self::queue_key(found.context, id))
    }

    #[inline]
    fn queue_key(context: Context, id: &[u8]) -> u64 {
        queue_key(context.host_hash, context.instance_hash, id)
    }
}

/// What both processes know of a client that one hands over to the other.
fn meeting(found: Match<'_>) -> u64 {
    let Some(ip) = found.bytes(Field::ClientIp) else { return 0 };
    key(found.context.host_hash ^ found.context.service_hash, b'h', undressed(ip))
}

/// Who tries to authenticate, from where: it joins lines of services that know no common session, on any host.
fn person(found: Match<'_>) -> u64 {
    match (found.bytes(Field::ClientIp), found.bytes(Field::User)) {
        (Some(ip), Some(user)) => key(hash_seed(undressed(ip)), b'u', user),
        _ => 0,
    }
}

/// The key of the session that a line is about.
fn session(found: Match<'_>) -> u64 {
    let keyed = |kind, field| found.bytes(field).map(|bytes| key(found.context.host_hash, kind, bytes));
    let own = match found.rules.session {
        KeyKind::Process => None,
        KeyKind::Session => keyed(b's', Field::SessionId).or_else(|| client_without_process(found)),
        // Two servers on one host count their connections each by itself.
        KeyKind::Connection => found
            .bytes(Field::Connection)
            .map(|number| key(found.context.host_hash ^ u64::from(found.context.pid), b'c', number)),
        KeyKind::Client => found.bytes(Field::ClientIp).map(|ip| {
            let port = hash_seed(found.bytes(Field::ClientPort).unwrap_or_default());
            key(found.context.host_hash ^ port, b'a', ip)
        }),
    };
    own.unwrap_or_else(|| process(found))
}

/// The person whom a process serves that tells neither its own id nor the session's.
fn client_without_process(found: Match<'_>) -> Option<u64> {
    let unknown = found.context.pid == 0 && found.bytes(Field::Pid).is_none();
    Some(person(found)).filter(|person| unknown && *person != 0)
}

/// The key of the session that a process serves.
fn process(found: Match<'_>) -> u64 {
    let pid = found.bytes(Field::Pid).and_then(integer).unwrap_or(i64::from(found.context.pid));
    process_key(found.context.host_hash, pid)
}

impl Grammar {
    /// Our word for a word of the system's; nothing where it says that there is none.
    fn mapped<'b>(&'b self, field: Field, bytes: &'b [u8]) -> Option<&'b [u8]> {
        if self.mapped & (1 << field as u8) == 0 {
            return Some(bytes);
        }
        let words = self.maps.iter().find(|(f, _)| *f == field).map(|(_, words)| words.as_slice());
        let word = words.unwrap_or_default().iter().find(|(word, _)| word.is(bytes));
        word.map_or(Some(bytes), |(_, own)| Some(own.as_bytes()).filter(|own| !own.is_empty()))
    }
}

fn constant(field: Field, text: &str, interner: &mut Interner) -> i64 {
    match field.kind() {
        Type::Integer => text.parse().unwrap_or(0),
        Type::Key | Type::Seconds => i64::from(NO_TEXT),
        Type::Text | Type::Address(_) | Type::Ip => i64::from(interner.id(text.as_bytes())),
    }
}
