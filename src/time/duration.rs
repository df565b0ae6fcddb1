//! Durations and ages as people write them, and the one table of the units of time.

use super::{DAY, HOUR, SECOND};

/// A unit of time: its words, the one for messages first, and its microseconds.
pub type TimeUnit = (&'static [&'static str], i64);

/// The units of time, the shortest first.
pub const UNITS: [TimeUnit; 6] = [
    (&["ms"], SECOND / 1000),
    (&["s", "sec", "secs", "second", "seconds"], SECOND),
    (&["min", "m", "mins", "minute", "minutes"], 60 * SECOND),
    (&["h", "hour", "hours"], HOUR),
    (&["d", "day", "days"], DAY),
    (&["w", "week", "weeks"], 7 * DAY),
];

/// The days of the longest duration: who means more has mistyped it, and times before the first log are none.
pub const MOST_DAYS: u32 = 36_500;

/// The microseconds of a unit of time.
pub fn unit_of_time(word: &str) -> Option<i64> {
    UNITS.iter().find(|(words, _)| words.contains(&word)).map(|(_, micros)| *micros)
}

/// A duration such as `90`, `15 min`, `2h`, `1 d`, in microseconds; none that is longer than [`MOST_DAYS`].
pub fn parse_duration(text: &str) -> Option<i64> {
    let (number, word) = split(text);
    let unit = if word.is_empty() { SECOND } else { unit_of_time(word)? };
    let number: f64 = number.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is cut to what can be")]
    let micros = (number * unit as f64) as i64;
    (micros <= i64::from(MOST_DAYS) * DAY).then_some(micros)
}

/// What helps where an age is none.
pub const AGES: &str = "write days or weeks, with their unit: 400d, 13w";

/// An age in days: `400d`, `13 weeks`.
///
/// # Errors
///
/// Where it is none in whole days, or more than [`MOST_DAYS`]: what helps.
pub fn parse_age(text: &str) -> Result<u32, String> {
    let (number, word) = split(text);
    let unit = unit_of_time(word).filter(|unit| unit % DAY == 0);
    let (Some(unit), true) = (unit, number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty()) else {
        return Err(AGES.to_owned());
    };
    let days = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit / DAY));
    days.and_then(|days| u32::try_from(days).ok())
        .filter(|days| *days <= MOST_DAYS)
        .ok_or_else(|| format!("the longest is {MOST_DAYS}d, which is a hundred years"))
}

/// The digits of a number, and what follows them.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..digits], text[digits..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_units() {
        assert_eq!(parse_duration("10 min"), Some(600 * SECOND));
        assert_eq!(parse_duration("2h"), Some(2 * HOUR));
        assert_eq!(["250ms", "36500d"].map(parse_duration), [250_000, i64::from(MOST_DAYS) * DAY].map(Some));
        assert_eq!(
            [parse_duration("x"), parse_duration("36501d"), parse_duration("99999999999999999999w")],
            [None; 3]
        );
    }

    #[test]
    fn ages_are_whole_days_and_not_for_ever() {
        assert_eq!(["0d", "13w", "2 weeks", "36500 days"].map(parse_age), [0, 91, 14, 36_500].map(Ok));
        for wrong in ["9", "2h", "1.5d", "d", "-1d", "36501d", "999999999d", "99999999999999999999w"] {
            assert!(parse_age(wrong).is_err(), "{wrong}");
        }
        assert!(["1.5d", "d"].iter().all(|age| parse_age(age).is_err_and(|help| help.starts_with("write days"))));
    }
}
