//! Stamps at the head of log lines, read by hand: this runs once for each line.
//!
//! A stamp without a year (RFC 3164 4.1.2) or without a zone is only half a time. [`Clock`] makes it whole: it walks
//! the lines in their order, tells a new year and the second pass of a repeated hour, and so needs no calendar clock.

use super::{DAY, HOUR, Local, SECOND, Zone, civil_date, civil_day};

/// A stamp as the line gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// An instant: microseconds since the epoch.
    Instant(i64),
    /// A wall clock with a year but no zone: microseconds since 1970-01-01 00:00 on it.
    Civil(i64),
    /// Month (1 to 12), day, and microseconds of the day.
    Yearless(u8, u8, i64),
}

impl Stamp {
    /// The same with a year, where it has none: the last one in which it lies before another time, or less than a day after it.
    #[must_use]
    pub fn before(self, other: Self) -> Self {
        let (Self::Yearless(month, day, micros), Self::Instant(late) | Self::Civil(late)) = (self, other) else {
            return self;
        };
        let in_year = |year| civil(year, month, day.into(), micros);
        let (year, _) = place_of(late);
        let civil = [year + 1, year, year - 1]
            .into_iter()
            .filter_map(in_year)
            .find(|civil| *civil <= late.saturating_add(DAY));
        civil.map_or(self, Self::Civil)
    }
}

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// `Nov  4 09:00:01`, possibly with a fraction, or a year after the day: the stamp and the bytes it takes. Some
/// systems do not pad a day of one digit: `Nov 4 09:00:01`.
pub fn yearless(line: &[u8]) -> Option<(Stamp, usize)> {
    let (month, name) = month(line)?;
    let (day, len) = match line.get(name..name + 3)? {
        [b' ', day, b' '] => (digit(*day)?, 3),
        [day, b' ', _] => (digit(*day)?, 2),
        day @ [_, _, b' '] => (two(day)?, 3),
        _ => return None,
    };
    let start = name + len;
    let Some((micros, len)) = clock(&line[start..]) else { return with_year(line, month, day, start) };
    (1..=31).contains(&day).then_some(())?;
    Some((Stamp::Yearless(month, u8::try_from(day).ok()?, micros), start + len))
}

/// `Nov  4 2026 09:00:01`, as some relays write it; the year starts at `start`.
fn with_year(line: &[u8], month: u8, day: u32, start: usize) -> Option<(Stamp, usize)> {
    let year = year(line.get(start..start + 4)?)?;
    let rest = line[start + 4..].strip_prefix(b" ")?;
    let (micros, len) = clock(rest)?;
    Some((Stamp::Civil(civil(year, month, day, micros)?), start + 5 + len))
}

/// `2026 Nov  4 09:00:01`, as some relays write it.
pub fn behind_year(line: &[u8]) -> Option<(Stamp, usize)> {
    let (year, rest) = line.split_at_checked(5)?;
    let year = self::year(year.strip_suffix(b" ")?)?;
    let (Stamp::Yearless(month, day, micros), len) = yearless(rest)? else { return None };
    Some((Stamp::Civil(civil(year, month, day.into(), micros)?), 5 + len))
}

/// The month at the head of a line, and the bytes that its name takes with the blank behind it.
fn month(line: &[u8]) -> Option<(u8, usize)> {
    let english = MONTHS.iter().position(|name| line.starts_with(*name)).filter(|_| line.get(3) == Some(&b' '));
    let (at, len) = english.map(|at| (at, 4)).or_else(|| other_month(line))?;
    Some((u8::try_from(at + 1).ok()?, len))
}

/// Months as journalctl writes them for who reads Chinese, Dutch, French, German, Italian, Japanese, Norwegian, Polish, Portuguese,
/// Russian, Spanish, Swedish (glibc, `localedata/locales`, `abmon`).
const OTHER_MONTHS: [&str; 12] = [
    "jan janv ene gen sty янв 1月",
    "feb févr fev lut фев 2月",
    "mär mar mars mrt мар 3月",
    "apr avril april abr kwi апр 4月",
    "mai may mag mei maj май 5月",
    "jun juin giu juni cze июн 6月",
    "jul juil lug juli lip июл 7月",
    "aug août ago sie авг 8月",
    "sep sept set wrz сен 9月",
    "okt oct ott out paź окт 10月",
    "nov lis ноя 11月",
    "dez déc dic dec des gru дек 12月",
];

#[cold]
fn other_month(line: &[u8]) -> Option<(usize, usize)> {
    let len = line.iter().take(9).position(|b| *b == b' ')?;
    let name = std::str::from_utf8(&line[..len]).ok()?.to_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let at = OTHER_MONTHS.iter().position(|names| names.split(' ').any(|other| other == name))?;
    Some((at, len + 1))
}

/// `09:00:01`, with a fraction of up to nine digits: microseconds, and the bytes it takes. A leap second
/// (`:60`) is the start of the next second.
fn clock(text: &[u8]) -> Option<(i64, usize)> {
    let head = text.get(..8)?;
    if head[2] != b':' || head[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(&head[0..2])?, two(&head[3..5])?, two(&head[6..8])?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    let (micros, len) = fraction(&text[8..]);
    Some((seconds * SECOND + micros, 8 + len))
}

/// A point or a comma with digits behind it: microseconds, and the bytes it takes; nothing where there are no digits.
fn fraction(text: &[u8]) -> (i64, usize) {
    let Some((b'.' | b',', text)) = text.split_first() else { return (0, 0) };
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return (0, 0);
    }
    let known = &text[..digits.min(6)];
    let micros = known.iter().fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
    (micros * POWERS[6 - known.len()], 1 + digits)
}

/// Powers of ten.
const POWERS: [i64; 6] = [1, 10, 100, 1_000, 10_000, 100_000];

/// RFC 3339 (`2026-11-24T12:47:35.127397+00:00`), also with a blank for the `T`, `+0100` for the zone, or no zone.
pub fn iso(line: &[u8]) -> Option<(Stamp, usize)> {
    let (stamp, len) = iso_after(iso_minute(line)?, &line[MINUTE..])?;
    Some((stamp, MINUTE + len))
}

/// `Tue 2026-11-24 09:00:01 UTC`, as `journalctl -o short-full` shows it; what stands for another zone is the reader's own.
pub fn with_weekday(line: &[u8]) -> Option<(Stamp, usize)> {
    let (day, rest) = line.split_at_checked(4)?;
    let (stamp, len) = iso(rest).filter(|_| day[..3].iter().all(u8::is_ascii_alphabetic) && day[3] == b' ')?;
    let zone = rest[len..].strip_prefix(b" ")?;
    let name = zone.iter().take_while(|b| !b.is_ascii_whitespace()).count();
    let stamp = match stamp {
        Stamp::Civil(civil) if &zone[..name] == b"UTC" => Stamp::Instant(civil),
        other => other,
    };
    Some((stamp, 4 + len + 1 + name))
}

/// The bytes of a stamp of RFC 3339 up to its minute.
pub(crate) const MINUTE: usize = 16;

/// The minute of a stamp of RFC 3339: microseconds since 1970-01-01 00:00 on its wall clock.
pub fn iso_minute(line: &[u8]) -> Option<i64> {
    let head = line.get(..MINUTE)?;
    if head[4] != b'-' || head[7] != b'-' || !matches!(head[10], b'T' | b' ' | b't') || head[13] != b':' {
        return None;
    }
    let days = civil_day(year(&head[0..4])?, two(&head[5..7])?, two(&head[8..10])?)?;
    let (hour, minute) = (two(&head[11..13])?, two(&head[14..16])?);
    (hour < 24 && minute < 60).then(|| days * DAY + i64::from(hour * 60 + minute) * 60 * SECOND)
}

/// The same stamp, of which the minute is known and this is what follows: the stamp, and the bytes it takes of that.
pub fn iso_after(minute: i64, rest: &[u8]) -> Option<(Stamp, usize)> {
    let head = rest.get(..3)?;
    let second = two(&head[1..]).filter(|second| head[0] == b':' && *second <= 60)?;
    let (micros, len) = fraction(&rest[3..]);
    let civil = minute + i64::from(second) * SECOND + micros;
    let end = 3 + len;
    match offset(&rest[end..]) {
        Some((east, len)) => Some((Stamp::Instant(civil - east * SECOND), end + len)),
        None => Some((Stamp::Civil(civil), end)),
    }
}

/// `Z`, `+01:00`, `+0100`: seconds east of UTC, and the bytes it takes.
fn offset(text: &[u8]) -> Option<(i64, usize)> {
    let sign = match text.first()? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = two(text.get(1..3)?)?;
    let colon = usize::from(text.get(3) == Some(&b':'));
    let minutes = two(text.get(3 + colon..5 + colon)?)?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some((sign * i64::from(hours * 3600 + minutes * 60), 5 + colon))
}

/// Seconds since the epoch in hexadecimal, with a fraction in hexadecimal nanoseconds or microseconds, as
/// OpenLDAP's own log writes it (`libraries/liblutil/`, `servers/slapd/logging.c`).
pub fn hex_epoch(line: &[u8]) -> Option<(Stamp, usize)> {
    let digits = line.get(..8)?;
    let seconds = hex(digits)?;
    match line.get(8)? {
        b' ' => Some((Stamp::Instant(seconds * SECOND), 8)),
        b'.' => {
            let len = line[9..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
            let fraction = hex(line.get(9..9 + len)?)?;
            // Eight digits count nanoseconds, five count microseconds.
            let micros = if len == 8 { fraction / 1000 } else { fraction };
            (line.get(9 + len) == Some(&b' ') && micros < SECOND)
                .then(|| (Stamp::Instant(seconds * SECOND + micros), 9 + len))
        }
        _ => None,
    }
}

/// The label of 1970-01-01 in TAI64: multilog and tai64nlocal (daemontools, `tai_now.c`) put ten seconds between the
/// clock and TAI, and count no leap seconds.
const TAI64_EPOCH: i64 = (1 << 62) + 10;

/// `@4000000045a1b2c3075bcd15`: a TAI64N label, 16 hexadecimal digits of seconds and 8 of nanoseconds.
pub fn tai64n(line: &[u8]) -> Option<(Stamp, usize)> {
    let digits = line.strip_prefix(b"@")?.get(..24)?;
    let seconds = hex(&digits[..16])? - TAI64_EPOCH;
    let nanos = hex(&digits[16..])?;
    let micros = seconds.checked_mul(SECOND)?.checked_add(nanos / 1000)?;
    (nanos < 1000 * SECOND).then_some((Stamp::Instant(micros), 25))
}

/// Time since the epoch in decimal: seconds, possibly with a fraction, milliseconds, microseconds or nanoseconds. Which is
/// told by the number of digits, 10, 13, 16 or 19, as it is from 2001 to 2286.
pub fn epoch(line: &[u8]) -> Option<(Stamp, usize)> {
    let len = line.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let unit = match len {
        10 => SECOND,
        13 => SECOND / 1000,
        16 | 19 => 1,
        _ => return None,
    };
    let whole = line[..len.min(16)].iter().fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
    let (micros, more) = if unit == SECOND { fraction(&line[len..]) } else { (0, 0) };
    Some((Stamp::Instant(whole * unit + micros), len + more))
}

/// A time that is a value by itself, in any of the forms that tell themselves.
pub fn value(text: &[u8]) -> Option<Stamp> {
    let (stamp, len) = iso(text).or_else(|| tai64n(text)).or_else(|| epoch(text))?;
    (len == text.len()).then_some(stamp)
}

fn hex(digits: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(digits).ok()?;
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    i64::from_str_radix(text, 16).ok()
}

fn digit(b: u8) -> Option<u32> {
    b.is_ascii_digit().then(|| u32::from(b - b'0'))
}

fn two(text: &[u8]) -> Option<u32> {
    Some(digit(*text.first()?)? * 10 + digit(*text.get(1)?)?)
}

/// A year of four digits.
fn year(text: &[u8]) -> Option<i32> {
    i32::try_from(two(text)? * 100 + two(text.get(2..)?)?).ok()
}

/// A day and a time of it, in microseconds since the beginning of 1970; nothing where there is no such day.
fn civil(year: i32, month: u8, day: u32, micros: i64) -> Option<i64> {
    Some(civil_day(year, month.into(), day)? * DAY + micros)
}

/// The year of a civil time, and its place in a year of 31-day months.
fn place_of(civil: i64) -> (i32, i64) {
    let (year, month, day) = civil_date(civil.div_euclid(DAY));
    (year, (i64::from(month) * 31 + i64::from(day)) * DAY + civil.rem_euclid(DAY))
}

/// The start of the year 2200; a time beyond it is a mistake.
const LATEST: i64 = 7_258_118_400 * SECOND;

/// A year of 31-day months, the calendar that orders stamps without a year.
const YEAR: i64 = 372 * DAY;

/// Lines that are out of order (pieces of a log in one file, clocks that are wrong) are taken to be of the year that brings
/// them nearest, up to this far.
const NEAR: i64 = YEAR / 2;

/// How far behind it a line may lie that returns to where the walk was before a great step; and how far back a late line
/// may lie where nothing tells where it was.
const RETURN: i64 = 62 * DAY;

/// A step back that tells the second pass of a repeated hour from lines that are merely out of order.
const FOLD_STEP: i64 = 10 * 60 * SECOND;

/// Where the walk through the lines of a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClockState {
    /// The year of the last line that had none.
    pub year: i32,
    /// The last stamp: microseconds in a year of 31-day months.
    last: Option<i64>,
    /// Whether the walk is in the second pass of a repeated hour.
    second: bool,
    /// Where it stood before it last went farther than lines out of order do.
    #[serde(default)]
    left: Option<Left>,
}

/// The day before a great step: who comes back to it had only a wrong clock, or told of something late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Left {
    year: i32,
    day: i64,
}

impl ClockState {
    /// The walk begins in this year.
    pub fn starting(year: i32) -> Self {
        Self { year, ..Self::default() }
    }

    /// Where the walk stands after a line at this place of its year. A great step back leads into the next year, one
    /// forward through the silence of the log, or back to the year before.
    #[inline]
    fn at(&self, place: i64) -> Self {
        let step = self.step(place);
        if step.abs() <= NEAR {
            return Self { last: Some(place), ..*self };
        }
        let is_back = |left: &Left| (left.day - DAY..=left.day + RETURN).contains(&place);
        if let Some(left) = self.left.filter(is_back) {
            return Self { year: left.year, last: Some(place), left: None, ..*self };
        }
        let year = self.year + i32::from(step < 0) - i32::from(step >= YEAR - RETURN);
        let before = place - step;
        let left = Left { year: self.year, day: before - before.rem_euclid(DAY) };
        Self { year, last: Some(place), left: Some(left), ..*self }
    }

    /// How far a place lies from that of the last line.
    #[inline]
    fn step(&self, place: i64) -> i64 {
        place - self.last.unwrap_or(place)
    }
}

/// Makes the stamps of a stream whole, line by line.
#[derive(Clone, Debug)]
pub struct Clock<'a> {
    zone: &'a Zone,
    state: ClockState,
    /// The quarter of a civil hour last resolved and its offset, so that most lines cost a comparison.
    quarter: (i64, Local),
    /// The midnight last resolved, by year, month and day.
    midnight: ((i32, u8, u8), i64),
}

impl<'a> Clock<'a> {
    /// A clock for a zone, that goes on from a state.
    pub fn new(zone: &'a Zone, state: ClockState) -> Self {
        Self { zone, state, quarter: (i64::MIN, Local::Once(0)), midnight: ((0, 0, 0), 0) }
    }

    /// Where the walk stands.
    pub fn state(&self) -> ClockState {
        self.state
    }

    /// The instant of a stamp; nothing where there is no such date.
    pub fn resolve(&mut self, stamp: Stamp) -> Option<i64> {
        match stamp {
            Stamp::Instant(micros) => (0..LATEST).contains(&micros).then_some(micros),
            Stamp::Civil(civil) => {
                (0..LATEST).contains(&civil).then_some(())?;
                let (year, place) = place_of(civil);
                let step = self.state.step(place);
                self.state = ClockState { year, last: Some(place), left: None, ..self.state };
                Some(self.localize(civil, is_fold(step)))
            }
            Stamp::Yearless(month, day, micros) => self.resolve_yearless(month, day, micros),
        }
    }

    /// The instant of a stamp that stands beside another, of which the instant is known: where it has no year it is of the one
    /// that lies before that, and of an hour that happens twice the pass that lies nearer. The walk does not move.
    pub fn resolve_beside(&self, stamp: Stamp, other: i64) -> Option<i64> {
        let civil = match stamp.before(Stamp::Instant(other)) {
            Stamp::Civil(civil) => civil,
            Stamp::Instant(micros) => return (0..LATEST).contains(&micros).then_some(micros),
            Stamp::Yearless(..) => return None,
        };
        let instant = |offset: i32| civil - i64::from(offset) * SECOND;
        let nearer = match self.zone.local(civil) {
            Local::Once(offset) => instant(offset),
            Local::Twice(first, second) => {
                [instant(first), instant(second)].into_iter().min_by_key(|pass| pass.abs_diff(other))?
            }
        };
        (0..LATEST).contains(&nearer).then_some(nearer)
    }

    fn resolve_yearless(&mut self, month: u8, day: u8, micros: i64) -> Option<i64> {
        let place = (i64::from(month) * 31 + i64::from(day)) * DAY + micros;
        let step = self.state.step(place);
        let state = self.state.at(place);
        let date = (state.year, month, day);
        if self.midnight.0 != date {
            // A date that never was moves nothing.
            let days = civil_day(date.0, month.into(), day.into())?;
            self.midnight = (date, days * DAY);
        }
        self.state = state;
        Some(self.localize(self.midnight.1 + micros, is_fold(step)))
    }

    /// The instant of a civil time; `back` tells that it lies well before the line before it.
    fn localize(&mut self, civil: i64, back: bool) -> i64 {
        // Offsets change on quarters of the wall clock's hours (those of some zones changed at 00:01, long ago).
        let quarter = civil.div_euclid(HOUR / 4);
        if self.quarter.0 != quarter {
            self.quarter = (quarter, self.zone.local(civil));
        }
        let offset = match self.quarter.1 {
            Local::Once(offset) => {
                self.state.second = false;
                offset
            }
            Local::Twice(first, second) => {
                self.state.second |= back;
                if self.state.second { second } else { first }
            }
        };
        civil - i64::from(offset) * SECOND
    }
}

/// Whether a step back begins the second pass of a repeated hour, if it leads into one.
fn is_fold(step: i64) -> bool {
    (-NEAR..-FOLD_STEP).contains(&step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(text: &str) -> Stamp {
        yearless(text.as_bytes()).or_else(|| iso(text.as_bytes())).expect("a stamp").0
    }

    #[test]
    fn a_year_that_cannot_be_moves_nothing() {
        let zone = Zone::utc();
        let mut clock = Clock::new(&zone, ClockState::starting(2026));
        let known = clock.resolve(stamp("Nov 24 09:00:01 "));
        assert_eq!(clock.resolve(stamp("9999-12-31 23:59:59")), None);
        assert_eq!(clock.resolve(stamp("0001-01-01 00:00:00")), None);
        assert_eq!(clock.resolve(stamp("Nov 24 09:00:01 ")), known);
    }

    #[test]
    fn stamps_of_all_kinds_are_read() {
        assert_eq!(stamp("Nov  4 09:00:01 "), Stamp::Yearless(11, 4, 32_401 * SECOND));
        assert_eq!(stamp("1970-01-02T00:00:00.5+01:00"), Stamp::Instant(DAY - HOUR + SECOND / 2));
        assert_eq!(stamp("1970-01-02 00:00:00"), Stamp::Civil(DAY));
        assert_eq!(stamp("Jan  2 1970 00:00:00"), Stamp::Civil(DAY));
        assert_eq!(yearless(b"Nov 31 25:00:00 x"), None);
        assert_eq!(epoch(b"1116876543.123456 x"), Some((Stamp::Instant(1_116_876_543_123_456), 17)));
        assert_eq!(value(b"1116876543123"), Some(Stamp::Instant(1_116_876_543_123_000)));
        assert_eq!(value(b"2026-01-01T00:00:00Z,"), None);
        assert_eq!(iso(b"2026-02-30T00:00:00Z"), None);
        assert_eq!(with_weekday(b"Fri 1970-01-02 00:00:00 UTC mx"), Some((Stamp::Instant(DAY), 27)));
        assert_eq!(with_weekday(b"Fri 1970-01-02 00:00:00 CET mx"), Some((Stamp::Civil(DAY), 27)));
        assert_eq!(with_weekday(b"Fri, 1970-01-02 00:00:00 UTC"), None);
        assert_eq!(hex_epoch(b"88888888.7fffffffffffffff 0x7f conn"), None);
        assert_eq!(hex_epoch(b"00000001.00000fa0 0x7f conn"), Some((Stamp::Instant(SECOND + 4), 17)));
    }

    #[test]
    fn a_day_of_one_digit_needs_no_padding() {
        assert_eq!(yearless(b"Mar 7 02:09:33 x"), Some((Stamp::Yearless(3, 7, 7_773 * SECOND), 14)));
        assert_eq!(yearless(b"Mar  7 02:09:33 x"), Some((Stamp::Yearless(3, 7, 7_773 * SECOND), 15)));
        assert_eq!(yearless(b"Mar 7 1970 02:09:33").map(|(_, len)| len), Some(19));
        assert_eq!(yearless(b"Mar 7  02:09:33 x"), None);
        assert_eq!(yearless(b"Mar 0 02:09:33 x"), None);
    }

    #[test]
    fn a_month_may_have_another_name() {
        let november = yearless(b"Nov 04 09:00:01 x").map(|(stamp, _)| stamp);
        assert!(november.is_some());
        for text in ["nov. 04 09:00:01 x", "lis 04 09:00:01 x", "ноя 04 09:00:01 x"] {
            assert_eq!(yearless(text.as_bytes()).map(|(stamp, _)| stamp), november, "{text}");
        }
        for (text, month, len) in
            [("Mär 31 10:00:00 x", 3, 16), ("août 19 11:08:37", 8, 17), ("Okt  1 00:00:00", 10, 15)]
        {
            let found = yearless(text.as_bytes());
            assert!(
                matches!(found, Some((Stamp::Yearless(of, ..), taken)) if of == month && taken == len),
                "{text}"
            );
        }
        for text in ["november 04 09:00:01", ". 04 09:00:01", " 04 09:00:01", "nov.04 09:00:01"] {
            assert_eq!(yearless(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_year_may_be_told_by_a_later_time() {
        let before = |late: &str| match stamp("Dec 31 23:59:59 ").before(stamp(late)) {
            Stamp::Civil(civil) => Some(place_of(civil).0),
            _ => None,
        };
        assert_eq!(before("2026-12-31T23:59:59Z"), Some(2026));
        assert_eq!(before("2026-12-31T02:00:00Z"), Some(2026), "the zones differ");
        assert_eq!(before("2027-01-01T00:00:05Z"), Some(2026));
        assert_eq!(before("2026-11-24T09:00:00Z"), Some(2025));
        assert_eq!(
            stamp("2026-01-01T00:00:00Z").before(stamp("2020-01-01T00:00:00Z")),
            stamp("2026-01-01T00:00:00Z")
        );
    }

    #[test]
    fn tai64n_labels_are_ten_seconds_ahead() {
        assert_eq!(tai64n(b"@400000000000000a00000000 x"), Some((Stamp::Instant(0), 25)));
        assert_eq!(tai64n(b"@400000004c91b044077a9e94"), Some((Stamp::Instant(1_284_616_250_125_476), 25)));
        assert_eq!(tai64n(b"@ffffffffffffffff00000000"), None);
        assert_eq!(tai64n(b"@000000000000000000000000"), None);
    }

    /// The years of lines of these days, from 2025 on; at nine where no time is named.
    fn years_of(days: &[&str]) -> Vec<i32> {
        let zone = Zone::utc();
        let mut clock = Clock::new(&zone, ClockState::starting(2025));
        let year = |day: &&str| {
            let time = if day.len() > 6 { String::new() } else { " 09:00:00".to_owned() };
            clock.resolve(stamp(&format!("{day}{time} "))).expect("a date");
            clock.state().year
        };
        days.iter().map(year).collect()
    }

    #[test]
    fn f15_a_new_year_is_told_by_the_order_of_lines() {
        let days = ["Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58", "Jan  1 00:00:02"];
        assert_eq!(years_of(&days), [2025, 2026, 2025, 2026]);
    }

    #[test]
    fn f15_a_log_may_be_silent_for_most_of_a_year() {
        assert_eq!(years_of(&["Dec 31", "Jan  1", "Mar 29", "Oct 25", "Nov 20"]), [2025, 2026, 2026, 2026, 2026]);
        assert_eq!(years_of(&["Jan  1", "Oct 25", "Mar 28"]), [2025, 2025, 2026]);
        assert_eq!(years_of(&["Jan  5", "Dec 31", "Jan  5"]), [2025, 2024, 2025], "a late line");
    }

    #[test]
    fn lines_out_of_order_are_of_the_year_that_brings_them_nearest() {
        assert_eq!(years_of(&["Nov  1", "Nov 26", "Sep 10", "Sep 17", "Aug 28", "Nov 20"]), [2025; 6]);
        assert_eq!(years_of(&["Sep 20", "Jun 20", "Sep 20", "Jun 21", "Sep 21"]), [2025; 5], "two clocks");
        assert_eq!(years_of(&["Jan 31", "Dec  1", "Feb  1"]), [2025, 2024, 2025]);
    }

    #[test]
    fn f13_a_wrong_clock_moves_no_year_of_others() {
        let booted =
            ["Sep 20 09:00:00", "Jan  1 00:00:05", "Jan  1 00:20:30", "Sep 20 09:30:40", "Sep 21 10:00:00"];
        assert_eq!(years_of(&booted), [2025, 2026, 2026, 2025, 2025]);
        assert_eq!(years_of(&["Mar 20", "Oct  1", "Mar 20", "Oct  1", "Mar 20"]), [2025; 5]);
    }

    #[test]
    fn f15_a_date_that_never_was_is_no_time() {
        let zone = Zone::utc();
        assert_eq!(Clock::new(&zone, ClockState::starting(2025)).resolve(stamp("Feb 29 10:00:00 ")), None);
        assert!(Clock::new(&zone, ClockState::starting(2024)).resolve(stamp("Feb 29 10:00:00 ")).is_some());
    }

    #[test]
    fn f15_a_date_that_never_was_moves_no_year() {
        let zone = Zone::utc();
        let mut clock = Clock::new(&zone, ClockState::starting(2026));
        clock.resolve(stamp("Nov 24 10:00:00 "));
        let before = clock.state();
        assert_eq!(clock.resolve(stamp("Feb 30 10:00:00 ")), None);
        assert_eq!(clock.state(), before);
    }

    #[test]
    fn f14_a_repeated_hour_is_resolved_by_the_order_of_lines() {
        let zone = Zone::named("Europe/Berlin").expect("the zone is known");
        let mut clock = Clock::new(&zone, ClockState::starting(2026));
        let times: Vec<_> =
            ["Oct 25 02:10:00 ", "Oct 25 02:59:00 ", "Oct 25 02:05:00 ", "Oct 25 02:50:00 ", "Oct 25 03:01:00 "]
                .iter()
                .map(|text| clock.resolve(stamp(text)).expect("a date"))
                .collect();
        assert!(times.is_sorted());
        assert_eq!(times[3] - times[0], HOUR + 40 * 60 * SECOND);
    }

    #[test]
    fn f16_a_leap_second_is_the_next_second() {
        assert_eq!(stamp("2016-12-31T23:59:60Z"), stamp("2017-01-01T00:00:00Z"));
    }
}
