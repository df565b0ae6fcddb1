//! A question in two steps: what can be asked of some rows at a time, and what is then asked of all the answers.
//!
//! A table that memory does not hold is read in portions, of which only answers stay. Each SELECT of one such table alone
//! is taken apart: its filter, and its groups where sums of sums are the same sums, are asked of each portion; the rest is
//! asked of these answers. Both give the same rows, or the question is not taken apart so. A filter may ask common tables
//! that stand before it: these are worked out first, and the portions asked when they are known.

use super::grouping::Grouping;
use super::guard;
use super::parts::{Common, Parts};
use super::tokens;
use super::tree::{asks_again, is_wild, names, relations};
use crate::facts::{TABLES, TableDef, columns};
use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, GroupByExpr, Ident, ObjectName, OrderBy, Query, Select, SelectItem, SetExpr,
    Statement, TableAlias, TableFactor, Visit,
};
use std::collections::BTreeSet;

/// A question in two steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Portions {
    /// What is asked of each portion.
    pub asked: Vec<Portion>,
    /// What is asked of their answers.
    pub parts: Parts,
    /// The tables of facts that this asks whole all the same.
    pub whole: BTreeSet<&'static str>,
}

/// What is asked of each portion of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Portion {
    /// The table.
    pub table: &'static str,
    /// The columns that it needs.
    pub columns: BTreeSet<String>,
    /// The question.
    pub sql: String,
    /// The name of the table that the answers make.
    pub answers: String,
    /// What tells that there is nothing to ask.
    pub probe: Option<Probe>,
    /// The place of the part that it is of: that of a common table, or the number of these.
    pub part: usize,
    /// The common tables that it asks too.
    pub common: BTreeSet<String>,
}

/// Whether there are rows of which a question needs more than its conditions look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    /// The columns that it needs.
    pub columns: BTreeSet<String>,
    /// The question; its answer has rows where there are such.
    pub sql: String,
}

impl Portions {
    /// Takes a question apart; nothing where that is not possible.
    pub fn of(parts: &Parts) -> Option<Self> {
        let own = parts.common.iter().map(|common| common.name.as_str()).collect();
        let mut splitter = Splitter { own, part: 0, asked: Vec::new(), whole: BTreeSet::new() };
        let common = parts.common.iter().enumerate().map(|(at, common)| {
            splitter.part = at;
            let sql = splitter.split(&common.sql)?;
            Some(Common { sql, ..common.clone() })
        });
        let mut common = common.collect::<Option<Vec<_>>>()?;
        splitter.part = common.len();
        let sql = splitter.split(&parts.sql)?;
        let Splitter { asked, whole, .. } = splitter;
        let is_asked = |name: &String| asked.iter().any(|portion| portion.common.contains(name));
        common.iter_mut().for_each(|common| common.shared |= is_asked(&common.name));
        Some(Self { asked, parts: Parts { common, sql }, whole })
    }
}

/// Takes the parts of one question apart.
struct Splitter<'q> {
    /// The names of its common tables.
    own: BTreeSet<&'q str>,
    /// The place of the part that is taken apart.
    part: usize,
    asked: Vec<Portion>,
    whole: BTreeSet<&'static str>,
}

impl Splitter<'_> {
    /// What is left to be asked of a part.
    fn split(&mut self, sql: &str) -> Option<String> {
        let statements = guard::parse(sql, tokens::read(sql).ok()?).ok()?;
        let Ok([Statement::Query(mut query)]) = <[Statement; 1]>::try_from(statements) else { return None };
        if self.facts_in(&*query).is_empty() {
            return Some(sql.to_owned());
        }
        self.query(&mut query)?;
        let whole = self.facts_in(&*query);
        self.whole.extend(whole);
        written(&query)
    }

    /// The tables of facts that are named.
    fn facts_in(&self, part: &impl Visit) -> BTreeSet<&'static str> {
        relations(part).iter().filter_map(|name| self.table(name)).map(|table| table.name).collect()
    }

    /// The common tables that are named.
    fn common_in(&self, part: &impl Visit) -> BTreeSet<String> {
        relations(part).iter().map(ToString::to_string).filter(|name| self.own.contains(name.as_str())).collect()
    }

    /// Whether a condition can be asked of portions: what it asks besides is known by then.
    fn is_of_rows(&self, condition: &Expr) -> bool {
        !asks_again(condition)
            || relations(condition).iter().all(|name| self.own.contains(name.to_string().as_str()))
    }

    fn table(&self, name: &ObjectName) -> Option<&'static TableDef> {
        let name = name.to_string().to_lowercase();
        TABLES.iter().find(|table| table.name == name && !self.own.contains(table.name))
    }

    fn query(&mut self, query: &mut Query) -> Option<()> {
        // Names of inner common tables could be those of tables.
        if query.with.is_some() {
            return Some(());
        }
        match &mut *query.body {
            SetExpr::Select(select) => self.select(select, query.order_by.as_mut()),
            body => self.body(body),
        }
    }

    fn body(&mut self, body: &mut SetExpr) -> Option<()> {
        match body {
            SetExpr::Select(select) => self.select(select, None),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
            _ => Some(()),
        }
    }

    /// Takes a SELECT apart; nothing where it cannot be written.
    fn select(&mut self, select: &mut Select, order: Option<&mut OrderBy>) -> Option<()> {
        let Some((table, alias)) = self.alone(select) else { return Some(()) };
        let (now, later): (Vec<_>, Vec<_>) =
            select.selection.iter().flat_map(conditions).partition(|condition| self.is_of_rows(condition));
        let grouped = later.is_empty().then(|| Grouping::take(select, order.as_deref(), table)).flatten();
        let Taken { portion, rest, order: of_rest } =
            grouped.unwrap_or_else(|| filtered(select, order.as_deref(), table, now, later));
        let answers = own_name("", self.asked.len());
        let columns = own(&portion, table);
        let sql = written(&alone(&portion))?;
        let probe = probe(&portion, table).filter(|probe| probe.columns.len() < columns.len());
        *select = rest;
        if let TableFactor::Table { name, alias: own, .. } = &mut select.from[0].relation {
            *name = ObjectName::from(vec![answers.clone()]);
            *own = Some(TableAlias { explicit: true, name: alias, columns: Vec::new(), at: None });
        }
        if let Some((order, of_rest)) = order.zip(of_rest) {
            *order = of_rest;
        }
        self.asked.push(Portion {
            table: table.name,
            columns,
            sql,
            answers: answers.value,
            probe,
            part: self.part,
            common: self.common_in(&portion),
        });
        Some(())
    }

    /// The table that a SELECT asks, where it is one of facts and the only one, and how it is named there.
    fn alone(&self, select: &Select) -> Option<(&'static TableDef, Ident)> {
        let [from] = select.from.as_slice() else { return None };
        let TableFactor::Table { name, alias, args: None, .. } = &from.relation else { return None };
        let table = self.table(name)?;
        let alias = match alias {
            Some(alias) if !alias.columns.is_empty() => return None,
            Some(alias) => alias.name.clone(),
            None => quoted(table.name),
        };
        (from.joins.is_empty() && select.qualify.is_none()).then_some((table, alias))
    }
}

/// A SELECT as a question.
fn alone(select: &Select) -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select.clone()))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// The text of a question, proven to say the same. (A syntax tree leaves two quotes in a row, or one behind a backslash, as
/// they are, and writes a minus of a minus as a comment.)
fn written(query: &Query) -> Option<String> {
    let sql = query.to_string();
    let again = guard::parse(&sql, tokens::read(&sql).ok()?).ok()?;
    matches!(again.as_slice(), [Statement::Query(same)] if **same == *query).then_some(sql)
}

/// A SELECT that was taken apart.
pub(super) struct Taken {
    /// What is asked of each portion.
    pub portion: Select,
    /// What is asked of the answers.
    pub rest: Select,
    /// The order of its rows.
    pub order: Option<OrderBy>,
}

/// Asks portions for the rows and columns that are needed, and the answers for all else.
fn filtered(
    select: &Select,
    order: Option<&OrderBy>,
    table: &TableDef,
    now: Vec<Expr>,
    later: Vec<Expr>,
) -> Taken {
    let rest = Select { selection: all_of(later), ..select.clone() };
    let portion = Select {
        distinct: select.distinct.clone().filter(|of| *of == Distinct::Distinct && is_list_of_names(select)),
        projection: needed(&rest, order, table),
        selection: all_of(now),
        having: None,
        named_window: Vec::new(),
        group_by: grouped_by(Vec::new()),
        ..select.clone()
    };
    Taken { portion, rest, order: None }
}

/// Asks whether rows fit; nothing where all do.
fn probe(portion: &Select, table: &TableDef) -> Option<Probe> {
    portion.selection.as_ref()?;
    let offset = SelectItem::UnnamedExpr(column(&quoted("offset")));
    let probe =
        Select { projection: vec![offset], distinct: None, group_by: grouped_by(Vec::new()), ..portion.clone() };
    Some(Probe { columns: own(&probe, table), sql: probe.to_string() })
}

/// The columns of a table that a SELECT names.
fn own(select: &Select, table: &TableDef) -> BTreeSet<String> {
    let named = names(select);
    columns(table).filter(|name| named.contains(*name)).map(str::to_owned).collect()
}

/// The columns of a table that a SELECT and its order name.
fn needed(select: &Select, order: Option<&OrderBy>, table: &TableDef) -> Vec<SelectItem> {
    let all = select.projection.iter().any(is_wild);
    let mut named = names(select);
    named.extend(order.map(names).unwrap_or_default());
    let mut needed: Vec<&str> = columns(table).filter(|name| all || named.contains(*name)).collect();
    if needed.is_empty() {
        // Rows without columns cannot be counted.
        needed.push("offset");
    }
    needed.into_iter().map(|name| SelectItem::UnnamedExpr(column(&quoted(name)))).collect()
}

/// Whether a SELECT asks for columns and nothing else, so that rows that are the same may be told once.
fn is_list_of_names(select: &Select) -> bool {
    let plain = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(Expr::Identifier(_)));
    select.projection.iter().all(plain) && select.group_by == grouped_by(Vec::new()) && select.having.is_none()
}

/// What the names that are given here begin with.
pub(super) const OURS: &str = "portion_";

pub(super) fn own_name(kind: &str, number: usize) -> Ident {
    quoted(&format!("{OURS}{kind}{number}"))
}

pub(super) fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

pub(super) fn column(name: &Ident) -> Expr {
    Expr::Identifier(name.clone())
}

pub(super) fn grouped_by(terms: Vec<Expr>) -> GroupByExpr {
    GroupByExpr::Expressions(terms, Vec::new())
}

/// The conditions that must all hold.
fn conditions(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => [conditions(left), conditions(right)].concat(),
        Expr::Nested(inner) => conditions(inner),
        other => vec![other.clone()],
    }
}

fn all_of(conditions: Vec<Expr>) -> Option<Expr> {
    let nested = conditions.into_iter().map(|condition| Expr::Nested(Box::new(condition)));
    nested.reduce(|left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(sql: &str) -> String {
        let needs = guard::check(sql, &crate::time::Zone::utc()).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let Some(portions) = Portions::of(&needs.parts) else { return "whole".to_owned() };
        let asked = portions.asked.iter().map(|portion| format!("{}\n", portion.sql));
        let common = portions.parts.common.iter().map(|common| format!("{}: {}\n", common.name, common.sql));
        asked.chain(common).collect::<String>() + portions.parts.sql.trim()
    }

    #[test]
    fn a_question_is_asked_of_portions_and_then_of_their_answers() {
        for (sql, expected) in [
            (
                "SELECT host, COUNT(*) AS n FROM logins l WHERE l.time > 5 GROUP BY host HAVING COUNT(*) > 2 ORDER BY n DESC, host",
                r#"SELECT host AS "host", CAST(count(*) AS BIGINT) AS "portion_of0" FROM logins l WHERE l.time > 5 GROUP BY "host"
SELECT "host", CAST(COALESCE(SUM("portion_of0"), 0) AS BIGINT) AS n FROM "portion_0" AS l GROUP BY "host" HAVING CAST(COALESCE(SUM("portion_of0"), 0) AS BIGINT) > 2 ORDER BY n DESC, "host""#,
            ),
            (
                "SELECT MAX(time) AS t, COUNT(DISTINCT user) AS users FROM logins",
                r#"SELECT "user" AS "portion_each0", max(time) AS "portion_of0" FROM logins GROUP BY "portion_each0"
SELECT max("portion_of0") AS t, CAST(count(DISTINCT "portion_each0") AS BIGINT) AS users FROM "portion_0" AS "logins""#,
            ),
            (
                "SELECT time FROM logins WHERE outcome = 'it''s' AND client_ip IN (SELECT client_ip FROM sessions) ORDER BY source",
                r#"SELECT "time", "client_ip", "source" FROM logins WHERE (outcome = 'it''s')
SELECT time FROM "portion_0" AS "logins" WHERE (client_ip IN (SELECT client_ip FROM sessions)) ORDER BY source"#,
            ),
            (
                "SELECT COALESCE(user, 'x') AS who, SUM(size_bytes) AS b FROM messages GROUP BY who",
                r#"SELECT coalesce("user", 'x') AS "portion_by0", sum(size_bytes) AS "portion_of0" FROM messages GROUP BY "portion_by0"
SELECT "portion_by0" AS who, sum("portion_of0") AS b FROM "portion_0" AS "messages" GROUP BY "portion_by0""#,
            ),
            (
                "SELECT user, COUNT(DISTINCT user) AS n FROM logins GROUP BY user",
                r#"SELECT "user" FROM logins
SELECT "user", CAST(count(DISTINCT "user") AS BIGINT) AS n FROM "portion_0" AS "logins" GROUP BY "user""#,
            ),
            (
                "SELECT LOWER(user) AS user, COUNT(*) AS n FROM logins GROUP BY user",
                r#"SELECT "user" FROM logins
SELECT lower("user") AS "user", CAST(count(*) AS BIGINT) AS n FROM "portion_0" AS "logins" GROUP BY "user""#,
            ),
            (
                "WITH a AS (SELECT hour, AVG(delay_s) AS d FROM deliveries GROUP BY hour) SELECT MAX(d) AS d FROM a",
                r#"SELECT "delay_s", "hour" FROM deliveries
a: SELECT hour, avg(delay_s) AS d FROM "portion_0" AS "deliveries" GROUP BY hour
select max(d) as d from a"#,
            ),
            (
                "SELECT DISTINCT client_ip FROM logins UNION ALL SELECT client_ip FROM sessions",
                r#"SELECT DISTINCT "client_ip" FROM logins
SELECT "client_ip" FROM sessions
SELECT DISTINCT client_ip FROM "portion_0" AS "logins" UNION ALL SELECT client_ip FROM "portion_1" AS "sessions""#,
            ),
            (
                "SELECT user, SUM(duration_s) AS s FROM sessions GROUP BY user",
                r#"SELECT "duration_s", "user" FROM sessions
SELECT "user", sum(duration_s) AS s FROM "portion_0" AS "sessions" GROUP BY "user""#,
            ),
            (
                "SELECT COUNT(*) FROM logins",
                r#"SELECT "offset" FROM logins
SELECT CAST(count(*) AS BIGINT) FROM "portion_0" AS "logins""#,
            ),
            (
                "SELECT a.time FROM logins a JOIN logins b ON a.user = b.user",
                r#"SELECT a.time FROM logins a JOIN logins b ON a."user" = b."user""#,
            ),
            (
                "WITH bad AS (SELECT user FROM logins GROUP BY user HAVING COUNT(*) > 5)
                SELECT host, COUNT(*) AS n FROM logins WHERE time > 5 AND user IN (SELECT user FROM bad) GROUP BY host",
                r#"SELECT "user" AS "user", CAST(count(*) AS BIGINT) AS "portion_of0" FROM logins GROUP BY "user"
SELECT host AS "host", CAST(count(*) AS BIGINT) AS "portion_of0" FROM logins WHERE time > 5 AND "user" IN (SELECT "user" FROM bad) GROUP BY "host"
bad: SELECT "user" FROM "portion_0" AS "logins" GROUP BY "user" HAVING CAST(COALESCE(SUM("portion_of0"), 0) AS BIGINT) > 5
SELECT "host", CAST(COALESCE(SUM("portion_of0"), 0) AS BIGINT) AS n FROM "portion_1" AS "logins" GROUP BY "host""#,
            ),
            (
                r"SELECT MIN(time) AS t FROM logins WHERE user = 'a\'",
                r#"SELECT min(time) AS "portion_of0" FROM logins WHERE "user" = 'a\'
SELECT min("portion_of0") AS t FROM "portion_0" AS "logins""#,
            ),
            (r"SELECT MIN(time) AS t FROM logins WHERE user = 'a\''b'", "whole"),
            ("SELECT MIN(time) AS t FROM logins WHERE user = 'a''''b'", "whole"),
            ("SELECT MIN(time) AS t FROM logins WHERE - -time > 5", "whole"),
            (
                "SELECT COUNT(DISTINCT LOWER(user)) AS a, COUNT(DISTINCT user) AS b FROM logins",
                r#"SELECT lower("user") AS "portion_each0", "user" AS "portion_each1" FROM logins GROUP BY "portion_each0", "portion_each1"
SELECT CAST(count(DISTINCT "portion_each0") AS BIGINT) AS a, CAST(count(DISTINCT "portion_each1") AS BIGINT) AS b FROM "portion_0" AS "logins""#,
            ),
        ] {
            assert_eq!(split(sql), expected, "{sql}");
        }
    }

    #[test]
    fn what_is_asked_whole_is_told() {
        let whole = |sql: &str| {
            let needs = guard::check(sql, &crate::time::Zone::utc()).expect("a question");
            Portions::of(&needs.parts).expect("portions").whole.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(
            whole("SELECT a.time FROM logins a JOIN sessions b ON a.session = b.session"),
            ["logins", "sessions"]
        );
        assert_eq!(
            whole("SELECT time FROM logins WHERE client_ip IN (SELECT client_ip FROM sessions)"),
            ["sessions"]
        );
        assert!(whole("WITH logins AS (SELECT time FROM sessions) SELECT time FROM logins").is_empty());
    }
}
