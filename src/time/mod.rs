//! Time: stamps of log lines, zones and periods. All instants are microseconds since the epoch, UTC.
//!
//! `chrono` does the calendar and stays inside this folder; the zones come from the machine's database by `jiff`,
//! with the one compiled in where the machine has none. Nothing here reads the clock.

mod civil;
mod duration;
mod pattern;
mod period;
mod zone;
pub mod stamp;

pub use civil::{civil_date, civil_day};
pub use duration::{AGES, MOST_DAYS, TimeUnit, UNITS, parse_age, parse_duration, unit_of_time};
pub use pattern::Pattern;
pub use period::{Span, no_such_time, parse_date, parse_day, parse_instant};
pub use zone::{Local, Zone};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600 * SECOND;
/// Microseconds in a day of 24 hours.
pub const DAY: i64 = 24 * HOUR;
