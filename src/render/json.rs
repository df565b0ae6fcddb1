//! JSON for programs. The keys and their order are a contract.
//!
//! A row, a label set, a log line stands on one line of its own, so that the output reads and compares well.

use super::{Options, Rendered, parts};
use crate::error::{Error, Exit, Result};
use crate::report::{
    Cell, Column, Counts, Coverage, Evidence, Finding, Measurement, Past, Report, Section, Shape, SourceCoverage,
};
use crate::text::Text;
use crate::time::Zone;
use crate::units;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub(super) mod layout;

/// The version of the shape below; it grows by new keys only, else this number does.
const SCHEMA: u32 = 1;

/// Formats a report for programs.
pub(super) fn render(report: &Report, options: &Options<'_>) -> Result<Rendered> {
    let sections = parts::sections(report, options.section)?;
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, layout::Layout::default());
    Root::of(report, &sections)
        .serialize(&mut writer)
        .map_err(|e| Error::new(Exit::Internal, "the report does not fit into JSON").why(e))?;
    out.push(b'\n');
    Ok(Rendered::One(out))
}

#[derive(Serialize)]
struct Root<'a> {
    mailtrail: Maker,
    report: &'a str,
    scope: Scope<'a>,
    period: Period<'a>,
    coverage: Account<'a>,
    measurements: Vec<Figure<'a>>,
    findings: Vec<Judgement<'a>>,
    sections: Vec<Table<'a>>,
}

#[derive(Serialize)]
struct Maker {
    version: &'static str,
    schema: u32,
}

#[derive(Serialize)]
struct Scope<'a> {
    domains: &'a [String],
}

#[derive(Serialize)]
struct Period<'a> {
    start: Option<String>,
    end: Option<String>,
    timezone: &'a str,
}

impl<'a> Root<'a> {
    fn of(report: &'a Report, sections: &[&'a Section]) -> Self {
        let zone = &report.period.zone;
        let time = |micros: Option<i64>| micros.map(|micros| zone.rfc3339(micros));
        Self {
            mailtrail: Maker { version: env!("CARGO_PKG_VERSION"), schema: SCHEMA },
            report: &report.name,
            scope: Scope { domains: &report.domains },
            period: Period {
                start: time(report.period.start),
                end: time(report.period.end),
                timezone: zone.name(),
            },
            coverage: Account::of(&report.coverage, zone),
            measurements: report.measurements.iter().map(Figure::of).collect(),
            findings: report.findings.iter().map(Judgement::of).collect(),
            sections: sections.iter().map(|section| Table::of(section, zone)).collect(),
        }
    }
}

/// The account of all lines.
#[derive(Serialize)]
struct Account<'a> {
    #[serde(flatten)]
    counts: Fates,
    sources: Vec<Source<'a>>,
    unmatched_shapes: Vec<Unmatched<'a>>,
    ignored_by: Vec<Ignored<'a>>,
    problems: &'a [Text],
}

/// The lines that a named ignore rule took.
#[derive(Serialize)]
struct Ignored<'a> {
    system: &'a str,
    rule: &'a str,
    lines: u64,
}

#[derive(Serialize)]
struct Fates {
    lines: u64,
    matched: u64,
    ignored: u64,
    unmatched: u64,
    damaged: u64,
    duplicate: u64,
}

impl Fates {
    fn of(counts: &Counts) -> Self {
        let Counts { lines, matched, ignored, unmatched, damaged, duplicate } = *counts;
        Self { lines, matched, ignored, unmatched, damaged, duplicate }
    }
}

#[derive(Serialize)]
struct Source<'a> {
    path: &'a Text,
    system: Map<&'a [(String, u64)]>,
    #[serde(flatten)]
    counts: Fates,
    first_time: Option<String>,
    last_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<&'a Text>,
}

#[derive(Serialize)]
struct Unmatched<'a> {
    shape: &'a Text,
    count: u64,
    example: Proof<'a>,
}

#[derive(Serialize)]
struct Proof<'a> {
    source: &'a Text,
    offset: u64,
    line: &'a Text,
}

impl<'a> Account<'a> {
    fn of(coverage: &'a Coverage, zone: &Zone) -> Self {
        Self {
            counts: Fates::of(&coverage.counts),
            sources: coverage.sources.iter().map(|source| Source::of(source, zone)).collect(),
            unmatched_shapes: coverage.unmatched_shapes.iter().map(Unmatched::of).collect(),
            ignored_by: coverage
                .ignored_by
                .iter()
                .map(|(system, rule, lines)| Ignored { system, rule, lines: *lines })
                .collect(),
            problems: &coverage.problems,
        }
    }
}

impl<'a> Source<'a> {
    fn of(source: &'a SourceCoverage, zone: &Zone) -> Self {
        Self {
            path: &source.path,
            system: Map(&source.systems),
            counts: Fates::of(&source.counts),
            first_time: source.times.map(|(first, _)| zone.rfc3339(first)),
            last_time: source.times.map(|(_, last)| zone.rfc3339(last)),
            duplicate_of: source.duplicate_of.as_ref(),
        }
    }
}

impl<'a> Unmatched<'a> {
    fn of(shape: &'a Shape) -> Self {
        Self { shape: &shape.shape, count: shape.count, example: Proof::of(&shape.example) }
    }
}

impl<'a> Proof<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        Self { source: &evidence.source, offset: evidence.offset, line: &evidence.line }
    }
}

#[derive(Serialize)]
struct Figure<'a> {
    metric: &'a str,
    labels: Map<&'a [(String, Text)]>,
    value: Option<f64>,
    unit: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    past: Option<Earlier>,
}

/// What a figure was at earlier times; the key is absent where nothing is known of any figure.
#[derive(Serialize)]
struct Earlier {
    day_before: Option<f64>,
    week_before: Option<f64>,
    usual: Option<f64>,
    spread: Option<f64>,
    spans: usize,
}

impl Earlier {
    fn of(past: &Past) -> Self {
        Self {
            day_before: past.day_before,
            week_before: past.week_before,
            usual: past.usual.map(|usual| usual.value),
            spread: past.usual.map(|usual| usual.spread),
            spans: past.usual.map_or(0, |usual| usual.spans),
        }
    }
}

impl<'a> Figure<'a> {
    fn of(measurement: &'a Measurement) -> Self {
        Self {
            metric: &measurement.metric,
            labels: Map(&measurement.labels),
            value: measurement.value,
            unit: measurement.unit.word(),
            state: measurement.state.word(),
            past: measurement.past.as_ref().map(Earlier::of),
        }
    }
}

/// A finding. The figures in its words hold plain spaces, as a program looks for them.
#[derive(Serialize)]
struct Judgement<'a> {
    rule: &'a str,
    metric: Option<&'a str>,
    labels: Map<&'a [(String, Text)]>,
    state: &'static str,
    observed: String,
    expected: String,
    message: String,
    evidence: Vec<Proof<'a>>,
    title: String,
    meaning: String,
    command: Option<&'a Text>,
}

impl<'a> Judgement<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            rule: &finding.rule,
            metric: finding.metric.as_deref(),
            labels: Map(&finding.labels),
            state: finding.state.word(),
            observed: units::with_plain_spaces(&finding.observed),
            expected: units::with_plain_spaces(&finding.expected),
            message: units::with_plain_spaces(finding.message.raw()),
            evidence: finding.evidence.iter().map(Proof::of).collect(),
            title: units::with_plain_spaces(&finding.title),
            meaning: units::with_plain_spaces(&finding.meaning),
            command: finding.command.as_ref(),
        }
    }
}

#[derive(Serialize)]
struct Table<'a> {
    name: &'a str,
    title: &'a str,
    columns: Vec<Head<'a>>,
    rows: Vec<Vec<Value<'a>>>,
    truncated: Truncated,
}

#[derive(Serialize)]
struct Head<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    unit: &'static str,
}

#[derive(Serialize)]
struct Truncated {
    shown: usize,
    of: usize,
}

impl<'a> Table<'a> {
    fn of(section: &'a Section, zone: &Zone) -> Self {
        Self {
            name: &section.name,
            title: &section.title,
            columns: section.columns.iter().map(Head::of).collect(),
            rows: section.rows.iter().map(|row| row.iter().map(|cell| Value::of(cell, zone)).collect()).collect(),
            truncated: Truncated { shown: section.rows.len(), of: section.total_rows },
        }
    }
}

impl<'a> Head<'a> {
    fn of(column: &'a Column) -> Self {
        Self { name: &column.name, kind: column.kind.word(), unit: column.unit.word() }
    }
}

/// A cell.
#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Null,
    Text(&'a Text),
    Integer(i64),
    Number(f64),
    Time(String),
    Word(&'static str),
    Flag(bool),
}

impl<'a> Value<'a> {
    fn of(cell: &'a Cell, zone: &Zone) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Text(text) => Self::Text(text),
            Cell::Integer(n) => Self::Integer(*n),
            Cell::Number(n) => Self::Number(*n),
            Cell::Time(micros) => Self::Time(zone.rfc3339(*micros)),
            Cell::State(state) => Self::Word(state.word()),
            Cell::Flag(flag) => Self::Flag(*flag),
        }
    }
}

/// Names and values as an object, in the order given.
struct Map<T>(T);

impl Serialize for Map<&[(String, u64)]> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, lines)| (name, lines)))
    }
}

impl Serialize for Map<&[(String, Text)]> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            match code(name, value.raw()) {
                Some(code) => map.serialize_entry(name, &code)?,
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// The label `code` holds a directory's result code, which is a number.
fn code(name: &str, value: &str) -> Option<u32> {
    (name == "code" && value.bytes().all(|b| b.is_ascii_digit())).then(|| value.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
