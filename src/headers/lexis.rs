//! The words of a structured header (RFC 5322 3.2): what stands between blanks, comments, quotes and brackets.
//!
//! Nothing here goes back over more than a few hundred bytes, and nothing calls itself: nesting is counted.

use nom::branch::alt;
use nom::bytes::complete::{take, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, value};
use nom::error::{Error, ErrorKind};
use nom::multi::many0_count;
use nom::sequence::preceded;
use nom::{Err, IResult, Parser};

/// The longest quoted string, address or literal: RFC 5321 4.5.3.1 allows 256 bytes to a path.
const LONGEST: usize = 1024;

/// A word, or what stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// What blanks and marks set apart.
    Word(&'a [u8]),
    /// `"..."`, without its quotes.
    Quoted(&'a [u8]),
    /// `[...]` (RFC 5321 4.1.3), without its brackets.
    Literal(&'a [u8]),
    /// `<...>`, without its brackets.
    Angle(&'a [u8]),
    /// `(...)`, without its parentheses; it may hold others.
    Comment(&'a [u8]),
    /// `;`, behind which the date stands.
    Semicolon,
    /// A parenthesis that nothing closes.
    Open,
    /// Any other mark.
    Mark,
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_word(b: u8) -> bool {
    !is_blank(b) && !matches!(b, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'"' | b';' | b',')
}

/// The next word. A header may be folded anywhere: line ends are blanks (RFC 5322 2.2.3).
pub(super) fn token(input: &[u8]) -> IResult<&[u8], Token<'_>> {
    let word = map(take_while1(is_word), Token::Word);
    let marks =
        (value(Token::Semicolon, char(';')), value(Token::Open, char('(')), value(Token::Mark, take(1_usize)));
    preceded(
        blanks,
        alt((
            word,
            map(comment, Token::Comment),
            map(enclosed(b'<', b'>'), Token::Angle),
            map(enclosed(b'[', b']'), Token::Literal),
            map(quoted, Token::Quoted),
            alt(marks),
        )),
    )
    .parse(input)
}

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(is_blank).parse(input)
}

/// Blanks and comments (CFWS, RFC 5322 3.2.2).
pub(super) fn space(input: &[u8]) -> IResult<&[u8], ()> {
    let comments = many0_count(preceded(blanks, comment));
    map((comments, blanks), |_| ()).parse(input)
}

/// A comment. Comments nest, `\` takes the next byte's meaning away, quotes mean nothing in it (RFC 5322 3.2.2).
pub(super) fn comment(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = input.get(at) {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    match at {
        2.. if depth == 0 && input[0] == b'(' && at <= input.len() => Ok((&input[at..], &input[1..at - 1])),
        _ => Err(Err::Error(Error::new(input, ErrorKind::Char))),
    }
}

/// What stands between two brackets; quoted text in it may hold the closing one.
fn enclosed(open: u8, close: u8) -> impl Fn(&[u8]) -> IResult<&[u8], &[u8]> {
    move |input| {
        let mut in_quotes = false;
        let bytes = input.iter().take(LONGEST).enumerate().skip(1);
        let end = (input.first() == Some(&open)).then_some(bytes).into_iter().flatten().find(|(at, byte)| {
            in_quotes ^= **byte == b'"' && input[at - 1] != b'\\';
            **byte == close && !in_quotes
        });
        match end {
            Some((at, _)) => Ok((&input[at + 1..], &input[1..at])),
            None => Err(Err::Error(Error::new(input, ErrorKind::Char))),
        }
    }
}

/// A quoted string (RFC 5322 3.2.4).
fn quoted(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let mut escaped = false;
    let bytes = input.iter().take(LONGEST).enumerate().skip(1);
    let end = (input.first() == Some(&b'"')).then_some(bytes).into_iter().flatten().find(|(_, byte)| {
        let ends = **byte == b'"' && !escaped;
        escaped = **byte == b'\\' && !escaped;
        ends
    });
    match end {
        Some((at, _)) => Ok((&input[at + 1..], &input[1..at])),
        None => Err(Err::Error(Error::new(input, ErrorKind::Char))),
    }
}

/// All words of a text, up to a parenthesis that nothing closes.
pub(super) fn tokens(mut input: &[u8]) -> impl Iterator<Item = Token<'_>> {
    std::iter::from_fn(move || {
        let (rest, token) = token(input).ok()?;
        input = rest;
        (token != Token::Open).then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Token<'_>> {
        tokens(text.as_bytes()).collect()
    }

    #[test]
    fn words_are_set_apart_by_blanks_and_marks() {
        let expected = [
            Token::Word(b"from"),
            Token::Word(b"a"),
            Token::Comment(b"b [1.2.3.4] (c \\) d)"),
            Token::Literal(b"1.2.3.4"),
            Token::Word(b":25"),
            Token::Angle(b"\"x>y\"@z"),
            Token::Quoted(b"q\\\"r"),
            Token::Semicolon,
            Token::Word(b"Mon"),
            Token::Mark,
        ];
        assert_eq!(all("from a(b [1.2.3.4] (c \\) d))\r\n\t[1.2.3.4]:25 <\"x>y\"@z> \"q\\\"r\" ; Mon,"), expected);
    }

    #[test]
    fn what_does_not_end_is_told_and_takes_no_time() {
        assert_eq!(all("a (b c"), [Token::Word(b"a")]);
        assert_eq!(token(b"(b c").map(|(_, token)| token), Ok(Token::Open));
        assert_eq!(token(b"\\").map(|(_, token)| token), Ok(Token::Word(b"\\")));
        assert_eq!(comment(b"(\\)"), Err(Err::Error(Error::new(&b"(\\)"[..], ErrorKind::Char))));
        assert!(comment(&b"(".repeat(1 << 20)).is_err());
        assert_eq!(all(&"<".repeat(1 << 15)).len(), 1 << 15);
        assert_eq!(space(b" (a(b)) \n x"), Ok((&b"x"[..], ())));
    }
}
