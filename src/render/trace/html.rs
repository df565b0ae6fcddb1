//! A trace as one page, in the dress of a report: it needs nothing else, runs nothing and prints well.

use super::{headline, left_out};
use crate::error::{Error, Exit, Result};
use crate::render::html::finding::Cropped;
use crate::render::html::{FOLDER, POLICY, STYLE};
use crate::render::template::{self, FUEL, FUEL_FOR_A_CELL, embedded};
use crate::render::{Options, crop, parts};
use crate::report::State;
use crate::report::trace::{Life, Message, Recipient, Session, Step, Trace};
use crate::text::{Text, shown};
use crate::time::Zone;
use crate::units;
use minijinja::Value;
use serde::Serialize;

mod contents;
mod picture;

/// The template of the page, and the style that it adds to the report's.
const PAGE: &str = "trace.html";
const OWN_STYLE: &str = "trace.css";

/// How many characters of a text out of a log are shown.
const MOST: usize = 600;

pub(super) fn render(trace: &Trace, options: &Options<'_>) -> Result<Vec<u8>> {
    let assets = options.assets;
    let style = embedded(assets, FOLDER, STYLE)? + &embedded(assets, FOLDER, OWN_STYLE)?;
    let page = Page::of(trace, Value::from_safe_string(style));
    let steps = trace.messages.iter().map(|message| message.steps.len() + 4 * message.recipients.len() + 40);
    let cells = steps.chain(trace.sessions.iter().map(|session| session.steps.len() + 10)).sum::<usize>() * 12;
    let html = template::render(assets, FOLDER, PAGE, &page, FUEL + FUEL_FOR_A_CELL * cells as u64)?;
    if html.is_empty() {
        return Err(Error::new(Exit::Config, format!("the template `{PAGE}` gives nothing")));
    }
    Ok(html.into_bytes())
}

#[derive(Serialize)]
struct Page {
    policy: &'static str,
    style: Value,
    version: &'static str,
    key: Cropped,
    headline: String,
    note: Option<String>,
    zone: String,
    messages: Vec<Letter>,
    sessions: Vec<Visit>,
}

#[derive(Serialize)]
struct Letter {
    gist: contents::Gist,
    title: Cropped,
    kind: &'static str,
    facts: Vec<(&'static str, Cropped)>,
    queue: Vec<Entry>,
    recipients: Vec<Fate>,
    picture: Option<picture::Picture>,
    days: Vec<Day>,
}

#[derive(Serialize)]
struct Entry {
    host: Cropped,
    id: Cropped,
    fate: Cropped,
    time: Option<Moment>,
    end: Option<Moment>,
}

#[derive(Serialize)]
struct Fate {
    whom: Cropped,
    given: Option<Cropped>,
    outcome: Cropped,
    class: &'static str,
    sign: &'static str,
    delay: String,
    by: Cropped,
    reply: Cropped,
}

#[derive(Serialize)]
struct Visit {
    gist: contents::Gist,
    title: Cropped,
    facts: Vec<(&'static str, Cropped)>,
    days: Vec<Day>,
}

/// The steps of a day.
#[derive(Serialize)]
struct Day {
    date: String,
    steps: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    time: Option<Moment>,
    delay: String,
    what: String,
    class: &'static str,
    sign: &'static str,
    detail: Option<Cropped>,
    who: String,
    place: Option<String>,
    line: Option<Cropped>,
}

/// A point in time, for people and for programs.
#[derive(Serialize)]
struct Moment {
    text: String,
    datetime: String,
}

impl Moment {
    fn of(micros: Option<i64>, zone: &Zone) -> Option<Self> {
        let micros = micros?;
        let text = zone.rfc3339(micros);
        let clock = text.split('T').nth(1).unwrap_or_default();
        let clock = clock.split(['+', '-', 'Z']).next().unwrap_or_default().to_owned();
        Some(Self { text: clock, datetime: text })
    }

    fn whole(micros: Option<i64>, zone: &Zone) -> Option<Self> {
        let micros = micros?;
        Some(Self { text: zone.second_text(micros), datetime: zone.rfc3339(micros) })
    }
}

/// The class and the sign of a step or an outcome.
fn mark(state: Option<State>, otherwise: &'static str) -> (&'static str, &'static str) {
    state.map_or(("plain", otherwise), |state| (state.word(), parts::sign(state)))
}

fn words(text: &str) -> Cropped {
    Cropped::of(&Text::from(text), MOST)
}

fn optional(text: Option<&Text>) -> Cropped {
    text.map_or_else(|| words("–"), |text| Cropped::of(text, MOST))
}

impl Page {
    fn of(trace: &Trace, style: Value) -> Self {
        Self {
            policy: POLICY,
            style,
            version: env!("CARGO_PKG_VERSION"),
            key: Cropped::of(&trace.key, 200),
            headline: headline(trace),
            note: left_out(trace),
            zone: trace.zone.name().to_owned(),
            messages: trace.messages.iter().map(|message| Letter::of(message, &trace.zone)).collect(),
            sessions: trace.sessions.iter().map(|session| Visit::of(session, &trace.zone)).collect(),
        }
    }
}

/// The facts that are known, each with its name.
fn known(facts: &[(&'static str, &Option<Text>)]) -> Vec<(&'static str, Cropped)> {
    let known = facts.iter().filter_map(|(name, text)| Some((*name, text.as_ref()?)));
    known.filter(|(_, text)| !text.raw().is_empty()).map(|(name, text)| (name, Cropped::of(text, MOST))).collect()
}

impl Letter {
    fn of(message: &Message, zone: &Zone) -> Self {
        let title =
            message.message_id.as_ref().map_or_else(|| words("without a Message-ID"), |id| Cropped::of(id, 200));
        let sender = message.sender.as_ref().map(|sender| Text::from(format!("<{}>", sender.raw())));
        let mut facts = known(&[
            ("Sender", &sender),
            ("Subject", &message.subject),
            ("User", &message.user),
            ("Client", &message.client_name),
            ("Address", &message.client_ip),
        ]);
        #[expect(clippy::cast_precision_loss, reason = "sizes are shown with three digits")]
        facts.extend(message.size_bytes.map(|bytes| ("Size", words(&units::bytes(bytes as f64)))));
        if let Some((kind, of)) = &message.notification {
            facts.push(("Tells", words(&format!("{} of {}", kind.raw().replace('_', "-"), of.raw()))));
        }
        Self {
            gist: contents::Gist::of_message(message, zone),
            title,
            kind: if message.notification.is_some() { "Notification" } else { "Message" },
            facts,
            queue: message.queue.iter().map(|life| Entry::of(life, zone)).collect(),
            recipients: message.recipients.iter().map(Fate::of).collect(),
            picture: picture::Picture::of(message, zone),
            days: days(&message.steps, zone),
        }
    }
}

impl Entry {
    fn of(life: &Life, zone: &Zone) -> Self {
        Self {
            host: optional(life.host.as_ref()),
            id: optional(life.queue_id.as_ref()),
            fate: life.fate.as_ref().map_or_else(|| words("queued"), |fate| Cropped::of(fate, MOST)),
            time: Moment::whole(life.time, zone),
            end: Moment::whole(life.end_time, zone),
        }
    }
}

impl Fate {
    fn of(one: &Recipient) -> Self {
        let outcome = one.outcome.as_ref().map_or("unknown", Text::raw);
        let (class, sign) = mark(one.state, "·");
        let relay =
            one.relay_host.as_ref().filter(|relay| relay.raw() != "none" && one.relay_host != one.transport);
        let by = one.transport.as_ref().into_iter().chain(relay).map(Text::raw);
        let reply = [&one.dsn, &one.reply].into_iter().flatten().map(Text::raw).collect::<Vec<_>>();
        Self {
            whom: one.recipient.as_ref().map_or_else(|| words("not logged"), |whom| Cropped::of(whom, MOST)),
            given: one.original_recipient.as_ref().map(|given| Cropped::of(given, MOST)),
            outcome: words(outcome),
            class,
            sign,
            delay: one.delay_s.map_or_else(|| "–".to_owned(), units::seconds),
            by: words(&by.collect::<Vec<_>>().join(", ")),
            reply: words(&reply.join(" ")),
        }
    }
}

impl Visit {
    fn of(session: &Session, zone: &Zone) -> Self {
        let title = [&session.service, &session.client_ip].into_iter().flatten().map(Text::raw);
        let title = Text::from(title.collect::<Vec<_>>().join(" "));
        Self {
            gist: contents::Gist::of_session(session, &title, zone),
            title: Cropped::of(&title, MOST),
            facts: known(&[("Host", &session.host), ("User", &session.user), ("Ended", &session.ended)]),
            days: days(&session.steps, zone),
        }
    }
}

fn days(steps: &[Step], zone: &Zone) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for step in steps {
        let date = step.time.map(|time| zone.date_text(time)).unwrap_or_default();
        if days.last().is_none_or(|day| day.date != date) {
            days.push(Day { date, steps: Vec::new() });
        }
        if let Some(day) = days.last_mut() {
            day.steps.push(Told::of(step, zone));
        }
    }
    days
}

impl Told {
    fn of(step: &Step, zone: &Zone) -> Self {
        let (class, sign) = mark(step.state, if step.is_end { "■" } else { "·" });
        let who = [&step.host, &step.program].into_iter().flatten().map(|who| crop::middle(who.raw(), 60));
        let source = step.source.as_ref().map(|source| crop::middle(source.raw(), 200));
        Self {
            time: Moment::of(step.time, zone),
            delay: step.delay_s.map(|delay| format!("+{}", units::seconds(delay))).unwrap_or_default(),
            what: shown(step.what.raw()).into_owned(),
            class,
            sign,
            detail: step.detail.as_ref().map(|detail| Cropped::of(detail, MOST)),
            who: who.collect::<Vec<_>>().join(" "),
            place: source.zip(step.offset).map(|(source, offset)| crop::place(&source, offset)),
            line: step.line.as_ref().map(|line| Cropped::of(line, MOST)),
        }
    }
}
