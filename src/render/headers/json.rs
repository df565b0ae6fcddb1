//! An object a message, for programs. The keys and their order are a contract.

use crate::error::{Error, Exit, Result};
use crate::headers::{Hop, Message, Messages, Time, Unparsed};
use crate::render::Options;
use crate::text::{Text, json_safe};
use serde::Serialize;
use serde_json::Number;

#[derive(Serialize)]
struct Way<'a> {
    source: &'a Text,
    offset: u64,
    message_id: Option<&'a Text>,
    date: Option<String>,
    total_s: Option<Number>,
    hops: Vec<Step<'a>>,
    unparsed: Vec<Unread<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    hop: usize,
    from_host: Option<&'a Text>,
    from_ip: Option<String>,
    helo: Option<&'a Text>,
    client_name: Option<&'a Text>,
    by_host: Option<&'a Text>,
    protocol: Option<&'a Text>,
    tls: Option<&'static str>,
    id: Option<&'a Text>,
    r#for: Option<&'a Text>,
    time: Option<String>,
    delay_s: Option<Number>,
    skewed: bool,
    gap: bool,
    r#loop: bool,
    forged: bool,
}

#[derive(Serialize)]
struct Unread<'a> {
    header: &'a Text,
    reason: String,
}

/// An object a line.
pub(super) fn lines(messages: &Messages, _: &Options<'_>) -> Result<Vec<u8>> {
    let lines = objects(messages).map(|object| Ok(object? + "\n")).collect::<Result<String>>()?;
    Ok(lines.into_bytes())
}

/// All objects in an array, each on a line of its own.
pub(super) fn array(messages: &Messages, _: &Options<'_>) -> Result<Vec<u8>> {
    let objects = objects(messages).map(|object| Ok(format!("  {}", object?))).collect::<Result<Vec<_>>>()?;
    let text = if objects.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", objects.join(",\n")) };
    Ok(text.into_bytes())
}

fn objects(messages: &Messages) -> impl Iterator<Item = Result<String>> {
    messages.list.iter().map(|(_, message)| {
        let object = serde_json::to_string(&Way::of(message))
            .map_err(|e| Error::new(Exit::Internal, "a message does not fit into JSON").why(e))?;
        Ok(json_safe(&object).into_owned())
    })
}

impl<'a> Way<'a> {
    fn of(message: &'a Message) -> Self {
        Self {
            source: &message.file,
            offset: message.offset,
            message_id: message.message_id.as_ref(),
            date: message.date.map(Time::rfc3339),
            total_s: message.total().and_then(number),
            hops: message.hops.iter().enumerate().map(|(at, hop)| Step::of(at + 1, hop)).collect(),
            unparsed: message.unparsed.iter().map(Unread::of).collect(),
        }
    }
}

impl<'a> Step<'a> {
    fn of(number_of_hop: usize, hop: &'a Hop) -> Self {
        Self {
            hop: number_of_hop,
            from_host: hop.from_host.as_ref(),
            from_ip: hop.from_ip.map(|ip| ip.to_string()),
            helo: hop.helo.as_ref(),
            client_name: hop.client_name.as_ref(),
            by_host: hop.by_host.as_ref(),
            protocol: hop.protocol.as_ref(),
            tls: hop.tls,
            id: hop.id.as_ref(),
            r#for: hop.recipient.as_ref(),
            time: hop.time.map(Time::rfc3339),
            delay_s: hop.delay.and_then(number),
            skewed: hop.skewed,
            gap: hop.gap,
            r#loop: hop.looped,
            forged: hop.forged,
        }
    }
}

impl<'a> Unread<'a> {
    fn of(unparsed: &'a Unparsed) -> Self {
        Self { header: &unparsed.header, reason: unparsed.reason.to_string() }
    }
}

/// Microseconds as seconds, without a fraction where there is none.
fn number(micros: i64) -> Option<Number> {
    if micros % crate::time::SECOND == 0 {
        return Some(Number::from(micros / crate::time::SECOND));
    }
    Number::from_f64(super::seconds(micros))
}
