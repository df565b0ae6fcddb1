//! What is open at the end of a run, in a form that another run can go on from.
//!
//! Texts are kept by themselves, the fixed words too, patterns and fields by name: a later version may number them
//! otherwise. Keys are hashes; they hold as long as they are hashed with the same secret (`event::hash_with`).

use super::directory::Directory;
use super::queue::Queue;
use super::refusals::Refusals;
use super::session::Sessions;
use super::{Correlator, State};
use crate::event::{Event, Field, Interner, NO_TEXT, TextId, Type, hash_probe};
use crate::facts::{TABLES, Texts};
use crate::grammar::Grammars;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What is open between two runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Carry {
    /// The texts that the rest names by their place.
    texts: Vec<Vec<u8>>,
    queue: Queue,
    sessions: Sessions,
    directory: Directory,
    refusals: Refusals,
    last: Vec<LastLine>,
}

/// The last line of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct LastLine {
    of: Vec<u8>,
    time: i64,
    offset: u64,
    key: u64,
    other: u64,
    /// The system and the name of its pattern.
    pattern: (String, String),
    host: TextId,
    program: TextId,
    service: TextId,
    instance: TextId,
    count: u32,
    values: Vec<(String, i64)>,
}

/// What must be the same for a carry to be read: its form, the columns of the facts, and the hash of keys.
fn mark() -> (u32, String, u64) {
    let names = TABLES.iter().flat_map(|table| table.columns.iter().map(|column| (table.name, column)));
    let names = names.map(|(table, column)| format!("{table}.{}.{} ", column.name, column.kind.word()));
    (FORM, names.collect(), hash_probe())
}

/// Grows with each change of what a carry holds, but not with what is added behind it.
const FORM: u32 = 7;

impl Carry {
    /// As bytes; nothing where it cannot be written, which would be our own fault.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let Self { sessions, queue, directory, .. } = self;
        let behind = (&sessions.logins.failing, &queue.returned, &sessions.at_gate, &directory.unheard);
        let behind =
            (behind, &queue.given, &queue.sums, &queue.instances, &directory.asked, &sessions.logins.refused);
        postcard::to_stdvec(&(mark(), self, behind)).ok()
    }

    /// Out of bytes; nothing where another version, or a process with another secret, wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (found, rest) = postcard::take_from_bytes::<(u32, String, u64)>(bytes).ok()?;
        if found != mark() {
            return None;
        }
        let (mut carry, mut rest) = postcard::take_from_bytes::<Self>(rest).ok()?;
        carry.sessions.logins.failing = behind(&mut rest)?;
        carry.queue.returned = behind(&mut rest)?;
        carry.sessions.at_gate = behind(&mut rest)?;
        carry.directory.unheard = behind(&mut rest)?;
        carry.queue.given = behind(&mut rest)?;
        carry.queue.sums = behind(&mut rest)?;
        carry.queue.instances = behind(&mut rest)?;
        carry.directory.asked = behind(&mut rest)?;
        carry.sessions.logins.refused = behind(&mut rest)?;
        Some(carry)
    }

    /// Puts what a function says in the place of each text of what began before a time, by its column; nothing where it
    /// says nothing.
    pub fn forget(&mut self, before: i64, word: &mut dyn FnMut(&str, &str) -> Option<String>) {
        let texts = &mut self.texts;
        let mut call = |column: &'static str, id: &mut TextId| {
            let Some(text) = texts.get(*id as usize) else { return };
            let text = String::from_utf8_lossy(text).into_owned();
            match word(column, &text) {
                Some(word) if word == text => {}
                Some(word) => {
                    texts.push(word.into_bytes());
                    *id = u32::try_from(texts.len() - 1).unwrap_or(NO_TEXT);
                }
                None => *id = NO_TEXT,
            }
        };
        self.queue.each_old(before, &mut call);
        self.sessions.each_old(before, &mut call);
        self.directory.each_old(before, &mut call);
        self.refusals.each_old(before, &mut call);
        let old = self.last.iter_mut().filter(|line| line.time < before);
        old.for_each(|line| line.each_value(&mut |field, id| call(field.name(), id)));
        self.pack();
    }

    /// Lets go of messages that began before a time, and of which nothing but late lines was waited for.
    pub fn drop_finished(&mut self, before: i64) {
        self.queue.drop_finished(before);
    }

    /// Lets go of the texts that nothing names.
    fn pack(&mut self) {
        let old = std::mem::take(&mut self.texts);
        let (mut places, mut list) = (HashMap::new(), Vec::new());
        let mut call = |id: &mut TextId| {
            let Some(text) = old.get(*id as usize) else { return };
            *id = *places.entry(text.as_slice()).or_insert_with(|| {
                list.push(text.clone());
                u32::try_from(list.len() - 1).unwrap_or(NO_TEXT)
            });
        };
        self.queue.each_text(&mut call);
        self.sessions.each_text(&mut call);
        self.directory.each_text(&mut call);
        self.refusals.each_text(&mut call);
        for line in &mut self.last {
            line.each_value(&mut |_, id| call(id));
            [&mut line.host, &mut line.program, &mut line.service, &mut line.instance]
                .into_iter()
                .for_each(&mut call);
        }
        self.texts = list;
    }
}

/// What stands behind the rest; earlier versions kept less.
fn behind<T: Default + DeserializeOwned>(bytes: &mut &[u8]) -> Option<T> {
    if bytes.is_empty() {
        return Some(T::default());
    }
    let (found, rest) = postcard::take_from_bytes(bytes).ok()?;
    *bytes = rest;
    Some(found)
}

impl LastLine {
    /// Calls a function for each text of its fields.
    fn each_value(&mut self, call: &mut dyn FnMut(Field, &mut TextId)) {
        for (name, value) in &mut self.values {
            if let Some(field) = Field::named(name).filter(|field| is_text(*field)) {
                let mut id = TextId::try_from(*value).unwrap_or(NO_TEXT);
                call(field, &mut id);
                *value = i64::from(id);
            }
        }
    }
}

/// Gives each text of a state its place in a list.
struct Packer<'a> {
    texts: &'a Texts,
    places: HashMap<TextId, TextId>,
    list: Vec<Vec<u8>>,
}

impl Packer<'_> {
    fn pack(&mut self, id: &mut TextId) {
        let Some(text) = self.texts.get(*id) else {
            *id = NO_TEXT;
            return;
        };
        let list = &mut self.list;
        *id = *self.places.entry(*id).or_insert_with(|| {
            list.push(text.to_vec());
            u32::try_from(list.len() - 1).unwrap_or(NO_TEXT)
        });
    }
}

impl State {
    /// Calls a function for each text of what is open.
    pub(super) fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.queue.each_text(call);
        self.sessions.each_text(call);
        self.directory.each_text(call);
        self.refusals.each_text(call);
        for (event, values) in self.last.values_mut() {
            [&mut event.host, &mut event.program, &mut event.service, &mut event.instance]
                .into_iter()
                .for_each(&mut *call);
            for (_, value) in values.iter_mut().filter(|(field, _)| is_text(*field)) {
                let mut id = TextId::try_from(*value).unwrap_or(NO_TEXT);
                call(&mut id);
                *value = i64::from(id);
            }
        }
    }
}

fn is_text(field: Field) -> bool {
    matches!(field.kind(), Type::Text | Type::Address(_) | Type::Ip)
}

impl<'g> Correlator<'g> {
    /// What is open, to be kept.
    pub fn carry(&self) -> Carry {
        let mut state = self.state.clone();
        state.directory.pack();
        let mut packer = Packer { texts: &self.facts.texts, places: HashMap::new(), list: Vec::new() };
        state.each_text(&mut |id| packer.pack(id));
        let last = state.last.into_iter().filter_map(|(of, (event, values))| {
            let pattern = self.grammars.patterns.get(event.pattern as usize)?;
            let (system, name) = (&self.grammars.list.get(pattern.grammar)?.system, &pattern.name);
            Some(LastLine {
                of,
                time: event.time,
                offset: event.offset,
                key: event.key,
                other: event.other,
                pattern: (system.clone(), name.clone()),
                host: event.host,
                program: event.program,
                service: event.service,
                instance: event.instance,
                count: event.count,
                values: values.into_iter().map(|(field, value)| (field.name().to_owned(), value)).collect(),
            })
        });
        let last = last.collect();
        Carry {
            texts: packer.list,
            queue: state.queue,
            sessions: state.sessions,
            directory: state.directory,
            refusals: state.refusals,
            last,
        }
    }

    /// A correlator that goes on from what another left open.
    pub fn going_on(grammars: &'g Grammars, carry: Carry) -> Self {
        let mut correlator = Self::new(grammars);
        let mut interner = Interner::default();
        let ids: Vec<TextId> =
            carry.texts.iter().map(|text| interner.id_of_made(&String::from_utf8_lossy(text))).collect();
        let base = correlator.facts.texts.add(interner.finish().texts());
        // Systems are compared by their ids.
        let system = |text: &[u8]| grammars.list.iter().position(|grammar| grammar.system.as_bytes() == text);
        let global = |(id, text): (TextId, &Vec<u8>)| match system(text) {
            Some(at) => correlator.systems[at],
            None if crate::event::is_word(id) => id,
            None => id + base,
        };
        let ids: Vec<TextId> = ids.into_iter().zip(&carry.texts).map(global).collect();
        let named: BTreeMap<(&str, &str), u32> = (0..)
            .zip(&grammars.patterns)
            .filter_map(|(at, pattern)| {
                Some(((grammars.list.get(pattern.grammar)?.system.as_str(), pattern.name.as_str()), at))
            })
            .collect();
        let last = carry.last.into_iter().filter_map(|line| {
            let pattern = *named.get(&(line.pattern.0.as_str(), line.pattern.1.as_str()))?;
            let values = line.values.iter().map(|(name, value)| Some((Field::named(name)?, *value)));
            let values = values.collect::<Option<Vec<_>>>()?;
            let event = Event {
                time: line.time,
                offset: line.offset,
                key: line.key,
                other: line.other,
                pattern,
                host: line.host,
                program: line.program,
                service: line.service,
                instance: line.instance,
                count: line.count,
                first: 0,
                len: 0,
            };
            Some((line.of, (event, values)))
        });
        correlator.state = State {
            queue: carry.queue,
            sessions: carry.sessions,
            directory: carry.directory,
            refusals: carry.refusals,
            last: last.collect(),
        };
        correlator.state.each_text(&mut |id| *id = ids.get(*id as usize).copied().unwrap_or(NO_TEXT));
        correlator.state.queue.meet_all(&correlator.facts);
        correlator
    }

    /// Lets go of the facts so far; what is open stays, with its own texts.
    pub fn release(&mut self) -> crate::facts::Facts {
        let next = Self { claims: self.claims.clone(), ..Self::going_on(self.grammars, self.carry()) };
        std::mem::replace(self, next).facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l16_what_an_earlier_version_left_open_is_read() {
        let carry = Carry {
            texts: vec![b"mx1".to_vec()],
            queue: Queue::default(),
            sessions: Sessions::default(),
            directory: Directory::default(),
            refusals: Refusals::default(),
            last: Vec::new(),
        };
        let without = postcard::to_stdvec(&(mark(), &carry)).expect("bytes");
        let with_failing = postcard::to_stdvec(&(mark(), &carry, &carry.sessions.logins.failing)).expect("bytes");
        for earlier in [without, with_failing] {
            assert_eq!(Carry::from_bytes(&earlier).map(|carry| carry.texts), Some(carry.texts.clone()));
        }
        let whole = carry.to_bytes().expect("bytes");
        assert_eq!(Carry::from_bytes(&whole).and_then(|carry| carry.to_bytes()), Some(whole));
    }
}
