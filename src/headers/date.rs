//! The date at the end of a header: RFC 5322 3.3, the obsolete forms of 4.3, and what programs write besides.

use super::lexis::space;
use crate::time::{DAY, SECOND, civil_date, civil_day};
use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{map, map_opt, opt, recognize, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// A point in time, with the zone that it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Microseconds since the epoch, UTC.
    pub micros: i64,
    /// Seconds east of UTC; nothing where the zone is not told (`-0000`, or a name that means nothing: RFC 5322 4.3).
    pub east: Option<i32>,
}

impl Time {
    /// RFC 3339, in the zone as it was written; `-00:00` where that is not known (RFC 3339 4.3).
    pub fn rfc3339(self) -> String {
        let east = self.east.unwrap_or(0);
        let local = self.micros + i64::from(east) * SECOND;
        let (year, month, day) = civil_date(local.div_euclid(DAY));
        let micros = local.rem_euclid(DAY);
        let (seconds, fraction) = (micros / SECOND, micros % SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
        let sign = if self.east.is_none_or(|east| east < 0) { '-' } else { '+' };
        let (zone_hour, zone_minute) = (east.abs() / 3600, east.abs() / 60 % 60);
        format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{sign}{zone_hour:02}:{zone_minute:02}"
        )
    }
}

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It does not read like one.
    Form,
    /// There is no such day or hour, or no mail is of that year.
    Value,
}

/// The date at the start of a text, and what follows.
///
/// # Errors
///
/// Where there is none.
pub(super) fn date_time(input: &[u8]) -> Result<(&[u8], Time), Wrong> {
    let general = || alt((dated, of_ctime, of_iso)).parse(input).map_err(|_| Wrong::Form);
    let (rest, civil) = usual(input).map_or_else(general, Ok)?;
    Ok((rest, civil.time().ok_or(Wrong::Value)?))
}

/// Whether a word is the name of a day, with which most dates begin.
pub(super) fn is_weekday(word: &[u8]) -> bool {
    place(word, &WEEKDAYS).is_some() && word.iter().all(u8::is_ascii_alphabetic)
}

const WEEKDAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The zones that have a name (RFC 5322 4.3), hours east. Every other name tells nothing.
const ZONES: [(&[u8], i32); 12] = [
    (b"ut", 0),
    (b"utc", 0),
    (b"gmt", 0),
    (b"z", 0),
    (b"est", -5),
    (b"edt", -4),
    (b"cst", -6),
    (b"cdt", -5),
    (b"mst", -7),
    (b"mdt", -6),
    (b"pst", -8),
    (b"pdt", -7),
];

/// The words that begin a clause of `Received`; none of them names a zone.
const CLAUSES: [&[u8]; 6] = [b"from", b"by", b"via", b"with", b"id", b"for"];

/// A date as it was written.
struct Civil {
    year: i32,
    month: u32,
    day: u32,
    clock: Clock,
    /// Seconds east, if they are told.
    zone: Option<i32>,
}

/// A time of the day.
#[derive(Clone, Copy)]
struct Clock {
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
}

/// Years of which there is mail.
const YEARS: std::ops::Range<i32> = 1970..2200;

impl Civil {
    /// The instant; nothing where there is no such day, hour or zone. A leap second is the start of the next second.
    fn time(&self) -> Option<Time> {
        let Clock { hour, minute, second, micros } = self.clock;
        let east = self.zone.unwrap_or(0);
        let fits = hour < 24 && minute < 60 && second <= 60 && YEARS.contains(&self.year);
        let day = civil_day(self.year, self.month, self.day).filter(|_| fits)?;
        let seconds = hour * 3600 + minute * 60 + second - i64::from(east);
        Some(Time { micros: day * DAY + seconds * SECOND + micros, east: self.zone })
    }
}

/// `Tue, 24 Nov 2026 12:00:00 +0100`, each part where nearly all programs write it. Whatever differs is left to
/// [`dated`], which reads this form the same, only slower.
fn usual(input: &[u8]) -> Option<(&[u8], Civil)> {
    let blanks = input.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
    let (weekday, rest) = input[blanks..].split_at_checked(5)?;
    let day_len = if rest.get(1) == Some(&b' ') { 1 } else { 2 };
    let (day, rest) = rest.split_at_checked(day_len)?;
    let (parts, rest) = rest.split_first_chunk::<24>()?;
    let number = |text: &[u8]| {
        let digits = text.iter().all(u8::is_ascii_digit);
        digits.then(|| text.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let marks = [(0, b' '), (4, b' '), (9, b' '), (12, b':'), (15, b':'), (18, b' ')];
    let fits = weekday.ends_with(b", ") && marks.iter().all(|(at, mark)| parts[*at] == *mark);
    if !fits || !is_weekday(&weekday[..3]) {
        return None;
    }
    let clock = Clock {
        hour: number(&parts[10..12])?.into(),
        minute: number(&parts[13..15])?.into(),
        second: number(&parts[16..18])?.into(),
        micros: 0,
    };
    let year = i32::try_from(number(&parts[5..9])?).ok()?;
    let (_, zone) = offset(&parts[19..24]).ok()?;
    Some((rest, Civil { year, month: place(&parts[1..4], &MONTHS)? + 1, day: number(day)?, clock, zone }))
}

/// `Tue, 24 Nov 2026 12:00:00 +0100`: the day's name and the seconds may be missing, comments stand anywhere.
fn dated(input: &[u8]) -> IResult<&[u8], Civil> {
    let weekday = (weekday, space, opt(char(',')));
    let parts = (opt(weekday), number(1, 3), separated(month), year, clock, zone);
    map(parts, |(_, day, month, year, clock, zone)| Civil { year, month, day, clock, zone }).parse(input)
}

/// `Tue Nov 24 12:00:00 2026`, as C's `ctime` writes it, with a zone before or behind the year.
fn of_ctime(input: &[u8]) -> IResult<&[u8], Civil> {
    let before = opt(delimited(space, zone_name, space));
    let parts = (weekday, separated(month), number(1, 2), clock, before, year, zone);
    map(parts, |(_, month, day, clock, before, year, zone)| Civil {
        year,
        month,
        day,
        clock,
        zone: zone.or(before.flatten()),
    })
    .parse(input)
}

/// `2026-11-24 12:00:00.123456789 +0000 UTC`, as Go writes a time (`time.Time.String`).
fn of_iso(input: &[u8]) -> IResult<&[u8], Civil> {
    let part = || preceded(char('-'), number(2, 2));
    let parts = (preceded(space, year), part(), part(), clock, zone);
    map(parts, |(year, month, day, clock, zone)| Civil { year, month, day, clock, zone }).parse(input)
}

/// Whether a word is a day as ISO 8601 writes it.
pub(super) fn is_iso_day(word: &[u8]) -> bool {
    let is = |(at, b): (usize, &u8)| if matches!(at, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() };
    word.len() == 10 && word.iter().enumerate().all(is)
}

fn weekday(input: &[u8]) -> IResult<&[u8], &[u8]> {
    preceded(space, verify(letters, is_weekday)).parse(input)
}

fn letters(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(|b: u8| b.is_ascii_alphabetic()).parse(input)
}

/// The place of a name in a list, by its first three letters.
fn place(word: &[u8], names: &[&[u8; 3]]) -> Option<u32> {
    // Only letters become small letters by this bit.
    let head = word.first_chunk::<3>()?.map(|b| b | 0x20);
    u32::try_from(names.iter().position(|name| **name == head)?).ok()
}

fn month(input: &[u8]) -> IResult<&[u8], u32> {
    map_opt(letters, |word: &[u8]| Some(place(word, &MONTHS)? + 1)).parse(input)
}

/// Blanks, comments or a hyphen around a part of a date.
fn separated<'a, O>(
    part: impl Parser<&'a [u8], Output = O, Error = nom::error::Error<&'a [u8]>>,
) -> impl Parser<&'a [u8], Output = O, Error = nom::error::Error<&'a [u8]>> {
    delimited((space, opt(one_of("-,"))), preceded(space, part), (space, opt(one_of("-,"))))
}

/// A number of so many digits.
fn number<'a>(
    least: usize,
    most: usize,
) -> impl Parser<&'a [u8], Output = u32, Error = nom::error::Error<&'a [u8]>> {
    let digits = take_while_m_n(least, most, |b: u8| b.is_ascii_digit());
    let value = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    preceded(space, map(digits, value))
}

/// A year; of two or three digits as RFC 5322 4.3 says.
fn year(input: &[u8]) -> IResult<&[u8], i32> {
    let digits = recognize(number(2, 9));
    map(preceded(space, digits), |digits: &[u8]| {
        let value = digits.iter().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
        match (digits.len(), value) {
            (2, ..50) => value + 2000,
            (2 | 3, _) => value + 1900,
            _ => value,
        }
    })
    .parse(input)
}

/// `12:00:00`, `12:00`, `12:00:00.123456`.
fn clock(input: &[u8]) -> IResult<&[u8], Clock> {
    let part = || preceded((space, char(':')), number(1, 2));
    let fraction = preceded(char('.'), take_while1(|b: u8| b.is_ascii_digit()));
    let second = opt((part(), opt(fraction)));
    map((number(1, 2), part(), second), |(hour, minute, second)| {
        let (second, fraction) = second.unwrap_or((0, None));
        Clock { hour: hour.into(), minute: minute.into(), second: second.into(), micros: micros(fraction) }
    })
    .parse(input)
}

/// The digits behind a point as microseconds.
fn micros(fraction: Option<&[u8]>) -> i64 {
    let digits = fraction.unwrap_or_default().iter().chain(std::iter::repeat(&b'0')).take(6);
    digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

/// Seconds east of UTC, if a zone is told: `+0100`, `+01:00`, `GMT`, `EST`, `GMT+0100`.
fn zone(input: &[u8]) -> IResult<&[u8], Option<i32>> {
    let named = (zone_name, opt(preceded(space, offset)));
    let named = map(named, |(name, offset)| offset.unwrap_or(name));
    map(opt(preceded(space, alt((offset, named)))), Option::flatten).parse(input)
}

/// `-0000` says that the zone is not known (RFC 5322 3.3).
fn offset(input: &[u8]) -> IResult<&[u8], Option<i32>> {
    let digits = |n| take_while_m_n(n, n, |b: u8| b.is_ascii_digit());
    let hours = terminated(digits(2), opt(char(':')));
    map_opt((one_of("+-"), hours, digits(2)), |(sign, hours, minutes): (char, &[u8], &[u8])| {
        let two = |digits: &[u8]| i32::from(digits[0] - b'0') * 10 + i32::from(digits[1] - b'0');
        let (hours, minutes) = (two(hours), two(minutes));
        let east = hours * 3600 + minutes * 60;
        let told = (sign == '+' || east != 0).then_some(if sign == '-' { -east } else { east });
        (hours < 24 && minutes < 60).then_some(told)
    })
    .parse(input)
}

/// The name of a zone: seconds east, if it tells them.
fn zone_name(input: &[u8]) -> IResult<&[u8], Option<i32>> {
    let is_zone = |word: &[u8]| word.len() <= 5 && !CLAUSES.iter().any(|clause| word.eq_ignore_ascii_case(clause));
    map(verify(letters, is_zone), |word: &[u8]| {
        let zone = ZONES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        zone.map(|(_, hours)| hours * 3600)
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> String {
        match date_time(text.as_bytes()) {
            Ok((_, time)) => time.rfc3339(),
            Err(wrong) => format!("{wrong:?}"),
        }
    }

    #[test]
    fn dates_of_every_form_are_read() {
        for (text, expected) in [
            (" Tue, 24 Nov 2026 12:47:50 +0100 (CET)", "2026-11-24T12:47:50+01:00"),
            ("24 Nov 2026 12:47:50 -0000", "2026-11-24T12:47:50-00:00"),
            ("Tue,24 Nov 26 12:47 EST", "2026-11-24T12:47:00-05:00"),
            ("Tue 24 Nov 126 12:47:50 JST", "2026-11-24T12:47:50-00:00"),
            ("Fri, 1 Jan 99 00:00:00 Z", "1999-01-01T00:00:00+00:00"),
            ("(a) Tue (b(c)), 24\r\n (d) Nov 2026 12 : 47 : 50 (e) +0530 id x", "2026-11-24T12:47:50+05:30"),
            ("Tue, 24-Nov-2026 12:47:50 GMT+0100", "2026-11-24T12:47:50+01:00"),
            ("Tue, 24 November 2026 12:47:50.25 +01:00", "2026-11-24T12:47:50.250000+01:00"),
            ("Tue Nov 24 12:47:50 2026 -0330", "2026-11-24T12:47:50-03:30"),
            ("Tue Nov 24 12:47:50 PDT 2026", "2026-11-24T12:47:50-07:00"),
            ("24 Nov 2026 12:47:50 id 4711", "2026-11-24T12:47:50-00:00"),
            ("2026-11-24 12:47:50.123456789 +0100 CET m=+6.8", "2026-11-24T12:47:50.123456+01:00"),
            ("Sat, 31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00+00:00"),
            ("029 Apr 2011 1:2:3 +0900", "2011-04-29T01:02:03+09:00"),
            ("30 Feb 2026 12:00:00 +0000", "Value"),
            ("24 Nov 2026 24:00:00 +0000", "Value"),
            ("24 Nov 1601 12:00:00 +0000", "Value"),
            ("24 Nov 2026 l2:00:00 +0000", "Form"),
            ("24 Nov", "Form"),
            ("", "Form"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    fn comment() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![" ", "\r\n\t", " (x) ", "(a (b) \\) c)", "  ", " ()\n "])
    }

    proptest! {
        #[test]
        fn l10_every_time_is_read_as_it_was_written(
            micros in 631_152_000_i64..4_133_980_800, // 1990 to 2100
            minutes in -1439_i32..=1439,
            gaps in prop::collection::vec(comment(), 6),
        ) {
            let east = (minutes != 0).then_some(minutes * 60);
            let time = Time { micros: micros * SECOND, east: Some(minutes * 60) };
            let text = time.rfc3339();
            let (year, month, day) = (&text[..4], text[5..7].parse::<usize>().expect("a month"), &text[8..10]);
            let month = String::from_utf8_lossy(MONTHS[month - 1]).into_owned();
            let zone = text[19..].replace(':', "");
            let clock = &text[11..19];
            let [a, b, c, d, e, f] = gaps.as_slice() else { unreachable!() };
            let written = format!("{a}Mon,{b}{day}{c}{month}{d}{year}{e}{clock}{f}{zone}");
            let usual = format!("\r\n\tMon, {} {month} {year} {clock} {zone} (x)", day.trim_start_matches('0'));
            prop_assert!(super::usual(usual.as_bytes()).is_some());
            for written in [written, usual] {
                let (rest, read) = date_time(written.as_bytes()).expect("a date");
                let (_, general) = dated(written.as_bytes()).expect("a date");
                prop_assert_eq!(general.time(), Some(read), "the quick way reads as the general one");
                prop_assert_eq!(rest, if written.ends_with(')') { b" (x)".as_slice() } else { b"" });
                prop_assert_eq!(read.micros, time.micros);
                prop_assert_eq!(read.east.filter(|east| *east != 0), east);
            }
        }

        #[test]
        fn l10_no_bytes_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = date_time(&bytes);
        }
    }
}
