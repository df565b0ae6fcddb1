//! The figures a correct reader finds in the log, counted as the lines are written.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The metrics and the names of their labels, in order.
const METRICS: &[(&str, &[&str])] = &[
    ("connections", &["service"]),
    ("connections.lost", &["service", "after", "how"]),
    ("connections.refused", &["service"]),
    ("deferrals", &["transport"]),
    ("deliveries", &["outcome", "transport"]),
    ("deliveries.bytes", &["outcome"]),
    ("directory.errors", &["code"]),
    ("directory.operations", &["kind"]),
    ("logins", &["service", "outcome"]),
    ("messages.accepted", &["origin"]),
    ("messages.bytes", &["origin"]),
    ("messages.deferred", &[]),
    ("messages.rejected", &["stage"]),
    ("notices", &["severity"]),
    ("notifications", &["kind"]),
    ("queue.remaining", &[]),
    ("rejections", &["permanence"]),
    ("submitters", &["kind"]),
];

/// Metrics that are told even when nothing was counted.
const ALWAYS: &[&str] = &["messages.deferred", "queue.remaining"];

type Labels = [&'static str; 3];

/// What one line adds to a figure.
#[derive(Clone, Copy)]
pub struct Count {
    metric: &'static str,
    labels: Labels,
    amount: i64,
}

fn one(metric: &'static str, labels: Labels) -> Count {
    Count { metric, labels, amount: 1 }
}

pub fn connection(service: &'static str) -> Count {
    one("connections", [service, "", ""])
}

pub fn lost(service: &'static str, after: &'static str, how: &'static str) -> Count {
    one("connections.lost", [service, after, how])
}

pub fn login(service: &'static str, outcome: &'static str) -> Count {
    one("logins", [service, outcome, ""])
}

pub fn submitter(kind: &'static str) -> Count {
    one("submitters", [kind, "", ""])
}

pub fn warning() -> Count {
    one("notices", ["warning", "", ""])
}

pub fn notification(kind: &'static str) -> Count {
    one("notifications", [kind, "", ""])
}

pub fn operation(kind: &'static str) -> Count {
    one("directory.operations", [kind, "", ""])
}

pub fn directory_error(code: &'static str) -> Count {
    one("directory.errors", [code, "", ""])
}

/// A message that enters a queue.
pub fn accepted(origin: &'static str, bytes: u64) -> [Count; 3] {
    let size = Count { metric: "messages.bytes", labels: [origin, "", ""], amount: bytes as i64 };
    let origin = one("messages.accepted", [origin, "", ""]);
    [origin, size, one("queue.remaining", [""; 3])]
}

/// A message that leaves the queue.
pub fn removed() -> Count {
    Count { metric: "queue.remaining", labels: [""; 3], amount: -1 }
}

/// The final outcome for a recipient of a message of so many bytes.
pub fn delivery(outcome: &'static str, transport: &'static str, bytes: u64) -> [Count; 2] {
    let size = Count { metric: "deliveries.bytes", labels: [outcome, "", ""], amount: bytes as i64 };
    [one("deliveries", [outcome, transport, ""]), size]
}

pub fn deferral(transport: &'static str) -> Count {
    one("deferrals", [transport, "", ""])
}

pub fn message_deferred() -> Count {
    one("messages.deferred", [""; 3])
}

/// A refusal at a stage of the SMTP service; at CONNECT it turns the connection away, too.
pub fn rejection(stage: &'static str, permanent: bool) -> Vec<Count> {
    let permanence = if permanent { "permanent" } else { "temporary" };
    let mut counts = vec![one("messages.rejected", [stage, "", ""])];
    counts.push(one("rejections", [permanence, "", ""]));
    if stage == "CONNECT" {
        counts.push(one("connections.refused", ["smtp", "", ""]));
    }
    counts
}

/// All figures of a log.
#[derive(Default)]
pub struct Truth {
    figures: BTreeMap<(&'static str, Labels), i64>,
    pub lines: u64,
    pub bytes: u64,
}

impl Truth {
    pub fn add(&mut self, count: &Count) {
        *self.figures.entry((count.metric, count.labels)).or_default() += count.amount;
    }

    pub fn to_json(&self, seed: u64) -> Value {
        let mut figures = self.figures.clone();
        for metric in ALWAYS {
            figures.entry((metric, [""; 3])).or_default();
        }
        let metrics: Vec<Value> = figures.iter().map(|(key, value)| row(key, *value)).collect();
        json!({ "seed": seed, "lines": self.lines, "bytes": self.bytes, "metrics": metrics })
    }
}

fn row((metric, labels): &(&'static str, Labels), value: i64) -> Value {
    let names = METRICS.iter().find(|(name, _)| name == metric).map_or(&[][..], |(_, names)| names);
    let labels: Map<String, Value> =
        names.iter().zip(labels).map(|(name, label)| (name.to_string(), label_value(name, label))).collect();
    json!({ "metric": metric, "labels": labels, "value": value })
}

/// Result codes are numbers, all other labels are words.
fn label_value(name: &str, label: &str) -> Value {
    match label.parse::<u32>() {
        Ok(code) if name == "code" => code.into(),
        _ => label.into(),
    }
}
