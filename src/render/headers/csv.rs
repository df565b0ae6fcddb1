//! A row a hop, for spreadsheets: text is guarded, so that no cell is read as a formula.

use crate::error::Result;
use crate::headers::{Hop, Message, Messages, Time, Unparsed};
use crate::render::{Options, csv};
use crate::text::Text;
use crate::units;

const HEAD: [&str; 19] = [
    "source",
    "offset",
    "message_id",
    "date",
    "total_s",
    "hop",
    "from_host",
    "from_ip",
    "helo",
    "client_name",
    "by_host",
    "protocol",
    "tls",
    "id",
    "for",
    "time",
    "delay_s",
    "remarks",
    "unparsed",
];

/// Writes messages; a header that could not be read is a row without a hop.
pub(super) fn write(messages: &Messages, _: &Options<'_>) -> Result<Vec<u8>> {
    let head = HEAD.map(str::to_owned).to_vec();
    csv::records([head].into_iter().chain(messages.list.iter().flat_map(|(_, message)| rows(message))))
}

fn rows(message: &Message) -> impl Iterator<Item = Vec<String>> {
    let hops = message.hops.iter().enumerate();
    let hops = hops.map(|(at, hop)| start(message).chain(cells(at + 1, hop)).collect());
    let empty = || std::iter::repeat_n(String::new(), HEAD.len() - START - 1);
    let unparsed = message.unparsed.iter();
    hops.chain(unparsed.map(move |unparsed| start(message).chain(empty()).chain([said(unparsed)]).collect()))
}

/// Cells that tell of the message.
const START: usize = 5;

fn start(message: &Message) -> impl Iterator<Item = String> {
    let cells: [String; START] = [
        message.file.csv().into_owned(),
        message.offset.to_string(),
        text(message.message_id.as_ref()),
        time(message.date),
        duration(message.total()),
    ];
    cells.into_iter()
}

fn cells(number: usize, hop: &Hop) -> Vec<String> {
    vec![
        number.to_string(),
        text(hop.from_host.as_ref()),
        hop.from_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        text(hop.helo.as_ref()),
        text(hop.client_name.as_ref()),
        text(hop.by_host.as_ref()),
        text(hop.protocol.as_ref()),
        hop.tls.unwrap_or_default().to_owned(),
        text(hop.id.as_ref()),
        text(hop.recipient.as_ref()),
        time(hop.time),
        duration(hop.delay),
        super::remarks(hop).collect::<Vec<_>>().join(" "),
        String::new(),
    ]
}

fn said(unparsed: &Unparsed) -> String {
    Text::from(format!("{}: {}", unparsed.reason, unparsed.header.raw())).csv().into_owned()
}

fn text(text: Option<&Text>) -> String {
    text.map(|text| text.csv().into_owned()).unwrap_or_default()
}

fn time(time: Option<Time>) -> String {
    time.map(Time::rfc3339).unwrap_or_default()
}

fn duration(micros: Option<i64>) -> String {
    micros.and_then(|micros| units::exact(super::seconds(micros))).unwrap_or_default()
}
