//! Mail among the input: the hops of its messages become facts beside those of the logs.
//!
//! The account of a mailbox counts its `Received` headers as that of a log counts lines: matched is a header that was
//! read whole, unmatched one that was not, duplicate one of a message that was given before.

use crate::event::{Interner, NO_TEXT, TextId, Word};
use crate::facts::schema::Hop as Row;
use crate::facts::{Facts, NULL};
use crate::headers::{self, Hop, Message, Messages};
use crate::input::{Mail, Source};
use crate::report::{Counts, Coverage, Evidence, Shape, SourceCoverage};
use crate::text::Text;
use std::collections::BTreeMap;

/// What takes the place of a grammar's name.
const SYSTEM: &str = "received";

/// Reads mail; its sources get the numbers from `first` on.
pub(super) fn read(mail: Vec<Mail>, first: usize, facts: &mut Facts, coverage: &mut Coverage) -> Vec<Source> {
    if mail.is_empty() {
        return Vec::new();
    }
    let mut messages = headers::read(&mail, &|_, _| ());
    rows(&messages, first, facts);
    let accounts = accounts(&mail, &messages);
    accounts.iter().for_each(|account| coverage.counts += account.counts);
    coverage.sources.splice(first..first, accounts);
    coverage.problems.append(&mut messages.problems);
    let again = messages.duplicates.iter().map(|(number, _)| *number);
    let again = again.chain(messages.list.iter().filter(|(_, message)| message.copy).map(|(number, _)| *number));
    coverage.copies = again.map(|number| mail[number].source.name.clone()).collect();
    shapes(&messages, coverage);
    mail.into_iter().map(|mail| mail.source).collect()
}

/// Appends a row for each hop.
fn rows(messages: &Messages, first: usize, facts: &mut Facts) {
    let mut texts = Texts { interner: Interner::default(), base: facts.texts.len() - Word::COUNT };
    let system = texts.id(SYSTEM);
    for (number, message) in counted(messages) {
        let path = texts.id(&path(message));
        let file = texts.id(message.file.raw());
        let message_id = texts.of(message.message_id.as_ref());
        let mut before = (NO_TEXT, NO_TEXT);
        for (at, hop) in message.hops.iter().enumerate() {
            let row = Row {
                message_id,
                path,
                file,
                hop: integer(at + 1),
                hop_count: integer(message.hops.len()),
                total_s: message.total().unwrap_or(NULL),
                before_host: before.0,
                before_queue_id: before.1,
                system,
                source: integer(first + number),
                ..row(hop, &mut texts)
            };
            before = (row.by_host, row.queue_id);
            facts.push(&row);
        }
    }
    facts.texts.add(texts.interner.finish().texts());
}

/// The messages that count.
fn counted(messages: &Messages) -> impl Iterator<Item = &(usize, Message)> {
    messages.list.iter().filter(|(_, message)| !message.copy)
}

/// What a hop says by itself.
fn row(hop: &Hop, texts: &mut Texts) -> Row {
    let ip = hop.from_ip.map(|ip| Text::from(ip.to_string()));
    Row {
        time: hop.time.map_or(NULL, |time| time.micros),
        from_host: texts.of(hop.from_host.as_ref()),
        from_ip: texts.of(ip.as_ref()),
        helo: texts.of(hop.helo.as_ref()),
        client_name: texts.of(hop.client_name.as_ref()),
        by_host: texts.of(hop.by_host.as_ref()),
        protocol: texts.of(hop.protocol.as_ref()),
        tls: hop.tls.map_or(NO_TEXT, |tls| texts.id(tls)),
        queue_id: texts.of(hop.id.as_ref()),
        recipient: texts.of(hop.recipient.as_ref()),
        delay_s: hop.delay.unwrap_or(NULL),
        skewed: i64::from(hop.skewed),
        gap: i64::from(hop.gap),
        loops: i64::from(hop.looped),
        forged: i64::from(hop.forged),
        offset: i64::try_from(hop.offset).unwrap_or(i64::MAX),
        ..Row::default()
    }
}

fn integer(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The hosts of a message's way, the oldest first.
fn path(message: &Message) -> String {
    let hosts = message.hops.iter().map(|hop| hop.by_host.as_ref().map_or("?", Text::raw));
    hosts.collect::<Vec<_>>().join(" > ")
}

/// The texts of the rows, by ids of the run.
struct Texts {
    interner: Interner,
    base: u32,
}

impl Texts {
    fn id(&mut self, text: &str) -> TextId {
        let id = self.interner.id_of_made(text);
        if crate::event::is_word(id) { id } else { id + self.base }
    }

    fn of(&mut self, text: Option<&Text>) -> TextId {
        text.map_or(NO_TEXT, |text| self.id(text.raw()))
    }
}

/// The account of each mailbox, in headers. Its times are those of the newest hops: they alone were surely written by
/// the host that holds the mail.
fn accounts(mail: &[Mail], messages: &Messages) -> Vec<SourceCoverage> {
    let empty = |mail: &Mail| SourceCoverage { path: mail.source.name.clone(), ..SourceCoverage::default() };
    let mut accounts: Vec<SourceCoverage> = mail.iter().map(empty).collect();
    for (number, message) in counted(messages) {
        let Some(account) = accounts.get_mut(*number) else { continue };
        let unmatched = message.unparsed.len() as u64;
        let (lines, matched) = (message.headers, message.headers - unmatched);
        account.counts += Counts { lines, matched, unmatched, ..Counts::default() };
        if let Some(time) = message.hops.last().and_then(|hop| hop.time) {
            let times = account.times.get_or_insert((time.micros, time.micros));
            *times = (times.0.min(time.micros), times.1.max(time.micros));
        }
    }
    let copies = messages
        .list
        .iter()
        .filter(|(_, message)| message.copy)
        .map(|(number, message)| (*number, message.headers));
    for (number, headers) in messages.duplicates.iter().copied().chain(copies) {
        if let Some(account) = accounts.get_mut(number) {
            account.counts += Counts { lines: headers, duplicate: headers, ..Counts::default() };
        }
    }
    for account in accounts.iter_mut().filter(|account| account.counts.matched > 0) {
        account.systems.push((SYSTEM.to_owned(), account.counts.matched));
    }
    accounts
}

/// The headers that could not be read are unmatched lines: their shape is the reason.
fn shapes(messages: &Messages, coverage: &mut Coverage) {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for (message, unparsed) in counted(messages).flat_map(|(_, m)| m.unparsed.iter().map(move |u| (m, u))) {
        let shape = format!("Received: {}", unparsed.reason);
        let example = || Evidence {
            source: message.file.clone(),
            offset: unparsed.offset,
            line: Text::from(format!("Received: {}", unparsed.header.raw())),
        };
        let entry = shapes.entry(shape);
        let entry = entry.or_insert_with_key(|shape| Shape {
            shape: Text::from(shape.as_str()),
            count: 0,
            example: example(),
        });
        entry.count += 1;
    }
    coverage.total_shapes += shapes.len();
    coverage.unmatched_shapes.extend(shapes.into_values());
    coverage.unmatched_shapes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.shape.cmp(&b.shape)));
    coverage.unmatched_shapes.truncate(super::account::SHOWN_SHAPES);
}
