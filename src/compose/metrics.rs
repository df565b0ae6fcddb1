//! Figures: each metric is a question whose rows are its labels and its `value`.

use super::Request;
use crate::error::Result;
use crate::facts::{Scope, View, Wanted};
use crate::report::{Cell, Measurement, Period, State, Unit};
use crate::run::Run;
use crate::sections::{Asker, Question};
use crate::text::Text;
use crate::time::{Span, Zone};

/// Figures that count what lies before the period too; none where there is no before.
pub(super) fn since_ever(
    questions: &[Question],
    run: &Run,
    zone: &Zone,
    request: &Request<'_>,
    period: &Period,
) -> Result<Vec<Measurement>> {
    if request.span.start.is_none() {
        return Ok(Vec::new());
    }
    let questions: Vec<&Question> = questions.iter().filter(|question| question.front.since_ever).collect();
    let scope = Scope { span: Span { start: None, end: request.span.end }, domains: request.domains };
    let asked = asked(questions.iter().copied(), request.by);
    let view = View::new(&run.facts, zone, &scope, Wanted::of(asked.iter().map(String::as_str)))?;
    all(&questions, &Asker::new(&view, &run.coverage)?, request, period)
}

/// All figures, in the order of their names and labels: those of the period, and those since ever.
pub(super) fn measure(
    questions: &[Question],
    since_ever: Vec<Measurement>,
    asker: &Asker<'_>,
    request: &Request<'_>,
    period: &Period,
) -> Result<Vec<Measurement>> {
    let known = |question: &Question| question.front.since_ever && request.span.start.is_some();
    let questions: Vec<&Question> = questions.iter().filter(|question| !known(question)).collect();
    let mut all = all(&questions, asker, request, period)?;
    all.extend(since_ever);
    all.sort_by(|a, b| (&a.metric, key(a)).cmp(&(&b.metric, key(b))));
    Ok(all)
}

/// What is asked for figures that are told by these labels; at the end of which period makes no difference to the columns.
pub(super) fn asked<'q>(questions: impl Iterator<Item = &'q Question>, by: &[String]) -> Vec<String> {
    questions.map(|question| sql(question, by, 0)).collect()
}

fn all(
    questions: &[&Question],
    asker: &Asker<'_>,
    request: &Request<'_>,
    period: &Period,
) -> Result<Vec<Measurement>> {
    let end = period.end.unwrap_or(i64::MAX);
    Ok(asker.each(questions, |question| figures(question, asker, request.by, end))?.concat())
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
