//! Short texts, compared and found without calls: most are shorter than what a call costs.

use crate::find;
use memchr::{memmem, memrchr};

/// Bytes that are compared at once.
const WORD: usize = 8;

/// Bytes of log lines, the commonest first; those that are not here are rare.
const COMMON: &[u8] = b" e0a1tsnoir2l3d5c4p=6789m.u-,:/_f<>[]()";

/// How rare each byte is.
static RANKS: [u8; 256] = ranks();

const fn ranks() -> [u8; 256] {
    let mut table = [u8::MAX; 256];
    let mut at: u8 = 0;
    while (at as usize) < COMMON.len() {
        table[COMMON[at as usize] as usize] = at;
        at += 1;
    }
    table
}

/// A text that is looked for. Its first and its last eight bytes lie in words, so that most comparisons are one or two.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Literal {
    head: u64,
    mask: u64,
    tail: u64,
    /// The place of its rarest byte, and this: where it stands, the text is likely to be.
    rarest: (u32, u8),
    text: Box<[u8]>,
}

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.text))
    }
}

impl Literal {
    pub fn new(text: &[u8]) -> Self {
        let mut bytes = [0; WORD];
        let len = text.len().min(WORD);
        bytes[..len].copy_from_slice(&text[..len]);
        let mask = if len == WORD { u64::MAX } else { (1 << (8 * len)) - 1 };
        let head = u64::from_le_bytes(bytes);
        Self {
            head,
            mask,
            tail: text.last_chunk().map_or(head, |tail| u64::from_le_bytes(*tail)),
            rarest: rarest(text),
            text: text.into(),
        }
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Its first byte.
    #[inline]
    pub fn first(&self) -> u8 {
        self.head.to_le_bytes()[0]
    }

    /// Whether a text begins with it.
    #[inline]
    pub fn begins(&self, text: &[u8]) -> bool {
        let Some(word) = text.first_chunk::<WORD>() else { return self.begins_short(text) };
        (u64::from_le_bytes(*word) ^ self.head) & self.mask == 0 && (self.text.len() <= WORD || self.goes_on(text))
    }

    /// Whether a text that begins with its first word goes on with the others.
    #[inline]
    fn goes_on(&self, text: &[u8]) -> bool {
        let len = self.text.len();
        let Some(tail) = text.get(..len).and_then(<[u8]>::last_chunk::<WORD>) else { return false };
        u64::from_le_bytes(*tail) == self.tail
            && (len <= 2 * WORD || text[WORD..len - WORD] == self.text[WORD..len - WORD])
    }

    /// The same of a text of fewer than eight bytes.
    #[inline]
    fn begins_short(&self, text: &[u8]) -> bool {
        text.len() >= self.text.len() && self.text.iter().zip(text).all(|(own, byte)| own == byte)
    }

    /// Whether a text is this one.
    #[inline]
    pub fn is(&self, text: &[u8]) -> bool {
        text.len() == self.text.len() && self.begins(text)
    }

    /// The first place in a text where it stands.
    #[inline]
    pub fn first_in(&self, text: &[u8]) -> Option<usize> {
        let (before, byte) = self.rarest();
        let mut from = before;
        for _ in 0..8 {
            let found = from + find::byte(text.get(from..)?, byte)?;
            if self.begins(&text[found - before..]) {
                return Some(found - before);
            }
            from = found + 1;
        }
        let start = from - before;
        memmem::find(&text[start..], &self.text).map(|at| start + at)
    }

    #[inline]
    fn rarest(&self) -> (usize, u8) {
        (self.rarest.0 as usize, self.rarest.1)
    }

    /// Whether a text begins with it and holds it nowhere else.
    pub fn is_last_at_start(&self, text: &[u8]) -> bool {
        self.begins(text) && self.last_in(text) == Some(0)
    }

    /// The last place in a text where it stands.
    pub fn last_in(&self, text: &[u8]) -> Option<usize> {
        let (before, byte) = self.rarest();
        let mut end = text.len();
        for _ in 0..8 {
            let start = memrchr(byte, text.get(before..end)?)?;
            if self.begins(&text[start..]) {
                return Some(start);
            }
            end = before + start;
        }
        memmem::rfind(&text[..(end - before + self.len()).min(text.len())], &self.text)
    }
}

/// The place of the rarest byte of a text, and the byte.
fn rarest(text: &[u8]) -> (u32, u8) {
    let rarest = text.iter().copied().enumerate().max_by_key(|(_, byte)| RANKS[usize::from(*byte)]);
    rarest.map_or((0, 0), |(at, byte)| (u32::try_from(at).unwrap_or(0), byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_found_wherever_it_stands() {
        for needle in ["a", "queued as ", "ab"] {
            for text in
                ["", "a", "queued as 1", "x queued as y queued as z", "aaaaaaaaaaaab", "qqqqqqqqqqqqueued as "]
            {
                let literal = Literal::new(needle.as_bytes());
                assert_eq!(literal.first_in(text.as_bytes()), text.find(needle), "{needle} in {text}");
                assert_eq!(literal.last_in(text.as_bytes()), text.rfind(needle), "{needle} in {text}");
                assert_eq!(literal.begins(text.as_bytes()), text.starts_with(needle), "{needle} at {text}");
                assert_eq!(literal.is(text.as_bytes()), text == needle, "{needle} is {text}");
            }
        }
    }
}
