//! Reading a chunk: its lines become records, the records events. This is where the time goes.

use super::tree::{Bytes, Captures};
use super::{Grammars, KeyKind, Pattern, Program};
use crate::event::{Event, Events, Field, Interner, NO_TEXT, Role, TextId, Type, Word};
use crate::frame::{self, Record};
use crate::report::Counts;
use crate::text;
use crate::time::Zone;
use crate::time::stamp::{Clock, ClockState};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// What a chunk holds.
#[derive(Debug)]
pub struct ChunkFacts {
    /// The events, in the order of the lines.
    pub events: Events,
    /// Their texts.
    pub texts: crate::event::Dictionary,
    /// The account of its lines.
    pub counts: Counts,
    /// Lines taken by each grammar.
    pub by_grammar: Vec<u64>,
    /// Lines taken by each ignore rule, by its place among the patterns.
    pub ignored_by: BTreeMap<u32, u64>,
    /// The lines that nothing took.
    pub shapes: Shapes,
    /// The earliest and the latest time.
    pub times: Option<(i64, i64)>,
    /// Where the walk through the times ended.
    pub clock: ClockState,
}

/// Unmatched lines by shape: how many, and the first of them.
pub type Shapes = BTreeMap<String, (u64, u64, Vec<u8>)>;

/// The most shapes that a chunk keeps; the lines of more go under one name.
const MOST_SHAPES: usize = 2_000;

/// The name under which the lines of further shapes go.
const OTHER_SHAPES: &str = "(other shapes)";

/// Reads the lines of one chunk.
#[derive(Debug)]
pub struct Reader<'a> {
    grammars: &'a Grammars,
    clock: Clock<'a>,
    interner: Interner,
    captures: Captures,
    programs: HashMap<Vec<u8>, Option<Known<'a>>, foldhash::fast::RandomState>,
    hosts: HashMap<Vec<u8>, (TextId, u64), foldhash::fast::RandomState>,
    constants: HashMap<u32, Vec<(Field, i64)>, foldhash::fast::RandomState>,
    default_host: &'a [u8],
    out: ChunkFacts,
}

/// A program of a grammar, with its words in this chunk's dictionary.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    program: Program<'a>,
    service: TextId,
    instance: TextId,
}

/// What stands beside a record's text: who wrote it.
#[derive(Clone, Copy)]
struct Context<'a> {
    known: Known<'a>,
    host: TextId,
    host_hash: u64,
    pid: u32,
    time: i64,
    offset: u64,
    count: u32,
}

/// What `grammar explain` shows of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The system and the pattern; nothing where none took it.
    pub taken_by: Option<(String, String)>,
    /// Whether that is an ignore rule.
    pub ignored: bool,
    /// The captured fields.
    pub fields: Vec<(&'static str, Vec<u8>)>,
}

impl<'a> Reader<'a> {
    /// A reader that begins where a clock stands.
    pub fn new(grammars: &'a Grammars, zone: &'a Zone, state: ClockState, default_host: &'a [u8]) -> Self {
        Self {
            grammars,
            clock: Clock::new(zone, state),
            interner: Interner::default(),
            captures: Captures::default(),
            programs: HashMap::default(),
            hosts: HashMap::default(),
            constants: HashMap::default(),
            default_host,
            out: ChunkFacts {
                events: Events::default(),
                texts: crate::event::Dictionary::default(),
                counts: Counts::default(),
                by_grammar: vec![0; grammars.list.len()],
                ignored_by: BTreeMap::new(),
                shapes: Shapes::new(),
                times: None,
                clock: state,
            },
        }
    }

    /// Reads one line, which starts at this byte of its source.
    pub fn line(&mut self, line: &[u8], offset: u64) {
        self.out.counts.lines += 1;
        match line.first() {
            None => self.damaged(line, offset),
            Some(0) => self.nul_block(line, offset),
            Some(_) => self.record(line, offset),
        }
    }

    /// A line that is too long to be read, of which this is the beginning.
    pub fn oversize(&mut self, start: &[u8], offset: u64) {
        self.out.counts.lines += 1;
        self.damaged(&start[..start.len().min(200)], offset);
    }

    /// Everything read, for good.
    pub fn finish(mut self) -> ChunkFacts {
        self.out.clock = self.clock.state();
        self.out.texts = self.interner.finish();
        self.out
    }

    /// A run of NULs is one damaged line; what follows it is a line of its own.
    fn nul_block(&mut self, line: &[u8], offset: u64) {
        let nuls = line.iter().take_while(|b| **b == 0).count();
        self.damaged(&line[..nuls], offset);
        if nuls < line.len() {
            self.line(&line[nuls..], offset + nuls as u64);
        }
    }

    fn damaged(&mut self, line: &[u8], offset: u64) {
        self.out.counts.damaged += 1;
        let shape = match line {
            [] => "(empty line)".to_owned(),
            [0, ..] => format!("NUL × {}", line.len()),
            _ => format!("(no header) {}", shape_of(line)),
        };
        self.note_shape(shape, line, offset);
    }

    fn record(&mut self, line: &[u8], offset: u64) {
        let Some(record) = frame::record(line) else {
            return self.damaged(line, offset);
        };
        let Some(time) = self.clock.resolve(record.stamp) else {
            return self.damaged(line, offset);
        };
        let times = self.out.times.get_or_insert((time, time));
        *times = (times.0.min(time), times.1.max(time));
        let (count, text) = frame::repeated(&record.text);
        if !self.text(&record, text, time, offset, count) {
            self.out.counts.unmatched += 1;
            let shape = format!("{}: {}", String::from_utf8_lossy(&record.program), shape_of(text));
            self.note_shape(shape, line, offset);
        }
    }

    /// Finds the pattern of a text; whether one took it.
    fn text(&mut self, record: &Record<'_>, text: &[u8], time: i64, offset: u64, count: u32) -> bool {
        let (host, host_hash) = self.host(&record.host);
        let context = |known| Context {
            known,
            host,
            host_hash,
            pid: record.pid,
            time,
            offset,
            count,
        };
        if let Some(known) = self.known(&record.program) {
            return self.take(known.program.grammar, text, context(known));
        }
        if !record.program.is_empty() {
            return false;
        }
        let grammars = self.grammars;
        grammars.native().any(|(at, grammar)| {
            let program = Program {
                grammar: at,
                name: "",
                instance: &grammar.system,
                service: "",
            };
            let known = Known {
                program,
                service: NO_TEXT,
                instance: self.interner.id(grammar.system.as_bytes()),
            };
            self.take(at, text, context(known))
        })
    }

    fn take(&mut self, grammar: usize, text: &[u8], context: Context<'_>) -> bool {
        let Some(pattern) = find(
            &self.grammars.list[grammar],
            context.known.program.name,
            text,
            &mut self.captures,
        ) else {
            return false;
        };
        self.out.by_grammar[grammar] += 1;
        let Some(rules) = self.grammars.patterns.get(pattern as usize) else {
            return false;
        };
        if rules.ignore {
            self.out.counts.ignored += 1;
            *self.out.ignored_by.entry(pattern).or_default() += 1;
        } else {
            self.out.counts.matched += 1;
            if rules.roles.iter().any(|role| *role != Role::Info) {
                self.event(pattern, rules, text, context);
            }
        }
        true
    }

    fn known(&mut self, program: &[u8]) -> Option<Known<'a>> {
        if program.is_empty() {
            return None;
        }
        if let Some(known) = self.programs.get(program) {
            return *known;
        }
        let known = self.look_up(program);
        self.programs.insert(program.to_vec(), known);
        known
    }

    fn look_up(&mut self, program: &[u8]) -> Option<Known<'a>> {
        let name = std::str::from_utf8(program).ok()?;
        let found = self.grammars.program(name)?;
        let grammar = &self.grammars.list[found.grammar];
        // The grammar lends its own copies of the names, which live as long as it does.
        let program = Program {
            grammar: found.grammar,
            name: grammar
                .trees
                .get_key_value(found.name)
                .map_or("*", |(name, _)| name),
            instance: "",
            service: "",
        };
        let service = self.interner.id(found.service.as_bytes());
        let instance = self.interner.id(found.instance.as_bytes());
        Some(Known {
            program,
            service,
            instance,
        })
    }

    fn host(&mut self, host: &[u8]) -> (TextId, u64) {
        let host = if host.is_empty() { self.default_host } else { host };
        if let Some(known) = self.hosts.get(host) {
            return *known;
        }
        let id = if host.is_empty() {
            NO_TEXT
        } else {
            self.interner.id(host)
        };
        let entry = (id, crate::event::hash_seed(host));
        self.hosts.insert(host.to_vec(), entry);
        entry
    }

    fn note_shape(&mut self, shape: String, line: &[u8], offset: u64) {
        let shapes = &mut self.out.shapes;
        let shape = if shapes.len() < MOST_SHAPES || shapes.contains_key(&shape) {
            shape
        } else {
            OTHER_SHAPES.into()
        };
        let entry = shapes
            .entry(shape)
            .or_insert_with(|| (0, offset, line[..line.len().min(2_000)].to_vec()));
        entry.0 += 1;
    }

    /// Adds the event of a line that a pattern took.
    fn event(&mut self, pattern: u32, rules: &Pattern, text: &[u8], context: Context<'_>) {
        let first = self.out.events.values.len();
        self.constants(pattern, rules);
        let captures = std::mem::take(&mut self.captures);
        for (field, bytes) in captures.fields() {
            self.value(rules.grammar, field, bytes.of(text));
        }
        if let Some(counters) = captures.counters {
            self.put(Field::Commands, i64::from(counters.commands));
            self.put(Field::Goodbye, i64::from(counters.quit));
            self.put(Field::Attempts, i64::from(counters.logins));
            if let Some(stage) = counters.stage {
                self.put(Field::Stage, stage.value());
            }
        }
        self.derive(rules, text, &captures, first);
        let (key, other) = self.keys(rules, text, &captures, context, first);
        self.captures = captures;
        let len = self.out.events.values.len() - first;
        self.out.events.list.push(Event {
            time: context.time,
            offset: context.offset,
            key,
            other,
            pattern,
            host: context.host,
            service: context.known.service,
            instance: context.known.instance,
            count: context.count,
            first: u32::try_from(first).unwrap_or(u32::MAX),
            len: u16::try_from(len).unwrap_or(u16::MAX),
        });
    }

    fn put(&mut self, field: Field, value: i64) {
        self.out.events.values.push((field, value));
    }

    fn put_text(&mut self, field: Field, text: &[u8]) {
        let id = self.interner.id(text);
        self.put(field, i64::from(id));
    }

    /// The fields that a pattern sets by itself.
    fn constants(&mut self, pattern: u32, rules: &Pattern) {
        if rules.set.is_empty() {
            return;
        }
        let interner = &mut self.interner;
        let values = self.constants.entry(pattern).or_insert_with(|| {
            rules
                .set
                .iter()
                .map(|(field, text)| (*field, constant(*field, text, interner)))
                .collect()
        });
        self.out.events.values.extend_from_slice(values);
    }

    /// Adds a captured field in the form that its type asks for.
    fn value(&mut self, grammar: usize, field: Field, bytes: &[u8]) {
        match field.kind() {
            Type::Key => {}
            Type::Integer => {
                if let Some(number) = integer(bytes) {
                    self.put(field, number);
                }
            }
            Type::Seconds => {
                if let Some(micros) = micros(bytes) {
                    self.put(field, micros);
                }
            }
            Type::Ip => self.put_text(field, undressed(bytes)),
            Type::Text => {
                let mapped = self.grammars.list[grammar].mapped(field, bytes);
                self.put_text(field, mapped);
            }
            Type::Address(domain) => {
                self.put_text(field, bytes);
                if let Some(name) = domain_of(bytes) {
                    self.put_text(domain, &name);
                }
            }
        }
    }

    /// Adds what follows from the captured fields: ids inside replies, classes and shapes of reasons.
    fn derive(&mut self, rules: &Pattern, text: &[u8], captures: &Captures, first: usize) {
        let grammar = &self.grammars.list[rules.grammar];
        for find in &grammar.finds {
            if let Some(found) = captures
                .get(find.from, text)
                .and_then(|bytes| id_after(bytes, &find.after))
            {
                self.put_text(find.take, found);
            }
        }
        if rules.is(Role::Delivery)
            && self.text_value(Field::Outcome, first) != Some(Word::Sent.id())
            && let Some(reply) = captures.get(Field::Reply, text)
        {
            self.put_text(Field::Reason, shape_of(reply).as_bytes());
        }
        if rules.is(Role::Rejection) {
            self.derive_rejection(rules, text, captures, first);
        }
        if rules.is(Role::Notice) {
            let shape = shape_of(captures.get(Field::Text, text).unwrap_or(text));
            self.put_text(Field::Shape, shape.as_bytes());
        }
    }

    fn derive_rejection(&mut self, rules: &Pattern, text: &[u8], captures: &Captures, first: usize) {
        let reason = captures.get(Field::Reason, text).unwrap_or_default();
        let dsn = captures.get(Field::Dsn, text).unwrap_or_default();
        if self.text_value(Field::Class, first).is_none() {
            let class = self.grammars.list[rules.grammar]
                .classes
                .find(reason, dsn)
                .unwrap_or("other");
            self.put_text(Field::Class, class.as_bytes());
        }
        if self.text_value(Field::Permanence, first).is_none() {
            let code = captures
                .get(Field::ReplyCode, text)
                .or_else(|| captures.get(Field::Dsn, text));
            let word = if code.is_some_and(|c| c.starts_with(b"4")) {
                Word::Temporary
            } else {
                Word::Permanent
            };
            self.put(Field::Permanence, word.value());
        }
    }

    fn text_value(&self, field: Field, first: usize) -> Option<TextId> {
        let values = self.out.events.values.get(first..)?;
        let found = values.iter().rev().find(|(f, _)| *f == field)?;
        u32::try_from(found.1).ok()
    }

    /// What the event is about, and what else it names.
    fn keys(
        &self,
        rules: &Pattern,
        text: &[u8],
        captures: &Captures,
        context: Context<'_>,
        first: usize,
    ) -> (u128, u128) {
        let key = |kind: u8, bytes: &[u8]| crate::event::key(context.host_hash, kind, bytes);
        let queue = |field| {
            let id = captures.get(field, text)?;
            (id != Word::NoQueue.text().as_bytes()).then(|| self.queue_key(context, id))
        };
        let session = || match rules.session {
            KeyKind::Connection => captures
                .get(Field::Connection, text)
                .map(|bytes| key(b'c', bytes)),
            KeyKind::Client => captures.get(Field::ClientIp, text).map(|ip| {
                let port = captures.get(Field::ClientPort, text).unwrap_or_default();
                key(b'a', &[ip, b" ", port].concat())
            }),
            KeyKind::Session => captures.get(Field::SessionId, text).map(|bytes| key(b's', bytes)),
            KeyKind::Process => None,
        };
        let process = || {
            let pid = captures
                .get(Field::Pid, text)
                .and_then(integer)
                .unwrap_or(i64::from(context.pid));
            key(b'p', &pid.to_le_bytes())
        };
        if rules.roles.iter().any(|role| role.is_of_queue()) {
            let other = queue(Field::ChildQueueId).or_else(|| {
                let next = self.text_value(Field::NextQueueId, first)?;
                Some(self.queue_key(context, self.interner.text(next)))
            });
            let own = queue(Field::QueueId).unwrap_or(0);
            return (
                own,
                other.unwrap_or_else(|| if rules.is(Role::QueueOpen) { process() } else { 0 }),
            );
        }
        let session = session().unwrap_or_else(process);
        if rules.roles.iter().any(|role| role.is_of_operation()) {
            let op = captures.get(Field::Op, text).unwrap_or_default();
            return (session ^ key(b'o', op), session);
        }
        let client = || {
            let service = self.interner.text(context.known.service);
            captures
                .get(Field::ClientIp, text)
                .map(|ip| key(b'h', &[undressed(ip), b" ", service].concat()))
        };
        let meets = rules.is(Role::SessionOpen) || rules.is(Role::SessionHandOver);
        (session, if meets { client().unwrap_or(0) } else { 0 })
    }

    /// The key of a queue entry: host, instance and id.
    fn queue_key(&self, context: Context<'_>, id: &[u8]) -> u128 {
        let instance = context.known.instance;
        let instance = if instance == NO_TEXT {
            b"".as_slice()
        } else {
            self.interner.text(instance)
        };
        let seed = crate::event::hash_seed(instance) ^ context.host_hash.rotate_left(17);
        crate::event::key(seed, b'q', id)
    }
}

impl super::Grammar {
    /// Our word for a word of the system's.
    fn mapped<'b>(&'b self, field: Field, bytes: &'b [u8]) -> &'b [u8] {
        let map = self.maps.iter().find(|(f, _)| *f == field);
        map.and_then(|(_, words)| words.get(bytes))
            .map_or(bytes, |word| word.as_bytes())
    }
}

/// The pattern of a grammar that takes a text.
fn find(grammar: &super::Grammar, program: &str, text: &[u8], captures: &mut Captures) -> Option<u32> {
    captures.clear();
    grammar.tree(program)?.find(text, 0, &grammar.pairs, captures)
}

/// What the grammars make of a record.
pub fn explain_record(grammars: &Grammars, record: &Record<'_>) -> Explained {
    let (_, text) = frame::repeated(&record.text);
    if record.program.is_empty() {
        let found = grammars.native().map(|(at, _)| explain(grammars, at, "", text));
        return found
            .reduce(|a, b| if a.taken_by.is_some() { a } else { b })
            .unwrap_or_else(Explained::nothing);
    }
    let name = String::from_utf8_lossy(&record.program);
    match grammars.program(&name) {
        Some(program) => explain(grammars, program.grammar, program.name, text),
        None => Explained::nothing(),
    }
}

impl Explained {
    fn nothing() -> Self {
        Self {
            taken_by: None,
            ignored: false,
            fields: Vec::new(),
        }
    }
}

/// What a grammar makes of a text of one of its programs.
pub(super) fn explain(grammars: &Grammars, at: usize, program: &str, text: &[u8]) -> Explained {
    let mut captures = Captures::default();
    let Some(pattern) = find(&grammars.list[at], program, text, &mut captures) else {
        return Explained::nothing();
    };
    let (system, name) = grammars.label(pattern);
    let fields = captures
        .fields()
        .map(|(field, bytes): (Field, Bytes)| (field.name(), bytes.of(text).to_vec()));
    Explained {
        taken_by: Some((system.to_owned(), name.to_owned())),
        ignored: grammars.patterns[pattern as usize].ignore,
        fields: fields.collect(),
    }
}

fn constant(field: Field, text: &str, interner: &mut Interner) -> i64 {
    match field.kind() {
        Type::Integer => text.parse().unwrap_or(0),
        _ => i64::from(interner.id(text.as_bytes())),
    }
}

fn shape_of(bytes: &[u8]) -> String {
    text::shape(&text::shown(&text::utf8(&bytes[..bytes.len().min(1_000)])))
}

fn integer(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, bytes),
    };
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_i64, |sum, b| {
        b.is_ascii_digit()
            .then(|| sum.saturating_mul(10).saturating_add(i64::from(b - b'0')))
    })?;
    Some(if negative { -number } else { number })
}

/// A decimal number of seconds as microseconds; more digits than six are cut.
fn micros(bytes: &[u8]) -> Option<i64> {
    let point = bytes.iter().position(|b| *b == b'.').unwrap_or(bytes.len());
    let whole = if point == 0 { 0 } else { integer(&bytes[..point])? };
    let digits = bytes.get(point + 1..).unwrap_or_default();
    let fraction = digits
        .iter()
        .chain(std::iter::repeat(&b'0'))
        .take(6)
        .try_fold(0_i64, |sum, b| {
            b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0'))
        })?;
    Some(whole.saturating_mul(1_000_000).saturating_add(fraction))
}

/// An IPv4 address that is dressed as IPv6 (RFC 4291 2.5.5.2) as itself.
fn undressed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"IPv6:").unwrap_or(bytes);
    match bytes.get(..7) {
        Some(start) if start.eq_ignore_ascii_case(b"::ffff:") && bytes[7..].contains(&b'.') => &bytes[7..],
        _ => bytes,
    }
}

/// The domain of an address, in small letters.
fn domain_of(address: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    let domain = &address[memchr::memrchr(b'@', address)? + 1..];
    let domain = domain.strip_suffix(b"\"").unwrap_or(domain);
    if domain.is_empty() {
        return None;
    }
    Some(if domain.iter().any(u8::is_ascii_uppercase) {
        domain.to_ascii_lowercase().into()
    } else {
        domain.into()
    })
}

/// The id that stands behind a phrase, if letters and digits follow it.
fn id_after<'a>(text: &'a [u8], phrase: &[u8]) -> Option<&'a [u8]> {
    let rest = &text[memchr::memmem::rfind(text, phrase)? + phrase.len()..];
    let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    (len >= 5).then(|| &rest[..len])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whole() {
        assert_eq!(micros(b"0.15"), Some(150_000));
        assert_eq!(micros(b"12"), Some(12_000_000));
        assert_eq!(micros(b".5"), Some(500_000));
        assert_eq!(micros(b"1x"), None);
        assert_eq!(integer(b"-12"), Some(-12));
        assert_eq!(integer(b""), None);
    }

    #[test]
    fn domains_and_addresses_are_normal() {
        assert_eq!(domain_of(b"a@B.Example").as_deref(), Some(&b"b.example"[..]));
        assert_eq!(domain_of(b"root"), None);
        assert_eq!(undressed(b"::ffff:192.0.2.1"), b"192.0.2.1");
        assert_eq!(undressed(b"2001:db8::1"), b"2001:db8::1");
    }
}
