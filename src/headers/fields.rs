//! The fields of a header block (RFC 5322 2.2): found by the ends of their lines, and only those that are wanted.

use memchr::memchr_iter;

/// A field that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Received,
    Date,
    MessageId,
}

const NAMES: [(&[u8], Name); 3] =
    [(b"received", Name::Received), (b"date", Name::Date), (b"message-id", Name::MessageId)];

/// A field as it stands in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub name: Name,
    /// What stands behind the colon, the ends of its lines included.
    pub value: &'a [u8],
    /// The byte of the block at which it begins.
    pub at: usize,
}

/// The fields of a block that are wanted, in their order, up to the empty line.
pub(super) fn fields(block: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut next = 0;
    let lines = std::iter::from_fn(move || {
        let (at, rest) = (next, &block[next..]);
        let ends = matches!(rest, [] | [b'\n', ..] | [b'\r', b'\n', ..]);
        next += length(rest);
        (!ends).then(|| (at, &block[at..next]))
    });
    lines.filter_map(|(at, line)| wanted(line).map(|(name, value)| Field { name, value, at }))
}

/// Bytes up to the end of the first line behind which no folded one stands.
fn length(text: &[u8]) -> usize {
    let mut ends = memchr_iter(b'\n', text).map(|at| at + 1);
    ends.find(|end| !matches!(text.get(*end), Some(b' ' | b'\t'))).unwrap_or(text.len())
}

/// The name and the value of a field that is wanted. Blanks before the colon are obsolete (RFC 5322 4.5).
fn wanted(line: &[u8]) -> Option<(Name, &[u8])> {
    let is_it = |name: &[u8]| line.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    let (text, name) = NAMES.iter().find(|(text, _)| is_it(text))?;
    let rest = &line[text.len()..];
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    Some((*name, rest[blanks..].strip_prefix(b":")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_however_they_are_written() {
        let block = b"received: a\n\tb\r\n c\nX: y\n Date: folded\nno field\nDATE \t: d\r\nDates: x\nMessage-ID:\n\nDate: z\n";
        let found: Vec<_> = fields(block).map(|field| (field.name, field.value, field.at)).collect();
        let expected: [(Name, &[u8], usize); 3] =
            [(Name::Received, b" a\n\tb\r\n c\n", 0), (Name::Date, b" d\r\n", 47), (Name::MessageId, b"\n", 67)];
        assert_eq!(found, expected);
        for text in [b"".as_slice(), b"\r\n", b"\n\nDate: x", b"Date", b"Date x"] {
            assert_eq!(fields(text).count(), 0, "{text:?}");
        }
    }
}
