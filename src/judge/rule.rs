//! A rule: a question whose rows are the unusual things found, and the words to tell them.
//!
//! Each is one file, `report-templates/findings/<rule>.sql`. In its SQL `{parameter}` stands for a parameter; in its
//! texts `{column}` stands for a value of the row and `{parameter}` for a parameter. A column `state` says for each row
//! how bad it is.

use super::evidence;
use super::fill::{fill, literal, query_command, trace_command};
use super::parameter::Parameter;
use super::{Again, Case, Store};
use crate::assets::Assets;
use crate::config::{Anomaly, Config, Spotted, Value, figure, points_at};
use crate::error::{Error, Result};
use crate::report::{Cell, Finding, State, Unit};
use crate::sections::{self, Literal, Question, try_out};
use crate::text::{Text, shown};
use crate::time::Zone;
use crate::units;
use std::collections::BTreeMap;

/// Findings of one rule at most.
const MOST: usize = 20;

/// A rule with its parameters.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    question: Question,
    /// How bad what it finds is, where its answer has no column `state`.
    state: State,
    /// How bad it is whatever the answer says.
    set_state: Option<State>,
    enabled: bool,
    parameters: BTreeMap<String, Parameter>,
}

/// A row of a rule's answer.
struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Cell],
    zone: &'a Zone,
}

impl Rule {
    /// All rules, with what is set for them.
    ///
    /// # Errors
    ///
    /// Where a rule's file or what is set for it is wrong.
    pub(super) fn all(config: &Config, assets: &Assets) -> Result<Vec<Self>> {
        let questions = Question::all(assets, "findings")?;
        let mut rules = questions.into_iter().map(Self::of).collect::<Result<Vec<_>>>()?;
        for anomaly in &config.anomalies {
            match rules.iter_mut().find(|rule| rule.question.name == anomaly.rule.value) {
                Some(rule) => rule.set(anomaly)?,
                None => return Err(unknown_rule(&anomaly.rule, &rules)),
            }
        }
        Ok(rules)
    }

    fn of(question: Question) -> Result<Self> {
        let word = &question.front.state;
        let state = level(word).ok_or_else(|| {
            let error = question.wrong(&["state"], format!("a rule's state cannot be `{word}`"));
            error.help("it is warning or critical")
        })?;
        let mut parameters = BTreeMap::new();
        for (name, default) in &question.front.parameters {
            let parameter = Parameter::of_default(default).ok_or_else(|| {
                let what = format!("the default of `{name}` is of no kind that a parameter has");
                question.wrong(&["parameters", name], what)
            })?;
            parameters.insert(name.clone(), parameter);
        }
        let rule = Self { question, state, set_state: None, enabled: true, parameters };
        if !rule.question.built_in {
            rule.filled().and_then(|sql| try_out(&sql)).map_err(|e| rule.question.in_file(e))?;
        }
        Ok(rule)
    }

    fn set(&mut self, anomaly: &Anomaly) -> Result<()> {
        self.set_state = anomaly.state.as_ref().map(|state| state.value).or(self.set_state);
        self.enabled = anomaly.enabled.as_ref().map_or(self.enabled, |enabled| enabled.value);
        for (name, value) in &anomaly.parameters {
            let Some(parameter) = self.parameters.get_mut(&name.value) else {
                return Err(self.unknown_parameter(name));
            };
            *parameter = parameter.set(&value.value).map_err(|wrong| {
                let what = format!("`{}` of `{}` cannot be this", name.value, anomaly.rule.value);
                match &value.value {
                    Value::Text(text) => {
                        let words = Spotted { value: text.clone(), spot: value.spot.clone() };
                        points_at(&words, &wrong, what)
                    }
                    _ => value.spot.error(what).why(wrong.why).help(wrong.help),
                }
            })?;
        }
        Ok(())
    }

    fn unknown_parameter(&self, name: &Spotted<String>) -> Error {
        let what = format!("the rule `{}` has no parameter `{}`", self.question.name, name.value);
        let own = self.parameters.keys().map(String::as_str);
        let names = own.chain(["state", "enabled"]);
        name.spot.error(what).instead(&name.value, "parameters", names)
    }

    /// The questions that it asks.
    pub(super) fn questions(&self) -> [&str; 2] {
        [&self.question.sql, &self.question.front.evidence]
    }

    /// What the rule finds. Of very many things the first are told, and how many more there are.
    ///
    /// # Errors
    ///
    /// Where the rule's SQL is wrong.
    pub(super) fn find(&self, case: &Case<'_>) -> Result<Vec<Finding>> {
        if !self.enabled || (self.question.front.site && !case.whole_site) {
            return Ok(Vec::new());
        }
        let asked = self.filled().and_then(|sql| case.asker.ask(&sql));
        let answer = asked.map_err(|e| self.question.in_file(e))?;
        let most = self.question.front.top.unwrap_or(MOST);
        let rows = answer.rows(most);
        let mut findings = Vec::with_capacity(rows.len());
        for cells in &rows {
            let row = Row { columns: &answer.columns, cells, zone: &case.period.zone };
            findings.push(self.finding(&row, case)?);
        }
        findings.extend((answer.height() > most).then(|| self.more(answer.height() - most)));
        Ok(findings)
    }

    /// A parameter in SQL; `{within/2}` is half of a duration, which SQL's engines would each divide in their own way.
    fn sql(&self, name: &str) -> Option<Literal> {
        match (self.parameters.get(name), name.strip_suffix("/2")) {
            (Some(parameter), _) => Some(parameter.sql()),
            (None, Some(whole)) => Some(self.parameters.get(whole)?.half()?.sql()),
            (None, None) => None,
        }
    }

    /// The rule's SQL with its parameters.
    fn filled(&self) -> Result<String> {
        sections::fill(&self.question.sql, |name| self.sql(name))
    }

    fn finding(&self, row: &Row<'_>, case: &Case<'_>) -> Result<Finding> {
        let front = &self.question.front;
        let ours = |template: &str| fill(template, |name| self.word(row, name));
        let quoting = |template: &str| Text::from(fill(template, |name| self.any(row, name)));
        let sql = |template: &str| {
            sections::fill(template, |name| row.cell(name).map(literal)).map_err(|e| self.wrong(&e))
        };
        let labels = front.labels.iter();
        let mut finding = Finding {
            rule: self.question.name.clone(),
            title: ours(&front.title),
            metric: None,
            labels: labels.filter_map(|name| Some((name.clone(), row.label(name)?))).collect(),
            state: self.state_of(row),
            observed: ours(&front.observed),
            expected: ours(&front.expected),
            message: quoting(&front.message),
            meaning: ours(&front.meaning),
            command: if front.trace.is_empty() {
                command(&sql(&front.command)?, &again(case))
            } else {
                let key = fill(&front.trace, |name| row.label(name).map(|key| key.raw().to_owned()));
                trace_command(&key, &again(case)).map(Text::from)
            },
            evidence: Vec::new(),
        };
        if !front.evidence.is_empty() {
            let sql = sql(&front.evidence)?;
            evidence::note(&mut finding, case.asker, case.sources, &sql).map_err(|e| self.wrong(&e))?;
        }
        Ok(finding)
    }

    /// The finding that stands for those that are not told.
    fn more(&self, count: usize) -> Finding {
        let count = units::count(count as u64);
        let meaning = "Only the first of them are listed. The most telling ones come first, so begin with those.";
        Finding {
            rule: self.question.name.clone(),
            title: format!("{count} more of this kind"),
            metric: None,
            labels: Vec::new(),
            state: self.set_state.unwrap_or(self.state),
            observed: count.clone(),
            expected: String::new(),
            message: Text::from(format!("The rule {} found {count} more.", self.question.name)),
            meaning: meaning.to_owned(),
            command: None,
            evidence: Vec::new(),
        }
    }

    fn state_of(&self, row: &Row<'_>) -> State {
        let told = match row.cell("state") {
            Some(Cell::Text(word)) => level(word.raw()),
            _ => None,
        };
        self.set_state.or(told).unwrap_or(self.state)
    }

    /// A value for a text of ours, which no stranger may have written.
    fn word(&self, row: &Row<'_>, name: &str) -> Option<String> {
        match row.cell(name) {
            Some(Cell::Text(_)) if !self.question.front.words.iter().any(|own| own == name) => None,
            _ => self.any(row, name),
        }
    }

    /// A value for a text that may quote a log.
    fn any(&self, row: &Row<'_>, name: &str) -> Option<String> {
        match row.cell(name) {
            Some(cell) => Some(self.text(cell, name, row.zone)),
            None => self.parameters.get(name).map(Parameter::text),
        }
    }

    fn text(&self, cell: &Cell, name: &str, zone: &Zone) -> String {
        let unit = self.question.front.units.get(name);
        match cell {
            Cell::Null => nameless(name).to_owned(),
            Cell::Text(text) if text.raw().is_empty() => nameless(name).to_owned(),
            Cell::Integer(micros) if self.question.front.is_time(name) => zone.second_text(*micros),
            Cell::Integer(n) if unit.is_none() => units::integer(*n),
            Cell::Text(text) => text.raw().to_owned(),
            other => other
                .number()
                .map_or_else(String::new, |value| figure(value, unit.map_or(Unit::None, |unit| Unit::of(unit)))),
        }
    }

    /// An error about its command or its evidence. These hold what the log says, so the place is that of the head.
    fn wrong(&self, error: &Error) -> Error {
        let key = if self.question.front.evidence.is_empty() { "command" } else { "evidence" };
        self.question.wrong(&[key], "what shows more of this finding cannot be asked").why(error.what())
    }

    /// Appends the rule as it stands.
    pub(super) fn show(&self, out: &mut String, config: &Config) {
        let set: Vec<&Anomaly> =
            config.anomalies.iter().filter(|anomaly| anomaly.rule.value == self.question.name).collect();
        let mut line = |key: &str, default: String, spot: Option<&crate::config::Spot>| {
            let origin = spot.map_or_else(|| "default".to_owned(), crate::config::Spot::origin);
            let value = spot.map_or(default, |spot| spot.text().to_owned());
            crate::config::show_line(out, key, &value, &origin);
        };
        let own = set.last().map(|anomaly| &anomaly.rule.spot);
        line("rule", crate::config::quoted(&self.question.name), own);
        let state = set.iter().rev().find_map(|anomaly| anomaly.state.as_ref());
        line("state", crate::config::quoted(self.set_state.unwrap_or(self.state).word()), state.map(|s| &s.spot));
        let enabled = set.iter().rev().find_map(|anomaly| anomaly.enabled.as_ref());
        if let Some(enabled) = enabled {
            line("enabled", self.enabled.to_string(), Some(&enabled.spot));
        }
        for (name, parameter) in &self.parameters {
            let spot = set.iter().rev().find_map(|anomaly| anomaly.parameter(name));
            line(name, parameter.written(self.question.front.parameters.get(name)), spot);
        }
    }
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&Cell> {
        let at = self.columns.iter().position(|column| column == name)?;
        self.cells.get(at)
    }

    fn label(&self, name: &str) -> Option<Text> {
        match self.cell(name)? {
            Cell::Text(text) => Some(text.clone()),
            Cell::Integer(micros) if name.ends_with("_time") => Some(Text::from(self.zone.rfc3339(*micros))),
            Cell::Integer(number) => Some(Text::from(number.to_string())),
            _ => None,
        }
    }
}

/// The command that asks a question of these facts.
pub(super) fn command(sql: &str, again: &Again) -> Option<Text> {
    if sql.is_empty() {
        return None;
    }
    query_command(sql, again).map(Text::from)
}

/// Paths of a command at most: more cannot be read in it.
const MOST_PATHS: usize = 8;

/// Where a command finds the same facts: in the store, in the logs as they were named, else in the logs that were read; logs
/// where they are few enough to name.
pub(super) fn again(case: &Case<'_>) -> Again {
    let names = || case.sources.iter().map(|source| source.name.raw().to_owned()).collect();
    let named = !case.again.paths.is_empty() || matches!(case.again.store, Store::Kept(_));
    let paths: Vec<String> = if named { case.again.paths.clone() } else { names() };
    let few = paths.len() <= MOST_PATHS && paths.iter().all(|name| name != "-" && shown(name) == *name);
    Again { paths: if few { paths } else { Vec::new() }, ..case.again.clone() }
}

/// What a message says in the place of a name that the log does not have.
fn nameless(name: &str) -> &'static str {
    match name {
        "host" => "the host",
        "program" => "a program",
        _ => "?",
    }
}

fn level(word: &str) -> Option<State> {
    [State::Warning, State::Critical].into_iter().find(|state| state.word() == word)
}

fn unknown_rule(name: &Spotted<String>, rules: &[Rule]) -> Error {
    let names = rules.iter().map(|rule| rule.question.name.as_str());
    let error = name.spot.error(format!("there is no rule `{}`", name.value));
    error.instead(&name.value, "rules", names)
}

#[cfg(test)]
impl Rule {
    /// Proves that each `{name}` of the rule's texts is a column or a parameter, but never both, and that what is asked
    /// for its evidence and its command can be asked.
    pub(super) fn prove(&self, asker: &crate::sections::Asker<'_>) {
        use super::fill::names;
        let answer = asker.ask(&self.filled().expect("it can be filled")).expect("it can be asked");
        let is_column = |name: &str| answer.columns.iter().any(|column| column == name);
        let front = &self.question.front;
        assert!(self.parameters.keys().all(|name| !is_column(name)), "{}", self.question.name);
        let ours = [&front.title, &front.observed, &front.expected, &front.meaning, &front.message];
        for name in ours.iter().flat_map(|text| names(text)) {
            assert!(is_column(&name) || self.parameters.contains_key(&name), "{}: {name}", self.question.name);
        }
        for text in [&front.evidence, &front.command].into_iter().filter(|text| !text.is_empty()) {
            assert!(names(text).iter().all(|name| is_column(name)), "{}: {text}", self.question.name);
            let is_text = |name: &str| {
                let at = answer.columns.iter().position(|column| column == name);
                at.is_none_or(|at| !answer.is_number(at))
            };
            let literal =
                |name: &str| if is_text(name) { Literal::Text(String::new()) } else { Literal::Integer(0) };
            let sql = sections::fill(text, |name| Some(literal(name))).expect("it can be filled");
            asker.ask(&sql).expect("it can be asked");
        }
        assert!(
            front.labels.iter().chain(&names(&front.trace)).all(|name| is_column(name)),
            "{}",
            self.question.name
        );
        assert!(!front.meaning.is_empty() && !front.title.is_empty(), "{}", self.question.name);
    }
}
