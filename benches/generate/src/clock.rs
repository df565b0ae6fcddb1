//! Time in the log: microseconds since its first midnight, the load by hour, and how times are written.

use crate::dice::Dice;

/// Microseconds since the first midnight of the log.
pub type Micros = u64;

pub const SECOND: Micros = 1_000_000;
pub const MINUTE: Micros = 60 * SECOND;
pub const HOUR: Micros = 60 * MINUTE;
pub const DAY: Micros = 24 * HOUR;

/// 2026-11-20T00:00:00Z in seconds since 1970.
const EPOCH_SECONDS: u64 = 1_795_132_800;
/// The day of November on which the log begins.
const FIRST_DAY: u64 = 20;

/// Relative load in the hours 0 to 23.
const LOAD: [f64; 24] = [
    0.42, 0.36, 0.32, 0.31, 0.35, 0.45, 0.70, 1.1, 1.7, 2.0, 2.05, 1.9, 1.6, 1.75, 1.95, 1.9, 1.75, 1.5, 1.2, 1.0,
    0.9, 0.8, 0.65, 0.5,
];

pub fn seconds(amount: f64) -> Micros {
    (amount * SECOND as f64) as Micros
}

pub fn as_seconds(time: Micros) -> f64 {
    time as f64 / SECOND as f64
}

pub fn unix_seconds(time: Micros) -> u64 {
    EPOCH_SECONDS + time / SECOND
}

pub fn unix_micros(time: Micros) -> u64 {
    EPOCH_SECONDS * SECOND + time
}

/// When things start: at random, more of them in busy hours.
pub struct Arrivals {
    per_load_second: f64,
    last: Micros,
}

impl Arrivals {
    /// `per_day` starts a day, none after `last`.
    pub fn new(per_day: f64, last: Micros) -> Self {
        let load_seconds = LOAD.iter().sum::<f64>() * 3600.0;
        Self { per_load_second: per_day / load_seconds, last }
    }

    pub fn next(&self, after: Micros, dice: &mut Dice) -> Option<Micros> {
        let hour = (after / HOUR % 24) as usize;
        let mean = 1.0 / (self.per_load_second * LOAD[hour]);
        let at = after + seconds(dice.exponential(mean));
        (at <= self.last).then_some(at)
    }
}

/// Hours, minutes and seconds of the day.
fn time_of_day(time: Micros) -> (u64, u64, u64) {
    let second = time / SECOND;
    (second / 3600 % 24, second / 60 % 60, second % 60)
}

/// Month (11 or 12) and day of the month; the log ends long before the year does.
fn date(time: Micros) -> (u64, u64) {
    let day = FIRST_DAY + time / DAY;
    if day > 30 { (12, day - 30) } else { (11, day) }
}

/// `Nov 20 09:00:01`
pub fn stamp(time: Micros) -> String {
    let (month, day) = date(time);
    let name = if month == 11 { "Nov" } else { "Dec" };
    let (h, m, s) = time_of_day(time);
    format!("{name} {day:2} {h:02}:{m:02}:{s:02}")
}

/// `20261120090001`
pub fn digits(time: Micros) -> String {
    let ((month, day), (h, m, s)) = (date(time), time_of_day(time));
    format!("2026{month:02}{day:02}{h:02}{m:02}{s:02}")
}

/// `2026-11-20T09:00:01.123456+00:00`
pub fn rfc3339(time: Micros) -> String {
    let ((month, day), (h, m, s)) = (date(time), time_of_day(time));
    let micros = time % SECOND;
    format!("2026-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{micros:06}+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_their_formats_say() {
        let time = 9 * HOUR + SECOND + 123_456;
        assert_eq!(stamp(time), "Nov 20 09:00:01");
        assert_eq!(digits(time), "20261120090001");
        assert_eq!(rfc3339(time), "2026-11-20T09:00:01.123456+00:00");
        assert_eq!(stamp(11 * DAY), "Dec  1 00:00:00");
    }
}
