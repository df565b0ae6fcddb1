//! Log text and its only ways out: one encoder for each sink.
//!
//! Nothing that a stranger writes into a log may act in a terminal, a browser or a spreadsheet. [`Text`]
//! therefore has no `Display`: it leaves through an encoder, and each encoder can be undone.

use compact_str::CompactString;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that came out of a log. Valid UTF-8; bytes that were not stand as `\xNN`. Most are short: up to 24 bytes lie in
/// it, without an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct Text(CompactString);

impl Text {
    /// Takes the bytes of a log; what is not UTF-8 becomes `\xNN`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(CompactString::from(utf8(bytes)))
    }

    /// Takes a text of facts, which was made of a log's bytes before.
    pub fn of_made(text: &[u8]) -> Self {
        Self(CompactString::from_utf8_lossy(text))
    }

    /// The text itself, for comparing and for encoders.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// For HTML: markup escaped and invisible characters named, safe in text and in quoted attributes.
    pub fn html(&self) -> String {
        html(&shown(&self.0))
    }

    /// For a terminal: no control, no direction marks; nothing that moves the cursor.
    pub fn tty(&self) -> Cow<'_, str> {
        shown(&self.0)
    }

    /// For a CSV cell that a spreadsheet may open: no formula.
    pub fn csv(&self) -> Cow<'_, str> {
        csv(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(CompactString::from(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(CompactString::from(text))
    }
}

/// JSON's own escapes make any text harmless there.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// UTF-8 out of any bytes. A bad byte becomes `\xNN`; a backslash that stands before what looks like such an
/// escape is doubled, so that the bytes can be restored.
pub fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&b'\\') => Cow::Borrowed(text),
        _ => Cow::Owned(escape_invalid(bytes)),
    }
}

fn escape_invalid(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        push_with_doubled_backslash(&mut out, chunk.valid());
        if !chunk.invalid().is_empty() {
            guard(&mut out);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn push_with_doubled_backslash(out: &mut String, text: &str) {
    for (at, c) in text.char_indices() {
        if c == '\\' && looks_escaped(&text[at..]) {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Doubles a backslash at the end, so that it does not seem to begin the escape that follows.
fn guard(out: &mut String) {
    if out.ends_with('\\') {
        out.push('\\');
    }
}

/// The bytes of which [`utf8`] made a text.
pub fn bytes(text: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let code = after.strip_prefix("\\x").and_then(|code| u8::from_str_radix(code.get(..2)?, 16).ok());
        let guards = || after.strip_prefix("\\\\").is_some_and(|next| next.starts_with(['x', 'u', '\\']));
        let len = match code {
            Some(_) => 4,
            None if guards() => 2,
            None => 1,
        };
        out.push(code.unwrap_or(b'\\'));
        rest = &after[len..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Whether the text begins with something that an escape of ours could be.
fn looks_escaped(text: &str) -> bool {
    text.starts_with("\\x") || text.starts_with("\\u{") || text.starts_with("\\\\")
}

/// The text with everything invisible or steering named: controls of ASCII as `\xNN`, others, format and direction
/// characters and line separators as `\u{NNNN}`; `\x80` and above stand for bytes that were not UTF-8. What only looks like that was guarded by [`utf8`].
pub fn shown(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    if plain || !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            guard(&mut out);
        }
        match c {
            c if acts(c) && c.is_ascii() => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if acts(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Characters that act on a reader's screen: Unicode's Cc, Cf, Zl, Zp, and variation selectors and tags.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c as u32,
            0xad | 0x115f..=0x1160 | 0x3164 | 0xffa0 | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180e
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff
            | 0xfff9..=0xfffb | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// Escapes markup. Newlines stay, so only [`Text::html`] may be given log text.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            '{' => out.push_str("&#123;"),
            c => out.push(c),
        }
    }
    out
}

/// A JSON string in which what acts on a terminal is escaped too.
pub fn json(text: &str) -> String {
    json_safe(&serde_json::Value::from(text).to_string()).into_owned()
}

/// Text of a JSON string, with what acts on a terminal as `\uNNNN`.
pub fn json_safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Guards a cell against spreadsheets: text that would be read as a formula gets a leading `'`, and so does
/// text that begins with one, so that the guard can be taken off again.
pub fn csv(text: &str) -> Cow<'_, str> {
    let guarded = matches!(
        text.trim_start_matches([' ', '\u{a0}', '\u{3000}']).chars().next(),
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\'' | '＝' | '＋' | '－' | '＠')
    );
    if guarded { Cow::Owned(format!("'{}", shown(text))) } else { shown(text) }
}

/// A word for a shell: quoted where it could mean something to it. Nothing where it cannot be typed.
pub fn shell(word: &str) -> Option<String> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%=".contains(c);
    if shown(word) != word {
        None
    } else if !word.is_empty() && !word.starts_with('-') && word.chars().all(harmless) {
        Some(word.to_owned())
    } else if word.contains('\'') {
        let escaped: String =
            word.chars().flat_map(|c| if "\"\\$`".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
        // An interactive shell takes `!` for its history even between double quotes.
        (!word.contains('!')).then(|| format!("\"{escaped}\""))
    } else {
        Some(format!("'{word}'"))
    }
}

/// The most bytes of a shape.
const MOST_OF_SHAPE: usize = 200;

/// The text with its variable parts masked, so that lines that say the same thing group together: digits,
/// addresses, names with a dot, ids and quoted or bracketed parts become `*`.
pub fn shape(text: &str) -> String {
    let mut out = String::new();
    shape_into(text, &mut out);
    out
}

/// Appends the shape of a text. Only words with a byte that can make them vary are looked at.
pub fn shape_into(text: &str, out: &mut String) {
    let (bytes, from) = (text.as_bytes(), out.len());
    let mut at = 0;
    while out.len() - from <= MOST_OF_SHAPE
        && let Some(next) = bytes[at..].iter().position(|b| VARYING[usize::from(*b)])
    {
        let start = bytes[at..at + next].iter().rposition(|b| *b == b' ').map_or(at, |blank| at + blank + 1);
        let end = memchr::memchr(b' ', &bytes[at + next..]).map_or(bytes.len(), |blank| at + next + blank);
        out.push_str(&text[at..start]);
        push_masked(out, &text[start..end]);
        at = end;
    }
    out.push_str(&text[at..]);
    crop_from(out, from, MOST_OF_SHAPE);
}

/// The bytes without which no word varies.
static VARYING: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"0123456789@[<./";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// One word of a shape: its outer punctuation stays, its inside is masked where it varies.
fn push_masked(out: &mut String, word: &str) {
    if let Some((key, value)) = word.split_once('=')
        && !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    {
        out.push_str(key);
        out.push('=');
        return push_masked(out, value);
    }
    let bytes = word.as_bytes();
    let start = bytes.iter().position(|b| !is_outer(*b)).unwrap_or(bytes.len());
    let end = bytes[start..].iter().rposition(|b| !is_outer(*b)).map_or(start, |last| start + last + 1);
    // The bracket that closes one inside the word belongs to it: `mx.example[192.0.2.1]:`.
    let closed = bytes.get(end) == Some(&b']') && bytes[start..end].contains(&b'[');
    let end = end + usize::from(closed);
    out.push_str(&word[..start]);
    out.push_str(if varies(&word[start..end]) { "*" } else { &word[start..end] });
    out.push_str(&word[end..]);
}

fn is_outer(byte: u8) -> bool {
    matches!(
        byte,
        b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'"' | b'\'' | b',' | b';' | b':' | b'!' | b'?' | b'.'
    )
}

/// Words that differ from line to line: with a digit (status codes stay), an at sign, a slash or inner dots.
fn varies(word: &str) -> bool {
    if is_status_code(word) {
        return false;
    }
    word.bytes().any(|b| b.is_ascii_digit() || b == b'@' || b == b'[' || b == b'<')
        || (word.len() > 3 && word.bytes().any(|b| b == b'.' || b == b'/') && !word.contains("..."))
}

/// SMTP reply codes and enhanced status codes (RFC 5321 4.2, RFC 3463) say what kind of failure it is.
fn is_status_code(word: &str) -> bool {
    let enhanced = || {
        let mut parts = word.split('.');
        matches!(parts.next(), Some("2" | "4" | "5"))
            && parts.clone().count() == 2
            && parts.all(|p| !p.is_empty() && p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit()))
    };
    (word.len() == 3
        && matches!(word.as_bytes()[0], b'2' | b'4' | b'5')
        && word.bytes().all(|b| b.is_ascii_digit()))
        || enhanced()
}

/// Cuts a text at `max` bytes, at a character's edge, and says so with an ellipsis.
pub fn crop(text: &mut String, max: usize) {
    crop_from(text, 0, max);
}

/// The same of what stands behind a place.
fn crop_from(text: &mut String, from: usize, max: usize) {
    if text.len() - from > max {
        text.truncate(text.floor_char_boundary(from + max));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_are_named_and_good_ones_stay() {
        assert_eq!(utf8(b"a\xffb"), "a\\xffb");
        assert_eq!(utf8(b"a\xff\\xff"), "a\\xff\\\\xff");
        assert_eq!(utf8("jörg".as_bytes()), "jörg");
        for all in [&b"a\xffb"[..], b"\\\xff\\x41\\u{41}", b"\\\\\xff", b"\\\\x41\\", b"\\u\\y\\\\", b"\\x+1"] {
            assert_eq!(bytes(&utf8(all)), all, "{}", utf8(all));
        }
    }

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(shown("a\x1b[31m\u{202e}b\r\n"), "a\\x1b[31m\\u{202e}b\\x0d\\x0a");
        assert_eq!(shown("plain"), "plain");
    }

    #[test]
    fn a_text_leaves_by_the_encoder_of_its_sink() {
        let text = Text::from_bytes(b"=a\x1b\xff");
        assert_eq!((text.raw(), &*text.tty()), ("=a\u{1b}\\xff", "=a\\x1b\\xff"));
        assert_eq!((&*text.csv(), json(text.raw())), ("'=a\\x1b\\xff", "\"=a\\u001b\\\\xff\"".to_owned()));
        assert_eq!((&*json_safe("a\u{202e}"), &*json_safe("a")), ("a\\u202e", "a"));
        assert_eq!(Text::from("a".to_owned()), Text::from("a"));
    }

    #[test]
    fn a_shape_is_as_long_whatever_stands_before_it() {
        let (mut after, line) = ("x".repeat(300), "a 1 b.c ".repeat(60));
        shape_into(&line, &mut after);
        assert_eq!(after.strip_prefix(&"x".repeat(300)), Some(&*shape(&line)));
    }

    #[test]
    fn markup_is_inert() {
        assert_eq!(Text::from("<b a='1'>&`").html(), "&lt;b a=&#39;1&#39;&gt;&amp;&#96;");
    }

    #[test]
    fn formulas_are_guarded_and_words_are_not() {
        assert_eq!(csv("=1+1"), "'=1+1");
        assert_eq!(csv(" @x"), "' @x");
        assert_eq!(csv("'a"), "''a");
        assert_eq!(csv("a=1"), "a=1");
    }

    #[test]
    fn shapes_keep_codes_and_mask_names() {
        assert_eq!(
            shape("host mx.a.example[192.0.2.1] said: 550 5.1.1 <x@a.example>: no such user"),
            "host * said: 550 5.1.1 <*>: no such user"
        );
        assert_eq!(shape("connect to a.example[192.0.2.1]:25: timed out"), "connect to *: timed out");
    }
}
