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
    if let (Some(a_end), Some(b_end)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        let mut words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
        return u64::from_le_bytes(*a_end) == u64::from_le_bytes(*b_end)
            && words.all(|(x, y)| u64::from_le_bytes(*x) == u64::from_le_bytes(*y));
    }
    ends(a) == ends(b)
}

/// Whether a text is ASCII without backslashes.
#[inline]
pub fn is_plain(text: &[u8]) -> bool {
    let pattern = u64::from(b'\\') * LOW;
    let unlike = |word: u64| word | zeros(word ^ pattern);
    let (words, _) = text.as_chunks::<8>();
    let (first, last) = ends(text.last_chunk::<8>().map_or(text, |end| end));
    let all = words.iter().fold(unlike(first) | unlike(last), |all, word| all | unlike(u64::from_le_bytes(*word)));
    all & HIGH == 0
}

/// The first sixteen bytes of a longer text, and the rest.
#[inline]
fn part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    (text.len() > 16).then(|| text.split_at(16))
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

/// The hash of a text. Words are folded as foldhash folds them: a product of 128 bits, its halves taken together.
#[inline]
pub fn digest(text: &[u8], secrets: &Secrets) -> u64 {
    let mut hash = secrets[0] ^ text.len() as u64;
    let mut take = |(a, b): (u64, u64)| hash = fold(a ^ secrets[1], b ^ hash);
    let mut rest = text;
    while let Some((start, more)) = part(rest) {
        take(ends(start));
        rest = more;
    }
    take(ends(rest));
    fold(hash, secrets[2])
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
    fn every_byte_counts() {
        let secrets = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1];
        for len in 0..60 {
            let text = vec![b'a'; len];
            let longer = [text.as_slice(), b"a"].concat();
            let hash = digest(&text, &secrets);
            assert!(same(&text, &text.clone()) && !same(&text, &longer) && hash != digest(&longer, &secrets));
            assert!(is_plain(&text));
            for at in 0..len {
                let mut other = text.clone();
                other[at] = b'b';
                assert!(digest(&other, &secrets) != hash && !same(&text, &other), "{len} {at}");
                for byte in [b'\\', 0xc3] {
                    other[at] = byte;
                    assert!(!is_plain(&other), "{len} {at} {byte}");
                }
            }
        }
    }
}
