//! The pattern language of the grammars, read with `nom`.
//!
//! | written | means |
//! | --- | --- |
//! | `text` | these bytes; `{{` and `}}` stand for braces (`}}` not inside of `{?...}`, where a `}` ends the option) |
//! | `{field}` | captures a field, by the field's own scanner |
//! | `{field:scanner}` | captures it by this scanner |
//! | `{-}`, `{-:scanner}` | skips what the scanner takes |
//! | `{?...}` | this, or nothing |
//! | `{=a\|b}` | one of these texts |
//! | `{field=a\|b}` | one of these texts, captured |
//! | `{!text}` | this text, which does not stand once more behind |
//! | `{@name}` | the grammar's macro of this name |
//! | `{:pairs}` | `key=value` pairs, as the grammar's `[pairs]` says |
//! | `{:counters}` | SMTP command counters: `ehlo=1 mail=0/1 quit=1 commands=2/3` |

use super::scan::Scanner;
use crate::event::{Field, Type};
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, opt, value};
use nom::multi::{many0, many1, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use std::collections::BTreeMap;
use std::ops::Range;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Literal(Vec<u8>),
    /// What a scanner takes; kept where there is a field.
    Capture(Option<Field>, Scanner),
    /// These parts, or nothing.
    Optional(Vec<Part>),
    /// One of these texts; kept where there is a field.
    OneOf(Option<Field>, Vec<Vec<u8>>),
    /// These bytes, where they stand for the last time.
    Last(Vec<u8>),
    /// A list of pairs.
    Pairs,
    /// SMTP command counters.
    Counters,
}

/// A pattern that cannot be read: what is wrong, and where in its text, as it was before macros were put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the pattern.
    pub at: Range<usize>,
}

/// Reads a pattern, its macros put in first.
pub fn parse(text: &str, macros: &BTreeMap<String, String>) -> Result<Vec<Part>, PatternError> {
    let whole = expand(text, macros)?;
    let read = match many0(alt((literal, part))).parse(whole.text.as_str()) {
        Ok(("", parts)) => resolve(parts),
        Ok((rest, _)) => Err((rest, explain(rest))),
        Err(_) => Err((whole.text.as_str(), "this cannot be read".into())),
    };
    read.map_err(|(part, message)| PatternError { message, at: whole.origin_of(part, text) })
}

/// What is wrong with a part of a text.
type Wrong<'a> = (&'a str, String);

/// A pattern with its macros put in.
struct Expanded {
    text: String,
    /// For each byte, and the end, the byte of the pattern that it comes from: of a macro's, where its name stands.
    origins: Vec<usize>,
}

impl Expanded {
    /// Where in the pattern a part of the text comes from.
    fn origin_of(&self, part: &str, pattern: &str) -> Range<usize> {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let (start, end) = (self.origins[start], self.origins[start + part.len()]);
        let in_macro = || pattern[start..].find('}').map_or(pattern.len(), |n| start + n + 1);
        start..if end > start { end } else { in_macro() }
    }
}

fn explain(rest: &str) -> String {
    let cut: String = rest.chars().take(24).collect();
    match rest.chars().next() {
        Some('}') => "a `}` without its `{`; write `}}` for a brace".into(),
        _ => format!("`{cut}` is no capture; docs/grammars.md tells the pattern language"),
    }
}

/// The longest pattern, its macros put in.
const LONGEST: usize = 64 << 10;

/// The most macros in one pattern.
const MOST_MACROS: usize = 4096;

/// Puts macros in; they may use one another, but not themselves.
fn expand(pattern: &str, macros: &BTreeMap<String, String>) -> Result<Expanded, PatternError> {
    let mut whole = Expanded { text: pattern.to_owned(), origins: (0..=pattern.len()).collect() };
    for _ in 0..MOST_MACROS {
        let text = &whole.text;
        let Some(start) = text.find("{@") else {
            return Ok(whole);
        };
        let end = text[start..].find('}').map_or(text.len(), |n| start + n);
        let name = &text[start + 2..end];
        let Some(body) = macros.get(name) else {
            let at = whole.origin_of(&text[start..text.len().min(end + 1)], pattern);
            return Err(PatternError { message: format!("there is no macro `{name}`"), at });
        };
        let used = start..text.len().min(end + 1);
        let origin = whole.origins[start];
        whole.origins.splice(used.clone(), std::iter::repeat_n(origin, body.len()));
        whole.text.replace_range(used, body);
        if whole.text.len() > LONGEST {
            break;
        }
    }
    Err(PatternError { message: "macros use one another without end".into(), at: 0..pattern.len() })
}

/// What the text says, names not yet looked up.
#[derive(Clone, Debug)]
enum Raw<'a> {
    Literal(String),
    Capture(&'a str, Option<&'a str>),
    Optional(Vec<Raw<'a>>),
    OneOf(&'a str, Vec<&'a str>),
    Last(&'a str),
}

fn part(text: &str) -> IResult<&str, Raw<'_>> {
    alt((optional, last, one_of, capture)).parse(text)
}

fn literal(text: &str) -> IResult<&str, Raw<'_>> {
    let piece = alt((value("{", tag("{{")), value("}", tag("}}")), is_not("{}")));
    map(many1(piece), |pieces| Raw::Literal(pieces.concat())).parse(text)
}

/// A text inside of an option, where `}` is never a text: two may end two options, or a capture and its option.
fn inner_literal(text: &str) -> IResult<&str, Raw<'_>> {
    let piece = alt((value("{", tag("{{")), is_not("{}")));
    map(many1(piece), |pieces| Raw::Literal(pieces.concat())).parse(text)
}

fn optional(text: &str) -> IResult<&str, Raw<'_>> {
    map(delimited(tag("{?"), many0(alt((inner_literal, part))), char('}')), Raw::Optional).parse(text)
}

fn last(text: &str) -> IResult<&str, Raw<'_>> {
    map(delimited(tag("{!"), is_not("{}"), char('}')), Raw::Last).parse(text)
}

fn one_of(text: &str) -> IResult<&str, Raw<'_>> {
    let word = is_not("|{}");
    let words = separated_list1(char('|'), word);
    let inner = (opt(name), preceded(char('='), words));
    map(delimited(char('{'), inner, char('}')), |(field, words)| Raw::OneOf(field.unwrap_or("-"), words))
        .parse(text)
}

fn capture(text: &str) -> IResult<&str, Raw<'_>> {
    let inner = (opt(name), opt(preceded(char(':'), name)));
    map(delimited(char('{'), inner, char('}')), |(field, scanner)| Raw::Capture(field.unwrap_or("-"), scanner))
        .parse(text)
}

fn name(text: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-').parse(text)
}

fn resolve(parts: Vec<Raw<'_>>) -> Result<Vec<Part>, Wrong<'_>> {
    parts.into_iter().map(resolve_one).collect()
}

fn resolve_one(part: Raw<'_>) -> Result<Part, Wrong<'_>> {
    Ok(match part {
        Raw::Literal(text) => Part::Literal(text.into_bytes()),
        Raw::Last(text) => Part::Last(text.as_bytes().to_vec()),
        Raw::Optional(parts) => Part::Optional(resolve_inner(parts)?),
        Raw::OneOf(name, words) => {
            let mut words: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
            // The longest first, so that a word that begins another does not hide it.
            words.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
            Part::OneOf(field(name)?, words)
        }
        Raw::Capture("-", Some("pairs")) => Part::Pairs,
        Raw::Capture("-", Some("counters")) => Part::Counters,
        Raw::Capture(name, scanner) => {
            let field = field(name)?;
            let scanner = match scanner {
                Some(name) => Scanner::named(name).ok_or_else(|| unknown("scanner", name, Scanner::names()))?,
                None => field.map_or(Scanner::To, default_scanner),
            };
            Part::Capture(field, scanner)
        }
    })
}

/// The parts of an option, which is tried once: nothing in it can go by what follows.
fn resolve_inner(parts: Vec<Raw<'_>>) -> Result<Vec<Part>, Wrong<'_>> {
    let fits = parts.iter().find_map(|part| match part {
        Raw::Capture(_, Some(name @ ("to-fit" | "said"))) => Some(*name),
        _ => None,
    });
    fits.map_or_else(|| resolve(parts), |name| Err((name, format!("`{name}` cannot stand inside of an option"))))
}

fn field(name: &str) -> Result<Option<Field>, Wrong<'_>> {
    if name == "-" {
        return Ok(None);
    }
    let names = crate::event::FIELDS.iter().map(|(_, name, _)| *name);
    Field::named(name).map(Some).ok_or_else(|| unknown("field", name, names))
}

fn unknown<'n>(kind: &str, name: &'n str, names: impl IntoIterator<Item = &'static str>) -> Wrong<'n> {
    let near = crate::error::nearest(name, names).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    (name, format!("there is no {kind} `{name}`{near}"))
}

/// How a field is scanned where the pattern does not say.
fn default_scanner(field: Field) -> Scanner {
    match field {
        Field::QueueId
        | Field::ChildQueueId
        | Field::ParentQueueId
        | Field::Dsn
        | Field::Connection
        | Field::Op
        | Field::Pid => Scanner::Id,
        Field::ClientName | Field::RelayHost => Scanner::Host,
        Field::Stage | Field::Outcome | Field::Mechanism => Scanner::Word,
        _ => match field.kind() {
            Type::Ip => Scanner::Ip,
            Type::Integer => Scanner::Int,
            Type::Seconds => Scanner::Number,
            Type::Address(_) if field != Field::User => Scanner::Address,
            _ => Scanner::To,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Part>, PatternError> {
        parse(text, &BTreeMap::from([("from".to_owned(), "{client_name}[{client_ip}]".to_owned())]))
    }

    #[test]
    fn a_pattern_is_literals_captures_and_options() {
        let parts = read("{queue_id}: {=a|bb}{?, x={-:word}} {{from}} {@from}").expect("a pattern");
        assert_eq!(
            parts,
            [
                Part::Capture(Some(Field::QueueId), Scanner::Id),
                Part::Literal(b": ".to_vec()),
                Part::OneOf(None, vec![b"bb".to_vec(), b"a".to_vec()]),
                Part::Optional(vec![Part::Literal(b", x=".to_vec()), Part::Capture(None, Scanner::Word)]),
                Part::Literal(b" {from} ".to_vec()),
                Part::Capture(Some(Field::ClientName), Scanner::Host),
                Part::Literal(b"[".to_vec()),
                Part::Capture(Some(Field::ClientIp), Scanner::Ip),
                Part::Literal(b"]".to_vec()),
            ]
        );
        assert_eq!(read("{!; x=<}"), Ok(vec![Part::Last(b"; x=<".to_vec())]));
    }

    #[test]
    fn options_end_one_inside_the_other() {
        let inner = |parts: Vec<Part>| Part::Optional(parts);
        let id = Part::Capture(Some(Field::QueueId), Scanner::Id);
        let literal = |text: &str| Part::Literal(text.as_bytes().to_vec());
        let expected = inner(vec![literal("a"), inner(vec![literal("b="), id])]);
        assert_eq!(read("{?a{?b={queue_id}}}"), Ok(vec![expected]));
        let expected = inner(vec![literal("a"), inner(vec![literal("b")])]);
        assert_eq!(read("{?a{?b}}}}"), Ok(vec![expected, literal("}")]));
    }

    #[test]
    fn any_number_of_macros_is_put_in_and_one_in_itself_is_a_mistake() {
        let macros: BTreeMap<String, String> = (0..20).map(|n| (format!("m{n}"), format!("{n} "))).collect();
        let text = (0..20).map(|n| format!("{{@m{n}}}")).collect::<Vec<_>>().concat();
        let whole = (0..20).map(|n| format!("{n} ")).collect::<Vec<_>>().concat();
        assert_eq!(expand(&text, &macros).ok().map(|it| it.text), Some(whole));
        let endless = [("a", "{@b}{@b}"), ("b", "{@a}")].map(|(name, body)| (name.to_owned(), body.to_owned()));
        let error = expand("{@a}", &endless.into_iter().collect()).err().expect("it has no end");
        assert!(error.message.contains("without end"), "{}", error.message);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(read("{sendr}").unwrap_err().message, "there is no field `sendr`; did you mean `sender`?");
        assert_eq!(read("a}").unwrap_err().at, 1..2);
        assert_eq!(read("{@from} {sendr}").unwrap_err().at, 9..14);
        assert_eq!(read("{@from} {@nope}").unwrap_err().at, 8..15);
        let own = BTreeMap::from([("m".to_owned(), "xx {sendr}".to_owned())]);
        assert_eq!(parse("a {@m} b", &own).unwrap_err().at, 2..6);
        assert_eq!(read("{@nope}").unwrap_err().message, "there is no macro `nope`");
        assert_eq!(read("a{?b{-:to-fit} c}").unwrap_err().at, 7..13);
    }
}
