//! Figures: each metric is a question whose rows are its labels and its `value`.

use super::Request;
use crate::error::Result;
use crate::report::{Cell, Measurement, State, Unit};
use crate::sections::{Asker, Question};
use crate::text::Text;

/// All figures, in the order of their names and labels: those of the period, and those since ever.
pub(super) fn measure(
    questions: &[Question],
    since_ever: Vec<Measurement>,
    asker: &Asker<'_>,
    request: &Request<'_>,
    end: i64,
) -> Result<Vec<Measurement>> {
    let questions: Vec<&Question> = questions.iter().filter(|question| !request.is_since_ever(question)).collect();
    let mut all = all(&questions, asker, request, end)?;
    all.extend(since_ever);
    all.sort_by(|a, b| (&a.metric, key(a)).cmp(&(&b.metric, key(b))));
    Ok(all)
}

/// The SQL of metrics with these labels, from which the columns that they need are read; the period does not matter for that.
pub(super) fn asked<'q>(questions: impl Iterator<Item = &'q Question>, by: &[String]) -> Vec<String> {
    questions.map(|question| sql(question, by, 0, 0)).collect()
}

/// Some figures, in the order of their questions.
pub(super) fn all(
    questions: &[&Question],
    asker: &Asker<'_>,
    request: &Request<'_>,
    end: i64,
) -> Result<Vec<Measurement>> {
    Ok(asker.each(questions, |question| figures(question, asker, request, end))?.concat())
}

/// Whether some of these figures tell of the period itself.
pub(super) fn tell(figures: &[Measurement], questions: &[Question], request: &Request<'_>) -> bool {
    let is_since_ever =
        |figure: &Measurement| questions.iter().any(|q| q.name == figure.metric && request.is_since_ever(q));
    figures.iter().any(|figure| figure.value.is_some_and(|value| value != 0.0) && !is_since_ever(figure))
}

fn key(measurement: &Measurement) -> Vec<(&str, &Text)> {
    measurement.labels.iter().map(|(name, value)| (name.as_str(), value)).collect()
}

fn figures(question: &Question, asker: &Asker<'_>, request: &Request<'_>, end: i64) -> Result<Vec<Measurement>> {
    let start = request.span.start.unwrap_or(0);
    let unit = Unit::of(&question.front.unit);
    let mut figures = Vec::new();
    for by in labels(question, request.by) {
        let answer = asker.ask(&sql(question, &by, start, end)).map_err(|e| question.in_file(e))?;
        let rows = answer.rows(usize::MAX);
        let told = rows.into_iter().map(|row| figure(question, &answer.columns, row, unit));
        // What has no value of a label would look as the whole does.
        let has_all = |row: &Measurement| by.iter().all(|label| row.labels.iter().any(|(own, _)| own == label));
        figures.extend(told.filter(|row| !question.front.apart || has_all(row)));
    }
    Ok(figures)
}

/// The labels by which figures are told: those that are asked for. What does not add up is told without each of them too.
fn labels(question: &Question, by: &[String]) -> Vec<Vec<String>> {
    let own = by.iter().filter(|label| question.front.by.contains_key(*label)).cloned();
    if !question.front.apart {
        return vec![own.collect()];
    }
    own.fold(vec![Vec::new()], |sets, label| {
        let with = sets.iter().map(|set| [set.as_slice(), std::slice::from_ref(&label)].concat());
        sets.iter().cloned().chain(with).collect()
    })
}

/// The question with the labels that are asked for put in: `{by}` before the columns, `{group}` before the grouping,
/// `{group-by}` where there is no other grouping, `{labels}` before what is asked of an answer that has them already; and
/// with the period's start and end for `{start}` and `{end}`.
pub(super) fn sql(question: &Question, by: &[String], start: i64, end: i64) -> String {
    let wanted = question.front.by.iter().filter(|(label, _)| by.contains(label));
    let (mut columns, mut group, mut labels) = (String::new(), String::new(), String::new());
    for (label, column) in wanted {
        columns.push_str(column);
        if label != column {
            columns.extend([" AS ", label]);
        }
        columns.push_str(", ");
        group.extend([column, ", "]);
        labels.extend([label, ", "]);
    }
    let alone = group.trim_end_matches(", ");
    let alone = if alone.is_empty() { String::new() } else { format!("GROUP BY {alone} ORDER BY {alone}") };
    let of_period = question.until(end).replace("{start}", &start.to_string());
    let parts = [("{by}", &columns), ("{group}", &group), ("{group-by}", &alone), ("{labels}", &labels)];
    parts.into_iter().fold(of_period, |sql, (name, part)| sql.replace(name, part))
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
