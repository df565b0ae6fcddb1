//! The judge: figures against limits, facts against rules.
//!
//! Comes in: measurements, and the facts behind an asker. Goes out: the measurements' states, and findings with the
//! lines that prove them. Where findings go is not known here.

mod evidence;
mod fill;
mod metrics;
mod parameter;
mod rule;
mod schedule;
#[cfg(test)]
mod tests;
mod threshold;

use crate::assets::Assets;
use crate::config::{self, Comparison, Config, Entry, Spotted, Threshold};
use crate::error::{Error, Result, is_near};
use crate::input::Source;
use crate::report::{Finding, Measurement, Period, Unit};
use crate::sections::Asker;
use metrics::Metric;
use rule::Rule;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use threshold::Limit;

/// The file of the thresholds that hold where the configuration sets no others.
const DEFAULTS: &str = "report-templates/thresholds.toml";

/// A judge: thresholds and rules, checked and ready.
#[derive(Clone, Debug)]
pub struct Judge {
    limits: Vec<Limit>,
    rules: Vec<Rule>,
}

/// Where a command finds the same facts again.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// In which store.
    pub store: Store,
    /// The logs that were named beside it.
    pub paths: Vec<String>,
    /// The options without which they would be read otherwise, with their values as they were typed.
    pub options: Vec<(&'static str, String)>,
    /// The period that was asked for; all that was read where there is none.
    pub period: Option<Period>,
    /// The domains whose mail was asked for.
    pub domains: Vec<String>,
}

impl Again {
    /// The same for what lies before the period too.
    fn since_ever(mut self) -> Self {
        self.period = self.period.map(|period| Period { start: None, ..period });
        self
    }
}

/// A store, as a command names it.
#[derive(Clone, Debug, Default)]
pub enum Store {
    /// There is none.
    #[default]
    None,
    /// The one in this folder.
    Kept(String),
    /// None, although there may be one.
    LeftOut,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Who answers questions about the facts.
    pub asker: &'a Asker<'a>,
    /// The sources, by the number that facts name them by.
    pub sources: &'a [Source],
    /// Where commands find the same facts again.
    pub again: &'a Again,
    /// The period.
    pub period: &'a Period,
    /// Whether the facts are those of the whole site, not of some domains only.
    pub whole_site: bool,
    /// The figures of the same span of earlier weeks, from which what is usual is known.
    pub weeks: &'a [Vec<Measurement>],
}

impl Judge {
    /// A judge for a configuration.
    ///
    /// # Errors
    ///
    /// Where a threshold names what there is not, or a rule or its parameters are wrong; exit code 78.
    pub fn new(config: &Config, assets: &Assets) -> Result<Self> {
        let metrics = metrics::all(assets)?;
        let limits = thresholds(config, assets)?.into_iter().map(|threshold| limit(threshold, &metrics, config));
        Ok(Self { limits: limits.collect::<Result<_>>()?, rules: Rule::all(config, assets)? })
    }

    /// Judges: gives the measurements their states, and the findings, the worst first, then by rule.
    ///
    /// # Errors
    ///
    /// Where the SQL of a rule or a threshold is wrong.
    pub fn judge(&self, case: &Case<'_>, measurements: &mut [Measurement]) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for limit in &self.limits {
            findings.append(&mut limit.judge(case, measurements)?);
        }
        findings.extend(case.asker.each(&self.rules, |rule| rule.find(case))?.concat());
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        evidence::read(&mut findings, case.sources);
        Ok(findings)
    }

    /// The labels that figures must carry beside their own, so that thresholds can tell them apart.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.limits.iter().filter(|limit| limit.threshold.enabled).flat_map(Limit::labels)
    }

    /// The questions that it asks, before anything is filled in.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        let evidence = self.limits.iter().filter_map(Limit::shows);
        evidence.chain(self.rules.iter().flat_map(Rule::questions))
    }

    /// Appends thresholds and rules as they stand, each value with where it comes from.
    pub fn show(&self, out: &mut String, config: &Config) {
        for limit in &self.limits {
            let _ = writeln!(out, "\n[[thresholds]]");
            limit.threshold.show(out);
        }
        for rule in &self.rules {
            let _ = writeln!(out, "\n[[anomalies]]");
            rule.show(out, config);
        }
    }

    /// How many thresholds and rules it has.
    pub fn counts(&self) -> (usize, usize) {
        (self.limits.len(), self.rules.len())
    }
}

/// The worst first, then by rule and metric; what speaks of all the rest stands last. Those of one rule stay in the order
/// of its question, which puts the worst first.
fn order(finding: &Finding) -> impl Ord + '_ {
    let is_rest = finding.labels.is_empty() && finding.metric.is_none();
    (std::cmp::Reverse(finding.state), &finding.rule, is_rest, &finding.metric)
}

/// The thresholds: those that ship, and in their place those of the configuration.
fn thresholds(config: &Config, assets: &Assets) -> Result<Vec<Threshold>> {
    let mut all = match assets.get(DEFAULTS)? {
        Some(asset) => config::thresholds(&asset.origin, &asset.text, asset.built_in)?,
        None => Vec::new(),
    };
    for threshold in &config.thresholds {
        config::replace(&mut all, threshold.clone());
    }
    Ok(all)
}

fn limit(threshold: Threshold, metrics: &BTreeMap<String, Metric>, config: &Config) -> Result<Limit> {
    let metric = metric(&threshold.metric, metrics)?;
    if let Some(per) = &threshold.per {
        self::metric(per, metrics)?;
    }
    units_fit(&threshold, metric)?;
    if !threshold.spot.is_built_in() {
        known_labels(&threshold, metric)?;
        known_values(&threshold, metric)?;
    }
    Ok(Limit {
        metric: metric.clone(),
        during: spans(&threshold.during, config)?,
        during_critical: spans(&threshold.during_critical, config)?,
        threshold,
    })
}

fn metric<'m>(name: &Spotted<String>, metrics: &'m BTreeMap<String, Metric>) -> Result<&'m Metric> {
    metrics.get(&name.value).ok_or_else(|| {
        let error = name.spot.error(format!("there is no metric `{}`", name.value));
        error.instead(&name.value, "metrics", metrics.keys().map(String::as_str))
    })
}

/// A label that no row carries would make a threshold that never judges anything.
fn known_labels(threshold: &Threshold, metric: &Metric) -> Result<()> {
    let asked: Vec<&Spotted<String>> =
        threshold.labels.iter().map(|(name, _)| name).chain(&threshold.by).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let labels = metric.labels()?;
    let Some(unknown) = asked.into_iter().find(|name| !labels.contains(&name.value)) else {
        return Ok(());
    };
    let what = format!("`{}` has no label `{}`", threshold.metric.value, unknown.value);
    Err(unknown.spot.error(what).instead(&unknown.value, "labels", labels.iter().map(String::as_str)))
}

/// A value that no label has would make one that never judges anything either.
fn known_values(threshold: &Threshold, metric: &Metric) -> Result<()> {
    for (label, values) in &threshold.labels {
        let Some((words, others)) = metric.words(&label.value) else { continue };
        let words = || words.iter().map(String::as_str);
        let is_wrong = |value: &str| {
            let is_word = words().any(|word| word == value);
            !is_word && (!others || words().any(|word| is_near(value, word)))
        };
        if let Some(wrong) = values.iter().find(|value| is_wrong(&value.value)) {
            let what = format!("no `{}` of `{}` is `{}`", label.value, threshold.metric.value, wrong.value);
            return Err(wrong.spot.error(what).instead(&wrong.value, "values", words()));
        }
    }
    Ok(())
}

/// Limits must be in the unit of what they limit; a share of another metric is written with `%`.
fn units_fit(threshold: &Threshold, metric: &Metric) -> Result<()> {
    let fits = |unit: Unit| match &threshold.per {
        Some(_) => unit == Unit::Share,
        None => unit == Unit::None || unit == metric.unit,
    };
    let Some(wrong) = threshold.limits().find(|limit| !limit.value.usual && !fits(limit.value.limit.unit)) else {
        return Ok(());
    };
    let error = wrong.spot.error(format!("this limit does not fit `{}`", threshold.metric.value));
    Err(match (&threshold.per, metric.unit) {
        (Some(per), _) => error
            .why(format!("a share of `{}` is judged", per.value))
            .help("write the limit with `%`, such as `> 5 %`"),
        (None, Unit::Seconds) => error.why("it is a duration").help("write `> 30 s` or `> 10 min`"),
        (None, Unit::Bytes) => error.why("it is a size").help("write `> 1 GiB`"),
        (None, _) => error
            .why("it is a number of things")
            .help("write `> 30`; for a share name the whole: `per = \"connections\"`"),
    })
}

/// When each schedule holds: those of a threshold in its order, then all others, of which one may put these aside.
fn spans(during: &[(Spotted<String>, Spotted<Comparison>)], config: &Config) -> Result<Vec<Vec<Entry>>> {
    let named: Vec<&[Entry]> = during.iter().map(|(name, _)| entries(&name.value, config)).collect();
    if let Some((a, b)) = schedule::tie(&named) {
        return Err(tied(&during[a].0, &during[b].0));
    }
    let is_named = |name: &str| during.iter().any(|(own, _)| own.value == name);
    let others = config.schedules.values().filter(|schedule| !during.is_empty() && !is_named(&schedule.name));
    Ok(named
        .into_iter()
        .chain(others.map(|schedule| schedule.entries.as_slice()))
        .map(<[Entry]>::to_vec)
        .collect())
}

fn entries<'c>(schedule: &str, config: &'c Config) -> &'c [Entry] {
    config.schedules.get(schedule).map(|schedule| schedule.entries.as_slice()).unwrap_or_default()
}

fn tied(a: &Spotted<String>, b: &Spotted<String>) -> Error {
    b.spot
        .error(format!("`{}` and `{}` can hold at the same time", a.value, b.value))
        .why("neither is more special than the other, so which limit counts cannot be told")
        .help("a date goes before weekdays with times, and these before weekdays alone; make one of them more special")
}
