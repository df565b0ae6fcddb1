//! Any bytes as a log: every line has its place in the account.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::assets::Assets;
use mailtrail::grammar::{Grammars, Reader, Scratch};
use mailtrail::time::Zone;
use mailtrail::time::stamp::ClockState;
use std::sync::LazyLock;

static GRAMMARS: LazyLock<Grammars> =
    LazyLock::new(|| Grammars::load(&Assets::default()).expect("they are right"));
static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::named("Europe/Berlin").expect("it is compiled in"));

fuzz_target!(|log: &[u8]| {
    let layouts = GRAMMARS.layouts_of(log);
    let state = ClockState::starting(2026);
    let mut reader = Reader::new(&GRAMMARS, &layouts, &ZONE, state, b"mx1", Scratch::default());
    let mut offset = 0;
    for line in log.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        if layouts.is_own() {
            reader.laid_line(text, offset)
        } else {
            reader.line(text, offset)
        }
        offset += line.len() as u64;
    }
    let counts = reader.finish().counts;
    assert_eq!(counts.lines, counts.matched + counts.ignored + counts.unmatched + counts.damaged);
});
