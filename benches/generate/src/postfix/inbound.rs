//! Port 25: who comes, and the mail they bring.

use super::Daemon;
use super::message::{Fate, Message, Recipient, Route, last_fate, recipient_count, size};
use super::smtpd::{Session, Verb};
use crate::clock::{Micros, seconds};
use crate::dice::Weighted;
use crate::names::{FarDomain, mailbox_address, message_id};
use crate::network::{Client, stranger};
use crate::queue_ids::QueueId;
use crate::timeline::Host;
use crate::truth::{Count, rejection};
use crate::world::{Task, World};

/// What a client of smtpd comes for.
#[derive(Clone, Copy)]
pub enum Visit {
    Mail,
    /// Refused before there is a message.
    Refused,
    /// The session comes to nothing.
    Nothing,
    RefusedAtEnd,
}

/// What a client of port 25 meets; postscreen stands in front of mx1 only.
#[derive(Clone, Copy)]
enum Fortune {
    Smtpd(Visit),
    HangUp,
    Pregreet,
    Dnsbl,
    DeepTest,
}

const FORTUNES_MX1: &Weighted<Fortune> = &[
    (56.0, Fortune::Smtpd(Visit::Mail)),
    (17.0, Fortune::Smtpd(Visit::Refused)),
    (7.0, Fortune::Smtpd(Visit::Nothing)),
    (1.8, Fortune::Smtpd(Visit::RefusedAtEnd)),
    (6.0, Fortune::HangUp),
    (2.5, Fortune::Pregreet),
    (7.5, Fortune::Dnsbl),
    (2.2, Fortune::DeepTest),
];
const FORTUNES_MX2: &Weighted<Fortune> = &[
    (55.0, Fortune::Smtpd(Visit::Mail)),
    (30.0, Fortune::Smtpd(Visit::Refused)),
    (12.5, Fortune::Smtpd(Visit::Nothing)),
    (2.0, Fortune::Smtpd(Visit::RefusedAtEnd)),
];

/// Share of the sessions on port 25 that are encrypted.
const ENCRYPTED: f64 = 0.48;
/// Share of the sessions that bring mail and end without a goodbye.
const NO_GOODBYE: f64 = 0.01;
/// Share of the incoming recipients that an alias sends far away.
const FAR_BY_ALIAS: f64 = 0.04;
/// Share of the local recipients that go on by a `.forward` file, and that a program takes.
const FORWARDED: f64 = 0.005;
const TAKEN_BY_PROGRAM: f64 = 0.01;
/// Messages in a session: one in three of four, else two or three.
const ONE_MESSAGE: f64 = 0.75;
/// Median of the time from the first recipient to the active queue, in seconds.
const BEFORE_QUEUE: f64 = 0.24;

/// How a message is refused when it was read: the program, its words, and whether it names the client's line.
const END_REFUSALS: &Weighted<(Daemon, &str, &str)> = &[
    (50.0, (Daemon::Cleanup, "milter-reject: END-OF-MESSAGE from", "5.7.1 Spam message rejected")),
    (15.0, (Daemon::Cleanup, "milter-reject: END-OF-MESSAGE from", "5.7.1 Message infected by Eicar-Signature")),
    (
        35.0,
        (
            Daemon::Smtpd,
            "reject: END-OF-MESSAGE from",
            "554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Content refused after reading it",
        ),
    ),
];

/// The sender and the recipients as the client names them, and where they lead.
pub struct Envelope {
    pub sender: String,
    /// Where the sender's mailbox is, if it is not ours.
    pub sender_domain: Option<FarDomain>,
    pub recipients: Vec<Recipient>,
    /// The domain that the Message-ID shows.
    pub domain: String,
}

impl World {
    pub fn start_port_25(&mut self, at: Micros, host: Host) {
        let fortunes = if host == Host::Mx1 { FORTUNES_MX1 } else { FORTUNES_MX2 };
        match self.dice.weighted(fortunes) {
            Fortune::Smtpd(visit) => {
                let client = self.visitor(visit);
                if host == Host::Mx1 {
                    self.pass_postscreen(at, client, visit);
                } else {
                    self.visit(at, host, client, visit, false);
                }
            }
            Fortune::HangUp => self.hang_up(at),
            Fortune::Pregreet => self.speak_too_early(at),
            Fortune::Dnsbl => self.be_listed(at),
            Fortune::DeepTest => self.be_put_off(at),
        }
    }

    /// Mail comes from mail servers, all else from strangers.
    fn visitor(&mut self, visit: Visit) -> Client {
        match visit {
            Visit::Mail | Visit::RefusedAtEnd => self.servers.any(&mut self.dice),
            Visit::Refused | Visit::Nothing => stranger(&mut self.dice),
        }
    }

    /// A client reaches smtpd.
    pub fn visit(&mut self, at: Micros, host: Host, client: Client, visit: Visit, handed_over: bool) {
        let session = self.open_session(at, host, Daemon::Smtpd, client, handed_over);
        match visit {
            Visit::Mail => self.bring_mail(session),
            Visit::Refused => self.be_refused(session),
            Visit::Nothing => self.come_to_nothing(session),
            Visit::RefusedAtEnd => self.be_refused_at_end(session),
        }
    }

    /// The client introduces itself and half the time encrypts.
    pub fn greet_and_encrypt(&mut self, session: &mut Session) {
        self.greet(session);
        if self.dice.chance(ENCRYPTED) {
            self.encrypt(session);
        }
    }

    fn bring_mail(&mut self, mut session: Session) {
        self.greet_and_encrypt(&mut session);
        for _ in 0..self.messages_in_session() {
            let envelope = self.incoming_envelope();
            self.accept(&mut session, envelope, "smtp", "", &[]);
        }
        if self.dice.chance(NO_GOODBYE) { self.leave_after_message(session) } else { self.quit(session) }
    }

    pub fn messages_in_session(&mut self) -> u64 {
        if self.dice.chance(ONE_MESSAGE) { 1 } else { self.dice.between(2, 3) }
    }

    fn incoming_envelope(&mut self) -> Envelope {
        let count = recipient_count(&mut self.dice);
        let recipients: Vec<Recipient> =
            (1..=count).map(|number| self.incoming_recipient(number == count)).collect();
        let first = recipients[0].original.as_ref().unwrap_or(&recipients[0].address);
        let (sender, domain) = self.names.incoming_sender(first, &mut self.dice);
        Envelope { sender, sender_domain: Some(domain), recipients, domain: domain.name() }
    }

    fn incoming_recipient(&mut self, last: bool) -> Recipient {
        if !self.dice.chance(FAR_BY_ALIAS) {
            return self.local_recipient(last);
        }
        let alias = mailbox_address(self.names.mailbox(&mut self.dice));
        let mut recipient = self.far_recipient(last);
        recipient.original = Some(alias);
        recipient
    }

    /// A recipient with a mailbox of ours, or what stands for one.
    pub fn local_recipient(&mut self, last: bool) -> Recipient {
        let address = mailbox_address(self.names.mailbox(&mut self.dice));
        let (which, fate) = (self.dice.unit(), self.fate(last, false));
        let route = if which < FORWARDED {
            Route::Forward
        } else if which < FORWARDED + TAKEN_BY_PROGRAM {
            self.dice.pick(&[Route::Command, Route::Pipe])
        } else {
            return Recipient::new(address, Route::Mailbox, fate);
        };
        Recipient::new(address, route, Fate::Sent)
    }

    pub fn far_recipient(&mut self, last: bool) -> Recipient {
        let (address, domain) = self.names.far(&mut self.dice);
        let fate = self.fate(last, true);
        Recipient::new(address, Route::Far(domain), fate)
    }

    fn fate(&mut self, last: bool, far: bool) -> Fate {
        if last { last_fate(far, &mut self.dice) } else { Fate::Sent }
    }

    /// A message is received; `login` follows the client's name, `counts` belong to that line.
    pub fn accept(
        &mut self,
        session: &mut Session,
        envelope: Envelope,
        origin: &'static str,
        login: &str,
        counts: &[Count],
    ) {
        let id = self.open_queue_file(session, login, counts);
        let arrived = session.at;
        session.commands.add(Verb::Rcpt, envelope.recipients.len() as u32, envelope.recipients.len() as u32);
        let queued = arrived + seconds(self.dice.log_normal(BEFORE_QUEUE, 1.0)) + 10;
        let message_id = self.read_header(arrived, queued, session.host, id, &envelope.domain);
        session.commands.ok(Verb::Data);
        session.at = queued;
        let message = self.message(session.host, id, origin, envelope, message_id, arrived);
        self.enqueue(queued, message);
    }

    /// A message that was not tried yet.
    pub fn message(
        &mut self,
        host: Host,
        id: QueueId,
        origin: &'static str,
        envelope: Envelope,
        message_id: String,
        arrived: Micros,
    ) -> Message {
        let Envelope { sender, sender_domain, recipients, .. } = envelope;
        let size = size(&mut self.dice);
        Message {
            host,
            id,
            origin,
            sender,
            sender_domain,
            message_id,
            size,
            recipients,
            arrived,
            rounds: 0,
            was_deferred: false,
        }
    }

    /// Accepts MAIL and the first recipient.
    pub fn open_queue_file(&mut self, session: &mut Session, login: &str, counts: &[Count]) -> QueueId {
        session.wait(self, 0.15);
        session.commands.ok(Verb::Mail);
        let id = self.new_queue_id(session.at, session.host);
        let text = format!("{id}: client={}{login}", session.client);
        self.session_says(session, &text, counts);
        id
    }

    /// Cleanup reads the header between these two times.
    fn read_header(&mut self, from: Micros, to: Micros, host: Host, id: QueueId, domain: &str) -> String {
        let at = from + (to - from) / 2;
        let message_id = message_id(at, domain, &mut self.dice);
        self.postfix(at, host, Daemon::Cleanup, &format!("{id}: message-id={message_id}"), &[]);
        message_id
    }

    pub fn enqueue(&mut self, at: Micros, message: Message) {
        self.out.later(at, Task::Activate(Box::new(message)));
    }

    fn be_refused_at_end(&mut self, mut session: Session) {
        self.greet_and_encrypt(&mut session);
        let envelope = self.incoming_envelope();
        let id = self.open_queue_file(&mut session, "", &[]);
        session.commands.ok(Verb::Rcpt);
        let (opened, first) = (session.at, &envelope.recipients[0]);
        let to = first.original.clone().unwrap_or_else(|| first.address.clone());
        session.wait(self, 0.4);
        self.read_header(opened, session.at, session.host, id, &envelope.domain);
        self.refuse_at_end(&session, id, &envelope.sender, &to);
        session.commands.failed(Verb::Data);
        self.exchanger(session.host).ids.close(id, session.at);
        self.quit(session);
    }

    fn refuse_at_end(&mut self, session: &Session, id: QueueId, from: &str, to: &str) {
        let (daemon, action, reason) = self.dice.weighted(END_REFUSALS);
        let (client, helo) = (&session.client, session.client.helo());
        let text = format!("{id}: {action} {client}: {reason}; from=<{from}> to=<{to}> proto=ESMTP helo=<{helo}>");
        let counts = rejection("END-OF-MESSAGE", true);
        if daemon == Daemon::Smtpd {
            self.session_says(session, &text, &counts);
        } else {
            self.postfix(session.at, session.host, daemon, &text, &counts);
        }
    }
}
