//! The key figures, which stand at the head of a page.

use super::parts;
use crate::report::{FAILED_LOGINS, Measurement, Report, State, Unit};
use crate::units;

/// A key figure of a report.
pub(super) struct KeyFigure {
    /// What it is called.
    pub title: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its value, where it is known.
    pub value: Option<f64>,
    /// What is said beneath it, or nothing.
    pub note: String,
    /// The worst state of its rows.
    pub state: Option<State>,
}

/// A key figure: from which measurements it comes, and what is said beneath it.
struct Key {
    title: &'static str,
    metric: &'static str,
    unit: Unit,
    /// The label that picks its rows out of the metric, and the values that it may have; all rows where it is empty.
    rows: (&'static str, &'static [&'static str]),
    note: fn(&Report) -> Option<String>,
}

/// All rows of a metric.
const ALL: (&str, &[&str]) = ("", &[]);

/// The key figures in order.
#[rustfmt::skip]
const KEYS: [Key; 8] = [
    Key { title: "Accepted", metric: "messages.accepted", unit: Unit::Count, rows: ("origin", NEW), note: accepted_bytes },
    Key { title: "Delivered", metric: "deliveries", unit: Unit::Count, rows: ("outcome", SENT), note: delay },
    Key { title: "Messages deferred", metric: "messages.deferred", unit: Unit::Count, rows: ALL, note: remaining },
    Key { title: "Bounced or expired", metric: "deliveries", unit: Unit::Count, rows: ("outcome", RETURNED), note: expired },
    Key { title: "Rejected", metric: "messages.rejected", unit: Unit::Count, rows: ALL, note: permanent },
    Key { title: "Connections", metric: "connections", unit: Unit::Count, rows: ALL, note: refused },
    Key { title: "Connections lost", metric: "connections.lost", unit: Unit::Share, rows: ALL, note: lost },
    Key { title: "Logins failed", metric: "logins", unit: Unit::Count, rows: ("outcome", FAILED_LOGINS), note: logins },
];

/// Mail that is new here; notifications and forwards are not.
const NEW: &[&str] = &["smtp", "submission", "local"];

/// Deliveries that came to their end well.
const SENT: &[&str] = &["sent"];

/// Those that came to a bad one.
const RETURNED: &[&str] = &["bounced", "expired"];

/// The key figures of a report.
pub(super) fn of(report: &Report) -> Vec<KeyFigure> {
    KEYS.iter().map(|key| figure(key, report)).collect()
}

fn figure(key: &Key, report: &Report) -> KeyFigure {
    let (label, values) = key.rows;
    let all =
        || if values.is_empty() { report.total(key.metric, &[]) } else { sum(report, key.metric, label, values) };
    let is_its = |row: &&Measurement| {
        row.metric == key.metric && (values.is_empty() || values.iter().any(|value| row.has(&[(label, value)])))
    };
    // Of what is counted nothing is a number too, where anything is known.
    let counted = all().or_else(|| report.is_known().then_some(0.0));
    KeyFigure {
        title: key.title,
        unit: key.unit,
        value: if key.unit == Unit::Share { share(counted, connections(report)) } else { counted },
        note: (key.note)(report).unwrap_or_default(),
        state: report.measurements.iter().filter(is_its).map(|row| row.state).max(),
    }
}

/// A part of a whole; nothing where there is no whole.
fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    part.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| part / whole)
}

/// The sum of a metric over some values of a label; nothing where none of them is there.
fn sum(report: &Report, metric: &str, label: &str, values: &[&str]) -> Option<f64> {
    values.iter().filter_map(|value| report.total(metric, &[(label, value)])).reduce(|a, b| a + b)
}

fn accepted_bytes(report: &Report) -> Option<String> {
    sum(report, "messages.bytes", "origin", NEW).map(|size| format!("in all {}", units::bytes(size)))
}

/// How many deliveries came to their end well.
pub(super) fn delivered(report: &Report) -> Option<f64> {
    sum(report, "deliveries", "outcome", SENT)
}

/// The row that holds the stage alone is the whole.
fn delay(report: &Report) -> Option<String> {
    let whole = |m: &&Measurement| m.labels.len() == 1 && m.has(&[("stage", "total")]);
    let p95 = report.measurements.iter().filter(|m| m.metric == "delay.p95_s").find(whole)?.value?;
    Some(format!("95\u{202f}% within {}", units::seconds(p95)))
}

fn remaining(report: &Report) -> Option<String> {
    report.total("queue.remaining", &[]).map(|n| format!("{} still in the queue", units::number(n)))
}

fn expired(report: &Report) -> Option<String> {
    sum(report, "deliveries", "outcome", &["expired"]).map(|n| format!("{} of them expired", units::number(n)))
}

fn permanent(report: &Report) -> Option<String> {
    sum(report, "rejections", "permanence", &["permanent"]).map(|n| format!("{} permanently", units::number(n)))
}

fn connections(report: &Report) -> Option<f64> {
    report.total("connections", &[])
}

fn refused(report: &Report) -> Option<String> {
    report.total("connections.refused", &[]).map(|n| format!("{} refused", units::number(n)))
}

fn lost(report: &Report) -> Option<String> {
    report.total("connections.lost", &[]).map(|n| format!("{} lost or timed out", units::number(n)))
}

fn logins(report: &Report) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
    report.total("logins", &[]).map(|n| format!("of {}", parts::plural(n as u64, "login", "logins")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    fn figure(report: &Report, title: &str) -> Option<f64> {
        of(report).into_iter().find(|key| key.title == title)?.value
    }

    #[test]
    fn absent_figures_stay_absent() {
        assert!(of(&fixture::nothing()).iter().all(|key| key.value.is_none() && key.note.is_empty()));
    }

    #[test]
    fn the_lost_are_a_share_of_the_connections() {
        assert_eq!(figure(&fixture::report(), "Connections lost"), Some(0.04));
    }
}
