//! From the header block of a message to its hops.
//!
//! Only the fields that are wanted are looked at, and no message's text. The Message-ID is read by `mail-parser`.

use super::date::date_time;
use super::fields::{Name, fields};
use super::received::{LONGEST, Reason, Received, received};
use super::{Hop, Message, Unparsed, tls};
use crate::input::mail::Block;
use crate::text::Text;
use foldhash::fast::RandomState;
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// The hash by which a message that is given twice is told; it stands in no output.
static HASH: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Reads a message's header block.
pub(super) fn read(file: &Text, block: &Block) -> Message {
    let message = Message { file: file.clone(), offset: block.message, ..Message::default() };
    read_block(message, block.start, &block.bytes)
}

/// Fills in a message from its block, which starts at this byte of the file; what stands behind the empty line is not
/// looked at.
pub(super) fn read_block(mut message: Message, start: u64, block: &[u8]) -> Message {
    let mut identity = HASH.build_hasher();
    for field in fields(block) {
        let value = field.value.trim_ascii();
        match field.name {
            Name::Received => message.received(value, start + field.at as u64),
            Name::Date if message.date.is_none() => message.date = date_time(value).ok().map(|(_, time)| time),
            Name::MessageId if message.message_id.is_none() => message.message_id = message_id(field.value),
            Name::Date | Name::MessageId => continue,
        }
        identity.write(value);
    }
    if message.headers == 0 {
        identity.write(block);
    }
    message.identity = identity.finish();
    // The newest header stands first.
    message.hops.reverse();
    message.unparsed.reverse();
    super::way::follow(&mut message.hops);
    message
}

/// The first id of a field. Where it is not simply one between its brackets, `mail-parser` finds it.
fn message_id(value: &[u8]) -> Option<Text> {
    let simple = value.trim_ascii().strip_prefix(b"<").and_then(|id| id.strip_suffix(b">"));
    match simple
        .filter(|id| is_plain(id) && !id.contains(&b'<') && !id.contains(&b'>'))
        .filter(|id| !id.is_empty())
    {
        Some(id) => Some(Text::from_bytes(id)),
        None => first_id(value),
    }
}

/// The first id of a field, which must end with its line.
fn first_id(value: &[u8]) -> Option<Text> {
    match MessageStream::new(value).parse_id() {
        HeaderValue::Text(id) => Some(Text::from(id.as_ref())),
        HeaderValue::TextList(ids) => ids.first().map(|id| Text::from(id.as_ref())),
        _ if !value.ends_with(b"\n") => first_id(&[value, b"\n"].concat()),
        _ => None,
    }
}

/// Hops for which there is room from the beginning: as many as most messages have.
const USUAL: usize = 3;

impl Message {
    /// Takes a `Received` header that starts at this byte of the file.
    fn received(&mut self, value: &[u8], offset: u64) {
        self.headers += 1;
        if value.len() > LONGEST {
            return self.unparsed(&value[..LONGEST], Reason::TooLong, offset);
        }
        let found = received(value);
        if let Some(reason) = found.reason() {
            self.unparsed(value, reason, offset);
        }
        if found.is_hop() {
            if self.hops.is_empty() {
                self.hops.reserve_exact(USUAL);
            }
            self.hops.push(Hop { offset, ..hop(&found) });
        }
    }

    fn unparsed(&mut self, value: &[u8], reason: Reason, offset: u64) {
        self.unparsed.push(Unparsed { header: unfolded(value), reason, offset });
    }
}

/// Whether a text is shown as it stands: visible ASCII, nothing that looks like an escape.
fn is_plain(text: &[u8]) -> bool {
    // All bytes are looked at, which is sooner done than to stop at one.
    text.iter().filter(|b| b.is_ascii_graphic() && **b != b'\\').count() == text.len()
}

/// A header on one line, cut where it is longer than anybody reads.
fn unfolded(value: &[u8]) -> Text {
    if let Some(text) = std::str::from_utf8(value).ok().filter(|_| value.len() < 1000 && is_plain(value)) {
        return Text::from(text);
    }
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(&b' ');
    let mut text = Text::from_bytes(&line).raw().to_owned();
    crate::text::crop(&mut text, 1000);
    Text::from(text)
}

/// A header's words as a hop.
pub(super) fn hop(found: &Received<'_>) -> Hop {
    let text = |part: Option<&[u8]>| part.map(<[u8]>::trim_ascii).filter(|part| !part.is_empty()).map(unfolded);
    let over_tls = found.protocol.filter(|protocol| tls::is_protocol(protocol)).map(|_| "TLS");
    Hop {
        from_host: text(found.client.from),
        from_ip: found.client.ip(),
        helo: text(found.client.helo()),
        client_name: text(found.client.name()),
        by_host: text(found.by),
        protocol: text(found.protocol),
        tls: found.tls.or(over_tls),
        id: text(found.id),
        recipient: text(found.recipient),
        time: found.time,
        ..Hop::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::Time;

    fn message(text: &str) -> Message {
        read(&Text::from("x"), &Block { message: 0, start: 0, bytes: text.as_bytes().to_vec() })
    }

    const WAY: &str = "Received: from b.example by c.example with LMTP id 3; Tue, 24 Nov 2026 12:00:07 +0000\n\
        X-Other: Received: from nowhere\n\
        Received: from a.example\n\tby b.example with ESMTP id 2; Tue, 24 Nov 2026 13:00:05 +0100\n\
        received : nothing at all\n\
        Received: by a.example with HTTP; Tue, 24 Nov 2026 12:00:00 +0000\n\
        Message-ID: <1@a.example>\nDate: Tue, 24 Nov 2026 11:59:59 GMT\n\n";

    #[test]
    fn the_oldest_hop_is_the_first() {
        let message = message(WAY);
        let by: Vec<&str> = message.hops.iter().filter_map(|hop| Some(hop.by_host.as_ref()?.raw())).collect();
        assert_eq!(by, ["a.example", "b.example", "c.example"]);
        assert_eq!(message.message_id.as_ref().map(Text::raw), Some("1@a.example"));
        assert_eq!(message.date.map(Time::rfc3339).as_deref(), Some("2026-11-24T11:59:59+00:00"));
        let delays: Vec<Option<i64>> = message.hops.iter().map(|hop| hop.delay).collect();
        assert_eq!(delays, [None, Some(5_000_000), Some(2_000_000)]);
        assert_eq!(message.total(), Some(7_000_000));
        assert_eq!((message.headers, message.unparsed.len()), (4, 1));
        assert_eq!(message.unparsed[0].reason, Reason::NoHop);
        assert_eq!(message.hops[1].offset, WAY.find("Received: from a").map_or(0, |at| at as u64));
    }

    #[test]
    fn a_copy_is_told_and_another_mailboxs_is_not() {
        let copy = WAY.replace("X-Other:", "Status: RO\nX-Other:");
        let other = WAY.replace("id 3", "id 4");
        assert_eq!(message(WAY).identity, message(&copy).identity);
        assert_ne!(message(WAY).identity, message(&other).identity);
    }

    #[test]
    fn a_header_that_is_too_long_is_counted() {
        let message = message(&format!("Received: from {} by b; 24 Nov 2026 12:00:00 Z\n\n", "x".repeat(LONGEST)));
        assert_eq!((message.headers, message.hops.len(), message.unparsed[0].reason), (1, 0, Reason::TooLong));
        assert!(message.unparsed[0].header.raw().len() < 1100);
    }
}
