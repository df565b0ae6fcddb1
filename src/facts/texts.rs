//! The texts of all chunks, by ids that hold for the whole run.

use super::rows::SEGMENT;
use crate::event::{Dictionary, NO_TEXT, TextId, Word};

/// Whether a text stands for one that was forgotten: `~` and sixteen hexadecimal digits.
pub fn is_forgotten(text: &[u8]) -> bool {
    let is_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix(b"~").is_some_and(|digits| digits.len() == 16 && digits.iter().all(is_hex))
}

/// The dictionaries of the chunks, one behind the other: a chunk's own ids plus its base are ids of the run. Texts
/// are kept once for each chunk, not once for all: one table for everything would cost more than it saves.
#[derive(Debug, Default)]
pub struct Texts {
    /// Several dictionaries as one, of a segment's size, with the base of the first.
    pieces: Vec<(u32, Dictionary)>,
    next: u32,
}

impl Texts {
    /// Takes a chunk's texts; what is to be added to its ids.
    pub fn add(&mut self, texts: &Dictionary) -> u32 {
        let base = self.next;
        self.next += texts.len();
        if !texts.is_empty() && !self.pieces.last().is_some_and(|(_, piece)| piece.has_room_for(texts)) {
            self.pieces.push((base, Dictionary::with_room(SEGMENT)));
        }
        if let Some((_, piece)) = self.pieces.last_mut() {
            piece.append(texts);
        }
        base
    }

    /// Takes a single text; its id.
    pub fn add_one(&mut self, text: &[u8]) -> TextId {
        let mut interner = crate::event::Interner::default();
        let id = interner.id(text);
        if crate::event::is_word(id) { id } else { Word::COUNT + self.add(interner.finish().texts()) }
    }

    /// The text of an id.
    pub fn get(&self, id: TextId) -> Option<&[u8]> {
        if id == NO_TEXT {
            return None;
        }
        let Some(at) = id.checked_sub(Word::COUNT) else {
            return Some(Word::ALL[id as usize].as_bytes());
        };
        let piece = self.pieces.partition_point(|(base, _)| *base <= at).checked_sub(1)?;
        let (base, texts) = self.pieces.get(piece)?;
        Some(texts.get(at - base))
    }

    /// All texts but the fixed words, in order: pieces with the bases of their ids.
    pub fn pieces(&self) -> &[(u32, Dictionary)] {
        &self.pieces
    }

    /// Memory they take, in bytes.
    pub fn size(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| piece.size()).sum()
    }

    /// How many texts there are, fixed words included.
    pub fn len(&self) -> u32 {
        Word::COUNT + self.next
    }

    /// Whether there is none but the fixed words.
    pub fn is_empty(&self) -> bool {
        self.next == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Interner;

    #[test]
    fn ids_of_several_chunks_stay_apart() {
        let mut texts = Texts::default();
        let chunk = |words: &[&str]| {
            let mut interner = Interner::default();
            let ids: Vec<_> = words.iter().map(|w| interner.id(w.as_bytes())).collect();
            (ids, interner.finish())
        };
        let (a, first) = chunk(&["x", "sent"]);
        let (b, second) = chunk(&["y", "x"]);
        let base_a = texts.add(first.texts());
        let base_b = texts.add(second.texts());
        assert_eq!(texts.get(a[0] + base_a), Some(&b"x"[..]));
        assert_eq!(texts.get(b[0] + base_b), Some(&b"y"[..]));
        assert_eq!(texts.get(Word::Sent.id()), Some(&b"sent"[..]));
        assert_eq!(texts.get(NO_TEXT), None);
    }
}
