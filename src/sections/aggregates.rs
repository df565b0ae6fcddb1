//! Questions with aggregates: a plain column beside an aggregate without GROUP BY is refused (the engine would take it from
//! any row), and an aggregate without a name is given one.

use super::functions::{self, Of};
use super::guard::Needs;
use super::tree::{column_of, is_question};
use polars::prelude::DataFrame;
use sqlparser::ast::{Expr, Function, GroupByExpr, Ident, Select, Visit, Visitor};
use std::ops::ControlFlow;

/// The column that stands beside an aggregate in a SELECT that has no groups.
pub(super) fn column_beside(select: &Select) -> Option<Ident> {
    let GroupByExpr::Expressions(groups, _) = &select.group_by else { return None };
    if !groups.is_empty() {
        return None;
    }
    let mut seen = Seen::default();
    let _ = select.projection.visit(&mut seen);
    seen.column.filter(|_| seen.aggregate)
}

/// The answer with a word of ours for a COUNT(*) that the question gives no name. The engine's is `len`.
pub(super) fn named(mut answer: DataFrame, needs: &Needs) -> DataFrame {
    let has = |name: &str| answer.get_column_index(name).is_some();
    if has("len") && !has("count") && !needs.names("len") {
        // Refused only where there were no such column.
        let _ = answer.rename("len", "count".into());
    }
    answer
}

/// What stands in the columns of a SELECT.
#[derive(Default)]
struct Seen {
    /// How deep inside aggregates, windows and questions of their own: columns in there stand beside nothing.
    depth: usize,
    aggregate: bool,
    column: Option<Ident>,
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.aggregate |= self.depth == 0 && is_aggregate(expr);
        if stands_alone(expr) {
            self.depth += 1;
        }
        if let Some(name) = column_of(expr).filter(|_| self.depth == 0) {
            self.column.get_or_insert_with(|| name.clone());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if stands_alone(expr) {
            self.depth -= 1;
        }
        ControlFlow::Continue(())
    }
}

fn stands_alone(expr: &Expr) -> bool {
    is_question(expr) || is_aggregate(expr) || is_window(expr)
}

/// Whether a term makes one value of many rows.
pub(super) fn is_aggregate(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    function.over.is_none() && functions::known(function).is_some_and(|known| known.of == Of::Rows)
}

/// Whether a term is worked out of the rows around each.
pub(super) fn is_window(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(Function { over: Some(_), .. }))
}
