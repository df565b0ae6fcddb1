//! The account of every line as the page shows it.

use super::chart::{self, Picture};
use super::finding::{Cropped, Proof};
use super::page::Stamp;
use crate::render::parts::{self, FATES};
use crate::report::{Counts, Coverage, Report, Section, Shape, SourceCoverage};
use crate::time::Zone;
use crate::units;
use serde::Serialize;

/// How many characters of a path or of a shape are shown.
const MOST: usize = 300;

/// The tables of the sources, and what else than their fates stands in the account's own.
const TABLES: [&str; 2] = ["sources", "source-times"];
const COLUMNS: [&str; 4] = ["path", "lines", "first_time", "last_time"];

/// Whether the account of the lines tells every figure of a section, so that the page need not tell it twice. A user's
/// own table of that name may ask for something else.
pub(super) fn tells(report: &Report, section: &Section) -> bool {
    let is_told = |name: &str| COLUMNS.contains(&name) || FATES.iter().any(|fate| fate.name == name);
    TABLES.contains(&section.name.as_str())
        && section.total_rows <= report.coverage.sources.len()
        && section.columns.iter().all(|column| is_told(&column.name))
}

/// The account.
#[derive(Serialize)]
pub(super) struct Account {
    lines: String,
    balances: bool,
    picture: Option<Picture>,
    fates: Vec<Fate>,
    sources: Vec<Source>,
    shapes: Vec<Unmatched>,
    shapes_note: Option<String>,
    ignored: Vec<Ignored>,
    problems: Vec<Cropped>,
}

#[derive(Serialize)]
struct Fate {
    name: &'static str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Source {
    path: Cropped,
    duplicate_of: Option<Cropped>,
    systems: String,
    /// The lines in all.
    lines: Count,
    fates: Vec<Count>,
    first: Option<Stamp>,
    last: Option<Stamp>,
}

/// A number of lines, for people and to sort by; none is written small, so that the others stand out.
#[derive(Serialize)]
struct Count {
    text: String,
    number: u64,
    is_zero: bool,
}

#[derive(Serialize)]
struct Unmatched {
    shape: Cropped,
    count: String,
    example: Proof,
}

#[derive(Serialize)]
struct Ignored {
    system: String,
    rule: String,
    lines: String,
}

impl Account {
    /// The account as the templates show it.
    pub fn of(coverage: &Coverage, zone: &Zone) -> Self {
        let (shown, of) = (coverage.unmatched_shapes.len() as u64, coverage.total_shapes as u64);
        let ignored = coverage.ignored_by.iter();
        Self {
            lines: parts::plural(coverage.counts.lines, "line", "lines"),
            balances: coverage.counts.balances(),
            picture: picture(&coverage.counts),
            fates: FATES.iter().map(|fate| Fate { name: fate.name, meaning: fate.meaning }).collect(),
            sources: coverage.sources.iter().map(|source| Source::of(source, zone)).collect(),
            shapes: coverage.unmatched_shapes.iter().map(Unmatched::of).collect(),
            shapes_note: (shown < of).then(|| format!("showing {} of {}", units::count(shown), units::count(of))),
            ignored: ignored.map(|(system, rule, lines)| Ignored::of(system, rule, *lines)).collect(),
            problems: coverage.problems.iter().map(|problem| Cropped::of(problem, MOST)).collect(),
        }
    }
}

/// One bar that is all the lines, cut by what became of them.
fn picture(counts: &Counts) -> Option<Picture> {
    #[expect(clippy::cast_precision_loss, reason = "a picture shows no single line of so many")]
    let parts = FATES.iter().map(|fate| (fate.name.to_owned(), (fate.count)(counts) as f64));
    chart::share("What became of the lines", parts.collect(), units::number)
}

impl Source {
    fn of(source: &SourceCoverage, zone: &Zone) -> Self {
        let systems = source.systems.iter().map(|(name, lines)| format!("{name} {}", units::count(*lines)));
        let count = |lines: u64| Count { text: units::count(lines), number: lines, is_zero: lines == 0 };
        Self {
            path: Cropped::of(&source.path, MOST),
            duplicate_of: source.duplicate_of.as_ref().map(|other| Cropped::of(other, MOST)),
            systems: systems.collect::<Vec<_>>().join(", "),
            lines: count(source.counts.lines),
            fates: FATES.iter().map(|fate| count((fate.count)(&source.counts))).collect(),
            first: source.times.map(|(first, _)| Stamp::of(first, zone)),
            last: source.times.map(|(_, last)| Stamp::of(last, zone)),
        }
    }
}

impl Unmatched {
    fn of(shape: &Shape) -> Self {
        Self {
            shape: Cropped::of(&shape.shape, MOST),
            count: units::count(shape.count),
            example: Proof::of(&shape.example),
        }
    }
}

impl Ignored {
    fn of(system: &str, rule: &str, lines: u64) -> Self {
        Self { system: system.to_owned(), rule: rule.to_owned(), lines: units::count(lines) }
    }
}
