//! Values: from the bytes of a field to what is kept of it.

use crate::text;
use std::borrow::Cow;

/// A whole number; nothing where it is none, or has more digits than a number can.
#[inline]
pub(super) fn integer(bytes: &[u8]) -> Option<i64> {
    let (sign, digits) = match bytes.split_first()? {
        (b'-', digits) => (-1, digits),
        _ => (1, bytes),
    };
    let (number, len) = digits_at(digits, 0);
    (len > 0 && len == digits.len() && len <= MOST_DIGITS).then(|| sign * number)
}

/// Digits that a number of 64 bits can hold, whatever they are.
const MOST_DIGITS: usize = 18;

/// The number that digits make behind a number, and how many there are.
#[inline]
fn digits_at(bytes: &[u8], before: i64) -> (i64, usize) {
    let mut number = before;
    let mut len = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
        len += 1;
    }
    (number, len)
}

/// A decimal number of seconds as microseconds; more digits than six are cut.
#[inline]
pub(super) fn micros(bytes: &[u8]) -> Option<i64> {
    let (whole, len) = digits_at(bytes, 0);
    let Some((b'.', fraction)) = bytes.get(len..)?.split_first() else {
        return (len > 0 && len == bytes.len() && len <= 12).then(|| whole * 1_000_000);
    };
    let cut = &fraction[..fraction.len().min(6)];
    let (number, digits) = digits_at(cut, whole);
    let scale = 10_i64.pow(u32::try_from(6 - cut.len()).unwrap_or(0));
    (digits == cut.len() && len <= 12).then(|| number * scale)
}

/// An IPv4 address that is dressed as IPv6 (RFC 4291 2.5.5.2) as itself.
pub(super) fn undressed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"IPv6:").unwrap_or(bytes);
    match bytes.get(..7) {
        Some(start) if start.eq_ignore_ascii_case(b"::ffff:") && bytes[7..].contains(&b'.') => &bytes[7..],
        _ => bytes,
    }
}

/// The domain of an address, in small letters.
pub(super) fn domain_of(address: &[u8]) -> Option<Cow<'_, [u8]>> {
    let domain = &address[memchr::memrchr(b'@', address)? + 1..];
    let domain = domain.strip_suffix(b"\"").unwrap_or(domain);
    if domain.is_empty() {
        return None;
    }
    let lower = !domain.iter().any(u8::is_ascii_uppercase);
    Some(if lower { Cow::Borrowed(domain) } else { Cow::Owned(domain.to_ascii_lowercase()) })
}

/// The letters and digits at the start of a text, if there are enough of them for an id.
pub(super) fn id_at_start(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    (len >= 5).then(|| &text[..len])
}

/// How much of a text makes its shape.
const MOST_OF_SHAPE: usize = 1_000;

/// The text with its variable parts masked.
pub(super) fn shape_of(bytes: &[u8]) -> String {
    let mut shape = String::new();
    shape_into(bytes, &mut shape);
    shape
}

/// Appends the text with its variable parts masked.
pub(super) fn shape_into(bytes: &[u8], out: &mut String) {
    text::shape_into(&text::shown(&text::utf8(&bytes[..bytes.len().min(MOST_OF_SHAPE)])), out);
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
