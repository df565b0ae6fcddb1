//! The gate before the engine: only questions about the facts pass.
//!
//! polars' SQL opens any path by `read_parquet` and its like, and sends HTTP requests. So each statement is parsed first: it
//! must be one query, of known tables, with listed functions. What passes can read the facts and nothing else.

use super::aggregates;
use super::front::is_time;
use super::functions;
use super::meant;
use super::parts::Parts;
use super::refusals;
use super::times::Times;
use super::tokens::{self, UNNAMED, refuse};
use super::tree::{column_of, is_wild, names};
use crate::error::{Error, Result};
use crate::facts::{DERIVED, TABLES, columns, tables};
use crate::time::Zone;
use sqlparser::ast::{
    Expr, Function, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Spanned, Statement, TableAlias,
    TableFactor, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

/// What a question that passed needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The tables.
    pub tables: BTreeSet<String>,
    /// The names that may be columns.
    columns: BTreeSet<String>,
    /// Whether it asks for all columns.
    all: bool,
    /// Whether it asks for rows, and no column, of a table that is joined without a condition or is an answer itself.
    pub(super) rows_only: bool,
    /// The question as the engine is to read it.
    pub(super) parts: Parts,
    /// The columns of its answer that hold times.
    pub(super) times: Times,
}

impl Needs {
    /// Whether it names something so.
    pub(super) fn names(&self, word: &str) -> bool {
        self.columns.contains(word)
    }

    /// The columns that it may need.
    pub fn columns(&self) -> BTreeSet<String> {
        if !self.all {
            return self.columns.clone();
        }
        let own = TABLES.iter().flat_map(|table| table.columns).map(|column| column.name);
        own.chain(DERIVED.iter().map(|(name, _)| *name)).map(str::to_owned).collect()
    }
}

/// The longest question, literals and white space not counted: each of its words may be a level of its tree, and trees
/// are walked by recursion.
const LONGEST: usize = 8 << 10;

/// Brackets in one another. The parser tries each in several ways, and where it meets a limit of its own in the innermost it
/// takes twice as long for each more.
const MOST_BRACKETS: usize = 30;

/// The longest question with its literals, in bytes.
pub const LONGEST_TEXT: usize = 16 << 20;

/// Lets a question pass, or says why not. Texts beside times are times of this zone.
///
/// # Errors
///
/// Where it is not one query about the facts; exit code 64.
pub fn check(sql: &str, zone: &Zone) -> Result<Needs> {
    if sql.len() > LONGEST_TEXT {
        return Err(too_long(sql.len(), LONGEST_TEXT));
    }
    let tokens = tokens::with_our_names(tokens::read(sql)?);
    plain(sql, &tokens)?;
    // Any word may be a column: names stand in places that are no expressions too, such as USING.
    let columns = tokens::words(&tokens).collect();
    let statements = parse(sql, tokens.clone())?;
    let query = one_query(sql, &statements)?;
    refusals::built(sql, query)?;
    let mut own = OwnNames::default();
    let _ = Visit::visit(query, &mut own);
    let mut gate = Gate { sql, own, needs: Needs::default(), names: Vec::new() };
    if let ControlFlow::Break(error) = Visit::visit(query, &mut gate) {
        return Err(*error);
    }
    gate.known_columns()?;
    let Gate { own, needs, .. } = gate;
    let beside = refusals::rightly(sql, query)?;
    let parts = Parts::of(&meant::meant(sql, tokens, query, &own.no_times, &beside, zone)?)?;
    Ok(Needs { columns, parts, times: Times::of(query), ..needs })
}

/// What helps where something else is asked.
const BEGINS: &str = "a question begins with SELECT or WITH; `mailtrail query --list` shows those that have a name, `mailtrail schema` the tables";

/// The query, if that is all.
fn one_query<'s>(sql: &str, statements: &'s [Statement]) -> Result<&'s Query> {
    let (what, at) = match statements {
        [Statement::Query(query)] => return Ok(query),
        [] => ("this is no question", None),
        [_] => ("a question can only read", Some(&statements[0])),
        [_, second, ..] => ("only one question can be asked at a time", Some(second)),
    };
    let error = refuse(what).help(BEGINS);
    Err(match at {
        Some(statement) => error.at(UNNAMED, sql, first_word(sql, tokens::bytes(sql, statement.span()).start)),
        None => error,
    })
}

/// The bytes of the word that begins here.
fn first_word(sql: &str, start: usize) -> Range<usize> {
    let rest = sql.get(start..).unwrap_or_default();
    let blank = rest.len() - rest.trim_start().len();
    let word = rest.split_whitespace().next().map_or(0, str::len);
    start + blank..start + blank + word
}

fn too_long(len: usize, most: usize) -> Error {
    refuse(format!("a question of {len} bytes is too long"))
        .help(format!("{most} bytes are enough for every question that a person reads"))
}

/// Names, numbers, texts and operators are what questions are made of. Other engines' ways to write a text have escapes
/// of their own.
fn plain(sql: &str, tokens: &[TokenWithSpan]) -> Result<()> {
    let (mut weight, mut depth) = (0, 0_usize);
    for token in tokens {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_BRACKETS {
            let error = refuse("this is not SQL that can be read").why("it is nested too deep");
            let error = error.help("a WITH names what stands in brackets");
            return Err(error.at(UNNAMED, sql, tokens::bytes(sql, token.span)));
        }
        match &token.token {
            Token::Whitespace(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma => {}
            Token::Word(word) if matches!(word.quote_style, None | Some('"')) => weight += word.value.len() + 1,
            Token::LBrace | Token::RBrace => {
                return Err(refuse("nothing fills in what stands in braces here")
                    .at(UNNAMED, sql, tokens::bytes(sql, token.span))
                    .help(
                        "only named questions, metrics and rules have parameters; a text stands in single quotes",
                    ));
            }
            token if OPERATORS.contains(token) => weight += 1,
            other => {
                return Err(refuse(format!("`{other}` cannot stand in a question")).at(
                    UNNAMED,
                    sql,
                    tokens::bytes(sql, token.span),
                ));
            }
        }
    }
    if weight > LONGEST { Err(too_long(weight, LONGEST)) } else { Ok(()) }
}

const OPERATORS: &[Token] = &[
    Token::Eq,
    Token::DoubleEq,
    Token::Neq,
    Token::Lt,
    Token::LtEq,
    Token::Gt,
    Token::GtEq,
    Token::Plus,
    Token::Minus,
    Token::Mul,
    Token::Div,
    Token::Mod,
    Token::StringConcat,
    Token::LParen,
    Token::RParen,
    Token::Period,
    Token::SemiColon,
    Token::DoubleColon,
];

/// Parses as the engine does, or what passes here could mean something else there.
pub(super) fn parse(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<Vec<Statement>> {
    let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
    let parser = Parser::new(&GenericDialect {}).with_options(options);
    parser.with_tokens_with_locations(tokens).parse_statements().map_err(|e| {
        let mut error = refuse("this is not SQL that can be read");
        if !["select", "with"].contains(&sql[first_word(sql, 0)].to_lowercase().as_str()) {
            error = error.help(BEGINS);
        }
        match e {
            ParserError::RecursionLimitExceeded => error.why("it is nested too deep"),
            ParserError::TokenizerError(why) | ParserError::ParserError(why) => {
                let (why, at) = placed(&why);
                let start = at.map_or(sql.len(), |at| tokens::place(sql, at));
                error.why(why).at(UNNAMED, sql, first_word(sql, start))
            }
        }
    })
}

/// The parser's message without its place, and the place. At the end of the question it knows none.
fn placed(message: &str) -> (&str, Option<sqlparser::tokenizer::Location>) {
    let Some((why, place)) = message.rsplit_once(" at Line: ") else { return (message, None) };
    let at =
        place.split_once(", Column: ").and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
    (why, at.map(|(line, column)| sqlparser::tokenizer::Location { line, column }))
}

fn stop(error: Error) -> ControlFlow<Box<Error>> {
    ControlFlow::Break(Box::new(error))
}

/// Names that a question gives to its own parts, anywhere in it.
#[derive(Default)]
struct OwnNames {
    /// Of common tables, which can stand where a table can.
    tables: BTreeSet<String>,
    /// Of all else.
    others: BTreeSet<String>,
    /// Those of them that may be no times, whatever they are called.
    no_times: BTreeSet<String>,
}

impl OwnNames {
    fn add(&mut self, name: &Ident) {
        self.others.insert(name.value.to_lowercase());
    }

    fn alias(&mut self, alias: &TableAlias) {
        for name in std::iter::once(&alias.name).chain(alias.columns.iter().map(|column| &column.name)) {
            self.add(name);
            self.no_times.insert(name.value.to_lowercase());
        }
    }
}

impl Visitor for OwnNames {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let parts = query.with.iter().flat_map(|with| &with.cte_tables);
        for part in parts {
            self.tables.insert(part.alias.name.value.to_lowercase());
            self.alias(&part.alias);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.add(alias);
                    if !is_of_times(expr, &BTreeSet::new()) {
                        self.no_times.insert(alias.value.to_lowercase());
                    }
                }
                SelectItem::ExprWithAliases { aliases, .. } => aliases.iter().for_each(|alias| self.add(alias)),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::NestedJoin { alias: Some(alias), .. } = factor
        {
            self.alias(alias);
        }
        ControlFlow::Continue(())
    }
}

/// Looks at every part of a question.
struct Gate<'q> {
    sql: &'q str,
    own: OwnNames,
    needs: Needs,
    /// What stands where a column could.
    names: Vec<Ident>,
}

impl Visitor for Gate<'_> {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.body(&query.body)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        if select.into.is_some() {
            return stop(self.only_reads());
        }
        if let Some(column) = aggregates::column_beside(select) {
            let error = refuse(format!("`{}` stands beside a figure of many rows", column.value));
            let error = error.why("it is not told of which of them it is").help("add GROUP BY");
            return stop(self.point(error, column.span));
        }
        self.needs.all |= select.projection.iter().any(is_wild);
        let tables: usize = select.from.iter().map(|from| 1 + from.joins.len()).sum();
        let joined = select.from.iter().flat_map(|from| &from.joins).filter(|join| has_condition(join)).count();
        self.needs.rows_only |= tables > joined + 1 || self.counts_answers(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { name, args: None, .. } => self.table(name),
            TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            other => {
                let error = refuse(format!("`{other}` is not a table of the facts")).help(tables_help());
                stop(self.point(error, other.span()))
            }
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        self.names.extend(column_of(expr).cloned());
        match expr {
            Expr::Function(function) => self.function(function),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The texts that a column of times is compared with; what a question names so itself may be anything.
pub(super) fn time_and_texts<'e>(expr: &'e Expr, own: &BTreeSet<String>) -> Vec<(&'e str, Span)> {
    let compared: Vec<&Expr> = match expr {
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
        _ => return Vec::new(),
    };
    let of_times = compared.iter().any(|expr| is_of_times(expr, own));
    let text = |expr| match expr {
        &Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(ref text), span }) => {
            Some((text.as_str(), span))
        }
        _ => None,
    };
    compared.into_iter().filter(|_| of_times).filter_map(text).collect()
}

/// Whether a term is one of times, by its names; those that a question gives otherwise do not count.
fn is_of_times(expr: &Expr, own: &BTreeSet<String>) -> bool {
    let is_time = |name: &String| is_time(name) && !own.contains(&name.to_lowercase());
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Nested(_) => names(expr).iter().any(is_time),
        Expr::Function(function) => functions::given(function).iter().any(|term| names(*term).iter().any(is_time)),
        _ => false,
    }
}

fn has_condition(join: &sqlparser::ast::Join) -> bool {
    use sqlparser::ast::{JoinConstraint, JoinOperator};
    !matches!(
        join.join_operator,
        JoinOperator::CrossJoin(_)
            | JoinOperator::Join(JoinConstraint::None)
            | JoinOperator::Inner(JoinConstraint::None)
    )
}

impl Gate<'_> {
    /// Whether a SELECT makes something of the rows of an answer and of none of its columns.
    fn counts_answers(&self, select: &Select) -> bool {
        let is_answer = |factor: &TableFactor| match factor {
            TableFactor::Table { name, .. } => self.own.tables.contains(&name.to_string().to_lowercase()),
            _ => true,
        };
        select.from.iter().any(|from| is_answer(&from.relation))
            && names(&select.group_by).is_empty()
            && select.projection.iter().any(|item| names(item).is_empty())
    }

    fn body(&mut self, body: &SetExpr) -> ControlFlow<Box<Error>> {
        match body {
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => ControlFlow::Continue(()),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
            _ => stop(self.only_reads()),
        }
    }

    fn only_reads(&self) -> Error {
        refuse("a question can only read").at(UNNAMED, self.sql, first_word(self.sql, 0))
    }

    fn point(&self, error: Error, span: Span) -> Error {
        error.at(UNNAMED, self.sql, tokens::bytes(self.sql, span))
    }

    fn table(&mut self, name: &ObjectName) -> ControlFlow<Box<Error>> {
        let lower = name.to_string().to_lowercase();
        if self.own.tables.contains(&lower) {
            return ControlFlow::Continue(());
        }
        if tables().any(|table| table.name == lower) {
            self.needs.tables.insert(lower);
            return ControlFlow::Continue(());
        }
        let error = refuse(format!("there is no table `{name}`"));
        stop(self.point(error.instead(&lower, "tables", tables().map(|table| table.name)), name.span()))
    }

    fn function(&self, function: &Function) -> ControlFlow<Box<Error>> {
        let name = &function.name;
        let lower = name.to_string().to_lowercase();
        if functions::known(function).is_some() {
            return ControlFlow::Continue(());
        }
        let error = refuse(format!("the function `{name}` cannot be used"));
        let error = match functions::left_out(&lower) {
            Some((why, help)) => error.why(why).help(help),
            None => error.instead(&lower, "functions", functions::functions()),
        };
        stop(self.point(error, name.span()))
    }

    /// Refuses a name that is no column of any of the question's tables, and none that the question gives itself.
    fn known_columns(&self) -> Result<()> {
        let columns: BTreeSet<&str> =
            tables().filter(|table| self.needs.tables.contains(table.name)).flat_map(columns).collect();
        let known = |name: &Ident| {
            let lower = name.value.to_lowercase();
            columns.contains(lower.as_str()) || self.own.others.contains(&lower)
        };
        let Some(unknown) = self.names.iter().find(|name| !known(name)) else { return Ok(()) };
        let tables = self.needs.tables.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        if tables.is_empty() {
            let error =
                refuse(format!("there is no column `{}`", unknown.value)).why("the question names no table");
            return Err(self.point(error.help(tables_help()), unknown.span));
        }
        let error = refuse(format!("there is no column `{}` in {tables}", unknown.value));
        let quoted = unknown.quote_style.is_some() && !["user", "offset"].contains(&unknown.value.as_str());
        let error = if quoted {
            error.help(format!("a text stands in single quotes: '{}'", unknown.value))
        } else {
            error.instead(&unknown.value.to_lowercase(), "columns", columns)
        };
        Err(self.point(error, unknown.span))
    }
}

fn tables_help() -> String {
    format!("the tables are {}", tables().map(|table| table.name).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;

    fn check(sql: &str) -> Result<Needs> {
        super::check(sql, &Zone::utc())
    }

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
            "SELECT E'a\\'b' FROM messages",
            "SELECT $$a$$ FROM messages",
            "SELECT `sender` FROM messages",
            "SELECT {x} FROM messages",
            "SELECT SUM(1) FROM messages",
            "SELECT sender, COUNT(*) FROM messages",
            "SELECT MAX(time) - time AS late FROM messages",
            "SELECT [1] FROM messages",
            "",
        ];
        for sql in refused {
            assert_eq!(check(sql).map_err(|e| e.exit()), Err(Exit::Usage), "{sql}");
        }
    }

    #[test]
    fn a_figure_may_stand_beside_what_is_one_for_all_rows() {
        for sql in [
            "SELECT 'all' AS what, COUNT(*) AS n, MAX(time) - MIN(time) AS span FROM messages",
            "SELECT sender, COUNT(*) AS n FROM messages GROUP BY sender",
            "SELECT time, SUM(size_bytes) OVER (ORDER BY time) AS so_far FROM messages",
            "SELECT COUNT(*) AS n, (SELECT MAX(time) FROM sessions) AS t FROM messages",
        ] {
            assert_eq!(check(sql).map(|_| ()).map_err(|e| e.to_string()), Ok(()), "{sql}");
        }
    }

    #[test]
    fn needs_are_told() {
        let needs = check("WITH x AS (SELECT m.sender AS s FROM messages m) SELECT s, COUNT(*) FROM x GROUP BY s")
            .expect("a query");
        assert_eq!(needs.tables.iter().collect::<Vec<_>>(), ["messages"]);
        assert!(needs.columns.contains("sender") && !needs.all && !needs.rows_only);
        assert!(check("SELECT * FROM messages, deliveries").expect("a query").rows_only);
    }

    #[test]
    fn t10_a_quote_behind_a_backslash_ends_no_text() {
        let needs = check("SELECT '\\'' UNION ALL SELECT x' AS y FROM messages").expect("a query");
        assert_eq!(needs.parts.sql, "select '\\'' UNION ALL SELECT x' as y from messages");
    }

    #[test]
    fn every_column_can_be_named_anywhere() {
        for table in tables() {
            for name in columns(table) {
                let sql = format!(
                    "SELECT t.{name}, {name}, COUNT(*) AS n FROM {} t WHERE {name} IS NOT NULL AND t.{name} IS NOT NULL GROUP BY {name} ORDER BY n, {name} LIMIT 3 OFFSET 1",
                    table.name
                );
                let needs = check(&sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                assert!(needs.columns.contains(name));
            }
        }
    }

    #[test]
    fn a_name_that_is_no_column_is_pointed_at() {
        let error =
            check("SELECT time,\n  queueid FROM messages").expect_err("there is no such column").to_string();
        assert!(error.contains("the question:2:3") && error.contains("did you mean `queue_id`?"), "{error}");
        let error = check("SELECT time FROM messages WHERE sender = \"x\"").expect_err("no column").to_string();
        assert!(error.contains("single quotes: 'x'"), "{error}");
        assert!(check("SELECT sender AS x FROM messages ORDER BY x").is_ok());
        assert!(
            check("SELECT sender, COUNT(*) AS messages FROM messages GROUP BY sender ORDER BY messages").is_ok()
        );
        assert!(check("WITH a (n) AS (SELECT size_bytes FROM messages) SELECT n FROM a").is_ok());
    }
}
