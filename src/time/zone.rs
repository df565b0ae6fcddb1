//! Time zones: from civil time to instants and back.

use super::{DAY, HOUR, SECOND};
use crate::error::{Error, Exit, Result};
use chrono::{DateTime, NaiveDate};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// The name of the machine's zone where it has none of its own.
const MACHINE: &str = "local";

/// A time zone by its IANA name, or that of the machine.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// What a civil time means in a zone: offsets are seconds east of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// It happens once, or not at all (a gap, which takes the offset before it).
    Once(i32),
    /// It happens twice: the first and the second offset.
    Twice(i32, i32),
}

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self { name: "UTC".into(), zone: TimeZone::UTC }
    }

    /// The zone of this IANA name, such as `Europe/Berlin`; that of the machine by the name `local`.
    ///
    /// # Errors
    ///
    /// Where there is no such zone; exit code 64.
    pub fn named(name: &str) -> Result<Self> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Self::utc());
        }
        if name == MACHINE {
            return Ok(Self::of_machine());
        }
        let zone = TimeZone::get(name).map_err(|e| {
            Error::new(Exit::Usage, format!("unknown time zone `{name}`"))
                .why(e)
                .help("use an IANA name such as `Europe/Berlin` or `UTC`, or `local` for that of the machine")
        })?;
        Ok(Self { name: name.to_owned(), zone })
    }

    /// The machine's zone, UTC where it has none. It has no IANA name where `/etc/localtime` is a copy of a zone's file, as
    /// in many containers, or where `TZ` holds rules.
    pub fn of_machine() -> Self {
        let zone = TimeZone::system();
        if zone.is_unknown() || zone.iana_name() == Some("Etc/UTC") {
            return Self::utc();
        }
        Self { name: zone.iana_name().unwrap_or(MACHINE).to_owned(), zone }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(&self, micros: i64) -> i32 {
        let instant = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.zone.to_offset(instant).seconds()
    }

    /// The offset of a civil time, given as microseconds since 1970-01-01 00:00 on the wall clock.
    pub fn local(&self, civil: i64) -> Local {
        let Ok(wall) = jiff::Timestamp::from_microsecond(civil) else {
            return Local::Once(0);
        };
        match self.zone.to_ambiguous_timestamp(Offset::UTC.to_datetime(wall)).offset() {
            AmbiguousOffset::Unambiguous { offset } => Local::Once(offset.seconds()),
            AmbiguousOffset::Gap { before, .. } => Local::Once(before.seconds()),
            AmbiguousOffset::Fold { before, after } => Local::Twice(before.seconds(), after.seconds()),
        }
    }

    /// The instant of a civil time; of two, the first.
    pub fn instant(&self, civil: i64) -> i64 {
        let (Local::Once(offset) | Local::Twice(offset, _)) = self.local(civil);
        civil - i64::from(offset) * SECOND
    }

    /// The wall clock at an instant, as microseconds since 1970-01-01 00:00 on it.
    pub fn civil(&self, micros: i64) -> i64 {
        micros + i64::from(self.offset_at(micros)) * SECOND
    }

    /// The instant at which the civil hour that holds an instant began.
    pub fn hour_start(&self, micros: i64) -> i64 {
        let offset = i64::from(self.offset_at(micros)) * SECOND;
        (micros + offset).div_euclid(HOUR) * HOUR - offset
    }

    /// The instant at which the civil day that holds an instant began.
    pub fn day_start(&self, micros: i64) -> i64 {
        self.instant(self.civil(micros).div_euclid(DAY) * DAY)
    }

    /// RFC 3339 with the zone's offset, with as many digits of a second as are needed: none, three or six.
    pub fn rfc3339(&self, micros: i64) -> String {
        let offset = self.offset_at(micros);
        let Some(fixed) = chrono::FixedOffset::east_opt(offset) else {
            return String::new();
        };
        DateTime::from_timestamp_micros(micros).map_or_else(String::new, |t| {
            t.with_timezone(&fixed).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, offset == 0)
        })
    }

    /// `2026-11-23 14:05:06`, for people.
    pub fn second_text(&self, micros: i64) -> String {
        self.format(micros, "%Y-%m-%d %H:%M:%S")
    }

    /// The civil date, `2026-11-23`.
    pub fn date_text(&self, micros: i64) -> String {
        self.format(micros, "%Y-%m-%d")
    }

    /// The wall clock in a pattern of `strftime`.
    pub fn format(&self, micros: i64, pattern: &str) -> String {
        DateTime::from_timestamp_micros(self.civil(micros))
            .map_or_else(String::new, |t| t.format(pattern).to_string())
    }

    /// The civil date at an instant.
    pub fn date(&self, micros: i64) -> NaiveDate {
        DateTime::from_timestamp_micros(self.civil(micros)).map_or(NaiveDate::MIN, |t| t.date_naive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_zone_folds_and_gaps_are_told() {
        let berlin = Zone::named("Europe/Berlin").expect("the zone is known");
        let civil = |text: &str| {
            chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
                .expect("a date")
                .and_utc()
                .timestamp_micros()
        };
        assert_eq!(berlin.local(civil("2026-10-25 02:30")), Local::Twice(7200, 3600));
        assert_eq!(berlin.local(civil("2026-03-29 02:30")), Local::Once(3600));
        assert_eq!(berlin.local(civil("2026-07-01 12:00")), Local::Once(7200));
        assert_eq!(berlin.rfc3339(berlin.instant(civil("2026-07-01 12:00"))), "2026-07-01T12:00:00+02:00");
    }

    #[test]
    fn hours_of_half_hour_zones_start_on_the_wall_clocks_hour() {
        let kolkata = Zone::named("Asia/Kolkata").expect("the zone is known");
        assert_eq!(kolkata.second_text(kolkata.hour_start(1_795_524_455_000_000)), "2026-11-24 18:00:00");
    }
}
