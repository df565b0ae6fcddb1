//! Joins that the engine would work out otherwise than they are written.
//!
//! It takes each equality for one of a column of either side, whatever stands there, and any other condition makes an
//! inner join of an outer one.

use super::meant::Edit;
use super::refusals::{Asked, Step, seek};
use super::tokens::{SPACE, range_of};
use super::tree::{column_of, relations};
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, Query, Select, Spanned, TableFactor, Visit,
    Visitor, visit_expressions,
};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

const WHERE_ELSE: &str = "put it into WHERE, or into a SELECT in brackets that is joined";

const VALUE: &str = "name the table, `a.x = 'value'`; or put it into WHERE";

/// Whether a question reads a table of this name.
pub(super) fn reads(query: &Query, table: &str) -> bool {
    relations(query).iter().any(|name| name.to_string() == table)
}

/// Refuses two tables of one name.
pub(super) fn names(asked: Asked<'_>, select: &Select) -> Step {
    let mut seen = BTreeSet::new();
    let joined = select.from.iter().flat_map(|from| from.joins.iter().map(|join| &join.relation));
    for factor in select.from.iter().map(|from| &from.relation).chain(joined) {
        let Some(name) = name(factor) else { continue };
        if !seen.insert(name.value.clone()) {
            let what = format!("two tables have the name `{}` here", name.value);
            let why = "it cannot be told whose columns are meant";
            return asked.wrong(what, name.span, why, format!("give each a name: `{0} a JOIN {0} b`", name.value));
        }
    }
    ControlFlow::Continue(())
}

/// How a table is called in its SELECT.
fn name(factor: &TableFactor) -> Option<Ident> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.clone())
        }
        TableFactor::Table { name, .. } => name.0.last()?.as_ident().cloned(),
        _ => None,
    }
}

/// Refuses joins that would have other rows than they say.
pub(super) fn check(asked: Asked<'_>, select: &Select) -> Step {
    select.from.iter().flat_map(|from| &from.joins).try_for_each(|join| one(asked, join))?;
    if select.from.len() > 1 {
        // The engine makes joins of these.
        let conditions = select.selection.iter().flat_map(conjuncts);
        for (condition, left, _, right) in conditions.filter_map(compared) {
            let (left, right) = (tables(left), tables(right));
            if left.len() + right.len() > 2 && !left.is_empty() && !right.is_empty() {
                return mixed(asked, condition);
            }
        }
    }
    ControlFlow::Continue(())
}

fn one(asked: Asked<'_>, join: &Join) -> Step {
    use JoinOperator::{CrossJoin, FullOuter, Inner, Right, RightOuter};
    let at = join.relation.span();
    let is_inner = matches!(join.join_operator, JoinOperator::Join(_) | Inner(_));
    match constraint(&join.join_operator) {
        Some(JoinConstraint::Natural) => {
            let why = "which columns are joined by depends on which the question names";
            asked.wrong("NATURAL JOIN cannot be used".to_owned(), at, why, "write `ON a.x = b.x`")
        }
        Some(JoinConstraint::Using(_))
            if matches!(join.join_operator, Right(_) | RightOuter(_) | FullOuter(_)) =>
        {
            let why = "the column would be NULL where the left table has no row";
            asked.wrong(
                "USING cannot be used here".to_owned(),
                at,
                why,
                "write `ON a.x = b.x` and COALESCE(a.x, b.x)",
            )
        }
        Some(JoinConstraint::On(_)) if matches!(join.join_operator, CrossJoin(_)) => {
            asked.wrong("CROSS JOIN has a condition".to_owned(), at, "it joins all rows", "write JOIN")
        }
        Some(JoinConstraint::On(condition)) => {
            asked.no_figure(condition, "ON", "work it out in a WITH, and join that")?;
            let of = name(&join.relation).map(|name| name.value);
            conjuncts(condition)
                .into_iter()
                .try_for_each(|part| condition_of(asked, part, of.as_deref(), is_inner))
        }
        _ => ControlFlow::Continue(()),
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    use JoinOperator::{
        Anti, CrossJoin, FullOuter, Inner, Join, Left, LeftAnti, LeftOuter, LeftSemi, Right, RightAnti,
        RightOuter, RightSemi, Semi,
    };
    match operator {
        Join(on) | Inner(on) | Left(on) | LeftOuter(on) | Right(on) | RightOuter(on) | FullOuter(on)
        | CrossJoin(on) | Semi(on) | LeftSemi(on) | RightSemi(on) | Anti(on) | LeftAnti(on) | RightAnti(on) => {
            Some(on)
        }
        _ => None,
    }
}

/// One of the conditions of a join with the table of this name.
fn condition_of(asked: Asked<'_>, condition: &Expr, table: Option<&str>, is_inner: bool) -> Step {
    let Some((_, left, op, right)) = compared(condition) else {
        let why = "a join is asked by what is equal, less or more";
        return asked.wrong("this cannot stand in ON".to_owned(), condition.span(), why, WHERE_ELSE);
    };
    if *op != BinaryOperator::Eq {
        if !is_inner {
            let why = "the engine would leave out the rows that have no other";
            let what = format!("only `=` can stand in ON here, no `{op}`");
            return asked.wrong(what, condition.span(), why, WHERE_ELSE);
        }
        let mixes = |side: &Expr| tables(side).len() > 1;
        return if mixes(left) || mixes(right) { mixed(asked, condition) } else { ControlFlow::Continue(()) };
    }
    if of_value(condition).is_some() {
        return ControlFlow::Continue(());
    }
    if [left, right].into_iter().any(|side| seek(side, |expr| column_of(expr).is_some()).is_none()) {
        let why = "the engine takes an equality in ON for one of columns of two tables";
        return asked.wrong("a side of this has no column".to_owned(), condition.span(), why, VALUE);
    }
    let (left, right) = (tables(left), tables(right));
    let one_each = left.len() == 1 && right.len() == 1;
    let joins = table.map_or(left != right, |table| left.contains(table) != right.contains(table));
    if left.is_empty() || right.is_empty() || one_each && joins {
        return ControlFlow::Continue(());
    }
    let why = "the engine takes an equality in ON for one of the joined table and another";
    asked.wrong("this equality joins nothing".to_owned(), condition.span(), why, WHERE_ELSE)
}

/// A column of a table that is equal to a value: its name with that of the table, and the value.
fn of_value(condition: &Expr) -> Option<(&Expr, &str, &Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = condition else { return None };
    let ((column, value @ Expr::Value(_)) | (value @ Expr::Value(_), column)) = (&**left, &**right) else {
        return None;
    };
    let Expr::CompoundIdentifier(names) = column else { return None };
    let [table, _] = names.as_slice() else { return None };
    Some((column, &table.value, value))
}

/// Puts each column that is beside a value in ON to the side of its table: the engine looks for what stands left in what was
/// joined so far, and for what stands right in the table that joins.
pub(super) fn turned(tokens: &[TokenWithSpan], query: &Query) -> Vec<Edit> {
    let mut walk = Turned { tokens, edits: Vec::new() };
    let _ = query.visit(&mut walk);
    walk.edits
}

struct Turned<'t> {
    tokens: &'t [TokenWithSpan],
    edits: Vec<Edit>,
}

impl Visitor for Turned<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for join in select.from.iter().flat_map(|from| &from.joins) {
            let Some(JoinConstraint::On(condition)) = constraint(&join.join_operator) else { continue };
            let joined = name(&join.relation);
            for (column, table, value) in conjuncts(condition).into_iter().filter_map(of_value) {
                let is_joined = joined.as_ref().is_some_and(|joined| joined.value == table);
                self.edits.extend(self.turn(column.span(), value.span(), is_joined));
            }
        }
        ControlFlow::Continue(())
    }
}

impl Turned<'_> {
    /// Puts the value first, or last; nothing where it stands there.
    fn turn(&self, column: Span, value: Span, value_first: bool) -> Option<Edit> {
        let (column, value) = (range_of(self.tokens, column)?, range_of(self.tokens, value)?);
        let (left, right) =
            if column.start < value.start { (column, value.clone()) } else { (value.clone(), column) };
        if value_first == (left == value) {
            return None;
        }
        let of = |range: Range<usize>| self.tokens[range].iter().map(|token| token.token.clone());
        let turned = of(right.clone()).chain([SPACE, Token::Eq, SPACE]).chain(of(left.clone())).collect();
        Some((left.start..right.end, turned))
    }
}

fn mixed(asked: Asked<'_>, condition: &Expr) -> Step {
    let why = "the engine takes each side for one of a single table";
    let help = "bring the columns of one table to each side: `a.time < b.time + 60`";
    asked.wrong("a side of this names two tables".to_owned(), condition.span(), why, help)
}

fn compared(condition: &Expr) -> Option<(&Expr, &Expr, &BinaryOperator, &Expr)> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    match condition {
        Expr::BinaryOp { left, op: op @ (Eq | NotEq | Lt | LtEq | Gt | GtEq), right } => {
            Some((condition, left, op, right))
        }
        _ => None,
    }
}

fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => [conjuncts(left), conjuncts(right)].concat(),
        Expr::Nested(inner) => conjuncts(inner),
        other => vec![other],
    }
}

/// The tables that a term names with its columns.
fn tables(part: &impl Visit) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let _ = visit_expressions(part, |expr| {
        if let Expr::CompoundIdentifier(names) = expr
            && let [table, _] = names.as_slice()
        {
            found.insert(table.value.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    found
}
