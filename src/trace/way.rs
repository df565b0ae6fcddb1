//! The way of a message, as a picture shows it: places, and what moved between them.

use super::ask::Row;
use super::link::{Life, Net, Tie};
use crate::report::trace::{Hop, Node, Way};
use crate::text::Text;

/// Hosts to which a message was handed that are told apart; more go under one name.
const MOST_HOSTS: usize = 5;

/// The way through these queue entries, and into mailboxes.
pub(super) fn of(net: &Net, entries: &[i64], filings: &[&Row]) -> Way {
    let mut way = Way::default();
    let Some(first) = entries.first().map(|entry| &net.lives[entry]) else {
        return mailboxes_alone(filings);
    };
    let start = way.node(came_from(first));
    let lives: Vec<usize> = entries.iter().map(|entry| way.node(place(&net.lives[entry]))).collect();
    if first.is_whole {
        let outcome = if first.row.is("origin", "notification") { "notified" } else { "accepted" };
        way.hop((start, lives[0]), outcome, None, &first.row, None);
    }
    for (entry, own) in entries.iter().zip(&lives) {
        for row in &net.lives[entry].deliveries {
            let next = next(net, entries, *entry, row).map(|at| lives[at]);
            let to = next.unwrap_or_else(|| way.host(row));
            way.hop((*own, to), row.raw("outcome"), Some("recipient"), row, net.lives[entry].delay(row));
        }
        for (to, child) in entries.iter().zip(&lives) {
            let tied = net.ties.get(&(*entry, *to)) == Some(&Tie::Same);
            let told = way.hops.iter().any(|hop| hop.from == *own && hop.to == *child);
            if tied && !told {
                way.hop((*own, *child), "handed on", None, &net.lives[to].row, None);
            }
        }
    }
    way.fill_mailboxes(filings, &lives);
    way.hops.sort_by_key(|hop| hop.time);
    way
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
    let mut way = Way::default();
    if let Some(row) = filings.first() {
        let from = way.node(node(row.raw("service"), row.raw("host")));
        way.fill_mailboxes(filings, &[from]);
    }
    way
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

impl Way {
    fn node(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The host to which a delivery handed the message.
    fn host(&mut self, row: &Row) -> usize {
        let name = match row.raw("relay_host") {
            "" | "none" => row.raw("recipient_domain"),
            host => host,
        };
        let wanted = node(name, row.raw("transport"));
        if let Some(at) = self.nodes.iter().position(|node| *node == wanted) {
            return at;
        }
        let others = node("other hosts", "");
        let hosts = self.hops.iter().filter(|hop| !hop.recipients.is_empty()).map(|hop| hop.to);
        let hosts: std::collections::BTreeSet<usize> = hosts.collect();
        if hosts.len() < MOST_HOSTS {
            return self.node(wanted);
        }
        self.nodes.iter().position(|node| *node == others).unwrap_or_else(|| self.node(others))
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
        let time = row.integer("time");
        let recipient = recipient.and_then(|column| row.text(column));
        let same = |hop: &&mut Hop| (hop.from, hop.to, hop.outcome.raw()) == (from, to, outcome);
        if let Some(hop) = self.hops.iter_mut().find(same) {
            (hop.time, hop.delay_s) = (time, delay_s.or(hop.delay_s));
            hop.times += 1;
            hop.recipients.extend(recipient.filter(|one| !hop.recipients.contains(one)));
            return;
        }
        let recipients = recipient.into_iter().collect();
        let state = super::steps::good_or_bad(outcome);
        self.hops.push(Hop { from, to, time, outcome: Text::from(outcome), state, recipients, times: 1, delay_s });
    }

    /// From the agents into the mailboxes of a host.
    fn fill_mailboxes(&mut self, filings: &[&Row], lives: &[usize]) {
        for row in filings {
            let is_agent = |hop: &&Hop| {
                let to = hop.recipients.iter().any(|one| one.raw() == row.raw("user"));
                to && !lives.contains(&hop.to)
            };
            let agent = self.hops.iter().find(is_agent).map(|hop| hop.to);
            let from = agent.or_else(|| lives.last().copied()).unwrap_or(0);
            let boxes = node("mailbox", row.raw("host"));
            let to = self.nodes.iter().position(|node| *node == boxes).unwrap_or_else(|| self.node(boxes));
            self.hop((from, to), row.raw("outcome"), Some("user"), row, None);
        }
    }
}
