//! Periods as people write them: a day, a relative time, a date with a time.

use super::{DAY, HOUR, SECOND, Zone};
use crate::error::{Error, Exit, Result};
use chrono::{NaiveDate, NaiveDateTime};

/// A span of time, its end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first instant; open where absent.
    pub start: Option<i64>,
    /// The instant after its last; open where absent.
    pub end: Option<i64>,
}

impl Span {
    /// All time.
    pub const ALL: Self = Self { start: None, end: None };
}

/// A civil day in a zone: `today`, `yesterday` (seen from `now`) or `2026-11-23`.
pub fn parse_day(text: &str, zone: &Zone, now: i64) -> Result<Span> {
    let today = zone.date(now);
    let date = match text {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        text => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok(),
    };
    let date =
        date.ok_or_else(|| not_a_time("day", text, "use `today`, `yesterday` or a date like `2026-11-23`"))?;
    let midnight = |d: NaiveDate| zone.instant(d.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros());
    Ok(Span { start: Some(midnight(date)), end: date.succ_opt().map(midnight) })
}

/// A point in time: `today`, `yesterday`, `now`, `-2h`, `2026-11-24`, `2026-11-24 03:00`, RFC 3339.
pub fn parse_instant(text: &str, zone: &Zone, now: i64) -> Result<i64> {
    if text == "now" {
        return Ok(now);
    }
    if let Some(back) = text.strip_prefix('-').and_then(parse_duration) {
        return Ok(now - back);
    }
    if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(instant.timestamp_micros());
    }
    for pattern in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"] {
        if let Ok(civil) = NaiveDateTime::parse_from_str(text, pattern) {
            return Ok(zone.instant(civil.and_utc().timestamp_micros()));
        }
    }
    parse_day(text, zone, now).ok().and_then(|day| day.start).ok_or_else(|| {
        not_a_time("time", text, "use `yesterday`, `-2h`, `2026-11-24`, `2026-11-24 03:00` or RFC 3339")
    })
}

/// A duration such as `90`, `15 min`, `2h`, `1 d`, in microseconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "ms" => SECOND / 1000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "durations that people write"
    )]
    Some((number * unit as f64) as i64)
}

fn not_a_time(kind: &str, text: &str, help: &str) -> Error {
    Error::new(Exit::Usage, format!("`{text}` is not a {kind}")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn durations_carry_units() {
        assert_eq!(parse_duration("10 min"), Some(600 * SECOND));
        assert_eq!(parse_duration("2h"), Some(2 * HOUR));
        assert_eq!(parse_duration("x"), None);
    }
}
