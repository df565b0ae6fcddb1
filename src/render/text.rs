//! Text for terminals and plain mails: the verdict first, then what was found, then the tables.
//!
//! No line is wider than the terminal, but for a command, which must stay whole to be of use.

use super::crop::{self, end, middle};
use super::{Options, Rendered, parts, show};
use crate::error::Result;
use crate::report::{Coverage, Evidence, Finding, Report, Section, State};
use crate::text::shown;
use crate::units;
pub(super) use page::{Page, Style};
use unicode_width::UnicodeWidthStr;

pub(super) mod page;
mod table;

/// How many lines of a finding's evidence are shown.
const MOST_EVIDENCE: usize = 3;

/// How many characters of a sentence are shown; it may be out of a log.
const MOST_MESSAGE: usize = 600;

/// Formats a report for terminals.
pub(super) fn render(report: &Report, options: &Options<'_>) -> Result<Rendered> {
    let mut report = show::for_people(report).into_owned();
    parts::say_once(&mut report.findings);
    let report = &report;
    let sections = parts::sections(report, options.section)?;
    let mut page = Page::new(options.width, options.color);
    if options.section.is_none() {
        head(&mut page, report);
        report.findings.iter().for_each(|finding| self::finding(&mut page, finding));
        coverage(&mut page, &report.coverage);
        parts::no_past(report).into_iter().for_each(|told| page.prose(0, told));
    }
    // A table whose every row is missing tells no more than the verdict, and thirty of them tell it thirty times.
    let (shown, untold) = sections.into_iter().partition::<Vec<_>, _>(|section| {
        options.section.is_some() || report.is_known() || !section.rows.is_empty()
    });
    for (group, members) in parts::groups(&shown) {
        if options.section.is_none() {
            page.heading(group);
        }
        for section in members {
            self::section(&mut page, section, report);
        }
    }
    nothing_known(&mut page, &untold);
    Ok(Rendered::One(page.into_bytes()))
}

/// Once for all tables of which nothing is known.
fn nothing_known(page: &mut Page, sections: &[&Section]) {
    if !sections.is_empty() {
        page.blank();
        let tables = parts::plural(sections.len() as u64, "more table", "more tables");
        page.prose(0, &format!("Nothing is known of {tables}, left out here."));
    }
}

/// What the report is of, and its verdict.
pub(super) fn head(page: &mut Page, report: &Report) {
    let hosts = show::hosts(report);
    let title = if hosts.is_empty() { report.title.clone() } else { format!("{} · {hosts}", report.title) };
    page.strong(&title);
    page.prose(0, &format!("{} ({})", show::period(&report.period), report.period.zone.name()));
    if !report.domains.is_empty() {
        page.prose(0, &format!("only {}", report.domains.join(", ")));
    }
    page.blank();
    let verdict = report.verdict();
    page.in_state(verdict, &format!("{} {}", parts::sign(verdict), parts::headline(report)));
}

/// A finding with its evidence.
pub(super) fn finding(page: &mut Page, finding: &Finding) {
    page.blank();
    let badge = format!("{} {}  ", parts::sign(finding.state), finding.state.word());
    page.state_then(finding.state, &badge, &end(&finding.title, MOST_MESSAGE));
    let message = super::crop::excerpt(&finding.message, MOST_MESSAGE);
    page.prose(2, &message.shown);
    page.prose(2, &finding.meaning);
    page.prose(2, &comparison(finding));
    if let Some(command) = &finding.command {
        page.line(&format!("  see: {}", command.tty()));
    }
    finding.evidence.iter().take(MOST_EVIDENCE).for_each(|proof| evidence(page, proof));
    let more = finding.evidence.len().saturating_sub(MOST_EVIDENCE);
    if more > 0 {
        page.faint(&format!("  and {}", parts::plural(more as u64, "more line", "more lines")));
    }
}

/// `seen: 48 users; expected: at most 10`, as far as it is known.
fn comparison(finding: &Finding) -> String {
    let said = [("seen: ", &finding.observed), ("expected: ", &finding.expected)];
    let known = said.iter().filter(|(_, what)| !what.is_empty());
    known.map(|(word, what)| format!("{word}{}", shown(what))).collect::<Vec<_>>().join("; ")
}

/// A line of a log and its place; the place goes first, since it finds the line.
fn evidence(page: &mut Page, proof: &Evidence) {
    let place = middle(&crop::place(proof.source.raw(), proof.offset), page.width().saturating_sub(2));
    let room = page.width().saturating_sub(4 + place.width());
    let line = if room < 12 { String::new() } else { format!("  {}", end(proof.line.raw(), room)) };
    page.faint(&format!("  {place}{line}"));
}

/// The account of the lines.
pub(super) fn coverage(page: &mut Page, coverage: &Coverage) {
    page.blank();
    let fates =
        parts::FATES.iter().map(|fate| format!("{} {}", units::count((fate.count)(&coverage.counts)), fate.name));
    let fates = fates.collect::<Vec<_>>().join(" + ");
    let lines = parts::plural(coverage.counts.lines, "line", "lines");
    page.prose(0, &format!("Every line accounted for: {lines} = {fates}"));
    if !coverage.counts.balances() {
        page.in_state(State::Critical, "The account does not balance: this is a fault of the program.");
    }
    for problem in &coverage.problems {
        page.in_state(State::Warning, &format!("! {}", problem.tty()));
    }
}

/// A table.
pub(super) fn section(page: &mut Page, section: &Section, report: &Report) {
    page.blank();
    let note = parts::truncated(section).map(|note| format!("  ({note})")).unwrap_or_default();
    page.strong(&format!("{}{note}", section.title));
    if section.rows.is_empty() {
        page.faint(&section.empty);
    } else {
        table::write(page, section, &report.period);
    }
}

#[cfg(test)]
mod tests;
