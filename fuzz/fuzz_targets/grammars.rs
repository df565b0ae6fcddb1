//! Any text as a grammar: it is taken, or refused with a place that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::grammar::Grammars;

fuzz_target!(|text: &str| {
    let mut grammars = Grammars { list: Vec::new(), patterns: Vec::new() };
    if let Err(error) = grammars.add("fuzz.toml", text) {
        error.render(true);
    }
});
