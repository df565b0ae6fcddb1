//! Patterns of times, for stamps that nothing here reads by hand.

use super::stamp::Stamp;
use chrono::DateTime;
use chrono::format::{Item, Parsed, StrftimeItems, parse_and_remainder};
use std::fmt::Write as _;

/// A pattern in the language of `strftime`, such as `%d-%b-%Y %H:%M:%S%.f`. A blank in it takes any number of blanks.
#[derive(Clone, Debug)]
pub struct Pattern {
    items: Vec<Item<'static>>,
}

/// The longest stamp.
const LONGEST: usize = 64;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// In words, where it is none, or where a time cannot be told from what it reads.
    pub fn new(text: &str) -> Result<Self, String> {
        let items = StrftimeItems::new(text).parse_to_owned();
        let pattern = Self { items: items.map_err(|_| format!("`{text}` is no pattern of a time"))? };
        let mut example = String::new();
        let written = write!(example, "{}", DateTime::UNIX_EPOCH.format_with_items(pattern.items.iter()));
        if written.is_err() || pattern.read(example.as_bytes()).is_none() {
            return Err(format!("`{text}` gives no time; it needs at least year, month, day, hour and minute"));
        }
        Ok(pattern)
    }

    /// The stamp at the start of a text, and the bytes it takes.
    pub fn read(&self, text: &[u8]) -> Option<(Stamp, usize)> {
        let text = valid_start(&text[..text.len().min(LONGEST)]);
        let mut parsed = Parsed::new();
        let rest = parse_and_remainder(&mut parsed, text, self.items.iter()).ok()?;
        // What is read is an instant if it says how far from UTC it is, or counts from the epoch.
        let offset = parsed.offset();
        let civil = parsed.to_naive_datetime_with_offset(offset.unwrap_or(0)).ok()?.and_utc().timestamp_micros();
        let stamp = match offset {
            Some(east) => Stamp::Instant(civil - i64::from(east) * super::SECOND),
            None if parsed.timestamp().is_some() => Stamp::Instant(civil),
            None => Stamp::Civil(civil),
        };
        Some((stamp, text.len() - rest.len()))
    }
}

fn valid_start(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, HOUR, SECOND};

    fn read(pattern: &str, text: &str) -> Option<(Stamp, usize)> {
        Pattern::new(pattern).expect("a pattern").read(text.as_bytes())
    }

    #[test]
    fn stamps_are_read_as_the_pattern_says() {
        let half = Stamp::Civil(DAY + SECOND / 2);
        assert_eq!(read("%d-%b-%Y %H:%M:%S%.f ", "02-Jan-1970 00:00:00.5 x"), Some((half, 23)));
        assert_eq!(
            read("[%d/%b/%Y:%H:%M:%S %z]", "[02/Jan/1970:01:00:00 +0100]\u{e4}").map(|f| f.0),
            Some(Stamp::Instant(DAY))
        );
        assert_eq!(read("%s ", "3600 x"), Some((Stamp::Instant(HOUR), 5)));
        assert_eq!(read("%Y/%m/%d %H:%M:%S", "1970/02/30 00:00:00"), None);
    }

    #[test]
    fn a_pattern_must_tell_a_time() {
        assert!(Pattern::new("%Y %!").is_err());
        assert!(Pattern::new("%b %d %H:%M:%S").is_err());
    }
}
