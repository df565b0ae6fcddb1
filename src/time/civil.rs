//! Days of the civil calendar by number.

use chrono::{Datelike, NaiveDate};

/// Days since 1970-01-01 of a date of the Gregorian calendar; nothing where there is no such date.
pub fn civil_day(year: i32, month: u32, day: u32) -> Option<i64> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(date.signed_duration_since(NaiveDate::default()).num_days())
}

/// Year, month and day of a day since 1970-01-01.
pub fn civil_date(day: i64) -> (i32, u32, u32) {
    let date = chrono::TimeDelta::try_days(day)
        .and_then(|days| NaiveDate::default().checked_add_signed(days))
        .unwrap_or_default();
    (date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970_on() {
        for (day, date) in
            [(0, (1970, 1, 1)), (-1, (1969, 12, 31)), (20_781, (2026, 11, 24)), (11_016, (2000, 2, 29))]
        {
            assert_eq!(civil_day(date.0, date.1, date.2), Some(day));
            assert_eq!(civil_date(day), date);
        }
        assert_eq!(civil_day(2026, 2, 29), None);
    }
}
