//! What a match captured.

use super::scan::route;
use crate::event::{Field, Word};
use memchr::memmem;

/// Captured bytes: where they start and end in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    start: u32,
    end: u32,
}

impl Bytes {
    /// The bytes themselves.
    #[inline]
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The most fields that a line can give.
const MOST: usize = 40;

/// What a match captured, in the order of the line. Of a field that was captured twice the last counts.
#[derive(Clone, Debug)]
pub struct Captures {
    list: [(Field, Bytes); MOST],
    len: usize,
    /// The counters, where the pattern has them.
    pub counters: Option<Counters>,
}

impl Default for Captures {
    fn default() -> Self {
        Self { list: [(Field::QueueId, Bytes::default()); MOST], len: 0, counters: None }
    }
}

impl Captures {
    /// Forgets all.
    #[inline]
    pub fn clear(&mut self) {
        self.len = 0;
        self.counters = None;
    }

    /// How far they go, to come back to by [`Captures::back_to`].
    #[inline]
    pub(super) fn mark(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn back_to(&mut self, mark: usize) {
        self.len = mark;
    }

    #[inline]
    pub(super) fn put(&mut self, field: Field, start: usize, end: usize) {
        if let Some(slot) = self.list.get_mut(self.len) {
            #[expect(clippy::cast_possible_truncation, reason = "lines are shorter than 4 GiB")]
            let bytes = Bytes { start: start as u32, end: end as u32 };
            *slot = (field, bytes);
            self.len += 1;
        }
    }

    /// The bytes of a field.
    pub fn get<'a>(&self, field: Field, text: &'a [u8]) -> Option<&'a [u8]> {
        self.last(field).map(|bytes| bytes.of(text))
    }

    /// Where a field begins.
    pub(super) fn start_of(&self, field: Field) -> Option<usize> {
        self.last(field).map(|bytes| bytes.start as usize)
    }

    #[inline]
    fn last(&self, field: Field) -> Option<Bytes> {
        self.fields().iter().rev().find(|(f, _)| *f == field).map(|(_, bytes)| *bytes)
    }

    /// The same once for each part of a field that holds a list; empty parts are none.
    pub(super) fn of_each(&self, field: Field, separator: u8, text: &[u8]) -> Vec<Self> {
        let Some(at) = self.fields().iter().rposition(|(f, _)| *f == field) else { return Vec::new() };
        let mut start = self.list[at].1.start;
        let mut parts = Vec::new();
        for part in self.list[at].1.of(text).split(|b| *b == separator) {
            let (blanks, trimmed) = (part.len() - part.trim_ascii_start().len(), part.trim_ascii());
            let mut one = self.clone();
            one.list[at].1.start = start + u32::try_from(blanks).unwrap_or(0);
            one.list[at].1.end = one.list[at].1.start + u32::try_from(trimmed.len()).unwrap_or(0);
            parts.extend(Some(one).filter(|_| !trimmed.is_empty()));
            start += u32::try_from(part.len()).unwrap_or(0) + 1;
        }
        parts
    }

    /// Leaves out what a field begins with: `<x>: `, where x is what the line is about, and is named elsewhere in it as a
    /// sender, a recipient, a client. So far as strangers chose that name, it may hold anything, and be cut off. What is
    /// left of the field.
    pub(super) fn without_subject<'t>(&mut self, field: Field, text: &'t [u8]) -> &'t [u8] {
        let Some(at) = self.fields().iter().rposition(|(f, _)| *f == field) else { return b"" };
        let told = self.list[at].1.of(text);
        if told.first() == Some(&b'<') {
            let others = self.fields().iter().filter(|(f, _)| *f != field).map(|(_, bytes)| *bytes);
            let named = others.chain(self.client()).filter_map(|bytes| subject(told, bytes.of(text))).max();
            let len = named.or_else(|| word_as_subject(told)).unwrap_or(0);
            self.list[at].1.start += u32::try_from(len).unwrap_or(0);
        }
        self.list[at].1.of(text)
    }

    /// The client with its name, address and port, as lines name it in one piece.
    fn client(&self) -> impl Iterator<Item = Bytes> {
        let of = |field| self.fields().iter().find(|(f, _)| *f == field).map(|(_, bytes)| *bytes);
        let (name, ip, port) = (of(Field::ClientName), of(Field::ClientIp), of(Field::ClientPort));
        let from_name = move |end: u32| name.map(|name| Bytes { start: name.start, end });
        let ends = [ip.map(|ip| ip.end + 1), port.map(|port| port.end)];
        ends.into_iter().flatten().filter_map(from_name)
    }

    /// All captured fields, in the order of the line.
    #[inline]
    pub fn fields(&self) -> &[(Field, Bytes)] {
        self.list.get(..self.len).unwrap_or_default()
    }
}

/// A reply that is shorter than this was not cut off: it has 512 octets, less its codes and its line end (RFC 5321 4.5.3.1.5).
const CUT: usize = 480;

/// The length of `<name>: ` at the start of a text, or of all of it where it is cut off in the name.
fn subject(text: &[u8], name: &[u8]) -> Option<usize> {
    let rest = &text[1..];
    let len = as_it_is(rest, name).into_iter().chain(unquoted(rest, name)).max()?;
    let behind = &rest[len..];
    match behind {
        [b'>', b':', b' ', ..] => Some(1 + len + 3),
        _ => (text.len() >= CUT && b">: ".starts_with(behind)).then_some(text.len()),
    }
}

/// How far a text goes on as a name; nothing where it differs.
fn as_it_is(text: &[u8], name: &[u8]) -> Option<usize> {
    let same = |(b, own): (&u8, &u8)| b == own || (*b == b' ' && *own == b'?');
    text.iter().zip(name).all(same).then_some(name.len().min(text.len()))
}

/// How far a text goes on as an address whose quotes and escapes (RFC 5321 4.1.2) it leaves out; nothing where it
/// differs. What cannot be printed is a blank in it, and a `?` in the address.
fn unquoted(text: &[u8], address: &[u8]) -> Option<usize> {
    let route = route(address);
    if address.get(route) != Some(&b'"') || !text.starts_with(&address[..route]) {
        return None;
    }
    let mut own = address[route + 1..].iter();
    let mut quoted = true;
    let mut len = route;
    while let Some(mut byte) = own.next() {
        match byte {
            b'"' if quoted => {
                quoted = false;
                continue;
            }
            b'\\' if quoted => byte = own.next()?,
            _ => {}
        }
        match text.get(len) {
            None => return Some(len),
            Some(b) if b == byte || (*b == b' ' && *byte == b'?') => len += 1,
            Some(_) => return None,
        }
    }
    Some(len)
}

/// The length of `<word>: ` at the start of a text, where it can end nowhere else, or the word is a name or a plain address
/// without a route.
fn word_as_subject(text: &[u8]) -> Option<usize> {
    let end = memmem::find(text, b">: ")?;
    let only = memmem::rfind(text, b">: ") == Some(end);
    let plain = text[1..end].iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:[]@+=".contains(b));
    (only || (plain && text[1] != b'@')).then_some(end + 3)
}

/// SMTP command counters (`smtpd/smtpd.c`, `smtpd_format_cmd_stats`) and what follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// All commands.
    pub commands: u32,
    /// Whether the client said QUIT.
    pub quit: bool,
    /// How often it authenticated.
    pub logins: u32,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// The furthest stage that succeeded.
    pub stage: Option<Word>,
}

/// The commands that are stages, in their order.
const STAGES: [(&[&[u8]], Word); 6] = [
    (&[b"ehlo", b"helo"], Word::Ehlo),
    (&[b"starttls"], Word::Starttls),
    (&[b"auth"], Word::Auth),
    (&[b"mail"], Word::Mail),
    (&[b"rcpt"], Word::Rcpt),
    (&[b"data", b"bdat"], Word::EndOfMessage),
];

/// The commands that are none.
const OTHERS: [&[u8]; 8] = [b"rset", b"noop", b"vrfy", b"etrn", b"help", b"xclient", b"xforward", b"unknown"];

impl Counters {
    /// Reads `ehlo=1 mail=0/1 quit=1 commands=2/3`: a command, how often it succeeded and, if that differs, how often
    /// it was given.
    #[inline(never)]
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        let mut rank = 0;
        for pair in text.split(|b| *b == b' ').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|b| *b == b'=')?;
            let (done, total) = fraction(&pair[equals + 1..])?;
            found.count(&pair[..equals], done, total, &mut rank)?;
        }
        Some(found)
    }

    fn count(&mut self, command: &[u8], done: u32, total: u32, rank: &mut usize) -> Option<()> {
        if let Some(at) = STAGES.iter().position(|(commands, _)| commands.contains(&command)) {
            if done > 0 && at >= *rank {
                *rank = at;
                self.stage = Some(STAGES[at].1);
            }
            match STAGES[at].1 {
                Word::Auth => self.logins = done,
                Word::Starttls => self.tls = done > 0,
                _ => {}
            }
            return Some(());
        }
        match command {
            b"commands" => self.commands = total,
            b"quit" => self.quit = true,
            other => return OTHERS.contains(&other).then_some(()),
        }
        Some(())
    }
}

fn fraction(text: &[u8]) -> Option<(u32, u32)> {
    let number = |text: &[u8]| {
        let digits = |sum: u32, b: &u8| {
            b.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u32::from(b - b'0')))
        };
        if text.is_empty() { None } else { text.iter().try_fold(0, digits) }
    };
    match text.iter().position(|b| *b == b'/') {
        Some(at) => Some((number(&text[..at])?, number(&text[at + 1..])?)),
        None => number(text).map(|n| (n, n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t1_what_a_reply_is_about_is_left_out_whatever_it_holds() {
        let reason = |text: &str, sender: &str| {
            let line = format!("mx[192.0.2.1] {text}|{sender}");
            let from = line.len() - sender.len();
            let mut captures = Captures::default();
            captures.put(Field::ClientName, 0, 2);
            captures.put(Field::ClientIp, 3, 12);
            captures.put(Field::Reason, 14, from - 1);
            captures.put(Field::Sender, from, line.len());
            captures.without_subject(Field::Reason, line.as_bytes());
            String::from_utf8_lossy(captures.get(Field::Reason, line.as_bytes()).unwrap_or_default()).into_owned()
        };
        for (text, sender) in [
            ("no", "a@b"),
            ("<a@b>: no", "a@b"),
            ("<mx[192.0.2.1]>: no", "a@b"),
            ("<DATA>: no", "a@b"),
            ("<c@d>: no", "a@b"),
            ("<x>: yes>: y\\ \"z @b>: no", "\"x>: yes>: y\\\\ \\\"z?\"@b"),
            ("<x y>: no", "x y"),
            ("<@x>: yes:a b@c>: no", "@x>:\" yes:a b\"@c"),
        ] {
            assert_eq!(reason(text, sender), "no", "{text} of {sender}");
        }
        let long = "x>: yes ".repeat(80);
        assert_eq!(reason(&format!("<{}", &long[..499]), &format!("\"{long}\"@b")), "");
        assert_eq!(reason("<x>: yes", "\"x>: yes; she said\"@b"), "yes");
        assert_eq!(reason("<x y>: no", "a@b"), "no");
        for unknown in ["<x y>: yes>: no", "<@x>: yes>: no"] {
            assert_eq!(reason(unknown, "a@b"), unknown);
        }
    }

    #[test]
    fn counters_tell_a_goodbye() {
        let read = |text: &str| Counters::read(text.as_bytes());
        let expected = Counters { commands: 4, quit: false, logins: 0, tls: false, stage: Some(Word::Mail) };
        assert_eq!(read("ehlo=2 mail=1 rcpt=0/1 commands=3/4"), Some(expected));
        assert_eq!(read("quit=1 help=1 commands=2").map(|c| c.quit), Some(true));
        assert_eq!(read("quit=1 commands=19999999999").map(|c| c.commands), Some(u32::MAX));
        assert_eq!(read("ehlo=2 starttls=1 commands=3").map(|c| c.tls), Some(true));
        assert_eq!(read("ehlo=1 starttls=0/1 commands=1/2").map(|c| c.tls), Some(false));
        assert_eq!(read("helo=x"), None);
        assert_eq!(read("nonsense=1"), None);
    }

    #[test]
    fn of_two_captures_of_a_field_the_last_counts() {
        let mut captures = Captures::default();
        captures.put(Field::User, 0, 1);
        let mark = captures.mark();
        captures.put(Field::User, 1, 2);
        assert_eq!(captures.get(Field::User, b"ab"), Some(&b"b"[..]));
        captures.back_to(mark);
        assert_eq!(captures.get(Field::User, b"ab"), Some(&b"a"[..]));
    }
}
