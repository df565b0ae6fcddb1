//! Directory operations: requests joined with their results, by connection and operation number.

use super::open::{Keyed, entries, in_order};
use super::session::Sessions;
use super::{Line, take};
use crate::event::{Field, NO_TEXT, TextId, Word};
use crate::facts::schema::{DirectoryOp, Row};
use crate::facts::{Facts, NULL};
use serde::{Deserialize, Serialize};

/// The result code of a bind that takes more than one step: RFC 4511, section 4.1.9.
const SASL_BIND_IN_PROGRESS: i64 = 14;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Directory {
    #[serde(with = "entries")]
    open: Keyed<DirectoryOp>,
}

impl Directory {
    pub fn request(&mut self, line: &Line<'_>, sessions: &mut Sessions, facts: &mut Facts) {
        let row = row(line, sessions);
        if row.kind == Word::Unbind.id() || row.kind == Word::Abandon.id() {
            facts.push(&row);
        } else if let Some(before) = self.open.insert(line.event.key, row) {
            // The number of an operation comes again only when connections are counted anew.
            facts.push(&before);
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
            // Nothing where clocks went backwards.
            NULL if request.is_some() && line.event.time >= done.time => line.event.time - done.time,
            measured => measured,
        };
        (done.source, done.offset) = (line.source, line.offset());
        if done.kind == Word::Bind.id() && done.result_code != SASL_BIND_IN_PROGRESS {
            // A client whose bind failed is nobody, whoever it was before: RFC 4513, section 4.
            sessions.bind(line.event.other, if done.result_code == 0 { done.base } else { NO_TEXT });
        }
        facts.push(&done);
    }

    /// Calls a function for each text of what is open.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.open.values_mut().for_each(|row| row.each_text(call));
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        self.open.values_mut().filter(|row| row.time < before).for_each(|row| row.each_named(call));
    }

    pub fn finish(&mut self, facts: &mut Facts) {
        for row in in_order(&mut self.open, |row| (row.source, row.offset)) {
            facts.push(&row);
        }
    }
}

fn row(line: &Line<'_>, sessions: &Sessions) -> DirectoryOp {
    let session = sessions.get(line.event.other);
    DirectoryOp {
        time: line.event.time,
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
