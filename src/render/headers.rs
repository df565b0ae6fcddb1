//! Ways of messages in every format: a path with bars for terminals, a page, tables and objects for programs.
//!
//! Comes in: messages with their hops, in their final order. Goes out: bytes. Whatever stands in a header leaves by the
//! encoder of its format.

mod csv;
mod json;
mod page;
mod text;

use super::Format;
use crate::headers::{Hop, Message, Messages, Reason};
use crate::units;
use std::collections::BTreeMap;

/// Every format, in order of name.
pub static FORMATS: &[Format<Messages>] = &[
    Format { name: "csv", extension: "csv", about: "a row a hop, for spreadsheets", render: csv::write },
    Format { name: "html", extension: "html", about: "one page, for browsers and printers", render: page::write },
    Format {
        name: "json",
        extension: "json",
        about: "an array with an object a message, for programs",
        render: json::array,
    },
    Format {
        name: "jsonl",
        extension: "jsonl",
        about: "an object a message, one a line, for programs",
        render: json::lines,
    },
    Format {
        name: "text",
        extension: "txt",
        about: "a line a hop with a bar for its delay, for terminals",
        render: text::write,
    },
];

/// Microseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "delays are far below 2^52 microseconds")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// A hop's remarks: the word of each and what it means.
const REMARKS: [(&str, &str, fn(&Hop) -> bool); 4] = [
    ("skewed", "the clocks of this host and the one before disagree", |hop| hop.skewed),
    ("gap", "the hop before ended elsewhere", |hop| hop.gap),
    ("loop", "the message was on this hop before", |hop| hop.looped),
    ("forged", "its time lies more than a day after that of the next hop", |hop| hop.forged),
];

/// The words of a hop's remarks.
fn remarks(hop: &Hop) -> impl Iterator<Item = &'static str> + '_ {
    REMARKS.iter().filter(|(.., is)| is(hop)).map(|(word, ..)| *word)
}

/// The longest delay of a message's hops, in microseconds; bars are drawn beside it.
fn longest(message: &Message) -> i64 {
    message.hops.iter().filter_map(|hop| hop.delay).max().unwrap_or(0)
}

/// The figures of all messages together, in sentences.
fn summary(messages: &Messages) -> Vec<String> {
    let list = || messages.list.iter().map(|(_, message)| message);
    let headers: u64 = list().map(|message| message.headers).sum();
    let unread: usize = list().map(|message| message.unparsed.len()).sum();
    let hops: usize = list().map(|message| message.hops.len()).sum();
    let counted = |number: usize, one: &str, many: &str| super::parts::plural(number as u64, one, many);
    let mut lines = vec![format!(
        "{}, {}, {}",
        counted(messages.list.len(), "message", "messages"),
        super::parts::plural(headers, "Received header", "Received headers"),
        counted(hops, "hop", "hops")
    )];
    let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
    list()
        .flat_map(|message| &message.unparsed)
        .for_each(|unread| *reasons.entry(unread.reason).or_default() += 1);
    if unread > 0 {
        let reasons = reasons.iter().map(|(reason, number)| format!("{reason} ({})", units::count(*number)));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        lines.push(format!("not understood, or not whole: {}: {reasons}", units::count(unread as u64)));
    }
    for (word, about, is) in REMARKS {
        let number = list().flat_map(|message| &message.hops).filter(|hop| is(hop)).count();
        if number > 0 {
            lines.push(format!("{word}: {} ({about})", units::count(number as u64)));
        }
    }
    let copies = list().filter(|message| message.copy).count();
    if copies > 0 {
        lines.push(format!("{} of another", counted(copies, "message is a copy", "messages are copies")));
    }
    lines
}

#[cfg(test)]
mod tests;
