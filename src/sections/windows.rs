//! Functions that look over rows: which the engine works out as they are written.

use super::aggregates::{is_aggregate, is_window};
use super::refusals::{Asked, Step, seek};
use sqlparser::ast::{Expr, Function, GroupByExpr, Select, SelectItem, Spanned, WindowSpec, WindowType};
use std::ops::ControlFlow;

/// Functions of a row and those before it.
const OF_AN_ORDER: &[&str] = &["first_value", "lag", "last_value", "lead"];

/// Functions that mean nothing but over rows.
const OVER_ROWS: &[&str] = &["dense_rank", "first_value", "lag", "last_value", "lead", "rank", "row_number"];

/// Figures of which the engine knows none that runs.
const NOT_RUNNING: &[&str] = &["avg", "median", "stddev", "variance"];

/// Figures that the engine does not work out over rows.
const NOT_OVER: &[&str] = &["corr", "first", "last", "quantile_cont", "quantile_disc"];

/// Whether a term is a function that looks over rows, or should be one.
pub(super) fn looks_over_rows(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    is_window(expr) || OVER_ROWS.contains(&function.name.to_string().to_lowercase().as_str())
}

/// Refuses a function over rows that would be worked out otherwise.
pub(super) fn check(asked: Asked<'_>, function: &Function) -> Step {
    let name = function.name.to_string().to_lowercase();
    let (shown, span) = (name.to_uppercase(), function.name.span());
    let wrong = |what: String, why: &str, help: &str| asked.wrong(what, span, why, help);
    let is_one_of = |names: &[&str]| names.contains(&name.as_str());
    let spec = match &function.over {
        None if is_one_of(OVER_ROWS) => {
            let help = format!("write `{shown}(...) OVER (ORDER BY ...)`");
            return wrong(format!("`{shown}` stands without OVER"), "it looks over rows", &help);
        }
        None => return ControlFlow::Continue(()),
        Some(WindowType::WindowSpec(spec)) if spec.window_name.is_none() => spec,
        Some(_) => {
            return wrong(
                format!("`{shown}` looks over a window with a name"),
                "such are not read",
                "write OVER (...) out",
            );
        }
    };
    if is_one_of(NOT_OVER) {
        return wrong(
            format!("`{shown}` cannot look over rows"),
            "the engine ignores OVER",
            "group in a WITH, and join it",
        );
    }
    if is_one_of(NOT_RUNNING) && !spec.order_by.is_empty() {
        let why = "the engine gives the figure of all rows instead of that so far";
        return wrong(
            format!("`{shown}` cannot run over rows"),
            why,
            "leave ORDER BY out of OVER, or run SUM and COUNT",
        );
    }
    if is_one_of(OF_AN_ORDER) && spec.order_by.is_empty() {
        let why = "which row is the first would be left to chance";
        return wrong(format!("`{shown}` looks over rows in no order"), why, "write OVER (ORDER BY ...)");
    }
    if spec.order_by.iter().any(|by| by.options.nulls_first.is_some()) {
        let why = "the engine ignores it and begins with NULL";
        return wrong(
            "NULLS FIRST and NULLS LAST cannot stand in OVER".to_owned(),
            why,
            "leave such rows out with WHERE, or order by COALESCE(x, ...)",
        );
    }
    inner(asked, function, spec)
}

/// Refuses figures inside one that looks over rows.
fn inner(asked: Asked<'_>, function: &Function, spec: &WindowSpec) -> Step {
    let help = "group in a WITH first, then look over its rows";
    asked.no_figure(&function.args, "a function with OVER", help)?;
    asked.no_figure(&spec.partition_by, "OVER", help)?;
    asked.no_figure(&spec.order_by, "OVER", help)
}

/// Refuses a SELECT of nothing but figures over all rows, of which the engine makes one row.
pub(super) fn of_select(asked: Asked<'_>, select: &Select) -> Step {
    let groups = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let Some(window) = seek(&select.projection, is_over_all).filter(|_| groups) else {
        return ControlFlow::Continue(());
    };
    let is_wild = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    let told_apart = select.projection.iter().any(|item| is_wild(item) || tells_rows_apart(item));
    if told_apart {
        return ControlFlow::Continue(());
    }
    let why = "the engine would make one row of all";
    let help = "name a column beside it; `SELECT COUNT(*) FROM ...` is one row";
    asked.wrong("a figure over all rows stands alone".to_owned(), window.span(), why, help)
}

/// A figure of all rows, beside each of them.
fn is_over_all(expr: &Expr) -> bool {
    let Expr::Function(Function { over: Some(WindowType::WindowSpec(spec)), .. }) = expr else { return false };
    spec.partition_by.is_empty() && spec.order_by.is_empty()
}

/// Whether a term has a value of its own for each row.
fn tells_rows_apart(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    let is_figure = |expr: &Expr| is_aggregate(expr) || is_over_all(expr);
    let has_window = seek(expr, |expr| is_window(expr) && !is_over_all(expr)).is_some();
    let is_column = |expr: &Expr| matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    // Of a term with a figure of all rows in it, the columns may be those of the figure: it does not count.
    has_window || seek(expr, is_figure).is_none() && seek(expr, is_column).is_some()
}
