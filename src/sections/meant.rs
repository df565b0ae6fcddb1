//! What people write and the engine does not take, as it takes it.
//!
//! - Rows sorted by a figure of many rows: `ORDER BY COUNT(*)` becomes the place of that column.
//! - Columns that the engine would call the same: `MIN(time), MAX(time)` become `min_time` and `max_time`.
//! - A time beside a text: `time > '2026-11-24 03:00'` is compared with that instant.
//! - A column beside a value in ON stands on the side of its table: see `joins.rs`.
//! - A column of a group beside a figure: `host || COUNT(*)` is of `MIN(host)`, which is the same in all of the group.
//! - Numbers that the engine makes too narrow: see `widths.rs`.

use super::front::is_time;
use super::functions::{self, Of};
use super::guard::time_and_texts;
use super::joins;
use super::tokens::{SPACE, UNNAMED, bytes, is_white, place_of, range_of, refuse, word};
use super::widths::{signed, wide};
use crate::error::{Error, Result};
use crate::time::{Zone, parse_date};
use sqlparser::ast::{Query, visit_expressions};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

/// Tokens that other tokens take the place of.
pub(super) type Edit = (Range<usize>, Vec<Token>);

/// The tokens of a question as the engine takes them.
///
/// # Errors
///
/// Where rows are sorted by a figure that is no column of theirs; where a time is compared with a text that is none.
pub(super) fn meant(
    sql: &str,
    mut tokens: Vec<TokenWithSpan>,
    query: &Query,
    own: &BTreeSet<String>,
    beside: &[Span],
    zone: &Zone,
) -> Result<Vec<TokenWithSpan>> {
    let times = times(sql, &tokens, query, own, zone)?;
    edit(&mut tokens, times);
    let mut edits = joins::turned(&tokens, query);
    edits.extend(beside.iter().filter_map(|span| of_group(&tokens, *span)));
    edits.extend(wide(&tokens, query));
    for at in (0..tokens.len()).filter(|at| is_keyword(&tokens[*at].token, Keyword::SELECT)) {
        let select = Select::at(&tokens, at);
        edits.extend(select.names());
        edits.extend(select.places(sql)?);
    }
    edit(&mut tokens, edits);
    let edits = (0..tokens.len()).filter_map(|at| signed(&tokens, at)).flatten().collect();
    edit(&mut tokens, edits);
    Ok(tokens)
}

/// What makes a figure of a column of a group.
fn of_group(tokens: &[TokenWithSpan], span: Span) -> Option<Edit> {
    let range = range_of(tokens, span)?;
    let column = tokens[range.clone()].iter().map(|token| token.token.clone());
    let figure = [word("MIN", None), Token::LParen].into_iter().chain(column).chain([Token::RParen]);
    Some((range, figure.collect()))
}

fn edit(tokens: &mut Vec<TokenWithSpan>, mut edits: Vec<Edit>) {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    for (range, new) in edits {
        let span = tokens[range.start.min(tokens.len() - 1)].span;
        tokens.splice(range, new.into_iter().map(|token| TokenWithSpan { token, span }));
    }
}

/// Texts that are compared with times become numbers.
fn times(
    sql: &str,
    tokens: &[TokenWithSpan],
    query: &Query,
    own: &BTreeSet<String>,
    zone: &Zone,
) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    let wrong = visit_expressions(query, |expr| {
        for (text, span) in time_and_texts(expr, own) {
            let at = place_of(tokens, span.start);
            match parse_date(text, zone) {
                Ok(time) => edits.extend(at.map(|at| (at..at + 1, vec![Token::Number(time.to_string(), false)]))),
                Err(error) => return ControlFlow::Break(Box::new(error.at(UNNAMED, sql, bytes(sql, span)))),
            }
        }
        ControlFlow::Continue(())
    });
    match wrong {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(edits),
    }
}

/// A SELECT as tokens: where its columns stand, and by what its rows are sorted.
struct Select<'t> {
    tokens: &'t [TokenWithSpan],
    columns: Vec<Range<usize>>,
    order: Vec<Range<usize>>,
    has_groups: bool,
}

impl<'t> Select<'t> {
    /// The one that begins here.
    fn at(tokens: &'t [TokenWithSpan], start: usize) -> Self {
        let mut select = Self { tokens, columns: Vec::new(), order: Vec::new(), has_groups: false };
        let mut at = start + 1;
        while let Some(word) = first_from(tokens, at).filter(|at| is_one_of(&tokens[*at].token, BEFORE_COLUMNS)) {
            at = word + 1;
        }
        (select.columns, at) = select.list(at, AFTER_COLUMNS);
        while let Some(next) = step(tokens, at) {
            if is_keyword(&tokens[at].token, Keyword::SELECT) {
                break;
            }
            select.has_groups |= is_keyword(&tokens[at].token, Keyword::GROUP);
            let by = first_from(tokens, at + 1).filter(|by| is_keyword(&tokens[*by].token, Keyword::BY));
            if let Some(by) = by.filter(|_| is_keyword(&tokens[at].token, Keyword::ORDER)) {
                (select.order, at) = select.list(by + 1, AFTER_ORDER);
            } else {
                at = next;
            }
        }
        select
    }

    /// What stands between the commas from here to one of these words, and where that stands.
    fn list(&self, start: usize, ends: &[Keyword]) -> (Vec<Range<usize>>, usize) {
        let (mut list, mut from, mut at) = (Vec::new(), start, start);
        while let Some(next) = step(self.tokens, at).filter(|_| !is_one_of(&self.tokens[at].token, ends)) {
            if self.tokens[at].token == Token::Comma {
                list.extend(self.trimmed(from..at));
                from = next;
            }
            at = next;
        }
        list.extend(self.trimmed(from..at));
        (list, at)
    }

    /// These tokens without white space around them.
    fn trimmed(&self, range: Range<usize>) -> Option<Range<usize>> {
        let says = |at: &usize| !is_white(&self.tokens[*at].token);
        let first = range.clone().find(says)?;
        let last = range.rev().find(says)?;
        Some(first..last + 1)
    }

    fn of(&self, range: &Range<usize>) -> Vec<&'t Token> {
        let tokens = self.tokens[range.clone()].iter().map(|token| &token.token);
        tokens.filter(|token| !is_white(token)).collect()
    }

    /// Names for columns that would have the same one.
    fn names(&self) -> Vec<Edit> {
        let columns: Vec<Vec<&Token>> = self.columns.iter().map(|range| self.of(range)).collect();
        let called: Vec<Option<&str>> = columns.iter().map(|column| called(column)).collect();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        called.iter().flatten().for_each(|name| *count.entry(name).or_default() += 1);
        let mut taken: BTreeSet<String> = called.iter().flatten().map(|name| (*name).to_owned()).collect();
        let mut kept = BTreeSet::new();
        let mut edits = Vec::new();
        for ((column, name), range) in columns.iter().zip(&called).zip(&self.columns) {
            let Some(name) = name.filter(|name| count[name] > 1 && own_name(column).is_none()) else { continue };
            if (column.len() == 1 || counts_rows(column)) && kept.insert(name) {
                continue;
            }
            let new = free(&spelled(column), &mut taken);
            edits.push((range.end..range.end, vec![SPACE, word("AS", None), SPACE, word(&new, Some('"'))]));
        }
        edits
    }

    /// The places of columns that rows are sorted by, where these are terms: the engine would work them out again, and
    /// figures of many rows it takes at their places only.
    fn places(&self, sql: &str) -> Result<Vec<Edit>> {
        let columns: Vec<Vec<&Token>> = self.columns.iter().map(|range| unnamed(self.of(range))).collect();
        // What stands behind all columns of a table has no place that could be told.
        let told = columns.iter().position(|column| column.last() == Some(&&Token::Mul)).unwrap_or(columns.len());
        let edit = |range: &Range<usize>| {
            let of = unsorted(self.of(range));
            let at = columns[..told].iter().position(|column| *column == of);
            let Some(at) = at.filter(|_| !is_name(&of)) else {
                let is_lost = self.has_groups && has_aggregate(&of);
                return if is_lost { Err(self.unplaced(range, sql)) } else { Ok(None) };
            };
            let sorted = self.of(range).split_off(of.len()).into_iter().flat_map(|token| [SPACE, token.clone()]);
            let place = [Token::Number((at + 1).to_string(), false)];
            Ok(Some((range.clone(), place.into_iter().chain(sorted).collect())))
        };
        self.order.iter().filter_map(|range| edit(range).transpose()).collect()
    }

    fn unplaced(&self, range: &Range<usize>, sql: &str) -> Error {
        let tokens = &self.tokens[range.clone()];
        let sorted = |token: &&TokenWithSpan| !is_one_of(&token.token, SORTED);
        let term = tokens.iter().take_while(sorted).map(|token| bytes(sql, token.span));
        let span = term.reduce(|first, last| first.start..last.end).unwrap_or_default();
        let what = sql.get(span.clone()).unwrap_or_default().trim();
        refuse(format!("rows are sorted by `{what}`, which is no column of theirs"))
            .at(UNNAMED, sql, span.start..span.start + what.len())
            .help(format!("give it a name: `SELECT {what} AS x, ... ORDER BY x`"))
    }
}

const BEFORE_COLUMNS: &[Keyword] = &[Keyword::DISTINCT, Keyword::ALL];

const AFTER_COLUMNS: &[Keyword] = &[
    Keyword::FROM,
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::UNION,
    Keyword::INTERSECT,
    Keyword::EXCEPT,
];

/// How rows are sorted by a term.
const SORTED: &[Keyword] = &[Keyword::ASC, Keyword::DESC, Keyword::NULLS];

const AFTER_ORDER: &[Keyword] = &[Keyword::LIMIT, Keyword::OFFSET, Keyword::FETCH];

/// Words of SQL that stand in terms and name no column.
const WORDS: &[Keyword] = &[
    Keyword::AND,
    Keyword::AS,
    Keyword::CASE,
    Keyword::DISTINCT,
    Keyword::ELSE,
    Keyword::END,
    Keyword::FALSE,
    Keyword::IN,
    Keyword::IS,
    Keyword::LIKE,
    Keyword::NOT,
    Keyword::NULL,
    Keyword::OR,
    Keyword::OVER,
    Keyword::THEN,
    Keyword::TRUE,
    Keyword::WHEN,
];

pub(super) fn is_keyword(token: &Token, keyword: Keyword) -> bool {
    is_one_of(token, &[keyword])
}

/// The token behind this one, behind all that stands in brackets if it opens some; nothing at the end.
pub(super) fn step(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            Token::SemiColon => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(place + 1);
        }
    }
    None
}

/// The first token from here on that is more than white space.
pub(super) fn first_from(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    (at..tokens.len()).find(|at| !is_white(&tokens[*at].token))
}

fn is_one_of(token: &Token, keywords: &[Keyword]) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && keywords.contains(&word.keyword))
}

/// The name of a column or table that a token is.
fn name_of(token: &Token) -> Option<&str> {
    match token {
        Token::Word(Word { value, .. }) if !is_one_of(token, WORDS) => Some(value),
        _ => None,
    }
}

/// The name that a question gives a column: behind AS, or behind what ends a term.
fn own_name<'t>(column: &[&'t Token]) -> Option<&'t str> {
    let [.., before, last] = column else { return None };
    let ends = is_keyword(before, Keyword::AS)
        || is_keyword(before, Keyword::END)
        || matches!(before, Token::RParen | Token::Number(..) | Token::SingleQuotedString(_))
        || name_of(before).is_some();
    name_of(last).filter(|_| ends)
}

/// `COUNT(*)`.
fn counts_rows(column: &[&Token]) -> bool {
    matches!(column, [Token::Word(word), Token::LParen, Token::Mul, Token::RParen] if word.value == "count")
}

/// What the engine calls a column: by its own name, or the first column in it.
fn called<'t>(column: &[&'t Token]) -> Option<&'t str> {
    let is_function = |at: usize| matches!(column.get(at + 1), Some(Token::LParen | Token::Period));
    let first = (0..column.len()).filter(|at| !is_function(*at)).find_map(|at| name_of(column[at]));
    own_name(column).or(first).or_else(|| counts_rows(column).then_some("count"))
}

/// A column's term spelled as a name: `min_time` of `MIN(time)`. By such a name it is shown as a time, unless it is more.
fn spelled(column: &[&Token]) -> String {
    let text: Vec<String> = column.iter().map(|token| token.to_string().to_lowercase()).collect();
    let text = text.join(" ");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_");
    let is_column =
        |tokens: &[&Token]| tokens.iter().all(|token| name_of(token).is_some() || **token == Token::Period);
    let is_one = match column {
        [function, Token::LParen, of @ .., Token::RParen] => is_keeping(function) && is_column(of),
        other => is_column(other),
    };
    if is_time(&name) && !is_one { name + "_value" } else { name }
}

/// Whether a function's value is one of those that it is given.
fn is_keeping(function: &Token) -> bool {
    matches!(function, Token::Word(word) if ["min", "max"].contains(&word.value.as_str()))
}

/// A name that is not taken.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// A column's term without its name.
fn unnamed(mut column: Vec<&Token>) -> Vec<&Token> {
    if own_name(&column).is_some() {
        column.pop();
        column.pop_if(|last| is_keyword(last, Keyword::AS));
    }
    column
}

/// A term that rows are sorted by, without how they are.
fn unsorted(mut term: Vec<&Token>) -> Vec<&Token> {
    let end = term.iter().position(|token| is_one_of(token, SORTED));
    term.truncate(end.unwrap_or(term.len()));
    term
}

/// Whether a term is a column or the place of one.
fn is_name(term: &[&Token]) -> bool {
    let is_part = |token: &&Token| matches!(token, Token::Word(_) | Token::Period);
    matches!(term, [Token::Number(..)]) || term.iter().all(is_part)
}

/// Whether a term is worked out from many rows.
fn has_aggregate(term: &[&Token]) -> bool {
    let is_aggregate = |pair: &[&Token]| match pair {
        [Token::Word(word), Token::LParen] => {
            functions::named(&word.value).is_some_and(|known| known.of == Of::Rows)
        }
        _ => false,
    };
    let by_itself = [Keyword::OVER, Keyword::SELECT];
    term.windows(2).any(is_aggregate) && !term.iter().any(|token| is_one_of(token, &by_itself))
}

#[cfg(test)]
mod tests {
    use super::super::guard::check;
    use crate::time::Zone;

    fn meant(sql: &str) -> String {
        let needs = check(sql, &Zone::named("Europe/Berlin").expect("a zone"));
        needs.map_or_else(
            |e| e.to_string(),
            |needs| needs.parts.sql.split_whitespace().collect::<Vec<_>>().join(" "),
        )
    }

    #[test]
    fn rows_can_be_sorted_by_figures() {
        for (sql, expected) in [
            (
                "SELECT service, COUNT(*) FROM sessions GROUP BY service ORDER BY COUNT(*) DESC, service LIMIT 3",
                "select service, CAST(count(*) AS BIGINT) from sessions group by service order by 2 desc, service limit 3",
            ),
            (
                "SELECT SUM(bytes_in) AS b FROM sessions GROUP BY service HAVING COUNT(*) > 2 ORDER BY sum( bytes_in )",
                "select sum(bytes_in) as b from sessions group by service having CAST(count(*) AS BIGINT) > 2 order by 1",
            ),
            (
                "SELECT t.s FROM (SELECT service s, MAX(time) m FROM sessions GROUP BY service ORDER BY MAX(time)) t ORDER BY t.s",
                "select t.s from (select service s, max(time) m from sessions group by service order by 2) t order by t.s",
            ),
            (
                "SELECT ROW_NUMBER() OVER (ORDER BY time) AS n FROM sessions ORDER BY n",
                "select CAST(row_number() over (order by time) AS BIGINT) as n from sessions order by n",
            ),
            (
                "SELECT COUNT(*) n FROM sessions ORDER BY MAX(time)",
                "select CAST(count(*) AS BIGINT) n from sessions order by max(time)",
            ),
        ] {
            assert_eq!(meant(sql), expected);
        }
        let all = "SELECT *, COUNT(*) FROM (SELECT service FROM sessions) t GROUP BY service ORDER BY COUNT(*)";
        assert!(meant(all).contains("which is no column of theirs"));
        let error = meant("SELECT service FROM sessions GROUP BY service ORDER BY MAX(time) DESC");
        assert!(error.contains("the question:1:56") && error.contains("`SELECT MAX(time) AS x, ..."), "{error}");
    }

    #[test]
    fn columns_that_would_be_called_the_same_are_called_as_they_are_spelled() {
        for (columns, expected) in [
            ("MIN(time), MAX(time)", r#"min(time) AS "min_time", max(time) AS "max_time""#),
            ("COUNT(*), COUNT(DISTINCT helo)", "CAST(count(*) AS BIGINT), CAST(count(distinct helo) AS BIGINT)"),
            ("COUNT(*), COUNT(*)", r#"CAST(count(*) AS BIGINT), CAST(count(*) AS BIGINT) AS "count_2""#),
            ("COUNT(helo) AS helo, MAX(helo)", r#"CAST(count(helo) AS BIGINT) as helo, max(helo) AS "max_helo""#),
            ("MIN(day), MAX(day)", r#"min(day) AS "min_day", max(day) AS "max_day""#),
            (
                "MAX(time) - MIN(time), COUNT(time)",
                r#"max(time) - min(time) AS "max_time_min_time_value", CAST(count(time) AS BIGINT) AS "count_time_value""#,
            ),
            ("service, service", r#"service, service AS "service_2""#),
            ("s.time, l.time", r#"s.time AS "s_time", l.time AS "l_time""#),
            ("lower(helo), helo, 1 AS x", r#"lower(helo) AS "lower_helo", helo, CAST(1 AS BIGINT) as x"#),
            (
                "CASE WHEN helo IS NULL THEN 1 END n, helo",
                "case when helo is null then CAST(1 AS BIGINT) end n, helo",
            ),
        ] {
            let from = "from sessions s, logins l";
            assert_eq!(meant(&format!("SELECT {columns} {from}")), format!("select {expected} {from}"));
        }
    }

    #[test]
    fn counts_ranks_and_lengths_have_a_sign() {
        for (sql, expected) in [
            (
                "SELECT -COUNT(*) FILTER (WHERE helo = 'a)') - 1 AS n, 1 AS count FROM sessions",
                "select -CAST(count(*) filter (where helo = 'a)') AS BIGINT) - 1 as n, CAST(1 AS BIGINT) as count from sessions",
            ),
            (
                "SELECT RANK ( ) OVER (ORDER BY LENGTH(LENGTH(helo))) FROM sessions",
                "select CAST(rank ( ) over (order by CAST(length(CAST(length(helo) AS BIGINT)) AS BIGINT)) AS BIGINT) from sessions",
            ),
        ] {
            assert_eq!(meant(sql), expected);
        }
    }

    #[test]
    fn texts_beside_times_are_times() {
        for (sql, expected) in [
            ("time >= '2026-11-24'", "time >= 1795474800000000"),
            ("'2026-11-24T03:00:00Z' < end_time", "1795489200000000 < end_time"),
            (
                "time BETWEEN '2026-11-24' AND '2026-11-24 03:00'",
                "time between 1795474800000000 and 1795485600000000",
            ),
            ("(time) < '2026-11-24'", "(time) < 1795474800000000"),
            ("coalesce(end_time, time) < '2026-11-24'", "coalesce(end_time, time) < 1795474800000000"),
            ("helo = '2026-11-24'", "helo = '2026-11-24'"),
            ("('a') = 'b'", "('a') = 'b'"),
            ("(helo || 'x') = '2026-11-24'", "(helo || 'x') = '2026-11-24'"),
        ] {
            let found = meant(&format!("SELECT time FROM sessions WHERE {sql}"));
            assert_eq!(found, format!("select time from sessions where {expected}"));
        }
        let own = "SELECT x.hour FROM (SELECT helo AS hour FROM sessions) x WHERE x.hour = '12'";
        assert!(meant(own).ends_with("where x.hour = '12'"));
        let error = meant("SELECT time FROM sessions WHERE time > 'noon'");
        assert!(error.contains("the question:1:40") && error.contains("`noon` is not a time"), "{error}");
    }
}
