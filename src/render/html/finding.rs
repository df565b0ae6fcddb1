//! Findings as the page shows them.

use crate::render::crop;
use crate::render::parts::{self, Mark};
use crate::render::show;
use crate::report::{Evidence, Finding};
use crate::text::{Text, shown};
use serde::Serialize;

/// How many characters of a sentence or of a log line are shown.
const MOST: usize = 600;

/// A finding.
#[derive(Serialize)]
pub(super) struct FindingView {
    mark: Mark,
    rule: String,
    title: String,
    message: Cropped,
    meaning: String,
    observed: String,
    expected: String,
    labels: Vec<(String, Cropped)>,
    command: Option<String>,
    evidence: Vec<Proof>,
    evidence_title: String,
    /// Others of which the same is to be said, and how many these are.
    others: Vec<FindingView>,
    others_title: String,
}

/// A log line and its place.
#[derive(Serialize)]
pub(super) struct Proof {
    place: String,
    line: Cropped,
}

/// Text out of a log with nothing invisible in it, and how much of it is left out.
#[derive(Serialize)]
pub(in crate::render) struct Cropped {
    text: String,
    more: Option<String>,
}

impl Cropped {
    /// At most `max` characters of a text.
    pub fn of(text: &Text, max: usize) -> Self {
        let crop::Excerpt { shown, rest } = crop::excerpt(text, max);
        Self { text: shown, more: more(rest) }
    }
}

/// The words for what is left out: `1 048 276 more`.
pub(super) fn more(rest: usize) -> Option<String> {
    (rest > 0).then(|| format!("{} more", crate::units::count(rest as u64)))
}

impl FindingView {
    /// Findings of which the same is to be said, as the templates show them; nothing where there are none.
    pub fn of_alike(findings: &[&Finding]) -> Option<Self> {
        let (first, others) = findings.split_first()?;
        let others: Vec<Self> = others.iter().map(|finding| Self::of(finding)).collect();
        let others_title = parts::plural(others.len() as u64, "other", "others");
        Some(Self { others, others_title, ..Self::of(first) })
    }

    /// A finding as the templates show it.
    pub fn of(finding: &Finding) -> Self {
        let labels = finding.labels.iter().map(|(name, value)| (show::words(name), Cropped::of(value, 100)));
        Self {
            mark: Mark::of(finding.state),
            rule: finding.rule.clone(),
            title: finding.title.clone(),
            message: Cropped::of(&finding.message, MOST),
            meaning: finding.meaning.clone(),
            observed: shown(&finding.observed).into_owned(),
            expected: shown(&finding.expected).into_owned(),
            labels: labels.collect(),
            command: finding.command.as_ref().map(|command| command.tty().into_owned()),
            evidence: finding.evidence.iter().map(Proof::of).collect(),
            evidence_title: parts::plural(finding.evidence.len() as u64, "log line", "log lines"),
            others: Vec::new(),
            others_title: String::new(),
        }
    }
}

impl Proof {
    /// A log line as the templates show it.
    pub fn of(evidence: &Evidence) -> Self {
        let source = crop::middle(evidence.source.raw(), 200);
        Self { place: crop::place(&source, evidence.offset), line: Cropped::of(&evidence.line, MOST) }
    }
}
