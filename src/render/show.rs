//! Values as people read them, by their units, in the report's zone.

use crate::address::as_written;
use crate::report::{Cell, Period, Report, Section, Unit};
use crate::text::{Text, shown};
use crate::time::{DAY, SECOND, Zone};
use crate::units;
use std::borrow::Cow;
use std::ops::Range;

/// What stands where a value is not known.
pub(super) const ABSENT: &str = "–";

/// Words in names of ours that are abbreviations.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    "dn", "dns", "dsn", "helo", "id", "imap", "ip", "ldap", "lmtp", "mta", "pop3", "sasl", "smtp", "sql", "tls", "utc",
];

/// The name of a label or a column as people write it: `client_ip` is `client IP`.
pub(super) fn words(name: &str) -> String {
    let word = |word: &str| {
        if ABBREVIATIONS.contains(&word) { word.to_uppercase() } else { word.to_owned() }
    };
    name.split(['_', ' ']).map(word).collect::<Vec<_>>().join(" ")
}

/// A figure with its unit.
pub(super) fn figure(x: f64, unit: Unit) -> String {
    match unit {
        Unit::None | Unit::Count => units::number(x),
        Unit::Bytes => units::bytes(x),
        Unit::Seconds => units::seconds(x),
        Unit::Share => units::share(x),
    }
}

/// A figure, or what stands for one that is not known.
pub(super) fn figure_or_absent(x: Option<f64>, unit: Unit) -> String {
    x.map_or_else(|| ABSENT.to_owned(), |x| figure(x, unit))
}

/// How the cells of one column are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner<'a> {
    unit: Unit,
    clock: &'static str,
    zone: &'a Zone,
}

impl<'a> Manner<'a> {
    /// The manner of column `at` of a section: its times are as short as all of them together allow.
    pub fn of(section: &Section, at: usize, period: &'a Period) -> Self {
        let unit = section.columns.get(at).map(|column| column.unit).unwrap_or_default();
        Self { unit, clock: clock(section, at, period), zone: &period.zone }
    }

    /// A cell in plain text. Text of a log still needs an encoder.
    pub fn write(&self, cell: &Cell) -> String {
        match cell {
            Cell::Null => ABSENT.to_owned(),
            Cell::Text(text) => shown(text.raw()).into_owned(),
            Cell::Integer(n) if matches!(self.unit, Unit::None | Unit::Count) => units::integer(*n),
            Cell::Integer(_) | Cell::Number(_) => figure_or_absent(cell.number(), self.unit),
            Cell::Time(micros) => self.zone.format(*micros, self.clock),
            Cell::State(state) => state.word().to_owned(),
            Cell::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        }
    }
}

/// The shortest pattern that loses nothing down to the second; in the report of a day its date goes without saying.
fn clock(section: &Section, at: usize, period: &Period) -> &'static str {
    let times = || section.rows.iter().filter_map(|row| row.get(at)).filter_map(instant);
    let all_multiples_of = |step| times().all(|time| period.zone.civil(time).rem_euclid(step) == 0);
    let in_the_day = day_of(period).is_some_and(|day| times().all(|time| day.contains(&time)));
    match (all_multiples_of(60 * SECOND), in_the_day) {
        _ if all_multiples_of(DAY) => "%Y-%m-%d",
        (true, true) => "%H:%M",
        (false, true) => "%H:%M:%S",
        (true, false) => "%Y-%m-%d %H:%M",
        (false, false) => "%Y-%m-%d %H:%M:%S",
    }
}

fn instant(cell: &Cell) -> Option<i64> {
    if let Cell::Time(micros) = cell { Some(*micros) } else { None }
}

/// The report as people read it: an empty envelope sender is written as one, and abbreviations in capitals.
pub(super) fn for_people(report: &Report) -> Cow<'_, Report> {
    let mut report = Cow::Borrowed(report);
    for number in 0..report.sections.len() {
        for (column, title) in untitled(&report.sections[number]) {
            report.to_mut().sections[number].columns[column].title = title;
        }
        for (row, column, text) in unwritten(&report.sections[number]) {
            report.to_mut().sections[number].rows[row][column] = Cell::Text(text);
        }
    }
    report
}

/// The columns whose title people write in another way, and how.
fn untitled(section: &Section) -> Vec<(usize, String)> {
    let titles = section.columns.iter().map(|column| &column.title).enumerate();
    titles.filter_map(|(at, title)| Some((at, words(title))).filter(|(_, written)| written != title)).collect()
}

/// The cells whose text people write in another way: their row, their column, and how.
fn unwritten(section: &Section) -> Vec<(usize, usize, Text)> {
    let in_row = |(number, row): (usize, &Vec<Cell>)| {
        let cells = row.iter().zip(&section.columns).enumerate();
        let other = cells.filter_map(move |(at, (cell, column))| {
            let Cell::Text(text) = cell else { return None };
            let written = as_written(&column.name, text.raw());
            (written != text.raw()).then(|| (number, at, Text::from(written)))
        });
        other.collect::<Vec<_>>()
    };
    section.rows.iter().enumerate().flat_map(in_row).collect()
}

/// The hosts by name; of many, the first few.
pub(super) fn hosts(report: &Report) -> String {
    const MOST: usize = 6;
    let mut names: Vec<String> =
        report.hosts.iter().take(MOST).map(|host| super::crop::middle(host.raw(), 64)).collect();
    if report.hosts.len() > MOST {
        names.push(format!("{} more", units::count((report.hosts.len() - MOST) as u64)));
    }
    names.join(", ")
}

/// The period in words: one day, or from when to when.
pub(super) fn period(period: &Period) -> String {
    let Period { start: Some(start), end: Some(end), zone } = period else {
        return "no time at all".to_owned();
    };
    if day_of(period).is_some() {
        return zone.format(*start, "%A, %-d %B %Y");
    }
    let whole_minutes = [start, end].iter().all(|time| **time % (60 * SECOND) == 0);
    let clock = if whole_minutes { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    format!("{} to {}", zone.format(*start, clock), zone.format(*end, clock))
}

/// The period's instants, if it is one civil day.
fn day_of(period: &Period) -> Option<Range<i64>> {
    let (start, end) = (period.start?, period.end?);
    let (civil_start, civil_end) = (period.zone.civil(start), period.zone.civil(end));
    (civil_start.rem_euclid(DAY) == 0 && civil_end - civil_start == DAY).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Column, Kind};

    fn section(cells: &[Cell], unit: Unit) -> Section {
        let column = Column { name: "c".into(), title: "C".into(), kind: Kind::Time, unit };
        let rows = cells.iter().map(|cell| vec![cell.clone()]).collect();
        Section { columns: vec![column], rows, ..crate::render::fixture::empty_section() }
    }

    fn written(cells: &[Cell], unit: Unit) -> Vec<String> {
        let period = Period { start: None, end: None, zone: Zone::utc() };
        written_in(&period, cells, unit)
    }

    fn written_in(period: &Period, cells: &[Cell], unit: Unit) -> Vec<String> {
        let section = section(cells, unit);
        let manner = Manner::of(&section, 0, period);
        cells.iter().map(|cell| units::with_plain_spaces(&manner.write(cell))).collect()
    }

    #[test]
    fn times_are_as_short_as_all_of_them_allow() {
        let midnight = Cell::Time(1_795_392_000_000_000);
        let noon = Cell::Time(1_795_435_200_000_000);
        let second = Cell::Time(1_795_435_201_000_000);
        assert_eq!(written(std::slice::from_ref(&midnight), Unit::None), ["2026-11-23"]);
        assert_eq!(written(&[midnight.clone(), noon], Unit::None), ["2026-11-23 00:00", "2026-11-23 12:00"]);
        assert_eq!(written(&[midnight, second], Unit::None), ["2026-11-23 00:00:00", "2026-11-23 12:00:01"]);
    }

    #[test]
    fn in_the_report_of_a_day_its_date_goes_without_saying() {
        let period =
            Period { start: Some(1_795_392_000_000_000), end: Some(1_795_478_400_000_000), zone: Zone::utc() };
        let (noon, later) = (Cell::Time(1_795_435_200_000_000), Cell::Time(1_795_478_460_000_000));
        assert_eq!(written_in(&period, std::slice::from_ref(&noon), Unit::None), ["12:00"]);
        assert_eq!(written_in(&period, &[noon, later], Unit::None), ["2026-11-23 12:00", "2026-11-24 00:01"]);
    }

    #[test]
    fn absent_is_not_nought() {
        assert_eq!(
            written(&[Cell::Null, Cell::Integer(0), Cell::Number(f64::NAN)], Unit::Bytes)[..2],
            ["–", "0 B"]
        );
        assert_eq!(figure_or_absent(None, Unit::Count), "–");
    }

    #[test]
    fn an_empty_sender_is_written_as_one_for_people_alone() {
        let names = ["sender", "reason"].map(str::to_owned);
        let mut section = section(&[Cell::Text(Text::default())], Unit::None);
        let column = section.columns[0].clone();
        section.columns = names.map(|name| Column { name, ..column.clone() }).into();
        section.rows = vec![vec![Cell::Text(Text::default()); 2], vec![Cell::Null; 2]];
        let report = Report { sections: vec![section], ..crate::render::fixture::nothing() };
        let shown = for_people(&report);
        assert_eq!(shown.sections[0].rows[0], [Cell::Text(Text::from("<>")), Cell::Text(Text::default())]);
        assert_eq!(shown.sections[0].rows[1], [Cell::Null, Cell::Null]);
        assert!(matches!(for_people(&crate::render::fixture::nothing()), Cow::Borrowed(_)));
    }

    #[test]
    fn abbreviations_are_written_in_capitals() {
        assert_eq!(["client_ip", "queue id", "TLS version"].map(words), ["client IP", "queue ID", "TLS version"]);
        let mut section = section(&[Cell::Integer(1)], Unit::None);
        section.columns[0].title = "client ip".into();
        let report = Report { sections: vec![section], ..crate::render::fixture::nothing() };
        assert_eq!(for_people(&report).sections[0].columns[0].title, "client IP");
    }

    #[test]
    fn a_day_is_named_and_another_period_has_two_ends() {
        let zone = Zone::named("Europe/Berlin").expect("the zone is known");
        let (start, noon) = (1_795_388_400_000_000, 1_795_431_600_000_000);
        let of = |start, end| period(&Period { start, end, zone: zone.clone() });
        assert_eq!(of(Some(start), Some(start + DAY)), "Monday, 23 November 2026");
        assert_eq!(of(Some(start), Some(noon)), "2026-11-23 00:00 to 2026-11-23 12:00");
        assert_eq!(of(None, None), "no time at all");
    }
}
