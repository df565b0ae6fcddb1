//! Any text as a setting.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::address::Mailbox;
use mailtrail::config::{calendar_entry, comparison, quantity, thresholds};

fuzz_target!(|text: &str| {
    if let Ok(entry) = calendar_entry(text) {
        let (start, end) = entry.span();
        assert!(start < 1440 && end <= 2 * 1440, "{start} {end}");
        entry.holds(20_000, 700);
    }
    let _ = (comparison(text), quantity(text, None), Mailbox::parse(text));
    // An error shows its place, which must lie in the text.
    if let Err(error) = thresholds("fuzz.toml", text, false) {
        error.render(true);
    }
});
