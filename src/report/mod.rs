//! The report: what was asked and what the facts answered, without formatting.
//!
//! Comes in: sections, measurements, findings and coverage, rows in their final order. Goes out: this model, from
//! which every renderer makes bytes. It knows neither logs nor SQL nor any output format.

mod past;
pub mod trace;

pub use past::{Past, Usual};

use crate::text::Text;
use crate::time::Zone;

/// The outcomes of logins that failed. One that was given up is none.
pub const FAILED_LOGINS: &[&str] = &["failed", "unknown_user", "disabled", "plaintext_refused", "other"];

/// A report for a period and a scope.
#[derive(Clone, Debug)]
pub struct Report {
    /// The report's name, as in `--report`.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// The domains it is narrowed to; empty for the whole site.
    pub domains: Vec<String>,
    /// The hosts that wrote the logs, in order of name.
    pub hosts: Vec<Text>,
    /// The time it covers.
    pub period: Period,
    /// The account of every line read.
    pub coverage: Coverage,
    /// Whether the logs tell of anything in the period and the scope: a day without a line is not a good day, whatever
    /// waits since the day before.
    pub is_told_of: bool,
    /// The figures, in the order of their metrics and labels.
    pub measurements: Vec<Measurement>,
    /// The judgements, the worst first.
    pub findings: Vec<Finding>,
    /// The tables.
    pub sections: Vec<Section>,
    /// The names of the tables that a short form of it holds, such as a mail; empty for all of them.
    pub digest: Vec<String>,
    /// The titles of tables that are left out, since they cannot be told by domain.
    pub left_out: Vec<String>,
}

impl Report {
    /// The worst state of any finding; `ok` where there is none, and unknown where nothing is known.
    pub fn verdict(&self) -> State {
        let ground = if self.is_known() { State::Ok } else { State::Unknown };
        self.findings.iter().map(|f| f.state).fold(ground, State::max)
    }

    /// Whether it rests on anything: on lines that were understood and tell of the period and the scope.
    pub fn is_known(&self) -> bool {
        self.coverage.counts.matched > 0 && self.is_told_of
    }

    /// The report as it can be answered for: where nothing is known, no figure is 0 or within its limits, and a table
    /// without rows does not say that nothing happened.
    #[must_use]
    pub fn answered_for(mut self) -> Self {
        if self.is_known() {
            return self;
        }
        for measurement in &mut self.measurements {
            measurement.value = measurement.value.filter(|value| *value != 0.0);
            measurement.state = measurement.state.max(State::Unknown);
        }
        for section in &mut self.sections {
            "Nothing is known of it.".clone_into(&mut section.empty);
            for (cell, column) in section.rows.iter_mut().flat_map(|row| row.iter_mut().zip(&section.columns)) {
                match cell {
                    Cell::State(state) => *state = State::max(*state, State::Unknown),
                    Cell::Number(0.0) if column.name == "value" => *cell = Cell::Null,
                    _ => {}
                }
            }
        }
        self
    }

    /// The first value of a metric whose labels contain all of `labels`.
    pub fn value(&self, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.measurements.iter().find(|m| m.metric == metric && m.has(labels)).and_then(|m| m.value)
    }

    /// The sum over all rows of a metric whose labels contain all of `labels`; nothing where there is no row.
    pub fn total(&self, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.measurements
            .iter()
            .filter(|m| m.metric == metric && m.has(labels))
            .filter_map(|m| m.value)
            .reduce(|a, b| a + b)
    }
}

/// The time that a report covers.
#[derive(Clone, Debug)]
pub struct Period {
    /// Its start, microseconds since the epoch; nothing where nothing was read.
    pub start: Option<i64>,
    /// Its end, exclusive.
    pub end: Option<i64>,
    /// The zone in which it is shown and in which days and hours are cut.
    pub zone: Zone,
}

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Within its limits.
    Ok,
    /// It cannot be told.
    Unknown,
    /// Beyond the first limit.
    Warning,
    /// Beyond the second limit.
    Critical,
}

impl State {
    /// The state of this word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Ok, Self::Unknown, Self::Warning, Self::Critical].into_iter().find(|state| state.word() == word)
    }

    /// The word that stands for it in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A unit, after UCUM where that has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// No unit: names, words.
    #[default]
    None,
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// A share of a whole, 1 being all of it.
    Share,
}

impl Unit {
    /// The words by which questions name units. Nothing is no unit.
    pub const WORDS: [&str; 8] = ["count", "1", "bytes", "By", "seconds", "s", "share", ""];

    /// The unit that questions name by this word: count, bytes, seconds, share.
    pub fn of(word: &str) -> Self {
        match word {
            "count" | "1" => Self::Count,
            "bytes" | "By" => Self::Bytes,
            "seconds" | "s" => Self::Seconds,
            "share" => Self::Share,
            _ => Self::None,
        }
    }

    /// The unit as JSON and CSV name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Count | Self::Share => "1",
            Self::Bytes => "By",
            Self::Seconds => "s",
        }
    }
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The metric's name, such as `connections.lost`.
    pub metric: String,
    /// Its labels, in order of name. A value may come from a log.
    pub labels: Vec<(String, Text)>,
    /// The value; nothing where it cannot be told.
    pub value: Option<f64>,
    /// The unit of the value.
    pub unit: Unit,
    /// The state that the thresholds gave it.
    pub state: State,
    /// What it was at earlier times; nothing where the logs do not reach back.
    pub past: Option<Past>,
}

impl Measurement {
    /// Whether it carries all of these labels with these values.
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.iter().any(|(n, v)| n == name && v.raw() == *value))
    }
}

/// A judgement on a figure or on a pattern in the facts.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that gave it, such as `password-spray` or `threshold`.
    pub rule: String,
    /// A few words for a headline.
    pub title: String,
    /// The metric that was judged, where it was one.
    pub metric: Option<String>,
    /// What it is about: a client, a user, a host.
    pub labels: Vec<(String, Text)>,
    /// How bad it is.
    pub state: State,
    /// What was seen.
    pub observed: String,
    /// What would have been fine.
    pub expected: String,
    /// What was found, in a sentence. It may quote a log.
    pub message: Text,
    /// What it means and what can be done, in plain words.
    pub meaning: String,
    /// The command that shows more.
    pub command: Option<Text>,
    /// The lines that prove it.
    pub evidence: Vec<Evidence>,
}

/// A log line that proves something.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// The source as the user named it.
    pub source: Text,
    /// The byte at which the line starts (of the decompressed text).
    pub offset: u64,
    /// The line.
    pub line: Text,
}

/// A table that answers one question.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name, as in `--section`.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// The heading under which a long report groups it, such as `Delivery`.
    pub group: String,
    /// What it shows and how to read it, in a sentence or two.
    pub help: String,
    /// What to say where there are no rows.
    pub empty: String,
    /// Whether it is left out where there are no rows, unless it is asked for by name.
    pub quiet: bool,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, in their final order.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows there are in all, where not all are shown.
    pub total_rows: usize,
    /// The picture that goes with it.
    pub chart: Option<Chart>,
}

impl Section {
    /// Whether a report that shows all its sections shows it.
    pub fn is_shown(&self) -> bool {
        !(self.quiet && self.rows.is_empty())
    }
}

/// A column of a section.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in JSON and CSV.
    pub name: String,
    /// Its heading for people.
    pub title: String,
    /// What its cells hold.
    pub kind: Kind,
    /// Their unit.
    pub unit: Unit,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text out of a log, or a word of ours.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A point in time.
    Time,
    /// A state.
    State,
    /// Yes or no.
    Flag,
}

impl Kind {
    /// The kind as JSON names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Time => "time",
            Self::State => "state",
            Self::Flag => "boolean",
        }
    }

    /// Whether its cells stand to the right in a table.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not known. Never shown as 0.
    Null,
    /// Text.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Microseconds since the epoch.
    Time(i64),
    /// A state.
    State(State),
    /// Yes or no.
    Flag(bool),
}

impl Cell {
    /// The value as a number, for charts.
    pub fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a chart cannot show more than 52 bits")]
            Self::Integer(n) => Some(*n as f64),
            Self::Number(n) => Some(*n),
            _ => None,
        }
    }
}

/// A picture of some columns of a section.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// How it is drawn.
    pub kind: ChartKind,
    /// The column that names the bars or gives the times.
    pub label: usize,
    /// The columns that are drawn, each a series.
    pub series: Vec<usize>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// Horizontal bars, one a row, the series stacked.
    Bars,
    /// Vertical bars over time, the series stacked.
    Columns,
    /// Lines over time.
    Lines,
    /// One bar that is the whole, cut into the rows' shares.
    Share,
}

/// What became of the lines.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The account of all sources together.
    pub counts: Counts,
    /// The account of each source, in the order in which they were read.
    pub sources: Vec<SourceCoverage>,
    /// The shapes of the lines that no pattern took, the most frequent first.
    pub unmatched_shapes: Vec<Shape>,
    /// How many shapes there are in all.
    pub total_shapes: usize,
    /// How many lines each named ignore rule took: system, rule, lines.
    pub ignored_by: Vec<(String, String, u64)>,
    /// What could not be read or was left out, in words.
    pub problems: Vec<Text>,
    /// The mailbox of each message that was given before.
    pub copies: Vec<Text>,
}

impl Coverage {
    /// The earliest and the latest time in all sources.
    pub fn times(&self) -> Option<(i64, i64)> {
        let times = self.sources.iter().filter_map(|source| source.times);
        times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// `lines = matched + ignored + unmatched + damaged + duplicate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Lines read, or known to be in a source that was left out because it was read already.
    pub lines: u64,
    /// Lines that a pattern took.
    pub matched: u64,
    /// Lines that a named rule of a grammar sets aside.
    pub ignored: u64,
    /// Lines that no pattern and no rule took.
    pub unmatched: u64,
    /// Lines without a readable header, cut, or made of NULs.
    pub damaged: u64,
    /// Lines of a source that is a copy of another.
    pub duplicate: u64,
}

impl Counts {
    /// Whether every line is accounted for.
    pub fn balances(&self) -> bool {
        self.lines == self.matched + self.ignored + self.unmatched + self.damaged + self.duplicate
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.matched += other.matched;
        self.ignored += other.ignored;
        self.unmatched += other.unmatched;
        self.damaged += other.damaged;
        self.duplicate += other.duplicate;
    }
}

/// The account of one source.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct SourceCoverage {
    /// The source as the user named it.
    pub path: Text,
    /// The source of which it is a copy or a part.
    pub duplicate_of: Option<Text>,
    /// Another source that holds a part of its lines too, and about how many: what those tell counts twice.
    pub repeats: Option<(Text, u64)>,
    /// Lines taken by each grammar, in order of name.
    pub systems: Vec<(String, u64)>,
    /// The account.
    pub counts: Counts,
    /// The time of the first and of the last line, microseconds since the epoch.
    pub times: Option<(i64, i64)>,
}

/// A group of unmatched lines that look alike.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// The common text, its variable parts masked.
    pub shape: Text,
    /// How many lines.
    pub count: u64,
    /// The first of them.
    pub example: Evidence,
}
