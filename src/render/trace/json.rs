//! A trace for programs. The keys and their order are a contract; what is not known is null, never missing.

use crate::error::{Error, Exit, Result};
use crate::render::Options;
use crate::render::json::layout::Layout;
use crate::report::trace::{Life, Message, Recipient, Session, Step, Trace};
use crate::text::Text;
use crate::time::Zone;
use serde::Serialize;

pub(super) fn render(trace: &Trace, _: &Options<'_>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, Layout::default());
    Root::of(trace)
        .serialize(&mut writer)
        .map_err(|e| Error::new(Exit::Internal, "the trace does not fit into JSON").why(e))?;
    out.push(b'\n');
    Ok(out)
}

#[derive(Serialize)]
struct Root<'a> {
    key: &'a Text,
    messages: Vec<Letter<'a>>,
    sessions: Vec<Visit<'a>>,
    truncated: Truncated,
}

#[derive(Serialize)]
struct Truncated {
    shown: usize,
    of: usize,
}

#[derive(Serialize)]
struct Letter<'a> {
    message_id: &'a Option<Text>,
    sender: &'a Option<Text>,
    size_bytes: Option<i64>,
    user: &'a Option<Text>,
    client_ip: &'a Option<Text>,
    client_name: &'a Option<Text>,
    time: Option<String>,
    queue: Vec<Entry<'a>>,
    recipients: Vec<Fate<'a>>,
    steps: Vec<Proven<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    host: &'a Option<Text>,
    instance: &'a Option<Text>,
    queue_id: &'a Option<Text>,
    time: Option<String>,
    end_time: Option<String>,
    fate: &'a Option<Text>,
}

#[derive(Serialize)]
struct Fate<'a> {
    recipient: &'a Option<Text>,
    original_recipient: &'a Option<Text>,
    outcome: &'a Option<Text>,
    time: Option<String>,
    delay_s: Option<f64>,
    transport: &'a Option<Text>,
    relay_host: &'a Option<Text>,
    dsn: &'a Option<Text>,
    reply: &'a Option<Text>,
}

#[derive(Serialize)]
struct Proven<'a> {
    time: Option<String>,
    host: &'a Option<Text>,
    system: &'a Option<Text>,
    program: &'a Option<Text>,
    what: &'a Text,
    detail: &'a Option<Text>,
    delay_s: Option<f64>,
    source: &'a Option<Text>,
    offset: Option<u64>,
    line: &'a Option<Text>,
}

#[derive(Serialize)]
struct Visit<'a> {
    time: Option<String>,
    end_time: Option<String>,
    host: &'a Option<Text>,
    service: &'a Option<Text>,
    client_ip: &'a Option<Text>,
    user: &'a Option<Text>,
    ended: &'a Option<Text>,
    steps: Vec<Proven<'a>>,
}

fn time(zone: &Zone, micros: Option<i64>) -> Option<String> {
    micros.map(|micros| zone.rfc3339(micros))
}

impl<'a> Root<'a> {
    fn of(trace: &'a Trace) -> Self {
        let zone = &trace.zone;
        Self {
            key: &trace.key,
            messages: trace.messages.iter().map(|message| Letter::of(message, zone)).collect(),
            sessions: trace.sessions.iter().map(|session| Visit::of(session, zone)).collect(),
            truncated: Truncated { shown: trace.shown(), of: trace.total },
        }
    }
}

impl<'a> Letter<'a> {
    fn of(message: &'a Message, zone: &Zone) -> Self {
        Self {
            message_id: &message.message_id,
            sender: &message.sender,
            size_bytes: message.size_bytes,
            user: &message.user,
            client_ip: &message.client_ip,
            client_name: &message.client_name,
            time: time(zone, message.time),
            queue: message.queue.iter().map(|life| Entry::of(life, zone)).collect(),
            recipients: message.recipients.iter().map(|one| Fate::of(one, zone)).collect(),
            steps: message.steps.iter().map(|step| Proven::of(step, zone)).collect(),
        }
    }
}

impl<'a> Entry<'a> {
    fn of(life: &'a Life, zone: &Zone) -> Self {
        Self {
            host: &life.host,
            instance: &life.instance,
            queue_id: &life.queue_id,
            time: time(zone, life.time),
            end_time: time(zone, life.end_time),
            fate: &life.fate,
        }
    }
}

impl<'a> Fate<'a> {
    fn of(recipient: &'a Recipient, zone: &Zone) -> Self {
        Self {
            recipient: &recipient.recipient,
            original_recipient: &recipient.original_recipient,
            outcome: &recipient.outcome,
            time: time(zone, recipient.time),
            delay_s: recipient.delay_s,
            transport: &recipient.transport,
            relay_host: &recipient.relay_host,
            dsn: &recipient.dsn,
            reply: &recipient.reply,
        }
    }
}

impl<'a> Proven<'a> {
    fn of(step: &'a Step, zone: &Zone) -> Self {
        Self {
            time: time(zone, step.time),
            host: &step.host,
            system: &step.system,
            program: &step.program,
            what: &step.what,
            detail: &step.detail,
            delay_s: step.delay_s,
            source: &step.source,
            offset: step.offset,
            line: &step.line,
        }
    }
}

impl<'a> Visit<'a> {
    fn of(session: &'a Session, zone: &Zone) -> Self {
        Self {
            time: time(zone, session.time),
            end_time: time(zone, session.end_time),
            host: &session.host,
            service: &session.service,
            client_ip: &session.client_ip,
            user: &session.user,
            ended: &session.ended,
            steps: session.steps.iter().map(|step| Proven::of(step, zone)).collect(),
        }
    }
}
