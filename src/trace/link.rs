//! Links: which queue entries carried the same message, and which one caused which.
//!
//! Three things tie two entries: one names the other as the queue id under which the message went on, one gave birth to
//! the other, or both carry the same Message-ID while the first holds the message. The first and the last rest on what
//! others said, so that time and Message-ID must agree as well.

use super::ask::{DELIVERIES, MESSAGES, Row, literals, numbers};
use crate::error::Result;
use crate::sections::Asker;
use crate::time::{HOUR, SECOND};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// How far the clocks of two hosts may disagree.
const SKEW: i64 = 60 * SECOND;

/// Queue entries that are followed at most beside those that were asked for: a list's message may have thousands.
const MOST: usize = 2_000;

/// How far from the first entries others are looked for: no message goes through so many queues.
const FARTHEST: usize = 100;

/// One life of a queue id.
#[derive(Clone, Debug)]
pub(super) struct Life {
    /// What is known of the message: its own fact, or its first delivery where the log begins later.
    pub row: Row,
    /// Whether the row is its own fact.
    pub is_whole: bool,
    /// Its delivery attempts, in order.
    pub deliveries: Vec<Row>,
}

/// How one entry is tied to another that came from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// It carries the same message on.
    Same,
    /// It tells of the other's fate.
    Notification,
}

/// Entries and their ties.
#[derive(Debug, Default)]
pub(super) struct Net {
    /// The entries by number.
    pub lives: BTreeMap<i64, Life>,
    /// From which entry to which.
    pub ties: BTreeMap<(i64, i64), Tie>,
    /// Entries that are tied to these and were not followed.
    pub left_out: BTreeSet<i64>,
}

impl Life {
    /// When it began.
    pub fn time(&self) -> i64 {
        self.row.integer("time").unwrap_or(0)
    }

    /// The last that is known of it; nothing while it is open.
    fn end(&self) -> Option<i64> {
        self.row.integer("end_time")
    }

    /// Seconds from the message's arrival to a delivery attempt, as the mail system measured it; who gives up measures
    /// nothing.
    pub fn delay(&self, delivery: &Row) -> Option<f64> {
        if delivery.is("outcome", "expired") { self.waited(delivery) } else { delivery.seconds("delay_s") }
    }

    /// Seconds from when it began to a delivery attempt, by the times of their lines.
    #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 microseconds")]
    pub fn waited(&self, delivery: &Row) -> Option<f64> {
        let waited = delivery.integer("time").map(|time| time - self.time());
        waited.filter(|waited| self.is_whole && *waited >= 0).map(|waited| waited as f64 / 1e6)
    }

    /// Its place in the order of all.
    pub fn order(&self) -> impl Ord + use<> {
        (self.time(), self.row.integer("source"), self.row.integer("offset"), self.row.integer("entry"))
    }
}

impl Net {
    /// The entries of these numbers and all that are tied to them, at any distance.
    pub fn around(asker: &Asker<'_>, entries: &BTreeSet<i64>) -> Result<Self> {
        let mut net = Self::default();
        let mut fresh = entries.clone();
        let most = entries.len() + MOST;
        // Each round takes entries that none before took, so that loops end.
        for _ in 0..FARTHEST {
            let room = most.saturating_sub(net.lives.len());
            net.left_out.extend(fresh.iter().skip(room));
            fresh = fresh.into_iter().take(room).collect();
            if fresh.is_empty() {
                break;
            }
            net.load(asker, &fresh)?;
            let ties = net.neighbours(asker, &fresh, most.saturating_sub(net.lives.len()))?;
            let ends = ties.keys().flat_map(|(from, to)| [*from, *to]);
            fresh = ends.filter(|entry| !net.lives.contains_key(entry)).collect();
            net.ties.extend(ties);
        }
        net.ties.retain(|(from, to), _| net.lives.contains_key(from) && net.lives.contains_key(to));
        Ok(net)
    }

    fn load(&mut self, asker: &Asker<'_>, entries: &BTreeSet<i64>) -> Result<()> {
        let wanted = numbers(entries);
        for row in MESSAGES.rows_in(asker, "entry", &wanted)? {
            let entry = row.integer("entry").unwrap_or(0);
            self.lives.insert(entry, Life { row, is_whole: true, deliveries: Vec::new() });
        }
        for row in DELIVERIES.rows_in(asker, "entry", &wanted)? {
            let entry = row.integer("entry").unwrap_or(0);
            let bare = || Life { row: row.clone(), is_whole: false, deliveries: Vec::new() };
            self.lives.entry(entry).or_insert_with(bare).deliveries.push(row.clone());
        }
        Ok(())
    }

    /// The ties of some entries; `room` is how many more can be followed.
    fn neighbours(&self, asker: &Asker<'_>, fresh: &BTreeSet<i64>, room: usize) -> Result<Ties> {
        let lives: Vec<(i64, &Life)> =
            fresh.iter().filter_map(|entry| Some((*entry, self.lives.get(entry)?))).collect();
        let mut ties = BTreeMap::new();
        born(asker, &lives, &mut ties)?;
        handed_on(asker, &lives, &mut ties)?;
        self.of_one_id(asker, &lives, room, &mut ties)?;
        Ok(ties)
    }

    /// The entries that carry the Message-ID of another while that one holds the message. A Message-ID is the sender's
    /// choice: of thousands of the same that are not followed one tie each is kept, which counts them, and not all pairs.
    fn of_one_id(&self, asker: &Asker<'_>, lives: &[(i64, &Life)], room: usize, ties: &mut Ties) -> Result<()> {
        let ids = literals(lives.iter().map(|(_, life)| life.row.raw("message_id")));
        let others = MESSAGES.rows_in(asker, "message_id", &ids)?;
        let others = by(&others, "message_id");
        let pairs = || {
            let whole = lives.iter().filter(|(_, life)| life.is_whole);
            whole.flat_map(|(entry, life)| {
                let others = others.get(life.row.raw("message_id")).into_iter().flatten();
                others.map(move |other| (*entry, *life, *other, other.integer("entry").unwrap_or(*entry)))
            })
        };
        let mut found = BTreeSet::new();
        for (entry, life, other, number) in pairs() {
            if !self.lives.contains_key(&number) && !found.contains(&number) {
                let tie = tie_of(entry, life, other, number);
                found.extend(tie.map(|_| number));
                ties.extend(tie.map(|pair| (pair, Tie::Same)));
            }
        }
        let followed: BTreeSet<i64> = found.into_iter().take(room).collect();
        for (entry, life, other, number) in pairs() {
            if self.lives.contains_key(&number) || followed.contains(&number) {
                ties.extend(tie_of(entry, life, other, number).map(|pair| (pair, Tie::Same)));
            }
        }
        Ok(())
    }

    /// The entries as messages: those that carry the same one together, each list and all of them in order of time.
    pub fn messages(&self) -> Vec<Vec<i64>> {
        let mut near: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for ((from, to), _) in self.ties.iter().filter(|(_, tie)| **tie == Tie::Same) {
            near.entry(*from).or_default().push(*to);
            near.entry(*to).or_default().push(*from);
        }
        let mut seen = BTreeSet::new();
        let mut order: Vec<i64> = self.lives.keys().copied().collect();
        order.sort_by_key(|entry| self.lives[entry].order());
        let mut messages = Vec::new();
        for entry in order {
            let (mut message, mut next) = (Vec::new(), vec![entry]);
            while let Some(entry) = next.pop() {
                if seen.insert(entry) {
                    message.push(entry);
                    next.extend(near.get(&entry).into_iter().flatten());
                }
            }
            if !message.is_empty() {
                message.sort_by_key(|entry| self.lives[entry].order());
                messages.push(message);
            }
        }
        messages
    }
}

type Ties = BTreeMap<(i64, i64), Tie>;

/// Parents and children: forwarded copies, what a filter gave back, notifications.
fn born(asker: &Asker<'_>, lives: &[(i64, &Life)], ties: &mut Ties) -> Result<()> {
    let own = |row: &Row| Some((row.integer("parent_entry")?, row.integer("entry")?));
    let children = MESSAGES.rows_in(asker, "parent_entry", &numbers(lives.iter().map(|(entry, _)| entry)))?;
    for row in children.iter().chain(lives.iter().map(|(_, life)| &life.row)) {
        let tie = if row.is("origin", "notification") { Tie::Notification } else { Tie::Same };
        ties.extend(own(row).filter(|(parent, child)| parent != child).map(|pair| (pair, tie)));
    }
    Ok(())
}

/// The entries that took the message over under the id that a delivery names, and those that handed it to these.
fn handed_on(asker: &Asker<'_>, lives: &[(i64, &Life)], ties: &mut Ties) -> Result<()> {
    let all = || lives.iter().flat_map(|(_, life)| &life.deliveries);
    let next = MESSAGES.rows_in(asker, "queue_id", &literals(all().map(|row| row.raw("next_queue_id"))))?;
    let own = literals(lives.iter().map(|(_, life)| life.row.raw("queue_id")));
    let before = DELIVERIES.rows_in(asker, "next_queue_id", &own)?;
    let (next, own) = (by(&next, "queue_id"), by(lives.iter().map(|(_, life)| &life.row), "queue_id"));
    let onward = all().flat_map(|delivery| named_by(delivery, &next));
    let back = before.iter().flat_map(|delivery| named_by(delivery, &own));
    for (delivery, row) in onward.chain(back).filter(|(delivery, row)| takes_over(delivery, row)) {
        let pair = delivery.integer("entry").zip(row.integer("entry"));
        ties.extend(pair.map(|pair| (pair, Tie::Same)));
    }
    Ok(())
}

/// The entries of the id under which a delivery says that the message went on.
fn named_by<'r>(
    delivery: &'r Row,
    entries: &'r BTreeMap<&'r str, Vec<&'r Row>>,
) -> impl Iterator<Item = (&'r Row, &'r Row)> {
    entries.get(delivery.raw("next_queue_id")).into_iter().flatten().map(move |row| (delivery, *row))
}

/// Rows by the text of a column.
fn by<'r>(rows: impl IntoIterator<Item = &'r Row>, column: &str) -> BTreeMap<&'r str, Vec<&'r Row>> {
    let mut found: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    rows.into_iter().for_each(|row| found.entry(row.raw(column)).or_default().push(row));
    found
}

/// Whether an entry is the one under whose id a delivery says that the message went on. The id is the other side's
/// word: the time must agree, and the Message-ID, which may be unknown only where two hosts speak.
fn takes_over(delivery: &Row, entry: &Row) -> bool {
    let (Some(sent), Some(opened)) = (delivery.integer("time"), entry.integer("time")) else { return false };
    let delay = delay(delivery).unwrap_or(HOUR);
    let (a, b) = (delivery.raw("message_id"), entry.raw("message_id"));
    let known = !a.is_empty() && !b.is_empty();
    entry.is("queue_id", delivery.raw("next_queue_id"))
        && delivery.integer("entry") != entry.integer("entry")
        && (sent - delay - SKEW..=sent + SKEW).contains(&opened)
        && if known { a == b } else { !same_system(delivery, entry) }
}

/// How long a message had been there when it was delivered.
#[expect(clippy::cast_possible_truncation, reason = "delays are far below 2^52 microseconds")]
fn delay(delivery: &Row) -> Option<i64> {
    delivery.seconds("delay_s").map(|delay| (delay * 1e6) as i64)
}

fn same_system(a: &Row, b: &Row) -> bool {
    a.raw("host") == b.raw("host") && a.raw("instance") == b.raw("instance")
}

/// The tie of an entry and another of the same Message-ID, if one of them held the message when the other began.
fn tie_of(entry: i64, life: &Life, other: &Row, number: i64) -> Option<(i64, i64)> {
    let forth = goes_on(&life.row, life.end(), other).then_some((entry, number));
    let back = || goes_on(other, other.integer("end_time"), &life.row).then_some((number, entry));
    forth.or_else(back).filter(|(from, to)| from != to)
}

/// Whether a message may have gone on from one entry to another of the same Message-ID: on another system, or back
/// from this machine itself, while the first held it. Who sends one twice sends two messages, and so does a list that gives each
/// of its copies a sender of its own.
fn goes_on(from: &Row, end: Option<i64>, to: &Row) -> bool {
    let (Some(start), Some(opened)) = (from.integer("time"), to.integer("time")) else { return false };
    let skew = if same_system(from, to) { SECOND } else { SKEW };
    let held = opened >= start - skew && end.is_none_or(|end| opened <= end + skew);
    let came_back = is_from_here(to) && (!is_from_here(from) || from.is("sender", to.raw("sender")));
    held && (came_back || !same_system(from, to))
}

/// Whether a message came from the machine itself.
fn is_from_here(entry: &Row) -> bool {
    entry.is("origin", "local")
        || entry.raw("client_ip").parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether what became of a message at a mailbox may belong to this delivery: it was done while that was tried.
pub(super) fn is_near(delivery: &Row, filing: &Row) -> bool {
    let (Some(sent), Some(filed)) = (delivery.integer("time"), filing.integer("time")) else { return false };
    let delay = delay(delivery).unwrap_or(0);
    (sent - delay - SKEW..=sent + SKEW).contains(&filed)
}
