//! Steps: facts as what happened, in words, each with the place of the line that proves it.

use super::ask::Row;
use super::link::Life;
use crate::evidence::Place;
use crate::report::State;
use crate::report::trace::Step;
use crate::text::Text;
use std::fmt::Write as _;

/// A step whose line is yet to be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// Where its line stands.
    pub place: Option<Place>,
    /// All else.
    pub step: Step,
}

impl Draft {
    fn of(row: &Row, what: &str, detail: String) -> Self {
        let step = Step {
            time: row.integer("time"),
            host: row.text("host"),
            system: row.text("system"),
            program: row.text("program"),
            what: Text::from(what),
            detail: (!detail.is_empty()).then(|| Text::from(detail)),
            ..Step::default()
        };
        Self { place: row.place(""), step }
    }

    fn in_state(mut self, state: Option<State>) -> Self {
        self.step.state = state;
        self
    }

    /// The same told by another line of the fact, `open_`, `queued_` or `end_`, at another time.
    fn by(mut self, row: &Row, line: &str, time: &str) -> Self {
        self.step.program = row.text(&format!("{line}program"));
        (self.step.time, self.place) = (row.integer(time), row.place(line));
        self
    }
}

/// In order of time and place, each told once, with the time since the step before.
pub(super) fn in_order(mut drafts: Vec<Draft>) -> Vec<Draft> {
    drafts.sort_by_key(|draft| (draft.step.time, draft.place));
    drafts.dedup_by(|a, b| {
        let same = |draft: &Draft| (draft.place, draft.step.what.clone(), draft.step.detail.clone());
        a.place.is_some() && same(a) == same(b)
    });
    let mut before = None;
    for draft in &mut drafts {
        let time = draft.step.time;
        if draft.step.delay_s.is_none() {
            draft.step.delay_s = before.zip(time).and_then(|(before, time)| seconds(time - before));
        }
        before = time.or(before);
    }
    drafts
}

/// A duration in seconds; nothing where clocks went backwards.
#[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 microseconds")]
fn seconds(micros: i64) -> Option<f64> {
    (micros >= 0).then_some(micros as f64 / 1e6)
}

/// What a queue entry says of itself: it was opened, complete, and left the queue.
pub(super) fn of_life(life: &Life) -> Vec<Draft> {
    let row = &life.row;
    if !life.is_whole {
        return Vec::new();
    }
    let mut drafts = vec![Draft::of(row, opening(row), born_as(row))];
    let queued = row.place("queued_");
    let queued = queued.map(|_| Draft::of(row, "queued", envelope(row)).by(row, "queued_", "queued_time"));
    let ended = row.place("end_").map(|_| {
        let fate = if row.is("fate", "removed") { "" } else { row.raw("fate") };
        let mut draft = Draft::of(row, "removed", fate.to_owned()).by(row, "end_", "end_time");
        draft.step.is_end = true;
        draft
    });
    // What was thrown away is told by its delivery.
    let ended = ended.filter(|ended| life.deliveries.iter().all(|row| row.place("") != ended.place));
    drafts.extend(queued.into_iter().chain(ended));
    drafts
}

fn opening(row: &Row) -> &'static str {
    match row.raw("origin") {
        "notification" => "notified",
        "forward" => "copied",
        "filter" => "given back",
        "requeue" => "queued again",
        _ => "accepted",
    }
}

/// As which entry; what is thrown away before there is one is accepted all the same.
fn as_entry(row: &Row) -> String {
    match row.raw("queue_id") {
        "" => "before the queue".to_owned(),
        id => format!("as {id}"),
    }
}

fn born_as(row: &Row) -> String {
    let mut words = as_entry(row);
    let parent = row.raw("parent_queue_id");
    match row.raw("origin") {
        "notification" => {
            let kind = row.raw("notification").replace('_', "-");
            let _ = write!(words, ", the {kind} notification of {parent}");
        }
        "forward" => {
            let _ = write!(words, ", forwarded from {parent}");
        }
        "filter" => {
            let _ = write!(words, ", from the filter that had {parent}");
        }
        "requeue" => {
            let _ = write!(words, ", what was {parent}");
        }
        "local" => words.push_str(", submitted on this machine"),
        _ => {}
    }
    let user = row.raw("user");
    if !user.is_empty() {
        let _ = write!(words, " by {user}");
    }
    let client = client(row);
    if !client.is_empty() {
        let _ = write!(words, " from {client}");
    }
    words
}

/// `name[address]`, as far as it is known.
pub(super) fn client(row: &Row) -> String {
    match (row.raw("client_name"), row.raw("client_ip")) {
        (name, "") => name.to_owned(),
        ("", address) => address.to_owned(),
        (name, address) => format!("{name}[{address}]"),
    }
}

fn envelope(row: &Row) -> String {
    let recipients = row.integer("recipients").map(|number| match number {
        1 => "1 recipient".to_owned(),
        many => format!("{many} recipients"),
    });
    let words = [
        row.text("sender").map(|sender| format!("from <{}>", sender.raw())),
        row.integer("size_bytes").map(|bytes| format!("{bytes} bytes")),
        recipients,
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What stands for a recipient that no line names.
const NOT_LOGGED: &str = "(recipient not logged)";

/// How good the outcome of a delivery or a filing is.
pub(super) fn good_or_bad(outcome: &str) -> Option<State> {
    match outcome {
        "sent" | "saved" | "deliverable" => Some(State::Ok),
        "deferred" => Some(State::Warning),
        "bounced" | "expired" | "failed" | "undeliverable" => Some(State::Critical),
        _ => None,
    }
}

/// An attempt to deliver.
pub(super) fn of_delivery(life: &Life, row: &Row) -> Draft {
    let recipient = row.text("recipient");
    let mut words = recipient.map_or_else(|| NOT_LOGGED.to_owned(), |recipient| format!("<{}>", recipient.raw()));
    if !row.raw("original_recipient").is_empty() {
        let _ = write!(words, " (given as <{}>)", row.raw("original_recipient"));
    }
    if !row.raw("transport").is_empty() {
        let _ = write!(words, " by {}", row.raw("transport"));
    }
    if !["", "none", row.raw("transport")].contains(&row.raw("relay_host")) {
        let _ = write!(words, " to {}", row.raw("relay_host"));
    }
    if !row.raw("tls_version").is_empty() {
        let _ = write!(words, " over {}", row.raw("tls_version"));
    }
    // What is thrown away has no reply, but may have a reason.
    let said = if row.raw("reply").is_empty() { "reason" } else { "reply" };
    let before_said = if row.raw("dsn").is_empty() { ": " } else { " " };
    for (column, before) in [("dsn", ": "), (said, before_said)] {
        if !row.raw(column).is_empty() {
            let _ = write!(words, "{before}{}", row.raw(column));
        }
    }
    let outcome = row.raw("outcome");
    let mut draft = Draft::of(row, outcome, words).in_state(good_or_bad(outcome));
    draft.step.delay_s = life.delay(row);
    draft
}

/// What became of a message at its mailbox.
pub(super) fn of_filing(row: &Row) -> Draft {
    let outcome = row.raw("outcome");
    let what = match outcome {
        "saved" => "delivered to the mailbox",
        "failed" => "not delivered to the mailbox",
        _ => "handled at the mailbox",
    };
    let words = format!("{}: {}", row.raw("user"), row.raw("detail"));
    Draft::of(row, what, words).in_state(good_or_bad(outcome))
}

/// A session is opened; nothing where one line tells the whole of it.
pub(super) fn of_opening(row: &Row) -> Option<Draft> {
    let whole = row.integer("end_time").is_some() && row.place("open_") == row.place("");
    let words = [client(row), row.raw("service").to_owned()];
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let draft = Draft::of(row, "connected", words.join(", "));
    (!whole).then(|| draft.by(row, "open_", "time"))
}

/// A session ends; nothing where its end is not logged.
pub(super) fn of_end(row: &Row) -> Option<Draft> {
    row.integer("end_time")?;
    let (what, state) = match row.raw("ended") {
        "lost" => ("connection lost", Some(State::Warning)),
        "timeout" => ("timed out", Some(State::Warning)),
        "refused" => ("turned away", Some(State::Critical)),
        _ => ("disconnected", None),
    };
    let mut words = String::new();
    if !row.raw("lost_after").is_empty() {
        let _ = write!(words, "after {}", row.raw("lost_after"));
    }
    if let (Some(received), Some(sent)) = (row.integer("bytes_in"), row.integer("bytes_out")) {
        let comma = if words.is_empty() { "" } else { ", " };
        let _ = write!(words, "{comma}{received} bytes in, {sent} out");
    }
    Some(Draft::of(row, what, words).in_state(state).by(row, "", "end_time"))
}

/// An attempt to authenticate.
pub(super) fn of_login(row: &Row) -> Draft {
    let (what, state) = match row.raw("outcome") {
        "ok" => ("logged in", State::Ok),
        "aborted" => ("login given up", State::Warning),
        "disabled" | "plaintext_refused" => ("login refused", State::Warning),
        _ => ("login failed", State::Critical),
    };
    let mut words = row.raw("user").to_owned();
    for (column, before) in [("mechanism", "by "), ("reason", ""), ("outcome", "")] {
        let known = row.raw(column);
        if !known.is_empty() && (column != "outcome" || !["ok", "failed", "aborted"].contains(&known)) {
            let blank = if words.is_empty() {
                ""
            } else if column == "mechanism" {
                " "
            } else {
                ", "
            };
            let _ = write!(words, "{blank}{before}{}", known.replace('_', " "));
        }
    }
    Draft::of(row, what, words).in_state(Some(state))
}

/// A rejection.
pub(super) fn of_rejection(row: &Row) -> Draft {
    let (what, state) = match row.raw("permanence") {
        "warning" => ("warned", State::Warning),
        "temporary" => ("rejected for now", State::Warning),
        _ => ("rejected", State::Critical),
    };
    let mut words = format!("at {}", row.raw("stage"));
    if row.text("sender").is_some() {
        let _ = write!(words, ", from <{}>", row.raw("sender"));
    }
    if row.text("recipient").is_some() {
        let _ = write!(words, " to <{}>", row.raw("recipient"));
    }
    let code = row.integer("reply_code").map(|code| code.to_string()).unwrap_or_default();
    let said = [code.as_str(), row.raw("dsn"), row.raw("reason")];
    let said: Vec<&str> = said.into_iter().filter(|word| !word.is_empty()).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join(" ")) };
    Draft::of(row, what, words + &said).in_state(Some(state))
}

/// A message that a session brought.
pub(super) fn of_brought(row: &Row) -> Draft {
    let words = [as_entry(row), envelope(row)].into_iter().filter(|words| !words.is_empty());
    Draft::of(row, "accepted", words.collect::<Vec<_>>().join(", "))
}
