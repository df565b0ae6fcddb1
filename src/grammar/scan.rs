//! Scanners: each takes the bytes of one field from where it stands, without allocating.
//!
//! Those that know their own alphabet end by themselves. The others end at what the pattern says comes next, so that
//! text that a stranger chose is taken as a whole and never searched for a keyword.

use super::literal::Literal;
use crate::find;
use memchr::memchr;

/// How the bytes of a field are told from what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scanner {
    /// Letters, digits, `-`, `_`, `.`: ids.
    Id,
    /// Digits.
    Int,
    /// Digits and a point: decimal numbers.
    Number,
    /// An address of a host: no blank, no bracket, no comma.
    Ip,
    /// A host's name: no blank, no bracket, no comma, no colon.
    Host,
    /// No blank, no comma, no closing bracket.
    Word,
    /// No blank, bracket of `<>()`, quote, backslash, semicolon or `@`: a name that was made harmless.
    Plain,
    /// Blanks: what keeps columns of fixed width apart.
    Blanks,
    /// Up to the first place where what follows stands.
    To,
    /// Up to the last place where what follows stands.
    ToLast,
    /// Up to the last place from which all that follows fits.
    ToFit,
    /// The same of a reply: a `<subject>: ` that it begins with is left out if it is one word, is named elsewhere in the line,
    /// or can end in one place only. No match where the rest begins with `<` or holds what follows.
    Said,
    /// A mail address up to its `>`: one inside a quoted local part does not end it (RFC 5321 4.1.2).
    Address,
    /// A mail address as it is written where its local part is quoted if need be (RFC 5321 4.1.2); it ends by itself.
    Mailbox,
    /// Up to a `"` that is not escaped by `\`.
    Quoted,
    /// The rest of the line.
    Rest,
}

const NAMES: [(&str, Scanner); 16] = [
    ("id", Scanner::Id),
    ("int", Scanner::Int),
    ("number", Scanner::Number),
    ("ip", Scanner::Ip),
    ("host", Scanner::Host),
    ("word", Scanner::Word),
    ("plain", Scanner::Plain),
    ("blanks", Scanner::Blanks),
    ("to", Scanner::To),
    ("to-last", Scanner::ToLast),
    ("to-fit", Scanner::ToFit),
    ("said", Scanner::Said),
    ("address", Scanner::Address),
    ("mailbox", Scanner::Mailbox),
    ("quoted", Scanner::Quoted),
    ("rest", Scanner::Rest),
];

impl Scanner {
    /// The scanner of this name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, scanner)| *scanner)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The class of bytes that it takes, if that is what it does.
    pub(super) fn class(self) -> Option<Class> {
        let class = match self {
            Self::Id => ID,
            Self::Int => INT,
            Self::Number => NUMBER,
            Self::Ip => IP,
            Self::Host => HOST,
            Self::Word => WORD,
            Self::Plain => PLAIN,
            Self::Blanks => BLANKS,
            Self::To
            | Self::ToLast
            | Self::ToFit
            | Self::Said
            | Self::Address
            | Self::Mailbox
            | Self::Quoted
            | Self::Rest => return None,
        };
        Some(Class(class))
    }

    /// The length of the field at the start of a text; nothing where there is none. An empty field is one only for
    /// scanners that end at a stop.
    pub(super) fn end(self, text: &[u8], stops: &Stops) -> Option<usize> {
        match self {
            Self::To => stops.first(text),
            Self::ToLast | Self::ToFit | Self::Said => stops.last(text),
            Self::Address => address(text, stops),
            Self::Mailbox => mailbox(text),
            Self::Quoted => quoted(text),
            Self::Rest => Some(text.len()),
            class => class.class()?.run(text),
        }
    }
}

/// A class of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// The length of the run of its bytes; nothing where it is empty.
    #[inline]
    pub(super) fn run(self, text: &[u8]) -> Option<usize> {
        let ends = |b: &u8| CLASSES[usize::from(*b)] & self.0 == 0;
        let (words, rest) = text.as_chunks::<8>();
        // The steps of an array are unrolled.
        let in_words = words.iter().enumerate().find_map(|(at, word)| Some(8 * at + word.iter().position(ends)?));
        let in_rest = || text.len() - rest.len() + rest.iter().position(ends).unwrap_or(rest.len());
        let len = in_words.unwrap_or_else(in_rest);
        (len > 0).then_some(len)
    }
}

/// The classes of bytes, one bit each.
static CLASSES: [u8; 256] = classes();
const ID: u8 = 1;
const INT: u8 = 2;
const NUMBER: u8 = 4;
const IP: u8 = 8;
const HOST: u8 = 16;
const WORD: u8 = 32;
const BLANKS: u8 = 64;
const PLAIN: u8 = 128;

const fn classes() -> [u8; 256] {
    let mut table = [0_u8; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "at is below 256")]
        let b = at as u8;
        let mut class = 0;
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') {
            class |= ID;
        }
        if b.is_ascii_digit() {
            class |= INT | NUMBER;
        }
        if b == b'.' {
            class |= NUMBER;
        }
        let blank = matches!(b, b' ' | b'\t' | b',' | b'[' | b']' | b'<' | b'>' | b'(' | b')' | b'"');
        if !blank {
            class |= IP;
        }
        if !blank && b != b':' {
            class |= HOST;
        }
        if !matches!(b, b' ' | b'\t' | b',' | b']' | b')' | b';') {
            class |= WORD;
        }
        if matches!(b, b' ' | b'\t') {
            class |= BLANKS;
        } else if !matches!(b, b'<' | b'>' | b'(' | b')' | b'\\' | b'"' | b';' | b'@') {
            class |= PLAIN;
        }
        table[at] = class;
        at += 1;
    }
    table
}

/// What can stand behind a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stops {
    /// The texts, each of which ends the field.
    pub(super) texts: Vec<Literal>,
    /// Whether the end of the line ends it too.
    pub(super) end: bool,
    /// Their first bytes; the last of them stands for those that are wanting.
    firsts: Option<[u8; 3]>,
}

impl Stops {
    pub(super) fn new(texts: Vec<Literal>, end: bool) -> Self {
        let mut firsts: Vec<u8> = texts.iter().map(Literal::first).collect();
        firsts.dedup();
        firsts.resize(firsts.len().max(3), firsts.last().copied().unwrap_or(0));
        Self { texts, end, firsts: firsts.try_into().ok() }
    }

    /// The first place where a stop stands.
    fn first(&self, text: &[u8]) -> Option<usize> {
        let found = match self.texts.as_slice() {
            [] => None,
            [one] => one.first_in(text),
            _ => self.first_of_several(text),
        };
        found.or_else(|| self.end.then_some(text.len()))
    }

    fn first_of_several(&self, text: &[u8]) -> Option<usize> {
        let Some(firsts) = self.firsts else {
            return self.texts.iter().filter_map(|stop| stop.first_in(text)).min();
        };
        let mut at = 0;
        loop {
            at += find::one_of(&text[at..], firsts)?;
            if self.texts.iter().any(|stop| stop.begins(&text[at..])) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// The last place where a stop stands.
    fn last(&self, text: &[u8]) -> Option<usize> {
        let found = self.texts.iter().filter_map(|stop| stop.last_in(text)).max();
        found.or_else(|| self.end.then_some(text.len()))
    }

    /// Whether one of the texts stands somewhere.
    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        self.texts.iter().any(|stop| stop.first_in(text).is_some())
    }

    /// The last place before `end` where a stop stands.
    pub(super) fn before(&self, text: &[u8], end: usize) -> Option<usize> {
        let last = |stop: &Literal| {
            let most = (end + stop.len()).saturating_sub(1).min(text.len());
            stop.last_in(&text[..most])
        };
        self.texts.iter().filter_map(last).max()
    }

    fn at(&self, text: &[u8]) -> bool {
        self.texts.iter().any(|stop| stop.begins(text)) || (self.end && text.is_empty())
    }
}

/// The end of an address: the first stop outside of quotes. Where these do not close, the line was cut off.
fn address(text: &[u8], stops: &Stops) -> Option<usize> {
    if !matches!(text.first(), Some(b'"' | b'@')) {
        return stops.first(text);
    }
    let route = Some(route(text)).filter(|route| is_mailbox(&text[*route..], stops)).unwrap_or(0);
    if text.get(route) != Some(&b'"') {
        return Some(route + stops.first(&text[route..])?);
    }
    let mut quoted = false;
    let mut at = route;
    while at < text.len() {
        match text[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if !quoted && stops.at(&text[at..]) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    (!quoted && stops.end).then_some(text.len())
}

fn is_mailbox(text: &[u8], stops: &Stops) -> bool {
    mailbox(text).is_some_and(|end| stops.at(&text[end..]))
}

/// The length of a route before an address (RFC 5321 4.1.2, A-d-l). Whoever quotes a local part may leave its route as it
/// came (Postfix, global/quote_822_local.c), with anything in it but the colon that ends it.
pub(super) fn route(text: &[u8]) -> usize {
    let end = if text.first() == Some(&b'@') { memchr(b':', text) } else { None };
    end.map_or(0, |end| end + 1)
}

/// The length of an address: nothing at all, or a local part that is plain or quoted, and perhaps a domain. One with a
/// route is none.
fn mailbox(text: &[u8]) -> Option<usize> {
    let local = match text.first()? {
        b'"' => quoted(&text[1..])? + 2,
        b'@' => return None,
        _ => atoms(text),
    };
    match text.get(local) {
        Some(b'@') if local > 0 => Some(local + 1 + domain(&text[local + 1..])?),
        _ => Some(local),
    }
}

/// The length of a run of bytes that need no quotes: dots and atoms.
fn atoms(text: &[u8]) -> usize {
    let ends = |b: &u8| {
        matches!(
            b,
            0..=b' ' | 127 | b'(' | b')' | b'<' | b'>' | b'@' | b',' | b';' | b':' | b'\\' | b'"' | b'[' | b']'
        )
    };
    text.iter().position(ends).unwrap_or(text.len())
}

/// The length of a domain, or of an address of a host in brackets.
fn domain(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'[') {
        return Some(atoms(text));
    }
    let inner = Class(HOST).run(&text[1..])?;
    let more =
        text[1 + inner..].iter().position(|b| !matches!(b, b':' | b'.' | b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F'));
    let end = 1 + inner + more?;
    (text.get(end) == Some(&b']')).then_some(end + 1)
}

fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + memchr(b'"', text.get(at..)?)?;
        let escapes = text[..found].iter().rev().take_while(|b| **b == b'\\').count();
        if escapes % 2 == 0 {
            return Some(found);
        }
        at = found + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take<'a>(scanner: Scanner, text: &'a str, stop: &str) -> Option<&'a str> {
        let stops = Stops::new(vec![Literal::new(stop.as_bytes())], false);
        scanner.end(text.as_bytes(), &stops).map(|end| &text[..end])
    }

    #[test]
    fn t1_a_quoted_local_part_does_not_end_its_address() {
        let line = r#""a>, relay=x, status=bounced "@v.example>, relay=mx"#;
        assert_eq!(take(Scanner::Address, line, ">, relay="), Some(r#""a>, relay=x, status=bounced "@v.example"#));
        assert_eq!(take(Scanner::Address, "a@b.example>, relay=mx", ">, relay="), Some("a@b.example"));
        assert_eq!(take(Scanner::Address, "\"a@b>, relay=mx", ">, relay="), None);
        assert_eq!(take(Scanner::Address, "@a>, relay=mx[192.0.2.1]:25", ">, relay="), Some("@a"));
        let line = r#"@a>, relay=x:"b>, relay=y"@v.example>, relay=mx"#;
        assert_eq!(take(Scanner::Address, line, ">, relay="), Some(r#"@a>, relay=x:"b>, relay=y"@v.example"#));
    }

    #[test]
    fn t1_a_mailbox_ends_where_its_own_grammar_ends() {
        for whole in [
            "",
            "a@b.example",
            "a..b=c/d@b.example",
            r#""a> to=<b \" c"@d.example"#,
            r#""a b""#,
            r#""\\"@d.example"#,
            r#"""@d.example"#,
            "a@[192.0.2.1]",
            "a@[IPv6:2001:db8::1]",
            r#""x y"@"#,
            "j\u{f6}rg@d.example",
        ] {
            assert_eq!(take(Scanner::Mailbox, &format!("{whole}> to=<x>"), ""), Some(whole));
        }
        for (text, start) in
            [("a b@c>", "a"), ("a>@c>", "a"), (r#""a"b@c>"#, r#""a""#), ("a@b c>", "a@b"), ("a\\\"@b>", "a")]
        {
            assert_eq!(take(Scanner::Mailbox, text, ""), Some(start));
        }
        for none in ["\"a> to=<b>", "@x> to=<y>:a@b>", "a@[x> to=<y>", "a@[192.0.2.1"] {
            assert_eq!(take(Scanner::Mailbox, none, ""), None);
        }
    }

    #[test]
    fn scanners_with_an_alphabet_end_by_themselves() {
        assert_eq!(take(Scanner::Id, "4Xk1z: to", ""), Some("4Xk1z"));
        assert_eq!(take(Scanner::Ip, "2001:db8::1]:25", ""), Some("2001:db8::1"));
        assert_eq!(take(Scanner::Host, "mx.example[1]", ""), Some("mx.example"));
        assert_eq!(take(Scanner::Int, "x", ""), None);
        assert_eq!(take(Scanner::Blanks, "   D 1", ""), Some("   "));
        assert_eq!(take(Scanner::Plain, "[IPv6:2001:db8::1]>", ""), Some("[IPv6:2001:db8::1]"));
        assert_eq!(take(Scanner::Quoted, r#"a\"b" c"#, ""), Some(r#"a\"b"#));
    }

    #[test]
    fn the_first_and_the_last_stop_differ() {
        assert_eq!(take(Scanner::To, "a) b) c", ")"), Some("a"));
        assert_eq!(take(Scanner::ToLast, "a) b) c", ")"), Some("a) b"));
    }
}
