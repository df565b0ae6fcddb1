//! Deliveries to other hosts, by SMTP.

use super::Daemon;
use super::message::{Delays, Fate, Message, Recipient, Trouble};
use super::queue::{Attempt, Round, Step, Verdict};
use crate::clock::{Micros, seconds, unix_seconds};
use crate::dice::{ALPHANUMERIC, Dice, HEX, HEX_CAPITALS, Weighted};
use crate::names::{FarDomain, uuid};
use crate::network::{Client, relay};
use crate::world::World;

/// Medians of connection set-up and transmission in seconds, and the shape of both.
const CONNECT: f64 = 0.28;
const TRANSMIT: f64 = 0.45;
const SIGMA: f64 = 1.0;
/// `smtp_connect_timeout` in seconds.
const CONNECT_TIMEOUT: f64 = 30.0;
/// Share of the connections that are encrypted.
const ENCRYPTED: f64 = 0.72;
/// From this try on a dead host is remembered, and half of the tries are not made.
const REMEMBERED_FROM: u32 = 3;
const NOT_MADE: f64 = 0.5;

const TRUST: &Weighted<&str> = &[(55.0, "Untrusted"), (30.0, "Trusted"), (15.0, "Verified")];
const TLS: &Weighted<&str> = &[
    (
        70.0,
        "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 \
         server-signature RSA-PSS (2048 bits) server-digest SHA256",
    ),
    (30.0, "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"),
];

/// Why a far host refuses for good: DSN, reply, command. `{to}` stands for the recipient.
const BOUNCES: &Weighted<(&str, &str, &str)> = &[
    (60.0, ("5.1.1", "550 5.1.1 <{to}>: Recipient address rejected: User unknown", "RCPT TO")),
    (20.0, ("5.7.1", "554 5.7.1 Message rejected as spam by content filtering", "end of DATA")),
    (12.0, ("5.2.2", "552 5.2.2 <{to}>: mailbox is over quota", "RCPT TO")),
    (8.0, ("5.7.26", "550 5.7.26 Unauthenticated mail from this domain is not accepted", "end of DATA")),
];

/// Share of the bounces of domains that do not exist.
const NO_SUCH_DOMAIN: f64 = 0.1;

/// A message and a recipient that is tried now.
struct Try<'a> {
    at: Micros,
    message: &'a mut Message,
    index: usize,
    /// Recipients at the same domain that share its transaction.
    others: Vec<usize>,
    domain: FarDomain,
}

impl World {
    pub fn deliver_far(
        &mut self,
        at: Micros,
        message: &mut Message,
        index: usize,
        domain: FarDomain,
        round: &mut Round,
    ) {
        let step = message.recipients[index].next_step();
        let others = Vec::new();
        let attempt = Try { at, message, index, others, domain };
        match step {
            Step::Sent => self.send(attempt, round),
            Step::Bounced => self.bounce(attempt, round),
            Step::Deferred(Trouble::NoName) => self.find_no_name(attempt, "4.4.3", "deferred", round),
            Step::Deferred(trouble) if trouble.is_dead() => self.try_dead_host(attempt, trouble, round),
            Step::Deferred(trouble) => self.be_put_off_by(attempt, trouble, round),
        }
    }

    fn in_queue(&mut self) -> f64 {
        self.dice.log_normal(0.015, 1.0)
    }

    fn send(&mut self, mut attempt: Try, round: &mut Round) {
        attempt.others = sent_together(attempt.message, attempt.index);
        let host = relay(attempt.domain, &mut self.dice);
        let reply = reply(attempt.at, &attempt.message.message_id, attempt.message.size, &mut self.dice);
        self.talk(attempt, &host, Verdict { outcome: "sent", dsn: "2.0.0", reply }, round);
    }

    fn bounce(&mut self, attempt: Try, round: &mut Round) {
        if self.dice.chance(NO_SUCH_DOMAIN) {
            return self.find_no_name(attempt, "5.4.4", "bounced", round);
        }
        let host = relay(attempt.domain, &mut self.dice);
        let (dsn, words, command) = self.dice.weighted(BOUNCES);
        let reply = said(&host, words, command, &attempt.message.recipients[attempt.index].address);
        self.talk(attempt, &host, Verdict { outcome: "bounced", dsn, reply }, round);
    }

    fn be_put_off_by(&mut self, attempt: Try, trouble: Trouble, round: &mut Round) {
        let host = relay(attempt.domain, &mut self.dice);
        let (dsn, words, command) = match trouble {
            Trouble::Greylisted => {
                ("4.7.1", "450 4.7.1 <{to}>: Recipient address rejected: Greylisted for 5 minutes", "RCPT TO")
            }
            Trouble::MailboxFull => ("4.2.2", "452 4.2.2 <{to}>: mailbox is full, try again later", "RCPT TO"),
            _ => ("4.3.2", "451 4.3.2 Please try again later, too many connections from your host", "MAIL FROM"),
        };
        let reply = said(&host, words, command, &attempt.message.recipients[attempt.index].address);
        self.talk(attempt, &host, Verdict { outcome: "deferred", dsn, reply }, round);
    }

    /// A conversation with a host that answers.
    fn talk(&mut self, attempt: Try, host: &Client, verdict: Verdict, round: &mut Round) {
        let Try { at, message, index, others, .. } = attempt;
        let mut delays = Delays::starting(message, at, self.in_queue());
        delays.connect = self.dice.log_normal(CONNECT, SIGMA);
        delays.transmit = self.dice.log_normal(TRANSMIT, SIGMA);
        let process = self.take_process(at, message.host, Daemon::Smtp);
        let (pid, end) = (process.pid, at + seconds(delays.since_active()));
        self.give_back(message.host, Daemon::Smtp, process, end);
        if self.dice.chance(ENCRYPTED) {
            let (trust, tls) = (self.dice.weighted(TRUST), self.dice.weighted(TLS));
            let text = format!("{trust} TLS connection established to {host}:25: {tls}");
            let connected = at + seconds(delays.in_queue + delays.connect);
            self.out.say(connected, message.host, Daemon::Smtp.line(pid, &text), &[]);
        }
        let attempt =
            Attempt { end, daemon: Daemon::Smtp, pid: Some(pid), relay: format!("{host}:25"), uses: 1, delays };
        for index in std::iter::once(index).chain(others) {
            self.conclude(message, index, &attempt, &verdict, round);
        }
    }

    /// The domain has no host, now or at all.
    fn find_no_name(&mut self, attempt: Try, dsn: &'static str, outcome: &'static str, round: &mut Round) {
        let Try { at, message, index, domain, .. } = attempt;
        let delays = Delays {
            connect: self.dice.log_normal(0.05, SIGMA),
            ..Delays::starting(message, at, self.in_queue())
        };
        let again = if outcome == "deferred" { ", try again" } else { "" };
        let name = domain.name();
        let reply = format!(
            "Host or domain name not found. Name service error for name={name} type=MX: Host not found{again}"
        );
        let end = at + seconds(delays.since_active());
        let attempt = Attempt { end, daemon: Daemon::Smtp, pid: None, relay: "none".to_owned(), uses: 1, delays };
        self.conclude(message, index, &attempt, &Verdict { outcome, dsn, reply }, round);
    }

    /// A host that does not answer; after some tries its answer is known beforehand.
    fn try_dead_host(&mut self, attempt: Try, trouble: Trouble, round: &mut Round) {
        let host = relay(attempt.domain, &mut self.dice);
        let (reason, wait) = match trouble {
            Trouble::Refused => ("Connection refused", 0.04),
            _ => ("Connection timed out", CONNECT_TIMEOUT),
        };
        let problem = format!("connect to {host}:25: {reason}");
        if attempt.message.rounds >= REMEMBERED_FROM && self.dice.chance(NOT_MADE) {
            return self.not_try(attempt, &problem, round);
        }
        let Try { at, message, index, .. } = attempt;
        let delays = Delays { connect: wait, ..Delays::starting(message, at, self.in_queue()) };
        let process = self.take_process(at, message.host, Daemon::Smtp);
        let (pid, end) = (process.pid, at + seconds(delays.since_active()));
        self.give_back(message.host, Daemon::Smtp, process, end);
        self.out.say(end, message.host, Daemon::Smtp.line(pid, &problem), &[]);
        let attempt =
            Attempt { end, daemon: Daemon::Smtp, pid: Some(pid), relay: "none".to_owned(), uses: 1, delays };
        let verdict = Verdict { outcome: "deferred", dsn: "4.4.1", reply: problem };
        self.conclude(message, index, &attempt, &verdict, round);
    }

    fn not_try(&mut self, attempt: Try, problem: &str, round: &mut Round) {
        let Try { at, message, index, .. } = attempt;
        let delays = Delays::starting(message, at, self.dice.log_normal(0.1, 0.5));
        let end = at + seconds(delays.since_active());
        let attempt = Attempt { end, daemon: Daemon::Error, pid: None, relay: "none".to_owned(), uses: 1, delays };
        let reply = format!("delivery temporarily suspended: {problem}");
        self.conclude(message, index, &attempt, &Verdict { outcome: "deferred", dsn: "4.4.1", reply }, round);
    }
}

/// The recipients after this one that are at the same domain and sent at once, too.
fn sent_together(message: &Message, index: usize) -> Vec<usize> {
    let route = message.recipients[index].route;
    let joins = |recipient: &Recipient| recipient.open && recipient.route == route && recipient.fate == Fate::Sent;
    (index + 1..message.recipients.len()).filter(|&other| joins(&message.recipients[other])).collect()
}

fn said(host: &Client, words: &str, command: &str, to: &str) -> String {
    format!("host {host} said: {} (in reply to {command} command)", words.replace("{to}", to))
}

/// How a far host says that it took a message, in one of six styles.
fn reply(at: Micros, message_id: &str, size: u64, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => format!("250 2.0.0 Ok: queued as {}", dice.text(HEX_CAPITALS, 11)),
        1 => format!("250 2.0.0 OK  {} {} - gsmtp", unix_seconds(at), uuid(dice)),
        2 => exchange_reply(message_id, size, dice),
        3 => format!(
            "250 OK id=1{}-{}-{}",
            dice.text(ALPHANUMERIC, 5),
            dice.text(ALPHANUMERIC, 11),
            dice.text(ALPHANUMERIC, 4)
        ),
        4 => format!("250 2.0.0 {} Message accepted for delivery", dice.text(ALPHANUMERIC, 14)),
        _ => format!("250 ok {} qp {} node{}", unix_seconds(at), dice.below(100_000), dice.text(HEX, 4)),
    }
}

fn exchange_reply(message_id: &str, size: u64, dice: &mut Dice) -> String {
    let (id, server) = (dice.bits() >> 20, dice.text(HEX_CAPITALS, 12));
    let (time, rate) = (dice.unit() * 0.9 + 0.05, dice.unit() * 200.0);
    format!(
        "250 2.6.0 {message_id} [InternalId={id}, Hostname={server}.eurprd.prod.officemail.example] \
         {size} bytes in {time:.3}, {rate:.3} KB/sec Queued mail for delivery"
    )
}
