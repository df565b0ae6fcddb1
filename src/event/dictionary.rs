//! The texts of a chunk, each kept once.
//!
//! One table for all input would miss the cache at each look-up; the table of a chunk stays in it.

use super::{TextId, Word};
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};
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

    /// All bytes, and the end of each text in them.
    pub fn into_parts(self) -> (Vec<u8>, Vec<u32>) {
        (self.bytes, self.ends)
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

/// The secret of a store, from which keys are hashed where a run goes on from what an earlier one left open.
static SECRET: OnceLock<(u64, SharedSeed)> = OnceLock::new();

/// The hash of texts and keys. Seeded at random, or with a store's secret: strangers choose addresses and names.
static HASH: LazyLock<SeedableRandomState> = LazyLock::new(|| match SECRET.get() {
    Some((seed, shared)) => SeedableRandomState::with_seed(*seed, shared),
    None => SeedableRandomState::random(),
});

/// Lets keys be hashed with this secret, if none was hashed yet in this process.
pub fn hash_with(secret: u64) {
    let _ = SECRET.set((secret, SharedSeed::from_u64(secret)));
}

#[inline]
pub(super) fn hash(text: &[u8]) -> u64 {
    let mut hasher = HASH.build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// Gives each text of a chunk its id.
#[derive(Debug)]
pub struct Interner {
    table: HashTable<TextId>,
    texts: Dictionary,
}

/// The table of an interner that is done, to be used again.
#[derive(Debug, Default)]
pub struct Table(HashTable<TextId>);

impl Default for Interner {
    fn default() -> Self {
        Self::new(Table::default())
    }
}

impl Interner {
    /// An interner that knows the fixed words only.
    pub fn new(Table(mut table): Table) -> Self {
        table.clear();
        for (id, word) in (0..).zip(Word::ALL) {
            table.insert_unique(hash(word.as_bytes()), id, |id| hash(Word::ALL[*id as usize].as_bytes()));
        }
        Self { table, texts: Dictionary::default() }
    }

    /// The id of a text: of a fixed word its own, else one counted up from [`Word::COUNT`]. What is not UTF-8 is
    /// made so first.
    #[inline]
    pub fn id(&mut self, text: &[u8]) -> TextId {
        if is_plain(text) { self.id_of_utf8(text) } else { self.id_of_utf8(crate::text::utf8(text).as_bytes()) }
    }

    #[inline]
    fn id_of_utf8(&mut self, text: &[u8]) -> TextId {
        let hash = hash(text);
        let texts = &mut self.texts;
        if let Some(id) = self.table.find(hash, |id| same(get(texts, *id), text)) {
            return *id;
        }
        let id = Word::COUNT + texts.len();
        texts.push(text);
        self.table.insert_unique(hash, id, |id| self::hash(get(texts, *id)));
        id
    }

    /// The text of an id that this interner gave; of no text the empty one.
    pub fn text(&self, id: TextId) -> &[u8] {
        if id == super::NO_TEXT { b"" } else { get(&self.texts, id) }
    }

    /// The texts, for good, and the table.
    pub fn finish(mut self) -> (Dictionary, Table) {
        self.texts.bytes.shrink_to_fit();
        self.texts.ends.shrink_to_fit();
        (self.texts, Table(self.table))
    }
}

/// Whether two texts are the same; for texts as short as most are, a call would cost more than the comparison.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((left, left_rest), (right, right_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = left.iter().zip(right).all(|(x, y)| u64::from_le_bytes(*x) == u64::from_le_bytes(*y));
    words && left_rest.iter().zip(right_rest).all(|(x, y)| x == y)
}

#[inline]
fn get(texts: &Dictionary, id: TextId) -> &[u8] {
    match id.checked_sub(Word::COUNT) {
        Some(at) => texts.get(at),
        None => Word::ALL[id as usize].as_bytes(),
    }
}

/// Whether a text is its own UTF-8 form: ASCII, and nothing that could be an escape.
#[inline]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without a branch for each byte the compiler takes sixteen at once"
)]
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, byte| plain & byte.is_ascii() & (*byte != b'\\'))
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
