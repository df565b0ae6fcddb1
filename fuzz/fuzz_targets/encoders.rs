//! Any bytes through the encoders: nothing that acts comes out, and the bytes can be restored.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::text::{Text, bytes, json, shape, utf8};

fuzz_target!(|all: &[u8]| {
    assert_eq!(bytes(&utf8(all)), all);
    let text = Text::from_bytes(all);
    let tty = text.tty();
    assert!(tty.chars().all(|c| !c.is_control()));
    assert!(!text.html().contains(['<', '>', '"', '\'', '`', '{']));
    let cell = text.csv();
    assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && cell.chars().all(|c| !c.is_control()));
    assert!(!json(text.raw()).chars().any(char::is_control));
    assert!(shape(text.raw()).len() <= 203);
});
