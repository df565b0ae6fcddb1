//! The way of a message, as a picture shows it: places, and what moved between them.

use super::ask::Row;
use super::link::{Life, Net, Tie};
use crate::report::trace::{Hop, Node, Way};
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Hosts to which a message was handed that are told apart; more go under one name.
const MOST_HOSTS: usize = 5;

/// The way through these queue entries, and into mailboxes.
pub(super) fn of(net: &Net, entries: &[i64], filings: &[&Row]) -> Way {
    let mut drawn = Drawing::default();
    let Some(first) = entries.first().map(|entry| &net.lives[entry]) else {
        return mailboxes_alone(filings);
    };
    let start = drawn.node(came_from(first));
    let lives: Vec<usize> = entries.iter().map(|entry| drawn.node(place(&net.lives[entry]))).collect();
    if first.is_whole {
        let outcome = if first.row.is("origin", "notification") { "notified" } else { "accepted" };
        drawn.hop((start, lives[0]), outcome, None, &first.row, None);
    }
    for (entry, own) in entries.iter().zip(&lives) {
        for row in &net.lives[entry].deliveries {
            let next = next(net, entries, *entry, row).map(|at| lives[at]);
            let to = next.unwrap_or_else(|| drawn.host(row));
            drawn.hop((*own, to), row.raw("outcome"), Some("recipient"), row, net.lives[entry].delay(row));
        }
    }
    drawn.hand_on(net, entries, &lives);
    drawn.fill_mailboxes(filings, &lives);
    drawn.way.hops.sort_by_key(|hop| hop.time);
    drawn.way
}

/// The place in a message's entries of the one under which it went on with a delivery: the one that this names, or the
/// latest that had been born by then, where it says no more than that the message went on.
pub(super) fn next(net: &Net, entries: &[i64], entry: i64, delivery: &Row) -> Option<usize> {
    let (id, time) = (delivery.raw("next_queue_id"), delivery.integer("time"));
    let went_on = ["forwarded", "filtered"].contains(&delivery.raw("outcome"));
    entries.iter().rposition(|to| {
        let row = &net.lives[to].row;
        let named = !id.is_empty() && row.is("queue_id", id);
        let born = id.is_empty() && went_on && row.integer("time") <= time;
        net.ties.get(&(entry, *to)) == Some(&Tie::Same) && (named || born)
    })
}

fn mailboxes_alone(filings: &[&Row]) -> Way {
    let mut drawn = Drawing::default();
    if let Some(row) = filings.first() {
        let from = drawn.node(node(row.raw("service"), row.raw("host")));
        drawn.fill_mailboxes(filings, &[from]);
    }
    drawn.way
}

fn node(name: &str, about: &str) -> Node {
    Node { name: Text::from(name), about: Text::from(about) }
}

fn came_from(life: &Life) -> Node {
    let row = &life.row;
    match (row.raw("client_name"), row.raw("client_ip"), row.raw("origin")) {
        (_, _, "notification") => node(row.raw("parent_queue_id"), row.raw("host")),
        ("" | "unknown", "", _) if row.raw("user").is_empty() => node("?", ""),
        ("" | "unknown", "", _) => node(row.raw("user"), row.raw("host")),
        ("" | "unknown", ip, _) => node(ip, row.raw("user")),
        (name, ip, _) => node(name, ip),
    }
}

fn place(life: &Life) -> Node {
    node(life.row.raw("host"), life.row.raw("queue_id"))
}

/// A way that is drawn. A message may have a hundred thousand recipients, and a thousand queue entries.
#[derive(Default)]
struct Drawing {
    way: Way,
    /// The hops by what makes them one.
    hops: BTreeMap<(usize, usize, Text), usize>,
    /// The recipients that stand at a hop.
    told: BTreeSet<(usize, Text)>,
}

impl Drawing {
    fn node(&mut self, node: Node) -> usize {
        self.way.nodes.push(node);
        self.way.nodes.len() - 1
    }

    /// The node that is like this one; a new one where there is none.
    fn known(&mut self, node: Node) -> usize {
        self.way.nodes.iter().position(|known| *known == node).unwrap_or_else(|| self.node(node))
    }

    /// The host to which a delivery handed the message.
    fn host(&mut self, row: &Row) -> usize {
        let name = match row.raw("relay_host") {
            "" | "none" => row.raw("recipient_domain"),
            host => host,
        };
        let wanted = node(name, row.raw("transport"));
        if let Some(at) = self.way.nodes.iter().position(|node| *node == wanted) {
            return at;
        }
        let hosts = self.way.hops.iter().filter(|hop| !hop.recipients.is_empty()).map(|hop| hop.to);
        let hosts: BTreeSet<usize> = hosts.collect();
        if hosts.len() < MOST_HOSTS { self.node(wanted) } else { self.known(node("other hosts", "")) }
    }

    /// A move; those that met the same between the same places are one.
    fn hop(
        &mut self,
        (from, to): (usize, usize),
        outcome: &str,
        recipient: Option<&str>,
        row: &Row,
        delay_s: Option<f64>,
    ) {
        let (outcome, hops) = (Text::from(outcome), &mut self.way.hops);
        let at = *self.hops.entry((from, to, outcome)).or_insert_with_key(|(from, to, outcome)| {
            let (outcome, state) = (outcome.clone(), super::steps::good_or_bad(outcome.raw()));
            let (from, to, recipients) = (*from, *to, Vec::new());
            hops.push(Hop { from, to, time: None, outcome, state, recipients, times: 0, delay_s: None });
            hops.len() - 1
        });
        let hop = &mut hops[at];
        (hop.time, hop.delay_s) = (row.integer("time"), delay_s.or(hop.delay_s));
        hop.times += 1;
        let recipient = recipient.and_then(|column| row.text(column));
        hop.recipients.extend(recipient.filter(|one| self.told.insert((at, one.clone()))));
    }

    /// To the entries to which no delivery leads, from the one that held the message last.
    fn hand_on(&mut self, net: &Net, entries: &[i64], lives: &[usize]) {
        let reached: BTreeSet<usize> = self.way.hops.iter().map(|hop| hop.to).collect();
        for (to, child) in entries.iter().zip(lives).filter(|(_, child)| !reached.contains(child)) {
            let tied = |(from, _): &(&i64, &usize)| net.ties.get(&(**from, *to)) == Some(&Tie::Same);
            if let Some((_, own)) = entries.iter().zip(lives).rev().find(tied) {
                self.hop((*own, *child), "handed on", None, &net.lives[to].row, None);
            }
        }
    }

    /// From the agents into the mailboxes of a host.
    fn fill_mailboxes(&mut self, filings: &[&Row], lives: &[usize]) {
        let own: BTreeSet<&usize> = lives.iter().collect();
        let mut agents: BTreeMap<Text, usize> = BTreeMap::new();
        for hop in self.way.hops.iter().filter(|hop| !own.contains(&hop.to)) {
            for recipient in &hop.recipients {
                agents.entry(recipient.clone()).or_insert(hop.to);
            }
        }
        for row in filings {
            let agent = row.text("user").and_then(|user| agents.get(&user).copied());
            let from = agent.or_else(|| lives.last().copied()).unwrap_or(0);
            let to = self.known(node("mailbox", row.raw("host")));
            self.hop((from, to), row.raw("outcome"), Some("user"), row, None);
        }
    }
}
