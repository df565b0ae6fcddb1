//! Refusals that two servers tell: one behind a filter, and the one in front, which passes the filter's answer on.
//!
//! The server behind logs its refusal first, of the filter's connection (Postfix: smtpd/smtpd_check.c, cleanup). The one in
//! front says so later, of the client, when the message is at its end (smtpd/smtpd.c: `proxy-reject`). Neither names the
//! other. What joins them is the host, the sender, the recipient, and that the filter connects from its own host.

use crate::event::{NO_TEXT, TextId, Word};
use crate::facts::schema::{Rejection, Row};
use crate::facts::{Facts, NULL};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How long a refusal behind a filter waits to be passed on: so long the server in front waits for the filter
/// (`smtpd_proxy_timeout`).
const PASSED_ON: i64 = 100 * SECOND;

/// Refusals of connections from the host itself, which a server in front of a filter may pass on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Refusals {
    behind: VecDeque<Rejection>,
}

impl Refusals {
    /// A refusal of a connection from the host itself.
    pub fn behind(&mut self, row: Rejection, facts: &mut Facts) {
        self.sweep(row.time, facts);
        self.behind.push_back(row);
    }

    /// A refusal that is passed on: it counts, and not the one behind. Why is taken over where the filter hides it.
    pub fn passed_on(&mut self, mut row: Rejection, facts: &mut Facts) {
        self.sweep(row.time, facts);
        if let Some(behind) = self.behind.iter().position(|behind| is_one(behind, &row, facts))
            && let Some(behind) = self.behind.remove(behind)
            && row.class == Word::Other.id()
        {
            row.class = behind.class;
        }
        facts.push(&row);
    }

    fn sweep(&mut self, now: i64, facts: &mut Facts) {
        while let Some(row) = self.behind.pop_front_if(|row| now - row.time > PASSED_ON) {
            facts.push(&row);
        }
    }

    /// Calls a function for each text.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.behind.iter_mut().for_each(|row| row.each_text(call));
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        self.behind.iter_mut().filter(|row| row.time < before).for_each(|row| row.each_named(call));
    }

    pub fn finish(&mut self, facts: &mut Facts) {
        self.behind.drain(..).for_each(|row| facts.push(&row));
    }
}

/// Whether the one in front passes the other on. Of several recipients the server in front names the first.
fn is_one(behind: &Rejection, front: &Rejection, facts: &Facts) -> bool {
    let same = |a: TextId, b: TextId| facts.texts.get(a) == facts.texts.get(b);
    let unnamed = behind.recipient == NO_TEXT || front.recipient == NO_TEXT;
    (behind.session == NULL || behind.session != front.session)
        && same(behind.host, front.host)
        && same(behind.sender, front.sender)
        && (unnamed || same(behind.recipient, front.recipient))
}

/// Whether an address is that of the host itself.
pub(super) fn is_own(ip: Option<&[u8]>) -> bool {
    ip.is_some_and(|ip| ip.starts_with(b"127.") || ip == b"::1")
}
