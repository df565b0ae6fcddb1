//! What the engine would answer wrongly, or in portions otherwise than at once: refused, with what to write instead.
//!
//! Each rule here, in `groups.rs`, `joins.rs` and `windows.rs` stands for questions that were answered wrongly without a
//! word. What can be put right is not refused but rewritten, in `meant.rs` and `widths.rs`.

use super::aggregates::{is_aggregate, is_window};
use super::functions::{self, Of};
use super::tokens::{self, UNNAMED, refuse};
use super::tree::names;
use super::{groups, joins, windows};
use crate::error::{Error, Result};
use sqlparser::ast::{
    Cte, DataType, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    Query, Select, SelectFlavor, SetExpr, Spanned, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::tokenizer::Span;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// How deep terms may stand in one another: each operator of a chain is a level, and the engine walks by recursion.
const DEEPEST: usize = 64;

pub(super) type Step = ControlFlow<Box<Error>>;

/// Refuses what is nested too deep, and names that mean two things.
///
/// # Errors
///
/// Where it is so; exit code 64.
pub(super) fn built(sql: &str, query: &Query) -> Result<()> {
    told(query.visit(&mut Built { asked: Asked { sql }, depth: 0, common: BTreeSet::new() }))
}

/// Refuses what would be answered wrongly. What remains are the columns of groups that stand beside figures, by where
/// they stand: each must be told as one value of its group.
///
/// # Errors
///
/// Where there is such a thing; exit code 64.
pub(super) fn rightly(sql: &str, query: &Query) -> Result<Vec<Span>> {
    let mut walk = Rightly { asked: Asked { sql }, selects: Vec::new(), functions: Vec::new() };
    told(query.visit(&mut walk))?;
    let mut beside = Vec::new();
    for select in &walk.selects {
        beside.extend(told(walk.select(select))?);
    }
    told(walk.functions.iter().try_for_each(|function| walk.function(function)))?;
    Ok(beside)
}

fn told<T>(step: ControlFlow<Box<Error>, T>) -> Result<T> {
    match step {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(found) => Ok(found),
    }
}

/// The question as it was written.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    sql: &'q str,
}

impl Asked<'_> {
    /// Says what cannot be, where, why, and what to write.
    pub fn wrong(self, what: String, span: Span, why: &str, help: impl Into<String>) -> Step {
        let error = refuse(what).why(why).help(help);
        let place = tokens::bytes(self.sql, span);
        ControlFlow::Break(Box::new(if place.is_empty() { error } else { error.at(UNNAMED, self.sql, place) }))
    }

    /// Refuses figures in a part of a question where there are none yet.
    pub fn no_figure(self, part: &impl Visit, place: &str, help: &str) -> Step {
        let figure = |expr: &Expr| is_aggregate(expr) || is_window(expr);
        let Some((name, span)) = seek(part, figure).as_ref().and_then(called) else {
            return ControlFlow::Continue(());
        };
        self.wrong(format!("`{name}` cannot stand in {place}"), span, "it is worked out later", help)
    }
}

/// The name of a function that a term calls, and where it stands.
pub(super) fn called(expr: &Expr) -> Option<(String, Span)> {
    let Expr::Function(function) = expr else { return None };
    Some((function.name.to_string().to_uppercase(), function.name.span()))
}

/// The first term in a part of a question that is so; what stands in questions inside it does not count.
pub(super) fn seek(part: &impl Visit, is_so: impl Fn(&Expr) -> bool) -> Option<Expr> {
    part.visit(&mut Seek { inside: 0, is_so }).break_value().map(|found| *found)
}

struct Seek<F> {
    inside: usize,
    is_so: F,
}

impl<F: Fn(&Expr) -> bool> Visitor for Seek<F> {
    // A term itself would stand many times in each frame of the walk.
    type Break = Box<Expr>;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Box<Expr>> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Box<Expr>> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Box<Expr>> {
        if self.inside == 0 && (self.is_so)(expr) {
            return ControlFlow::Break(Box::new(expr.clone()));
        }
        ControlFlow::Continue(())
    }
}

/// A walk through a question that looks at how it is built.
struct Built<'q> {
    asked: Asked<'q>,
    depth: usize,
    /// The common tables so far.
    common: BTreeSet<String>,
}

impl Visitor for Built<'_> {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> Step {
        query.with.iter().flat_map(|with| &with.cte_tables).try_for_each(|part| self.common(part))
    }

    fn pre_visit_select(&mut self, select: &Select) -> Step {
        joins::names(self.asked, select)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Step {
        self.depth += 1;
        if self.depth > DEEPEST {
            let what = "this is not SQL that can be read".to_owned();
            let help = "many values stand in a list: `x IN ('a', 'b', ...)`";
            return self.asked.wrong(what, expr.span(), "it is nested too deep", help);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> Step {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

impl Built<'_> {
    fn common(&mut self, part: &Cte) -> Step {
        let Ident { value: name, span, .. } = &part.alias.name;
        let wrong = |what, why, help: &str| self.asked.wrong(what, *span, why, help);
        if !self.common.insert(name.clone()) {
            let what = format!("two common tables have the name `{name}`");
            return wrong(what, "the engine takes one for the other", "give each its own name");
        }
        if joins::reads(&part.query, name) {
            let what = format!("the common table `{name}` is made of what has its name");
            return wrong(what, "it cannot be told which of them is meant", "name it otherwise");
        }
        ControlFlow::Continue(())
    }
}

/// A walk through a question that looks at what it means. What is found is looked at afterwards: a walk within a walk
/// would need twice the stack.
struct Rightly<'q> {
    asked: Asked<'q>,
    /// Each SELECT.
    selects: Vec<Select>,
    /// Each function of many rows.
    functions: Vec<Expr>,
}

impl Visitor for Rightly<'_> {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> Step {
        match (&*query.body, &query.order_by) {
            (SetExpr::Select(select), Some(order)) => groups::order(self.asked, select, order),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> Step {
        self.selects.push(select.clone());
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Step {
        match expr {
            Expr::Function(_) => {
                if is_aggregate(expr) || windows::looks_over_rows(expr) {
                    self.functions.push(expr.clone());
                }
                ControlFlow::Continue(())
            }
            Expr::Cast { expr, data_type, .. } => self.cast(expr, data_type),
            Expr::IsTrue(inner) => self.truth(inner, "IS TRUE", "COALESCE(x, FALSE)"),
            Expr::IsNotTrue(inner) => self.truth(inner, "IS NOT TRUE", "NOT COALESCE(x, FALSE)"),
            Expr::IsFalse(inner) => self.truth(inner, "IS FALSE", "NOT COALESCE(x, TRUE)"),
            Expr::IsNotFalse(inner) => self.truth(inner, "IS NOT FALSE", "COALESCE(x, TRUE)"),
            Expr::Position { expr, .. } => {
                let (why, help) = functions::left_out(functions::STRPOS).unwrap_or_default();
                self.asked.wrong("`POSITION` cannot be used".to_owned(), expr.span(), why, help)
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Rightly<'_> {
    fn select(&self, select: &Select) -> ControlFlow<Box<Error>, Vec<Span>> {
        self.shape(select)?;
        let help = "HAVING chooses among groups; else work it out in a WITH and choose among its rows";
        self.asked.no_figure(&select.selection, "WHERE", help)?;
        joins::check(self.asked, select)?;
        let beside = groups::check(self.asked, select)?;
        windows::of_select(self.asked, select)?;
        ControlFlow::Continue(beside)
    }

    fn shape(&self, select: &Select) -> Step {
        if let (true, Some(condition)) = (select.from.is_empty(), &select.selection) {
            let what = "WHERE stands without FROM".to_owned();
            return self.asked.wrong(what, condition.span(), "there are no rows to choose from", "leave it out");
        }
        if select.flavor != SelectFlavor::Standard {
            let what = "FROM stands before SELECT".to_owned();
            let why = "only questions that begin with SELECT or WITH are read";
            return self.asked.wrong(
                what,
                select.from.first().map_or(Span::empty(), Spanned::span),
                why,
                "SELECT ... FROM ...",
            );
        }
        ControlFlow::Continue(())
    }

    fn function(&self, expr: &Expr) -> Step {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        windows::check(self.asked, function)?;
        self.asked.no_figure(&function.filter, "FILTER", "work it out in a WITH, and filter its rows")?;
        let known = functions::known(function).filter(|known| known.of == Of::Rows);
        let Some(name) = known.map(|known| known.name) else { return ControlFlow::Continue(()) };
        if is_aggregate(expr) {
            self.asked.no_figure(&function.args, "another one", "work out the inner one in a WITH")?;
        }
        if names(&function.args).is_empty() && !(name == "count" && counts_rows(function)) {
            let what = format!("`{}` of what is the same in all rows", name.to_uppercase());
            let why = "the engine works it out of one row";
            return self.asked.wrong(what, function.name.span(), why, "`COUNT(*)` counts rows");
        }
        ControlFlow::Continue(())
    }

    /// Narrow numbers lose what they have no room for, without a word.
    fn cast(&self, expr: &Expr, to: &DataType) -> Step {
        use DataType::{BigInt, Bool, Boolean, Date, Double, DoublePrecision, String, Text, Timestamp, Varchar};
        if matches!(
            to,
            BigInt(_)
                | Bool
                | Boolean
                | Date
                | Double(_)
                | DoublePrecision
                | String(_)
                | Text
                | Timestamp(..)
                | Varchar(_)
        ) {
            return ControlFlow::Continue(());
        }
        let why = "what has no room in it would become something else";
        let help = "write BIGINT, DOUBLE, VARCHAR, BOOLEAN, TIMESTAMP or DATE";
        self.asked.wrong(format!("CAST to {to} cannot be used"), expr.span(), why, help)
    }

    fn truth(&self, of: &Expr, asked: &str, help: &str) -> Step {
        let why = "the engine gives NULL, not FALSE, where the condition is NULL";
        self.asked.wrong(format!("`{asked}` cannot be used"), of.span(), why, format!("write `{help}`"))
    }
}

/// `COUNT(*)`, or of one thing that is there in each row.
fn counts_rows(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    match list.args.as_slice() {
        [] | [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] => !distinct,
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(ValueWithSpan { value, .. })))] => {
            !distinct && *value != Value::Null
        }
        _ => false,
    }
}
