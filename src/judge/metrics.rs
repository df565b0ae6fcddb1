//! Which metrics there are: what the questions in `report-templates/metrics` answer.

use super::fill::fill;
use crate::assets::Assets;
use crate::error::{Error, Result};
use crate::report::Unit;
use crate::sections::{Question, columns_of};
use std::collections::{BTreeMap, BTreeSet};

/// What a list of words ends with where there may be others.
const OTHERS: &str = "...";

/// What is known of a metric before anything is measured.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    /// Its unit.
    pub(super) unit: Unit,
    /// What it is.
    pub(super) about: String,
    question: Question,
}

impl Metric {
    /// The question for what it counts, where it says so: `source`, `offset`, `time` and its labels; `{end}` is the end
    /// of the period.
    pub(super) fn rows(&self) -> Option<&str> {
        Some(self.question.front.rows.as_str()).filter(|rows| !rows.is_empty())
    }

    /// Whether it counts what lies before the period too.
    pub(super) fn is_since_ever(&self) -> bool {
        self.question.front.since_ever
    }

    /// Whether its figures do not add up over labels.
    pub(super) fn is_apart(&self) -> bool {
        self.question.front.apart
    }

    /// Whether its figures carry a label only where that is asked for.
    pub(super) fn carries_if_asked(&self, label: &str) -> bool {
        self.question.front.by.contains_key(label)
    }

    /// The words that a label can have, and whether there may be others; nothing where any text is one.
    pub(super) fn words(&self, label: &str) -> Option<(&[String], bool)> {
        let words = self.question.front.values.get(label)?;
        Some(match words.split_last() {
            Some((last, words)) if last == OTHERS => (words, true),
            _ => (words, false),
        })
    }

    /// An error about what it counts; the place is that of the head.
    pub(super) fn wrong(&self, error: &Error) -> Error {
        self.question.wrong(&["rows"], "what this metric counts cannot be asked").why(error.what())
    }

    /// The labels that its rows can carry: the columns of its answer, and what can be asked for by `--by`.
    ///
    /// # Errors
    ///
    /// Where its SQL is wrong.
    pub(super) fn labels(&self) -> Result<BTreeSet<String>> {
        let sql = fill(&self.question.sql, |name| match name {
            "by" | "group" | "group-by" | "labels" => Some(String::new()),
            "end" => Some("0".to_owned()),
            _ => None,
        });
        let columns = columns_of(&sql)?.into_iter().filter(|name| name != "value" && name != "metric");
        Ok(columns.chain(self.question.front.by.keys().cloned()).collect())
    }
}

/// All metrics by name.
///
/// # Errors
///
/// Where the head of a question cannot be read.
pub(super) fn all(assets: &Assets) -> Result<BTreeMap<String, Metric>> {
    let mut all = BTreeMap::new();
    for question in Question::all(assets, "metrics")? {
        let own = named_in(&question.sql);
        let names = if own.is_empty() { vec![question.name.as_str()] } else { own };
        let metric = Metric {
            unit: Unit::of(&question.front.unit),
            about: question.front.about.clone(),
            question: question.clone(),
        };
        all.extend(names.into_iter().map(|name| (name.to_owned(), metric.clone())));
    }
    Ok(all)
}

/// The names that a question gives its figures itself: `'delay.p50_s' AS metric`.
fn named_in(sql: &str) -> Vec<&str> {
    let parts: Vec<&str> = sql.split("' AS metric").collect();
    let before = parts.iter().take(parts.len() - 1);
    before.filter_map(|text| text.rsplit('\'').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_for_several_metrics_name_them() {
        assert_eq!(named_in("SELECT 'a.b' AS metric, 'x' AS y UNION SELECT 'c' AS metric"), ["a.b", "c"]);
        assert!(named_in("SELECT 1 AS value").is_empty());
    }

    #[test]
    fn the_metrics_of_the_house_are_known_with_their_units() {
        let all = all(&Assets::default()).expect("all can be read");
        assert_eq!(all.get("delay.p95_s").map(|m| m.unit), Some(Unit::Seconds));
        assert_eq!(all.get("connections.lost").map(|m| m.unit), Some(Unit::Count));
        assert!(!all.contains_key("delay"));
        for (name, metric) in &all {
            assert!(metric.labels().is_ok(), "{name}");
        }
        let lost = all["connections.lost"].labels().expect("it can be asked");
        assert_eq!(lost.iter().collect::<Vec<_>>(), ["after", "host", "how", "service"]);
    }
}
