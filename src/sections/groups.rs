//! Groups: which columns may stand beside figures, and where.
//!
//! The engine makes lists of a group's column beside a figure in one term, and works out a term of GROUP BY once more where
//! it stands inside another term.

use super::aggregates::{is_aggregate, is_window};
use super::refusals::{Asked, Step, called, seek};
use super::tree::{column_of, names, term};
use crate::error::Error;
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, OrderBy, OrderByKind, Query, Select, SelectItem, Spanned, Value, ValueWithSpan,
    Visit, Visitor,
};
use sqlparser::tokenizer::Span;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

const FIRST: &str = "group in a WITH first, then make the term of its columns";

/// Refuses groups that would be told wrongly. What remains are the columns of groups that stand beside figures.
pub(super) fn check(asked: Asked<'_>, select: &Select) -> ControlFlow<Box<Error>, Vec<Span>> {
    let keys = Keys::of(select);
    let is_grouped = !keys.is_empty() || matches!(select.group_by, GroupByExpr::All(_));
    for key in keys.terms.iter().chain(&keys.unnamed) {
        asked.no_figure(*key, "GROUP BY", "group by what each row holds; choose among groups with HAVING")?;
    }
    windows_apart(asked, select, is_grouped)?;
    if keys.is_empty() {
        return ControlFlow::Continue(Vec::new());
    }
    quantiles(asked, select, &keys)?;
    let mut beside = Vec::new();
    for term in select.projection.iter().filter_map(term) {
        if !keys.is_term(term) {
            let seen = keys.seen(asked, term)?;
            beside.extend(seen.columns.into_iter().filter(|_| seen.has_figure));
        }
    }
    if let Some(having) = &select.having {
        let figures = keys.with_names_of(select);
        beside.extend(figures.seen(asked, having)?.columns);
    }
    ControlFlow::Continue(beside)
}

/// Refuses windows where rows are groups.
fn windows_apart(asked: Asked<'_>, select: &Select, is_grouped: bool) -> Step {
    let wrong = |expr: Option<Expr>, place: &str| match expr.as_ref().and_then(called) {
        Some((name, span)) => {
            let what = format!("`{name}` OVER cannot stand {place}");
            asked.wrong(
                what,
                span,
                "it looks at rows before they are grouped",
                "group in a WITH first, then look over its rows",
            )
        }
        None => ControlFlow::Continue(()),
    };
    wrong(seek(&select.having, is_window), "in HAVING")?;
    if is_grouped || seek(&select.projection, is_aggregate).is_some() {
        wrong(seek(&select.projection, is_window), "beside groups or figures")?;
    }
    ControlFlow::Continue(())
}

fn is_quantile(expr: &Expr) -> bool {
    called(expr).is_some_and(|(name, _)| ["QUANTILE_DISC", "QUANTILE_CONT", "CORR"].contains(&name.as_str()))
}

/// The engine would take the quantile of what rows are grouped by, which it calls as the column in it.
fn quantiles(asked: Asked<'_>, select: &Select, keys: &Keys<'_>) -> Step {
    let of: BTreeSet<String> = keys.unnamed.iter().flat_map(|key| names(*key)).collect();
    let is_of = |expr: &Expr| is_quantile(expr) && !names(expr).is_disjoint(&of);
    let parts = (&select.projection, &select.having);
    let found = seek(parts.0, is_of).or_else(|| seek(parts.1, is_of));
    let Some((name, span)) = found.as_ref().and_then(called) else { return ControlFlow::Continue(()) };
    let what = format!("`{name}` of a column that a term of GROUP BY is made of");
    let help = "give the term a name: `SELECT FLOOR(x) AS f, ... GROUP BY f`";
    asked.wrong(what, span, "the engine takes the groups for the rows", help)
}

/// Refuses rows sorted by what the engine takes for something else.
pub(super) fn order(asked: Asked<'_>, select: &Select, order: &OrderBy) -> Step {
    let OrderByKind::Expressions(terms) = &order.kind else { return ControlFlow::Continue(()) };
    let keys = Keys::of(select);
    if keys.is_empty() && !matches!(select.group_by, GroupByExpr::All(_)) {
        if let Some((name, span)) = seek(&select.projection, is_quantile).as_ref().and_then(called) {
            let why = "the engine would repeat it for each row of the table";
            return asked.wrong(format!("`{name}` is one row, and has no order"), span, why, "leave ORDER BY out");
        }
        if seek(&select.projection, is_aggregate).is_none() {
            asked.no_figure(order, "ORDER BY here", "all rows have the same; leave it out, or add GROUP BY")?;
        }
    }
    for sorted in terms {
        aliased(asked, select, &sorted.expr)?;
        let is_column = select.projection.iter().filter_map(term).any(|term| *term == sorted.expr);
        let again = seek(&sorted.expr, |expr| keys.terms.contains(&expr));
        if let Some(again) = again.filter(|_| !is_column) {
            let why = "the engine would work it out of what it made already";
            let help = format!("give it a name: `SELECT {again} AS x, ... ORDER BY x`");
            let what = "rows are sorted by what they are grouped by, which is no column of theirs";
            return asked.wrong(what.to_owned(), sorted.expr.span(), why, help);
        }
    }
    ControlFlow::Continue(())
}

/// Refuses a column of a table where the engine takes its name for that of another term.
fn aliased(asked: Asked<'_>, select: &Select, sorted: &Expr) -> Step {
    let is_another = |item: &SelectItem, table: Option<&Ident>, name: &Ident| match item {
        SelectItem::ExprWithAlias { expr, alias } if alias.value == name.value => {
            // Beside nothing but a bare name, the name of a term is what is meant.
            !is_column_of(expr, table, name) && (table.is_some() || names(expr).contains(&name.value))
        }
        SelectItem::UnnamedExpr(expr) if column(expr).is_some_and(|own| own.value == name.value) => {
            !is_column_of(expr, table, name)
        }
        _ => false,
    };
    let means_another = |expr: &Expr| match expr {
        Expr::CompoundIdentifier(names) => match names.as_slice() {
            [table, name] => select.projection.iter().any(|item| is_another(item, Some(table), name)),
            _ => false,
        },
        Expr::Identifier(name) if expr != sorted => {
            select.projection.iter().any(|item| is_another(item, None, name))
        }
        _ => false,
    };
    let Some(found) = seek(sorted, means_another) else { return ControlFlow::Continue(()) };
    let why = "another term has the column's name";
    asked.wrong(
        format!("rows cannot be sorted by `{found}`"),
        found.span(),
        why,
        "give that term a name of its own",
    )
}

/// Whether a term is this column, as far as its name tells.
fn is_column_of(expr: &Expr, table: Option<&Ident>, name: &Ident) -> bool {
    let own = match bare(expr) {
        Expr::CompoundIdentifier(names) => names.first(),
        _ => None,
    };
    let same = |(own, table): (&Ident, &Ident)| own.value == table.value;
    column(expr).is_some_and(|own| own.value == name.value) && own.zip(table).is_none_or(same)
}

/// What rows are grouped by.
#[derive(Clone, Default)]
struct Keys<'s> {
    /// Columns.
    columns: BTreeSet<&'s str>,
    /// Terms, also those that a name stands for.
    terms: Vec<&'s Expr>,
    /// Terms that have no name: the engine calls each as a column in it.
    unnamed: Vec<&'s Expr>,
    /// Names of figures.
    figures: BTreeSet<&'s str>,
}

impl<'s> Keys<'s> {
    fn of(select: &'s Select) -> Self {
        let mut keys = Self::default();
        let GroupByExpr::Expressions(by, _) = &select.group_by else { return keys };
        for key in by {
            let place = place(key).map(|at| select.projection.get(at));
            match (place, column(key)) {
                (Some(Some(SelectItem::ExprWithAlias { expr, .. })), _) => keys.add(expr, true),
                (Some(Some(SelectItem::UnnamedExpr(expr))), _) => keys.add(expr, false),
                (Some(_), _) => {}
                (None, Some(name)) => {
                    keys.columns.insert(&name.value);
                    let meant = select.projection.iter().find_map(|item| match item {
                        SelectItem::ExprWithAlias { expr, alias } if alias.value == name.value => Some(expr),
                        _ => None,
                    });
                    meant.into_iter().for_each(|meant| keys.add(meant, true));
                }
                (None, None) => keys.add(key, false),
            }
        }
        keys
    }

    fn add(&mut self, key: &'s Expr, is_named: bool) {
        if let Some(name) = column(key) {
            self.columns.insert(&name.value);
        } else {
            self.terms.push(bare(key));
            self.unnamed.extend(Some(key).filter(|_| !is_named));
        }
    }

    /// With the names of figures, which HAVING knows too.
    fn with_names_of(&self, select: &'s Select) -> Self {
        let figures = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if seek(expr, is_aggregate).is_some() => Some(alias),
            _ => None,
        });
        Self { figures: figures.map(|alias| alias.value.as_str()).collect(), ..self.clone() }
    }

    fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.terms.is_empty()
    }

    fn is_term(&self, expr: &Expr) -> bool {
        self.terms.contains(&bare(expr))
    }

    /// What of these stands in a term beside figures.
    fn seen(&self, asked: Asked<'_>, term: &Expr) -> ControlFlow<Box<Error>, Seen<'_>> {
        let mut seen = Seen { keys: self, inside: 0, has_figure: false, columns: Vec::new(), wrong: None };
        let _ = term.visit(&mut seen);
        let Some((expr, is_key)) = seen.wrong.take() else { return ControlFlow::Continue(seen) };
        let (what, why, help) = if is_key {
            let what = format!("`{expr}` stands inside another term");
            (what, "the engine would work it out of what it made already", FIRST.to_owned())
        } else {
            let what = format!("`{expr}` stands beside groups");
            let help = format!("add it to GROUP BY, or take MIN({expr})");
            (what, "rows are not grouped by it, and it is not told of which of them it is", help)
        };
        asked.wrong(what, expr.span(), why, help).map_continue(|()| seen)
    }
}

/// What stands in a term of a SELECT with groups.
struct Seen<'k> {
    keys: &'k Keys<'k>,
    /// How deep inside figures and questions: what is in there is another matter.
    inside: usize,
    has_figure: bool,
    /// Where columns stand by which rows are grouped.
    columns: Vec<Span>,
    /// What may not stand there, and whether rows are grouped by it.
    wrong: Option<(Expr, bool)>,
}

impl Seen<'_> {
    fn ends(&self, expr: &Expr) -> bool {
        is_aggregate(expr) || self.keys.is_term(expr)
    }
}

impl Visitor for Seen<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.inside == 0 {
            self.has_figure |= is_aggregate(expr);
            match column(expr) {
                Some(name) if self.keys.columns.contains(name.value.as_str()) => self.columns.push(expr.span()),
                Some(name) if self.keys.figures.contains(name.value.as_str()) => {}
                Some(_) => self.wrong = Some((expr.clone(), false)),
                None if self.keys.is_term(expr) => self.wrong = Some((expr.clone(), true)),
                None => {}
            }
            if self.wrong.is_some() {
                return ControlFlow::Break(());
            }
        }
        self.inside += usize::from(self.ends(expr));
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.inside -= usize::from(self.ends(expr));
        ControlFlow::Continue(())
    }
}

/// The column that a term is, also in brackets.
fn column(expr: &Expr) -> Option<&Ident> {
    column_of(bare(expr))
}

fn bare(expr: &Expr) -> &Expr {
    if let Expr::Nested(inner) = expr { bare(inner) } else { expr }
}

/// The place of a column that a number names.
fn place(key: &Expr) -> Option<usize> {
    match key {
        Expr::Value(ValueWithSpan { value: Value::Number(digits, _), .. }) => {
            digits.parse::<usize>().ok()?.checked_sub(1)
        }
        _ => None,
    }
}
