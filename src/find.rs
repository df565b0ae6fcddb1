//! Bytes found eight at a time and without a call: fields of log lines are shorter than what a call costs.

use memchr::memchr;

/// A one in each byte.
const LOW: u64 = u64::from_le_bytes([1; 8]);

/// The highest bit of each byte.
const HIGH: u64 = LOW << 7;

/// Bytes that are looked at here; what is farther away is found faster by a call.
const NEAR: usize = 64;

/// The highest bit of each byte that is 0, up to the first one at least.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

/// The first place of a byte.
#[inline]
pub fn byte(text: &[u8], needle: u8) -> Option<usize> {
    let pattern = u64::from(needle) * LOW;
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().take(NEAR / 8).enumerate() {
        let found = zeros(u64::from_le_bytes(*word) ^ pattern);
        if found != 0 {
            return Some(8 * at + (found.trailing_zeros() / 8) as usize);
        }
    }
    if words.len() > NEAR / 8 {
        return memchr(needle, &text[NEAR..]).map(|at| NEAR + at);
    }
    rest.iter().position(|b| *b == needle).map(|at| text.len() - rest.len() + at)
}

/// The first place of one of three bytes.
#[inline]
pub fn one_of(text: &[u8], needles: [u8; 3]) -> Option<usize> {
    let patterns = needles.map(|needle| u64::from(needle) * LOW);
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ patterns[0]) | zeros(word ^ patterns[1]) | zeros(word ^ patterns[2]);
        if found != 0 {
            return Some(8 * at + (found.trailing_zeros() / 8) as usize);
        }
    }
    rest.iter().position(|b| needles.contains(b)).map(|at| text.len() - rest.len() + at)
}

/// Whether two texts are the same; for texts as short as most are, a call would cost more than the comparison.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((left, left_rest), (right, right_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = left.iter().zip(right).all(|(x, y)| u64::from_le_bytes(*x) == u64::from_le_bytes(*y));
    words && left_rest.iter().zip(right_rest).all(|(x, y)| x == y)
}

/// The highest bit of each byte that is not ASCII; and of one that is the byte of the pattern, if there are such.
#[inline]
fn unplain(word: u64, pattern: u64) -> u64 {
    word | zeros(word ^ pattern)
}

/// Up to sixteen bytes as two words, in which each byte stands at least once.
#[inline]
fn ends(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    match text {
        [] => (0, 0),
        [first, .., last] => (u64::from(*first) | u64::from(text[text.len() / 2]) << 8, u64::from(*last)),
        [only] => (u64::from(*only), 0),
    }
}

/// Secrets of a hash.
pub type Secrets = [u64; 3];

/// The hash of a text, and whether the text is ASCII without backslashes: both in one pass. Words are folded as foldhash
/// folds them: a product of 128 bits, its halves taken together.
#[inline]
pub fn digest(text: &[u8], secrets: &Secrets) -> (u64, bool) {
    let pattern = u64::from(b'\\') * LOW;
    let mut hash = secrets[0] ^ text.len() as u64;
    let mut unlike = 0;
    let mut take = |(a, b): (u64, u64)| {
        unlike |= unplain(a, pattern) | unplain(b, pattern);
        hash = fold(a ^ secrets[1], b ^ hash);
    };
    let mut rest = text;
    while rest.len() > 16 {
        let (start, more) = rest.split_at(16);
        take(ends(start));
        rest = more;
    }
    take(ends(rest));
    (fold(hash, secrets[2]), unlike & HIGH == 0)
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves of the product are what is wanted")]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        for len in 0..150 {
            let mut text = vec![b'a'; len];
            assert_eq!((byte(&text, b'b'), one_of(&text, *b"bcd")), (None, None));
            for at in (0..len).rev() {
                text[at] = b"bcd"[at % 3];
                assert_eq!(one_of(&text, *b"bcd"), Some(at));
                text[at] = b'b';
                assert_eq!(byte(&text, b'b'), Some(at));
            }
        }
        assert_eq!(byte(b"\x00\x01\x80\xff!", b'!'), Some(4));
    }

    #[test]
    fn every_byte_counts_in_a_digest() {
        let secrets = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1];
        for len in 0..60 {
            let text = vec![b'a'; len];
            let (hash, plain) = digest(&text, &secrets);
            assert!(plain);
            assert_ne!(hash, digest(&[text.as_slice(), b"a"].concat(), &secrets).0);
            for at in 0..len {
                for (byte, stays) in [(b'b', true), (b'\\', false), (0xc3, false)] {
                    let mut other = text.clone();
                    other[at] = byte;
                    let (other, plain) = digest(&other, &secrets);
                    assert!(other != hash && plain == stays, "{len} {at} {byte}");
                }
            }
        }
    }
}
