//! What the parts of a question's syntax tree are.

use sqlparser::ast::{Expr, Ident, ObjectName, SelectItem, Visit, visit_expressions, visit_relations};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The column that a term is, by its name.
pub(super) fn column_of(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    }
}

/// The term of an item.
pub(super) fn term(item: &SelectItem) -> Option<&Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// Whether an item is all columns, of all tables or of one.
pub(super) fn is_wild(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// Whether a term is a question of its own.
pub(super) fn is_question(expr: &Expr) -> bool {
    matches!(expr, Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. })
}

/// Whether a question stands in a term.
pub(super) fn asks_again(expr: &Expr) -> bool {
    let stop = |expr: &Expr| if is_question(expr) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    visit_expressions(expr, stop).is_break()
}

/// All tables that a part of a question names.
pub(super) fn relations(part: &impl Visit) -> Vec<ObjectName> {
    let mut found = Vec::new();
    let _ = visit_relations(part, |name| {
        found.push(name.clone());
        ControlFlow::<()>::Continue(())
    });
    found
}

/// All names in a part of a question.
pub(super) fn names(part: &impl Visit) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let _ = visit_expressions(part, |expr| {
        found.extend(column_of(expr).map(|name| name.value.clone()));
        ControlFlow::<()>::Continue(())
    });
    found
}
