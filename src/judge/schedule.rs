//! Which of several schedules holds.
//!
//! Spans hold their start and not their end, on the wall clock of the zone: an hour that happens twice holds twice. Of
//! several schedules that hold the most special one wins, whatever their order, and whether or not a threshold names it.
//! Two equally special ones that meet are a mistake where one threshold names both; else the one that it names wins.

use crate::config::{DAY_MINUTES, Entry};
use crate::time::{DAY, SECOND, Zone, civil_day};
use std::cmp::Reverse;

const MINUTE: i64 = 60 * SECOND;

/// The place of the schedule that holds at an instant, of equally special ones the first; nothing where none does.
pub(super) fn at(schedules: &[&[Entry]], zone: &Zone, micros: i64) -> Option<usize> {
    let civil = zone.civil(micros);
    let day = civil.div_euclid(DAY);
    let minute = u32::try_from(civil.rem_euclid(DAY) / MINUTE).unwrap_or(0);
    let rank = |entries: &[Entry]| {
        let holding = entries.iter().filter(|entry| entry.holds(day, minute));
        holding.map(Entry::rank).max()
    };
    let ranked =
        schedules.iter().enumerate().filter_map(|(place, entries)| Some((rank(entries)?, Reverse(place))));
    ranked.max().map(|(_, Reverse(place))| place)
}

/// The place of the schedule that holds all through a period. A period that lies in none, or in several one after the
/// other, is ruled by none of them.
pub(super) fn all_through(schedules: &[&[Entry]], zone: &Zone, start: i64, end: i64) -> Option<usize> {
    let first = at(schedules, zone, start)?;
    let next_minute = (start.div_euclid(MINUTE) + 1) * MINUTE;
    let minutes = (end - 1).div_euclid(MINUTE) - start.div_euclid(MINUTE);
    let mut rest = (0..minutes).map(|n| next_minute + n * MINUTE);
    rest.all(|minute| at(schedules, zone, minute) == Some(first)).then_some(first)
}

/// Two of the schedules that can hold at once while neither is more special.
pub(super) fn tie(schedules: &[&[Entry]]) -> Option<(usize, usize)> {
    let places = 0..schedules.len();
    let mut pairs = places.flat_map(|b| (0..b).map(move |a| (a, b)));
    pairs.find(|(a, b)| {
        let against =
            |one: &Entry| schedules[*b].iter().any(|other| one.rank() == other.rank() && meet(one, other));
        schedules[*a].iter().any(against)
    })
}

/// Whether two entries can hold at once.
fn meet(a: &Entry, b: &Entry) -> bool {
    [-1, 0, 1].into_iter().any(|later| {
        let shift = later * i64::from(DAY_MINUTES);
        let ((a_start, a_end), (b_start, b_end)) = (a.span(), b.span());
        let overlap =
            i64::from(a_start) < i64::from(b_end) + shift && i64::from(b_start) + shift < i64::from(a_end);
        overlap && days(a, b).any(|day| a.on(day) && b.on(day + later))
    })
}

/// Days that stand for all days on which the first of two entries could begin.
fn days(a: &Entry, b: &Entry) -> std::ops::RangeInclusive<i64> {
    let year = |entry: &Entry| entry.date.and_then(|date| date.year);
    if let Some(first) = year(a).or(year(b)).and_then(|year| civil_day(year, 1, 1)) {
        // The second may begin on a day of the year before or after.
        return first - 1..=first + 366;
    }
    // The calendar's weekdays and leap years come round in 28 years.
    let years = if a.date.is_some() || b.date.is_some() { 28 } else { 0 };
    0..=years * 366 + 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::calendar_entry as entry;
    use crate::time::HOUR;
    use proptest::prelude::*;

    const WORDS: [&str; 16] = [
        "Mon..Fri 08:00-18:00",
        "Sat,Sun",
        "Mon",
        "22:00-06:00",
        "06:00-22:00",
        "Sun 23:00-01:00",
        "Mon 00:00-00:30",
        "2026-12-25",
        "*-12-25",
        "*-12-24 20:00-04:00",
        "2026-12-25 03:00-05:00",
        "Fri..Mon",
        "*-*-01",
        "2026-12-*",
        "*-12-24..26 23:00-01:00",
        "Mon *-*-*",
    ];

    fn read(words: &str) -> Vec<Entry> {
        vec![entry(words).expect("an entry")]
    }

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").expect("the zone is known")
    }

    fn instant(zone: &Zone, year: i32, month: u32, day: u32, minute: i64) -> i64 {
        zone.instant(civil_day(year, month, day).expect("a date") * DAY + minute * MINUTE)
    }

    #[test]
    fn l24_an_hour_that_happens_twice_holds_twice() {
        let zone = berlin();
        let entries = read("Sun 02:00-03:00");
        let first = instant(&zone, 2026, 10, 25, 150);
        let holds = |micros| at(&[&entries], &zone, micros).is_some();
        assert!(holds(first) && holds(first + HOUR) && !holds(first + HOUR / 2 + HOUR));
    }

    #[test]
    fn a_date_goes_before_weekdays_with_times_and_these_before_weekdays() {
        let zone = berlin();
        let all = ["Mon..Fri", "Mon..Fri 08:00-18:00", "2026-12-25"].map(read);
        let schedules: Vec<&[Entry]> = all.iter().map(Vec::as_slice).collect();
        let at = |day, minute| at(&schedules, &zone, instant(&zone, 2026, 12, day, minute));
        // 2026-12-25 is a Friday.
        assert_eq!([at(25, 600), at(24, 600), at(24, 60), at(26, 600)], [Some(2), Some(1), Some(0), None]);
    }

    #[test]
    fn a_period_is_ruled_by_what_holds_all_through_it() {
        let zone = berlin();
        let all = ["Mon..Fri 08:00-18:00", "Sat,Sun"].map(read);
        let schedules: Vec<&[Entry]> = all.iter().map(Vec::as_slice).collect();
        let through = |from: (u32, i64), to: (u32, i64)| {
            let at = |(day, minute)| instant(&zone, 2026, 11, day, minute);
            all_through(&schedules, &zone, at(from) + 7, at(to))
        };
        assert_eq!(through((23, 480), (23, 1080)), Some(0), "a Monday's office hours");
        assert_eq!(through((23, 480), (23, 1081)), None, "and a minute of the evening");
        assert_eq!(through((21, 0), (23, 0)), Some(1), "a weekend");
        assert_eq!(through((16, 0), (23, 0)), None, "a week");
    }

    #[test]
    fn schedules_that_meet_and_are_equally_special_are_told() {
        let ties = |a: &str, b: &str| tie(&[&read(a), &read(b)]).is_some();
        assert!(ties("Mon..Fri 08:00-18:00", "Fri 17:59-20:00"));
        assert!(!ties("Mon..Fri 08:00-18:00", "Fri 18:00-20:00"));
        assert!(ties("Sun 23:00-01:00", "Mon 00:00-00:30") && !ties("Sun 23:00-01:00", "Mon 01:00-02:00"));
        assert!(ties("2026-12-31 22:00-02:00", "2027-01-01 00:00-03:00") && ties("*-*-01", "*-*-01..02"));
        assert!(ties("*-12-24", "*-12-24") && !ties("2026-12-24", "2026-12-25"));
        assert!(!ties("Mon", "Mon 08:00-09:00"), "one is more special");
    }

    proptest! {
        #[test]
        fn l24_the_order_of_schedules_does_not_matter(minute in 0_i64..40_000, places in proptest::sample::subsequence((0..16).collect::<Vec<usize>>(), 1..5)) {
            let zone = berlin();
            let all: Vec<Vec<Entry>> = places.iter().map(|place| read(WORDS[*place])).collect();
            let forth: Vec<&[Entry]> = all.iter().map(Vec::as_slice).collect();
            let back: Vec<&[Entry]> = forth.iter().rev().copied().collect();
            let micros = instant(&zone, 2026, 12, 1, minute);
            if tie(&forth).is_none() {
                let one = at(&forth, &zone, micros);
                prop_assert_eq!(one, at(&back, &zone, micros).map(|place| all.len() - 1 - place));
            }
        }

        #[test]
        fn what_holds_at_once_is_said_to_meet(a in 0..16_usize, b in 0..16_usize, minute in 0_i64..50_000) {
            let (a, b) = (read(WORDS[a]), read(WORDS[b]));
            let day = civil_day(2026, 12, 1).expect("a date") + minute / 1440;
            let minute = u32::try_from(minute % 1440).expect("a minute");
            if a[0].holds(day, minute) && b[0].holds(day, minute) {
                prop_assert!(meet(&a[0], &b[0]) && meet(&b[0], &a[0]));
            }
        }
    }
}
