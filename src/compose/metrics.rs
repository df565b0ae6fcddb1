//! Figures: each metric is a question whose rows are its labels and its `value`.

use super::Request;
use crate::error::Result;
use crate::facts::{Scope, View, Wanted};
use crate::report::{Cell, Measurement, Period, State, Unit};
use crate::run::Run;
use crate::sections::{Asker, Question};
use crate::text::Text;
use crate::time::{Span, Zone};
use rayon::prelude::*;

/// All figures, in the order of their names and labels.
pub(super) fn measure(
    questions: &[Question],
    run: &Run,
    zone: &Zone,
    request: &Request<'_>,
    asker: &Asker<'_>,
    period: &Period,
) -> Result<Vec<Measurement>> {
    // What lies before the period counts for few questions, and only where there is a before.
    let since_ever = || questions.iter().filter(|question| question.front.since_ever);
    let scope = Scope { span: Span { start: None, end: request.span.end }, domains: request.domains };
    let ever = request.span.start.map(|_| {
        View::new(&run.facts, zone, &scope, Wanted::of(since_ever().map(|question| question.sql.as_str())))
    });
    let ever = ever.transpose()?;
    let ever_asker = ever.as_ref().map(|view| Asker::new(view, &run.coverage)).transpose()?;
    let end = period.end.unwrap_or(i64::MAX);
    let figures = questions
        .par_iter()
        .map(|question| {
            let asker = ever_asker.as_ref().filter(|_| question.front.since_ever).unwrap_or(asker);
            figures(question, asker, request.by, end)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut all = figures.concat();
    all.sort_by(|a, b| (&a.metric, key(a)).cmp(&(&b.metric, key(b))));
    Ok(all)
}

fn key(measurement: &Measurement) -> Vec<(&str, &Text)> {
    measurement.labels.iter().map(|(name, value)| (name.as_str(), value)).collect()
}

fn figures(question: &Question, asker: &Asker<'_>, by: &[String], end: i64) -> Result<Vec<Measurement>> {
    let answer = asker.ask(&sql(question, by, end)).map_err(|e| question.in_file(e))?;
    let unit = Unit::of(&question.front.unit);
    let rows = answer.rows(usize::MAX);
    let figures = rows.into_iter().map(|row| figure(question, &answer.columns, row, unit));
    Ok(figures.collect())
}

/// The question with the labels that are asked for put in: `{by}` before the columns, `{group}` before the grouping,
/// `{group-by}` where there is no other grouping; and with the end of the period for `{end}`.
pub(super) fn sql(question: &Question, by: &[String], end: i64) -> String {
    let wanted = question.front.by.iter().filter(|(label, _)| by.contains(label));
    let (mut columns, mut group) = (String::new(), String::new());
    for (label, column) in wanted {
        columns.push_str(column);
        if label != column {
            columns.extend([" AS ", label]);
        }
        columns.push_str(", ");
        group.extend([column, ", "]);
    }
    let alone = group.trim_end_matches(", ");
    let alone = if alone.is_empty() { String::new() } else { format!("GROUP BY {alone} ORDER BY {alone}") };
    question
        .sql
        .replace("{by}", &columns)
        .replace("{group}", &group)
        .replace("{group-by}", &alone)
        .replace("{end}", &end.to_string())
}

fn figure(question: &Question, columns: &[String], row: Vec<Cell>, unit: Unit) -> Measurement {
    let mut figure = Measurement {
        metric: question.name.clone(),
        labels: Vec::new(),
        value: question.front.zero.then_some(0.0),
        unit,
        state: State::Ok,
        past: None,
    };
    for (name, cell) in columns.iter().zip(row) {
        match (name.as_str(), cell) {
            ("value", cell) => figure.value = cell.number().or(figure.value),
            ("metric", Cell::Text(text)) => text.raw().clone_into(&mut figure.metric),
            (_, Cell::Text(text)) => figure.labels.push((name.clone(), text)),
            (_, Cell::Integer(n)) => figure.labels.push((name.clone(), Text::from(n.to_string()))),
            _ => {}
        }
    }
    figure.labels.sort();
    if figure.value.is_none() {
        figure.state = State::Unknown;
    }
    figure
}
