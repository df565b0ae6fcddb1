//! The queue manager: rounds of attempts, retries, expiry, notifications.

use super::Daemon;
use super::inbound::Envelope;
use super::message::{Delays, Fate, Message, Recipient, Route, Trouble, last_fate};
use crate::clock::{self, HOUR, Micros, SECOND, seconds};
use crate::names::mailbox_address;
use crate::truth::{Count, accepted, deferral, delivery, message_deferred, notification, removed};
use crate::world::{Task, World};

/// `maximal_queue_lifetime`.
const QUEUE_LIFETIME: Micros = 6 * HOUR;
/// The first retry comes after this many seconds, the next after twice as many, up to the second number.
const BACKOFF: (u64, u64) = (300, 4_000);
/// Up to so many more seconds pass until the queue manager looks again.
const QUEUE_RUN: f64 = 300.0;
/// Time between two lines of programs that hand something on.
const HANDOVER: Micros = 1_500;

/// What a round of attempts brought.
#[derive(Default)]
pub struct Round {
    /// When its last attempt was over.
    pub end: Micros,
    pub bounced: bool,
}

/// What an attempt to deliver to a recipient says.
pub struct Verdict {
    /// The word in the truth: sent, forwarded, bounced or deferred.
    pub outcome: &'static str,
    pub dsn: &'static str,
    pub reply: String,
}

/// An attempt to deliver to a recipient.
pub struct Attempt {
    pub end: Micros,
    pub daemon: Daemon,
    /// The process, where it is known.
    pub pid: Option<u32>,
    pub relay: String,
    /// How often its connection was used, this time included.
    pub uses: u32,
    pub delays: Delays,
}

/// What an attempt will bring.
pub enum Step {
    Sent,
    Bounced,
    Deferred(Trouble),
}

impl Recipient {
    /// What the next attempt brings.
    pub fn next_step(&mut self) -> Step {
        match &mut self.fate {
            Fate::Never(trouble) => Step::Deferred(*trouble),
            Fate::Bounced => Step::Bounced,
            Fate::Sent | Fate::Deferred(0, _) => Step::Sent,
            Fate::Deferred(left, trouble) => {
                *left -= 1;
                Step::Deferred(*trouble)
            }
        }
    }
}

impl World {
    /// A message enters the active queue: all its open recipients are tried.
    pub fn activate(&mut self, at: Micros, mut message: Box<Message>) {
        self.tell_active(at, &message);
        message.rounds += 1;
        let mut round = Round { end: at, bounced: false };
        self.deliver_to_mailboxes(at, &mut message, &mut round);
        for index in 0..message.recipients.len() {
            if message.recipients[index].open {
                self.deliver_elsewhere(at, &mut message, index, &mut round);
            }
        }
        self.settle(round, message);
    }

    fn tell_active(&mut self, at: Micros, message: &Message) {
        let Message { id, sender, size, recipients, .. } = message;
        let text = format!("{id}: from=<{sender}>, size={size}, nrcpt={} (queue active)", recipients.len());
        let counts = accepted(message.origin, message.size);
        let counts = if message.rounds == 0 { &counts[..] } else { &[] };
        self.postfix(at, message.host, Daemon::Qmgr, &text, counts);
    }

    fn deliver_elsewhere(&mut self, at: Micros, message: &mut Message, index: usize, round: &mut Round) {
        match message.recipients[index].route {
            Route::Far(domain) => self.deliver_far(at, message, index, domain, round),
            Route::Mailbox => {}
            Route::Forward | Route::Command | Route::Pipe => self.deliver_here(at, message, index, round),
        }
    }

    /// Writes what an attempt brought.
    pub fn conclude(
        &mut self,
        message: &mut Message,
        index: usize,
        attempt: &Attempt,
        verdict: &Verdict,
        round: &mut Round,
    ) {
        let text = status_line(message, &message.recipients[index], attempt, verdict);
        let counts = self.counts_of(message, attempt.daemon, verdict);
        match attempt.pid {
            Some(pid) => self.out.say(attempt.end, message.host, attempt.daemon.line(pid, &text), &counts),
            None => self.postfix(attempt.end, message.host, attempt.daemon, &text, &counts),
        }
        let recipient = &mut message.recipients[index];
        recipient.open = verdict.outcome == "deferred";
        // The error service stands in for a transport; the recipient keeps its own.
        if attempt.daemon.name() != "error" || recipient.transport.is_empty() {
            recipient.transport = attempt.daemon.name();
        }
        round.bounced |= verdict.outcome == "bounced";
        round.end = round.end.max(attempt.end);
    }

    fn counts_of(&mut self, message: &mut Message, daemon: Daemon, verdict: &Verdict) -> Vec<Count> {
        if verdict.outcome != "deferred" {
            return delivery(verdict.outcome, daemon.name(), message.size).to_vec();
        }
        let mut counts = vec![deferral(daemon.name())];
        if !message.was_deferred {
            message.was_deferred = true;
            counts.push(message_deferred());
        }
        counts
    }

    /// After a round: notify, put off, give up or remove.
    fn settle(&mut self, round: Round, mut message: Box<Message>) {
        let mut at = round.end + HANDOVER;
        let expired = message.is_open() && at - message.arrived >= QUEUE_LIFETIME;
        if expired {
            self.expire(at, &mut message);
        }
        if expired || round.bounced {
            at = self.notify_sender(at + HANDOVER, &message);
        }
        if message.is_open() {
            let next = at + self.backoff(message.rounds);
            self.out.later(next, Task::Activate(message));
        } else {
            self.remove(at + HANDOVER, &message);
        }
    }

    fn backoff(&mut self, rounds: u32) -> Micros {
        let doubled = BACKOFF.0 << (rounds - 1).min(8);
        doubled.min(BACKOFF.1) * SECOND + seconds(self.dice.unit() * QUEUE_RUN)
    }

    /// Each recipient that is still open expires, under the transport of its last attempt.
    fn expire(&mut self, at: Micros, message: &mut Message) {
        let mut counts = Vec::new();
        for recipient in message.recipients.iter_mut().filter(|recipient| recipient.open) {
            recipient.open = false;
            counts.extend(delivery("expired", recipient.transport, message.size));
        }
        let text = format!("{}: from=<{}>, status=expired, returned to sender", message.id, message.sender);
        self.postfix(at, message.host, Daemon::Qmgr, &text, &counts);
    }

    fn remove(&mut self, at: Micros, message: &Message) {
        let text = format!("{}: removed", message.id);
        self.postfix(at, message.host, Daemon::Qmgr, &text, &[removed()]);
        self.exchanger(message.host).ids.close(message.id, at);
    }

    /// The sender, if there is one, is told what could not be delivered.
    fn notify_sender(&mut self, at: Micros, message: &Message) -> Micros {
        if message.sender.is_empty() {
            return at;
        }
        let host = message.host;
        let id = self.new_queue_id(at, host);
        let message_id = format!("<{}.{id}@{}.mail.example>", clock::digits(at), host.name());
        self.postfix(at, host, Daemon::Cleanup, &format!("{id}: message-id={message_id}"), &[]);
        let text = format!("{}: sender non-delivery notification: {id}", message.id);
        self.postfix(at + HANDOVER, host, Daemon::Bounce, &text, &[notification("non_delivery")]);
        let envelope = self.notification_envelope(message);
        let notice = self.message(host, id, "notification", envelope, message_id, at);
        self.enqueue(at + 2 * HANDOVER, notice);
        at + 2 * HANDOVER
    }

    fn notification_envelope(&mut self, message: &Message) -> Envelope {
        let recipient = match message.sender_domain {
            Some(domain) => {
                let fate = last_fate(true, &mut self.dice);
                Recipient::new(message.sender.clone(), Route::Far(domain), fate)
            }
            None => self.notified_user(message),
        };
        Envelope { sender: String::new(), sender_domain: None, recipients: vec![recipient], domain: String::new() }
    }

    /// A user of ours; for the users of the machine somebody else reads.
    fn notified_user(&mut self, message: &Message) -> Recipient {
        let fate = last_fate(false, &mut self.dice);
        let mut recipient = Recipient::new(message.sender.clone(), Route::Mailbox, fate);
        if message.origin == "local" {
            recipient.original = Some(std::mem::replace(&mut recipient.address, mailbox_address(0)));
        }
        recipient
    }
}

fn status_line(message: &Message, recipient: &Recipient, attempt: &Attempt, verdict: &Verdict) -> String {
    let original = recipient.original.as_ref().map_or(String::new(), |name| format!(", orig_to=<{name}>"));
    let uses = if attempt.uses > 1 { format!(", conn_use={}", attempt.uses) } else { String::new() };
    let status = if verdict.outcome == "forwarded" { "sent" } else { verdict.outcome };
    format!(
        "{}: to=<{}>{original}, relay={}{uses}, {}, dsn={}, status={status} ({})",
        message.id,
        recipient.address,
        attempt.relay,
        attempt.delays.text(),
        verdict.dsn,
        verdict.reply
    )
}
