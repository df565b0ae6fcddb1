//! postscreen, which stands in front of smtpd at mx1.

use super::Daemon;
use super::inbound::Visit;
use crate::clock::{Micros, SECOND, seconds};
use crate::dice::Weighted;
use crate::names::mailbox_address;
use crate::network::{Client, port, stranger};
use crate::timeline::Host;
use crate::truth::{Count, connection, lost, rejection};
use crate::world::{Task, World};

/// How a client passes; a new one waits until the tests are over.
#[derive(Clone, Copy)]
enum Pass {
    Old,
    Allowed,
    New,
}

const PASSES: &Weighted<Pass> = &[(80.0, Pass::Old), (8.0, Pass::Allowed), (12.0, Pass::New)];
/// Length of the tests before the greeting.
const GREET_WAIT: Micros = 6 * SECOND;

/// The lists of addresses that are asked, and how often each of them names a listed client.
const LISTS: &[(&str, f64)] =
    &[("zen.blocklist.example", 0.9), ("bl.spamlist.example", 0.45), ("dnsbl.backscatter.test", 0.15)];

/// A client of postscreen, with its port.
struct Visitor {
    client: Client,
    port: u16,
}

impl Visitor {
    fn text(&self) -> String {
        format!("[{}]:{}", self.client.address, self.port)
    }
}

impl World {
    /// A client connects to postscreen.
    fn knock(&mut self, at: Micros, client: Client) -> Visitor {
        let visitor = Visitor { client, port: port(&mut self.dice) };
        let text = format!("CONNECT from {} to [{}]:25", visitor.text(), Host::Mx1.address());
        self.screen(at, &text, &[connection("smtp")]);
        visitor
    }

    fn screen(&mut self, at: Micros, text: &str, counts: &[Count]) {
        self.postfix(at, Host::Mx1, Daemon::Postscreen, text, counts);
    }

    /// The client is handed over to smtpd.
    pub fn pass_postscreen(&mut self, at: Micros, client: Client, visit: Visit) {
        let visitor = self.knock(at, client);
        let (what, wait) = match self.dice.weighted(PASSES) {
            Pass::Old => ("PASS OLD", 200),
            Pass::Allowed => ("ALLOWLISTED", 200),
            Pass::New => ("PASS NEW", GREET_WAIT),
        };
        self.screen(at + wait, &format!("{what} {}", visitor.text()), &[]);
        let handed_over = at + wait + self.dice.between(500, 4000);
        self.out.later(handed_over, Task::Passed(visitor.client, visit));
    }

    /// The client leaves before the greeting.
    pub fn hang_up(&mut self, at: Micros) {
        let client = stranger(&mut self.dice);
        let visitor = self.knock(at, client);
        let after = self.dice.log_normal(0.8, 1.0).min(5.9);
        let end = at + seconds(after);
        let text = format!("HANGUP after {} from {} in tests before SMTP handshake", short(after), visitor.text());
        self.screen(end, &text, &[lost("smtp", "CONNECT", "lost")]);
        self.part(end + 50, &visitor);
    }

    /// The client speaks before it is greeted.
    pub fn speak_too_early(&mut self, at: Micros) {
        let client = stranger(&mut self.dice);
        let visitor = self.knock(at, client);
        let (after, helo) = (self.dice.log_normal(0.1, 1.0).min(5.0), visitor.client.helo());
        let (length, visitor_text) = (helo.len() + 7, visitor.text());
        let text = format!("PREGREET {length} after {} from {visitor_text}: EHLO {helo}\\r\\n", short(after));
        self.screen(at + seconds(after), &text, &[]);
        self.refuse_recipient(at + GREET_WAIT, &visitor, "550 5.5.1 Protocol error", true);
        self.part(at + GREET_WAIT + SECOND / 2, &visitor);
    }

    /// Lists name the client.
    pub fn be_listed(&mut self, at: Micros) {
        let client = stranger(&mut self.dice);
        let visitor = self.knock(at, client);
        let address = visitor.client.address;
        let rank = self.ask_lists(at, &address.to_string());
        self.screen(at + SECOND, &format!("DNSBL rank {rank} for {}", visitor.text()), &[]);
        let (list, _) = LISTS[0];
        let reason = format!("550 5.7.1 Service unavailable; client [{address}] blocked using {list}");
        self.refuse_recipient(at + GREET_WAIT, &visitor, &reason, true);
        self.part(at + GREET_WAIT + SECOND / 2, &visitor);
    }

    /// Each list that knows the address says so; the answer is the rank.
    fn ask_lists(&mut self, at: Micros, address: &str) -> u32 {
        let mut rank = 0;
        for (number, &(list, knows)) in (0..).zip(LISTS) {
            if number == 0 || self.dice.chance(knows) {
                rank += 3 - number;
                let text =
                    format!("addr {address} listed by domain {list} as 127.0.0.{}", 2 + self.dice.below(10));
                let answered = at + 20_000 + self.dice.below(200_000);
                self.postfix(answered, Host::Mx1, Daemon::Dnsblog, &text, &[]);
            }
        }
        rank
    }

    /// The client passes the tests after the greeting, but must come again.
    pub fn be_put_off(&mut self, at: Micros) {
        let client = stranger(&mut self.dice);
        let visitor = self.knock(at, client);
        let end = at + GREET_WAIT + seconds(self.dice.exponential(1.0));
        self.refuse_recipient(end, &visitor, "450 4.3.2 Service currently unavailable", false);
        self.screen(end + 60_000, &format!("PASS NEW {}", visitor.text()), &[]);
        self.part(end + 60_100, &visitor);
    }

    fn refuse_recipient(&mut self, at: Micros, visitor: &Visitor, reason: &str, permanent: bool) {
        let to = mailbox_address(self.names.mailbox(&mut self.dice));
        let (from, _) = self.names.far(&mut self.dice);
        let helo = visitor.client.helo();
        let text = format!(
            "NOQUEUE: reject: RCPT from {}: {reason}; from=<{from}>, to=<{to}>, proto=ESMTP, helo=<{helo}>",
            visitor.text()
        );
        self.screen(at, &text, &rejection("RCPT", permanent));
    }

    fn part(&mut self, at: Micros, visitor: &Visitor) {
        self.screen(at, &format!("DISCONNECT {}", visitor.text()), &[]);
    }
}

/// A short time with two digits, as postscreen writes it.
fn short(seconds: f64) -> String {
    if seconds < 0.01 {
        "0".to_owned()
    } else if seconds < 1.0 {
        format!("{seconds:.2}")
    } else {
        format!("{seconds:.1}")
    }
}
