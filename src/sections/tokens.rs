//! A question as tokens: each with its place, values filled in as literals, and as text again.
//!
//! The engine takes text only. A value is therefore one token, whatever it holds, and never text that is pasted; the text
//! that leaves here is taken apart once more, and must give the same tokens. (The syntax tree is no way to text: it
//! leaves a quote behind a backslash as it is.)

use crate::error::{Error, Exit, Result};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace, Word};
use std::ops::Range;

/// How a question is named in messages, where it lies in no file.
pub(super) const UNNAMED: &str = "the question";

/// What can be filled into a question in the place of a `{name}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Nothing: `= {name}` becomes `IS NULL`.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number; NULL where it is none.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A list in brackets. A list of SQL cannot be empty; nothing that is looked for is an empty text.
    Texts(Vec<String>),
    /// An operator and a number, such as `> 10`.
    Limit(&'static str, f64),
}

pub(super) const SPACE: Token = Token::Whitespace(Whitespace::Space);

impl Literal {
    fn tokens(&self) -> Vec<Token> {
        match self {
            Self::Text(text) => vec![Token::SingleQuotedString(text.clone())],
            Self::Integer(number) => signed(*number < 0, number.unsigned_abs().to_string()),
            Self::Number(number) if number.is_finite() => signed(*number < 0.0, number.abs().to_string()),
            Self::Null | Self::Number(_) => vec![word("NULL", None)],
            Self::Flag(flag) => vec![word(if *flag { "TRUE" } else { "FALSE" }, None)],
            Self::Texts(texts) => list(texts),
            Self::Limit(sign, number) => [vec![operator(sign), SPACE], Self::Number(*number).tokens()].concat(),
        }
    }

    /// The literal as it stands in a question.
    pub fn sql(&self) -> String {
        text(self.tokens().iter())
    }
}

/// Where the token stands that begins at this place.
pub(super) fn place_of(tokens: &[TokenWithSpan], start: Location) -> Option<usize> {
    tokens.binary_search_by_key(&start, |token| token.span.start).ok()
}

/// Where the tokens stand that a part of a question is made of.
pub(super) fn range_of(tokens: &[TokenWithSpan], span: Span) -> Option<Range<usize>> {
    let end = tokens.binary_search_by_key(&span.end, |token| token.span.end).ok()?;
    Some(place_of(tokens, span.start)?..end + 1)
}

/// Whether a token says nothing: a blank, a line's end, a comment.
pub(super) fn is_white(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

pub(super) fn word(text: &str, quote: Option<char>) -> Token {
    Token::make_word(text, quote)
}

fn signed(negative: bool, digits: String) -> Vec<Token> {
    let number = Token::Number(digits, false);
    if negative { vec![Token::Minus, number] } else { vec![number] }
}

fn list(texts: &[String]) -> Vec<Token> {
    let none = [String::new()];
    let texts = if texts.is_empty() { &none } else { texts };
    let mut tokens = vec![Token::LParen];
    for text in texts {
        tokens.extend([Token::SingleQuotedString(text.clone()), Token::Comma, SPACE]);
    }
    tokens.truncate(tokens.len() - 2);
    tokens.push(Token::RParen);
    tokens
}

fn operator(sign: &str) -> Token {
    match sign {
        ">" => Token::Gt,
        ">=" => Token::GtEq,
        "<" => Token::Lt,
        "<=" => Token::LtEq,
        _ => Token::Eq,
    }
}

/// A text as it stands in a question.
pub(crate) fn text_literal(text: &str) -> String {
    Literal::Text(text.to_owned()).sql()
}

/// Fills each `{name}` that is known with a literal. What stands in quotes or in a comment is none.
///
/// # Errors
///
/// Where the question cannot be taken apart.
pub fn fill(sql: &str, value: impl Fn(&str) -> Option<Literal>) -> Result<String> {
    let tokens = read(sql)?;
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().map(|token| token.token).peekable();
    let mut held: Vec<Token> = Vec::new();
    while let Some(token) = rest.next() {
        if token != Token::LBrace {
            out.push(token);
            continue;
        }
        held.clear();
        held.extend(std::iter::from_fn(|| rest.next_if(|token| *token != Token::RBrace)));
        let name: String = held.iter().map(ToString::to_string).collect();
        match value(&name) {
            Some(literal) if rest.peek().is_some() => {
                rest.next();
                put(&mut out, &literal);
            }
            _ => {
                out.push(Token::LBrace);
                out.append(&mut held);
            }
        }
    }
    Ok(text(out.iter()))
}

/// Puts a literal behind what is there. Nothing equals what is absent.
fn put(out: &mut Vec<Token>, literal: &Literal) {
    let before = out.iter().rposition(|token| !is_white(token));
    if let (Literal::Null, Some(at)) = (literal, before)
        && out[at] == Token::Eq
    {
        out[at] = word("IS", None);
    }
    out.extend(literal.tokens());
}

/// The question in one line, its texts as they are.
///
/// # Errors
///
/// Where it cannot be taken apart.
pub fn one_line(sql: &str) -> Result<String> {
    let tokens = read(sql)?;
    let mut line: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens.into_iter().map(|token| token.token) {
        match token {
            Token::Whitespace(_) if matches!(line.last(), None | Some(Token::Whitespace(_))) => {}
            Token::Whitespace(_) => line.push(SPACE),
            other => line.push(other),
        }
    }
    Ok(text(line.iter()).trim_end().to_owned())
}

/// Takes a question apart.
pub(super) fn read(sql: &str) -> Result<Vec<TokenWithSpan>> {
    Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().map_err(|e| {
        let start = place(sql, e.location);
        refuse("this is not SQL that can be read").why(e.message).at(UNNAMED, sql, start..start + 1)
    })
}

/// Names as they are meant. Without quotes capitals make no difference; columns of ours that are words of SQL get quotes,
/// so that they are names. OFFSET before a number is the word.
pub(super) fn with_our_names(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    for at in 0..tokens.len() {
        let Token::Word(Word { value, quote_style: None, keyword }) = &tokens[at].token else { continue };
        let ours = match keyword {
            Keyword::USER => true,
            Keyword::OFFSET => !matches!(next(&tokens[at + 1..]), Some(Token::Number(..))),
            _ => false,
        };
        tokens[at].token = word(&value.to_lowercase(), ours.then_some('"'));
    }
    tokens
}

/// The words of a question: among them are the columns that it needs.
pub(super) fn words(tokens: &[TokenWithSpan]) -> impl Iterator<Item = String> + '_ {
    tokens.iter().filter_map(|token| match &token.token {
        Token::Word(word) => Some(word.value.clone()),
        _ => None,
    })
}

fn next(tokens: &[TokenWithSpan]) -> Option<&Token> {
    tokens.iter().map(|token| &token.token).find(|token| !is_white(token))
}

/// The text that the engine reads, proven to give these tokens.
///
/// # Errors
///
/// Where it would not.
pub(super) fn proven(tokens: &[TokenWithSpan]) -> Result<String> {
    let of_weight = |tokens: &[TokenWithSpan]| -> Vec<Token> {
        let tokens = tokens.iter().map(|token| &token.token);
        tokens.filter(|token| !is_white(token)).cloned().collect()
    };
    let text = text(tokens.iter().map(|token| &token.token));
    if of_weight(&read(&text)?) == of_weight(tokens) {
        Ok(text)
    } else {
        Err(refuse("this question cannot be written so that it stays the same"))
    }
}

fn text<'t>(tokens: impl Iterator<Item = &'t Token>) -> String {
    tokens.map(written).collect()
}

fn written(token: &Token) -> String {
    match token {
        Token::SingleQuotedString(text) => format!("'{}'", text.replace('\'', "''")),
        Token::Word(Word { value, quote_style: Some(quote), .. }) => {
            let doubled = String::from_iter([*quote, *quote]);
            format!("{quote}{}{quote}", value.replace(*quote, &doubled))
        }
        // A comment says nothing to the engine, and could end where what follows does not expect it.
        Token::Whitespace(Whitespace::SingleLineComment { .. }) => "\n".to_owned(),
        Token::Whitespace(Whitespace::MultiLineComment(comment)) => {
            " ".to_owned() + &"\n".repeat(comment.matches('\n').count())
        }
        other => other.to_string(),
    }
}

/// The bytes of a place in a question.
pub(super) fn bytes(sql: &str, span: Span) -> Range<usize> {
    let start = place(sql, span.start);
    start..place(sql, span.end).max(start)
}

/// The byte of a place: lines and columns count from 1, columns are characters.
pub(super) fn place(sql: &str, at: Location) -> usize {
    let nth = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut lines = sql.split_inclusive('\n');
    let before: usize = lines.by_ref().take(nth(at.line)).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    before + line.char_indices().nth(nth(at.column)).map_or(line.trim_end_matches('\n').len(), |(byte, _)| byte)
}

/// The same error, pointing at the first word of the question that its message has in quotes. The engine tells names, and
/// no places.
pub(super) fn pointed(error: Error, sql: &str) -> Error {
    let what = error.what();
    let named: Vec<&str> = what.split(['\'', '"', '`']).skip(1).step_by(2).collect();
    let is_named = |token: &TokenWithSpan| matches!(&token.token, Token::Word(word) if named.iter().any(|name| word.value.eq_ignore_ascii_case(name)));
    match read(sql).ok().and_then(|tokens| tokens.into_iter().find(is_named)) {
        Some(found) => error.at(UNNAMED, sql, bytes(sql, found.span)),
        None => error,
    }
}

/// The error for a question that does not pass.
pub(super) fn refuse(what: impl Into<String>) -> Error {
    Error::new(Exit::Usage, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(sql: &str, literal: &Literal) -> String {
        fill(sql, |name| (name == "x").then(|| literal.clone())).expect("it can be taken apart")
    }

    #[test]
    fn names_in_braces_become_literals() {
        let text = |text: &str| Literal::Text(text.to_owned());
        assert_eq!(filled("SELECT {x}, '{x}', {y} -- {x}", &text("it's")), "SELECT 'it''s', '{x}', {y} \n");
        assert_eq!(filled("a = {x}", &Literal::Null), "a IS NULL");
        assert_eq!(filled("a < {x}", &Literal::Integer(-3)), "a < -3");
        assert_eq!(filled("a {x}", &Literal::Limit(">=", 0.5)), "a >= 0.5");
        assert_eq!(filled("a IN {x}", &Literal::Texts(vec!["a".into(), "b'".into()])), "a IN ('a', 'b''')");
        assert_eq!(filled("a IN {x}", &Literal::Texts(Vec::new())), "a IN ('')");
        assert_eq!(filled("{x", &Literal::Null), "{x");
        let half = fill("{x/2}", |name| (name == "x/2").then_some(Literal::Flag(true)));
        assert_eq!(half.expect("it can be taken apart"), "TRUE");
    }

    #[test]
    fn a_question_in_one_line_keeps_its_texts() {
        assert_eq!(one_line("  SELECT\n\t'a  b' -- c\n FROM x\n").expect("one line"), "SELECT 'a  b' FROM x");
    }

    #[test]
    fn places_are_bytes() {
        let sql = "SELECT 'ü',\n  xyz FROM";
        let tokens = read(sql).expect("tokens");
        let found = tokens.iter().find(|token| token.token.to_string() == "xyz").expect("the word");
        assert_eq!(&sql[bytes(sql, found.span)], "xyz");
    }

    proptest! {
        #[test]
        fn t10_a_text_stays_one_literal(text in "(\\PC|['\\\\\"\n;{}-]){0,20}") {
            let sql = filled("SELECT {x} AS y", &Literal::Text(text.clone()));
            let tokens = read(&sql).expect("tokens");
            let kept: Vec<&Token> = tokens.iter().map(|token| &token.token).collect();
            prop_assert!(kept.contains(&&Token::SingleQuotedString(text)));
            prop_assert_eq!(kept.len(), 7);
            prop_assert!(proven(&tokens).is_ok());
        }
    }
}
