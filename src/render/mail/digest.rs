//! A report cut to what a mail shows, and its tables in the form in which a mail can show them.

use super::Plan;
use crate::render::parts;
use crate::render::show::{self, Manner};
use crate::render::slots::Slots;
use crate::report::{Cell, ChartKind, Kind, Report, Section, Unit};

/// Problems of the input at most.
const MOST_PROBLEMS: usize = 5;

/// Lines of evidence of a finding at most.
const MOST_EVIDENCE: usize = 1;

/// Places along a chart at most: narrower columns cannot be seen.
const MOST_PLACES: usize = 50;

/// Figures beside a name at most.
const MOST_FIGURES: usize = 2;

/// The report with the tables of its short form, and no more rows and findings than the plan says.
pub(super) fn cut(whole: &Report, plan: &Plan) -> Report {
    let mut report = show::for_people(whole).into_owned();
    report.sections.retain(|section| {
        !section.rows.is_empty() && (whole.digest.is_empty() || whole.digest.contains(&section.name))
    });
    report.findings.truncate(plan.findings);
    report.findings.iter_mut().for_each(|finding| finding.evidence.truncate(MOST_EVIDENCE));
    parts::say_once(&mut report.findings);
    report.coverage.problems.truncate(MOST_PROBLEMS);
    // A chart needs all its rows.
    let is_drawn = |section: &Section| Columns::of(section, whole).is_some();
    report.sections.iter_mut().filter(|section| !is_drawn(section)).for_each(|s| s.rows.truncate(plan.rows));
    report.sections.retain(|_| plan.rows > 0);
    report
}

/// Whether a section is a course in time.
fn is_course(section: &Section) -> bool {
    section.chart.as_ref().is_some_and(|chart| matches!(chart.kind, ChartKind::Columns | ChartKind::Lines))
}

/// A row in the form of a mail: what it is about, and a few figures.
pub(super) struct Row {
    pub name: String,
    pub figures: Vec<String>,
    /// The first figure's share of the largest, in percent; nothing where it is no amount.
    pub bar: Option<usize>,
}

/// A table in the form of a mail.
pub(super) struct Digest {
    pub name: String,
    pub figures: Vec<String>,
    pub rows: Vec<Row>,
    pub note: Option<String>,
}

impl Digest {
    /// The texts before the first number are the name, and the first numbers the figures.
    pub fn of(section: &Section, report: &Report) -> Self {
        let is_number = |at: &usize| section.columns.get(*at).is_some_and(|column| column.kind.is_number());
        let all: Vec<usize> = (0..section.columns.len()).collect();
        let names: Vec<usize> = all.iter().copied().take_while(|at| !is_number(at)).collect();
        let figures: Vec<usize> = all.into_iter().filter(is_number).take(MOST_FIGURES).collect();
        let title = |at: &usize| section.columns.get(*at).map(|column| column.title.clone()).unwrap_or_default();
        let most = figures.first().map_or(0.0, |at| largest(section, *at));
        let row = |row: &Vec<Cell>| {
            let write =
                |at: &usize| Manner::of(section, *at, &report.period).write(row.get(*at).unwrap_or(&Cell::Null));
            Row {
                name: joined(names.iter().filter(|at| row.get(**at) != Some(&Cell::Null)).map(write)),
                figures: figures.iter().map(write).collect(),
                bar: figures.first().and_then(|at| bar(section, row, *at, most)),
            }
        };
        Self {
            name: joined(names.iter().map(title)),
            figures: figures.iter().map(title).collect(),
            rows: section.rows.iter().map(row).collect(),
            note: parts::truncated(section),
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let joined = parts.collect::<Vec<_>>().join(" · ");
    if joined.is_empty() { show::ABSENT.to_owned() } else { joined }
}

fn largest(section: &Section, at: usize) -> f64 {
    section.rows.iter().filter_map(|row| row.get(at)?.number()).fold(0.0, f64::max)
}

fn bar(section: &Section, row: &[Cell], at: usize, most: f64) -> Option<usize> {
    let column = section.columns.get(at).filter(|column| column.kind != Kind::Time)?;
    let amount = matches!(column.unit, Unit::Count | Unit::Bytes | Unit::None | Unit::Seconds);
    let value = row.get(at)?.number().filter(|x| *x > 0.0 && amount && most > 0.0)?;
    Some(percent(value / most).max(1))
}

/// A share in whole percent.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 100")]
pub(super) fn percent(share: f64) -> usize {
    (share.clamp(0.0, 1.0) * 100.0).round() as usize
}

/// Columns along time: of each place the values of the series, and the labels below.
pub(super) struct Columns {
    pub series: Vec<String>,
    pub places: Vec<Vec<f64>>,
    /// A label and the number of places that it stands under.
    pub labels: Vec<(String, usize)>,
    /// The largest sum of a place.
    pub most: f64,
    /// The same, in words.
    pub most_told: String,
}

impl Columns {
    /// The columns of a section; nothing where there are none, or too many.
    pub fn of(section: &Section, report: &Report) -> Option<Self> {
        let chart = section.chart.as_ref().filter(|_| is_course(section))?;
        let slots = Slots::of(section, chart, &report.period.zone, &[]);
        if slots.count == 0 || slots.count > MOST_PLACES || slots.places.len() != section.rows.len() {
            return None;
        }
        let mut places = vec![vec![0.0; chart.series.len()]; slots.count];
        for (row, place) in section.rows.iter().zip(&slots.places) {
            let values = chart.series.iter().map(|at| row.get(*at).and_then(Cell::number).unwrap_or(0.0).max(0.0));
            *places.get_mut(*place)? = values.collect();
        }
        let most = places.iter().map(|place| place.iter().sum()).fold(0.0, f64::max);
        let unit =
            chart.series.first().and_then(|at| section.columns.get(*at)).map(|c| c.unit).unwrap_or_default();
        let title = |at: &usize| section.columns.get(*at).map(|column| column.title.clone()).unwrap_or_default();
        (most > 0.0).then(|| Self {
            series: chart.series.iter().map(title).collect(),
            labels: spans(&slots),
            places,
            most,
            most_told: show::figure(most, unit),
        })
    }
}

/// Each label with the places up to the next one.
fn spans(slots: &Slots) -> Vec<(String, usize)> {
    let mut spans: Vec<(String, usize)> = Vec::new();
    let starts: Vec<usize> = slots.labels.iter().map(|(place, ..)| *place).chain([slots.count]).collect();
    if let Some(first) = starts.first().filter(|first| **first > 0) {
        spans.push((String::new(), *first));
    }
    for ((_, text, _), ends) in slots.labels.iter().zip(starts.windows(2)) {
        if let [start, end] = ends {
            spans.push((text.clone(), end - start));
        }
    }
    spans
}
