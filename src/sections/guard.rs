//! The gate before the engine: only questions about the facts pass.
//!
//! polars' SQL opens any path by `read_parquet` and its like, and sends HTTP requests. So each statement is parsed first: it
//! must be one query, of known tables, with listed functions. What passes can read the facts and nothing else.

use crate::error::{Error, Exit, Result, nearest};
use crate::facts::{DERIVED, TABLES};
use sqlparser::ast::{
    Expr, FunctionArguments, Ident, ObjectName, Query, SetExpr, Statement, TableFactor, Visit, VisitMut, Visitor,
    VisitorMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Tables that are not facts but can be asked.
pub const EXTRA_TABLES: [&str; 1] = ["coverage"];

/// The functions that a question may use.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "abs", "avg", "ceil", "ceiling", "char_length", "coalesce", "concat", "concat_ws", "corr", "count",
    "dense_rank", "exp", "first", "first_value", "floor", "greatest", "if", "ifnull", "initcap", "lag",
    "last", "last_value", "lead", "least", "left", "length", "ln", "log", "log10", "log2", "lower", "ltrim",
    "max", "median", "min", "mod", "nullif", "octet_length", "pow", "power", "quantile_cont",
    "quantile_disc", "rank", "regexp_like", "replace", "reverse", "right", "round", "row_number", "rtrim",
    "sign", "sqrt", "starts_with", "ends_with", "stddev", "strpos", "substr", "substring", "sum", "trim",
    "upper", "variance", "date", "strftime", "date_part",
];

/// What a question that passed needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The tables.
    pub tables: BTreeSet<String>,
    /// The names that may be columns.
    columns: BTreeSet<String>,
    /// Whether it asks for all columns.
    all: bool,
    /// The question as the engine is to read it.
    pub sql: String,
}

impl Needs {
    /// The columns that it may need.
    pub fn columns(&self) -> BTreeSet<String> {
        if !self.all {
            return self.columns.clone();
        }
        let own = TABLES.iter().flat_map(|table| table.columns).map(|column| column.name);
        own.chain(DERIVED.iter().map(|(name, _)| *name)).map(str::to_owned).collect()
    }
}

/// The words of a question.
pub(super) fn words(sql: &str) -> impl Iterator<Item = String> + '_ {
    let words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_owned)
}

/// A text as a literal of SQL.
pub(crate) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The longest question: each of its words may be a level of its tree, and trees are walked by recursion.
const LONGEST: usize = 8 << 10;

/// Lets a question pass, or says why not.
///
/// # Errors
///
/// Where it is not one query about the facts; exit code 64.
pub fn check(sql: &str) -> Result<Needs> {
    if sql.len() > LONGEST {
        return Err(refuse(format!("a question of {} bytes is too long", sql.len()))
            .help(format!("{LONGEST} bytes are enough for every question that a person reads")));
    }
    let mut statements = Parser::parse_sql(&GenericDialect {}, sql)
        .map_err(|e| refuse("this is not SQL that can be read").why(clean(&e.to_string())))?;
    let _ = VisitMut::visit(&mut statements, &mut ColumnNames);
    let [Statement::Query(query)] = statements.as_slice() else {
        return Err(refuse("only one query can be asked").help("a query begins with SELECT or WITH"));
    };
    let mut gate = Gate::default();
    if let ControlFlow::Break(error) = Visit::visit(query, &mut gate) {
        return Err(*error);
    }
    gate.needs.all |= gate.wildcard;
    // Any word may be a column: names stand in places that are no expressions too, such as USING.
    gate.needs.columns = words(sql).collect();
    gate.needs.sql = query.to_string();
    Ok(gate.needs)
}

/// `user` is a column of ours, and a function without arguments to the parser: the engine gets it as a name.
struct ColumnNames;

impl VisitorMut for ColumnNames {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && matches!(function.args, FunctionArguments::None)
            && let Some(mut names) = idents(&function.name)
            && names.pop().is_some_and(|last| last.value.eq_ignore_ascii_case("user"))
        {
            let user = Ident::with_quote('"', "user");
            *expr = if names.is_empty() {
                Expr::Identifier(user)
            } else {
                names.push(user);
                Expr::CompoundIdentifier(names)
            };
        }
        ControlFlow::Continue(())
    }
}

fn idents(name: &ObjectName) -> Option<Vec<Ident>> {
    name.0.iter().map(|part| part.as_ident().cloned()).collect()
}

fn refuse(what: impl Into<String>) -> Error {
    Error::new(Exit::Usage, what)
}

/// sqlparser names itself in its messages.
fn clean(message: &str) -> String {
    message.trim_start_matches("sql parser error: ").to_owned()
}

#[derive(Default)]
struct Gate {
    needs: Needs,
    /// Names that the question itself gives to its parts.
    own: BTreeSet<String>,
    wildcard: bool,
}

impl Visitor for Gate {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        for part in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.own.insert(part.alias.name.value.to_lowercase());
        }
        self.body(&query.body)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { name, args: None, .. } => self.table(&name.to_string()),
            TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            other => stop(refuse(format!("`{other}` is not a table of the facts")).help(tables_help())),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Function(function) => known_function(&function.name.to_string()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Gate {
    fn body(&mut self, body: &SetExpr) -> ControlFlow<Box<Error>> {
        match body {
            SetExpr::Select(select) => {
                use sqlparser::ast::SelectItem;
                let wild = |item: &SelectItem| {
                    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
                };
                self.wildcard |= select.projection.iter().any(wild);
                if select.into.is_some() {
                    return stop(refuse("a question can only read"));
                }
                ControlFlow::Continue(())
            }
            SetExpr::Query(_) | SetExpr::Values(_) => ControlFlow::Continue(()),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
            _ => stop(refuse("a question can only read")),
        }
    }

    fn table(&mut self, name: &str) -> ControlFlow<Box<Error>> {
        let lower = name.to_lowercase();
        if self.own.contains(&lower) {
            return ControlFlow::Continue(());
        }
        if TABLES.iter().any(|table| table.name == lower) || EXTRA_TABLES.contains(&lower.as_str()) {
            self.needs.tables.insert(lower);
            return ControlFlow::Continue(());
        }
        let near = nearest(&lower, TABLES.iter().map(|table| table.name));
        let help = near.map_or_else(tables_help, |near| format!("did you mean `{near}`?"));
        stop(refuse(format!("there is no table `{name}`")).help(help))
    }
}

fn stop(error: Error) -> ControlFlow<Box<Error>> {
    ControlFlow::Break(Box::new(error))
}

fn tables_help() -> String {
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).chain(EXTRA_TABLES).collect();
    format!("the tables are {}", names.join(", "))
}

fn known_function(name: &str) -> ControlFlow<Box<Error>> {
    let lower = name.to_lowercase();
    if FUNCTIONS.contains(&lower.as_str()) {
        return ControlFlow::Continue(());
    }
    let near = nearest(&lower, FUNCTIONS.iter().copied());
    let help = near
        .map_or_else(|| format!("the functions are {}", FUNCTIONS.join(", ")), |n| format!("did you mean `{n}`?"));
    stop(refuse(format!("the function `{name}` cannot be used")).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t11_only_questions_about_the_facts_pass() {
        let refused = [
            "SELECT * FROM read_parquet('/etc/passwd')",
            "SELECT * FROM read_csv('x')",
            "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM \"/tmp/x.parquet\"",
            "WITH a AS (SELECT * FROM read_ipc('x')) SELECT * FROM a",
            "SELECT * FROM messages JOIN read_json('x') USING (time)",
            "SELECT (SELECT COUNT(*) FROM read_parquet('x')) FROM messages",
            "SELECT time FROM messages WHERE time IN (SELECT time FROM read_parquet('x'))",
            "SELECT * FROM messages UNION ALL SELECT * FROM read_parquet('x')",
            "CREATE TABLE t AS SELECT 1",
            "DROP TABLE messages",
            "TRUNCATE TABLE messages",
            "DELETE FROM messages",
            "SHOW TABLES",
            "EXPLAIN SELECT 1",
            "SELECT 1; SELECT 2",
            "INSERT INTO messages VALUES (1)",
            "SELECT * INTO x FROM messages",
            "SELECT load_extension('x')",
            "SELECT * FROM messages, LATERAL read_csv('y')",
            "SELECT * FROM https",
            "",
        ];
        for sql in refused {
            assert_eq!(check(sql).map_err(|e| e.exit()), Err(Exit::Usage), "{sql}");
        }
    }

    #[test]
    fn needs_are_told() {
        let needs = check("WITH x AS (SELECT m.sender AS s FROM messages m) SELECT s, COUNT(*) FROM x GROUP BY s")
            .expect("a query");
        assert_eq!(needs.tables.iter().collect::<Vec<_>>(), ["messages"]);
        assert!(needs.columns.contains("sender") && !needs.all);
    }
}
