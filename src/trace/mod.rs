//! The trace: the life of a message, a session, an address or a client, across queue entries, systems and hosts.
//!
//! Comes in: a key, and someone who answers questions about the facts. Goes out: messages and sessions as steps, each
//! with the line that proves it. Where facts come from, and what the trace will look like, is not known here.

mod ask;
mod key;
mod link;
mod steps;
mod way;
#[cfg(test)]
mod tests;

pub use key::Kind;

use crate::error::{Error, Exit, Result};
use crate::evidence::{self, Place};
use crate::facts::Wanted;
use crate::input::Source;
use crate::report::trace::{Life, Message, Recipient, Session, Step, Trace};
use crate::report::{Cell, State};
use crate::sections::{Asker, Network};
use crate::text::Text;
use crate::time::{Span, Zone};
use ask::{FILINGS, LOGINS, MESSAGES, REJECTIONS, Row, SESSIONS, literals, numbers};
use key::Reading;
use link::Net;
use std::collections::{BTreeMap, BTreeSet};
use steps::Draft;

/// The longest line that is read back.
const LONGEST_LINE: usize = 8 << 10;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The key.
    pub key: &'a str,
    /// What it names; told by its form where that is not said.
    pub kind: Option<Kind>,
    /// When what it names must have happened.
    pub span: Span,
    /// Messages at most, and sessions at most; of more the latest.
    pub limit: usize,
}

/// The columns that a view must have for a trace.
pub fn wanted() -> Wanted {
    ask::wanted()
}

/// Says what is wrong with a key, before gigabytes are read.
///
/// # Errors
///
/// Where it is empty, too long, or not of the kind that it is said to be; exit code 64.
pub fn check(request: &Request<'_>) -> Result<()> {
    let wrong = |what: &str| Error::new(Exit::Usage, what);
    if request.key.trim().is_empty() {
        return Err(wrong("the key is empty").help("a queue id, a Message-ID, an address, an IP address, ..."));
    }
    if request.key.len() > ask::LONGEST {
        return Err(wrong("the key is too long").help("a part of it is enough"));
    }
    let key = request.key.trim();
    let told = request.kind == Some(Kind::Network) && key::network(key).is_none();
    let fault = Network::fault(key).filter(|_| matches!(request.kind, None | Some(Kind::Network | Kind::Ip)));
    if told || fault.is_some() {
        let error = wrong(&format!("`{key}` is no network"));
        let error = fault.into_iter().fold(error, Error::why);
        return Err(error.help("write an address and the bits of its prefix, such as 192.0.2.0/24"));
    }
    Ok(())
}

/// Follows a key through the facts. `sources` are those that the facts name; a line that cannot be read back any more
/// leaves its step without a line.
///
/// # Errors
///
/// Where the key cannot be looked for ([`check`]), or a question is refused, which would be our own fault.
pub fn trace(asker: &Asker<'_>, sources: &[Source], zone: &Zone, request: &Request<'_>) -> Result<Trace> {
    check(request)?;
    let mut trace = Trace {
        key: Text::from(request.key),
        kind: None,
        exact: true,
        zone: zone.clone(),
        messages: Vec::new(),
        sessions: Vec::new(),
        total: 0,
    };
    for reading in key::readings(request.key, request.kind) {
        let seeds = Seeds::find(asker, &reading, request.span)?;
        if seeds.is_empty() {
            continue;
        }
        (trace.kind, trace.exact) = (Some(reading.kind.words()), reading.exact);
        // Of a few the whole story is told and then cut: seeds of one message are many, and what was found is counted right.
        let limit = if seeds.len() > WHOLE { request.limit } else { usize::MAX };
        let story = Story::around(asker, &seeds, limit)?;
        (trace.messages, trace.sessions) = story.told(sources);
        trace.total = trace.shown() + seeds.left_out(&story.net, limit);
        keep_latest(&mut trace.messages, request.limit);
        keep_latest(&mut trace.sessions, request.limit);
        break;
    }
    Ok(trace)
}

/// Facts of which the whole story is told, however few messages are shown.
const WHOLE: usize = 2_000;

fn keep_latest<T>(list: &mut Vec<T>, limit: usize) {
    list.drain(..list.len().saturating_sub(limit));
}

/// The order of facts.
type Order = (Option<i64>, Option<Place>);

fn order(row: &Row) -> Order {
    (row.integer("time"), row.place(""))
}

/// What a key names, as facts found it.
#[derive(Default)]
struct Seeds {
    /// Queue entries.
    entries: BTreeMap<i64, Order>,
    /// Sessions.
    sessions: BTreeMap<i64, Order>,
    /// Rejections and attempts to log in that belong to no session.
    loose: Vec<Row>,
    /// What became of messages at their mailboxes.
    filings: Vec<Row>,
}

impl Seeds {
    fn find(asker: &Asker<'_>, reading: &Reading, span: Span) -> Result<Self> {
        let mut seeds = Self::default();
        if let Some(network) = key::network(&reading.text).filter(|_| reading.kind == Kind::Network) {
            seeds.find_network(asker, reading, network, span)?;
            return Ok(seeds);
        }
        for (table, condition) in reading.conditions() {
            // What lies in a mailbox came by an entry, of which the log may hold nothing.
            if reading.kind == Kind::Address && table.name == FILINGS.name && !seeds.entries.is_empty() {
                continue;
            }
            for row in table.rows(asker, &format!("{condition}{}", within(span)))? {
                seeds.take(row);
            }
        }
        Ok(seeds)
    }

    /// A network as its addresses, of those that there are.
    fn find_network(&mut self, asker: &Asker<'_>, reading: &Reading, network: Network, span: Span) -> Result<()> {
        let in_span = |row: &Row| span == Span::ALL || row.integer("time").is_some_and(|time| span.holds(time));
        for (table, _) in reading.conditions() {
            let known = asker.ask(&format!("SELECT DISTINCT x.client_ip FROM {} x", table.name))?.rows(usize::MAX);
            let addresses = known.iter().filter_map(|row| match &row[..] {
                [Cell::Text(address)] => Some(address.raw()).filter(|address| network.holds(address)),
                _ => None,
            });
            let rows = table.rows_in(asker, "client_ip", &literals(addresses))?;
            rows.into_iter().filter(in_span).for_each(|row| self.take(row));
        }
        self.loose.sort_by_key(order);
        Ok(())
    }

    /// A fact of an entry, of a session, or of neither. A rejection after the data names an entry that never became one.
    fn take(&mut self, row: Row) {
        let order = order(&row);
        if let Some(entry) = row.integer("entry") {
            let known = self.entries.entry(entry).or_insert(order);
            *known = order.min(*known);
        } else if let Some(session) = row.integer("session") {
            let known = self.sessions.entry(session).or_insert(order);
            *known = order.min(*known);
        } else if row.has("detail") {
            self.filings.push(row);
        } else {
            self.loose.push(row);
        }
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.sessions.is_empty() && self.loose.is_empty() && self.filings.is_empty()
    }

    fn len(&self) -> usize {
        self.entries.len() + self.others().iter().sum::<usize>()
    }

    /// How many there are beside the entries.
    fn others(&self) -> [usize; 3] {
        [self.sessions.len(), self.loose.len(), self.filings.len()]
    }

    /// What was found, or is tied to it, and was not followed.
    fn left_out(&self, net: &Net, limit: usize) -> usize {
        let entries: BTreeSet<i64> = self.entries.keys().chain(&net.left_out).copied().collect();
        let entries = entries.iter().filter(|entry| !net.lives.contains_key(entry)).count();
        entries + self.others().iter().map(|number| number.saturating_sub(limit)).sum::<usize>()
    }
}

/// The condition that a fact lies in a period.
fn within(span: Span) -> String {
    let start = span.start.map(|start| format!(" AND x.time >= {start}"));
    let end = span.end.map(|end| format!(" AND x.time < {end}"));
    [start, end].into_iter().flatten().collect()
}

/// The latest of what was found.
fn latest(found: &BTreeMap<i64, Order>, limit: usize) -> BTreeSet<i64> {
    let mut ordered: Vec<(Order, i64)> = found.iter().map(|(number, order)| (*order, *number)).collect();
    ordered.sort_unstable();
    ordered.into_iter().rev().take(limit).map(|(_, number)| number).collect()
}

/// A session and what happened in it.
#[derive(Default)]
struct Visit {
    row: Option<Row>,
    logins: Vec<Row>,
    rejections: Vec<Row>,
    brought: Vec<Row>,
}

/// All facts that belong to what was found.
struct Story {
    net: Net,
    visits: BTreeMap<i64, Visit>,
    filings: Vec<Row>,
    loose: Vec<Row>,
}

impl Story {
    fn around(asker: &Asker<'_>, seeds: &Seeds, limit: usize) -> Result<Self> {
        let mut entries = latest(&seeds.entries, limit);
        let newest = |rows: &[Row]| rows[rows.len().saturating_sub(limit)..].to_vec();
        let mut filings = newest(&seeds.filings);
        // A message that is known at its mailbox is looked up by its Message-ID on its way there.
        let ids = literals(filings.iter().map(|row| row.raw("message_id")));
        let carried = MESSAGES.rows_in(asker, "message_id", &ids)?;
        entries.extend(carried.iter().filter_map(|row| row.integer("entry")));
        let net = Net::around(asker, &entries)?;
        let ids = literals(net.lives.values().map(|life| life.row.raw("message_id")));
        filings.extend(FILINGS.rows_in(asker, "message_id", &ids)?);
        filings.sort_by_key(order);
        filings.dedup_by_key(|row| (order(row), row.text("user")));
        let own = net.lives.values().filter_map(|life| life.row.integer("session"));
        let sessions = latest(&seeds.sessions, limit).into_iter().chain(own).collect();
        Ok(Self { net, visits: visits(asker, &sessions)?, filings, loose: newest(&seeds.loose) })
    }

    /// Everything as messages and sessions, with the lines that prove the steps.
    fn told(&self, sources: &[Source]) -> (Vec<Message>, Vec<Session>) {
        let (mut messages, mut sessions) = (self.messages(), self.sessions());
        let drafts = || {
            let of_messages = messages.iter().flat_map(|(_, drafts)| drafts);
            of_messages.chain(sessions.iter().flat_map(|(_, drafts)| drafts))
        };
        let places: BTreeSet<Place> = drafts().filter_map(|draft| draft.place).collect();
        let lines = evidence::lines(places, sources, LONGEST_LINE);
        let proven = |drafts: &mut Vec<Draft>| -> Vec<Step> {
            let drafts = std::mem::take(drafts).into_iter();
            drafts.map(|draft| proven(draft, &lines, sources)).collect()
        };
        for (message, drafts) in &mut messages {
            message.steps = proven(drafts);
        }
        for (session, drafts) in &mut sessions {
            session.steps = proven(drafts);
        }
        let first = |session: &Session| (session.time, session.steps.first().and_then(|step| step.offset));
        let mut sessions: Vec<Session> = sessions.into_iter().map(|(session, _)| session).collect();
        sessions.sort_by_key(first);
        (messages.into_iter().map(|(message, _)| message).collect(), sessions)
    }

    fn messages(&self) -> Vec<(Message, Vec<Draft>)> {
        let groups = self.net.messages();
        let ways: Vec<OnItsWay> = groups.iter().map(|group| OnItsWay::of(&self.net, group)).collect();
        let mut of_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, way) in ways.iter().enumerate() {
            way.ids.iter().for_each(|id| of_id.entry(id).or_default().push(at));
        }
        let mut filings: Vec<Vec<&Row>> = vec![Vec::new(); groups.len()];
        let mut unsent: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &self.filings {
            match owner(&ways, of_id.get(row.raw("message_id")).map_or(&[], Vec::as_slice), row) {
                Some(at) => filings[at].push(row),
                None => unsent.entry(row.raw("message_id")).or_default().push(row),
            }
        }
        let carried = groups.iter().zip(&filings).map(|(group, filings)| self.message(group, filings));
        let mut messages: Vec<_> = carried.chain(unsent.values().map(|rows| filed(rows))).collect();
        messages.sort_by_key(|(message, drafts)| (message.time, drafts.first().and_then(|draft| draft.place)));
        messages
    }

    fn message(&self, entries: &[i64], filings: &[&Row]) -> (Message, Vec<Draft>) {
        let lives: Vec<&link::Life> = entries.iter().map(|entry| &self.net.lives[entry]).collect();
        let text = |column: &str| lives.iter().find_map(|life| life.row.text(column));
        let first = &lives[0].row;
        let notification = first.is("origin", "notification").then(|| {
            (first.text("notification").unwrap_or_default(), first.text("parent_queue_id").unwrap_or_default())
        });
        let message = Message {
            message_id: text("message_id"),
            sender: text("sender"),
            size_bytes: lives.iter().find_map(|life| life.row.integer("size_bytes")),
            user: text("user"),
            client_ip: first.text("client_ip"),
            client_name: first.text("client_name"),
            time: first.integer("time"),
            subject: text("subject"),
            notification,
            queue: lives.iter().map(|life| in_queue(life)).collect(),
            recipients: self.recipients(entries),
            steps: Vec::new(),
            way: way::of(&self.net, entries, filings),
        };
        (message, self.steps(&lives, filings))
    }

    fn steps(&self, lives: &[&link::Life], filings: &[&Row]) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = filings.iter().map(|row| steps::of_filing(row)).collect();
        for life in lives {
            let visit = life.row.integer("session").and_then(|session| self.visits.get(&session));
            drafts.extend(visit.into_iter().flat_map(|visit| brought(visit, life)));
            drafts.extend(steps::of_life(life));
            drafts.extend(life.deliveries.iter().map(|row| steps::of_delivery(life, row)));
        }
        steps::in_order(drafts)
    }

    /// The final outcome of each recipient; a delivery that handed the message on to another entry takes that entry's.
    fn recipients(&self, entries: &[i64]) -> Vec<Recipient> {
        let mut last: Vec<(Recipient, i64)> = Vec::new();
        let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
        let first = &self.net.lives[&entries[0]];
        for entry in entries {
            let life = &self.net.lives[entry];
            for row in &life.deliveries {
                let next = way::next(&self.net, entries, *entry, row).map(|at| &self.net.lives[&entries[at]]);
                if next.is_some_and(|next| !next.deliveries.is_empty()) {
                    continue;
                }
                let whom = (row.raw("recipient").to_lowercase(), row.raw("original_recipient").to_lowercase());
                let place = *places.entry(whom).or_insert(last.len());
                match last.get_mut(place) {
                    // An entry that is done with a recipient does not try again: its clock was set back in between.
                    Some((known, of))
                        if of == entry && is_deferred(row) && known.state != Some(State::Warning) => {}
                    Some(known) => *known = (recipient(first, life, row), *entry),
                    None => last.push((recipient(first, life, row), *entry)),
                }
            }
        }
        last.into_iter().map(|(recipient, ..)| recipient).collect()
    }

    fn sessions(&self) -> Vec<(Session, Vec<Draft>)> {
        let visits = self.visits.values().filter(|visit| visit.is_known()).map(Visit::told);
        visits.chain(self.loose.iter().map(alone)).collect()
    }
}

/// What a message tells of the mailboxes into which it may have been put.
struct OnItsWay<'s> {
    ids: BTreeSet<&'s str>,
    /// The words of what its takers replied, among them the session in which a mailbox server took it.
    words: BTreeSet<&'s str>,
    deliveries: Vec<&'s Row>,
}

impl<'s> OnItsWay<'s> {
    fn of(net: &'s Net, entries: &[i64]) -> Self {
        let lives = || entries.iter().map(|entry| &net.lives[entry]);
        let deliveries: Vec<&Row> = lives().flat_map(|life| &life.deliveries).collect();
        let words = deliveries.iter().flat_map(|row| row.raw("reply").split(|c: char| !is_of_session(c)));
        Self { ids: lives().map(|life| life.row.raw("message_id")).collect(), words: words.collect(), deliveries }
    }
}

/// Whether a session may be named by this: by what base64 is written with (RFC 4648, section 4), and marks between parts.
fn is_of_session(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/-._".contains(c)
}

/// The message that was put into a mailbox, of those of its Message-ID: the one whose delivery names the session in which that
/// was done, else the one that was on its way to that mailbox then.
fn owner(ways: &[OnItsWay<'_>], of_id: &[usize], filing: &Row) -> Option<usize> {
    let session = filing.raw("session_id").split(':').next().unwrap_or_default();
    let named = |at: &&usize| session.len() >= 8 && ways[**at].words.contains(session);
    let near = |at: &&usize| ways[**at].deliveries.iter().any(|row| link::is_near(row, filing));
    of_id.iter().find(named).or_else(|| of_id.iter().find(near)).copied()
}

fn visits(asker: &Asker<'_>, sessions: &BTreeSet<i64>) -> Result<BTreeMap<i64, Visit>> {
    let mut visits: BTreeMap<i64, Visit> = BTreeMap::new();
    let wanted = numbers(sessions);
    let number = |row: &Row| row.integer("session").unwrap_or(0);
    for row in SESSIONS.rows_in(asker, "session", &wanted)? {
        let visit = visits.entry(number(&row)).or_default();
        visit.row = Some(row);
    }
    for row in LOGINS.rows_in(asker, "session", &wanted)? {
        let visit = visits.entry(number(&row)).or_default();
        visit.logins.push(row);
    }
    for row in REJECTIONS.rows_in(asker, "session", &wanted)? {
        let visit = visits.entry(number(&row)).or_default();
        visit.rejections.push(row);
    }
    for row in MESSAGES.rows_in(asker, "session", &wanted)? {
        let visit = visits.entry(number(&row)).or_default();
        visit.brought.push(row);
    }
    Ok(visits)
}

impl Visit {
    fn is_known(&self) -> bool {
        self.row.is_some() || !self.logins.is_empty() || !self.rejections.is_empty()
    }

    fn told(&self) -> (Session, Vec<Draft>) {
        let row = self.row.as_ref().or(self.logins.first()).or(self.rejections.first());
        let session = row.map(session).unwrap_or_default();
        let mut drafts: Vec<Draft> = self.logins.iter().map(steps::of_login).collect();
        drafts.extend(self.rejections.iter().map(steps::of_rejection));
        drafts.extend(self.brought.iter().map(steps::of_brought));
        if let Some(row) = &self.row {
            // A line that tells an attempt and the opening or the end together is told once.
            let ends = steps::of_opening(row).into_iter().chain(steps::of_end(row));
            let untold = ends.filter(|end| self.logins.iter().all(|login| login.place("") != end.place));
            let untold: Vec<Draft> = untold.collect();
            drafts.extend(untold);
        }
        (session, steps::in_order(drafts))
    }
}

/// What a session did before and for a queue entry: it was opened, somebody logged in, recipients were refused.
fn brought(visit: &Visit, life: &link::Life) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = visit.row.iter().filter_map(steps::of_opening).collect();
    let until = life.row.integer("queued_time").or(life.row.integer("end_time"));
    let before = |row: &&Row| until.is_none_or(|until| row.integer("time").is_some_and(|time| time <= until));
    let logins = visit.logins.iter().filter(|row| row.is("outcome", "ok")).filter(before);
    drafts.extend(logins.map(steps::of_login));
    let own =
        |row: &&Row| row.is("queue_id", life.row.raw("queue_id")) && row.integer("time") >= Some(life.time());
    drafts.extend(visit.rejections.iter().filter(own).filter(before).map(steps::of_rejection));
    drafts
}

fn proven(draft: Draft, lines: &BTreeMap<Place, Text>, sources: &[Source]) -> Step {
    let Draft { place, mut step } = draft;
    if let Some((at, offset)) = place {
        step.source = sources.get(at).map(|source| source.name.clone());
        step.offset = Some(offset);
        step.line = lines.get(&(at, offset)).cloned();
    }
    step
}

fn in_queue(life: &link::Life) -> Life {
    let row = &life.row;
    Life {
        host: row.text("host"),
        instance: row.text("instance"),
        queue_id: row.text("queue_id"),
        time: row.integer("time").filter(|_| life.is_whole),
        end_time: row.integer("end_time"),
        fate: row.text("fate"),
    }
}

fn is_deferred(delivery: &Row) -> bool {
    steps::good_or_bad(delivery.raw("outcome")) == Some(State::Warning)
}

/// What a recipient met in one life of a message. The mail system measures from the beginning of that life only.
fn recipient(first: &link::Life, life: &link::Life, row: &Row) -> Recipient {
    let in_all = if first.order() == life.order() { None } else { first.waited(row) };
    Recipient {
        recipient: row.text("recipient"),
        original_recipient: row.text("original_recipient"),
        outcome: row.text("outcome"),
        state: steps::good_or_bad(row.raw("outcome")),
        time: row.integer("time"),
        delay_s: in_all.or_else(|| life.delay(row)),
        transport: row.text("transport"),
        relay_host: row.text("relay_host"),
        dsn: row.text("dsn"),
        reply: row.text("reply"),
    }
}

/// A message of which only its mailboxes are known.
fn filed(rows: &[&Row]) -> (Message, Vec<Draft>) {
    let recipients = rows.iter().map(|row| Recipient {
        recipient: row.text("user"),
        outcome: row.text("outcome"),
        state: steps::good_or_bad(row.raw("outcome")),
        time: row.integer("time"),
        transport: row.text("service"),
        reply: row.text("detail"),
        ..Recipient::default()
    });
    let first = rows.first();
    let message = Message {
        message_id: first.and_then(|row| row.text("message_id")),
        time: first.and_then(|row| row.integer("time")),
        recipients: recipients.collect(),
        way: way::of(&Net::default(), &[], rows),
        ..Message::default()
    };
    (message, steps::in_order(rows.iter().map(|row| steps::of_filing(row)).collect()))
}

fn session(row: &Row) -> Session {
    Session {
        time: row.integer("time"),
        end_time: row.integer("end_time"),
        host: row.text("host"),
        service: row.text("service"),
        client_ip: row.text("client_ip"),
        user: row.text("user"),
        ended: row.text("ended"),
        steps: Vec::new(),
    }
}

/// A rejection or an attempt to log in that belongs to no session.
fn alone(row: &Row) -> (Session, Vec<Draft>) {
    let draft = if row.has("stage") { steps::of_rejection(row) } else { steps::of_login(row) };
    (session(row), vec![draft])
}
