//! The tables of a configuration: what may stand in each.

use super::calendar::{self, Entry};
use super::comparison::{self, Comparison, Wrong};
use super::table::{Places, Spot, Spotted, Table, Value};
use crate::error::{Error, Result};
use crate::report::State;
use std::path::PathBuf;

/// Some logs.
#[derive(Clone, Debug)]
pub struct Input {
    /// Files, patterns, folders.
    pub paths: Vec<PathBuf>,
    /// The host of lines that name none.
    pub host: Option<String>,
    /// Where it stands.
    pub spot: Spot,
    /// Where each of its values stands.
    pub places: Places,
}

/// Times that have a name.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The name.
    pub name: String,
    /// When it holds: in any of these.
    pub entries: Vec<Entry>,
    /// The words that say so, as TOML.
    pub words: String,
    /// Where it stands.
    pub spot: Spot,
}

/// A limit for a metric.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// The metric.
    pub metric: Spotted<String>,
    /// The labels that its rows must carry, each with one of these values.
    pub labels: Vec<(Spotted<String>, Vec<Spotted<String>>)>,
    /// The metric of which a share is judged.
    pub per: Option<Spotted<String>>,
    /// The smallest whole that is judged by its share.
    pub least: f64,
    /// Labels by which the rows are judged apart.
    pub by: Vec<Spotted<String>>,
    /// Beyond it is a warning.
    pub warning: Option<Spotted<Comparison>>,
    /// Beyond it is critical.
    pub critical: Option<Spotted<Comparison>>,
    /// What stands for `warning` for a period that lies wholly in the time of a schedule. Any other period, such as a
    /// week that holds nights and days, is judged by `warning`.
    pub during: Vec<(Spotted<String>, Spotted<Comparison>)>,
    /// What stands for `critical` in the same way.
    pub during_critical: Vec<(Spotted<String>, Spotted<Comparison>)>,
    /// Whether it is used.
    pub enabled: bool,
    /// The headline of its finding.
    pub title: Option<String>,
    /// What its finding means and what can be done.
    pub meaning: Option<String>,
    /// The question in SQL whose answer shows more.
    pub command: Option<String>,
    /// The question in SQL that gives the lines that prove it: `source`, `offset`.
    pub evidence: Option<String>,
    /// Where it stands.
    pub spot: Spot,
    /// Where each of its values stands.
    pub places: Places,
}

/// A rule that looks for something unusual, with what is set for it.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// The rule.
    pub rule: Spotted<String>,
    /// How bad it is, if not as the rule says.
    pub state: Option<Spotted<State>>,
    /// Whether it is looked for.
    pub enabled: Option<Spotted<bool>>,
    /// Its parameters.
    pub parameters: Vec<(Spotted<String>, Spotted<Value>)>,
    /// Where it stands.
    pub spot: Spot,
}

/// The states that a finding can be given.
pub(super) const LEVELS: [(&str, State); 2] = [("warning", State::Warning), ("critical", State::Critical)];

fn plain<T>(spotted: Option<Spotted<T>>) -> Option<T> {
    spotted.map(|spotted| spotted.value)
}

/// Texts without their places.
pub fn texts(spotted: &[Spotted<String>]) -> Vec<String> {
    spotted.iter().map(|text| text.value.clone()).collect()
}

impl Input {
    pub(super) fn read(mut table: Table<'_>) -> Result<Self> {
        let input = Self {
            paths: texts(&table.texts("paths")?).into_iter().map(PathBuf::from).collect(),
            host: plain(table.text("host")?),
            spot: table.spot(),
            places: table.places(),
        };
        table.end()?;
        if input.paths.is_empty() {
            return Err(input
                .spot
                .error("this input names no `paths`")
                .help("name files, patterns or folders: `paths = [\"/var/log/mail.log*\"]`"));
        }
        Ok(input)
    }
}

/// All schedules of a `[schedules]` table.
pub(super) fn schedules(mut table: Table<'_>) -> Result<Vec<Schedule>> {
    let schedule = |(name, words): (Spotted<String>, Vec<Spotted<String>>)| {
        let entries = words.iter().map(entry).collect::<Result<Vec<_>>>()?;
        if entries.is_empty() {
            return Err(name.spot.error(format!("the schedule `{}` never holds", name.value)));
        }
        Ok(Schedule { name: name.value, entries, words: words_text(&words), spot: name.spot })
    };
    table.other_texts()?.into_iter().map(schedule).collect()
}

fn words_text(words: &[Spotted<String>]) -> String {
    let texts: Vec<&str> = words.iter().map(|words| words.spot.text()).collect();
    match texts.as_slice() {
        [one] => (*one).to_owned(),
        several => format!("[{}]", several.join(", ")),
    }
}

fn entry(words: &Spotted<String>) -> Result<Entry> {
    calendar::entry(&words.value)
        .map_err(|wrong| points_at(words, &wrong, format!("`{}` is no time that can be read", words.value)))
}

fn comparison(words: Spotted<String>) -> Result<Spotted<Comparison>> {
    match comparison::comparison(&words.value) {
        Ok(value) => Ok(Spotted { value, spot: words.spot }),
        Err(wrong) => {
            let what = format!("`{}` is no comparison that can be read", words.value);
            Err(points_at(&words, &wrong, what))
        }
    }
}

/// The error that points at what is wrong in some words.
pub(crate) fn points_at(words: &Spotted<String>, wrong: &Wrong, what: String) -> Error {
    words.spot.error_in(&words.value, wrong.at, what).why(&wrong.why).help(&wrong.help)
}

impl Threshold {
    pub(super) fn read(mut table: Table<'_>) -> Result<Self> {
        let spot = table.spot();
        let metric = table.text("metric")?;
        let metric = metric.ok_or_else(|| {
            spot.error("this threshold names no `metric`")
                .help("name what is to be limited: `metric = \"delay.p95_s\"`")
        })?;
        let limit = |table: &mut Table<'_>, key| table.text(key)?.map(comparison).transpose();
        let threshold = Self {
            metric,
            labels: labels(table.table("where", "`where`")?)?,
            per: table.text("per")?,
            least: plain(table.integer::<u32>("least")?).map_or(0.0, f64::from),
            by: table.texts("by")?,
            warning: limit(&mut table, "warning")?,
            critical: limit(&mut table, "critical")?,
            during: limits(table.table("during", "`during`")?)?,
            during_critical: limits(table.table("during_critical", "`during_critical`")?)?,
            enabled: plain(table.flag("enabled")?).unwrap_or(true),
            title: plain(table.text("title")?),
            meaning: plain(table.text("meaning")?),
            command: plain(table.text("command")?),
            evidence: plain(table.text("evidence")?),
            spot,
            places: table.places(),
        };
        table.end()?;
        threshold.check()?;
        Ok(threshold)
    }

    /// All its limits.
    pub fn limits(&self) -> impl Iterator<Item = &Spotted<Comparison>> {
        let during = self.during.iter().chain(&self.during_critical).map(|(_, limit)| limit);
        self.warning.iter().chain(&self.critical).chain(during)
    }

    /// Limits must look the same way, or a worse value could have a better state.
    fn check(&self) -> Result<()> {
        let Some(first) = self.limits().next() else {
            if self.enabled {
                return Err(self
                    .spot
                    .error("this threshold has neither `warning` nor `critical`")
                    .help("give a limit: `warning = \"> 30\"`"));
            }
            return Ok(());
        };
        let other = self
            .limits()
            .find(|limit| limit.value.operator.more_is_worse() != first.value.operator.more_is_worse());
        match other {
            None => Ok(()),
            Some(other) => Err(other
                .spot
                .error("the limits of this threshold look in different ways")
                .why(format!("another one begins with `{}`", first.value.operator.sign()))
                .help("give two thresholds, one for too much and one for too little")),
        }
    }

    /// The threshold with the words of another that it does not set itself. What is said of too much is not said of too
    /// little: both must look the same way.
    pub(super) fn with_words_of(mut self, other: &Self) -> Self {
        let way = |threshold: &Self| threshold.limits().next().map(|limit| limit.value.operator.more_is_worse());
        if way(&self) != way(other) {
            return self;
        }
        let words = [
            ("title", &mut self.title, &other.title),
            ("meaning", &mut self.meaning, &other.meaning),
            ("command", &mut self.command, &other.command),
            ("evidence", &mut self.evidence, &other.evidence),
        ];
        for (key, own, others) in words {
            if own.is_none() {
                own.clone_from(others);
                self.places.extend(other.places.get(key).map(|place| (key.to_owned(), place.clone())));
            }
        }
        self
    }

    /// What it is about: the same of two files is one threshold, and the later one holds.
    pub fn subject(&self) -> impl PartialEq + '_ {
        let mut labels: Vec<(&str, Vec<String>)> =
            self.labels.iter().map(|(name, values)| (name.value.as_str(), texts(values))).collect();
        labels.sort_unstable();
        let by: Vec<&str> = self.by.iter().map(|label| label.value.as_str()).collect();
        let per = self.per.as_ref().map(|per| per.value.as_str());
        (self.metric.value.as_str(), labels, per, by)
    }
}

fn labels(table: Option<Table<'_>>) -> Result<Vec<(Spotted<String>, Vec<Spotted<String>>)>> {
    table.map_or_else(|| Ok(Vec::new()), |mut table| table.other_texts())
}

fn limits(table: Option<Table<'_>>) -> Result<Vec<(Spotted<String>, Spotted<Comparison>)>> {
    let Some(mut table) = table else {
        return Ok(Vec::new());
    };
    let mut limits = Vec::new();
    for (name, texts) in table.other_texts()? {
        for text in texts {
            limits.push((name.clone(), comparison(text)?));
        }
    }
    Ok(limits)
}

impl Anomaly {
    pub(super) fn read(mut table: Table<'_>) -> Result<Self> {
        let spot = table.spot();
        let rule = table.text("rule")?;
        Ok(Self {
            rule: rule.ok_or_else(|| {
                spot.error("this anomaly names no `rule`")
                    .help("name what is to be looked for: `rule = \"password-spray\"`; `mailtrail config show` lists them")
            })?,
            state: table.word("state", &LEVELS)?,
            enabled: table.flag("enabled")?,
            parameters: table.others()?,
            spot,
        })
    }
}
