//! Figures of a JSON report against a truth.

use serde_json::{Map, Value};

/// The rows of `measurements` of a JSON report.
pub struct Figures(Vec<Value>);

impl Figures {
    /// Takes them out of a report.
    pub fn of(report: &Value) -> Self {
        Self(report["measurements"].as_array().expect("measurements").clone())
    }

    /// The sum of all rows of a metric that carry these labels; 0 where there is none, nothing where one cannot be told.
    pub fn total(&self, metric: &str, labels: &Map<String, Value>) -> Option<f64> {
        let rows: Vec<&Value> = self.rows(metric).filter(|row| carries(row, labels)).collect();
        rows.iter().try_fold(0.0, |sum, row| Some(sum + row["value"].as_f64()?))
    }

    /// The value of the one row with exactly these labels, for figures that do not add up.
    pub fn exact(&self, metric: &str, labels: &Map<String, Value>) -> Option<f64> {
        let all =
            |row: &&Value| carries(row, labels) && row["labels"].as_object().map(Map::len) == Some(labels.len());
        self.rows(metric).find(all).and_then(|row| row["value"].as_f64())
    }

    /// The rows of a metric.
    pub fn rows(&self, metric: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |row| row["metric"] == metric)
    }
}

/// Whether a row carries these labels. A code may be a number or a word.
pub fn carries(row: &Value, labels: &Map<String, Value>) -> bool {
    labels.iter().all(|(name, value)| word(&row["labels"][name]) == word(value))
}

/// A label as a word.
pub fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Metrics whose rows do not add up.
pub fn adds_up(metric: &str) -> bool {
    !metric.starts_with("delay.") && !metric.starts_with("directory.p95") && !metric.starts_with("hops.")
}

/// The account of a report or of one of its sources: lines = matched + ignored + unmatched + damaged + duplicate.
pub fn assert_balanced(what: &str, report: &Value) {
    let coverage = &report["coverage"];
    let sources = coverage["sources"].as_array().expect("sources");
    for account in sources.iter().chain([coverage]) {
        let count = |name: &str| account[name].as_u64().unwrap_or_else(|| panic!("{what}: {name} in {account}"));
        let sum: u64 = ["matched", "ignored", "unmatched", "damaged", "duplicate"].iter().map(|n| count(n)).sum();
        assert_eq!(count("lines"), sum, "{what}: {account}");
    }
}
