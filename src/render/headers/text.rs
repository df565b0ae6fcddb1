//! A path for terminals: a line a hop, the oldest first, with a bar for its delay.

use crate::error::Result;
use crate::headers::{Hop, Message, Messages, Time};
use crate::render::Options;
use crate::render::crop::{self, end, middle};
use crate::render::text::{Page, Style};
use crate::report::State;
use crate::text::Text;
use crate::time::{SECOND, Zone};
use crate::units;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The columns of a hop: its number, its host, how it came, when, after how long. The bar takes the rest.
const COLUMNS: [usize; 5] = [3, 26, 16, 8, 9];

/// Writes messages one below the other.
#[expect(clippy::unnecessary_wraps, reason = "other formats can fail, and all have one shape")]
pub(super) fn write(messages: &Messages, options: &Options<'_>) -> Result<Vec<u8>> {
    let mut page = Page::new(options.width, options.color);
    for (_, message) in &messages.list {
        self::message(&mut page, message);
        page.blank();
    }
    super::summary(messages).iter().for_each(|line| page.prose(0, line));
    Ok(page.into_bytes())
}

fn message(page: &mut Page, message: &Message) {
    let id = message.message_id.as_ref().map_or("(no Message-ID)", Text::raw);
    page.strong(id);
    let total = message.total().map(|total| format!("{} on the way", units::seconds(super::seconds(total))));
    let start = message.hops.iter().filter(|hop| !hop.forged).find_map(|hop| hop.time);
    let first = start.map(|time| Zone::utc().second_text(time.micros) + " UTC");
    // The place stays whole, to be of use.
    page.line(&page.styled(Style::Faint, &crop::place(&message.file.tty(), message.offset)));
    page.faint(&[first, total].into_iter().flatten().collect::<Vec<_>>().join("  "));
    let longest = super::longest(message);
    let mut day = start.map(date);
    for (at, hop) in message.hops.iter().enumerate() {
        new_day(page, hop, &mut day);
        self::hop(page, at, hop, longest);
    }
    for unparsed in &message.unparsed {
        let line = format!("  ! {}: {}", unparsed.reason, unparsed.header.raw());
        page.in_state(State::Unknown, &line);
    }
}

fn date(time: Time) -> String {
    Zone::utc().date_text(time.micros)
}

/// The date above the clock of a hop that is not of the day before it. The first day stands above the hops.
fn new_day(page: &mut Page, hop: &Hop, day: &mut Option<String>) {
    let Some(date) = hop.time.map(date).filter(|date| day.as_ref() != Some(date)) else { return };
    let [number, host, protocol, clock, _] = COLUMNS;
    page.faint(&format!("{date:>width$}", width = number + host + 2 + protocol + 2 + clock));
    *day = Some(date);
}

fn hop(page: &mut Page, at: usize, hop: &Hop, longest: i64) {
    let time = hop.time.map(|time| Zone::utc().format(time.micros, "%H:%M:%S")).unwrap_or_default();
    let [number, host, protocol, clock, delay] = COLUMNS;
    let how = how(hop, protocol);
    let mut line = format!("{:>width$} ", at + 1, width = number - 1);
    for (text, width) in
        [(hop.by_host.as_ref().map_or("?", |host| host.raw()), host), (&how, protocol), (&time, clock)]
    {
        let text = middle(text, width);
        let _ = write!(line, "{text}{}  ", " ".repeat(width - text.width()));
    }
    let after = after(hop, at);
    let _ = write!(line, "{}{after}  ", " ".repeat(delay.saturating_sub(after.width())));
    let state = if hop.skewed && hop.delay.is_none() { Style::State(State::Warning) } else { Style::Plain };
    let line = page.styled(state, &line);
    let room = page.width().saturating_sub(COLUMNS.iter().sum::<usize>() + 7);
    let bar = page.styled(Style::State(State::Ok), &bar(hop.delay.unwrap_or(0), longest, room));
    page.line(&(line + &bar));
    remarks(page, hop);
}

/// The protocol, as much of it as there is room for, and the version of TLS.
fn how(hop: &Hop, room: usize) -> String {
    let tls = hop.tls.unwrap_or_default();
    let protocol = hop.protocol.as_ref().map_or("", Text::raw);
    let protocol = end(protocol, room.saturating_sub(tls.width() + 1));
    format!("{protocol} {tls}").trim().to_owned()
}

/// The delay: with `~` where it is corrected; where a clock is wrong and cannot be corrected, that is said.
fn after(hop: &Hop, at: usize) -> String {
    match hop.delay.map(|delay| units::seconds(super::seconds(delay))) {
        Some(delay) if hop.skewed => format!("~{delay}"),
        Some(delay) => delay,
        None if hop.skewed => "skewed".to_owned(),
        None if at == 0 => String::new(),
        None => "?".to_owned(),
    }
}

/// What is odd about a hop, each in a line; a clock that is wrong stands in the delay's place.
fn remarks(page: &mut Page, hop: &Hop) {
    let from = hop.from_host.as_ref().map(|host| format!(" (from {})", host.raw())).unwrap_or_default();
    for (word, about, is) in super::REMARKS {
        if word != "skewed" && is(hop) {
            let line = format!("    ! {word}: {about}{}", if word == "gap" { &from } else { "" });
            let line = end(&line, page.width());
            page.in_state(State::Warning, &line);
        }
    }
}

/// A bar of eighths of a column.
fn bar(delay: i64, longest: i64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if delay <= 0 || longest < SECOND / 1000 {
        return String::new();
    }
    let room = i64::try_from(room).unwrap_or(0);
    let eighths = usize::try_from((delay.saturating_mul(room * 8) / longest).max(1)).unwrap_or(0);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
