//! Refusals that two servers tell: one behind a filter, and the one in front, which passes the filter's answer on.
//!
//! The server behind logs its refusal first, of the filter's connection (Postfix: smtpd/smtpd_check.c, cleanup). The one in
//! front says so later, of the client, when the message is at its end (smtpd/smtpd.c: `proxy-reject`). Neither names the
//! other. What joins them is the host, the sender, the recipient, and that the filter connects from its own host.

use super::open::is_due;
use crate::event::{NO_TEXT, TextId, Word, hash_seed, key};
use crate::facts::schema::{Rejection, Row};
use crate::facts::{Facts, NULL};
use crate::time::SECOND;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// How long a refusal behind a filter waits to be passed on: so long the server in front waits for the filter
/// (`smtpd_proxy_timeout`).
const PASSED_ON: i64 = 100 * SECOND;

/// The most refusals that wait; where there are more, the one that waits longest counts by itself.
const MOST: usize = 1_000;

/// Refusals of connections from the host itself, which a server in front of a filter may pass on, by host and sender.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Refusals {
    behind: VecDeque<(u64, Rejection)>,
}

impl Refusals {
    /// A refusal of a connection from the host itself.
    pub fn behind(&mut self, row: Rejection, facts: &mut Facts) {
        self.sweep(row.time, facts);
        self.behind.push_back((key_of(&row, facts), row));
        if self.behind.len() > MOST {
            self.behind.pop_front().iter().for_each(|(_, row)| facts.push(row));
        }
    }

    /// A refusal that is passed on: it counts, and not the one behind. Why is taken over where the filter hides it.
    pub fn passed_on(&mut self, mut row: Rejection, facts: &mut Facts) {
        self.sweep(row.time, facts);
        let key = key_of(&row, facts);
        let behind = self
            .behind
            .iter()
            .enumerate()
            .filter(|(_, (other, behind))| *other == key && is_one(behind, &row, facts));
        // The one whose words are passed on, else one that is as final, else the first.
        let fits = |behind: &Rejection| (is_quoted(behind, &row, facts), behind.permanence == row.permanence);
        let best = behind.max_by_key(|(at, (_, behind))| (fits(behind), Reverse(*at))).map(|(at, _)| at);
        if let Some((_, behind)) = best.and_then(|at| self.behind.remove(at))
            && row.class == Word::Other.id()
        {
            row.class = behind.class;
        }
        facts.push(&row);
    }

    fn sweep(&mut self, now: i64, facts: &mut Facts) {
        while let Some((_, row)) = self.behind.pop_front_if(|(_, row)| is_due(row.time, PASSED_ON + 1, now)) {
            facts.push(&row);
        }
    }

    /// Calls a function for each text.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        self.behind.iter_mut().for_each(|(_, row)| row.each_text(call));
    }

    /// Calls a function for each text of what began before a time, with its column.
    pub fn each_old(&mut self, before: i64, call: &mut dyn FnMut(&'static str, &mut TextId)) {
        let old = self.behind.iter_mut().map(|(_, row)| row).filter(|row| row.time < before);
        old.for_each(|row| row.each_named(call));
    }

    pub fn finish(&mut self, facts: &mut Facts) {
        self.behind.drain(..).for_each(|(_, row)| facts.push(&row));
    }
}

/// The key of those that may be one: the host and the sender.
fn key_of(row: &Rejection, facts: &Facts) -> u64 {
    let text = |id| facts.texts.get(id).unwrap_or_default();
    key(hash_seed(text(row.host)), b'r', text(row.sender))
}

/// Whether the one in front may pass on the other, of the same host and sender. Of several recipients it names the first. A
/// filter that refuses for reasons of its own passes nothing on.
fn is_one(behind: &Rejection, front: &Rejection, facts: &Facts) -> bool {
    let same = |a, b| facts.texts.get(a) == facts.texts.get(b);
    let unnamed = behind.recipient == NO_TEXT || front.recipient == NO_TEXT;
    (0..=PASSED_ON).contains(&(front.time - behind.time))
        && (behind.session == NULL || behind.session != front.session)
        && (unnamed || same(behind.recipient, front.recipient))
        && (front.class == Word::Other.id() || same(behind.class, front.class) || is_quoted(behind, front, facts))
}

/// Whether the one in front says what the other said, perhaps behind words of the filter's own.
fn is_quoted(behind: &Rejection, front: &Rejection, facts: &Facts) -> bool {
    let words = |row: &Rejection| facts.texts.get(row.reason).filter(|text| !text.is_empty());
    words(front).zip(words(behind)).is_some_and(|(all, last)| all.ends_with(last))
}

/// Whether an address is that by which programs of the host speak to it.
pub(super) fn is_loopback(ip: Option<&[u8]>) -> bool {
    ip.is_some_and(|ip| matches!(ip, b"127.0.0.1" | b"::1"))
}

/// Whether an address is that of the host itself.
pub(super) fn is_own(ip: Option<&[u8]>) -> bool {
    ip.is_some_and(|ip| ip.starts_with(b"127.") || ip == b"::1")
}
