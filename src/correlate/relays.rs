//! Connections to other hosts: what is told of one before the deliveries that go by it.
//!
//! A delivery agent tells of the TLS of a connection when it has set it up, and later of each delivery, in lines of the same
//! process that name the same host (Postfix: smtp/smtp_proto.c, smtp/smtp_session.c).

use super::Line;
use super::open::{Keyed, entries};
use crate::event::{Field, NO_TEXT, TextId, hash_seed, process_key};
use crate::facts::schema::Delivery;
use crate::facts::{Facts, NULL};
use crate::time::{HOUR, SECOND};
use serde::{Deserialize, Serialize};

/// How long a process may use a connection: of one that is silent for so long, nothing is known any more.
const LASTING: i64 = HOUR;

/// How long after a connection was set up its first delivery may be told, which is done by then (Postfix's
/// `smtp_data_done_timeout`), and how long after one recipient the next of the same message.
const FIRST: i64 = 600 * SECOND;
const NEXT: i64 = 10 * SECOND;

/// So many processes are known at most before those that were silent the longest are forgotten.
const MOST: usize = 1 << 16;

/// The last connection of each process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Relays {
    #[serde(with = "entries")]
    last: Keyed<Relay>,
}

/// A connection to another host.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Relay {
    time: i64,
    /// The instance of the mail system whose process it is.
    instance: TextId,
    host: TextId,
    ip: TextId,
    port: i64,
    tls_version: TextId,
    tls_cipher: TextId,
    /// The entry that went by it last.
    entry: i64,
}

impl Relays {
    /// A process has a connection.
    pub fn note(&mut self, line: &Line<'_>) {
        let now = line.event.time;
        let mut lasting = LASTING;
        while self.last.len() >= MOST {
            self.last.retain(|_, relay| (0..lasting).contains(&(now - relay.time)));
            lasting /= 2;
        }
        let relay = Relay {
            time: now,
            instance: line.text_id(line.event.instance),
            host: line.text(Field::RelayHost),
            ip: line.text(Field::RelayIp),
            port: line.number(Field::RelayPort),
            tls_version: line.text(Field::TlsVersion),
            tls_cipher: line.text(Field::TlsCipher),
            entry: NULL,
        };
        self.last.insert(line.event.key, relay);
    }

    /// A delivery went by the connection of its process, if that leads where it went. What another entry sends without
    /// using a connection once more goes by a new one, of which nothing was told: it has no TLS.
    pub fn carry(&mut self, row: &mut Delivery, line: &Line<'_>, facts: &Facts) {
        let pid = line.number(Field::Pid);
        if self.last.is_empty() || pid == NULL {
            return;
        }
        let host = facts.texts.get(row.host).unwrap_or_default();
        let process = process_key(hash_seed(host), pid);
        let Some(relay) = self.last.get_mut(&process).filter(|relay| relay.leads_to(row, facts)) else { return };
        let age = row.time - relay.time;
        let goes_on = match relay.entry {
            NULL => age <= FIRST,
            entry => entry == row.entry && age <= NEXT,
        };
        if goes_on || line.number(Field::Reuse) != NULL {
            (relay.time, relay.entry) = (row.time, row.entry);
            (row.tls_version, row.tls_cipher) = (relay.tls_version, relay.tls_cipher);
        } else {
            self.last.remove(&process);
        }
    }

    /// Calls a function for each text.
    pub fn each_text(&mut self, call: &mut dyn FnMut(&mut TextId)) {
        for Relay { instance, host, ip, tls_version, tls_cipher, .. } in self.last.values_mut() {
            [instance, host, ip, tls_version, tls_cipher].into_iter().for_each(&mut *call);
        }
    }
}

impl Relay {
    /// Whether a delivery may have gone by it.
    fn leads_to(&self, row: &Delivery, facts: &Facts) -> bool {
        let same = |a: TextId, b: TextId| a == b || (a != NO_TEXT && facts.texts.get(a) == facts.texts.get(b));
        same(self.host, row.relay_host)
            && same(self.instance, row.instance)
            && (self.ip == NO_TEXT || same(self.ip, row.relay_ip))
            && (self.port == row.relay_port || self.port == NULL)
            && (0..LASTING).contains(&(row.time - self.time))
    }
}
