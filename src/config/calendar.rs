//! Times of the week and of the year in the words of systemd's calendar: `Mon..Fri 08:00-18:00`, `Sat,Sun`,
//! `2026-12-25`, `*-12-25`, `*-*-01`. Spans of times, `22:00-06:00`, are ours: systemd's words name instants.
//!
//! ```text
//! entry    = [weekdays] [date] [times]          at least one of them
//! weekdays = range { "," range }                range = day [ ".." day ]; blanks may stand around a comma
//! date     = ( year | "*" ) "-" numbers "-" numbers    the months and their days
//! numbers  = "*" | span { "," span }            span = number [ ".." number ]
//! times    = time "-" time                      time = hour ":" minute; 24:00 is the end of the day
//! ```

use super::comparison::Wrong;
use crate::time::{civil_date, civil_day};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{alpha1, char, space0};
use nom::combinator::{map_opt, opt};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

/// Minutes of a day.
pub const DAY_MINUTES: u32 = 1_440;

/// When something holds: on some days, in a span of minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The weekdays, Monday first; all where none are named.
    pub weekdays: Option<[bool; 7]>,
    /// The date.
    pub date: Option<Date>,
    /// The minutes of the day, the second exclusive. A span over midnight ends beyond the day's 1440 minutes and
    /// belongs to the day on which it begins.
    pub minutes: Option<(u32, u32)>,
}

/// Dates, of one year or of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year; every one where absent.
    pub year: Option<i32>,
    /// The months, 1 to 12.
    pub months: Numbers,
    /// The days of the month.
    pub days: Numbers,
}

/// Some numbers from 1 to 31, each a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers(u32);

impl Numbers {
    /// Any number.
    const EVERY: Self = Self(u32::MAX);

    fn holds(self, number: u32) -> bool {
        self.0 & (1 << (number % 32)) != 0
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Entry {
    /// Whether a day, counted since 1970-01-01, is one of its days.
    pub fn on(&self, day: i64) -> bool {
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        self.weekdays.is_none_or(|days| days[weekday]) && self.date.is_none_or(|date| date.is(day))
    }

    /// Its minutes.
    pub fn span(&self) -> (u32, u32) {
        self.minutes.unwrap_or((0, DAY_MINUTES))
    }

    /// Whether it holds at a minute of a day.
    pub fn holds(&self, day: i64, minute: u32) -> bool {
        let (start, end) = self.span();
        let inside = |minute: u32| (start..end).contains(&minute);
        (self.on(day) && inside(minute)) || (self.on(day - 1) && inside(minute + DAY_MINUTES))
    }

    /// How special it is: dates, by what they leave open, before weekdays before times alone, and each of these with
    /// times before the same without.
    pub fn rank(&self) -> u32 {
        4 * self.date.map_or(0, Date::rank)
            + 2 * u32::from(self.weekdays.is_some())
            + u32::from(self.minutes.is_some())
    }
}

impl Date {
    fn is(self, day: i64) -> bool {
        let (year, month, of_month) = civil_date(day);
        self.year.is_none_or(|own| own == year) && self.months.holds(month) && self.days.holds(of_month)
    }

    /// A date before one of every year, that before days of every month, these before months, these before years; that
    /// which leaves all open is none.
    fn rank(self) -> u32 {
        let is_set = |numbers| numbers != Numbers::EVERY;
        match (self.year.is_some(), is_set(self.months), is_set(self.days)) {
            (true, true, true) => 7,
            (false, true, true) => 6,
            (true, false, true) => 5,
            (false, false, true) => 4,
            (true, true, false) => 3,
            (false, true, false) => 2,
            (true, false, false) => 1,
            (false, false, false) => 0,
        }
    }
}

/// What an entry looks like, for help.
const LOOKS: &str = "write `Mon..Fri 08:00-18:00`, `Sat,Sun`, `22:00-06:00`, `2026-12-25`, `*-12-25` or `*-*-01`";

/// Reads an entry.
///
/// # Errors
///
/// Where it is none; what is wrong with it, and where.
pub fn entry(text: &str) -> Result<Entry, Wrong> {
    let (rest, weekdays) = part(weekdays, text);
    let (rest, date) = part(date, rest);
    let (rest, minutes) = part(minutes, rest);
    let left = rest.trim_start();
    if !left.is_empty() || (weekdays.is_none() && date.is_none() && minutes.is_none()) {
        return Err(Wrong::new(text, left, why(left), LOOKS));
    }
    Ok(Entry { weekdays, date, minutes })
}

fn why(rest: &str) -> &'static str {
    if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == ',') {
        "this is no weekday"
    } else if rest.starts_with(|c: char| c.is_ascii_digit() || c == '*') {
        "this is no date and no span of times"
    } else {
        "these are no calendar words"
    }
}

fn part<'a, O>(
    mut parser: impl Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>>,
    text: &'a str,
) -> (&'a str, Option<O>) {
    match opt(preceded(space0, |rest| parser.parse(rest))).parse(text) {
        Ok(found) => found,
        Err(_) => (text, None),
    }
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn weekday(text: &str) -> IResult<&str, usize> {
    let place = |word: &str| {
        let word = word.to_ascii_lowercase();
        WEEKDAYS.iter().position(|day| *day == word || (word.len() == 3 && day.starts_with(&word)))
    };
    map_opt(alpha1, place).parse(text)
}

fn weekdays(text: &str) -> IResult<&str, [bool; 7]> {
    let range = |text| (weekday, opt(preceded(tag(".."), weekday))).parse(text);
    let (rest, ranges) = separated_list1(delimited(space0, char(','), space0), range).parse(text)?;
    let mut days = [false; 7];
    for (first, last) in ranges {
        let mut day = first;
        days[day] = true;
        while day != last.unwrap_or(first) {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    Ok((rest, days))
}

/// Digits of a fixed number, as a number.
fn digits<'a>(from: usize, to: usize) -> impl Parser<&'a str, Output = u32, Error = nom::error::Error<&'a str>> {
    map_opt(take_while_m_n(from, to, |c: char| c.is_ascii_digit()), |text: &str| text.parse().ok())
}

fn date(text: &str) -> IResult<&str, Date> {
    let every = |text| char('*').map(|_| None).parse(text);
    let year = |text| alt((every, digits(4, 4).map(Some))).parse(text);
    let parts = (year, char('-'), |text| numbers(12, text), char('-'), |text| numbers(31, text));
    map_opt(parts, |(year, _, months, _, days)| known_date(year, months, days)).parse(text)
}

fn numbers(most: u32, text: &str) -> IResult<&str, Numbers> {
    let span = map_opt((digits(1, 2), opt(preceded(tag(".."), digits(1, 2)))), |(first, last)| {
        let span = first..=last.unwrap_or(first);
        let fits = first > 0 && *span.end() <= most && !span.is_empty();
        fits.then(|| span.fold(Numbers(0), |all, number| all.with(Numbers(1 << number))))
    });
    let some = separated_list1(char(','), span).map(|spans| spans.into_iter().fold(Numbers(0), Numbers::with));
    alt((char('*').map(|_| Numbers::EVERY), some)).parse(text)
}

/// The dates, where there is such a one. Those of every year are tried in a leap year.
fn known_date(year: Option<u32>, months: Numbers, days: Numbers) -> Option<Date> {
    let year = year.map(i32::try_from).transpose().ok()?;
    let date = Date { year, months, days };
    let first = civil_day(year.unwrap_or(2024), 1, 1)?;
    (first..first + 366).any(|day| date.is(day)).then_some(date)
}

fn minutes(text: &str) -> IResult<&str, (u32, u32)> {
    let time = |text| {
        let parts = separated_pair(digits(1, 2), char(':'), digits(2, 2));
        map_opt(parts, |(hour, minute)| {
            let minutes = hour * 60 + minute;
            (minute < 60 && minutes <= DAY_MINUTES).then_some(minutes)
        })
        .parse(text)
    };
    map_opt(separated_pair(time, char('-'), time), |(start, end)| match end {
        end if start == end || start == DAY_MINUTES => None,
        end if end < start => Some((start, end + DAY_MINUTES)),
        end => Some((start, end)),
    })
    .parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i64 {
        let mut parts = text.split('-').map(|part| part.parse::<u32>().expect("a number"));
        let mut next = || parts.next().expect("a part");
        civil_day(i32::try_from(next()).expect("a year"), next(), next()).expect("a date")
    }

    fn holds(entry_text: &str, date: &str, minute: u32) -> bool {
        entry(entry_text).expect("an entry").holds(day(date), minute)
    }

    #[test]
    fn l24_spans_hold_their_start_and_not_their_end() {
        // 2026-11-23 is a Monday.
        let at = |minute| holds("Mon..Fri 08:00-18:00", "2026-11-23", minute);
        assert_eq!([at(479), at(480), at(1079), at(1080)], [false, true, true, false]);
        assert!(!holds("Mon..Fri 08:00-18:00", "2026-11-22", 600));
    }

    #[test]
    fn spans_over_midnight_belong_to_the_day_on_which_they_begin() {
        let at = |date, minute| holds("Fri 22:00-06:00", date, minute);
        assert!(at("2026-11-27", 1_320) && at("2026-11-28", 359));
        assert!(!at("2026-11-28", 360) && !at("2026-11-27", 0) && !at("2026-11-28", 1_320));
    }

    #[test]
    fn weekdays_and_dates_are_told() {
        assert!(holds("Sat,Sun", "2026-11-22", 0) && !holds("Sat,Sun", "2026-11-23", 0));
        assert!(holds("Saturday..monday", "2026-11-23", 5));
        assert!(holds("*-12-25", "2031-12-25", 1439) && holds("2026-12-25", "2026-12-25", 0));
        assert!(!holds("2026-12-25", "2027-12-25", 0));
        assert!(holds("20:00-24:00", "2026-12-25", 1439));
    }

    #[test]
    fn dates_can_leave_open_what_they_leave_open_in_systemds_words() {
        assert!(holds("*-*-01", "2026-02-01", 0) && !holds("*-*-01", "2026-02-02", 0));
        assert!(holds("2026-12-*", "2026-12-31", 0) && !holds("2026-12-*", "2027-12-31", 0));
        assert!(holds("*-12-24..26", "2030-12-25", 0) && !holds("*-12-24..26", "2030-12-27", 0));
        assert!(holds("2026-3,6..7-1,15", "2026-07-15", 0) && !holds("2026-3,6..7-1,15", "2026-05-15", 0));
        let office = |date, minute| holds("Mon..Fri *-*-* 08:00-18:00", date, minute);
        assert!(office("2026-11-23", 480) && !office("2026-11-23", 1_080) && !office("2026-11-22", 480));
        assert!(holds("Mon *-12-*", "2026-12-07", 0) && !holds("Mon *-12-*", "2026-11-30", 0));
        assert!(holds("Sat, Sun", "2026-11-22", 0) && holds("Mon..Tue , Sun", "2026-11-22", 0));
        assert!(holds("*-02-29", "2028-02-29", 0) && entry("2027-02-29").is_err());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let at = |text: &str| entry(text).expect_err("wrong").at;
        let wrong =
            ["Mon..Fry", "Mon 8-18", "Mon 25:00-26:00", "2026-02-30", "", "Mon 08:00-08:00", "08:00-12:00 Mon"];
        assert_eq!(wrong.map(at), [3, 4, 4, 0, 0, 4, 12]);
        let not_ours =
            ["*-13-01", "*-*-32", "*-*-0", "*-*-9..3", "12-25", "*-*~01", "*-*-01/2", "daily", "08:00", "Mon,"];
        assert!(not_ours.iter().all(|words| entry(words).is_err()));
    }

    #[test]
    fn the_special_goes_before_the_general() {
        let rank = |text: &str| entry(text).expect("an entry").rank();
        let words = [
            "08:00-18:00",
            "Mon",
            "Mon 08:00-18:00",
            "2026-*-*",
            "*-12-*",
            "2026-12-*",
            "*-*-01",
            "2026-*-01",
            "*-12-25",
            "2026-12-24..26",
            "2026-12-25 08:00-12:00",
        ];
        let ranks = words.map(rank);
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        assert_eq!(rank("Mon *-*-* 08:00-18:00"), rank("Mon 08:00-18:00"));
    }
}
