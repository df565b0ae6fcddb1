//! Parts of a report that several formats show: which sections, the verdict in words, the account of the lines.

use crate::error::{Error, Exit, Result};
use crate::report::{Counts, Finding, Measurement, Report, Section, State};
use crate::units;
use serde::Serialize;
use std::collections::BTreeSet;

/// What can become of a line.
pub(super) struct Fate {
    /// Its name, as everywhere.
    pub name: &'static str,
    /// What it means, in plain words.
    pub meaning: &'static str,
    /// How many lines met it.
    pub count: fn(&Counts) -> u64,
}

/// Every fate; the counts of all of them together are the lines read.
pub(super) const FATES: [Fate; 5] = [
    Fate { name: "matched", meaning: "understood and counted", count: |c| c.matched },
    Fate { name: "ignored", meaning: "set aside by a named rule", count: |c| c.ignored },
    Fate { name: "unmatched", meaning: "of a shape that no grammar knows", count: |c| c.unmatched },
    Fate { name: "damaged", meaning: "cut or without a readable header", count: |c| c.damaged },
    Fate { name: "duplicate", meaning: "of a source that is a copy of another", count: |c| c.duplicate },
];

/// The sections to show: all, or the one that is asked for.
pub(super) fn sections<'a>(report: &'a Report, only: Option<&str>) -> Result<Vec<&'a Section>> {
    let Some(only) = only else {
        return Ok(report.sections.iter().filter(|section| section.is_shown()).collect());
    };
    let found: Vec<_> = report.sections.iter().filter(|section| section.name == only).collect();
    if found.is_empty() {
        return Err(unknown_section(only, report.sections.iter().map(|section| section.name.as_str())));
    }
    Ok(found)
}

/// The error for a section that is not in the report; the names that are, or the one that was meant.
pub(super) fn unknown_section<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Error {
    let error = Error::new(Exit::Usage, format!("there is no section `{name}` in this report"));
    error.instead(name, "sections", names)
}

/// The sections by group, groups in the order in which they first appear.
pub(super) fn groups<'a>(sections: &[&'a Section]) -> Vec<(&'a str, Vec<&'a Section>)> {
    let mut groups: Vec<(&str, Vec<&Section>)> = Vec::new();
    for section in sections {
        match groups.iter_mut().find(|(name, _)| *name == section.group) {
            Some((_, members)) => members.push(section),
            None => groups.push((&section.group, vec![section])),
        }
    }
    groups
}

/// Findings that stand one behind the other and of which the same is to be said, together.
pub(super) fn alike<'f>(findings: &'f [&'f Finding]) -> impl Iterator<Item = &'f [&'f Finding]> {
    let said = |finding: &'f Finding| (&finding.rule, finding.state, &finding.meaning);
    findings.chunk_by(move |a, b| said(a) == said(b))
}

/// What a rule means is said with the first of its findings.
pub(super) fn say_once(findings: &mut [Finding]) {
    let mut said = BTreeSet::new();
    findings.iter_mut().for_each(|finding| {
        if !said.insert(finding.meaning.clone()) {
            finding.meaning.clear();
        }
    });
}

/// The verdict in a few words: `All is well`, `1 critical finding, 2 warnings`.
pub(super) fn headline(report: &Report) -> String {
    let counts = &report.coverage.counts;
    match report.verdict() {
        State::Ok => "All is well".to_owned(),
        State::Unknown if counts.lines == 0 => "Nothing was read".to_owned(),
        State::Unknown if counts.matched == 0 => "Nothing was understood".to_owned(),
        State::Unknown if !report.is_told_of && report.domains.is_empty() => {
            "The logs tell nothing of this period".to_owned()
        }
        State::Unknown if !report.is_told_of => "The logs tell nothing of these domains".to_owned(),
        _ => tally(report),
    }
}

/// What was found, counted: `1 critical finding, 2 warnings`; empty where nothing was.
pub(super) fn tally(report: &Report) -> String {
    let kinds = [
        (State::Critical, "critical finding", "critical findings"),
        (State::Warning, "warning", "warnings"),
        (State::Unknown, "thing that cannot be told", "things that cannot be told"),
    ];
    let counted = kinds.map(|(state, one, many)| {
        let number = report.findings.iter().filter(|finding| finding.state == state).count();
        (number > 0).then(|| plural(number as u64, one, many))
    });
    counted.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the verdict rests on, in a sentence.
pub(super) fn lead(report: &Report) -> String {
    let counts = &report.coverage.counts;
    let flows = report.total("deliveries", &[("outcome", "sent")]).is_some_and(|sent| sent > 0.0);
    let judged = match report.verdict() {
        State::Unknown if counts.lines == 0 => return "There was no line of any log.".to_owned(),
        State::Ok => "Nothing was beyond its limits.",
        State::Unknown => "Whether all is well cannot be told.",
        State::Warning if flows => "Mail flows; what is listed below should be looked at.",
        State::Warning => "What is listed below should be looked at.",
        State::Critical => "Something needs to be looked at now.",
    };
    let lines = plural(counts.lines, "line", "lines");
    let unread = counts.unmatched + counts.damaged;
    let no_past = no_past(report).map(|told| format!(" {told}")).unwrap_or_default();
    if unread == 0 {
        return format!("{judged} All of the {lines} read were understood or set aside by name.{no_past}");
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of a hundred million million lines is exact enough")]
    let share = units::share(unread as f64 / counts.lines as f64);
    format!("{judged} Of the {lines} read, {share} could not be understood.{no_past}")
}

/// What is said where figures should be judged by what is usual, and the past is not known.
pub(super) fn no_past(report: &Report) -> Option<&'static str> {
    let is_left_open = |m: &Measurement| m.state == State::Unknown && m.value.is_some();
    let told = "What is usual is not known yet, since the logs do not reach back far enough: figures that are judged by \
                it are in the state unknown.";
    (report.is_known() && report.measurements.iter().any(is_left_open)).then_some(told)
}

pub(super) use units::plural;

/// A state's sign, so that it does not rest on colour.
pub(super) fn sign(state: State) -> &'static str {
    match state {
        State::Ok => "✓",
        State::Unknown => "?",
        State::Warning => "!",
        State::Critical => "✕",
    }
}

/// A state as templates show it: by word, sign and, by the word's class, colour.
#[derive(Serialize)]
pub(super) struct Mark {
    word: &'static str,
    sign: &'static str,
}

impl Mark {
    /// The mark of a state.
    pub fn of(state: State) -> Self {
        Self { word: state.word(), sign: sign(state) }
    }
}

/// How many of a section's rows are shown, where not all are.
pub(super) fn truncated(section: &Section) -> Option<String> {
    let (shown, of) = (section.rows.len(), section.total_rows);
    (shown < of).then(|| format!("showing {} of {}", units::count(shown as u64), units::count(of as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn the_fates_are_all_that_can_become_of_a_line() {
        let counts = fixture::report().coverage.counts;
        assert!(counts.balances());
        assert_eq!(FATES.iter().map(|fate| (fate.count)(&counts)).sum::<u64>(), counts.lines);
    }

    #[test]
    fn the_verdict_is_said_in_words() {
        assert_eq!(headline(&fixture::report()), "1 critical finding, 1 warning");
        assert_eq!(headline(&fixture::nothing()), "Nothing was read");
        let mut fine = fixture::report();
        fine.findings.clear();
        assert_eq!(headline(&fine), "All is well");
    }

    #[test]
    fn a_past_that_is_not_known_is_said_once_where_figures_are_left_open() {
        let mut report = fixture::report();
        report.measurements.iter_mut().for_each(|m| m.state = m.state.min(State::Ok));
        assert_eq!((no_past(&report), lead(&report).matches("What is usual").count()), (None, 0));
        report.measurements[0].state = State::Unknown;
        assert_eq!((no_past(&report).is_some(), lead(&report).matches("What is usual").count()), (true, 1));
        report.coverage.counts.matched = 0;
        assert_eq!(no_past(&report), None, "of nothing there is no past either");
    }

    #[test]
    fn an_unknown_section_is_told_with_those_that_are() {
        let report = fixture::report();
        let error = sections(&report, Some("trafic")).expect_err("it is unknown");
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains("did you mean `traffic`?"));
        let error = sections(&report, Some("weather")).expect_err("it is unknown");
        assert!(error.to_string().contains("the sections are traffic, rejected, bounces"));
    }
}
