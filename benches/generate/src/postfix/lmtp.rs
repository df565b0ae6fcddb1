//! Deliveries to mailboxes: LMTP connections to the mailbox server, kept for a while.

use super::Daemon;
use super::message::{Delays, Message, Route};
use super::queue::{Attempt, Round, Step, Verdict};
use crate::clock::{Micros, SECOND, rfc3339, seconds};
use crate::dice::Weighted;
use crate::dovecot::lmtp_session_id;
use crate::pools::Process;
use crate::timeline::Host;
use crate::truth::connection;
use crate::world::{Task, World};

/// Median of the transmission in seconds.
const TRANSMIT: f64 = 0.09;
/// An unused connection is kept so long, and none is used for longer than this.
const KEPT: Micros = 2 * SECOND;
const REUSE_LIMIT: Micros = 300 * SECOND;
/// `lmtp_destination_recipient_limit`
const RECIPIENT_LIMIT: usize = 50;

/// The mailbox server as Postfix names it.
const STORE: &str = "store1.mail.example[192.0.2.21]";

/// A connection to the mailbox server.
pub struct Link {
    process: Process,
    /// The process at the mailbox server.
    store_pid: u32,
    session: String,
    opened: Micros,
    busy_until: Micros,
    uses: u32,
}

/// Why the mailbox server refuses: DSN, code, text, command; whether it is told in its log, too.
#[derive(Clone, Copy)]
struct Refusal {
    dsn: &'static str,
    reply: &'static str,
    command: &'static str,
    logged: Option<&'static str>,
}

const NO_USER: Refusal =
    Refusal { dsn: "5.1.1", reply: "550 5.1.1 <{to}> User doesn't exist: {to}", command: "RCPT TO", logged: None };
const OVER_QUOTA: Refusal = Refusal {
    dsn: "5.2.2",
    reply: "552 5.2.2 <{to}> Quota exceeded (mailbox for user is full)",
    command: "end of DATA",
    logged: Some("Quota exceeded (mailbox for user is full)"),
};
const INTERNAL_ERROR: Refusal = Refusal {
    dsn: "4.2.0",
    reply: "451 4.2.0 <{to}> Internal error occurred. Refer to server log for more information.",
    command: "end of DATA",
    logged: Some("Internal error occurred. Refer to server log for more information."),
};
const BOUNCES: &Weighted<Refusal> = &[(40.0, NO_USER), (60.0, OVER_QUOTA)];

/// One transaction on a link.
struct Transaction {
    start: Micros,
    end: Micros,
    delays: Delays,
    session: String,
    pid: u32,
    store_pid: u32,
    uses: u32,
}

impl World {
    /// All mailboxes of a message get it in one transaction.
    pub fn deliver_to_mailboxes(&mut self, at: Micros, message: &mut Message, round: &mut Round) {
        let open: Vec<usize> = (0..message.recipients.len())
            .filter(|&index| message.recipients[index].open && message.recipients[index].route == Route::Mailbox)
            .collect();
        for batch in open.chunks(RECIPIENT_LIMIT) {
            let transaction = self.begin_transaction_on_link(at, message);
            for (number, &index) in (1..).zip(batch) {
                self.deliver_to_mailbox(&transaction, message, index, number, round);
            }
        }
    }

    fn begin_transaction_on_link(&mut self, at: Micros, message: &Message) -> Transaction {
        let mut delays = Delays::starting(message, at, self.dice.log_normal(0.012, 1.0));
        let start = at + seconds(delays.in_queue);
        let mut link =
            self.claim_link(start, message.host).unwrap_or_else(|| self.open_link(at, start, message.host));
        if link.uses == 0 {
            delays.connect = (link.opened - start) as f64 / SECOND as f64;
        }
        delays.transmit = self.dice.log_normal(TRANSMIT, 1.0);
        let end = at + seconds(delays.since_active()) + 1;
        link.uses += 1;
        link.busy_until = end;
        let session =
            if link.uses > 1 { format!("{}:T{}", link.session, link.uses) } else { link.session.clone() };
        let (pid, store_pid, uses) = (link.process.pid, link.store_pid, link.uses);
        self.out.later(end + KEPT, Task::LinkIdle { host: message.host, link: store_pid, uses });
        self.exchanger(message.host).links.push(link);
        Transaction { start, end, delays, session, pid, store_pid, uses }
    }

    /// A link that is idle at this time and not used up.
    fn claim_link(&mut self, start: Micros, host: Host) -> Option<Link> {
        let links = &mut self.exchanger(host).links;
        let is_idle = |link: &Link| {
            link.busy_until < start && start < link.busy_until + KEPT && start < link.opened + REUSE_LIMIT
        };
        let index = links.iter().position(is_idle)?;
        Some(links.remove(index))
    }

    fn open_link(&mut self, at: Micros, start: Micros, host: Host) -> Link {
        let opened = start + seconds(self.dice.log_normal(0.004, 0.8));
        let store_pid = self.store_pids.next(&mut self.dice);
        let text = format!("dovecot: lmtp({store_pid}): Connect from {}", host.address());
        self.out.say(opened, Host::Store1, text, &[connection("lmtp")]);
        let session = lmtp_session_id(opened, store_pid);
        let process = self.take_process(at, host, Daemon::Lmtp);
        Link { process, store_pid, session, opened, busy_until: opened, uses: 0 }
    }

    /// Ends a link that was not used since.
    pub fn close_idle_link(&mut self, at: Micros, host: Host, store_pid: u32, uses: u32) {
        let links = &mut self.exchanger(host).links;
        let Some(index) = links.iter().position(|link| link.store_pid == store_pid && link.uses == uses) else {
            return;
        };
        let link = links.remove(index);
        let text =
            format!("dovecot: lmtp({store_pid}): Disconnect from {}: Logged out (state=READY)", host.address());
        self.out.say(at, Host::Store1, text, &[]);
        self.give_back(host, Daemon::Lmtp, link.process, at);
    }

    fn deliver_to_mailbox(
        &mut self,
        on: &Transaction,
        message: &mut Message,
        index: usize,
        number: usize,
        round: &mut Round,
    ) {
        let session = if number > 1 { format!("{}:R{number}", on.session) } else { on.session.clone() };
        let to = message.recipients[index].address.clone();
        let verdict = match message.recipients[index].next_step() {
            Step::Sent => {
                self.save(on, message, &to, &session, "saved mail to INBOX".to_owned());
                Verdict { outcome: "sent", dsn: "2.0.0", reply: format!("250 2.0.0 <{to}> {session} Saved") }
            }
            Step::Bounced => {
                let refusal = self.dice.weighted(BOUNCES);
                self.refuse_to_save(on, message, &to, &session, refusal, "bounced")
            }
            Step::Deferred(_) => self.refuse_to_save(on, message, &to, &session, INTERNAL_ERROR, "deferred"),
        };
        let (relay, pid) = (format!("{STORE}:24"), Some(on.pid));
        let attempt = Attempt { end: on.end, daemon: Daemon::Lmtp, pid, relay, uses: on.uses, delays: on.delays };
        self.conclude(message, index, &attempt, &verdict, round);
    }

    fn refuse_to_save(
        &mut self,
        on: &Transaction,
        message: &Message,
        to: &str,
        session: &str,
        refusal: Refusal,
        outcome: &'static str,
    ) -> Verdict {
        if let Some(reason) = refusal.logged {
            let time = if outcome == "deferred" { format!(" [{}]", readable(on.end)) } else { String::new() };
            self.save(on, message, to, session, format!("save failed to INBOX: {reason}{time}"));
        }
        let words = refusal.reply.replace("{to}", to);
        let reply = format!("host {STORE} said: {words} (in reply to {} command)", refusal.command);
        Verdict { outcome, dsn: refusal.dsn, reply }
    }

    /// What the mailbox server says about a message and a mailbox.
    fn save(&mut self, on: &Transaction, message: &Message, to: &str, session: &str, what: String) {
        let at = on.end - (on.end - on.start) / 8;
        let text =
            format!("dovecot: lmtp({to})<{}><{session}>: msgid={}: {what}", on.store_pid, message.message_id);
        self.out.say(at, Host::Store1, text, &[]);
    }
}

/// `2026-11-20 09:00:01`
fn readable(at: Micros) -> String {
    rfc3339(at)[..19].replace('T', " ")
}
