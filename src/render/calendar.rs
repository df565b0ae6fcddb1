//! The page over kept reports: a calendar with each day's verdict, in the style of the reports' own pages.

use super::{html, parts, template};
use crate::assets::Assets;
use crate::error::Result;
use crate::report::State;
use crate::time::{civil_date, civil_day};
use crate::units;
use minijinja::Value;
use serde::Serialize;
use std::collections::BTreeMap;

const PAGE: &str = "calendar.html";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days since 1970-01-01, a Thursday, up to the Monday before it.
const TO_MONDAY: i64 = 3;

/// A kept report of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// The day, in days since 1970-01-01.
    pub day: i64,
    /// The report's verdict.
    pub verdict: State,
    /// What it found, in a few words.
    pub headline: String,
    /// Deliveries, where they were counted.
    pub delivered: Option<f64>,
    /// The file of the report, in the folder of the page.
    pub file: String,
}

#[derive(Serialize)]
struct Page {
    version: &'static str,
    policy: &'static str,
    style: Value,
    title: String,
    latest: Option<Cell>,
    months: Vec<Month>,
}

#[derive(Serialize)]
struct Month {
    title: String,
    weeks: Vec<Vec<Option<Cell>>>,
}

/// A day of a month; without a report, its number alone, or that the report is missing.
#[derive(Clone, Serialize)]
struct Cell {
    number: u32,
    date: String,
    report: Option<Kept>,
    /// Whether there are reports of days before and after it.
    is_missed: bool,
}

#[derive(Clone, Serialize)]
struct Kept {
    file: String,
    word: &'static str,
    sign: &'static str,
    headline: String,
    delivered: Option<String>,
}

/// The page over some days, the newest month first.
///
/// # Errors
///
/// Where a template fails.
pub fn page(title: &str, days: &[Day], assets: &Assets) -> Result<Vec<u8>> {
    let kept: BTreeMap<i64, &Day> = days.iter().map(|day| (day.day, day)).collect();
    let mut months: Vec<(i32, u32)> = kept.keys().map(|day| civil_date(*day)).map(|(y, m, _)| (y, m)).collect();
    months.dedup();
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        policy: html::POLICY,
        style: Value::from_safe_string(template::embedded(assets, html::FOLDER, html::STYLE)?),
        title: title.to_owned(),
        latest: kept.keys().next_back().map(|day| cell(*day, &kept)),
        months: months.iter().rev().filter_map(|(year, month)| self::month(*year, *month, &kept)).collect(),
    };
    let fuel = 1_000_000 + 20_000 * days.len() as u64 + 200_000 * months.len() as u64;
    template::render(assets, html::FOLDER, PAGE, &page, fuel).map(String::into_bytes)
}

fn month(year: i32, month: u32, kept: &BTreeMap<i64, &Day>) -> Option<Month> {
    let first = civil_day(year, month, 1)?;
    let next = if month == 12 { civil_day(year + 1, 1, 1)? } else { civil_day(year, month + 1, 1)? };
    let monday = first - (first + TO_MONDAY).rem_euclid(7);
    let day_of = |day: i64| (first..next).contains(&day).then(|| cell(day, kept));
    let weeks = (monday..next).step_by(7).map(|start| (start..start + 7).map(day_of).collect());
    let name = MONTHS.get(usize::try_from(month).ok()? - 1)?;
    Some(Month { title: format!("{name} {year}"), weeks: weeks.collect() })
}

fn cell(day: i64, kept: &BTreeMap<i64, &Day>) -> Cell {
    let (year, month, number) = civil_date(day);
    let is_missed =
        !kept.contains_key(&day) && kept.range(..day).next().is_some() && kept.range(day..).next().is_some();
    let kept = kept.get(&day).map(|day| Kept {
        file: day.file.clone(),
        word: day.verdict.word(),
        sign: parts::sign(day.verdict),
        headline: day.headline.clone(),
        delivered: day.delivered.map(units::number),
    });
    Cell { number, date: format!("{year:04}-{month:02}-{number:02}"), report: kept, is_missed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(date: (i32, u32, u32), verdict: State) -> Day {
        Day {
            day: civil_day(date.0, date.1, date.2).expect("a date"),
            verdict,
            headline: "2 <b>warnings</b>".into(),
            delivered: Some(12_345.0),
            file: format!("daily-{}.html", date.2),
        }
    }

    #[test]
    fn each_day_has_its_place_and_its_verdict() {
        let days = [of((2026, 11, 30), State::Ok), of((2026, 12, 1), State::Warning)];
        let page = page("Daily", &days, &Assets::default()).expect("it renders");
        let page = String::from_utf8(page).expect("it is UTF-8");
        let (december, november) = (page.find("December 2026"), page.find("November 2026"));
        assert!(december.is_some() && december < november, "the newest month stands first");
        assert!(page.contains("href=\"daily-30.html\"") && page.contains("2 &lt;b&gt;warnings"));
        assert!(!page.contains("<script"));
        assert_eq!(page.matches("<h1").count(), 1);
    }

    #[test]
    fn a_night_that_was_missed_is_seen_and_days_before_the_first_are_not() {
        let days = [of((2026, 11, 10), State::Ok), of((2026, 11, 12), State::Warning)];
        let page =
            String::from_utf8(page("Daily", &days, &Assets::default()).expect("it renders")).expect("UTF-8");
        assert_eq!(page.matches("class=\"none missed\"").count(), 1);
        assert!(page.contains("2026-11-11, no report"));
    }

    #[test]
    fn weeks_begin_on_monday() {
        let month = month(2026, 11, &BTreeMap::new()).expect("a month");
        assert_eq!(month.weeks.len(), 6);
        let first = month.weeks[0].iter().position(Option::is_some);
        assert_eq!(first, Some(6), "1 November 2026 is a Sunday");
    }
}
