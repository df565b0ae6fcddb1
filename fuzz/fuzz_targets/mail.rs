//! Any bytes as a message: its hops stand in order, and no delay is less than nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtrail::headers;

fuzz_target!(|message: &[u8]| {
    let message = headers::of_message(message);
    assert!(message.unparsed.len() as u64 <= message.headers);
    assert!(message.hops.iter().all(|hop| hop.delay.is_none_or(|delay| delay >= 0)));
    let _ = message.total();
});
