//! The grammar of `Received` (RFC 5321 4.4, RFC 5322 3.6.7), as programs write it.
//!
//! A header is a row of clauses (`from`, `by`, `via`, `with`, `id`, `for`), a semicolon and a date. Programs leave
//! parts out, change their order, and put remarks into comments; a stranger chooses some of the words. So each clause
//! takes the word behind it and nothing else, and a clause that was taken is not taken again.

use super::client::Client;
use super::date::{Time, Wrong, date_time, is_iso_day, is_weekday};
use super::lexis::{Token, token};
use super::tls;
use std::fmt;

/// What one header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Received<'a> {
    pub client: Client<'a>,
    pub by: Option<&'a [u8]>,
    pub protocol: Option<&'a [u8]>,
    pub tls: Option<&'static str>,
    pub id: Option<&'a [u8]>,
    pub recipient: Option<&'a [u8]>,
    pub time: Option<Time>,
    /// Whether there is a comment: of some programs it is all but the date.
    commented: bool,
    /// Whether a parenthesis is not closed.
    open: bool,
    /// Why what stands in the date's place is none.
    wrong: Option<Wrong>,
}

/// Why a header could not be read, or not be read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There is no date.
    NoDate,
    /// What stands in the place of the date is none.
    NotADate,
    /// There is no such day, hour or zone, or no mail is of that year.
    NoSuchDate,
    /// A parenthesis is not closed.
    OpenComment,
    /// It names nobody and nothing.
    NoHop,
    /// It is longer than a header is read.
    TooLong,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDate => "there is no date",
            Self::NotADate => "its date cannot be read",
            Self::NoSuchDate => "its date never was",
            Self::OpenComment => "a comment does not end",
            Self::NoHop => "it names no host, no protocol and no id",
            Self::TooLong => "it is longer than 32 KiB",
        })
    }
}

/// The longest header that is read.
pub(super) const LONGEST: usize = 32 << 10;

/// What the next words belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clause {
    None,
    From,
    By,
    Via,
    With,
    Id,
    For,
}

const CLAUSES: [(&[u8], Clause); 6] = [
    (b"from", Clause::From),
    (b"by", Clause::By),
    (b"via", Clause::Via),
    (b"with", Clause::With),
    (b"id", Clause::Id),
    (b"for", Clause::For),
];

/// The clause that a word begins.
fn clause(word: &[u8]) -> Option<Clause> {
    let is_it = |(name, _): &&(&[u8], Clause)| word.eq_ignore_ascii_case(name);
    // Most words are longer than any of these.
    CLAUSES.iter().filter(|_| word.len() <= 4).find(is_it).map(|(_, clause)| *clause)
}

/// A walk through a header's words.
struct Walk<'a> {
    text: &'a [u8],
    clause: Clause,
    /// Whether the clause still waits for its word.
    waits: bool,
    /// Whether `from` waits for its word behind a comment.
    nameless: bool,
    /// Where the protocol's name begins.
    protocol: usize,
    found: Received<'a>,
}

/// Reads a header's text.
pub(super) fn received(text: &[u8]) -> Received<'_> {
    let mut walk = Walk {
        text,
        clause: Clause::None,
        waits: false,
        nameless: false,
        protocol: 0,
        found: Received::default(),
    };
    let mut rest = text;
    while let Ok((next, token)) = token(rest) {
        rest = walk.step(rest, next, token);
        if walk.found.open {
            walk.salvage();
            break;
        }
    }
    walk.found
}

impl Received<'_> {
    /// Whether it says anything of a hop.
    pub(super) fn is_hop(&self) -> bool {
        let named = self.by.or(self.client.from).or(self.protocol).or(self.id);
        named.is_some() || (self.commented && self.time.is_some())
    }

    /// Why it is not understood, or not whole.
    pub(super) fn reason(&self) -> Option<Reason> {
        match (self.is_hop(), self.time, self.wrong) {
            (false, ..) => Some(Reason::NoHop),
            (_, _, _) if self.open => Some(Reason::OpenComment),
            (_, Some(_), _) => None,
            (_, None, Some(Wrong::Value)) => Some(Reason::NoSuchDate),
            (_, None, Some(Wrong::Form)) => Some(Reason::NotADate),
            (_, None, None) => Some(Reason::NoDate),
        }
    }
}

impl<'a> Walk<'a> {
    /// Takes the token between `rest` and `next`; what is left to read.
    fn step(&mut self, rest: &'a [u8], next: &'a [u8], token: Token<'a>) -> &'a [u8] {
        match token {
            Token::Comment(comment) => self.comment(comment),
            Token::Semicolon => return self.date(next),
            Token::Open => self.found.open = true,
            Token::Word(word) if self.found.time.is_none() && !self.waits && is_weekday(word) => {
                // Some programs forget the semicolon.
                return self.date_at(rest).unwrap_or(next);
            }
            // The client's names stand before the host's own: no date of theirs counts, nor one that a date follows.
            Token::Word(word)
                if self.found.time.is_none()
                    && !self.waits
                    && self.found.by.is_some()
                    && is_iso_day(word)
                    && !rest.contains(&b';') =>
            {
                return self.date_at(rest).unwrap_or(next);
            }
            Token::Word(word) => self.word(word, next),
            Token::Literal(literal) => self.literal(literal, next),
            Token::Angle(value) | Token::Quoted(value) => self.value(value),
            Token::Mark => {}
        }
        // What is no word ends a protocol's name.
        if self.clause == Clause::With && !self.waits && !matches!(token, Token::Word(_)) {
            self.clause = Clause::None;
        }
        next
    }

    fn date(&mut self, rest: &'a [u8]) -> &'a [u8] {
        (self.clause, self.waits) = (Clause::None, false);
        if self.found.time.is_some() {
            return rest;
        }
        match date_time(rest) {
            Ok((rest, time)) => {
                self.found.time = Some(time);
                rest
            }
            Err(wrong) => {
                let nothing = rest.iter().all(u8::is_ascii_whitespace);
                self.found.wrong = Some(wrong).filter(|_| !nothing);
                rest
            }
        }
    }

    fn date_at(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let (rest, time) = date_time(rest).ok()?;
        self.found.time = Some(time);
        self.clause = Clause::None;
        Some(rest)
    }

    /// The date behind the last semicolon: what a comment that does not end hides was still written by the host itself.
    fn salvage(&mut self) {
        if self.found.time.is_none()
            && let Some(at) = memchr::memrchr(b';', self.text)
        {
            self.date(&self.text[at + 1..]);
        }
    }

    fn comment(&mut self, comment: &'a [u8]) {
        self.found.commented = true;
        self.found.tls = self.found.tls.or_else(|| tls::version(comment));
        if self.clause == Clause::From {
            self.found.client.comment(comment);
            // `from (192.0.2.1) by mx.example`: a client that gave no name.
            self.nameless |= self.waits;
        }
    }

    fn word(&mut self, word: &'a [u8], next: &'a [u8]) {
        match clause(word) {
            Some(clause) if !self.waits || (self.nameless && self.clause == Clause::From) => {
                (self.clause, self.waits) = (clause, true);
            }
            // `Microsoft SMTP Server`: a protocol of several words.
            _ if self.clause == Clause::With && !self.waits => {
                self.found.protocol = self.text.get(self.protocol..self.text.len() - next.len());
            }
            _ => {
                if self.clause == Clause::With {
                    self.protocol = self.text.len() - next.len() - word.len();
                }
                self.value(word);
            }
        }
    }

    /// A literal in the place of a name stands with its brackets, as RFC 5321 4.1.3 writes it.
    fn literal(&mut self, literal: &'a [u8], next: &'a [u8]) {
        if self.waits {
            let end = self.text.len() - next.len();
            self.value(&self.text[end - literal.len() - 2..end]);
        } else if self.clause == Clause::From {
            self.found.client.literal(literal);
        }
    }

    /// The word that a clause waited for.
    fn value(&mut self, value: &'a [u8]) {
        let found = &mut self.found;
        let behind_by = found.protocol.or(found.id).or(found.recipient).is_some();
        match self.clause {
            _ if !self.waits => return,
            // `by host mx.example`, as one program writes it.
            Clause::By if value == b"host" => return,
            // `from anna@example.org by mx.example by uid 64011`, as one program writes it.
            Clause::By if found.by.is_some() && value == b"uid" => {}
            Clause::From => found.client.from = found.client.from.or(Some(value)),
            // Of two the later is the host's own: a stranger can write into the clause before it only.
            Clause::By if !behind_by || found.by.is_none() => found.by = Some(value),
            Clause::With => found.protocol = found.protocol.or(Some(value)),
            Clause::Id => found.id = found.id.or(Some(value)),
            Clause::For if memchr::memchr(b'@', value).is_some() => {
                found.recipient = found.recipient.or(Some(value));
            }
            Clause::By | Clause::Via | Clause::For | Clause::None => {}
        }
        self.waits = false;
    }
}

#[cfg(test)]
mod tests;
