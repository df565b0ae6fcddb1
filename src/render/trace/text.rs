//! A trace for terminals: what became of each message, then a line of time, each step with the line that proves it.

use super::{headline, left_out};
use crate::error::Result;
use crate::render::Options;
use crate::render::crop::{self, end, excerpt, middle};
use crate::render::text::page::{Page, Style};
use crate::report::trace::{Life, Message, Recipient, Session, Step, Trace};
use crate::text::Text;
use crate::time::Zone;
use crate::units;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// How many characters of a detail are shown.
const MOST_DETAIL: usize = 600;

/// The columns of a time with its delay.
const CLOCK: usize = 15;
const DELAY: usize = 12;

#[expect(clippy::unnecessary_wraps, reason = "all formats have this shape, and others can fail")]
pub(super) fn render(trace: &Trace, options: &Options<'_>) -> Result<Vec<u8>> {
    let mut page = Page::new(options.width, options.color);
    page.strong(&format!("Trace of {}", middle(trace.key.raw(), page.width().saturating_sub(9))));
    page.prose(0, &format!("{} ({})", headline(trace), trace.zone.name()));
    if let Some(words) = left_out(trace) {
        page.prose(0, &words);
    }
    for message in &trace.messages {
        letter(&mut page, message, &trace.zone);
    }
    for session in &trace.sessions {
        visit(&mut page, session, &trace.zone);
    }
    Ok(page.into_bytes())
}

fn letter(page: &mut Page, message: &Message, zone: &Zone) {
    let id =
        message.message_id.as_ref().map_or_else(|| "without a Message-ID".into(), |id| format!("<{}>", id.raw()));
    let kind = if message.notification.is_some() { "Notification" } else { "Message" };
    page.heading(&format!("{kind} {id}"));
    page.prose(2, &origin(message));
    if let Some(subject) = &message.subject {
        page.prose(2, &format!("subject: {}", excerpt(subject, MOST_DETAIL).shown));
    }
    message.queue.iter().for_each(|life| entry(page, life, zone));
    message.recipients.iter().for_each(|one| fate(page, one));
    steps(page, &message.steps, zone);
}

/// Who sent it, how large it is, where it came from.
fn origin(message: &Message) -> String {
    let mut words = Vec::new();
    words.extend(message.sender.as_ref().map(|sender| format!("from <{}>", excerpt(sender, MOST_DETAIL).shown)));
    #[expect(clippy::cast_precision_loss, reason = "sizes are shown with three digits")]
    words.extend(message.size_bytes.map(|bytes| units::bytes(bytes as f64)));
    words.extend(message.user.as_ref().map(|user| format!("user {}", excerpt(user, MOST_DETAIL).shown)));
    let client = [&message.client_name, &message.client_ip].map(|text| text.as_ref().map_or("", Text::raw));
    match client {
        ["", ""] => {}
        [name, ""] => words.push(name.to_owned()),
        ["", ip] => words.push(ip.to_owned()),
        [name, ip] => words.push(format!("{name}[{ip}]")),
    }
    if let Some((kind, of)) = &message.notification {
        words.push(format!("{} of {}", kind.raw().replace('_', "-"), of.raw()));
    }
    words.join(", ")
}

fn entry(page: &mut Page, life: &Life, zone: &Zone) {
    let host = life.host.as_ref().map(|host| end(host.raw(), 40));
    let id = life.queue_id.as_ref().map_or_else(|| "(no queue id)".to_owned(), |id| end(id.raw(), 40));
    let known: Vec<String> = host.into_iter().chain([id]).collect();
    let state = match (&life.fate, life.time) {
        (Some(fate), _) => end(fate.raw(), 20),
        (None, Some(time)) => format!("queued since {}", zone.second_text(time)),
        (None, None) => "queued".to_owned(),
    };
    page.prose(2, &format!("queue {}: {state}", known.join(" ")));
}

fn fate(page: &mut Page, one: &Recipient) {
    let outcome = one.outcome.as_ref().map_or("unknown", Text::raw);
    let whom = one.recipient.as_ref().map_or("(recipient not logged)", Text::raw);
    let mut words = String::new();
    if let Some(delay) = one.delay_s {
        let _ = write!(words, " after {}", units::seconds(delay));
    }
    if let Some(transport) = &one.transport {
        let _ = write!(words, " by {}", end(transport.raw(), 20));
    }
    let relay = one.relay_host.as_ref().filter(|relay| relay.raw() != "none" && one.relay_host != one.transport);
    if let Some(relay) = relay {
        let _ = write!(words, " to {}", end(relay.raw(), 60));
    }
    let outcome = end(outcome, 20);
    let room = page.width().saturating_sub(4 + outcome.width());
    let whom = middle(whom, room);
    let words = end(&words, room.saturating_sub(whom.width()));
    let style = one.state.map_or(Style::Strong, Style::State);
    let line = format!("  {} {whom}{words}", page.styled(style, &format!("{outcome}:")));
    page.line(&line);
}

fn visit(page: &mut Page, session: &Session, zone: &Zone) {
    let known = [&session.service, &session.client_ip, &session.user].into_iter().flatten();
    let known: Vec<&str> = known.map(Text::raw).filter(|text| !text.is_empty()).collect();
    page.heading(&format!("Session {}", known.join(" ")));
    if let Some(ended) = &session.ended {
        let lasted =
            session.time.zip(session.end_time).map(|(start, end)| end - start).filter(|lasted| *lasted >= 0);
        #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 microseconds")]
        let lasted = lasted.map(|micros| format!(" after {}", units::seconds(micros as f64 / 1e6)));
        page.prose(2, &format!("{}{}", end(ended.raw(), 20), lasted.unwrap_or_default()));
    }
    steps(page, &session.steps, zone);
}

fn steps(page: &mut Page, steps: &[Step], zone: &Zone) {
    let mut day = String::new();
    for step in steps {
        if let Some(date) = step.time.map(|time| zone.date_text(time)).filter(|date| *date != day) {
            page.blank();
            page.line(&format!("  {date}"));
            day = date;
        }
        self::step(page, step, zone);
    }
}

fn step(page: &mut Page, step: &Step, zone: &Zone) {
    let time = step.time.map(|time| clock(time, zone)).unwrap_or_default();
    let delay = step.delay_s.map(|delay| format!("+{}", units::seconds(delay))).unwrap_or_default();
    let who: Vec<&str> = [&step.host, &step.program].into_iter().flatten().map(Text::raw).collect();
    let what = end(step.what.raw(), 40);
    let style = step.state.map_or(Style::Strong, Style::State);
    let used = 2 + CLOCK + 2 + DELAY + 2 + what.width() + 2;
    let who = end(&who.join(" "), page.width().saturating_sub(used));
    let pad = " ".repeat(DELAY.saturating_sub(delay.width()));
    let line = format!("  {time:CLOCK$}  {pad}{delay}  {}  {who}", page.styled(style, &what));
    page.line(&line);
    if let Some(detail) = &step.detail {
        page.prose(6, &excerpt(detail, MOST_DETAIL).shown);
    }
    proof(page, step);
}

/// The place of the line, since it finds it, and as much of the line as there is room for.
fn proof(page: &mut Page, step: &Step) {
    let (Some(source), Some(offset)) = (&step.source, step.offset) else { return };
    let place = middle(&crop::place(source.raw(), offset), page.width() * 2 / 5);
    let room = page.width().saturating_sub(8 + place.width());
    let line = step.line.as_ref().map_or_else(String::new, |line| end(behind_the_host(step, line), room));
    page.faint(&format!("      {place}  {line}"));
}

/// A line without what was said of it already: its time and its host.
fn behind_the_host<'l>(step: &Step, line: &'l Text) -> &'l str {
    let host = step.host.as_ref().map(|host| format!(" {} ", host.raw()));
    let rest = host.and_then(|host| Some(line.raw().split_once(&host)?.1));
    rest.unwrap_or(line.raw())
}

/// The wall clock, with as many digits of a second as the log had.
fn clock(time: i64, zone: &Zone) -> String {
    let micros = time.rem_euclid(1_000_000);
    let clock = zone.format(time, "%H:%M:%S");
    match micros {
        0 => clock,
        _ if micros % 1_000 == 0 => format!("{clock}.{:03}", micros / 1_000),
        _ => format!("{clock}.{micros:06}"),
    }
}
