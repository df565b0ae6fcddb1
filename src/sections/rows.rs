//! Asking: a question goes through the gate, then to polars; its answer comes back as rows.

use super::aggregates;
use super::front::is_time;
use super::guard::{self, Needs};
use super::parts::Parts;
use super::portions::{Portion, Portions, Probe};
use super::tokens;
use crate::error::{Error, Exit, Result};
use crate::facts::{COVERAGE, Facts, Scope, TableDef, USUAL, View, Wanted, tables};
use crate::report::{Cell, Coverage, Past};
use crate::text::Text;
use crate::time::Zone;
use polars::prelude::{
    AnyValue, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, PolarsError, PolarsResult, Series,
};
use polars::sql::SQLContext;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Answers questions about a view of the facts.
#[derive(Debug)]
pub struct Asker<'a> {
    view: &'a View<'a>,
    coverage: DataFrame,
    usual: DataFrame,
}

/// A figure with what it was at earlier times, as questions can ask it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The metric.
    pub metric: String,
    /// Its labels.
    pub labels: Vec<(String, Text)>,
    /// When the hour began and ended that it is of.
    pub hour: Option<(i64, i64)>,
    /// The figure now.
    pub value: Option<f64>,
    /// The figure at earlier times.
    pub past: Past,
}

/// Common tables that are worked out, by name.
type Frames = Vec<(String, DataFrame)>;

/// The answer to a question.
#[derive(Debug)]
pub struct Answer {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Which of them hold times, as far as the question tells.
    times: Vec<Option<bool>>,
    frame: DataFrame,
}

impl<'a> Asker<'a> {
    /// An asker for a view and the account of the lines behind it.
    ///
    /// # Errors
    ///
    /// Where polars refuses, which would be our own fault.
    pub fn new(view: &'a View<'a>, coverage: &Coverage) -> Result<Self> {
        let coverage = coverage_frame(coverage)
            .map_err(|e| Error::new(Exit::Internal, "the coverage cannot be laid out").why(e))?;
        let usual = usual_frame(&[])?;
        Ok(Self { view, coverage, usual })
    }

    /// The asker, which also knows what is usual.
    ///
    /// # Errors
    ///
    /// Where polars refuses, which would be our own fault.
    pub fn knowing(mut self, known: &[Known]) -> Result<Self> {
        self.usual = usual_frame(known)?;
        Ok(self)
    }

    /// Does something that asks for each of several things: for many at a time, or, where facts are more than memory holds,
    /// for one after the other. Then it is the portions of each question that are read many at a time.
    ///
    /// # Errors
    ///
    /// The first that any of it meets.
    pub fn each<Q: Sync, T: Send>(&self, of: &[Q], ask: impl Fn(&Q) -> Result<T> + Send + Sync) -> Result<Vec<T>> {
        if self.view.is_partly_large() { of.iter().map(ask).collect() } else { of.par_iter().map(ask).collect() }
    }

    /// The same for two things.
    pub fn both<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        if self.view.is_partly_large() { (a(), b()) } else { rayon::join(a, b) }
    }

    /// Asks a question.
    ///
    /// # Errors
    ///
    /// Where the gate or the engine refuses it; exit code 64.
    pub fn ask(&self, sql: &str) -> Result<Answer> {
        self.answer(&guard::check(sql, self.view.zone())?).map_err(|e| tokens::pointed(e, sql))
    }

    /// The addresses of clients that are among the facts which a question asks for, those that are wanted.
    ///
    /// # Errors
    ///
    /// Where the engine refuses, which would be our own fault.
    pub(super) fn clients(&self, needs: &Needs, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<String>> {
        let mut found = BTreeSet::new();
        let have = |table: &&TableDef| table.place("client_ip").is_some();
        for table in tables().filter(|table| needs.tables.contains(table.name)).filter(have) {
            let answer = self.ask(&format!("SELECT DISTINCT client_ip FROM {}", table.name))?;
            found.extend(answer.rows(usize::MAX).into_iter().flatten().filter_map(|cell| match cell {
                Cell::Text(address) => wanted(address.raw()).then(|| address.raw().to_owned()),
                _ => None,
            }));
        }
        Ok(found.into_iter().collect())
    }

    fn answer(&self, needs: &Needs) -> Result<Answer> {
        let large = needs.tables.iter().any(|table| self.view.is_large(table));
        let portions = large.then(|| Portions::of(&needs.parts)).flatten();
        let mut context = SQLContext::new();
        for table in &needs.tables {
            let whole = portions.as_ref().is_none_or(|portions| portions.whole.contains(table.as_str()));
            if let Some(frame) = self.table(table, needs, whole)? {
                context.register(table, frame.lazy());
            }
        }
        let (parts, asked) = portions
            .as_ref()
            .map_or((&needs.parts, [].as_slice()), |portions| (&portions.parts, portions.asked.as_slice()));
        let frame = self.run(&mut context, parts, asked, needs.rows_only)?;
        let frame = aggregates::named(frame, needs);
        if let Some(list) = frame.columns().iter().find(|column| column.dtype().is_nested()) {
            return Err(tokens::refuse(format!("the column '{}' would hold lists", list.name()))
                .why("a column stands beside figures of many rows, or a function is given a column for a number")
                .help("group in a WITH first, then make the term of its columns"));
        }
        let columns: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
        Ok(Answer { times: needs.times.told(&columns), columns, frame })
    }

    /// Asks the parts of a question one after the other, and before them what they ask of portions: with the first of them all
    /// that needs no common table.
    fn run(
        &self,
        context: &mut SQLContext,
        parts: &Parts,
        asked: &[Portion],
        rows_only: bool,
    ) -> Result<DataFrame> {
        // What no column is asked of loses its height with its columns, and its rows would not count.
        let ask = |context: &mut SQLContext, sql: &str| {
            context.execute(sql).map(|asked| asked.with_projection_pushdown(!rows_only))
        };
        let mut known: Frames = Vec::new();
        let (alone, others): (Vec<_>, Vec<_>) = asked.iter().partition(|portion| portion.common.is_empty());
        self.portions(context, &alone, &known)?;
        let of_part = |at: usize| others.iter().filter(|portion| portion.part == at).copied().collect::<Vec<_>>();
        for (at, part) in parts.common.iter().enumerate() {
            self.portions(context, &of_part(at), &known)?;
            let mut asked = ask(context, &part.sql).map_err(|e| refused(&e))?;
            if part.shared {
                let frame = asked.collect().map_err(|e| refused(&e))?;
                asked = frame.clone().lazy();
                known.push((part.name.clone(), frame));
            }
            context.register(&part.name, asked);
        }
        self.portions(context, &of_part(parts.common.len()), &known)?;
        ask(context, &parts.sql).and_then(LazyFrame::collect).map_err(|e| refused(&e))
    }

    /// Asks portions, of each table all questions at once.
    fn portions(&self, context: &mut SQLContext, asked: &[&Portion], known: &Frames) -> Result<()> {
        for asked in asked.chunk_by(|a, b| a.table == b.table) {
            for (portion, frame) in asked.iter().zip(self.answers(asked, known)?) {
                context.register(&portion.answers, frame.lazy());
            }
        }
        Ok(())
    }

    /// A table that a question names; of facts only where it is asked whole.
    fn table(&self, table: &str, needs: &Needs, whole: bool) -> Result<Option<DataFrame>> {
        match table {
            name if name == COVERAGE.name => Ok(Some(self.coverage.clone())),
            name if name == USUAL.name => Ok(Some(self.usual.clone())),
            name if whole => {
                let mut wanted = needs.columns();
                // COUNT(*) needs the height of a table; a frame must have a column to have one.
                wanted.insert("offset".into());
                self.view.frame(name, &wanted)
            }
            _ => Ok(None),
        }
    }

    /// The answers of all portions of a table to some questions.
    fn answers(&self, asked: &[&Portion], known: &Frames) -> Result<Vec<DataFrame>> {
        let table = asked[0].table;
        let wanted: BTreeSet<String> = asked.iter().flat_map(|portion| &portion.columns).cloned().collect();
        let probes: Option<Vec<&Probe>> = asked.iter().map(|portion| portion.probe.as_ref()).collect();
        let first: BTreeSet<String> = probes.iter().flatten().flat_map(|probe| &probe.columns).cloned().collect();
        let answer = |frame: DataFrame| {
            let sql = asked.iter().map(|portion| portion.sql.as_str());
            ask_of(table, frame, known, sql)?.into_iter().map(LazyFrame::collect).collect::<PolarsResult<Vec<_>>>()
        };
        let nothing = answer(self.view.nothing(table, &wanted)?).map_err(|e| refused(&e))?;
        let answers = self.view.portions(table, |read| {
            let Some(probes) = &probes else { return Ok(Some(answer(read(&wanted)?).map_err(|e| refused(&e))?)) };
            let frame = read(&first)?;
            let sql = probes.iter().map(|probe| probe.sql.as_str());
            if !finds(table, &frame, known, sql).map_err(|e| refused(&e))? {
                return Ok(None);
            }
            let rest = read(&wanted.difference(&first).cloned().collect())?;
            let frame = frame.hstack(rest.columns()).map_err(|e| refused(&e))?;
            answer(frame).map(Some).map_err(|e| refused(&e))
        })?;
        stacked(nothing, answers.into_iter().flatten()).map_err(|e| refused(&e))
    }
}

/// The answers of all portions below one another, to each question. They are put into one piece: sums of fractions depend
/// on the pieces.
fn stacked(
    mut all: Vec<DataFrame>,
    portions: impl Iterator<Item = Vec<DataFrame>>,
) -> PolarsResult<Vec<DataFrame>> {
    for answers in portions {
        for (all, answer) in all.iter_mut().zip(answers) {
            all.vstack_mut_owned(answer)?;
        }
    }
    all.iter_mut().for_each(|all| {
        all.rechunk_mut();
    });
    Ok(all)
}

/// The answers of a table to some questions, not yet worked out.
fn ask_of<'q>(
    table: &str,
    frame: DataFrame,
    known: &Frames,
    sql: impl Iterator<Item = &'q str>,
) -> PolarsResult<Vec<LazyFrame>> {
    let mut context = SQLContext::new();
    known.iter().for_each(|(name, frame)| context.register(name, frame.clone().lazy()));
    context.register(table, frame.lazy());
    sql.map(|sql| context.execute(sql)).collect()
}

/// Whether one of these questions has rows as its answer.
fn finds<'q>(
    table: &str,
    frame: &DataFrame,
    known: &Frames,
    sql: impl Iterator<Item = &'q str>,
) -> PolarsResult<bool> {
    for answer in ask_of(table, frame.clone(), known, sql)? {
        if answer.collect()?.height() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a question needs, once it has been asked of no facts at all: whatever the engine refuses, it refuses now.
///
/// # Errors
///
/// Where the gate or the engine refuses it; exit code 64.
pub fn try_out(sql: &str) -> Result<Needs> {
    of_nothing(sql).map(|(needs, _)| needs)
}

/// The columns of the answer to a question.
///
/// # Errors
///
/// As [`try_out`].
pub fn columns_of(sql: &str) -> Result<Vec<String>> {
    of_nothing(sql).map(|(_, answer)| answer.columns)
}

/// A question asked of no facts at all.
fn of_nothing(sql: &str) -> Result<(Needs, Answer)> {
    let (facts, zone) = (Facts::default(), Zone::utc());
    let needs = guard::check(sql, &zone)?;
    let view = View::new(&facts, &zone, &Scope::ALL, Wanted::columns(&needs.tables, &needs.columns()))?;
    let answer = Asker::new(&view, &Coverage::default())?.answer(&needs).map_err(|e| tokens::pointed(e, sql))?;
    Ok((needs, answer))
}

fn refused(error: &PolarsError) -> Error {
    let text = error.to_string();
    // What the engine lists as valid are only the columns that this question made us lay out.
    let first = text.lines().next().unwrap_or_default();
    let first = first.split("; valid columns").next().unwrap_or(first).to_owned();
    Error::new(Exit::Usage, "this question cannot be answered")
        .why(first)
        .help("`mailtrail schema` lists the tables and their columns")
}

impl Answer {
    /// How many rows it has.
    pub fn height(&self) -> usize {
        self.frame.height()
    }

    /// The rows from the first on, `most` at most, as cells.
    pub fn rows(&self, most: usize) -> Vec<Vec<Cell>> {
        let columns: Vec<&Series> =
            self.frame.columns().iter().map(polars::prelude::Column::as_materialized_series).collect();
        let cell = |series: &Series, row: usize| series.get(row).map_or(Cell::Null, |value| cell(&value));
        (0..self.height().min(most)).map(|row| columns.iter().map(|series| cell(series, row)).collect()).collect()
    }

    /// Whether a column holds whole numbers.
    pub fn is_integer(&self, column: usize) -> bool {
        self.frame.columns().get(column).is_some_and(|c| c.dtype().is_integer())
    }

    /// Whether a column holds times: by what the question means, and by its name where that cannot be told. A report goes by
    /// names alone.
    pub fn is_time(&self, column: usize) -> bool {
        match self.times.get(column) {
            // The engine makes fractions of the times among which it finds a percentile.
            Some(Some(time)) => *time && self.is_number(column),
            _ => self.is_integer(column) && self.columns.get(column).is_some_and(|name| is_time(name)),
        }
    }

    /// Whether a column holds numbers.
    pub fn is_number(&self, column: usize) -> bool {
        self.frame.columns().get(column).is_some_and(|c| c.dtype().is_numeric())
    }

    /// Whether a column holds yes or no.
    pub fn is_flag(&self, column: usize) -> bool {
        self.frame.columns().get(column).is_some_and(|c| *c.dtype() == DataType::Boolean)
    }

    /// The answer as Parquet.
    ///
    /// # Errors
    ///
    /// Where polars cannot write it.
    pub fn parquet(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        polars::prelude::ParquetWriter::new(&mut bytes)
            .finish(&mut self.frame)
            .map_err(|e| Error::new(Exit::Internal, "the answer cannot be written as Parquet").why(e))?;
        Ok(bytes)
    }
}

fn cell(value: &AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Boolean(flag) => Cell::Flag(*flag),
        AnyValue::String(text) => Cell::Text(Text::from(*text)),
        AnyValue::StringOwned(text) => Cell::Text(Text::from(text.as_str())),
        AnyValue::Float32(number) => Cell::Number(f64::from(*number)),
        AnyValue::Float64(number) => Cell::Number(*number),
        other => match other.extract::<i64>() {
            Some(number) => Cell::Integer(number),
            None => Cell::Text(Text::from(other.to_string())),
        },
    }
}

fn usual_frame(known: &[Known]) -> Result<DataFrame> {
    let text = |of: fn(&Known) -> String| known.iter().map(of).collect::<Vec<String>>();
    let number = |name: &str, of: fn(&Known) -> Option<f64>| {
        Series::new(name.into(), known.iter().map(of).collect::<Vec<Option<f64>>>()).into()
    };
    let time = |name: &str, of: fn((i64, i64)) -> i64| {
        Series::new(name.into(), known.iter().map(|known| known.hour.map(of)).collect::<Vec<Option<i64>>>()).into()
    };
    let label = |known: &Known| known.labels.iter().map(|(_, value)| value.raw()).collect::<Vec<_>>().join(", ");
    let host = |known: &Known| {
        let host = known.labels.iter().find(|(name, _)| name == "host");
        host.map(|(_, value)| value.raw().to_owned())
    };
    let spans =
        known.iter().map(|known| known.past.usual.map_or(0, |usual| i64::try_from(usual.spans).unwrap_or(0)));
    DataFrame::new(
        known.len(),
        vec![
            Series::new("metric".into(), text(|known| known.metric.clone())).into(),
            Series::new("label".into(), text(label)).into(),
            Series::new("host".into(), known.iter().map(host).collect::<Vec<Option<String>>>()).into(),
            time("hour", |(start, _)| start),
            time("until_time", |(_, end)| end),
            number("value", |known| known.value),
            number("day_before", |known| known.past.day_before),
            number("week_before", |known| known.past.week_before),
            number("usual", |known| known.past.usual.map(|usual| usual.value)),
            number("spread", |known| known.past.usual.map(|usual| usual.spread)),
            Series::new("spans".into(), spans.collect::<Vec<i64>>()).into(),
            Series::new("offset".into(), vec![0_i64; known.len()]).into(),
        ],
    )
    .map_err(|e| Error::new(Exit::Internal, "what is usual cannot be laid out").why(e))
}

fn coverage_frame(coverage: &Coverage) -> std::result::Result<DataFrame, PolarsError> {
    let sources = &coverage.sources;
    let count = |name: &str, of: fn(&crate::report::Counts) -> u64| {
        let values: Vec<i64> = sources.iter().map(|s| i64::try_from(of(&s.counts)).unwrap_or(i64::MAX)).collect();
        Series::new(name.into(), values).into()
    };
    let time = |name: &str, of: fn((i64, i64)) -> i64| {
        Series::new(name.into(), sources.iter().map(|s| s.times.map(of)).collect::<Vec<Option<i64>>>()).into()
    };
    let paths: Vec<&str> = sources.iter().map(|s| s.path.raw()).collect();
    let places: Vec<i64> = (0..).take(sources.len()).collect();
    let repeats = || sources.iter().map(|source| source.repeats.as_ref());
    let holders: Vec<Option<&str>> = repeats().map(|repeats| repeats.map(|(of, _)| of.raw())).collect();
    let repeated: Vec<Option<i64>> = repeats().map(|repeats| i64::try_from(repeats?.1).ok()).collect();
    DataFrame::new(
        sources.len(),
        vec![
            Series::new("source".into(), places).into(),
            Series::new("path".into(), paths).into(),
            count("lines", |c| c.lines),
            count("matched", |c| c.matched),
            count("ignored", |c| c.ignored),
            count("unmatched", |c| c.unmatched),
            count("damaged", |c| c.damaged),
            count("duplicate", |c| c.duplicate),
            Series::new("repeats".into(), holders).into(),
            Series::new("repeated_lines".into(), repeated).into(),
            time("first_time", |t| t.0),
            time("last_time", |t| t.1),
            Series::new("offset".into(), vec![0_i64; sources.len()]).into(),
        ],
    )
}
