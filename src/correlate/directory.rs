//! Directory operations: requests joined with their results, by connection and operation number.

use super::open::{Keyed, entries, in_order, is_due};
use super::session::Sessions;
use super::{Line, take};
use crate::event::{Field, NO_TEXT, TextId, Word};
use crate::facts::schema::{DirectoryOp, Row};
use crate::facts::{Facts, NULL};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long a server may take to tell of a connection whose first operation it told already: two of its threads do
/// (servers/slapd/daemon.c, `slap_listener`; connection.c). A second, and more than the edge of one in the log.
const UNHEARD: i64 = SECOND + 1;

/// So many operations of connections that nothing was heard of wait at most.
const MOST_UNHEARD: usize = 256;

/// The result code of a bind that takes more than one step: RFC 4511, section 4.1.9.
const SASL_BIND_IN_PROGRESS: i64 = 14;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Directory {
    #[serde(with = "entries")]
    open: Keyed<DirectoryOp>,
    /// Finished operations of connections that the log has not told of yet, by the connection. (Serialized by
    /// `Carry` behind the main state, as what follows is.)
    #[serde(skip)]
    pub unheard: VecDeque<(u64, DirectoryOp)>,
    /// What was asked over each connection.
    #[serde(skip)]
    pub asked: Asked,
}

/// The operations of connections, some of which may be answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Their keys, by that of the connection.
    #[serde(with = "entries")]
    over: Keyed<Vec<u64>>,
    /// Those of connections that were closed at a time. An answer may be on its way yet.
    closed: VecDeque<(i64, Vec<u64>)>,
}

impl Asked {
    fn push(&mut self, connection: u64, operation: u64, open: &Keyed<DirectoryOp>) {
        let operations = self.over.entry(connection).or_default();
        if operations.len() == operations.capacity() {
            operations.retain(|key| open.contains_key(key));
            operations.reserve(operations.len() + 1);
        }
        operations.push(operation);
    }
}

impl Directory {
    pub fn request(&mut self, line: &Line<'_>, sessions: &mut Sessions, facts: &mut Facts) {
        let row = row(line, sessions);
        if row.kind == Word::Unbind.id() || row.kind == Word::Abandon.id() {
            facts.push(&row);
            return;
        }
        self.asked.push(line.event.other, line.event.key, &self.open);
        if let Some(before) = self.open.insert(line.event.key, row) {
            // The number of an operation comes again only when connections are counted anew.
            facts.push(&before);
        }
    }

    /// Lets go of the keys of what is answered.
    pub fn pack(&mut self) {
        let Self { open, asked, .. } = self;
        asked.over.values_mut().for_each(|operations| operations.retain(|key| open.contains_key(key)));
        asked.over.retain(|_, operations| !operations.is_empty());
    }

    /// A connection is closed: what was asked over it will not be answered.
    pub fn closed(&mut self, line: &Line<'_>) {
        let operations = self.asked.over.remove(&line.event.key).unwrap_or_default();
        let open: Vec<u64> = operations.into_iter().filter(|key| self.open.contains_key(key)).collect();
        if !open.is_empty() {
            self.asked.closed.push_back((line.event.time, open));
        }
    }

    pub fn note(&mut self, line: &Line<'_>) {
        if let Some(row) = self.open.get_mut(&line.event.key) {
            take(&mut row.unindexed, line.text(Field::Unindexed), &NO_TEXT);
            if row.kind == Word::Bind.id() {
                // Who is bound by SASL is known at its end only.
                take(&mut row.base, line.text(Field::Base), &NO_TEXT);
            }
        }
    }

    pub fn result(&mut self, line: &Line<'_>, sessions: &mut Sessions, facts: &mut Facts) {
        let request = self.open.remove(&line.event.key);
        let mut done = request.unwrap_or_else(|| row(line, sessions));
        done.result_code = line.number(Field::ResultCode);
        done.entries = line.number(Field::Entries);
        done.queue_s = line.number(Field::QueueTime);
        done.duration_s = match line.number(Field::Duration) {
            NULL if request.is_some() => by_the_clock(done.time, line.event.time),
            measured => measured,
        };
        (done.source, done.offset) = (line.source, line.offset());
        self.sweep(line.event.time, sessions, facts);
        let connection = line.event.other;
        match sessions.get(connection).map(|session| session.client_ip) {
            // The connection may be the first of that number since the server was started anew.
            Some(client_ip) if !sessions.is_cut_off(connection) => {
                told(connection, DirectoryOp { client_ip, ..done }, sessions, facts);
            }
            _ => self.unheard.push_back((connection, done)),
        }
    }

    /// A connection is told of: what was asked over it before that has its client.
    pub fn opened(&mut self, line: &Line<'_>, sessions: &mut Sessions, facts: &mut Facts) {
        self.sweep(line.event.time, sessions, facts);
        let (connection, client_ip) = (line.event.key, line.text(Field::ClientIp));
        if self.unheard.iter().all(|(of, _)| *of != connection) {
            return;
        }
        for (of, done) in std::mem::take(&mut self.unheard) {
            if of == connection {
                told(of, DirectoryOp { client_ip, bind_dn: NO_TEXT, ..done }, sessions, facts);
            } else {
                self.unheard.push_back((of, done));
            }
        }
    }

    /// Tells the operations of connections that nothing will be heard of any more, and those that will not be answered.
    fn sweep(&mut self, now: i64, sessions: &mut Sessions, facts: &mut Facts) {
        while self.unheard.len() > MOST_UNHEARD
            || self.unheard.front().is_some_and(|(_, done)| is_due(done.time, UNHEARD, now))
        {
            self.unheard.pop_front().into_iter().for_each(|(of, done)| told(of, done, sessions, facts));
        }
        while let Some((_, over)) = self.asked.closed.pop_front_if(|(time, _)| is_due(*time, UNHEARD, now)) {
            over.iter().filter_map(|key| self.open.remove(key)).for_each(|row| facts.push(&row));
        }
    }

    /// Calls a function for each text of what is open.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.open.values_mut().for_each(|row| row.each_text(call));
        self.unheard.iter_mut().for_each(|(_, row)| row.each_text(call));
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        let waiting = self.unheard.iter_mut().map(|(_, row)| row);
        let rows = self.open.values_mut().chain(waiting);
        rows.filter(|row| row.time < before).for_each(|row| row.each_named(call));
    }

    pub fn finish(&mut self, facts: &mut Facts) {
        self.unheard.drain(..).for_each(|(_, done)| facts.push(&done));
        in_order(&mut self.open, place).iter().for_each(|row| facts.push(row));
    }
}

fn place(row: &DirectoryOp) -> (i64, i64) {
    (row.source, row.offset)
}

/// How long something took by the times of its lines; nothing where clocks went backwards, nor where these times are whole
/// seconds and may just lie on both sides of one's edge.
fn by_the_clock(start: i64, end: i64) -> i64 {
    let took = end - start;
    let is_coarse = start % SECOND == 0 && end % SECOND == 0;
    if took < 0 || is_coarse && took <= SECOND { NULL } else { took }
}

/// Tells a finished operation of a connection; a bind says who its client is from then on.
fn told(connection: u64, done: DirectoryOp, sessions: &mut Sessions, facts: &mut Facts) {
    if done.kind == Word::Bind.id() && done.result_code != SASL_BIND_IN_PROGRESS {
        // A client whose bind failed is nobody, whoever it was before: RFC 4513, section 4.
        sessions.bind(connection, if done.result_code == 0 { done.base } else { NO_TEXT });
    }
    facts.push(&done);
}

fn row(line: &Line<'_>, sessions: &Sessions) -> DirectoryOp {
    let session = sessions.get(line.event.other);
    DirectoryOp {
        time: line.event.time,
        connection: line.number(Field::Connection),
        op: line.number(Field::Op),
        client_ip: session.map_or(NO_TEXT, |s| s.client_ip),
        bind_dn: session.map_or(NO_TEXT, |s| s.user),
        kind: line.text(Field::Kind),
        base: line.text(Field::Base),
        scope: line.number(Field::Scope),
        filter: line.text(Field::Filter),
        host: line.host(),
        system: line.system,
        program: line.program(),
        source: line.source,
        offset: line.offset(),
        ..DirectoryOp::default()
    }
}
