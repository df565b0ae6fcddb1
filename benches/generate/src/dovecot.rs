//! The mailbox server, which runs Dovecot: IMAP and POP3 sessions, and what its auth process says.

use std::net::IpAddr;

use crate::clock::{MINUTE, Micros, seconds, unix_micros, unix_seconds};
use crate::dice::Weighted;
use crate::names::mailbox_address;
use crate::network::{Client, device, port, stranger};
use crate::timeline::Host;
use crate::truth::{Count, connection, login, lost};
use crate::world::World;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Imap,
    Pop3,
}

impl Protocol {
    fn name(self) -> &'static str {
        if self == Self::Imap { "imap" } else { "pop3" }
    }

    /// After so long without a command the server ends a session.
    fn patience(self) -> Micros {
        if self == Self::Imap { 30 * MINUTE } else { 10 * MINUTE }
    }
}

const PROTOCOLS: &Weighted<Protocol> = &[(72.0, Protocol::Imap), (28.0, Protocol::Pop3)];

#[derive(Clone, Copy)]
enum Outcome {
    Ok,
    WrongPassword,
    UnknownUser,
    NoAttempt,
    Disabled,
}

const OUTCOMES: &Weighted<Outcome> = &[
    (86.8, Outcome::Ok),
    (4.8, Outcome::WrongPassword),
    (3.6, Outcome::UnknownUser),
    (4.5, Outcome::NoAttempt),
    (0.3, Outcome::Disabled),
];

/// How a session ends after its login.
#[derive(Clone, Copy)]
enum End {
    Logout,
    ClosedInIdle,
    Closed,
    Inactivity,
}

const ENDS: &Weighted<End> =
    &[(60.0, End::Logout), (19.25, End::ClosedInIdle), (19.25, End::Closed), (1.5, End::Inactivity)];

/// Share of the IMAP sessions that last; medians in seconds and shapes of the three kinds of sessions.
const LASTING: f64 = 0.25;
const LASTING_TIME: (f64, f64) = (900.0, 1.0);
const SHORT_TIME: (f64, f64) = (12.0, 1.5);
const POP3_TIME: (f64, f64) = (2.0, 1.0);

const METHODS: &Weighted<&str> = &[(90.0, "PLAIN"), (10.0, "LOGIN")];
/// Share of the sessions that are encrypted.
const ENCRYPTED: f64 = 0.97;
/// Attempts in a session that fails.
const ATTEMPTS: &Weighted<u64> = &[(90.0, 1), (7.0, 2), (3.0, 3)];
/// Share of the wrong passwords that come from the users' own devices.
const OWN_MISTAKES: f64 = 0.6;
/// Share of the failed sessions that end with a goodbye.
const POLITE: f64 = 0.4;
/// The last command of sessions that are closed.
const LAST_COMMANDS: [&str; 6] = ["SELECT", "UID FETCH", "STATUS", "NOOP", "LIST", "UID STORE"];

/// A connection to the mailbox server.
struct Session {
    at: Micros,
    protocol: Protocol,
    client: Client,
    id: String,
    encrypted: bool,
}

impl Session {
    /// `rip=…, lip=…`
    fn addresses(&self) -> String {
        let lip = if self.client.address.is_ipv4() { Host::Store1.address() } else { "2001:db8:0:2::21" };
        format!("rip={}, lip={lip}", self.client.address)
    }
}

impl World {
    pub fn start_mailbox(&mut self, at: Micros) {
        let protocol = self.dice.weighted(PROTOCOLS);
        match self.dice.weighted(OUTCOMES) {
            Outcome::Ok => self.use_mailbox(at, protocol),
            Outcome::WrongPassword => self.mistype_password(at, protocol),
            Outcome::UnknownUser => self.guess_user(at, protocol),
            Outcome::NoAttempt => self.try_nothing(at, protocol),
            Outcome::Disabled => self.be_locked_out(at, protocol),
        }
    }

    fn connect_to_store(&mut self, at: Micros, protocol: Protocol, client: Client) -> Session {
        let id = login_session_id(at, port(&mut self.dice), client.address);
        Session { at, protocol, client, id, encrypted: self.dice.chance(ENCRYPTED) }
    }

    fn use_mailbox(&mut self, at: Micros, protocol: Protocol) {
        let number = self.names.mailbox(&mut self.dice);
        let client = device(number, &mut self.dice);
        let session = self.connect_to_store(at, protocol, client);
        let (user, pid) = (mailbox_address(number), self.store_pids.next(&mut self.dice));
        self.log_in(&session, &user, pid);
        let end = self.dice.weighted(ENDS);
        let length = self.session_length(protocol, end);
        let reason = self.reason(protocol, end, length);
        let statistics = if protocol == Protocol::Imap { self.imap_statistics() } else { self.pop3_statistics() };
        let name = protocol.name();
        let text = format!("dovecot: {name}({user})<{pid}><{}>: Disconnected: {reason} {statistics}", session.id);
        self.out.say(at + length, Host::Store1, text, lost_after_login(name, end).as_slice());
    }

    fn log_in(&mut self, session: &Session, user: &str, pid: u32) {
        let (name, method) = (session.protocol.name(), self.dice.weighted(METHODS));
        let tls = if session.encrypted { ", TLS" } else { "" };
        let text = format!(
            "dovecot: {name}-login: Login: user=<{user}>, method={method}, {}, mpid={pid}{tls}, session=<{}>",
            session.addresses(),
            session.id
        );
        self.out.say(session.at, Host::Store1, text, &[connection(name), login(name, "ok")]);
    }

    fn session_length(&mut self, protocol: Protocol, end: End) -> Micros {
        let (median, sigma) = match protocol {
            Protocol::Pop3 => POP3_TIME,
            Protocol::Imap if self.dice.chance(LASTING) => LASTING_TIME,
            Protocol::Imap => SHORT_TIME,
        };
        let length = seconds(self.dice.log_normal(median, sigma)) + 20_000;
        if matches!(end, End::Inactivity) { length + protocol.patience() } else { length }
    }

    fn reason(&mut self, protocol: Protocol, end: End, length: Micros) -> String {
        let waited = self.dice.unit() * length as f64 / 1e6;
        match end {
            End::Logout => "Logged out".to_owned(),
            End::Inactivity => format!("Inactivity - no input for {} secs", protocol.patience() / 1_000_000),
            End::ClosedInIdle | End::Closed if protocol == Protocol::Pop3 => "Connection closed".to_owned(),
            End::ClosedInIdle => format!(
                "Connection closed (IDLE running for 0.001 + waiting input for {waited:.3} secs, \
                 2 B in + {} B out, state=wait-input)",
                10 + 15 * self.dice.below(30)
            ),
            End::Closed => {
                format!("Connection closed ({} finished {waited:.3} secs ago)", self.dice.pick(&LAST_COMMANDS))
            }
        }
    }

    /// `in= out= deleted= …`, as the sessions of mail programs leave them.
    fn imap_statistics(&mut self) -> String {
        let (headers, bodies) = (self.count(2.0), self.count(1.2));
        let (header_bytes, body_bytes) = (self.bytes(headers, 420.0), self.bytes(bodies, 14_000.0));
        let (read, more) = (self.dice.log_normal(600.0, 1.0) as u64, self.dice.log_normal(2_500.0, 1.0) as u64);
        let written = more + header_bytes + body_bytes;
        let deleted = if self.dice.chance(0.15) { self.count(3.0) } else { 0 };
        let trashed = if self.dice.chance(0.1) { deleted } else { 0 };
        format!(
            "in={read} out={written} deleted={deleted} expunged={deleted} trashed={trashed} hdr_count={headers} \
             hdr_bytes={header_bytes} body_count={bodies} body_bytes={body_bytes}"
        )
    }

    /// `top= retr= del= size=`
    fn pop3_statistics(&mut self) -> String {
        let (all, fetched) = (self.count(30.0), self.count(0.6));
        let (size, fetched_bytes) = (self.bytes(all, 20_000.0), self.bytes(fetched, 14_000.0));
        let deleted = if self.dice.chance(0.5) { fetched } else { 0 };
        format!("top=0/0, retr={fetched}/{fetched_bytes}, del={deleted}/{all}, size={size}")
    }

    fn count(&mut self, mean: f64) -> u64 {
        self.dice.exponential(mean).round() as u64
    }

    fn bytes(&mut self, count: u64, median: f64) -> u64 {
        (count as f64 * self.dice.log_normal(median, 0.8)) as u64
    }

    fn mistype_password(&mut self, at: Micros, protocol: Protocol) {
        let number = self.names.mailbox(&mut self.dice);
        let own = self.dice.chance(OWN_MISTAKES);
        let client = if own { device(number, &mut self.dice) } else { stranger(&mut self.dice) };
        self.fail_to_log_in(at, protocol, client, &mailbox_address(number), true);
    }

    fn guess_user(&mut self, at: Micros, protocol: Protocol) {
        let (client, user) = (stranger(&mut self.dice), self.invented_name());
        self.fail_to_log_in(at, protocol, client, &user, false);
    }

    fn fail_to_log_in(&mut self, at: Micros, protocol: Protocol, client: Client, user: &str, known: bool) {
        let session = self.connect_to_store(at, protocol, client);
        let attempts = self.dice.weighted(ATTEMPTS);
        let pause = seconds(self.dice.between(2, 6) as f64);
        for number in 0..attempts {
            let who = format!("{user},{},<{}>", session.client.address, session.id);
            self.authentication_fails(at + number * pause, &who, known);
        }
        let why = format!("auth failed, {attempts} attempts in {} secs", attempts * pause / 1_000_000);
        let outcome = if known { "failed" } else { "unknown_user" };
        let counts = vec![login(protocol.name(), outcome); attempts as usize];
        self.turn_away(at + attempts * pause, &session, &why, user, counts);
    }

    /// The auth process tells why a password is not taken.
    pub fn authentication_fails(&mut self, at: Micros, who: &str, known: bool) {
        let reason = if known { "Password mismatch" } else { "unknown user" };
        self.out.say(at, Host::Store1, format!("dovecot: auth: passwd-file({who}): {reason}"), &[]);
    }

    fn try_nothing(&mut self, at: Micros, protocol: Protocol) {
        let client = stranger(&mut self.dice);
        let session = self.connect_to_store(at, protocol, client);
        let waited = self.dice.log_normal(1.0, 1.2).min(170.0);
        let why = format!("no auth attempts in {} secs", waited as u64);
        let counts = vec![login(protocol.name(), "aborted")];
        self.turn_away(at + seconds(waited), &session, &why, "", counts);
    }

    fn be_locked_out(&mut self, at: Micros, protocol: Protocol) {
        let number = self.names.mailbox(&mut self.dice);
        let client = device(number, &mut self.dice);
        let session = self.connect_to_store(at, protocol, client);
        self.out.say(at, Host::Store1, "dovecot: auth: User found from deny passdb".to_owned(), &[]);
        let counts = vec![login(protocol.name(), "disabled")];
        self.turn_away(at + 2_000_000, &session, "user disabled", &mailbox_address(number), counts);
    }

    /// The end of a session without a login.
    fn turn_away(&mut self, at: Micros, session: &Session, why: &str, user: &str, mut counts: Vec<Count>) {
        let name = session.protocol.name();
        counts.push(connection(name));
        let polite = self.dice.chance(POLITE);
        if !polite {
            counts.push(lost(name, "CONNECT", "lost"));
        }
        let what = if polite { "Aborted login by logging out" } else { "Connection closed" };
        let method = if user.is_empty() { "" } else { " method=PLAIN," };
        let tls = match (session.encrypted, polite) {
            (false, _) => "",
            (true, true) => ", TLS",
            (true, false) => ", TLS: Connection closed",
        };
        let (addresses, id) = (session.addresses(), &session.id);
        let text = format!(
            "dovecot: {name}-login: Disconnected: {what} ({why}): user=<{user}>,{method} {addresses}{tls}, session=<{id}>"
        );
        self.out.say(at, Host::Store1, text, &counts);
    }
}

fn lost_after_login(name: &'static str, end: End) -> Vec<Count> {
    match end {
        End::Logout => Vec::new(),
        End::Inactivity => vec![lost(name, "LOGIN", "timeout")],
        End::ClosedInIdle | End::Closed => vec![lost(name, "LOGIN", "lost")],
    }
}

/// The id of a login session: its time, port and address.
fn login_session_id(at: Micros, port: u16, address: IpAddr) -> String {
    let mut bytes = unix_micros(at).to_le_bytes()[..6].to_vec();
    bytes.extend(port.to_le_bytes());
    match address {
        IpAddr::V4(address) => bytes.extend(address.octets()),
        IpAddr::V6(address) => bytes.extend(address.octets()),
    }
    base64(&bytes)
}

/// The id of an LMTP session: its time, its process and the host.
pub fn lmtp_session_id(at: Micros, pid: u32) -> String {
    let nanoseconds = (at % 1_000_000 * 1000) as u32;
    let words = [nanoseconds, unix_seconds(at) as u32, pid, 0x75C3_EC83];
    base64(&words.map(u32::to_le_bytes).concat())
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base 64 without padding.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(BASE64[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_usual() {
        assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw");
        assert_eq!(lmtp_session_id(0, 1).len(), 22);
    }
}
