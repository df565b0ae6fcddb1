//! The key figures, which stand at the head of a page.

use super::parts;
use crate::report::{FAILED_LOGINS, Report, State, Unit};
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
    /// The worst state of its metric.
    pub state: Option<State>,
}

/// A key figure: from which measurements it comes, and what is said beneath it.
struct Key {
    title: &'static str,
    metric: &'static str,
    unit: Unit,
    figure: fn(&Report) -> Option<f64>,
    note: fn(&Report) -> Option<String>,
}

/// The key figures in order.
const KEYS: [Key; 8] = [
    Key {
        title: "Accepted",
        metric: "messages.accepted",
        unit: Unit::Count,
        figure: accepted,
        note: accepted_bytes,
    },
    Key { title: "Delivered", metric: "deliveries", unit: Unit::Count, figure: delivered, note: delay },
    Key {
        title: "Messages deferred",
        metric: "messages.deferred",
        unit: Unit::Count,
        figure: deferred,
        note: remaining,
    },
    Key { title: "Bounced or expired", metric: "deliveries", unit: Unit::Count, figure: bounced, note: expired },
    Key { title: "Rejected", metric: "messages.rejected", unit: Unit::Count, figure: rejected, note: permanent },
    Key { title: "Connections", metric: "connections", unit: Unit::Count, figure: connections, note: refused },
    Key {
        title: "Connections lost",
        metric: "connections.lost",
        unit: Unit::Share,
        figure: lost_share,
        note: lost,
    },
    Key { title: "Logins failed", metric: "logins", unit: Unit::Count, figure: logins_failed, note: logins },
];

/// Mail that is new here; notifications and forwards are not.
const NEW: [&str; 3] = ["smtp", "submission", "local"];

/// The key figures of a report.
pub(super) fn of(report: &Report) -> Vec<KeyFigure> {
    KEYS.iter().map(|key| figure(key, report)).collect()
}

fn figure(key: &Key, report: &Report) -> KeyFigure {
    KeyFigure {
        title: key.title,
        unit: key.unit,
        value: (key.figure)(report),
        note: (key.note)(report).unwrap_or_default(),
        state: report.measurements.iter().filter(|m| m.metric == key.metric).map(|m| m.state).max(),
    }
}

/// The sum of a metric over some values of a label; nothing where none of them is there.
fn sum(report: &Report, metric: &str, label: &str, values: &[&str]) -> Option<f64> {
    values.iter().filter_map(|value| report.total(metric, &[(label, value)])).reduce(|a, b| a + b)
}

fn accepted(report: &Report) -> Option<f64> {
    sum(report, "messages.accepted", "origin", &NEW)
}

fn accepted_bytes(report: &Report) -> Option<String> {
    sum(report, "messages.bytes", "origin", &NEW).map(|size| format!("messages, {}", units::bytes(size)))
}

/// Deliveries that came to their end well.
pub(super) fn delivered(report: &Report) -> Option<f64> {
    sum(report, "deliveries", "outcome", &["sent"])
}

/// The row that holds the stage alone is the whole.
fn delay(report: &Report) -> Option<String> {
    let whole = |m: &&crate::report::Measurement| m.labels.len() == 1 && m.has(&[("stage", "total")]);
    let p95 = report.measurements.iter().filter(|m| m.metric == "delay.p95_s").find(whole)?.value?;
    Some(format!("95\u{202f}% within {}", units::seconds(p95)))
}

fn deferred(report: &Report) -> Option<f64> {
    report.total("messages.deferred", &[])
}

fn remaining(report: &Report) -> Option<String> {
    report.total("queue.remaining", &[]).map(|n| format!("{} still in the queue", units::number(n)))
}

fn bounced(report: &Report) -> Option<f64> {
    sum(report, "deliveries", "outcome", &["bounced", "expired"])
}

fn expired(report: &Report) -> Option<String> {
    sum(report, "deliveries", "outcome", &["expired"]).map(|n| format!("{} of them expired", units::number(n)))
}

fn rejected(report: &Report) -> Option<f64> {
    report.total("messages.rejected", &[])
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

fn lost_share(report: &Report) -> Option<f64> {
    let all = connections(report).filter(|all| *all > 0.0)?;
    Some(report.total("connections.lost", &[])? / all)
}

fn lost(report: &Report) -> Option<String> {
    report.total("connections.lost", &[]).map(|n| format!("{} lost or timed out", units::number(n)))
}

fn logins_failed(report: &Report) -> Option<f64> {
    sum(report, "logins", "outcome", FAILED_LOGINS)
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
