//! Numbers as wide as those of the facts.
//!
//! The engine gives counts, lengths, ranks and parts of dates narrow types without a sign, and whole numbers that stand in a
//! question 32 bits; what has no room in these becomes another number, without a word. (`COUNT(*) - 10` would be four
//! thousand millions.)

use super::functions::{self, Makes, Of};
use super::meant::{Edit, first_from, is_keyword, step};
use super::tokens::{SPACE, place_of, word};
use super::tree::{column_of, names, term};
use crate::facts::schema::ColumnKind;
use crate::facts::tables;
use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, Query, Select, SelectItem, Spanned, UnaryOperator, Value,
    ValueWithSpan, Visit, Visitor,
};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// What takes a part of a date by words of its own.
const EXTRACT: &str = "extract";

/// Parts of dates that are no whole numbers.
const FRACTIONS: &[&str] = &["epoch", "time"];

/// What makes a wide number of the function that is called here, with its filter and its window, if it is one of those.
pub(super) fn signed(tokens: &[TokenWithSpan], at: usize) -> Option<[Edit; 2]> {
    let Token::Word(Word { value, quote_style: None, .. }) = &tokens[at].token else { return None };
    let is_narrow = functions::named(value).is_some_and(|known| known.makes == Makes::Narrow);
    if !is_narrow && !value.eq_ignore_ascii_case(EXTRACT) {
        return None;
    }
    let is_open = |at: &usize| tokens[*at].token == Token::LParen;
    let brackets = |from: usize| first_from(tokens, from).filter(is_open).and_then(|at| step(tokens, at));
    let mut end = brackets(at + 1)?;
    let open = first_from(tokens, at + 1)?;
    if ["date_part", EXTRACT].contains(&value.as_str()) && is_fraction(tokens, open) {
        return None;
    }
    for keyword in [Keyword::FILTER, Keyword::OVER] {
        let more = first_from(tokens, end).filter(|at| is_keyword(&tokens[*at].token, keyword));
        end = more.and_then(|at| brackets(at + 1)).unwrap_or(end);
    }
    Some(cast(at, end, "BIGINT"))
}

/// Whether the part of a date that is named behind this bracket is no whole number.
fn is_fraction(tokens: &[TokenWithSpan], open: usize) -> bool {
    let part = first_from(tokens, open + 1).map(|at| &tokens[at].token);
    let Some(Token::Word(Word { value: part, .. }) | Token::SingleQuotedString(part)) = part else { return false };
    FRACTIONS.iter().any(|fraction| part.eq_ignore_ascii_case(fraction))
}

/// What casts the tokens from here to there.
fn cast(start: usize, end: usize, to: &str) -> [Edit; 2] {
    let open = vec![word("CAST", None), Token::LParen];
    let close = vec![SPACE, word("AS", None), SPACE, word(to, None), Token::RParen];
    [(start..start, open), (end..end, close)]
}

/// What makes wide numbers of all others that are narrow.
pub(super) fn wide(tokens: &[TokenWithSpan], query: &Query) -> Vec<Edit> {
    let mut walk = Wide { tokens, flags: flags(query), edits: Vec::new() };
    let _ = query.visit(&mut walk);
    walk.edits
}

struct Wide<'t> {
    tokens: &'t [TokenWithSpan],
    flags: BTreeSet<String>,
    edits: Vec<Edit>,
}

impl Visitor for Wide<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        select.projection.iter().filter_map(term).for_each(|expr| self.literals(expr));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Case { conditions, else_result, .. } => {
                let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
                results.for_each(|result| self.literals(result));
            }
            Expr::Function(function) => self.function(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Wide<'_> {
    /// The numbers that a term is, or is made of alone.
    fn literals(&mut self, expr: &Expr) {
        match expr {
            Expr::Value(ValueWithSpan { value: Value::Number(digits, _), span })
                if digits.parse::<i64>().is_ok() =>
            {
                if let Some(at) = place_of(self.tokens, span.start) {
                    self.edits.extend(cast(at, at + 1, "BIGINT"));
                }
            }
            Expr::Nested(inner)
            | Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr: inner } => {
                self.literals(inner);
            }
            Expr::BinaryOp { left, right, .. } if names(expr).is_empty() => {
                self.literals(left);
                self.literals(right);
            }
            _ => {}
        }
    }

    fn function(&mut self, function: &Function) {
        let Some(known) = functions::known(function) else { return };
        let sums_conditions = || functions::terms(function).iter().any(|term| is_condition(term, &self.flags));
        match known.name {
            // The engine adds up conditions as numbers of 32 bits.
            "sum" if sums_conditions() => self.argument(function, "BIGINT"),
            // Of whole numbers the engine makes whole ones, and 2 to the 64th is 0.
            "pow" | "power" => self.argument(function, "DOUBLE"),
            _ if known.of == Of::Row => {
                functions::given(function).into_iter().for_each(|term| self.literals(term));
            }
            _ => {}
        }
    }

    /// Casts the first argument of a function.
    fn argument(&mut self, function: &Function, to: &str) {
        let Some(name) = place_of(self.tokens, function.name.span().start) else { return };
        let Some(open) = first_from(self.tokens, name + 1) else { return };
        let mut end = open + 1;
        while let Some(next) = step(self.tokens, end).filter(|_| self.tokens[end].token != Token::Comma) {
            end = next;
        }
        self.edits.extend(cast(open + 1, end, to));
    }
}

/// The names of columns that hold yes or no, those of the facts and those of the question.
fn flags(query: &Query) -> BTreeSet<String> {
    let columns = tables().flat_map(|table| table.columns).filter(|column| column.kind == ColumnKind::Flag);
    let mut flags: BTreeSet<String> = columns.map(|column| column.name.to_owned()).collect();
    loop {
        let mut named = Named { flags: &flags, found: BTreeSet::new() };
        let _ = query.visit(&mut named);
        let found = named.found;
        let before = flags.len();
        flags.extend(found);
        if flags.len() == before {
            return flags;
        }
    }
}

/// Finds the names that a question gives to conditions.
struct Named<'f> {
    flags: &'f BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Visitor for Named<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && is_condition(expr, self.flags)
            {
                self.found.insert(alias.value.clone());
            }
        }
        ControlFlow::Continue(())
    }
}

/// Whether a term says yes or no.
fn is_condition(expr: &Expr, flags: &BTreeSet<String>) -> bool {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or};
    match expr {
        Expr::Nested(inner) => is_condition(inner, flags),
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            column_of(expr).is_some_and(|name| flags.contains(&name.value))
        }
        Expr::BinaryOp { op, .. } => matches!(op, And | Eq | Gt | GtEq | Lt | LtEq | NotEq | Or),
        Expr::Cast { data_type, .. } => matches!(data_type, DataType::Boolean | DataType::Bool),
        Expr::Value(value) => matches!(value.value, Value::Boolean(_)),
        Expr::Case { conditions, else_result, .. } => {
            let mut results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
            results.any(|result| is_condition(result, flags))
        }
        Expr::Function(function) => {
            functions::known(function).is_some_and(|known| known.makes == Makes::Flag)
                || functions::given(function).iter().any(|term| is_condition(term, flags))
        }
        Expr::UnaryOp { op: UnaryOperator::Not, .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::Exists { .. } => true,
        _ => false,
    }
}
