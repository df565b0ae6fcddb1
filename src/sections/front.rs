//! A question's file: a head of `--` lines that hold TOML, and the SQL.

use crate::assets::{Asset, Assets};
use crate::error::{Error, Exit, Result};
use crate::report::{ChartKind, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The head of a question's file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Front {
    /// The title.
    pub title: String,
    /// The heading under which long reports group it.
    pub group: String,
    /// What it shows and how to read it.
    pub help: String,
    /// What to say where there are no rows.
    pub empty: String,
    /// Whether it is left out where there are no rows.
    pub quiet: bool,
    /// Rows shown at most.
    pub top: Option<usize>,
    /// Units of columns: count, bytes, seconds, share.
    pub units: BTreeMap<String, String>,
    /// Headings of columns, where the name is not good enough.
    pub titles: BTreeMap<String, String>,
    /// Columns that hold times, beside those named `time` or `..._time`, `hour` and `day`.
    pub times: Vec<String>,
    /// Columns that hold states.
    pub states: Vec<String>,
    /// The picture.
    pub chart: Option<ChartFront>,
    /// Of a metric: its unit.
    pub unit: String,
    /// Of a metric or a named question: what it is.
    pub about: String,
    /// Of a metric: whether no value means 0.
    pub zero: bool,
    /// Of a metric or a section: whether it counts what was before the period too.
    pub since_ever: bool,
    /// Of a metric: whether its figures do not add up over labels: with `--by`, the whole is told too.
    pub apart: bool,
    /// Of a metric: the column of each label that can be asked for by `--by`.
    pub by: BTreeMap<String, String>,
    /// Of a metric: the words that a label can have. A list that ends with `...` has those of grammars of one's own too.
    pub values: BTreeMap<String, Vec<String>>,
    /// Of a metric that counts: the question for what it counts, each row with its place, its time and all labels.
    pub rows: String,
    /// Of a rule: its state, `warning` or `critical`.
    pub state: String,
    /// Of a rule: its parameters with their defaults. Of a named question: its parameters, each a table.
    pub parameters: BTreeMap<String, toml::Value>,
    /// Of a rule: what was found, with `{column}` for the row's values.
    pub message: String,
    /// Of a rule: what it means and what can be done.
    pub meaning: String,
    /// Of a rule: the key, with `{column}`, whose trace shows more.
    pub trace: String,
    /// Of a rule without one: the question that shows more, with `{column}`.
    pub command: String,
    /// Of a rule: what was seen and what would be fine, with `{column}` and `{parameter}`.
    pub observed: String,
    /// Of a rule: what would have been fine.
    pub expected: String,
    /// Of a rule: the question whose rows (`source`, `offset`) are its evidence, with `{column}` for the row's values.
    pub evidence: String,
    /// Of a rule: whether it makes sense for the whole site only, not for some domains.
    pub site: bool,
    /// Of a rule: the columns that are its labels.
    pub labels: Vec<String>,
    /// Of a rule: the columns whose texts are its own and no log's, so that they may stand in its title and its meaning.
    pub words: Vec<String>,
}

/// What heads of tables hold.
const TABLE: &str = "title group help empty quiet top units titles times states chart";
/// What heads of sections hold beside.
const SECTION: &str = "since_ever";
/// What heads of metrics hold.
const METRIC: &str = "about unit zero since_ever apart by values rows";
/// What heads of rules hold.
const RULE: &str = "title state parameters message meaning trace command observed expected evidence site labels units times words top";

/// The keys of each kind of questions, by their folder.
const KEYS: [(&str, &[&str]); 5] = [
    ("sections", &[TABLE, SECTION]),
    ("queries", &[TABLE, "about parameters"]),
    ("metrics", &[METRIC]),
    ("activity", &[METRIC]),
    ("findings", &[RULE]),
];

impl Front {
    /// Whether a column holds times.
    pub fn is_time(&self, name: &str) -> bool {
        is_time(name) || self.times.iter().any(|time| time == name)
    }
}

/// Whether a column of this name holds times: in a report always, in an answer where its SQL does not tell.
pub(super) fn is_time(name: &str) -> bool {
    let of = name.strip_prefix("min_").or_else(|| name.strip_prefix("max_")).unwrap_or(name);
    matches!(of, "time" | "hour" | "day") || name.ends_with("_time")
}

/// A picture of some columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartFront {
    /// bars, columns, lines, share.
    pub kind: String,
    /// The column that names the bars or gives the times.
    pub label: String,
    /// The columns that are drawn; where the rows give the series, the column that names it and the one that counts.
    pub series: Vec<String>,
}

impl ChartFront {
    /// How it is drawn; nothing where its word is unknown, which no question that was read has.
    pub fn drawn(&self) -> Option<ChartKind> {
        CHARTS.iter().find(|(word, _)| *word == self.kind).map(|(_, kind)| *kind)
    }
}

/// A question with its head.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name: the stem of its file.
    pub name: String,
    /// The file, for messages.
    pub origin: String,
    /// The head.
    pub front: Front,
    /// The SQL: the whole text of the file, its head being comments.
    pub sql: String,
    /// Whether it is one that was built in.
    pub built_in: bool,
}

impl Question {
    /// All questions of a folder, in order of name.
    ///
    /// # Errors
    ///
    /// Where the head of one cannot be read.
    pub fn all(assets: &Assets, folder: &str) -> Result<Vec<Self>> {
        let all = assets.list(&format!("report-templates/{folder}"), ".sql")?;
        all.iter().map(|(name, asset)| Self::read(folder, name, asset)).collect()
    }

    /// Reads a file of a folder.
    ///
    /// # Errors
    ///
    /// Where its head is not TOML of the right form, or holds what belongs to another kind of questions.
    pub fn read(folder: &str, name: &str, asset: &Asset) -> Result<Self> {
        let sql = asset.text.to_string();
        let front = toml::from_str(&head(&sql)).map_err(|e| wrong_head(asset, &e))?;
        let question =
            Self { name: name.to_owned(), origin: asset.origin.clone(), front, sql, built_in: asset.built_in };
        question.known_keys(folder)?;
        question.known_words()?;
        Ok(question)
    }

    /// Its SQL with the end of the period, microseconds since the epoch, for `{end}`.
    pub fn until(&self, end: i64) -> String {
        self.sql.replace("{end}", &end.to_string())
    }

    /// A key of another kind of questions would do nothing.
    fn known_keys(&self, folder: &str) -> Result<()> {
        let Some((_, keys)) = KEYS.iter().find(|(of, _)| *of == folder) else { return Ok(()) };
        let keys = || keys.iter().flat_map(|keys| keys.split(' '));
        let head: toml::Table = toml::from_str(&head(&self.sql)).unwrap_or_default();
        match head.keys().find(|key| !keys().any(|known| known == *key)) {
            Some(key) => {
                let error = self.wrong(&[key], format!("`{key}` does nothing in a {}", kind_of(folder)));
                Err(error.instead(key, "keys", keys()))
            }
            None => Ok(()),
        }
    }

    /// Units and charts are words that something must know.
    fn known_words(&self) -> Result<()> {
        let of_columns = self.front.units.iter().map(|(name, word)| (vec!["units", name.as_str()], word));
        for (path, word) in of_columns.chain([(vec!["unit"], &self.front.unit)]) {
            if !Unit::WORDS.contains(&word.as_str()) {
                let error = self.wrong(&path, format!("there is no unit `{word}`"));
                let names = Unit::WORDS.iter().copied().filter(|word| word.len() > 2);
                return Err(error.instead(word, "units", names));
            }
        }
        match &self.front.chart {
            Some(chart) if chart.drawn().is_none() => {
                let error = self.wrong(&["chart", "kind"], format!("there is no chart `{}`", chart.kind));
                Err(error.instead(&chart.kind, "charts", CHARTS.map(|(word, _)| word)))
            }
            _ => Ok(()),
        }
    }

    /// An error about what stands at this key of the head.
    pub fn wrong(&self, path: &[&str], what: impl Into<String>) -> Error {
        let head = head(&self.sql);
        let span = spot(&head, path).unwrap_or(0..0);
        Error::new(Exit::Config, what).at(&self.origin, &self.sql, in_file(&self.sql, &span))
    }

    /// An error about its SQL, as one about its file.
    pub fn in_file(&self, error: Error) -> Error {
        error.in_file(&self.origin, &self.sql, first_line(&self.sql))
    }

    /// The title, made of the name where there is none.
    pub fn title(&self) -> String {
        if self.front.title.is_empty() { spaced(&self.name) } else { self.front.title.clone() }
    }
}

/// The bytes of the first line behind a text's head.
pub(crate) fn first_line(text: &str) -> Range<usize> {
    let head = text.split_inclusive('\n').take_while(|line| line.starts_with("--")).map(str::len).sum();
    let first = text.get(head..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    head..head + first.len()
}

/// A name as words: `client_ip` becomes `client ip`.
pub(crate) fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

/// The pictures that there are, each with its word.
const CHARTS: [(&str, ChartKind); 4] = [
    ("bars", ChartKind::Bars),
    ("columns", ChartKind::Columns),
    ("lines", ChartKind::Lines),
    ("share", ChartKind::Share),
];

/// The TOML of a file's head, line by line.
fn head(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("--")).map(head_line);
    lines.fold(String::new(), |head, line| head + line + "\n")
}

fn head_line(line: &str) -> &str {
    line.trim_start_matches("--").strip_prefix(' ').unwrap_or("")
}

/// The bytes of a file at which these bytes of its head stand.
fn in_file(text: &str, span: &Range<usize>) -> Range<usize> {
    let at = |byte: usize| {
        let (mut of_head, mut of_file) = (0, 0);
        for line in text.split_inclusive('\n') {
            let own = head_line(line.trim_end_matches(['\r', '\n'])).len();
            if byte <= of_head + own {
                return of_file + line.trim_end_matches(['\r', '\n']).len() - own + (byte - of_head);
            }
            of_head += own + 1;
            of_file += line.len();
        }
        text.len()
    };
    at(span.start)..at(span.end)
}

/// The bytes of a value in TOML, by the keys and, in arrays, the numbers that lead to it.
pub(crate) fn spot(toml: &str, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let table = DeTable::parse(toml).ok()?.into_inner();
    let (_, mut value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == *first)?;
    for step in rest {
        value = match value.get_ref() {
            DeValue::Table(table) => table.iter().find(|(key, _)| key.get_ref().as_ref() == *step)?.1,
            DeValue::Array(list) => list.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value.span())
}

fn wrong_head(asset: &Asset, error: &toml::de::Error) -> Error {
    let span = in_file(&asset.text, &error.span().unwrap_or(0..0));
    Error::new(Exit::Config, "the head of this question cannot be read").why(error.message()).at(
        asset.origin.clone(),
        asset.text.to_string(),
        span,
    )
}

/// What one of a folder is.
fn kind_of(folder: &str) -> String {
    let stem = folder.strip_suffix("ies").map(|stem| stem.to_owned() + "y");
    stem.unwrap_or_else(|| folder.trim_end_matches('s').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_kind_is_told() {
        let read = |folder: &str, head: &str| {
            let text = format!("-- {head}\nSELECT 1").into();
            Question::read(folder, "x", &Asset { text, origin: "own.sql".to_owned(), built_in: false }).map(|_| ())
        };
        assert!(read("findings", "state = 'critical'").is_ok() && read("queries", "about = 'x'").is_ok());
        assert!(read("findings", "top = 5").is_ok());
        for (folder, head, what) in [
            ("sections", "state = 'critical'", "`state` does nothing in a section"),
            (
                "metrics",
                "chart = { kind = 'bars', label = 'a', series = ['b'] }",
                "`chart` does nothing in a metric",
            ),
            ("findings", "zero = true", "`zero` does nothing in a finding"),
        ] {
            let told = read(folder, head).expect_err(head).render(false);
            assert!(told.contains(what) && told.contains("own.sql:1:"), "{told}");
        }
    }
}
