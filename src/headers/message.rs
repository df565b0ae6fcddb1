//! From the header block of a message to its hops.
//!
//! `mail-parser` finds the fields; what they say is read here. No message's text is looked at.

use super::date::date_time;
use super::received::{LONGEST, Reason, Received, received};
use super::{Hop, Message, Unparsed, tls};
use crate::input::mail::Block;
use crate::text::Text;
use foldhash::fast::RandomState;
use mail_parser::{Header, HeaderName, HeaderValue, MessageParser};
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// Finds the fields; of their values only the Message-ID is read.
static PARSER: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().header_id(HeaderName::MessageId).default_header_ignore());

/// The hash by which a message that is given twice is told; it stands in no output.
static HASH: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Reads a message's header block.
pub(super) fn read(file: &Text, block: &Block) -> Message {
    let mut message = Message { file: file.clone(), offset: block.message, ..Message::default() };
    let parsed = PARSER.parse_headers(&block.bytes);
    let headers = parsed.as_ref().and_then(|message| message.parts.first()).map(|part| part.headers.as_slice());
    let mut identity = HASH.build_hasher();
    for header in headers.unwrap_or_default() {
        let value = value(header, &block.bytes);
        match (&header.name, &header.value) {
            (HeaderName::Received, _) => {
                identity.write(value);
                message.received(value, block.start + u64::from(header.offset_field));
            }
            (HeaderName::Date, _) if message.date.is_none() => {
                identity.write(value);
                message.date = date_time(value).ok().map(|(_, time)| time);
            }
            (HeaderName::MessageId, id) if message.message_id.is_none() => {
                identity.write(value);
                message.message_id = first(id).map(Text::from);
            }
            _ => {}
        }
    }
    if message.headers == 0 {
        identity.write(&block.bytes);
    }
    message.identity = identity.finish();
    // The newest header stands first.
    message.hops.reverse();
    message.unparsed.reverse();
    super::way::follow(&mut message.hops);
    message
}

/// A field's value as it stands in the block.
fn value<'a>(header: &Header<'_>, block: &'a [u8]) -> &'a [u8] {
    block.get(header.offset_start as usize..header.offset_end as usize).unwrap_or_default().trim_ascii()
}

fn first<'a>(id: &'a HeaderValue<'_>) -> Option<&'a str> {
    match id {
        HeaderValue::Text(id) => Some(id.as_ref()),
        HeaderValue::TextList(ids) => ids.first().map(AsRef::as_ref),
        _ => None,
    }
}

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
            self.hops.push(Hop { offset, ..hop(&found) });
        }
    }

    fn unparsed(&mut self, value: &[u8], reason: Reason, offset: u64) {
        self.unparsed.push(Unparsed { header: unfolded(value), reason, offset });
    }
}

/// A header on one line, cut where it is longer than anybody reads.
fn unfolded(value: &[u8]) -> Text {
    if value.len() < 1000 && !value.iter().any(u8::is_ascii_whitespace) {
        return Text::from_bytes(value);
    }
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(&b' ');
    let mut text = Text::from_bytes(&line).raw().to_owned();
    crate::text::crop(&mut text, 1000);
    Text::from(text)
}

/// A header's words as a hop.
pub(super) fn hop(found: &Received<'_>) -> Hop {
    let text = |part: Option<&[u8]>| part.map(unfolded).filter(|text| !text.raw().is_empty());
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
