//! Any text as a grammar: it is taken, or refused with a place that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::grammar::Grammars;

fuzz_target!(|text: &str| {
    let mut grammars = Grammars::load(&mailtrail::assets::Assets::default()).expect("they are right");
    grammars.list.clear();
    grammars.patterns.clear();
    if let Err(error) = grammars.add("fuzz.toml", text) {
        error.render(true);
    }
});
