//! Renderers of a trace: from messages and sessions to bytes.
//!
//! As those of a report they format and do nothing else; see [`super`].

use super::Format;
use crate::report::trace::Trace;

mod html;
mod json;
mod text;
#[cfg(test)]
mod tests;

/// Every output format of traces, in order of name.
pub static FORMATS: &[Format<Trace>] = &[
    Format {
        name: "html",
        extension: "html",
        about: "one page with a picture of the way, for browsers and printers",
        render: html::render,
    },
    Format {
        name: "json",
        extension: "json",
        about: "one object with everything in it, for programs",
        render: json::render,
    },
    Format { name: "text", extension: "txt", about: "plain text, for terminals", render: text::render },
];

/// What was found, in a sentence.
fn headline(trace: &Trace) -> String {
    let messages = super::parts::plural(trace.messages.len() as u64, "message", "messages");
    let sessions = super::parts::plural(trace.sessions.len() as u64, "session", "sessions");
    match trace.kind {
        Some(kind) if trace.exact => format!("{messages} and {sessions} by {kind}"),
        Some(kind) => {
            let article = if kind.starts_with(['a', 'I']) { "an" } else { "a" };
            format!("{messages} and {sessions} by part of {article} {kind}")
        }
        None => "Nothing was found".to_owned(),
    }
}

/// What is left out, where something is.
fn left_out(trace: &Trace) -> Option<String> {
    let (shown, of) = (trace.shown() as u64, trace.total as u64);
    let words = format!("The latest {} of {} are shown.", crate::units::count(shown), crate::units::count(of));
    (shown < of).then_some(words)
}
