//! Who handed a message over: the clause `from` and the comments behind it.
//!
//! Programs write the same three things at different places: the name that the client gave, its name by reverse
//! look-up, its address. What the client chose itself is never searched for anything.

use super::lexis::{Token, tokens};
use std::net::IpAddr;

/// The client of a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Client<'a> {
    /// What stands behind `from`.
    pub from: Option<&'a [u8]>,
    /// The name that it gave, where that is told apart.
    helo: Option<&'a [u8]>,
    /// Its name by reverse look-up, from a comment.
    looked_up: Option<&'a [u8]>,
    /// Its address, from a comment or a literal behind its name.
    ip: Option<IpAddr>,
}

impl<'a> Client<'a> {
    /// Takes a comment, one of:
    ///
    /// - `name [address]`, `[address]`, `name` (Postfix, Sendmail, Google, Oracle, Courier)
    /// - `[address] helo=name ident=user`, `helo=name` (Exim)
    /// - `HELO name`, `address`, `user@address` (qmail, Exchange)
    ///
    /// Whatever else stands in comments (TLS, who authenticated) is none of these.
    pub(super) fn comment(&mut self, comment: &'a [u8]) {
        let mut words = tokens(comment);
        match (words.next(), words.next()) {
            (Some(Token::Word(word)), second) if is_greeting(word) => self.helo = second.and_then(value),
            (Some(Token::Word(b"helo=")), Some(Token::Literal(_))) => {}
            (Some(Token::Word(word)), second) if word.starts_with(b"helo=") => {
                self.helo = self.helo.or(Some(&word[5..]));
                self.rest(second);
            }
            (Some(Token::Literal(literal)), second) => {
                self.address(address(literal));
                second.into_iter().chain(words).take(4).for_each(|word| self.rest(Some(word)));
            }
            (Some(Token::Word(name)), Some(Token::Literal(literal))) => {
                self.looked_up = self.looked_up.or(host(name));
                self.address(address(literal));
            }
            (Some(Token::Word(word)), None) => self.alone(word),
            _ => {}
        }
    }

    /// A literal behind the name.
    pub(super) fn literal(&mut self, literal: &[u8]) {
        self.address(address(literal));
    }

    fn address(&mut self, address: Option<IpAddr>) {
        self.ip = self.ip.or(address);
    }

    fn rest(&mut self, word: Option<Token<'a>>) {
        if let Some(Token::Word(word)) = word
            && let Some(name) = word.strip_prefix(b"helo=").filter(|name| !name.is_empty())
        {
            self.helo = self.helo.or(Some(name));
        }
    }

    /// A comment of one word: an address, `user@address`, or a name.
    fn alone(&mut self, word: &'a [u8]) {
        let behind_user = word.rsplit(|b| *b == b'@').next().unwrap_or(word);
        match address(behind_user) {
            Some(ip) => self.address(Some(ip)),
            None if self.looked_up.is_none() => self.looked_up = host(word).filter(|name| is_name(name)),
            None => {}
        }
    }

    /// Its address: where no comment tells it, that which stands in the place of its name.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.ip.or_else(|| address(self.from?))
    }

    /// The name that it gave (RFC 5321 4.1.1.1).
    pub(super) fn helo(&self) -> Option<&'a [u8]> {
        self.helo.or_else(|| self.from.filter(|_| self.looked_up.is_some() || self.ip.is_some()))
    }

    /// Its name by reverse look-up: in a comment, or, where the comment tells what it gave, behind `from`.
    pub(super) fn name(&self) -> Option<&'a [u8]> {
        let behind_from = self.from.filter(|_| self.helo.is_some());
        self.looked_up.or(behind_from).filter(|name| *name != b"unknown" && address(name).is_none())
    }
}

fn value(token: Token<'_>) -> Option<&[u8]> {
    match token {
        Token::Word(word) | Token::Literal(word) | Token::Quoted(word) => Some(word),
        _ => None,
    }
}

fn is_greeting(word: &[u8]) -> bool {
    [b"HELO", b"EHLO", b"LHLO"].iter().any(|greeting| word.eq_ignore_ascii_case(*greeting))
}

/// A host's name without the user before it and the dot behind it.
fn host(word: &[u8]) -> Option<&[u8]> {
    let name = word.rsplit(|b| *b == b'@').next().unwrap_or(word);
    Some(name.strip_suffix(b".").unwrap_or(name)).filter(|name| !name.is_empty())
}

/// Whether a word alone is a host's name, and no remark: it has an inner dot, or is a name that is known.
fn is_name(word: &[u8]) -> bool {
    let plain = word.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b));
    plain && (memchr::memchr(b'.', word).is_some() || word == b"localhost" || word == b"unknown")
}

/// An address: `192.0.2.1`, `IPv6:2001:db8::1`, `192.0.2.1:25`, `fe80::1%2`, `::ffff:192.0.2.1`.
pub(super) fn address(text: &[u8]) -> Option<IpAddr> {
    let text = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text).trim_ascii();
    let text = text.get(..5).filter(|tag| tag.eq_ignore_ascii_case(b"IPv6:")).map_or(text, |_| &text[5..]);
    // Most words are names; only digits of one base make an address.
    let is_digit = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
    let (digits, rest) = text.split_at(text.iter().take_while(|b| is_digit(b)).count());
    if digits.len() > 60 || !matches!(rest, [] | [b'%', ..]) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    let parsed = text.parse().ok();
    let before_port = || text.rsplit_once(':').and_then(|(address, _)| address.parse::<std::net::Ipv4Addr>().ok());
    parsed.or_else(|| before_port().map(IpAddr::V4)).map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client<'a>(from: &'a str, comments: &[&'a str]) -> Vec<String> {
        let mut client = Client { from: Some(from.as_bytes()), ..Client::default() };
        comments.iter().for_each(|comment| client.comment(comment.as_bytes()));
        let text =
            |part: Option<&[u8]>| part.map_or("-".into(), |part| String::from_utf8_lossy(part).into_owned());
        vec![text(client.helo()), text(client.name()), client.ip().map_or("-".into(), |ip| ip.to_string())]
    }

    #[test]
    fn each_program_has_its_own_places() {
        // Postfix, Sendmail, Google, Oracle
        assert_eq!(client("h.example", &["r.example [192.0.2.1]"]), ["h.example", "r.example", "192.0.2.1"]);
        assert_eq!(
            client("h", &["IDENT:u@r.example. [192.0.2.1] (may be forged)"]),
            ["h", "r.example", "192.0.2.1"]
        );
        assert_eq!(client("h", &["unknown [IPv6:2001:db8::1]"]), ["h", "-", "2001:db8::1"]);
        assert_eq!(client("[10.0.0.1]", &["r.example [192.0.2.1]"]), ["[10.0.0.1]", "r.example", "192.0.2.1"]);
        // Exim
        assert_eq!(client("r.example", &["[192.0.2.1]:25 helo=h ident=u"]), ["h", "r.example", "192.0.2.1"]);
        assert_eq!(client("[192.0.2.1]", &["helo=h"]), ["h", "-", "192.0.2.1"]);
        assert_eq!(client("r.example", &["[192.0.2.1]"]), ["r.example", "-", "192.0.2.1"]);
        // qmail, Exchange, Courier
        assert_eq!(client("unknown", &["HELO h", "192.0.2.1"]), ["h", "-", "192.0.2.1"]);
        assert_eq!(client("r.example", &["HELO h", "u@192.0.2.1"]), ["h", "r.example", "192.0.2.1"]);
        assert_eq!(client("A.EXAMPLE", &["2001:db8::1%12"]), ["A.EXAMPLE", "-", "2001:db8::1"]);
        assert_eq!(client("h", &["r.example [::ffff:192.0.2.1]"]), ["h", "r.example", "192.0.2.1"]);
        assert_eq!(client("192.0.2.1", &[]), ["-", "-", "192.0.2.1"]);
    }

    #[test]
    fn t24_what_the_client_chose_is_not_searched() {
        assert_eq!(client("unknown", &["HELO [198.51.100.66]", "192.0.2.1"])[2], "192.0.2.1");
        assert_eq!(client("[192.0.2.1]", &["helo=[198.51.100.66]"])[2], "192.0.2.1");
        let remarks = ["using TLSv1.3 with cipher X (256/256 bits)", "No client certificate requested"];
        assert_eq!(client("h", &remarks), ["-", "-", "-"]);
        assert_eq!(client("h", &["Authenticated sender: [198.51.100.66]"]), ["-", "-", "-"]);
    }
}
