//! A page for browsers: a table a message. It has no script, and nothing in a header can act in it.

use crate::error::Result;
use crate::headers::{Hop, Message, Messages, Time};
use crate::render::Options;
use crate::render::crop;
use crate::render::html;
use crate::text::Text;
use crate::units;
use serde::Serialize;

/// How many characters of a name or a header are shown.
const MOST: usize = 300;

/// Messages on a page; a browser bears no more.
const MOST_MESSAGES: usize = 1_000;

#[derive(Serialize)]
struct Page {
    version: &'static str,
    summary: Vec<String>,
    note: Option<String>,
    messages: Vec<Way>,
}

#[derive(Serialize)]
struct Way {
    id: String,
    place: String,
    date: Option<Stamp>,
    total: Option<String>,
    hops: Vec<Step>,
    unparsed: Vec<Unread>,
}

#[derive(Serialize)]
struct Step {
    hop: usize,
    by: String,
    from: String,
    ip: String,
    how: String,
    id: String,
    time: Option<Stamp>,
    delay: String,
    /// The width of its bar in hundredths.
    bar: i64,
    skewed: bool,
    remarks: Vec<&'static str>,
}

#[derive(Serialize)]
struct Stamp {
    text: String,
    datetime: String,
}

#[derive(Serialize)]
struct Unread {
    header: String,
    reason: String,
}

/// Writes messages.
pub(super) fn write(messages: &Messages, options: &Options<'_>) -> Result<Vec<u8>> {
    let shown = messages.list.iter().take(MOST_MESSAGES).map(|(_, message)| Way::of(message)).collect::<Vec<_>>();
    let (count, of) = (shown.len() as u64, messages.list.len() as u64);
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        summary: super::summary(messages),
        note: (count < of).then(|| format!("showing {} of {}", units::count(count), units::count(of))),
        messages: shown,
    };
    let cells = messages.list.iter().take(MOST_MESSAGES).map(|(_, message)| message.hops.len() * 12 + 12).sum();
    html::page(options.assets, "headers.html", &["style.css", "headers.css"], &page, cells)
}

impl Way {
    fn of(message: &Message) -> Self {
        let longest = super::longest(message).max(1);
        let hops = message.hops.iter().enumerate().map(|(at, hop)| Step::of(at + 1, hop, longest));
        let unread = message.unparsed.iter();
        Self {
            id: message.message_id.as_ref().map_or_else(|| "(no Message-ID)".to_owned(), shown),
            place: crop::place(&shown(&message.file), message.offset),
            date: message.date.map(Stamp::of),
            total: message.total().map(|total| units::seconds(super::seconds(total))),
            hops: hops.collect(),
            unparsed: unread.map(|u| Unread { header: shown(&u.header), reason: u.reason.to_string() }).collect(),
        }
    }
}

impl Step {
    fn of(number: usize, hop: &Hop, longest: i64) -> Self {
        let text = |text: &Option<Text>| text.as_ref().map(shown).unwrap_or_default();
        let how = [text(&hop.protocol), hop.tls.unwrap_or_default().to_owned()];
        let delay = hop.delay.map(|delay| units::seconds(super::seconds(delay)));
        Self {
            hop: number,
            by: text(&hop.by_host),
            from: text(&hop.from_host),
            ip: hop.from_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            how: how.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" "),
            id: text(&hop.id),
            time: hop.time.map(Stamp::of),
            delay: delay.unwrap_or_default(),
            bar: hop.delay.unwrap_or(0).saturating_mul(100) / longest,
            skewed: hop.skewed,
            remarks: super::remarks(hop).filter(|word| *word != "skewed").collect(),
        }
    }
}

impl Stamp {
    fn of(time: Time) -> Self {
        let datetime = time.rfc3339();
        Self { text: datetime.replacen('T', " ", 1), datetime }
    }
}

fn shown(text: &Text) -> String {
    let cut = crop::excerpt(text, MOST);
    if cut.rest > 0 { cut.shown + "…" } else { cut.shown }
}
