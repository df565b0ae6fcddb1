//! What changed since the report before: figures beside their earlier selves, findings that are new or gone.

use crate::render::{keys, show};
use crate::report::{Finding, Report, State, Unit};
use crate::text::shown;
use crate::units;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures of a report that the next one is compared with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Its period in words.
    pub period: String,
    /// Its verdict, as one word.
    #[serde(default)]
    pub verdict: String,
    /// Its key figures by title.
    pub values: BTreeMap<String, f64>,
    /// Its findings: what each is about, and its title.
    pub findings: BTreeMap<String, String>,
}

impl Figures {
    /// The figures of a report.
    pub fn of(report: &Report) -> Self {
        let values = keys::of(report).into_iter().filter_map(|key| Some((key.title.to_owned(), key.value?)));
        let findings = report.findings.iter().filter(|finding| finding.state != State::Ok);
        Self {
            period: show::period(&report.period),
            verdict: report.verdict().word().to_owned(),
            values: values.collect(),
            findings: findings.map(|finding| (subject(finding), title(finding))).collect(),
        }
    }

    /// Whether a finding was not there before.
    pub(super) fn lacks(&self, finding: &Finding) -> bool {
        !self.findings.contains_key(&subject(finding))
    }

    /// What was found before and is not any more.
    pub(super) fn gone(&self, report: &Report) -> Vec<&str> {
        let now: Vec<String> = report.findings.iter().filter(|f| f.state != State::Ok).map(subject).collect();
        let gone = self.findings.iter().filter(|(subject, _)| !now.contains(subject));
        gone.map(|(_, title)| title.as_str()).collect()
    }

    /// How a key figure stands to its earlier self; nothing where either is not known.
    pub(super) fn change(&self, key: &keys::KeyFigure) -> Option<String> {
        let (now, before) = (key.value?, *self.values.get(key.title)?);
        Some(match (key.unit, before) {
            #[expect(clippy::float_cmp, reason = "figures that are the same are the same bits")]
            _ if now == before => "as before".to_owned(),
            (Unit::Count | Unit::Bytes, before) if before > 0.0 && now / before < 10.0 => {
                let sign = if now > before { '+' } else { '−' };
                format!("{sign}{}", units::share((now / before - 1.0).abs()))
            }
            (unit, before) => format!("was {}", show::figure(before, unit)),
        })
    }
}

/// What a finding is about: its rule and what it is told of.
fn subject(finding: &Finding) -> String {
    let labels = finding.labels.iter().map(|(name, value)| format!("{name}={}", value.raw()));
    let mut parts = vec![finding.rule.clone(), finding.metric.clone().unwrap_or_default()];
    parts.extend(labels);
    parts.join("\n")
}

/// A finding in few words: its headline and whom it is about.
fn title(finding: &Finding) -> String {
    let about: Vec<String> =
        finding.labels.iter().map(|(_, value)| crate::render::crop::middle(value.raw(), 40)).collect();
    let title = shown(&finding.title);
    if about.is_empty() { title.into_owned() } else { format!("{title} ({})", about.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn what_was_there_before_is_not_new_and_what_is_no_more_is_gone() {
        let (before, mut now) = (fixture::report(), fixture::report());
        let figures = Figures::of(&before);
        assert!(now.findings.iter().all(|finding| !figures.lacks(finding)));
        now.findings.remove(0);
        assert_eq!(figures.gone(&now), ["Passwords are being guessed (192.0.2.7)"]);
        assert!(Figures::default().lacks(&now.findings[0]));
    }

    #[test]
    fn figures_are_told_beside_their_earlier_selves() {
        let mut figures = Figures::of(&fixture::report());
        let change = |figures: &Figures, title: &str| {
            let key = keys::of(&fixture::report()).into_iter().find(|key| key.title == title)?;
            figures.change(&key).map(|text| units::with_plain_spaces(&text))
        };
        assert_eq!(change(&figures, "Connections").as_deref(), Some("as before"));
        figures.values.insert("Connections".into(), 160.0);
        assert_eq!(change(&figures, "Connections").as_deref(), Some("+25 %"));
        figures.values.insert("Connections".into(), 0.0);
        assert_eq!(change(&figures, "Connections").as_deref(), Some("was 0"));
        figures.values.insert("Connections lost".into(), 0.02);
        assert_eq!(change(&figures, "Connections lost").as_deref(), Some("was 2 %"));
        assert_eq!(change(&Figures::default(), "Connections"), None);
    }
}
