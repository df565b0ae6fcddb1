//! Sessions: connections from their opening to their end, and the attempts to authenticate in them.

use super::claims::Claims;
use super::entry::Hold;
use super::gate::Gate;
use super::logins::{Logins, login_row};
use super::open::{Keyed, entries, first_if, in_order};
use super::refusals::is_loopback;
use super::{Line, keep, take};
use crate::event::{Field, NO_TEXT, TextId, Word, hash_seed, key};
use crate::facts::schema::{Login, Row, Session};
use crate::facts::{Facts, NULL};
use crate::time::{DAY, SECOND};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// How long a session that another process takes over may wait for it.
const HAND_OVER: i64 = 600 * SECOND;

/// How long a session that a restart seems to have cut off may still prove that its process goes on.
const CUT_OFF: i64 = 7 * DAY;

/// Lines of two processes or threads about one thing may be so far from their order: a session that ends before it begins, a
/// reason why an attempt failed.
pub(super) const OUT_OF_ORDER: i64 = SECOND;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sessions {
    #[serde(with = "entries")]
    open: Keyed<Open>,
    /// Sessions that wait for another process, by what both know of the client.
    #[serde(with = "entries")]
    handed: Keyed<VecDeque<u64>>,
    /// When they began to wait, by which line, their key, and the client's.
    handing: BTreeSet<(i64, (i64, i64), u64, u64)>,
    /// When a system started anew, and the sessions that were open then: where they stand, their keys. (Keys are hashed with
    /// a random seed, and tell no order.)
    cutting: BTreeSet<(i64, (i64, i64), u64)>,
    /// The attempts to authenticate in them.
    pub logins: Logins,
    /// Sessions that may be handed over without a word. (Serialized by `Carry` behind the main state.)
    #[serde(skip)]
    pub at_gate: Gate,
    /// Sessions whose end was logged before their opening, held for [`OUT_OF_ORDER`]; when they ended, where they stand, their
    /// keys.
    #[serde(with = "entries")]
    early: Keyed<Open>,
    ending: BTreeSet<(i64, (i64, i64), u64)>,
    /// The session that one line told whole, for the attempt that the same line tells: where it stands, its number.
    whole: Option<(i64, i64, i64)>,
    /// Sessions by whose they are, once a line has ended one of which it told the user only. Some may have ended since.
    #[serde(skip)]
    of_users: Option<Keyed<Vec<u64>>>,
}

/// An open session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Open {
    row: Session,
    instance: TextId,
    ended: TextId,
    logins: i64,
    /// Whether the server ended it itself, so that a missing goodbye is no loss.
    by_server: bool,
    handed: bool,
    /// Whether it may be that this session of a user ended, and not another.
    doubtful: bool,
    /// Whether the message that it brings next is to be put on hold.
    holds: Option<Hold>,
    /// What a filter said of its connection or greeting, where that is told of each command that follows.
    refused: Option<u64>,
    /// When its system started anew; absent where a line of its own came since.
    cut_off: i64,
}

impl Sessions {
    /// The session of a key.
    pub fn get(&self, key: u64) -> Option<&Session> {
        self.open.get(&key).map(|open| &open.row)
    }

    /// Whether the system of a session was started anew, and no line of its own came since.
    pub fn is_cut_off(&self, key: u64) -> bool {
        self.open.get(&key).is_some_and(|open| open.cut_off != NULL)
    }

    pub fn open(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        let mut open = Open::new(line);
        let client = line.event.other;
        if let Some(Open { row: before, .. }) = self.handed_over(client).or_else(|| self.let_through(client)) {
            let row = &mut open.row;
            keep(&mut row.client_port, before.client_port, &NULL);
            row.time = before.time;
            opened_as(row, &before);
        }
        self.insert(open, line, facts);
    }

    /// A session begins that another process may go on with.
    pub fn open_at_gate(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        self.at_gate.come(line);
        self.insert(Open::new(line), line, facts);
    }

    fn insert(&mut self, open: Open, line: &Line<'_>, facts: &mut Facts) {
        match self.early.remove(&line.event.key) {
            Some(ended) if line.event.time.abs_diff(ended.row.end_time) <= OUT_OF_ORDER.unsigned_abs() => {
                self.whole = Some((line.source, line.offset(), open.row.session));
                return push(ended.begun_by(&open), facts);
            }
            Some(another) => push(another, facts),
            None => {}
        }
        if let Some(users) = &mut self.of_users {
            users.entry(whose(&open.row, facts)).or_default().push(line.event.key);
        }
        if let Some(mut before) = self.open.insert(line.event.key, open) {
            before.row.ended = if before.ended == NO_TEXT { Word::Dropped.id() } else { before.ended };
            push(before, facts);
        }
    }

    /// The session that another process gave up for this one.
    fn handed_over(&mut self, client: u64) -> Option<Open> {
        let waiting = self.handed.get_mut(&client)?;
        let mut found = None;
        while found.is_none() {
            let Some(key) = waiting.pop_front() else { break };
            if self.open.get(&key).is_some_and(|open| open.handed && open.cut_off == NULL) {
                found = self.open.remove(&key);
            }
        }
        if waiting.is_empty() {
            self.handed.remove(&client);
        }
        found
    }

    /// The session that another process gave up for this one without a word.
    fn let_through(&mut self, client: u64) -> Option<Open> {
        let is_there = |open: &Open| !open.handed && open.cut_off == NULL && open.ended == NO_TEXT;
        loop {
            let key = self.at_gate.pass(client)?;
            if self.open.get(&key).is_some_and(is_there) {
                return self.open.remove(&key);
            }
        }
    }

    pub fn hand_over(&mut self, line: &Line<'_>) {
        if let Some(open) = self.live(line.event.key) {
            open.handed = true;
            self.handed.entry(line.event.other).or_default().push_back(line.event.key);
            let place = (line.source, line.offset());
            self.handing.insert((line.event.time, place, line.event.key, line.event.other));
        }
    }

    /// The session of a key, of which a line tells: it goes on.
    fn live(&mut self, key: u64) -> Option<&mut Open> {
        self.at_gate.stay(key);
        let open = self.open.get_mut(&key)?;
        open.cut_off = NULL;
        Some(open)
    }

    pub fn note(&mut self, line: &Line<'_>) {
        if let Some(open) = self.live(line.event.key) {
            open.merge(line);
        }
    }

    /// The session ends; one is begun where the log does not hold its opening.
    pub fn end(&mut self, line: &Line<'_>) {
        self.at_gate.stay(line.event.key);
        let open = self.open.entry(line.event.key).or_insert_with(|| Open::new(line));
        open.merge(line);
        // Whom the server has turned away may hang up; nothing is lost by that.
        if open.ended != Word::Refused.id() {
            open.ended = line.text(Field::Ended);
            take(&mut open.row.lost_after, line.text(Field::After), &NO_TEXT);
        }
    }

    pub fn close(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        if line.is(Field::Ended, Word::Dropped) && !self.is_served(line, facts) {
            return;
        }
        let end = line.event.time;
        match self.open.remove(&line.event.key) {
            Some(open) => push(closed(open, line, end, facts), facts),
            None => self.close_unopened(closed(Open::new(line), line, end, facts), line, facts),
        }
    }

    /// Whether a session is open that the process of a line serves, and not one that only works for it, where the line says
    /// what it serves.
    fn is_served(&self, line: &Line<'_>, facts: &Facts) -> bool {
        let service = line.text(Field::Service);
        let is_of_it =
            |open: &Open| service == NO_TEXT || facts.texts.get(open.row.service) == facts.texts.get(service);
        self.open.get(&line.event.key).is_some_and(is_of_it)
    }

    /// A session ends of which the log does not hold the opening, or not yet. What tells it by its process only may be
    /// the next one's too.
    fn close_unopened(&mut self, open: Open, line: &Line<'_>, facts: &mut Facts) {
        if !line.of_connection && line.text(Field::SessionId) == NO_TEXT {
            return push(open, facts);
        }
        self.ending.insert((open.row.end_time, place(&open), line.event.key));
        if let Some(before) = self.early.insert(line.event.key, open) {
            push(before, facts);
        }
    }

    /// A session of a user ends, which one is not told. Of several the oldest is taken: how many ended and how is certain
    /// then, when and after how long each one did is not, nor of those that go on.
    pub fn close_of_user(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let whose_end = whose(&Open::new(line).row, facts);
        let sessions = &self.open;
        let users = self.of_users.get_or_insert_with(|| by_user(sessions, facts));
        let Some(keys) = users.get_mut(&whose_end) else { return };
        keys.retain(|key| sessions.get(key).is_some_and(|open| whose(&open.row, facts) == whose_end));
        keys.sort_unstable();
        keys.dedup();
        // One that a restart seems to have cut off is the last to be thought of.
        let rank = |key: &u64| sessions.get(key).map(|open| (open.cut_off != NULL, place(open), *key));
        let Some((cut_off, _, oldest)) = keys.iter().filter_map(rank).min() else { return };
        let alike: Vec<u64> = keys.iter().filter_map(rank).filter(|o| o.0 == cut_off).map(|o| o.2).collect();
        for key in &alike {
            self.open.entry(*key).and_modify(|open| open.doubtful |= alike.len() > 1);
        }
        if let Some(open) = self.open.remove(&oldest) {
            let end = if open.doubtful { NULL } else { line.event.time };
            push(closed(open, line, end, facts), facts);
        }
    }

    /// A session that one line tells whole.
    pub fn whole(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let mut open = self.open.remove(&line.event.key).unwrap_or_else(|| Open::new(line));
        open.merge(line);
        open.row.end_time = line.event.time;
        take(&mut open.ended, line.text(Field::Ended), &NO_TEXT);
        open.row.ended = open.ended;
        open.row.lost_after = line.text(Field::After);
        (open.row.source, open.row.offset) = (line.source, line.offset());
        self.whole = Some((line.source, line.offset(), open.row.session));
        push(open, facts);
    }

    /// An instance of a system starts anew: no connection of before goes on, unless its own lines say so. (Dovecot with
    /// `shutdown_clients = no`, and Postfix's servers, finish what they have begun.)
    pub fn restart(&mut self, line: &Line<'_>, facts: &mut Facts) {
        self.sweep(line.event.time, facts);
        in_order(&mut self.early, place).into_iter().for_each(|ended| push(ended, facts));
        let (texts, instance) = (&facts.texts, line.text_id(line.event.instance));
        let same = |open: &Open| {
            open.row.system == line.system
                && texts.get(open.row.host) == texts.get(line.host())
                && texts.get(open.instance) == texts.get(instance)
        };
        let cut = self.open.iter_mut().filter(|(_, open)| open.cut_off == NULL && same(open));
        for (key, open) in cut {
            open.cut_off = line.event.time;
            self.cutting.insert((line.event.time, place(open), *key));
        }
    }

    /// A message came by this session.
    pub fn message(&mut self, line: &Line<'_>, facts: &mut Facts) {
        let user = line.text(Field::User);
        let Some(open) = self.live(line.event.other) else {
            return;
        };
        open.row.messages = open.row.messages.max(0) + 1;
        open.refused = None;
        if user != NO_TEXT {
            open.row.user = user;
            open.row.user_domain = line.text(Field::UserDomain);
            if open.logins == 0 {
                open.logins = 1;
                let login = login_row(line, &open.row, Word::Ok.id());
                if line.number(Field::StandIn) != 1 || !self.is_logged_in(&login, facts) {
                    facts.push(&login);
                }
            }
        }
    }

    /// Whether somebody is logged in to submit: who hands his mail on for him tells of the same login.
    fn is_logged_in(&mut self, login: &Login, facts: &Facts) -> bool {
        let (user, host, sessions) = (login.user, login.host, &self.open);
        let users = self.of_users.get_or_insert_with(|| by_user(sessions, facts));
        [Word::Submission, Word::Submissions].into_iter().any(|service| {
            let row = Session { service: service.id(), user, host, ..Session::default() };
            users.get(&whose(&row, facts)).is_some_and(|keys| keys.iter().any(|key| sessions.contains_key(key)))
        })
    }

    /// The message that the session brings is to be put on hold, before it has a queue entry.
    pub fn hold(&mut self, line: &Line<'_>) {
        if line.event.key == 0
            && let Some(open) = self.open.get_mut(&line.event.other)
        {
            open.holds = Some(Hold::of(line));
        }
    }

    /// Who sends the message that a line tells of, if it is to be put on hold.
    pub fn take_hold(&mut self, line: &Line<'_>) -> Option<Hold> {
        self.open.get_mut(&line.event.other).and_then(|open| open.holds.take())
    }

    /// A command was refused: at CONNECT, that is the session's end; a reply of 421 or 521 closes it too. Whether that is
    /// news: a refusal that holds for all commands that follow is told of each.
    pub fn rejected(&mut self, line: &Line<'_>, facts: &Facts) -> bool {
        if line.is(Field::Permanence, Word::Warning) {
            return true;
        }
        let Some(open) = self.live(line.event.key) else { return true };
        let code = line.number(Field::ReplyCode);
        let said = key(code.cast_unsigned(), b'r', facts.texts.get(line.text(Field::Reason)).unwrap_or_default());
        let is_new = open.refused != Some(said);
        if is_new {
            open.refused = Some(said).filter(|_| line.number(Field::ForAll) == 1);
        }
        if line.is(Field::Stage, Word::Connect) {
            open.ended = Word::Refused.id();
        } else if !is_new && code < 500 && open.ended == Word::Refused.id() {
            // It was greeted all the same.
            open.ended = NO_TEXT;
        }
        open.by_server |= matches!(code, 421 | 521);
        keep(&mut open.row.helo, line.text(Field::Helo), &NO_TEXT);
        is_new
    }

    /// One or more attempts to authenticate.
    pub fn login(&mut self, line: &Line<'_>, claims: &mut Claims, facts: &mut Facts) {
        let outcome = line.text(Field::Outcome);
        let row = if let Some(open) = self.open.get_mut(&line.event.key) {
            let row = login_row(line, &open.row, outcome);
            if outcome == Word::Ok.id() {
                open.logins += 1;
                take(&mut open.row.user, line.text(Field::User), &NO_TEXT);
            }
            row
        } else {
            let whole = self.whole.filter(|whole| (whole.0, whole.1) == (line.source, line.offset()));
            let session = whole.map_or(NULL, |whole| whole.2);
            login_row(line, &Session { session, ..Session::default() }, outcome)
        };
        self.logins.attempt(line, row, claims, facts);
    }

    /// A connection to the directory is bound as this name.
    pub fn bind(&mut self, key: u64, name: TextId) {
        if let Some(open) = self.open.get_mut(&key) {
            open.row.user = name;
        }
    }

    fn sweep(&mut self, now: i64, facts: &mut Facts) {
        while let Some((.., key, client)) = first_if(&mut self.handing, |(time, ..)| now - time >= HAND_OVER) {
            let waits = self.handed.get(&client).is_some_and(|keys| keys.contains(&key));
            if waits && let Some(open) = self.handed_over(client) {
                push(open, facts);
            }
        }
        while let Some((time, _, key)) = first_if(&mut self.cutting, |(time, ..)| now - time >= CUT_OFF) {
            if self.open.get(&key).is_some_and(|open| open.cut_off == time)
                && let Some(open) = self.open.remove(&key)
            {
                push(open, facts);
            }
        }
        while let Some((_, at, key)) = first_if(&mut self.ending, |(time, ..)| now - time > OUT_OF_ORDER) {
            if self.early.get(&key).is_some_and(|ended| place(ended) == at)
                && let Some(ended) = self.early.remove(&key)
            {
                push(ended, facts);
            }
        }
        self.logins.sweep(now, facts);
        self.at_gate.sweep(now);
    }

    /// Calls a function for each text of what is open.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.logins.each().for_each(|row| row.each_text(call));
        for open in self.open.values_mut().chain(self.early.values_mut()) {
            open.row.each_text(call);
            call(&mut open.ended);
            call(&mut open.instance);
            open.holds.iter_mut().for_each(|hold| hold.each_named(&mut |_, id| call(id)));
        }
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        let all = self.open.values_mut().chain(self.early.values_mut());
        let old = all.filter(|open| open.row.time < before);
        for open in old {
            open.row.each_named(call);
            open.holds.iter_mut().for_each(|hold| hold.each_named(call));
        }
        self.logins.each().filter(|row| row.time < before).for_each(|row| row.each_named(call));
    }

    pub fn finish(&mut self, facts: &mut Facts) {
        self.logins.finish(facts);
        for open in in_order(&mut self.early, place).into_iter().chain(in_order(&mut self.open, place)) {
            push(open, facts);
        }
    }
}

/// A session that a line ends, at this time if that is known.
fn closed(mut open: Open, line: &Line<'_>, end: i64, facts: &mut Facts) -> Open {
    open.merge(line);
    take(&mut open.ended, line.text(Field::Ended), &NO_TEXT);
    take(&mut open.row.lost_after, line.text(Field::After), &NO_TEXT);
    // Who gave a command to a service that speaks TLS from the first byte (RFC 8314 3.3) spoke it.
    if open.row.service == Word::Submissions.id() && open.row.commands > 0 {
        keep(&mut open.row.tls_version, Word::Tls.id(), &NO_TEXT);
    }
    open.row.end_time = end;
    open.row.duration_s = duration(open.row.time, end);
    open.row.ended = open.end_word(line, facts);
    if open.row.ended == Word::Lost.id() {
        let stage = line.text(Field::Stage);
        keep(&mut open.row.lost_after, if stage == NO_TEXT { Word::Connect.id() } else { stage }, &NO_TEXT);
    }
    if line.number(Field::Attempts) > 0 && open.logins == 0 {
        facts.push(&login_row(line, &open.row, Word::Ok.id()));
    }
    (open.row.source, open.row.offset) = (line.source, line.offset());
    open
}

/// The key of those sessions of a user that nothing but their ids can tell apart.
fn whose(row: &Session, facts: &Facts) -> u64 {
    let text = |id| facts.texts.get(id).unwrap_or_default();
    key(hash_seed(text(row.host)) ^ u64::from(row.service), b'u', text(row.user))
}

/// The keys of sessions by whose they are.
fn by_user(sessions: &Keyed<Open>, facts: &Facts) -> Keyed<Vec<u64>> {
    let mut users: Keyed<Vec<u64>> = Keyed::default();
    sessions.iter().for_each(|(key, open)| users.entry(whose(&open.row, facts)).or_default().push(*key));
    users
}

fn place(open: &Open) -> (i64, i64) {
    (open.row.source, open.row.offset)
}

impl Open {
    fn new(line: &Line<'_>) -> Self {
        let mut open = Self {
            row: Session {
                time: line.event.time,
                service: line.service(),
                direction: Word::In.id(),
                session: line.identity(),
                open_program: line.program(),
                open_source: line.source,
                open_offset: line.offset(),
                host: line.host(),
                system: line.system,
                program: line.program(),
                source: line.source,
                offset: line.offset(),
                ..Session::default()
            },
            instance: line.text_id(line.event.instance),
            ended: NO_TEXT,
            cut_off: NULL,
            ..Self::default()
        };
        open.merge(line);
        open
    }

    /// Takes over what a line tells about the session.
    fn merge(&mut self, line: &Line<'_>) {
        let row = &mut self.row;
        // Who failed to log in is nobody's session.
        let is_tried = line.raw(Field::Outcome).is_some() && !line.is(Field::Outcome, Word::Ok);
        for (field, value) in line.fields() {
            match field {
                Field::User | Field::UserDomain if is_tried => {}
                Field::ClientIp => row.client_ip = line.text_of(value),
                Field::ClientPort => row.client_port = value,
                Field::ClientName => row.client_name = line.text_of(value),
                Field::Helo => row.helo = line.text_of(value),
                Field::User => row.user = line.text_of(value),
                Field::UserDomain => row.user_domain = line.text_of(value),
                Field::TlsVersion => row.tls_version = tls(row.tls_version, line.text_of(value)),
                Field::TlsCipher => row.tls_cipher = line.text_of(value),
                Field::BytesIn => row.bytes_in = value,
                Field::BytesOut => row.bytes_out = value,
                Field::Commands => row.commands = value,
                _ => {}
            }
        }
    }

    /// This one, which has ended, with what its opening tells.
    fn begun_by(mut self, opening: &Self) -> Self {
        let (row, begun) = (&mut self.row, &opening.row);
        row.time = begun.time.min(row.end_time);
        row.duration_s = duration(row.time, row.end_time);
        opened_as(row, begun);
        keep(&mut row.client_ip, begun.client_ip, &NO_TEXT);
        keep(&mut row.client_port, begun.client_port, &NULL);
        keep(&mut row.client_name, begun.client_name, &NO_TEXT);
        keep(&mut row.user, begun.user, &NO_TEXT);
        keep(&mut row.user_domain, begun.user_domain, &NO_TEXT);
        keep(&mut row.tls_version, begun.tls_version, &NO_TEXT);
        keep(&mut row.tls_cipher, begun.tls_cipher, &NO_TEXT);
        self
    }

    /// How it ended: as a line said; else lost, if its counters show commands but no goodbye; else closed.
    fn end_word(&self, line: &Line<'_>, facts: &Facts) -> TextId {
        if self.ended != NO_TEXT {
            return self.ended;
        }
        let silent = line.number(Field::Goodbye) == 0 && line.number(Field::Commands) > 0;
        // A filter on the host itself keeps its connection for the next message, and goes without a word.
        let is_filter = || self.row.messages > 0 && is_loopback(facts.texts.get(self.row.client_ip));
        if silent && !self.by_server && !is_filter() { Word::Lost.id() } else { Word::Closed.id() }
    }
}

/// Gives a session the number and the opening line of another that it is one with.
fn opened_as(row: &mut Session, other: &Session) {
    row.session = other.session;
    row.open_program = other.open_program;
    (row.open_source, row.open_offset) = (other.open_source, other.open_offset);
}

/// From one time to another; nothing where clocks went backwards.
fn duration(start: i64, end: i64) -> i64 {
    if start == NULL || end < start { NULL } else { end - start }
}

fn push(mut open: Open, facts: &mut Facts) {
    if open.row.ended == NO_TEXT {
        let still = if open.cut_off == NULL { Word::Open } else { Word::Dropped };
        open.row.ended = if open.ended == NO_TEXT { still.id() } else { open.ended };
    }
    if ![Word::Lost.id(), Word::Timeout.id()].contains(&open.row.ended) {
        open.row.lost_after = NO_TEXT;
    }
    facts.push(&open.row);
}

/// The TLS version of which more is told: that there is TLS tells less than its version.
pub(super) fn tls(known: TextId, told: TextId) -> TextId {
    let is_vague = told == NO_TEXT || told == Word::Tls.id();
    if is_vague && known != NO_TEXT { known } else { told }
}
