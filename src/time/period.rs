//! Periods as people write them: a day, a relative time, a date with a time.

use super::{Zone, parse_duration};
use crate::error::{Error, Exit, Result};
use chrono::{Datelike, NaiveDate, NaiveDateTime};

/// A span of time, its end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// Its first instant; open where absent.
    pub start: Option<i64>,
    /// The instant after its last; open where absent.
    pub end: Option<i64>,
}

impl Span {
    /// All time.
    pub const ALL: Self = Self { start: None, end: None };

    /// Whether an instant lies in it.
    pub fn holds(self, time: i64) -> bool {
        self.start.is_none_or(|start| time >= start) && self.end.is_none_or(|end| time < end)
    }
}

/// A civil day in a zone: `today`, `yesterday` (seen from `now`) or `2026-11-23`.
pub fn parse_day(text: &str, zone: &Zone, now: i64) -> Result<Span> {
    let today = zone.date(now);
    let date = match text {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        text => written_day(text),
    };
    let date =
        date.ok_or_else(|| not_a_time("day", text, "use `today`, `yesterday` or a date like `2026-11-23`"))?;
    Ok(Span { start: Some(midnight(date, zone)), end: date.succ_opt().map(|date| midnight(date, zone)) })
}

fn written_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn midnight(date: NaiveDate, zone: &Zone) -> i64 {
    zone.instant(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
}

/// A point in time: `today`, `yesterday`, `now`, `-2h`, `2026-11-24`, `2026-11-24 03:00`, RFC 3339.
pub fn parse_instant(text: &str, zone: &Zone, now: i64) -> Result<i64> {
    if text == "now" {
        return Ok(now);
    }
    if let Some(back) = text.strip_prefix('-').and_then(parse_duration) {
        return Ok(now.saturating_sub(back));
    }
    let day = || parse_day(text, zone, now).ok().and_then(|day| day.start);
    written(text, zone).or_else(day).ok_or_else(|| {
        not_a_time("time", text, "use `yesterday`, `-2h`, `2026-11-24`, `2026-11-24 03:00` or RFC 3339")
    })
}

/// A point in time that no clock is needed for: `2026-11-24`, `2026-11-24 03:00`, RFC 3339.
pub fn parse_date(text: &str, zone: &Zone) -> Result<i64> {
    let error = || not_a_time("time", text, "write `2026-11-24`, `2026-11-24 03:00` or RFC 3339");
    written(text, zone).ok_or_else(error)
}

fn written(text: &str, zone: &Zone) -> Option<i64> {
    if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(instant.timestamp_micros());
    }
    let patterns = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let civil = patterns.iter().find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok());
    let instant = civil.map(|civil| zone.instant(civil.and_utc().timestamp_micros()));
    instant.or_else(|| Some(midnight(written_day(text)?, zone)))
}

fn not_a_time(kind: &str, text: &str, help: &str) -> Error {
    let error = Error::new(Exit::Usage, format!("`{text}` is not a {kind}")).help(help);
    match no_such_time(text) {
        Some(why) => error.why(why),
        None => error,
    }
}

/// Why there is no such time, where the text has the form of one: `November 2026 has 30 days`.
pub fn no_such_time(text: &str) -> Option<String> {
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let [year, month, day] = <[&str; 3]>::try_from(date.split('-').collect::<Vec<_>>()).ok()?;
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let Some(first) = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, 1) else {
        return (year <= 9999).then(|| "the months are 01 to 12".to_owned());
    };
    let days = u32::from(first.num_days_in_month());
    if !(1..=days).contains(&day) {
        return Some(format!("{} has {days} days", first.format("%B %Y")));
    }
    let mut parts = clock.split(':').map(number);
    let late =
        [(24, "the hours are 00 to 23"), (60, "the minutes are 00 to 59"), (60, "the seconds are 00 to 59")];
    late.into_iter().find_map(|(end, why)| (parts.next()?? >= end).then(|| why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    #[test]
    fn a_day_is_as_long_as_its_zone_makes_it() {
        let berlin = Zone::named("Europe/Berlin").expect("the zone is known");
        let hours = |day| {
            let span = parse_day(day, &berlin, 0).expect("a day");
            (span.end.unwrap_or(0) - span.start.unwrap_or(0)) / HOUR
        };
        assert_eq!((hours("2026-10-25"), hours("2026-03-29"), hours("2026-11-23")), (25, 23, 24));
    }

    #[test]
    fn a_time_that_there_is_not_has_its_reason() {
        for (text, why) in [
            ("2026-11-31", Some("November 2026 has 30 days")),
            ("2027-02-29 03:00", Some("February 2027 has 28 days")),
            ("2026-13-01", Some("the months are 01 to 12")),
            ("2026-11-24 24:00", Some("the hours are 00 to 23")),
            ("2026-11-24T03:60", Some("the minutes are 00 to 59")),
            ("2026-11-24 03:00", None),
            ("2026-11-00x", None),
            ("someday", None),
        ] {
            assert_eq!(no_such_time(text).as_deref(), why, "{text}");
        }
    }
}
