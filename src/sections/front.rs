//! A question's file: a head of `--` lines that hold TOML, and the SQL.

use crate::assets::{Asset, Assets};
use crate::error::{Error, Exit, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

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
    /// Of a metric: what it is.
    pub about: String,
    /// Of a metric: whether no value means 0.
    pub zero: bool,
    /// Of a metric: whether it counts what was before the period too.
    pub since_ever: bool,
    /// Of a metric: the column of each label that can be asked for by `--by`.
    pub by: BTreeMap<String, String>,
    /// Of a rule: its state, `warning` or `critical`.
    pub state: String,
    /// Of a rule: its parameters with their defaults.
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

/// A question with its head.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name: the stem of its file.
    pub name: String,
    /// The file, for messages.
    pub origin: String,
    /// The head.
    pub front: Front,
    /// The SQL.
    pub sql: String,
}

impl Question {
    /// The question of this name in a folder of the report templates.
    ///
    /// # Errors
    ///
    /// Where there is none, or its head cannot be read.
    pub fn named(assets: &Assets, folder: &str, name: &str) -> Result<Self> {
        let all = assets.list(&format!("report-templates/{folder}"), ".sql");
        match all.get(name) {
            Some(asset) => Self::read(name, asset),
            None => Err(unknown(folder, name, &all.keys().map(String::as_str).collect::<Vec<_>>())),
        }
    }

    /// All questions of a folder, in order of name.
    ///
    /// # Errors
    ///
    /// Where the head of one cannot be read.
    pub fn all(assets: &Assets, folder: &str) -> Result<Vec<Self>> {
        let all = assets.list(&format!("report-templates/{folder}"), ".sql");
        all.iter().map(|(name, asset)| Self::read(name, asset)).collect()
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Where its head is not TOML of the right form.
    pub fn read(name: &str, asset: &Asset) -> Result<Self> {
        let head: String = asset
            .text
            .lines()
            .take_while(|line| line.starts_with("--"))
            .map(|line| line.trim_start_matches("--").strip_prefix(' ').unwrap_or(""))
            .fold(String::new(), |head, line| head + line + "\n");
        let front = toml::from_str(&head).map_err(|e| wrong_head(asset, &head, &e))?;
        Ok(Self { name: name.to_owned(), origin: asset.origin.clone(), front, sql: asset.text.to_string() })
    }

    /// Every word of the file: among them are the columns that it needs.
    pub fn words(&self) -> impl Iterator<Item = String> + '_ {
        super::guard::words(&self.sql)
    }

    /// The title, made of the name where there is none.
    pub fn title(&self) -> String {
        if self.front.title.is_empty() { spaced(&self.name) } else { self.front.title.clone() }
    }
}

/// A name as words: `client_ip` becomes `client ip`.
pub(crate) fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

fn wrong_head(asset: &Asset, head: &str, error: &toml::de::Error) -> Error {
    let span = error.span().unwrap_or(0..0);
    Error::new(Exit::Config, "the head of this question cannot be read").why(error.message()).at(
        asset.origin.clone(),
        head.to_owned(),
        span,
    )
}

fn unknown(folder: &str, name: &str, names: &[&str]) -> Error {
    let kind = folder.trim_end_matches('s');
    let help = match crate::error::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    Error::new(Exit::Usage, format!("there is no {kind} `{name}`")).help(help)
}
