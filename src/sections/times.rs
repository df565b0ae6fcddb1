//! Which columns of an answer hold times: what the SQL means decides, and their names only where that cannot be told.
//!
//! A time is a column of times, what picks one of several such values, and one that is moved by a number. A figure that is
//! worked out of times is none: a count, a difference, a remainder, whatever CAST makes.

use super::front::is_time;
use super::functions::{self, Makes};
use super::tree::{column_of, is_wild};
use crate::facts::schema::ColumnKind;
use crate::facts::{TableDef, columns, tables};
use sqlparser::ast::{
    BinaryOperator, Expr, Function, Ident, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr,
    TableAlias, TableFactor, TableWithJoins, UnaryOperator, Value, visit_expressions,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::rc::Rc;

/// Whether a term is a time; nothing where that cannot be told.
type Says = Option<bool>;

/// The columns of a table or of an answer, each with its name and whether it holds times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    columns: Vec<(String, Says)>,
    /// Whether some are those of `*`, so that they stand in no places that are known here.
    wild: bool,
}

impl Times {
    /// Those of the answer to a question.
    pub fn of(query: &Query) -> Self {
        Walk::default().query(query)
    }

    /// Of each of the answer's columns, by their names, whether it holds times.
    pub fn told(&self, names: &[String]) -> Vec<Says> {
        let placed = !self.wild && self.columns.len() == names.len();
        let named = |name: &String| self.column(name).or_else(|| self.column(unjoined(name)));
        let says = |(at, name): (usize, &String)| if placed { self.columns[at].1 } else { named(name).flatten() };
        names.iter().enumerate().map(says).collect()
    }

    /// Whether the column of this name holds times; nothing where there is none.
    fn column(&self, name: &str) -> Option<Says> {
        let mut named = self.columns.iter().filter(|(own, _)| own == name).map(|(_, says)| *says);
        let first = named.next()?;
        // Which of several of one name the engine means cannot be told.
        Some(first.filter(|_| named.all(|says| says == first)))
    }

    /// The columns of a table of facts.
    fn facts(table: &'static TableDef) -> Self {
        let kind = |name: &str| table.columns.iter().find(|column| column.name == name).map(|column| column.kind);
        // Of what is derived, the name is ours.
        let says = |name: &str| kind(name).map_or_else(|| is_time(name), |kind| kind == ColumnKind::Time);
        Self { columns: columns(table).map(|name| (name.to_owned(), Some(says(name)))).collect(), wild: false }
    }

    /// The same under the names that an alias gives its columns, if it does.
    fn renamed(mut self, alias: &TableAlias) -> Self {
        if alias.columns.is_empty() {
            return self;
        }
        if self.wild {
            return Self::default();
        }
        let names = alias.columns.iter().map(|column| column.name.value.clone());
        self.columns.iter_mut().zip(names).for_each(|(column, name)| column.0 = name);
        self
    }

    /// What the first of several questions says decides; of a column of which it says nothing, such as NULL, the next.
    fn or(mut self, next: &Self) -> Self {
        if !self.wild && !next.wild {
            self.columns.iter_mut().zip(&next.columns).for_each(|(own, next)| own.1 = own.1.or(next.1));
        }
        self
    }
}

/// The name of a column that the engine called `time:l`, since another table's column has the name too.
fn unjoined(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// A table that a SELECT reads.
struct Table {
    name: String,
    columns: Rc<Times>,
}

/// A walk through a question.
#[derive(Default)]
struct Walk {
    /// The common tables that can be named here, the last one first where two have one name.
    common: Vec<(String, Rc<Times>)>,
}

impl Walk {
    fn query(&mut self, query: &Query) -> Times {
        let outer = self.common.len();
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            let columns = self.query(&part.query).renamed(&part.alias);
            self.common.push((part.alias.name.value.clone(), Rc::new(columns)));
        }
        let columns = self.body(&query.body);
        self.common.truncate(outer);
        columns
    }

    fn body(&mut self, body: &SetExpr) -> Times {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => self.body(left).or(&self.body(right)),
            _ => Times::default(),
        }
    }

    fn select(&mut self, select: &Select) -> Times {
        let tables: Vec<Table> = select.from.iter().flat_map(|from| self.tables(from)).collect();
        let wild = select.projection.iter().any(is_wild);
        let mut columns: Vec<_> = select.projection.iter().flat_map(|item| self.item(item, &tables)).collect();
        if wild {
            // One of each name: of tables that are joined over and over there is no more.
            let mut seen = BTreeSet::new();
            columns.retain(|(name, _)| seen.insert(name.clone()));
        }
        Times { columns, wild }
    }

    /// The columns that an item of a SELECT stands for.
    fn item(&mut self, item: &SelectItem, tables: &[Table]) -> Vec<(String, Says)> {
        let of = match item {
            SelectItem::UnnamedExpr(expr) => return vec![(called(expr), self.says(expr, tables))],
            SelectItem::ExprWithAlias { expr, alias } => {
                return vec![(alias.value.clone(), self.says(expr, tables))];
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                Some(name.to_string())
            }
            _ => None,
        };
        let whose = tables.iter().filter(|table| of.as_ref().is_none_or(|of| *of == table.name));
        whose.flat_map(|table| table.columns.columns.iter().cloned()).collect()
    }

    /// The tables that stand between two commas of FROM.
    fn tables(&mut self, from: &TableWithJoins) -> Vec<Table> {
        let joined = from.joins.iter().map(|join| &join.relation);
        std::iter::once(&from.relation).chain(joined).flat_map(|factor| self.factor(factor)).collect()
    }

    fn factor(&mut self, factor: &TableFactor) -> Vec<Table> {
        let (columns, name, alias) = match factor {
            TableFactor::Table { name, alias, .. } => {
                let name = name.to_string();
                (self.table(&name), name, alias)
            }
            TableFactor::Derived { subquery, alias, .. } => (Rc::new(self.query(subquery)), String::new(), alias),
            TableFactor::NestedJoin { table_with_joins, .. } => return self.tables(table_with_joins),
            _ => return Vec::new(),
        };
        vec![match alias {
            Some(alias) if alias.columns.is_empty() => Table { name: alias.name.value.clone(), columns },
            Some(alias) => {
                let columns = Rc::unwrap_or_clone(columns).renamed(alias);
                Table { name: alias.name.value.clone(), columns: Rc::new(columns) }
            }
            None => Table { name, columns },
        }]
    }

    fn table(&self, name: &str) -> Rc<Times> {
        let common = self.common.iter().rev().find(|(own, _)| own == name);
        let facts = || tables().find(|table| table.name == name).map(|table| Rc::new(Times::facts(table)));
        common.map(|(_, columns)| Rc::clone(columns)).or_else(facts).unwrap_or_default()
    }

    fn says(&mut self, expr: &Expr, tables: &[Table]) -> Says {
        match expr {
            Expr::Identifier(name) => column(tables.iter(), name),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [table, name] => column(tables.iter().filter(|own| own.name == table.value), name),
                _ => None,
            },
            Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Plus, expr: inner } => {
                self.says(inner, tables)
            }
            Expr::Value(value) if value.value == Value::Null => None,
            Expr::Value(_) | Expr::Cast { .. } | Expr::UnaryOp { .. } => Some(false),
            Expr::BinaryOp { left, op, right } => {
                let left = self.says(left, tables);
                worked_out(op, left, self.says(right, tables))
            }
            Expr::Case { conditions, else_result, .. } => {
                self.any(conditions.iter().map(|when| &when.result).chain(else_result.as_deref()), tables)
            }
            Expr::Function(function) => self.function(function, tables),
            Expr::Subquery(query) => self.query(query).columns.first().and_then(|(_, says)| *says),
            _ => None,
        }
    }

    fn function(&mut self, function: &Function, tables: &[Table]) -> Says {
        match functions::known(function).map(|known| known.makes) {
            Some(Makes::Number | Makes::Narrow) => Some(false),
            Some(Makes::Given) => self.any(functions::given(function).into_iter(), tables),
            // What is worked out of no times is none.
            _ => self.any(functions::terms(function).into_iter(), tables).filter(|time| !time),
        }
    }

    /// What is said of one of some values, whichever it is: of a time where one of them is one.
    fn any<'e>(&mut self, terms: impl Iterator<Item = &'e Expr>, tables: &[Table]) -> Says {
        let terms = terms.filter(|term| !matches!(term, Expr::Value(value) if value.value == Value::Null));
        let said: Vec<Says> = terms.map(|term| self.says(term, tables)).collect();
        if said.contains(&Some(true)) { Some(true) } else { (!said.contains(&None)).then_some(false) }
    }
}

/// Whether the column of this name holds times, of the first table that has it.
fn column<'t>(mut tables: impl Iterator<Item = &'t Table>, name: &Ident) -> Says {
    tables.find_map(|table| table.columns.column(&name.value)).unwrap_or_else(|| Some(is_time(&name.value)))
}

/// What an operator makes of two terms. Times are moved by numbers; a product may be the beginning of a span of time, and
/// whether it is only its name tells.
fn worked_out(op: &BinaryOperator, left: Says, right: Says) -> Says {
    match (op, left, right) {
        (BinaryOperator::Plus, Some(left), Some(right)) => Some(left != right),
        (BinaryOperator::Minus, Some(left), Some(right)) => Some(left && !right),
        (BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply, ..) => None,
        _ => Some(false),
    }
}

/// What the engine calls a term that has no name: as the first column in it.
fn called(expr: &Expr) -> String {
    let first = visit_expressions(expr, |expr| {
        column_of(expr).map_or(ControlFlow::Continue(()), |name| ControlFlow::Break(name.value.clone()))
    });
    first.break_value().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::front::Question;
    use super::super::guard::check;
    use super::super::named::Named;
    use super::*;
    use crate::assets::Assets;
    use crate::time::Zone;
    use std::fmt::Write as _;

    fn times(sql: &str) -> Times {
        check(sql, &Zone::utc()).unwrap_or_else(|e| panic!("{sql}: {e}")).times
    }

    #[test]
    fn what_the_sql_means_tells_a_time() {
        let groups = " GROUP BY time, end_time, hour, day, bytes_in, helo";
        for (columns, expected) in [
            ("time AS t, end_time AS e, hour AS h, day AS d, s.time, s.\"time\" AS q, bytes_in AS i", "ttttttn"),
            (
                "MIN(time) AS a, MAX(end_time) AS b, QUANTILE_DISC(time, 0.5) AS c, MIN(bytes_in) AS min_time",
                "tttn",
            ),
            ("COALESCE(end_time, time) AS a, IFNULL(NULL, time) AS b, NULLIF(time, 0) AS c", "ttt"),
            ("GREATEST(time, 5) AS a, LEAST(5, time) AS b, IF(helo = 'x', time, NULL) AS c", "ttt"),
            ("IF(time > 5, 0, 5) AS a_time", "n"),
            ("LAG(time) OVER (ORDER BY time) AS a, LEAD(time, 2) OVER (ORDER BY time) AS b", "tt"),
            (
                "FIRST_VALUE(time) OVER (ORDER BY time) AS a, LAST_VALUE(bytes_in) OVER (ORDER BY time) AS b_time",
                "tn",
            ),
            ("CASE WHEN helo = 'x' THEN time END AS a, CASE WHEN helo = 'x' THEN NULL ELSE hour END AS b", "tt"),
            ("CASE WHEN time > 5 THEN 1 ELSE 2 END AS a_time, CASE helo WHEN 'x' THEN 1 END AS b_time", "nn"),
            ("(time) AS a, ((MAX(time))) AS b, +time AS c, -time AS d_time", "tttn"),
            (
                "time - time % 600000000 AS a, time + 60 AS b, 60 + time AS c, time - 60 AS d, 60 - time AS e",
                "ttttn",
            ),
            ("end_time - time AS total_time, MAX(time) - MIN(time) AS min_time, time % 60 AS n_time", "nnn"),
            (
                "COUNT(*) AS n_time, COUNT(time) AS max_time, SUM(bytes_in) AS sum_time, MOD(time, 60) AS mod_time",
                "nnnn",
            ),
            (
                "CAST(time AS BIGINT) AS time, time::BIGINT AS end_time, CAST(MAX(time) AS BIGINT) AS max_time",
                "nnn",
            ),
            (
                "ROW_NUMBER() OVER (ORDER BY time) AS nth_time, time / 1000000 AS s_time, LENGTH(helo) AS helo_time",
                "nnn",
            ),
            ("(SELECT MAX(time) FROM logins) AS a, (SELECT COUNT(*) FROM logins) AS b_time", "tn"),
            // What cannot be told is told by the name.
            (
                "FLOOR(time / 60) * 60 AS a, FLOOR(time / 60) * 60 AS span_time, ABS(time) AS abs, NULL AS time",
                "ntnt",
            ),
        ] {
            let groups = if columns.contains("OVER") { "" } else { groups };
            let all = times(&format!("SELECT {columns} FROM sessions s{groups}")).columns;
            let told =
                |(name, says): &(String, Says)| if says.unwrap_or_else(|| is_time(name)) { 't' } else { 'n' };
            assert_eq!(all.iter().map(told).collect::<String>(), expected, "{columns}");
        }
    }

    #[test]
    fn a_time_stays_one_under_whatever_name_and_through_whatever_table() {
        for (sql, expected) in [
            (
                "WITH a AS (SELECT MIN(time) AS x, COUNT(*) AS n_time FROM logins) SELECT x AS y, n_time FROM a",
                "tn",
            ),
            ("WITH a (x, y) AS (SELECT time, service FROM logins) SELECT y AS hour, x FROM a", "nt"),
            (
                "WITH a AS (SELECT time AS x FROM logins), b AS (SELECT MAX(x) AS y FROM a) SELECT b.y AS z FROM b",
                "t",
            ),
            ("WITH sessions AS (SELECT COUNT(*) AS time FROM logins) SELECT time FROM sessions", "n"),
            ("SELECT d.x AS y, d.n_time FROM (SELECT time AS x, 1 AS n_time FROM logins) d", "tn"),
            ("SELECT x AS y FROM (SELECT time AS x FROM logins) AS d JOIN sessions s ON d.x = s.time", "t"),
            ("SELECT d.x FROM (SELECT MIN(time), COUNT(*) FROM logins) d (x, end_time)", "t"),
            ("SELECT time AS x FROM logins UNION ALL SELECT COUNT(*) AS x FROM sessions", "t"),
            ("SELECT NULL AS x, 1 AS time FROM logins UNION ALL SELECT time, time FROM sessions", "tn"),
            ("SELECT l.time AS x, s.user AS hour FROM logins l LEFT JOIN sessions s ON l.user = s.user", "tn"),
            ("SELECT first_time AS a, lines AS b FROM coverage", "tn"),
            ("SELECT until_time AS a, hour AS b, spans AS c_time FROM usual", "ttn"),
        ] {
            let all = times(sql).columns;
            let told: String = all.iter().map(|(_, says)| if *says == Some(true) { 't' } else { 'n' }).collect();
            assert_eq!(told, expected, "{sql}");
        }
    }

    #[test]
    fn the_columns_of_a_star_are_known_by_their_names() {
        let told = |sql: &str, names: &str| {
            let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
            let told = times(sql).told(&names);
            let told = told.into_iter().zip(&names).map(|(says, name)| says.unwrap_or_else(|| is_time(name)));
            told.map(|time| if time { 't' } else { 'n' }).collect::<String>()
        };
        assert_eq!(told("SELECT * FROM sessions", "host time bytes_in end_time hour"), "ntntt");
        let own = "(SELECT time AS first, COUNT(*) AS n_time FROM logins GROUP BY time) x";
        assert_eq!(told(&format!("SELECT * FROM {own}"), "first n_time"), "tn");
        assert_eq!(
            told(&format!("SELECT x.*, s.time AS t, s.user FROM {own}, sessions s"), "first n_time t user"),
            "tntn"
        );
        assert_eq!(told("SELECT * FROM sessions s JOIN logins l ON s.user = l.user", "time user time:l"), "tnt");
        assert_eq!(told("SELECT * FROM (SELECT MIN(time), MAX(time) FROM logins) x", "min_time max_time"), "tt");
        // Where the engine's answer has other columns, their names tell.
        assert_eq!(told("SELECT time AS x FROM logins", "time y"), "tn");
    }

    #[test]
    fn questions_of_the_house_name_their_times_as_times() {
        let assets = Assets::default();
        for question in Question::all(&assets, "queries").expect("all can be read") {
            let named = Named::find(&assets, &question.name).expect("it is there");
            let given: Vec<_> = named.parameters.iter().map(|p| (p.name.clone(), p.example.clone())).collect();
            let needs =
                named.settle(&given, &Zone::utc(), 0).and_then(|settled| settled.check()).expect("it is asked");
            for (name, says) in &needs.times.columns {
                assert_eq!(says.unwrap_or_else(|| is_time(name)), is_time(name), "{} of {}", name, question.name);
            }
        }
    }

    #[test]
    fn tables_that_are_joined_over_and_over_are_looked_at_once() {
        let mut sql = String::from("WITH t0 AS (SELECT * FROM logins)");
        for at in 1..100 {
            let _ = write!(sql, ", t{at} AS (SELECT a.* FROM t{} a, t{} b)", at - 1, at - 1);
        }
        assert!(times(&(sql + " SELECT * FROM t99")).columns.len() < 100);
    }
}
