//! Stamps of ordinary lines. Most begin as the line before did, and what that tells is not read again.

use crate::time::stamp::{MINUTE, Stamp, iso_after, iso_minute, yearless};

/// Bytes that begin a line: a stamp of RFC 3164 with the blank after it, or one of RFC 3339 up to its minute.
type Start = [u8; MINUTE];

/// What the first bytes of a line tell.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// A stamp of RFC 3164.
    All(Stamp),
    /// The minute of one of RFC 3339.
    Minute(i64),
}

/// Reads stamps, and keeps how the last line began.
#[derive(Debug, Default)]
pub struct Stamps {
    last: Option<(Start, Told)>,
}

impl Stamps {
    /// The stamp at the head of a line, and the bytes it takes with the one blank after it; nothing where there is more to
    /// look at.
    #[expect(clippy::inline_always, reason = "it runs for each line, and is called from two places")]
    #[inline(always)]
    pub fn read(&mut self, line: &[u8]) -> Option<(Stamp, usize)> {
        let start = line.first_chunk()?;
        let told = match self.last {
            Some((last, told)) if last == *start => told,
            _ => self.learn(start, line)?,
        };
        let (stamp, len) = match told {
            Told::All(stamp) => (stamp, MINUTE - 1),
            Told::Minute(minute) => {
                let (stamp, len) = iso_after(minute, &line[MINUTE..])?;
                (stamp, MINUTE + len)
            }
        };
        (line.get(len) == Some(&b' ')).then_some((stamp, len + 1))
    }

    fn learn(&mut self, start: &Start, line: &[u8]) -> Option<Told> {
        let told = if start[0].is_ascii_digit() {
            Told::Minute(iso_minute(line)?)
        } else {
            let whole = |(stamp, len): &_| *len == MINUTE - 1 && matches!(stamp, Stamp::Yearless(..));
            Told::All(yearless(line).filter(whole)?.0)
        };
        self.last = Some((*start, told));
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::stamp::iso;

    #[test]
    fn a_stamp_is_the_same_whatever_line_stood_before_it() {
        let mut stamps = Stamps::default();
        for line in [
            "Nov 24 09:00:01 mx",
            "Nov 24 09:00:01 mx",
            "Nov 24 09:00:02 mx",
            "2026-11-24T09:00:02.125+01:00 mx",
            "2026-11-24T09:00:59.5+00:00 mx",
            "2026-11-24T09:00:60Z mx",
            "2026-11-24 09:01:01 mx",
        ] {
            let line = line.as_bytes();
            let (stamp, len) = yearless(line).or_else(|| iso(line)).expect("a stamp");
            assert_eq!(stamps.read(line), Some((stamp, len + 1)));
        }
        for line in
            ["Nov 4 09:00:01 mx", "Nov 24 09:00:01.5 mx", "Nov 24 09:00:01", "2026-11-24T09:00:61Z mx", "x"]
        {
            assert_eq!(stamps.read(line.as_bytes()), None, "{line}");
        }
    }
}
