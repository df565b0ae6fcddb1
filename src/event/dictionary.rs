//! The texts of a chunk, each kept once.
//!
//! One table for all input would miss the cache at each look-up; the table of a chunk stays in it.

use super::{NO_TEXT, TextId, Word};
use crate::find::{Secrets, digest, is_plain, same};
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::hash::BuildHasher;
use std::ops::Range;
use std::str::Utf8Error;
use std::sync::{LazyLock, OnceLock};

/// The texts of a chunk, by id. The fixed words are not in it: they come before its first id.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    bytes: Vec<u8>,
    /// Where each text begins, and where the last one ends.
    edges: Vec<u32>,
}

impl Dictionary {
    /// How many texts it holds.
    pub fn len(&self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "a chunk has fewer bytes than 4 GiB")]
        let edges = self.edges.len() as u32;
        edges.saturating_sub(1)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text at this place, counted from 0 after the fixed words.
    #[inline]
    pub fn get(&self, at: u32) -> &[u8] {
        match self.edges.get(at as usize..).and_then(<[u32]>::first_chunk) {
            Some([start, end]) => self.bytes.get(*start as usize..*end as usize).unwrap_or_default(),
            None => b"",
        }
    }

    /// The texts at some places, in order.
    ///
    /// # Errors
    ///
    /// Where they are not UTF-8, which would be our own fault.
    pub fn texts(&self, places: Range<u32>) -> Result<impl Iterator<Item = &str>, Utf8Error> {
        let edges = self.edges.get(places.start as usize..=places.end as usize).unwrap_or_default();
        let (start, end) = (edges.first().map_or(0, |edge| *edge), edges.last().map_or(0, |edge| *edge));
        let all = std::str::from_utf8(self.bytes.get(start as usize..end as usize).unwrap_or_default())?;
        let text = move |edges: &[u32; 2]| {
            all.get((edges[0] - start) as usize..(edges[1] - start) as usize).unwrap_or_default()
        };
        Ok(edges.array_windows().map(text))
    }

    /// Memory that its texts take, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of_val(self.edges.as_slice())
    }

    /// An empty one with room for so many bytes of texts, and for as many bytes of their edges.
    pub fn with_room(bytes: usize) -> Self {
        let mut edges = Vec::with_capacity(bytes / size_of::<u32>());
        edges.push(0);
        Self { bytes: Vec::with_capacity(bytes), edges }
    }

    /// Whether others fit into it without more memory.
    pub fn has_room_for(&self, others: &Self) -> bool {
        let fits = |room: usize, used: usize, more: usize| room - used >= more;
        fits(self.bytes.capacity(), self.bytes.len(), others.bytes.len())
            && fits(self.edges.capacity(), self.edges.len(), others.edges.len())
    }

    /// Adds others behind its own.
    pub fn append(&mut self, others: &Self) {
        #[expect(clippy::cast_possible_truncation, reason = "a dictionary has fewer bytes than 4 GiB")]
        let base = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&others.bytes);
        self.edges.extend(others.edges.iter().skip(1).map(|edge| base + edge));
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.edges.clear();
        self.edges.push(0);
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        #[expect(clippy::cast_possible_truncation, reason = "a chunk has fewer bytes than 4 GiB")]
        self.edges.push(self.bytes.len() as u32);
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
    /// The texts themselves.
    pub fn texts(&self) -> &Dictionary {
        &self.texts
    }

    fn clear(&mut self) {
        self.slots.fill(FREE);
        self.slots.resize(self.slots.len().max(SLOTS), FREE);
        self.used = 0;
        self.texts.clear();
    }

    /// The id of the text that has this hash and is the one, or the free slot for it.
    #[inline]
    fn find(&self, hash: u32, is: impl Fn(TextId) -> bool) -> Result<TextId, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.id == NO_TEXT {
                return Err(at);
            }
            if slot.hash == hash && is(slot.id) {
                return Ok(slot.id);
            }
            at = (at + 1) & mask;
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
            let hash = interner.hash(word.as_bytes());
            if let Err(free) = interner.table.find(hash, |_| false) {
                interner.table.put(free, Slot { hash, id });
            }
        }
        interner
    }

    /// The hash of a text.
    #[inline]
    pub fn hash(&self, text: &[u8]) -> u32 {
        // Half of a hash.
        (digest(text, &self.secrets) >> 32) as u32
    }

    /// The id of a text: of a fixed word its own, else one counted up from [`Word::COUNT`]. What is not UTF-8 is
    /// made so first.
    #[inline]
    pub fn id(&mut self, text: &[u8]) -> TextId {
        let hash = self.hash(text);
        let found = self.table.find(hash, |id| same(get(&self.table.texts, id), text));
        found.unwrap_or_else(|free| self.add(text, hash, free))
    }

    /// The id of a text that was made of bytes before.
    pub fn id_of_made(&mut self, text: &str) -> TextId {
        self.id(&crate::text::bytes(text))
    }

    #[inline(never)]
    fn add(&mut self, text: &[u8], hash: u32, free: usize) -> TextId {
        if is_plain(text) { self.put(text, hash, free) } else { self.add_any(text, hash, free) }
    }

    #[cold]
    fn add_any(&mut self, text: &[u8], hash: u32, free: usize) -> TextId {
        match crate::text::utf8(text) {
            Cow::Owned(made) if made.as_bytes() != text => self.made(made.as_bytes()),
            _ => self.put(text, hash, free),
        }
    }

    /// The id of a text that was made of other bytes. Its hash is another one, so that nobody finds it who writes the very
    /// same: of that, another text is made.
    fn made(&mut self, text: &[u8]) -> TextId {
        let hash = !self.hash(text);
        let found = self.table.find(hash, |id| get(&self.table.texts, id) == text);
        found.unwrap_or_else(|free| self.put(text, hash, free))
    }

    fn put(&mut self, text: &[u8], hash: u32, free: usize) -> TextId {
        let id = Word::COUNT + self.table.texts.len();
        self.table.texts.push(text);
        self.table.put(free, Slot { hash, id });
        id
    }

    /// The text of an id that this interner gave; of no text the empty one.
    pub fn text(&self, id: TextId) -> &[u8] {
        if id == NO_TEXT { b"" } else { get(&self.table.texts, id) }
    }

    /// The table with the texts, for good.
    pub fn finish(self) -> Table {
        self.table
    }
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
        assert_eq!(interner.finish().texts().get(0), b"a@b.example");
    }

    #[test]
    fn what_is_made_of_other_bytes_is_never_a_text_that_was_written_so() {
        let mut interner = Interner::default();
        let made = interner.id(b"a\xff");
        let written = interner.id(b"a\\xff");
        assert_eq!((interner.text(made), interner.text(written)), (&b"a\\xff"[..], &b"a\\\\xff"[..]));
        assert_eq!([interner.id(b"a\xff"), interner.id(b"a\\xff")], [made, written]);
        let backslash = interner.id(b"DOMAIN\\user");
        assert_eq!(interner.text(backslash), b"DOMAIN\\user");
        assert_eq!(interner.id(b"DOMAIN\\user"), backslash);
        for id in [made, written, backslash] {
            let text = String::from_utf8(interner.text(id).to_vec()).expect("UTF-8");
            assert_eq!(interner.id_of_made(&text), id, "{text}");
        }
    }
}
