//! Sections: an answer with what its question's head says of it.

use crate::error::Result;
use crate::report::{Cell, Chart, ChartKind, Column, Kind, Section, State, Unit};
use crate::sections::{Answer, Asker, ChartFront, Front, Question, spaced};

/// Rows shown where the section does not say.
const TOP: usize = 20;

/// Rows kept of a section that is drawn: a chart of time needs all of them.
const DRAWN: usize = 1_000;

/// The section of a question: one that is known, else what is asked.
pub(super) fn known_or(
    known: &[Section],
    question: &Question,
    ask: impl FnOnce() -> Result<Section>,
) -> Result<Section> {
    known.iter().find(|section| section.name == question.name).map_or_else(ask, |section| Ok(section.clone()))
}

/// Asks a section's question, for a period that ends so.
pub(super) fn ask(question: &Question, asker: &Asker<'_>, top: Option<usize>, end: i64) -> Result<Section> {
    let answer = asker.ask(&question.until(end)).map_err(|e| question.in_file(e))?;
    let front = &question.front;
    let columns: Vec<Column> = (0..answer.columns.len()).map(|at| column(&answer, at, front)).collect();
    let chart = front.chart.as_ref().map(|drawn| chart(question, drawn, &columns)).transpose()?;
    let own =
        front.top.unwrap_or(if chart.as_ref().is_some_and(|c| c.kind != ChartKind::Bars) { DRAWN } else { TOP });
    let rows = answer.rows(top.unwrap_or(own));
    let typed =
        |row: Vec<Cell>| row.into_iter().zip(&columns).map(|(cell, column)| typed(cell, column.kind)).collect();
    Ok(Section {
        name: question.name.clone(),
        title: question.title(),
        group: front.group.clone(),
        help: front.help.clone(),
        empty: front.empty.clone(),
        quiet: front.quiet,
        rows: rows.into_iter().map(typed).collect(),
        total_rows: answer.height(),
        columns,
        chart,
    })
}

fn column(answer: &Answer, at: usize, front: &Front) -> Column {
    let name = &answer.columns[at];
    let kind = if front.states.contains(name) {
        Kind::State
    } else if answer.is_integer(at) && front.is_time(name) {
        Kind::Time
    } else if answer.is_integer(at) {
        Kind::Integer
    } else if answer.is_number(at) {
        Kind::Number
    } else if answer.is_flag(at) {
        Kind::Flag
    } else {
        Kind::Text
    };
    let default = if kind == Kind::Integer { Unit::Count } else { Unit::None };
    Column {
        name: name.clone(),
        title: front.titles.get(name).cloned().unwrap_or_else(|| spaced(name)),
        kind,
        unit: front.units.get(name).map_or(default, |word| Unit::of(word)),
    }
}

fn typed(cell: Cell, kind: Kind) -> Cell {
    match (cell, kind) {
        (Cell::Integer(micros), Kind::Time) => Cell::Time(micros),
        (Cell::Text(word), Kind::State) => Cell::State(State::of(word.raw()).unwrap_or(State::Unknown)),
        (cell, _) => cell,
    }
}

fn chart(question: &Question, front: &ChartFront, columns: &[Column]) -> Result<Chart> {
    let place = |name: &String, path: &[&str]| {
        columns.iter().position(|column| column.name == *name).ok_or_else(|| {
            let error = question.wrong(path, format!("the chart names no column `{name}`"));
            error.instead(name, "columns", columns.iter().map(|column| column.name.as_str()))
        })
    };
    let kind = front.drawn().unwrap_or(ChartKind::Share);
    let series = (0..).zip(&front.series).map(|(at, name)| place(name, &["chart", "series", &at.to_string()]));
    Ok(Chart { kind, label: place(&front.label, &["chart", "label"])?, series: series.collect::<Result<_>>()? })
}
