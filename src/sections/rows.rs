//! Asking: a question goes through the gate, then to polars; its answer comes back as rows.

use super::guard::{self, EXTRA_TABLES};
use crate::error::{Error, Exit, Result};
use crate::facts::View;
use crate::report::{Cell, Coverage};
use crate::text::Text;
use polars::prelude::{AnyValue, DataFrame, DataType, IntoLazy, NamedFrom, PolarsError, Series};
use polars::sql::SQLContext;

/// Answers questions about a view of the facts.
#[derive(Debug)]
pub struct Asker<'a> {
    view: &'a View<'a>,
    coverage: DataFrame,
}

/// The answer to a question.
#[derive(Debug)]
pub struct Answer {
    /// The names of its columns.
    pub columns: Vec<String>,
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
        Ok(Self { view, coverage })
    }

    /// Asks a question.
    ///
    /// # Errors
    ///
    /// Where the gate or the engine refuses it; exit code 64.
    pub fn ask(&self, sql: &str) -> Result<Answer> {
        let needs = guard::check(sql)?;
        let mut wanted = needs.columns();
        // COUNT(*) needs the height of a table; a frame must have a column to have one.
        wanted.insert("offset".into());
        let mut context = SQLContext::new();
        for table in &needs.tables {
            let frame = if EXTRA_TABLES.contains(&table.as_str()) {
                Some(self.coverage.clone())
            } else {
                self.view.frame(table, &wanted)?
            };
            if let Some(frame) = frame {
                context.register(table, frame.lazy());
            }
        }
        let frame =
            context.execute(&needs.sql).and_then(polars::prelude::LazyFrame::collect).map_err(|e| refused(&e))?;
        Ok(Answer { columns: frame.get_column_names().iter().map(ToString::to_string).collect(), frame })
    }
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
