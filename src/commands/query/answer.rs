//! How an answer is written: an aligned table, CSV, JSON, JSON Lines, Parquet.

use crate::address::as_written;
use crate::cli::QueryFormat;
use crate::error::{Error, Exit, Result};
use crate::render::csv::{plain, records};
use crate::report::Cell;
use crate::sections::Answer;
use crate::text;
use crate::time::Zone;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The bytes of an answer in a format.
pub(super) fn render(answer: Answer, format: QueryFormat, zone: &Zone) -> Result<Vec<u8>> {
    if format == QueryFormat::Parquet {
        return answer.parquet();
    }
    let times: Vec<bool> = (0..answer.columns.len()).map(|at| answer.is_time(at)).collect();
    let rows: Vec<Vec<Cell>> = answer
        .rows(usize::MAX)
        .into_iter()
        .map(|row| row.into_iter().zip(&times).map(|(cell, time)| as_time(cell, *time)).collect())
        .collect();
    written(&answer.columns, &rows, format, zone)
}

/// The bytes of some rows in a format of text.
pub(super) fn written(
    columns: &[String],
    rows: &[Vec<Cell>],
    format: QueryFormat,
    zone: &Zone,
) -> Result<Vec<u8>> {
    match format {
        QueryFormat::Table => Ok(table(columns, rows, zone).into_bytes()),
        QueryFormat::Csv => csv(columns, rows, zone),
        QueryFormat::Json => Ok(json(columns, rows, zone).into_bytes()),
        QueryFormat::Jsonl => Ok(jsonl(columns, rows, zone).into_bytes()),
        // An answer is written as such before, and a session takes no Parquet: what is left is the list of questions.
        QueryFormat::Parquet => {
            Err(Error::new(Exit::Usage, "a list of questions is no Parquet").help("use table, csv, json or jsonl"))
        }
    }
}

fn as_time(cell: Cell, time: bool) -> Cell {
    match cell {
        Cell::Integer(micros) if time => Cell::Time(micros),
        #[expect(clippy::cast_possible_truncation, reason = "times are far below 2^53 microseconds")]
        Cell::Number(micros) if time && micros.is_finite() => Cell::Time(micros as i64),
        cell => cell,
    }
}

fn table(columns: &[String], rows: &[Vec<Cell>], zone: &Zone) -> String {
    let written = |(cell, column): (&Cell, &String)| {
        plain(cell, zone, |text| text::shown(as_written(column, text.raw())).into_owned())
    };
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().zip(columns).map(written).collect()).collect();
    let names: Vec<String> = columns.iter().map(|name| text::shown(name).into_owned()).collect();
    let width = |at: usize| {
        let cells = cells.iter().map(|row| row[at].width());
        cells.chain([names[at].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let right: Vec<bool> = (0..columns.len())
        .map(|at| rows.iter().any(|row| matches!(row[at], Cell::Integer(_) | Cell::Number(_))))
        .collect();
    let mut out = String::new();
    table_line(&mut out, &names, &widths, &right);
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    table_line(&mut out, &rule, &widths, &right);
    cells.iter().for_each(|row| table_line(&mut out, row, &widths, &right));
    out
}

fn table_line(out: &mut String, cells: &[String], widths: &[usize], right: &[bool]) {
    let mut line = String::new();
    for ((cell, width), right) in cells.iter().zip(widths).zip(right) {
        let pad = " ".repeat(width - cell.width());
        let _ = if *right { write!(line, "{pad}{cell}  ") } else { write!(line, "{cell}{pad}  ") };
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

fn csv(columns: &[String], rows: &[Vec<Cell>], zone: &Zone) -> Result<Vec<u8>> {
    let guarded = |cell: &Cell| plain(cell, zone, |text| text.csv().into_owned());
    let head: Vec<String> = columns.iter().map(|name| text::csv(name).into_owned()).collect();
    records([head].into_iter().chain(rows.iter().map(|row| row.iter().map(guarded).collect())))
}

fn json(columns: &[String], rows: &[Vec<Cell>], zone: &Zone) -> String {
    if rows.is_empty() {
        return "[]\n".into();
    }
    let lines: Vec<String> = rows.iter().map(|row| format!("  {}", object(columns, row, zone))).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn jsonl(columns: &[String], rows: &[Vec<Cell>], zone: &Zone) -> String {
    rows.iter().map(|row| object(columns, row, zone) + "\n").collect()
}

/// An object whose keys stand in the order of the SELECT.
fn object(columns: &[String], row: &[Cell], zone: &Zone) -> String {
    let string = |text: &str| text::json(text);
    let value = |cell: &Cell| match cell {
        Cell::Null => "null".to_owned(),
        Cell::Text(text) => string(text.raw()),
        Cell::Time(micros) => string(&zone.rfc3339(*micros)),
        Cell::State(state) => string(state.word()),
        Cell::Number(n) if !n.is_finite() => "null".to_owned(),
        number => plain(number, zone, |t| t.raw().to_owned()),
    };
    let pairs: Vec<String> =
        columns.iter().zip(row).map(|(name, cell)| format!("{}: {}", string(name), value(cell))).collect();
    format!("{{{}}}", pairs.join(", "))
}
