//! The words of a structured header (RFC 5322 3.2): what stands between blanks, comments, quotes and brackets.
//!
//! Nothing here goes back over more than a few hundred bytes, and nothing calls itself: nesting is counted.

use memchr::memchr3;
use nom::branch::alt;
use nom::bytes::complete::{take, take_while};
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
    WORD[usize::from(b)]
}

/// Bytes that words are made of.
static WORD: [bool; 256] = {
    let mut word = [true; 256];
    let marks = b" \t\r\n()<>[]\";,";
    let mut at = 0;
    while at < marks.len() {
        word[marks[at] as usize] = false;
        at += 1;
    }
    word
};

/// The next word. A header may be folded anywhere: line ends are blanks (RFC 5322 2.2.3).
pub(super) fn token(input: &[u8]) -> IResult<&[u8], Token<'_>> {
    let blanks = input.iter().take_while(|b| is_blank(**b)).count();
    let input = &input[blanks..];
    let mark = |token| value(token, take(1_usize));
    match input.first() {
        Some(b'(') => alt((map(comment, Token::Comment), mark(Token::Open))).parse(input),
        Some(b'<') => alt((map(enclosed(b'>'), Token::Angle), mark(Token::Mark))).parse(input),
        Some(b'[') => alt((map(enclosed(b']'), Token::Literal), mark(Token::Mark))).parse(input),
        Some(b'"') => alt((map(quoted, Token::Quoted), mark(Token::Mark))).parse(input),
        Some(b';') => mark(Token::Semicolon).parse(input),
        Some(b')' | b'>' | b']' | b',') => mark(Token::Mark).parse(input),
        Some(_) => {
            let (word, rest) = input.split_at(input.iter().take_while(|b| is_word(**b)).count());
            Ok((rest, Token::Word(word)))
        }
        None => Err(Err::Error(Error::new(input, ErrorKind::Eof))),
    }
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
    let end = || {
        let (mut depth, mut at) = (1_usize, 1);
        while depth > 0 {
            at += memchr3(b'(', b')', b'\\', input.get(at..)?)?;
            match input[at] {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => at += 1,
            }
            at += 1;
        }
        Some(at)
    };
    match input.first().filter(|first| **first == b'(').and_then(|_| end()) {
        Some(end) => Ok((&input[end..], &input[1..end - 1])),
        None => Err(Err::Error(Error::new(input, ErrorKind::Char))),
    }
}

/// What stands between a bracket and the one that closes it; quoted text in it may hold that.
fn enclosed(close: u8) -> impl Fn(&[u8]) -> IResult<&[u8], &[u8]> {
    move |input| {
        let mut in_quotes = false;
        let end = input.iter().take(LONGEST).enumerate().skip(1).find(|(at, byte)| {
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
    let end = input.iter().take(LONGEST).enumerate().skip(1).find(|(_, byte)| {
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
