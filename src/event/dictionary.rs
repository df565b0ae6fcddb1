//! The texts of a chunk, each kept once.
//!
//! One table for all input would miss the cache at each look-up; the table of a chunk stays in it.

use super::{NO_TEXT, TextId, Word};
use crate::find::{Secrets, digest, same};
use foldhash::fast::RandomState;
use std::hash::BuildHasher;
use std::str::Utf8Error;
use std::sync::{LazyLock, OnceLock};

/// The texts of a chunk, by id. The fixed words are not in it: they come before its first id.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Dictionary {
    /// How many texts it holds.
    pub fn len(&self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "a chunk has fewer bytes than 4 GiB")]
        let len = self.ends.len() as u32;
        len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at this place, counted from 0 after the fixed words.
    pub fn get(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        let end = self.ends.get(at).map_or(start, |end| *end as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// All texts, in order.
    ///
    /// # Errors
    ///
    /// Where they are not UTF-8, which would be our own fault.
    pub fn texts(&self) -> Result<impl Iterator<Item = &str>, Utf8Error> {
        let all = std::str::from_utf8(&self.bytes)?;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        Ok(starts.zip(&self.ends).map(|(start, end)| all.get(start as usize..*end as usize).unwrap_or_default()))
    }

    /// Memory it takes, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        #[expect(clippy::cast_possible_truncation, reason = "a chunk has fewer bytes than 4 GiB")]
        self.ends.push(self.bytes.len() as u32);
    }
}

/// The secrets of a store, from which keys are hashed where a run goes on from what an earlier one left open.
static OF_STORE: OnceLock<Secrets> = OnceLock::new();

/// Secrets of the hash of texts and keys, a store's or drawn at random: strangers choose addresses and names.
static SECRETS: LazyLock<Secrets> = LazyLock::new(|| {
    let random = RandomState::default();
    OF_STORE.get().copied().unwrap_or_else(|| [1_u8, 2, 3].map(|part| random.hash_one(part) | 1))
});

/// Lets keys be hashed with these secrets, if none was hashed yet in this process.
pub fn hash_with(secrets: [u64; 3]) {
    let _ = OF_STORE.set(secrets.map(|secret| secret | 1));
}

/// What the numbers of a store begin at, so that those of two stores differ; nothing for a plain run, whose facts must be
/// the same each time. It tells of the secrets no more than [`super::hash_probe`] does, which a store keeps beside its facts.
pub fn first_number() -> u64 {
    if OF_STORE.get().is_some() { super::hash_probe() >> 1 } else { 0 }
}

pub(super) fn secrets() -> &'static Secrets {
    &SECRETS
}

/// Gives each text of a chunk its id.
#[derive(Debug)]
pub struct Interner {
    table: Table,
    secrets: Secrets,
}

/// Where the texts stand that an interner knows, with their memory, to be used again: a place for each is looked for from where its hash says on.
#[derive(Debug, Default)]
pub struct Table {
    /// Half of them free at least, as many as a power of two.
    slots: Vec<Slot>,
    used: usize,
    /// Room for the texts themselves.
    texts: Dictionary,
}

/// The place of a text.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    id: TextId,
}

const FREE: Slot = Slot { hash: 0, id: NO_TEXT };

/// Slots to begin with.
const SLOTS: usize = 1 << 12;

impl Table {
    fn clear(&mut self) {
        self.slots.fill(FREE);
        self.slots.resize(self.slots.len().max(SLOTS), FREE);
        self.used = 0;
        self.texts.bytes.clear();
        self.texts.ends.clear();
    }

    /// The id of the text that has this hash and is the one, or the free slot for it.
    #[inline]
    fn find(&self, hash: u32, is: impl Fn(TextId) -> bool) -> Result<TextId, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at & mask];
            if slot.id == NO_TEXT {
                return Err(at & mask);
            }
            if slot.hash == hash && is(slot.id) {
                return Ok(slot.id);
            }
            at += 1;
        }
    }

    fn put(&mut self, free: usize, slot: Slot) {
        self.slots[free] = slot;
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![FREE; self.slots.len() * 4];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.id != NO_TEXT
                && let Err(free) = self.find(slot.hash, |_| false)
            {
                self.slots[free] = slot;
            }
        }
    }
}

impl Default for Interner {
    fn default() -> Self {
        Self::new(Table::default())
    }
}

impl Interner {
    /// An interner that knows the fixed words only.
    pub fn new(mut table: Table) -> Self {
        table.clear();
        let mut interner = Self { table, secrets: *secrets() };
        for (id, word) in (0..).zip(Word::ALL) {
            let hash = short(digest(word.as_bytes(), &interner.secrets).0);
            if let Err(free) = interner.table.find(hash, |_| false) {
                interner.table.put(free, Slot { hash, id });
            }
        }
        interner
    }

    /// The hash of a text.
    #[inline]
    pub fn hash(&self, text: &[u8]) -> u32 {
        short(digest(text, &self.secrets).0)
    }

    /// The id of a text: of a fixed word its own, else one counted up from [`Word::COUNT`]. What is not UTF-8 is
    /// made so first.
    #[inline]
    pub fn id(&mut self, text: &[u8]) -> TextId {
        let (hash, plain) = digest(text, &self.secrets);
        if plain { self.id_of_utf8(text, short(hash)) } else { self.id_of_any(text) }
    }

    #[cold]
    fn id_of_any(&mut self, text: &[u8]) -> TextId {
        let text = crate::text::utf8(text);
        let hash = digest(text.as_bytes(), &self.secrets).0;
        self.id_of_utf8(text.as_bytes(), short(hash))
    }

    #[inline]
    fn id_of_utf8(&mut self, text: &[u8], hash: u32) -> TextId {
        let texts = &self.table.texts;
        match self.table.find(hash, |id| same(get(texts, id), text)) {
            Ok(id) => id,
            Err(free) => self.add(text, hash, free),
        }
    }

    #[inline(never)]
    fn add(&mut self, text: &[u8], hash: u32, free: usize) -> TextId {
        let id = Word::COUNT + self.table.texts.len();
        self.table.texts.push(text);
        self.table.put(free, Slot { hash, id });
        id
    }

    /// The text of an id that this interner gave; of no text the empty one.
    pub fn text(&self, id: TextId) -> &[u8] {
        if id == NO_TEXT { b"" } else { get(&self.table.texts, id) }
    }

    /// The texts, for good, and the table.
    pub fn finish(self) -> (Dictionary, Table) {
        // A copy takes no more memory than it needs.
        (self.table.texts.clone(), self.table)
    }
}

/// Half of a hash.
#[inline]
fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[inline]
fn get(texts: &Dictionary, id: TextId) -> &[u8] {
    match id.checked_sub(Word::COUNT) {
        Some(at) => texts.get(at),
        None => Word::ALL[id as usize].as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_ids_and_texts_are_kept_once() {
        let mut interner = Interner::default();
        assert_eq!(interner.id(b"deferred"), Word::Deferred.id());
        let a = interner.id(b"a@b.example");
        assert_eq!(a, interner.id(b"a@b.example"));
        assert_ne!(a, interner.id(b""));
        assert_eq!(interner.text(a), b"a@b.example");
        assert_eq!(interner.finish().0.get(0), b"a@b.example");
    }
}
