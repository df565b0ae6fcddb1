//! The overview: the figures that matter first, with their states.

use crate::report::{Cell, Column, Kind, Measurement, Section, State, Unit};
use crate::text::Text;

/// A line of the overview: what it is called, its metric and the labels that its rows must carry.
type Line = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const LINES: &[Line] = &[
    ("Messages accepted from the net", "messages.accepted", &[("origin", "smtp")]),
    ("Messages submitted by users", "messages.accepted", &[("origin", "submission")]),
    ("Messages of the machine itself", "messages.accepted", &[("origin", "local")]),
    ("Deliveries", "deliveries", &[("outcome", "sent")]),
    ("Deliveries bounced", "deliveries", &[("outcome", "bounced")]),
    ("Deliveries expired", "deliveries", &[("outcome", "expired")]),
    ("Messages put off at least once", "messages.deferred", &[]),
    ("Messages still in the queue", "queue.remaining", &[]),
    ("Refusals", "messages.rejected", &[]),
    ("Connections", "connections", &[]),
    ("Connections lost", "connections.lost", &[]),
    ("Connections refused", "connections.refused", &[]),
    ("Logins", "logins", &[("outcome", "ok")]),
    ("Logins with a wrong password", "logins", &[("outcome", "failed")]),
    ("Logins of unknown users", "logins", &[("outcome", "unknown_user")]),
    ("Directory operations", "directory.operations", &[]),
    ("Directory errors", "directory.errors", &[]),
    ("Warnings in the logs", "notices", &[("severity", "warning")]),
    ("Errors in the logs", "notices", &[("severity", "error")]),
];

/// Makes the overview of the figures.
pub(super) fn section(measurements: &[Measurement]) -> Section {
    let rows: Vec<Vec<Cell>> = LINES.iter().filter_map(|line| row(line, measurements)).collect();
    let column =
        |name: &str, title: &str, kind, unit| Column { name: name.into(), title: title.into(), kind, unit };
    Section {
        name: super::OVERVIEW.into(),
        title: "Overview".into(),
        group: "Overview".into(),
        help: "The figures that matter first. A state other than ok is explained among the findings.".into(),
        empty: "Nothing was counted.".into(),
        quiet: false,
        columns: vec![
            column("figure", "figure", Kind::Text, Unit::None),
            column("value", "value", Kind::Number, Unit::Count),
            column("state", "state", Kind::State, Unit::None),
        ],
        total_rows: rows.len(),
        rows,
        chart: None,
    }
}

/// The sum and the worst state of a line's figures; no line where nothing of the kind happened.
fn row((title, metric, labels): &Line, measurements: &[Measurement]) -> Option<Vec<Cell>> {
    let of_line = || measurements.iter().filter(|m| m.metric == *metric && m.has(labels));
    let value = of_line().filter_map(|m| m.value).reduce(|a, b| a + b)?;
    let state = of_line().map(|m| m.state).max().unwrap_or(State::Unknown);
    Some(vec![Cell::Text(Text::from(*title)), Cell::Number(value), Cell::State(state)])
}
