//! Groups of groups: a SELECT with aggregates as one that portions are asked, and one that is asked of their answers.

use super::functions::{self, Of};
use super::portions::{OURS, Taken, column, grouped_by, own_name, quoted};
use super::tree::{asks_again, column_of, is_question, names};
use crate::facts::schema::ColumnKind;
use crate::facts::{CLIENT_NET, TableDef, columns};
use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, GroupByExpr, Ident, ObjectName, OrderBy, Select, SelectItem, UnaryOperator, Value,
    VisitMut, VisitorMut,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// How the groups of portions become those of the whole.
pub(super) struct Grouping {
    table: &'static TableDef,
    /// What rows are grouped by, and how the answers name it.
    keys: Vec<(Expr, Ident)>,
    /// How many of these the question groups by; of the others it counts the distinct values.
    grouped: usize,
    /// What is told of each group, and how the answers name it.
    told: Vec<(Expr, Ident)>,
    /// Names that the SELECT gives, where they may stand.
    aliases: Vec<Ident>,
}

impl Grouping {
    /// Takes a SELECT with groups apart; nothing where groups of groups are not the same.
    pub fn take(select: &Select, order: Option<&OrderBy>, table: &'static TableDef) -> Option<Taken> {
        let GroupByExpr::Expressions(by, modifiers) = &select.group_by else { return None };
        let simple = modifiers.is_empty() && select.distinct.is_none() && select.named_window.is_empty();
        if !simple {
            return None;
        }
        let mut all = Self { table, keys: Vec::new(), grouped: by.len(), told: Vec::new(), aliases: Vec::new() };
        all.keys = by.iter().enumerate().map(|(at, by)| all.key(at, by, select)).collect::<Option<_>>()?;
        let named: BTreeSet<&str> = all.keys.iter().map(|(_, name)| name.value.as_str()).collect();
        if named.len() < by.len() {
            return None;
        }
        let mut rest = Select { selection: None, ..select.clone() };
        rest.projection.iter_mut().try_for_each(|item| all.item(item))?;
        rest.having.as_mut().map_or(Some(()), |having| all.rewrite(having))?;
        let mut order = order.cloned();
        all.aliases = select.projection.iter().filter_map(alias).cloned().collect();
        order.as_mut().map_or(Some(()), |order| all.rewrite(order))?;
        if all.keys.is_empty() && all.told.is_empty() {
            return None;
        }
        rest.group_by = grouped_by(all.keys[..all.grouped].iter().map(|(_, name)| column(name)).collect());
        Some(Taken { portion: all.portion(select), rest, order })
    }

    /// What a term of GROUP BY means, and its name: a column keeps its own.
    fn key(&self, at: usize, by: &Expr, select: &Select) -> Option<(Expr, Ident)> {
        let meant = select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if *by == column(alias) => Some(expr),
            _ => None,
        });
        match (self.own(by), meant) {
            // A number is the place of a column.
            (None, _) if matches!(by, Expr::Value(_)) => None,
            // Whether the column or the name is meant would be a guess.
            (Some(own), Some(meant)) if self.own(meant) != Some(own) => None,
            (Some(own), _) => Some((by.clone(), quoted(own))),
            (None, meant) => {
                let meant = meant.unwrap_or(by);
                let name = self.own(meant).map_or_else(|| own_name("by", at), quoted);
                // What is the same in all rows makes no groups of them.
                (!asks_again(meant) && !names(meant).is_empty()).then(|| (meant.clone(), name))
            }
        }
    }

    /// The column of the table that a term is.
    fn own(&self, expr: &Expr) -> Option<&'static str> {
        let name = column_of(expr)?;
        columns(self.table).find(|column| *column == name.value)
    }

    /// The name of the key that a term is.
    fn key_of(&self, expr: &Expr) -> Option<Ident> {
        let own = self.own(expr);
        let mut keys = self.keys[..self.grouped].iter();
        keys.find(|(key, _)| key == expr || own.is_some() && self.own(key) == own).map(|(_, name)| name.clone())
    }

    fn item(&mut self, item: &mut SelectItem) -> Option<()> {
        match item {
            SelectItem::ExprWithAlias { expr, .. } => self.rewrite(expr),
            // Of anything else the name would change.
            SelectItem::UnnamedExpr(expr @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_))) => {
                self.own(expr)?;
                self.rewrite(expr)
            }
            _ => None,
        }
    }

    fn rewrite(&mut self, part: &mut impl VisitMut) -> Option<()> {
        part.visit(self).is_continue().then_some(())
    }

    /// The select that portions are asked.
    fn portion(self, select: &Select) -> Select {
        // The engine calls a term as the column in it, and two of one name cannot be told apart.
        let by = self.keys.iter().map(|(_, name)| column(name)).collect();
        let named = |(expr, alias): (Expr, Ident)| SelectItem::ExprWithAlias { expr, alias };
        let projection = self.keys.into_iter().chain(self.told).map(named).collect();
        Select { projection, group_by: grouped_by(by), having: None, ..select.clone() }
    }

    /// What an aggregate of the rows is as one of the answers.
    fn aggregate(&mut self, function: &Function) -> Option<Expr> {
        let (argument, distinct) = argument(function)?;
        // A name that the question gives is none of the rows.
        let is_own = |name: &String| columns(self.table).any(|column| column == name);
        if !argument.iter().flat_map(|argument| names(*argument)).all(|name| is_own(&name)) {
            return None;
        }
        let name = function.name.to_string().to_lowercase();
        let own = Expr::Function(function.clone());
        match (name.as_str(), argument) {
            // The engine would call it as one of the groups.
            ("count", Some(argument)) if distinct && self.is_grouped(argument) => None,
            ("count", Some(argument)) if distinct => {
                let name = named("each", &mut self.keys, self.grouped, argument.clone());
                Some(call(function, &name))
            }
            ("count", _) => Some(total(function, &self.tell(as_integer(own)))),
            ("sum", Some(argument)) if !distinct && self.is_integer(argument) => {
                Some(call(function, &self.tell(own)))
            }
            ("min" | "max", Some(_)) if !distinct => Some(call(function, &self.tell(own))),
            _ => None,
        }
    }

    /// Whether rows are grouped by something that this names.
    fn is_grouped(&self, argument: &Expr) -> bool {
        let named = names(argument);
        self.keys[..self.grouped].iter().any(|(key, _)| !names(key).is_disjoint(&named))
    }

    fn tell(&mut self, expr: Expr) -> Ident {
        named("of", &mut self.told, 0, expr)
    }

    /// Whether sums of these values are the same in whatever order they are added up.
    fn is_integer(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => digits.bytes().all(|digit| digit.is_ascii_digit()),
                value => *value == Value::Null,
            },
            Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => {
                self.is_integer(inner)
            }
            Expr::BinaryOp { left, op, right } => {
                CLOSED.contains(op) && self.is_integer(left) && self.is_integer(right)
            }
            Expr::Cast { data_type: DataType::BigInt(_), .. } => true,
            Expr::Case { conditions, else_result, .. } => {
                let results = conditions.iter().map(|when| &when.result);
                results.chain(else_result.as_deref()).all(|result| self.is_integer(result))
            }
            name => self.own(name).is_some_and(|own| self.holds_integers(own)),
        }
    }

    fn holds_integers(&self, column: &str) -> bool {
        let own = self.table.columns.iter().find(|def| def.name == column);
        own.is_none_or(|def| matches!(def.kind, ColumnKind::Integer | ColumnKind::Time)) && column != CLIENT_NET
    }
}

impl VisitorMut for Grouping {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let fits = match (self.key_of(expr), &*expr) {
            (Some(name), _) => Some(column(&name)),
            // What was put in its place is looked at too.
            (None, Expr::Function(function)) if is_of_answers(function) => Some(expr.clone()),
            (None, Expr::Function(function)) if function.over.is_some() || function.filter.is_some() => None,
            (None, Expr::Function(function)) => match functions::known(function).map(|known| known.of) {
                Some(Of::Row) => Some(expr.clone()),
                Some(Of::Rows) => self.aggregate(function),
                _ => None,
            },
            (None, Expr::Identifier(name)) => {
                (name.value.starts_with(OURS) || self.aliases.contains(name)).then(|| expr.clone())
            }
            (None, Expr::CompoundIdentifier(_)) => None,
            (None, other) => (!is_question(other)).then(|| other.clone()),
        };
        match fits {
            Some(fit) => {
                *expr = fit;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    }
}

/// Operators that make whole numbers of whole numbers.
const CLOSED: [BinaryOperator; 4] =
    [BinaryOperator::Plus, BinaryOperator::Minus, BinaryOperator::Multiply, BinaryOperator::Modulo];

fn is_of_answers(function: &Function) -> bool {
    let named = names(function);
    !named.is_empty() && named.iter().all(|name| name.starts_with(OURS))
}

/// The argument of an aggregate, if it is not `*`, and whether only distinct values count.
fn argument(function: &Function) -> Option<(Option<&Expr>, bool)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    let simple = list.clauses.is_empty() && function.within_group.is_empty() && function.null_treatment.is_none();
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] if simple && !asks_again(expr) => {
            Some((Some(expr), distinct))
        }
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if simple && !distinct => Some((None, false)),
        _ => None,
    }
}

/// The same aggregate of one of the answers.
fn call(function: &Function, name: &Ident) -> Expr {
    applied(function, function.name.clone(), vec![column(name)])
}

/// What counts add up to; a sum would be none where there are no groups at all.
fn total(count: &Function, name: &Ident) -> Expr {
    let named = |name: &str| ObjectName::from(vec![Ident::new(name)]);
    let sum = applied(count, named("SUM"), vec![column(name)]);
    applied(count, named("COALESCE"), vec![sum, Expr::value(Value::Number("0".to_owned(), false))])
}

/// A function as it stands, of another name and of other arguments.
fn applied(function: &Function, name: ObjectName, arguments: Vec<Expr>) -> Expr {
    let mut function = Function { name, ..function.clone() };
    if let FunctionArguments::List(list) = &mut function.args {
        let unnamed = |argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument));
        list.args = arguments.into_iter().map(unnamed).collect();
    }
    Expr::Function(function)
}

/// The number of rows as a number that can be added up beyond the engine's counts.
fn as_integer(expr: Expr) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: DataType::BigInt(None),
        array: false,
        format: None,
    }
}

/// The name of a term in a list, behind those that it may not be; it is added where it is new.
fn named(kind: &str, list: &mut Vec<(Expr, Ident)>, from: usize, expr: Expr) -> Ident {
    if let Some((_, name)) = list[from..].iter().find(|(known, _)| *known == expr) {
        return name.clone();
    }
    let name = own_name(kind, list.len());
    list.push((expr, name.clone()));
    name
}

fn alias(item: &SelectItem) -> Option<&Ident> {
    if let SelectItem::ExprWithAlias { alias, .. } = item { Some(alias) } else { None }
}
