//! The overview: the figures that matter first, with their states.

use super::past::Past;
use crate::report::{Cell, Column, FAILED_LOGINS, Kind, Measurement, Section, State, Unit};
use crate::text::Text;

/// A line of the overview: what it is called, its metric, and the label of which its rows must carry one of some values.
type Line = (&'static str, &'static str, Option<(&'static str, &'static [&'static str])>);

const LINES: &[Line] = &[
    ("Messages accepted from the net", "messages.accepted", Some(("origin", &["smtp"]))),
    ("Messages submitted by users", "messages.accepted", Some(("origin", &["submission"]))),
    ("Messages of the machine itself", "messages.accepted", Some(("origin", &["local"]))),
    ("Deliveries", "deliveries", Some(("outcome", &["sent"]))),
    ("Deliveries bounced", "deliveries", Some(("outcome", &["bounced"]))),
    ("Deliveries expired", "deliveries", Some(("outcome", &["expired"]))),
    ("Messages deferred at least once", "messages.deferred", None),
    ("Messages still in the queue", "queue.remaining", None),
    ("Rejections", "messages.rejected", None),
    ("Connections", "connections", None),
    ("Connections lost or timed out", "connections.lost", None),
    ("Connections refused", "connections.refused", None),
    ("Logins that succeeded", "logins", Some(("outcome", &["ok"]))),
    ("Logins that failed", "logins", Some(("outcome", FAILED_LOGINS))),
    ("Failed logins: password, or not told why", "logins", Some(("outcome", &["failed"]))),
    ("Failed logins: unknown users", "logins", Some(("outcome", &["unknown_user"]))),
    ("Failed logins: disabled users", "logins", Some(("outcome", &["disabled"]))),
    ("Failed logins: refused without encryption", "logins", Some(("outcome", &["plaintext_refused"]))),
    ("Failed logins: other reasons", "logins", Some(("outcome", &["other"]))),
    ("Logins given up", "logins", Some(("outcome", &["aborted"]))),
    ("Directory operations", "directory.operations", None),
    ("Directory errors", "directory.errors", None),
    ("Warnings in the logs", "notices", Some(("severity", &["warning"]))),
    ("Errors in the logs", "notices", Some(("severity", &["error"]))),
];

/// Makes the overview of the figures; beside them what they were at earlier times, where that is known.
pub(super) fn section(measurements: &[Measurement], past: &Past) -> Section {
    let rows: Vec<Vec<Cell>> = LINES.iter().filter_map(|line| row(line, measurements, past)).collect();
    let column =
        |name: &str, title: &str, kind, unit| Column { name: name.into(), title: title.into(), kind, unit };
    let earlier = EARLIER.iter().filter(|_| past.is_known());
    let earlier = earlier.map(|(name, title)| column(name, title, Kind::Number, Unit::Count));
    let columns =
        [column("figure", "figure", Kind::Text, Unit::None), column("value", "value", Kind::Number, Unit::Count)];
    let columns = columns.into_iter().chain(earlier).chain([column("state", "state", Kind::State, Unit::None)]);
    Section {
        name: super::OVERVIEW.into(),
        title: "Overview".into(),
        group: "Overview".into(),
        help: "The figures that matter first. Warning and critical are explained among the findings; unknown is what cannot \
               be told.".into(),
        empty: "Nothing was counted.".into(),
        quiet: false,
        columns: columns.collect(),
        total_rows: rows.len(),
        rows,
        chart: None,
    }
}

/// The columns of earlier times: names and headings.
const EARLIER: [(&str, &str); 3] =
    [("day_before", "day before"), ("week_before", "week before"), ("usual", "usual")];

/// The sum and the worst state of a line's figures; no line where nothing of the kind happened, now or earlier.
fn row(line: &Line, measurements: &[Measurement], past: &Past) -> Option<Vec<Cell>> {
    let sum = |span: &[Measurement]| of_line(line, span).filter_map(|m| m.value).reduce(|a, b| a + b);
    let earlier = past.of(|span| sum(span).or(Some(0.0)));
    let usual = earlier.usual.map(|usual| usual.value);
    let earlier = [earlier.day_before, earlier.week_before, usual];
    let value =
        sum(measurements).or_else(|| earlier.into_iter().flatten().any(|value| value > 0.0).then_some(0.0))?;
    let state = of_line(line, measurements).map(|m| m.state).max().unwrap_or(State::Ok);
    let mut cells = vec![Cell::Text(Text::from(line.0)), Cell::Number(value)];
    if past.is_known() {
        cells.extend(earlier.map(|value| value.map_or(Cell::Null, Cell::Number)));
    }
    cells.push(Cell::State(state));
    Some(cells)
}

fn of_line<'m>((_, metric, label): &Line, span: &'m [Measurement]) -> impl Iterator<Item = &'m Measurement> {
    let (metric, label) = (*metric, *label);
    let fits = move |m: &Measurement| {
        label.is_none_or(|(name, values)| values.iter().any(|value| m.has(&[(name, value)])))
    };
    span.iter().filter(move |m| m.metric == metric && fits(m))
}
