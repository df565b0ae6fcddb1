//! `mailtrail query`: a question in SQL, answered from the facts of logs.

use super::{Outcome, print, read};
use crate::cli::{Global, Query, QueryFormat};
use crate::compose::is_time;
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::facts::{Scope, View, Wanted};
use crate::report::Cell;
use crate::sections::{Answer, Asker, check};
use crate::text;
use crate::time::Zone;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr;

pub(super) fn run(args: &Query, global: &Global, config: &Config) -> Outcome {
    let (sql, paths) = question(args)?;
    // A question that cannot be answered is told before gigabytes are read.
    let needs = check(&sql)?;
    let zone = read::zone(global, config)?;
    let run = read::logs(&paths, global, config, &zone)?;
    let view = View::new(&run.facts, &zone, &Scope::ALL, Wanted::columns(&needs.tables, &needs.columns()))?;
    let answer = Asker::new(&view, &run.coverage)?.ask(&sql)?;
    let bytes = render(answer, args.format, &zone)?;
    match args.output.as_deref() {
        Some(path) if path.as_os_str() != "-" => {
            read::spare(&run, Some(path))?;
            crate::deliver::file(path, &bytes)?;
        }
        _ => print(&bytes)?,
    }
    Ok((!run.complete).then_some(Exit::Incomplete))
}

/// The question and the logs; with `--file` the first word is a path too.
fn question(args: &Query) -> Result<(String, Vec<PathBuf>)> {
    let Some(file) = &args.file else {
        return Ok((args.sql.clone().unwrap_or_default(), args.paths.clone()));
    };
    let sql = fs::read_to_string(file)
        .map_err(|e| Error::new(Exit::NoInput, format!("{} cannot be read", file.display())).why(e))?;
    let paths = args.sql.iter().map(PathBuf::from).chain(args.paths.clone()).collect();
    Ok((sql, paths))
}

fn render(answer: Answer, format: QueryFormat, zone: &Zone) -> Result<Vec<u8>> {
    let times: Vec<bool> =
        answer.columns.iter().enumerate().map(|(at, name)| is_time(name) && answer.is_integer(at)).collect();
    if format == QueryFormat::Parquet {
        return answer.parquet();
    }
    let rows: Vec<Vec<Cell>> = answer
        .rows(usize::MAX)
        .into_iter()
        .map(|row| row.into_iter().zip(&times).map(|(cell, time)| as_time(cell, *time)).collect())
        .collect();
    match format {
        QueryFormat::Table => Ok(table(&answer.columns, &rows, zone).into_bytes()),
        QueryFormat::Csv => csv(&answer.columns, &rows, zone),
        QueryFormat::Json => Ok(json(&answer.columns, &rows, zone).into_bytes()),
        QueryFormat::Jsonl => Ok(jsonl(&answer.columns, &rows, zone).into_bytes()),
        QueryFormat::Parquet => Ok(Vec::new()),
    }
}

fn as_time(cell: Cell, time: bool) -> Cell {
    match cell {
        Cell::Integer(micros) if time => Cell::Time(micros),
        cell => cell,
    }
}

/// A cell as plain text, encoded by `text` where it comes from a log.
fn plain(cell: &Cell, zone: &Zone, text: impl Fn(&text::Text) -> String) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(t) => text(t),
        Cell::Integer(n) => n.to_string(),
        Cell::Number(n) => crate::units::exact(*n).unwrap_or_default(),
        Cell::Time(micros) => zone.rfc3339(*micros),
        Cell::State(state) => state.word().into(),
        Cell::Flag(flag) => flag.to_string(),
    }
}

fn table(columns: &[String], rows: &[Vec<Cell>], zone: &Zone) -> String {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|c| plain(c, zone, |t| t.tty().into_owned())).collect()).collect();
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
    let failed = |e: csv::Error| Error::new(Exit::Internal, "the CSV cannot be written").why(e);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|name| text::csv(name).into_owned())).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|c| plain(c, zone, |t| t.csv().into_owned()))).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| Error::new(Exit::Internal, "the CSV cannot be written").why(e.error()))
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
