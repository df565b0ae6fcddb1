//! Values: from the bytes of a field to what is kept of it.

use crate::text;
use std::borrow::Cow;

/// A whole number; one that is too large is the largest there is.
pub(super) fn integer(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, bytes),
    };
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_i64, |sum, b| {
        b.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(i64::from(b - b'0')))
    })?;
    Some(if negative { -number } else { number })
}

/// A decimal number of seconds as microseconds; more digits than six are cut.
pub(super) fn micros(bytes: &[u8]) -> Option<i64> {
    let point = bytes.iter().position(|b| *b == b'.').unwrap_or(bytes.len());
    let whole = if point == 0 { 0 } else { integer(&bytes[..point])? };
    let digits = bytes.get(point + 1..).unwrap_or_default();
    let fraction = digits
        .iter()
        .chain(std::iter::repeat(&b'0'))
        .take(6)
        .try_fold(0_i64, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0')))?;
    Some(whole.saturating_mul(1_000_000).saturating_add(fraction))
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

/// The text with its variable parts masked.
pub(super) fn shape_of(bytes: &[u8]) -> String {
    text::shape(&text::shown(&text::utf8(&bytes[..bytes.len().min(1_000)])))
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
