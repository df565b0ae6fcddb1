//! Functions that look over rows: which the engine works out as they are written.

use super::aggregates::{is_aggregate, is_window};
use super::functions::{self, Known, Makes, Of};
use super::refusals::{Asked, Step, seek};
use super::tree::{column_of, is_wild, term};
use sqlparser::ast::{Expr, Function, GroupByExpr, Select, SelectItem, Spanned, WindowSpec, WindowType};
use std::ops::ControlFlow;

/// Figures of which the engine knows none that runs.
const NOT_RUNNING: &[&str] = &["avg", "median", "stddev", "variance"];

/// Figures that the engine does not work out over rows.
const NOT_OVER: &[&str] = &["corr", "first", "last", "quantile_cont", "quantile_disc"];

/// Whether a term is a function that looks over rows, or should be one.
pub(super) fn looks_over_rows(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    is_window(expr) || functions::known(function).is_some_and(|known| known.of == Of::Order)
}

/// What a function over rows cannot do.
struct Cannot {
    is_so: fn(Known, &WindowSpec) -> bool,
    what: &'static str,
    why: &'static str,
    help: &'static str,
}

const CANNOT: &[Cannot] = &[
    Cannot {
        is_so: |known, _| NOT_OVER.contains(&known.name),
        what: "cannot look over rows",
        why: "the engine ignores OVER",
        help: "group in a WITH, and join it",
    },
    Cannot {
        is_so: |known, spec| NOT_RUNNING.contains(&known.name) && !spec.order_by.is_empty(),
        what: "cannot run over rows",
        why: "the engine gives the figure of all rows instead of that so far",
        help: "leave ORDER BY out of OVER, or run SUM and COUNT",
    },
    Cannot {
        is_so: |known, spec| known.of == Of::Order && known.makes == Makes::Given && spec.order_by.is_empty(),
        what: "looks over rows in no order",
        why: "which row is the first would be left to chance",
        help: "write OVER (ORDER BY ...)",
    },
    Cannot {
        is_so: |_, spec| spec.order_by.iter().any(|by| by.options.nulls_first.is_some()),
        what: "cannot look over rows by NULLS FIRST or NULLS LAST",
        why: "the engine ignores it and begins with NULL",
        help: "leave such rows out with WHERE, or order by COALESCE(x, ...)",
    },
];

/// Refuses a function over rows that would be worked out otherwise.
pub(super) fn check(asked: Asked<'_>, function: &Function) -> Step {
    let Some(known) = functions::known(function) else { return ControlFlow::Continue(()) };
    let shown = known.name.to_uppercase();
    let wrong = |what: &str, why: &str, help: &str| {
        asked.wrong(format!("`{shown}` {what}"), function.name.span(), why, help)
    };
    let spec = match &function.over {
        None if known.of == Of::Order => {
            let help = format!("write `{shown}(...) OVER (ORDER BY ...)`");
            return wrong("stands without OVER", "it looks over rows", &help);
        }
        None => return ControlFlow::Continue(()),
        Some(WindowType::WindowSpec(spec)) if spec.window_name.is_none() => spec,
        Some(_) => return wrong("looks over a window with a name", "such are not read", "write OVER (...) out"),
    };
    match CANNOT.iter().find(|cannot| (cannot.is_so)(known, spec)) {
        Some(Cannot { what, why, help, .. }) => wrong(what, why, help),
        None => inner(asked, function, spec),
    }
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
    let Some(expr) = term(item) else { return false };
    let is_figure = |expr: &Expr| is_aggregate(expr) || is_over_all(expr);
    let has_window = seek(expr, |expr| is_window(expr) && !is_over_all(expr)).is_some();
    // Of a term with a figure of all rows in it, the columns may be those of the figure: it does not count.
    has_window || seek(expr, is_figure).is_none() && seek(expr, |expr| column_of(expr).is_some()).is_some()
}
