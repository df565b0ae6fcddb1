//! What the HTML part's template is given.

use super::digest::{self, Columns, Digest, percent};
use super::{Sheet, words};
use crate::assets::Assets;
use crate::error::Result;
use crate::render::parts::{self, FATES, Mark};
use crate::render::{crop, keys, show, template};
use crate::report::{Finding, Report, Section, State};
use crate::text::shown;
use crate::units;
use serde::Serialize;

/// The folder of the templates, and the page's.
const FOLDER: &str = "report-templates/mail";
const PAGE: &str = "mail.html.j2";

/// How many characters of a sentence, of a log line, of a name are shown.
const MOST_MESSAGE: usize = 600;
const MOST_LINE: usize = 300;
const MOST_NAME: usize = 80;

/// The height of the columns along time, in pixels.
const HEIGHT: f64 = 88.0;

/// Key figures that stand side by side.
const BESIDE: usize = 4;

/// The HTML of a mail.
pub(super) fn part(sheet: &Sheet<'_>, assets: &Assets) -> Result<String> {
    let sections: Vec<&Section> = sheet.report.sections.iter().collect();
    template::render(assets, FOLDER, PAGE, &Page::of(sheet), template::fuel(&sheet.report, &sections))
}

#[derive(Serialize)]
struct Page {
    version: &'static str,
    name: String,
    subject: String,
    title: String,
    hosts: String,
    scope: String,
    period: String,
    zone: String,
    verdict: Mark,
    headline: String,
    lead: String,
    preview: String,
    findings: Vec<FindingView>,
    before: Option<Before>,
    tiles: Vec<Vec<Tile>>,
    sections: Vec<SectionView>,
    account: Account,
    left_out: Vec<String>,
    link: Option<String>,
    is_attached: bool,
}

#[derive(Serialize)]
struct FindingView {
    mark: Mark,
    is_new: bool,
    title: String,
    message: String,
    meaning: String,
    observed: String,
    expected: String,
    command: Option<String>,
    evidence: Vec<(String, String)>,
}

/// What the report is compared with.
#[derive(Serialize)]
struct Before {
    period: String,
    new: String,
    gone: Vec<String>,
}

/// A key figure.
#[derive(Serialize)]
struct Tile {
    title: &'static str,
    figure: String,
    note: String,
    change: Option<String>,
    mark: Option<Mark>,
}

#[derive(Serialize)]
struct SectionView {
    title: String,
    columns: Option<ColumnsView>,
    table: Option<TableView>,
    note: Option<String>,
}

/// Columns along time: the parts of each place from above, and what stands below.
#[derive(Serialize)]
struct ColumnsView {
    places: Vec<Vec<Segment>>,
    labels: Vec<(String, usize)>,
    keys: Vec<(usize, String)>,
    most: String,
}

#[derive(Serialize)]
struct Segment {
    color: usize,
    height: usize,
}

#[derive(Serialize)]
struct TableView {
    name: String,
    figures: Vec<String>,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    name: String,
    figures: Vec<String>,
    bar: Option<usize>,
}

#[derive(Serialize)]
struct Account {
    lines: String,
    balances: bool,
    parts: Vec<Part>,
    problems: Vec<String>,
    more: Option<String>,
}

/// What became of some lines: its share of the bar in percent.
#[derive(Serialize)]
struct Part {
    color: usize,
    name: &'static str,
    count: String,
    share: usize,
}

impl Page {
    fn of(sheet: &Sheet<'_>) -> Self {
        let report = &sheet.report;
        let figures: Vec<Tile> = keys::of(report).into_iter().map(|key| Tile::of(key, sheet)).collect();
        let mut figures = figures.into_iter().peekable();
        let rows =
            std::iter::from_fn(|| figures.peek().is_some().then(|| figures.by_ref().take(BESIDE).collect()));
        Self {
            version: env!("CARGO_PKG_VERSION"),
            name: report.name.clone(),
            subject: words::subject(report, &sheet.letter.prefix),
            title: shown(&report.title).into_owned(),
            hosts: show::hosts(report),
            scope: crop::end(&report.domains.join(", "), 200),
            period: show::period(&report.period),
            zone: report.period.zone.name().to_owned(),
            verdict: Mark::of(sheet.whole.verdict()),
            headline: parts::headline(sheet.whole),
            lead: parts::lead(sheet.whole),
            preview: preview(sheet),
            findings: sheet.findings().map(|finding| FindingView::of(finding, sheet)).collect(),
            before: Before::of(sheet),
            tiles: rows.collect(),
            sections: report.sections.iter().map(|section| SectionView::of(section, report)).collect(),
            account: Account::of(sheet),
            left_out: sheet.left_out.clone(),
            link: sheet.link.clone(),
            is_attached: sheet.is_attached,
        }
    }
}

/// What a list of mails shows beside the subject: what was found, or how well it went.
fn preview(sheet: &Sheet<'_>) -> String {
    let titles: Vec<String> = sheet.findings().take(3).map(|finding| shown(&finding.title).into_owned()).collect();
    if titles.is_empty() { parts::lead(sheet.whole) } else { format!("{}.", titles.join(". ")) }
}

impl FindingView {
    fn of(finding: &Finding, sheet: &Sheet<'_>) -> Self {
        let proof = |proof: &crate::report::Evidence| {
            let place = crop::place(&crop::middle(proof.source.raw(), MOST_NAME), proof.offset);
            (place, crop::end(proof.line.raw(), MOST_LINE))
        };
        Self {
            mark: Mark::of(finding.state),
            is_new: sheet.letter.before.as_ref().is_some_and(|before| before.lacks(finding)),
            title: shown(&finding.title).into_owned(),
            message: crop::end(finding.message.raw(), MOST_MESSAGE),
            meaning: shown(&finding.meaning).into_owned(),
            observed: crop::end(&finding.observed, MOST_NAME),
            expected: crop::end(&finding.expected, MOST_NAME),
            command: finding.command.as_ref().map(|command| crop::end(command.raw(), 2 * MOST_MESSAGE)),
            evidence: finding.evidence.iter().map(proof).collect(),
        }
    }
}

impl Before {
    fn of(sheet: &Sheet<'_>) -> Option<Self> {
        let before = sheet.letter.before.as_ref()?;
        let new = sheet.whole.findings.iter().filter(|f| f.state != State::Ok && before.lacks(f)).count() as u64;
        let gone =
            before.gone(sheet.whole).into_iter().take(5).map(|title| crop::end(title, 2 * MOST_NAME)).collect();
        let new = parts::plural(new, "new finding", "new findings");
        Some(Self { period: crop::end(&before.period, MOST_NAME), new, gone })
    }
}

impl Tile {
    fn of(key: keys::KeyFigure, sheet: &Sheet<'_>) -> Self {
        Self {
            title: key.title,
            figure: show::figure_or_absent(key.value, key.unit),
            change: sheet.letter.before.as_ref().and_then(|before| before.change(&key)),
            mark: key.state.filter(|state| *state >= State::Warning).map(Mark::of),
            note: key.note,
        }
    }
}

impl SectionView {
    fn of(section: &Section, report: &Report) -> Self {
        let columns = Columns::of(section, report);
        let digest = Digest::of(section, report);
        let table = columns.is_none().then(|| TableView::of(&digest));
        let note = if table.is_some() { digest.note } else { None };
        Self {
            title: section.title.clone(),
            columns: columns.map(|columns| ColumnsView::of(&columns)),
            table,
            note,
        }
    }
}

impl ColumnsView {
    fn of(columns: &Columns) -> Self {
        let segment =
            |(at, value): (usize, &f64)| Segment { color: at % 5 + 1, height: height(*value, columns.most) };
        let place =
            |values: &Vec<f64>| values.iter().enumerate().map(segment).filter(|s| s.height > 0).rev().collect();
        Self {
            places: columns.places.iter().map(place).collect(),
            labels: columns.labels.clone(),
            keys: columns.series.iter().enumerate().map(|(at, name)| (at % 5 + 1, name.clone())).collect(),
            most: columns.most_told.clone(),
        }
    }
}

/// What is there is seen: no bar is lower than a pixel.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the picture")]
fn height(value: f64, most: f64) -> usize {
    if value > 0.0 { (value / most * HEIGHT).round().max(1.0) as usize } else { 0 }
}

impl TableView {
    fn of(digest: &Digest) -> Self {
        let row = |row: &digest::Row| RowView {
            name: crop::middle(&row.name, MOST_NAME),
            figures: row.figures.iter().map(|figure| crop::middle(figure, 40)).collect(),
            bar: row.bar,
        };
        Self {
            name: crop::end(&digest.name, MOST_NAME),
            figures: digest.figures.clone(),
            rows: digest.rows.iter().map(row).collect(),
        }
    }
}

impl Account {
    fn of(sheet: &Sheet<'_>) -> Self {
        let counts = &sheet.whole.coverage.counts;
        #[expect(clippy::cast_precision_loss, reason = "a picture shows no single line of so many")]
        let share = |count: u64| percent(count as f64 / counts.lines.max(1) as f64);
        let parts = FATES.iter().enumerate().map(|(at, fate)| {
            let count = (fate.count)(counts);
            Part { color: at + 1, name: fate.name, count: units::count(count), share: share(count) }
        });
        let problems = &sheet.report.coverage.problems;
        let more = sheet.whole.coverage.problems.len() - problems.len();
        Self {
            lines: parts::plural(counts.lines, "line", "lines"),
            balances: counts.balances(),
            parts: parts.collect(),
            problems: problems.iter().map(|problem| crop::end(problem.raw(), MOST_LINE)).collect(),
            more: (more > 0).then(|| parts::plural(more as u64, "more thing was", "more things were")),
        }
    }
}
