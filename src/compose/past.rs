//! The past: the same figures in earlier spans of the wall clock, a day before and whole weeks before.
//!
//! Days of a week differ, so what is usual on a Monday is what was on other Mondays, and what is usual at nine o'clock on
//! one is what was then. The clock on the wall counts: a day of 23 hours is a day. Where a span lies, its facts are asked
//! like those of the period; whether they come from logs or from a store makes no difference.

use super::{Request, SinceEver, metrics};
use crate::error::Result;
use crate::facts::{Scope, View, Wanted};
use crate::report::{self, Cell, Measurement, Unit, Usual};
use crate::run::Run;
use crate::sections::{Asker, Known, Question};
use crate::text::Text;
use crate::time::{DAY, HOUR, Span, Zone};
use std::collections::BTreeMap;

/// Weeks that are looked back at most.
const WEEKS: i64 = 8;

/// The figures of earlier spans.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The part of the period that is compared.
    span: Span,
    /// The same span of the day before.
    pub(super) day: Option<Vec<Measurement>>,
    /// The same span of earlier weeks, the last one first. Weeks of which the logs tell nothing are left out.
    pub(super) weeks: Vec<Vec<Measurement>>,
    /// Whether the last of these is that of a week before.
    week_before: bool,
}

/// Asks the facts of a run what the figures were before a period.
pub(super) fn past(questions: &[Question], run: &Run, zone: &Zone, request: &Request<'_>) -> Result<Past> {
    let span = so_far(request.span, request.now);
    let Some((day, weeks)) = spans(span, zone) else { return Ok(Past::default()) };
    let ask = |span: Span| ask(questions, run, zone, &Request { span, ..request.clone() });
    let day = day.map(ask).transpose()?.flatten();
    let mut past = Past { span, day, ..Past::default() };
    for (at, span) in weeks.into_iter().enumerate() {
        if let Some(figures) = ask(span)? {
            past.week_before |= at == 0;
            past.weeks.push(figures);
        }
    }
    Ok(past)
}

/// The part of a period that can be compared: of one in which the present lies, what is over.
fn so_far(span: Span, now: i64) -> Span {
    let is_now = span.start.is_some_and(|start| start < now) && span.end.is_some_and(|end| end > now);
    if is_now { Span { end: Some(now), ..span } } else { span }
}

/// The same span a day before, for periods of no more than a day, and whole weeks before. Nothing for an open period.
fn spans(span: Span, zone: &Zone) -> Option<(Option<Span>, Vec<Span>)> {
    let (start, end) = (zone.civil(span.start?), zone.civil(span.end?));
    let earlier = |days: i64| Span {
        start: Some(zone.instant(start - days * DAY)),
        end: Some(zone.instant(end - days * DAY)),
    };
    let length = (end - start).max(1);
    let step = 7 * (length + 7 * DAY - 1).div_euclid(7 * DAY);
    Some(((length <= DAY).then(|| earlier(1)), (1..=WEEKS).map(|n| earlier(n * step)).collect()))
}

/// The label of figures of hours: how long after the period's start they began, in microseconds.
const SINCE: &str = "since";

/// Tables whose rows say that something was logged.
const TOLD: [&str; 7] = ["sessions", "messages", "deliveries", "rejections", "logins", "directory_ops", "notices"];

/// The figures of a span; nothing where the logs do not tell of all of it.
fn ask(questions: &[Question], run: &Run, zone: &Zone, request: &Request<'_>) -> Result<Option<Vec<Measurement>>> {
    let (Some(start), Some(end)) = (request.span.start, request.span.end) else { return Ok(None) };
    if !is_told(run, zone, start, end)? {
        return Ok(None);
    }
    let asked = metrics::asked(questions.iter(), request.by);
    let wanted = Wanted::of(asked.iter().map(String::as_str));
    let view = View::new(&run.facts, zone, &Scope { span: request.span, domains: request.domains }, wanted)?;
    let asker = Asker::new(&view, &run.coverage)?;
    let since_ever = SinceEver::ask(questions, &[], run, zone, request, end)?;
    metrics::measure(questions, since_ever.figures, &asker, request, end).map(Some)
}

/// Whether the logs tell of a whole span, whatever domains are looked at. A log that begins in the middle of it tells of
/// a part only; but the first line of a quiet night may be late.
fn is_told(run: &Run, zone: &Zone, start: i64, end: i64) -> Result<bool> {
    let first = run.coverage.times().map(|(first, _)| first);
    let Some(first) = first.filter(|first| *first < end) else { return Ok(false) };
    let when = TOLD.map(|table| format!("SELECT MIN(time) AS time FROM {table}")).join(" UNION ALL ");
    let scope = Scope { span: Span { start: Some(start), end: Some(end) }, domains: &[] };
    let view = View::new(&run.facts, zone, &scope, Wanted::of([when.as_str()]))?;
    let rows = Asker::new(&view, &run.coverage)?.ask(&when)?.rows(TOLD.len());
    let told =
        rows.iter().flatten().filter_map(|cell| if let Cell::Integer(at) = cell { Some(*at) } else { None });
    Ok(told.min().is_some_and(|told| first <= start || told <= start + (end - start) / 24))
}

impl Past {
    /// Whether anything of the past is known.
    pub(super) fn is_known(&self) -> bool {
        self.day.is_some() || !self.weeks.is_empty()
    }

    /// What a value that is made of the figures of a span was at earlier times.
    pub(super) fn of(&self, value: impl Fn(&[Measurement]) -> Option<f64>) -> report::Past {
        let weeks: Vec<f64> = self.weeks.iter().filter_map(|week| value(week)).collect();
        let week_before = self.weeks.first().filter(|_| self.week_before);
        report::Past {
            day_before: self.day.as_deref().and_then(&value),
            week_before: week_before.and_then(|week| value(week)),
            usual: Usual::of(&weeks),
        }
    }

    /// Notes in each figure what it was at earlier times.
    pub(super) fn note(&self, figures: &mut [Measurement]) {
        if self.is_known() {
            figures.iter_mut().for_each(|figure| figure.past = Some(self.of(|span| same(span, figure))));
        }
    }

    /// When the hour began and ended that a figure is of; no later than the period.
    fn hour(&self, figure: &Measurement) -> Option<(i64, i64)> {
        let (_, since) = figure.labels.iter().find(|(name, _)| name == SINCE)?;
        let start = self.span.start?.saturating_add(since.raw().parse().ok()?);
        let end = start.saturating_add(HOUR);
        Some((start, self.span.end.map_or(end, |last| last.min(end))))
    }

    /// Every figure of now or of earlier, for rules and sections to ask.
    pub(super) fn known(&self, now: &[Measurement]) -> Vec<Known> {
        if !self.is_known() {
            return Vec::new();
        }
        let earlier = self.day.iter().chain(&self.weeks).flatten();
        let all: BTreeMap<_, &Measurement> = earlier.chain(now).map(|figure| (key(figure), figure)).collect();
        let known = all.into_values().map(|figure| Known {
            metric: figure.metric.clone(),
            labels: figure.labels.iter().filter(|(name, _)| name != SINCE).cloned().collect(),
            hour: self.hour(figure),
            value: same(now, figure),
            past: self.of(|span| same(span, figure)),
        });
        known.collect()
    }
}

fn key(figure: &Measurement) -> (&str, &[(String, Text)]) {
    (&figure.metric, &figure.labels)
}

/// The value of the same figure in a span, whose figures are in order. Of things that are counted none is 0.
fn same(span: &[Measurement], figure: &Measurement) -> Option<f64> {
    match span.binary_search_by(|other| key(other).cmp(&key(figure))) {
        Ok(at) => span[at].value,
        Err(_) => matches!(figure.unit, Unit::Count | Unit::Bytes).then_some(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{parse_day, parse_instant};

    fn figure(metric: &str, unit: Unit, value: Option<f64>) -> Measurement {
        let (metric, state) = (metric.to_owned(), report::State::Ok);
        Measurement { metric, labels: Vec::new(), value, unit, state, past: None }
    }

    fn texts(zone: &Zone, span: &Span) -> [String; 2] {
        [span.start, span.end].map(|at| at.map_or_else(String::new, |at| zone.rfc3339(at)))
    }

    #[test]
    fn a_day_is_compared_with_days_as_the_clock_on_the_wall_has_them() {
        let zone = Zone::named("Europe/Berlin").expect("the zone is known");
        // A Sunday of 25 hours; the one of 23 hours is 30 weeks earlier.
        let day = parse_day("2026-10-25", &zone, 0).expect("a day");
        let (before, weeks) = spans(day, &zone).expect("spans");
        assert_eq!(
            texts(&zone, &before.expect("a day before")),
            ["2026-10-24T00:00:00+02:00", "2026-10-25T00:00:00+02:00"]
        );
        assert_eq!(texts(&zone, &weeks[0]), ["2026-10-18T00:00:00+02:00", "2026-10-19T00:00:00+02:00"]);
        let next = parse_day("2026-11-01", &zone, 0).expect("a day");
        let (_, weeks) = spans(next, &zone).expect("spans");
        assert_eq!(texts(&zone, &weeks[0]), ["2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"]);
        assert_eq!(weeks.len(), 8);
    }

    #[test]
    fn hours_are_compared_with_the_same_hours_and_long_periods_with_whole_weeks() {
        let zone = Zone::named("Europe/Berlin").expect("the zone is known");
        let at = |text: &str| parse_instant(text, &zone, 0).ok();
        let hour = Span { start: at("2026-11-02 09:00"), end: at("2026-11-02 10:00") };
        let (_, weeks) = spans(hour, &zone).expect("spans");
        assert_eq!(texts(&zone, &weeks[1])[0], "2026-10-19T09:00:00+02:00");
        let month = Span { start: at("2026-11-01"), end: at("2026-12-01") };
        let (before, weeks) = spans(month, &zone).expect("spans");
        assert!(before.is_none());
        assert_eq!(month.start.zip(weeks[0].start).map(|(now, then)| (now - then) / HOUR), Some(35 * 24 + 1));
        assert_eq!(spans(Span { start: at("2026-11-01"), end: None }, &zone), None);
    }

    #[test]
    fn a_day_that_has_not_ended_is_compared_with_the_same_part_of_others() {
        let day = Span { start: Some(100), end: Some(200) };
        assert_eq!([200, 100, 160].map(|now| so_far(day, now).end), [200, 200, 160].map(Some));
        assert_eq!(so_far(Span::ALL, 160), Span::ALL);
    }

    #[test]
    fn an_hour_ends_with_the_period() {
        let span = Span { start: Some(5), end: Some(5 + HOUR + HOUR / 2) };
        let past = Past { span, ..Past::default() };
        let labels = |since: i64| vec![(SINCE.to_owned(), Text::from(since.to_string()))];
        let hour = |labels| past.hour(&Measurement { labels, ..figure("x", Unit::Count, None) });
        assert_eq!(hour(labels(0)), Some((5, 5 + HOUR)));
        assert_eq!(hour(labels(HOUR)), Some((5 + HOUR, 5 + HOUR + HOUR / 2)));
        assert_eq!(hour(Vec::new()), None);
    }

    #[test]
    fn what_is_counted_and_absent_is_0_and_what_is_measured_and_absent_is_not_known() {
        let span = [figure("a", Unit::Count, Some(3.0))];
        assert_eq!(same(&span, &figure("a", Unit::Count, None)), Some(3.0));
        assert_eq!(same(&span, &figure("b", Unit::Count, None)), Some(0.0));
        assert_eq!(same(&span, &figure("b", Unit::Seconds, None)), None);
    }
}
