//! Thresholds: limits for figures.
//!
//! Rows that count things are judged together: the sum of the rows that a threshold is about, apart for each value of
//! the labels that it names in `by`. Rows that measure (durations, levels that should not fall below a limit) are
//! judged one by one; where one of them is the whole of the others, that one alone.

use super::metrics::Metric;
use super::{Again, Case, evidence, rule, schedule};
use crate::config::{Comparison, Entry, Spotted, Threshold, figure, texts};
use crate::error::Result;
use crate::report::{Finding, Measurement, Period, State, Unit, Usual};
use crate::sections::{self, Literal};
use crate::text::Text;
use crate::units;
use std::collections::{BTreeMap, BTreeSet};

/// A threshold and what it needs to be judged.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) threshold: Threshold,
    pub(super) metric: Metric,
    /// When each schedule holds, those of `during` first and in its order.
    pub(super) during: Vec<Vec<Entry>>,
    /// The same of `during_critical`.
    pub(super) during_critical: Vec<Vec<Entry>>,
}

type Labels = Vec<(String, Text)>;

/// The figures of an earlier week, and their groups by their labels.
type Earlier<'w> = (&'w [Measurement], BTreeMap<Labels, Group>);

/// Rows that are judged together, and their value.
struct Group {
    labels: Labels,
    rows: Vec<usize>,
    value: Option<f64>,
}

impl Limit {
    /// Judges the figures that it is about: their states, and a finding for each value beyond a limit.
    ///
    /// # Errors
    ///
    /// Where its SQL is wrong.
    pub(super) fn judge(&self, case: &Case<'_>, measurements: &mut [Measurement]) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        if !self.threshold.enabled {
            return Ok(findings);
        }
        let limits = self.limits(case.period);
        let earlier = self.earlier(case.weeks);
        for group in self.groups_of_now_and_before(measurements, &earlier) {
            let Some(judged) = self.value(&group, measurements) else {
                continue;
            };
            let usual = self.usual(&group, &earlier);
            let (state, beyond) = judged.against(&limits, usual, self.threshold.least);
            for row in &group.rows {
                measurements[*row].state = measurements[*row].state.max(state);
            }
            if let Some(limit) = beyond {
                findings.push(self.finding(case, &group, &judged, state, &limit)?);
            }
        }
        Ok(findings)
    }

    /// The labels that it names and that its figures carry only where they are asked for.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        let named = self.threshold.labels.iter().map(|(name, _)| name).chain(&self.threshold.by);
        named.map(|name| name.value.as_str()).filter(|name| self.metric.carries_if_asked(name))
    }

    /// Whether it judges by what is usual.
    fn looks_back(&self) -> bool {
        self.threshold.limits().any(|limit| limit.value.usual)
    }

    /// The earlier weeks, each grouped once: groups are as many as the names that strangers choose. None where nothing is
    /// compared with them.
    fn earlier<'w>(&self, weeks: &'w [Vec<Measurement>]) -> Vec<Earlier<'w>> {
        let grouped = |week: &'w Vec<Measurement>| {
            let mut groups = BTreeMap::new();
            for group in self.groups(week) {
                groups.entry(group.labels.clone()).or_insert(group);
            }
            (week.as_slice(), groups)
        };
        if self.looks_back() { weeks.iter().map(grouped).collect() } else { Vec::new() }
    }

    /// The groups of rows, and those that there were earlier and are no more: of things that are counted there are none.
    fn groups_of_now_and_before(&self, measurements: &[Measurement], earlier: &[Earlier<'_>]) -> Vec<Group> {
        let mut groups = self.groups(measurements);
        // Of what is counted nothing is a number too, of which there may be too few.
        if groups.is_empty() && self.counts() && self.threshold.by.is_empty() {
            groups.push(Group { labels: self.fixed(), rows: Vec::new(), value: Some(0.0) });
        }
        if self.adds_up() {
            let mut known: BTreeSet<Labels> = groups.iter().map(|group| group.labels.clone()).collect();
            for labels in earlier.iter().flat_map(|(_, groups)| groups.keys()) {
                if known.insert(labels.clone()) {
                    groups.push(Group { labels: labels.clone(), rows: Vec::new(), value: Some(0.0) });
                }
            }
        }
        groups
    }

    /// What is usual for the value of a group; nothing where too few earlier weeks are known.
    fn usual(&self, group: &Group, earlier: &[Earlier<'_>]) -> Option<Usual> {
        let none =
            || Group { labels: group.labels.clone(), rows: Vec::new(), value: self.adds_up().then_some(0.0) };
        let value = |(week, groups): &Earlier<'_>| {
            let own = groups.get(&group.labels);
            let judged = own.map_or_else(|| self.value(&none(), week), |own| self.value(own, week));
            judged.map(|judged| judged.value)
        };
        let values: Vec<f64> = earlier.iter().filter_map(value).collect();
        Usual::of(&values)
    }

    /// The limits that hold in a period, the worst first.
    fn limits(&self, period: &Period) -> Vec<(State, Comparison)> {
        let of = |base: &Option<Spotted<Comparison>>,
                  during: &[(Spotted<String>, Spotted<Comparison>)],
                  entries: &[Vec<Entry>]| {
            let schedules: Vec<&[Entry]> = entries.iter().map(Vec::as_slice).collect();
            let place = match (period.start, period.end) {
                (Some(start), Some(end)) => schedule::all_through(&schedules, &period.zone, start, end),
                _ => None,
            };
            let special = place.and_then(|place| during.get(place)).map(|(_, limit)| limit);
            special.or(base.as_ref()).map(|limit| limit.value)
        };
        let threshold = &self.threshold;
        let critical = of(&threshold.critical, &threshold.during_critical, &self.during_critical);
        let warning = of(&threshold.warning, &threshold.during, &self.during);
        let states = [(State::Critical, critical), (State::Warning, warning)];
        states.into_iter().filter_map(|(state, limit)| Some((state, limit?))).collect()
    }

    /// The rows that the threshold is about, as they are judged together.
    fn groups(&self, measurements: &[Measurement]) -> Vec<Group> {
        let is_told_by = |row: &Measurement| self.threshold.by.iter().all(|by| label_of(row, &by.value).is_some());
        let is_about = |row: &Measurement| self.is_about(row) && is_told_by(row);
        let rows: Vec<usize> = (0..measurements.len()).filter(|row| is_about(&measurements[*row])).collect();
        if self.adds_up() {
            return self.sums(&rows, measurements);
        }
        let is_whole = |row: &usize| measurements[*row].labels.iter().all(|(name, _)| self.names(name));
        let whole: Vec<usize> = rows.iter().copied().filter(is_whole).collect();
        let rows = if whole.is_empty() { rows } else { whole };
        let alone = |row: usize| Group {
            labels: measurements[row].labels.clone(),
            rows: vec![row],
            value: measurements[row].value,
        };
        rows.into_iter().map(alone).collect()
    }

    fn sums(&self, rows: &[usize], measurements: &[Measurement]) -> Vec<Group> {
        let mut groups: BTreeMap<Labels, Group> = BTreeMap::new();
        for row in rows {
            let by = |label: &Spotted<String>| label_of(&measurements[*row], &label.value);
            let Some(labels) = self.threshold.by.iter().map(by).collect::<Option<Labels>>() else {
                continue;
            };
            let group = groups.entry(labels.clone()).or_insert_with(|| Group {
                labels: self.fixed().into_iter().chain(labels).collect(),
                rows: Vec::new(),
                value: None,
            });
            group.rows.push(*row);
            group.value = sum(group.value, measurements[*row].value);
        }
        groups.into_values().collect()
    }

    /// The labels that the threshold asks for with one value only.
    fn fixed(&self) -> Labels {
        let single = self.threshold.labels.iter().filter(|(_, values)| values.len() == 1);
        single.map(|(name, values)| (name.value.clone(), Text::from(texts(values).concat()))).collect()
    }

    fn counts(&self) -> bool {
        matches!(self.metric.unit, Unit::Count | Unit::Bytes)
    }

    fn adds_up(&self) -> bool {
        let fits = |limit: &Spotted<Comparison>| limit.value.usual || limit.value.operator.more_is_worse();
        self.counts() && !self.metric.is_apart() && self.threshold.limits().all(fits)
    }

    fn is_about(&self, row: &Measurement) -> bool {
        row.metric == self.threshold.metric.value && self.agrees(row, |_| true)
    }

    /// Whether a row carries those of the threshold's labels that count.
    fn agrees(&self, row: &Measurement, counts: impl Fn(&str) -> bool) -> bool {
        let labels = self.threshold.labels.iter().filter(|(name, _)| counts(&name.value));
        labels.into_iter().all(|(name, values)| {
            let own = label_of(row, &name.value);
            own.is_some_and(|(_, own)| values.iter().any(|value| own.raw() == value.value))
        })
    }

    fn names(&self, label: &str) -> bool {
        let asked = self.threshold.labels.iter().map(|(name, _)| name);
        asked.chain(&self.threshold.by).any(|name| name.value == label)
    }

    /// The value of a group that is judged: its own, or its share. Nothing where that cannot be told.
    fn value(&self, group: &Group, measurements: &[Measurement]) -> Option<Judged> {
        let value = group.value?;
        let Some(per) = &self.threshold.per else {
            return Some(Judged { value, unit: self.metric.unit, of: None });
        };
        let whole = self.whole(&per.value, group, measurements)?;
        (whole > 0.0 && whole >= self.threshold.least).then(|| Judged {
            value: value / whole,
            unit: Unit::Share,
            of: Some((value, whole)),
        })
    }

    /// The whole of which a group is a part: the rows of `per` that agree in the labels which they have. Labels that
    /// pick the part out of the same metric do not pick out the whole.
    fn whole(&self, per: &str, group: &Group, measurements: &[Measurement]) -> Option<f64> {
        let same = per == self.threshold.metric.value;
        let of_per = measurements.iter().filter(|row| row.metric == per);
        let rows = of_per.filter(|row| {
            let by = |name: &str| self.threshold.by.iter().any(|by| by.value == name);
            let agrees = self.agrees(row, |name| !same && label_of(row, name).is_some());
            let in_group = group
                .labels
                .iter()
                .filter(|(name, _)| by(name))
                .all(|(name, value)| label_of(row, name).is_none_or(|(_, own)| own == *value));
            agrees && in_group
        });
        rows.map(|row| row.value).fold(None, sum)
    }

    fn finding(
        &self,
        case: &Case<'_>,
        group: &Group,
        judged: &Judged,
        state: State,
        beyond: &Beyond,
    ) -> Result<Finding> {
        let threshold = &self.threshold;
        let observed = judged.text();
        let name = &threshold.metric.value;
        let title = threshold.title.clone().unwrap_or_else(|| format!("{name} is {observed}"));
        let expected = beyond.fine(judged.unit);
        let several = threshold.labels.iter().filter(|(_, values)| values.len() > 1);
        let several = several.map(|(name, values)| format!("{} {}", name.value, texts(values).join(" or ")));
        let labels: Vec<String> =
            group.labels.iter().map(|(name, value)| format!("{name} {}", value.raw())).chain(several).collect();
        let what = if labels.is_empty() { name.clone() } else { format!("{name} ({})", labels.join(", ")) };
        let sql = |template: &Option<String>| {
            let value = |name: &str| group.labels.iter().find(|(n, _)| n == name);
            let literal = |name: &str| value(name).map(|(_, value)| Literal::Text(value.raw().to_owned()));
            template.as_deref().map(|template| sections::fill(template, literal)).transpose()
        };
        let mut finding = Finding {
            rule: "threshold".to_owned(),
            title,
            metric: Some(name.clone()),
            labels: group.labels.clone(),
            state,
            message: Text::from(format!("{what}: {observed}; {expected} would be fine.")),
            observed,
            expected,
            meaning: threshold.meaning.clone().unwrap_or_else(|| self.metric.about.clone()),
            command: sql(&threshold.command)?.and_then(|sql| rule::command(&sql, &self.again(case))),
            evidence: Vec::new(),
        };
        let mut note = |sql: &str| evidence::note(&mut finding, case.asker, case.sources, sql);
        if let Some(sql) = sql(&threshold.evidence)? {
            note(&sql)?;
        } else {
            let newest = self.newest(group, beyond, case.period);
            newest.and_then(|sql| sql.map_or(Ok(()), |sql| note(&sql))).map_err(|e| self.metric.wrong(&e))?;
        }
        Ok(finding)
    }

    /// Where a command finds what the figure is of.
    fn again(&self, case: &Case<'_>) -> Again {
        let again = rule::again(case);
        if self.metric.is_since_ever() { again.since_ever() } else { again }
    }

    /// The question, before anything is filled in, for the lines that prove what it finds.
    pub(super) fn shows(&self) -> Option<&str> {
        self.threshold.evidence.as_deref().or(self.metric.rows())
    }

    /// The question for the newest of what a figure counts. That there is too little of something is proven by no line.
    fn newest(&self, group: &Group, beyond: &Beyond, period: &Period) -> Result<Option<String>> {
        let Some(rows) = self.metric.rows().filter(|_| beyond.limit.operator.more_is_worse()) else {
            return Ok(None);
        };
        let mut labels: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        labels.extend(group.labels.iter().map(|(name, value)| (name.as_str(), vec![value.raw().to_owned()])));
        let several = self.threshold.labels.iter().map(|(name, values)| (name.value.as_str(), texts(values)));
        labels.extend(several);
        let wanted: Vec<String> = labels.keys().map(|name| format!(" AND {name} IN {{{name}}}")).collect();
        let wanted = wanted.concat();
        let most = evidence::MOST;
        let template = format!(
            "WITH counted AS ({rows}) SELECT c.source, c.offset FROM counted c WHERE 1 = 1{wanted} \
             ORDER BY c.time DESC, c.source DESC, c.offset DESC LIMIT {most}"
        );
        let literal = |name: &str| match name {
            "end" => Some(Literal::Integer(period.end.unwrap_or(i64::MAX))),
            name => labels.get(name).map(|values| Literal::Texts(values.clone())),
        };
        sections::fill(&template, literal).map(Some)
    }
}

/// A value as it is judged.
struct Judged {
    value: f64,
    unit: Unit,
    /// The part and the whole, of a share.
    of: Option<(f64, f64)>,
}

/// The limit that a value lies beyond, the one below which all is fine, and what is usual, where they come from that.
struct Beyond {
    limit: Comparison,
    mildest: Comparison,
    usual: Option<Usual>,
}

impl Beyond {
    /// What would have been fine, in words.
    fn fine(&self, unit: Unit) -> String {
        let fine = self.mildest.fine(unit);
        match self.usual {
            Some(usual) => format!("{fine} (usual: {})", figure(usual.value, unit)),
            None => fine,
        }
    }
}

impl Judged {
    /// The state of the value, and the worst limit that it lies beyond. A limit of what is usual tells nothing where that
    /// is not known, and all is fine where both the value and the usual one are smaller than `least`: of few things
    /// three times as many are no news.
    fn against(
        &self,
        limits: &[(State, Comparison)],
        usual: Option<Usual>,
        least: f64,
    ) -> (State, Option<Beyond>) {
        let mut worst = State::Ok;
        for (state, limit) in limits {
            let own = usual.filter(|_| limit.usual);
            if own.is_some_and(|usual| self.of.is_none() && self.value.max(usual.value) < least) {
                continue;
            }
            let Some(resolved) = self.resolved(limit, own) else {
                worst = State::Unknown;
                continue;
            };
            if resolved.holds(self.value) {
                let mildest = limits.last().and_then(|(_, limit)| self.resolved(limit, usual));
                return (
                    *state,
                    Some(Beyond { mildest: mildest.unwrap_or(resolved), limit: resolved, usual: own }),
                );
            }
        }
        (worst, None)
    }

    /// A limit as a value; nothing where it comes from what is usual, and that is not known.
    fn resolved(&self, limit: &Comparison, usual: Option<Usual>) -> Option<Comparison> {
        if !limit.usual {
            return Some(*limit);
        }
        usual.map(|usual| limit.from_usual(usual.value, self.unit, self.value))
    }

    fn text(&self) -> String {
        let value = figure(self.value, self.unit);
        match self.of {
            None => value,
            Some((part, whole)) => format!("{value} ({} of {})", units::number(part), units::number(whole)),
        }
    }
}

fn label_of(row: &Measurement, name: &str) -> Option<(String, Text)> {
    row.labels.iter().find(|(own, _)| own == name).cloned()
}

fn sum(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}
