//! Any bytes as a time: a reader of stamps takes no more bytes than there are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::time::stamp::{self, Clock, ClockState, Stamp};
use mailtrail::time::{Pattern, Zone, parse_age, parse_day, parse_duration, parse_instant};
use std::sync::LazyLock;

static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::named("Australia/Lord_Howe").expect("it is compiled in"));
const NOW: i64 = 1_795_388_400_000_000;

fuzz_target!(|bytes: &[u8]| {
    let readers: [fn(&[u8]) -> Option<(Stamp, usize)>; 5] =
        [stamp::yearless, stamp::iso, stamp::hex_epoch, stamp::tai64n, stamp::epoch];
    let mut clock = Clock::new(&ZONE, ClockState::starting(2026));
    for read in readers {
        if let Some((stamp, len)) = read(bytes) {
            assert!(len <= bytes.len());
            clock.resolve(stamp);
        }
    }
    stamp::value(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (pattern, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(pattern) = Pattern::new(pattern)
        && let Some((stamp, len)) = pattern.read(rest.as_bytes())
    {
        assert!(len <= rest.len());
        clock.resolve(stamp);
    }
    let _ = (parse_day(text, &ZONE, NOW), parse_instant(text, &ZONE, NOW), parse_duration(text), parse_age(text));
});
