//! Mail from our own users: submission with a password, the guessing of passwords, the sendmail command.

use super::Daemon;
use super::inbound::Envelope;
use super::message::{Recipient, Route, recipient_count};
use super::smtpd::{Session, Verb};
use crate::clock::{Micros, SECOND, seconds};
use crate::dice::Weighted;
use crate::names::{local_domain, mailbox_address};
use crate::network::{device, stranger};
use crate::timeline::Host;
use crate::truth::{Count, login, submitter};
use crate::words::{FIRST_NAMES, GUESSED_NAMES, LAST_NAMES, LOCAL_USERS};
use crate::world::World;

/// The ports of users and of those who guess passwords: 587 and 465.
const USER_SERVICES: &Weighted<Daemon> = &[(68.0, Daemon::Submission), (32.0, Daemon::Submissions)];
const GUESSER_SERVICES: &Weighted<Daemon> = &[(80.0, Daemon::Submission), (20.0, Daemon::Submissions)];

const METHODS: &Weighted<&str> = &[(75.0, "PLAIN"), (25.0, "LOGIN")];
/// Share of the recipients of our users' mail that are far away.
const FAR: f64 = 0.66;
/// Share of the far recipients at the domain of the recipient before.
const SAME_DOMAIN: f64 = 0.6;
/// Share of the connections that guess two passwords, the others guess one.
const TWO_GUESSES: f64 = 0.35;
/// Share of the guesses at a name that nobody has.
const UNKNOWN_NAMES: f64 = 0.85;
/// Share of the invented names that are tried everywhere.
const GUESSED_EVERYWHERE: f64 = 0.05;
/// Share of those who guess and say goodbye; the others vanish.
const POLITE_GUESSERS: f64 = 0.45;
/// Share of those who guess at port 587 and encrypt.
const ENCRYPTED_GUESSES: f64 = 0.6;

impl World {
    /// A user submits messages.
    pub fn submit(&mut self, at: Micros, host: Host) {
        let service = self.dice.weighted(USER_SERVICES);
        let user = self.names.mailbox(&mut self.dice);
        let client = device(user, &mut self.dice);
        let mut session = self.open_session(at, host, service, client, false);
        self.encrypt_before_login(&mut session, true);
        session.commands.ok(Verb::Auth);
        let user = mailbox_address(user);
        let login = format!(", sasl_method={}, sasl_username={user}", self.dice.weighted(METHODS));
        for number in 0..self.messages_in_session() {
            let envelope = self.outgoing_envelope(user.clone());
            let counts = if number == 0 { self.counts_of_login(&session, &user) } else { Vec::new() };
            self.accept(&mut session, envelope, "submission", &login, &counts);
        }
        self.quit(session);
    }

    /// Greeting and TLS in the order of the port.
    fn encrypt_before_login(&mut self, session: &mut Session, encrypts: bool) {
        if session.service == Daemon::Submissions {
            self.encrypt(session);
            self.greet(session);
        } else {
            self.greet(session);
            if encrypts {
                self.encrypt(session);
            }
        }
    }

    /// A session is one login, a user one submitter.
    fn counts_of_login(&mut self, session: &Session, user: &str) -> Vec<Count> {
        let mut counts = vec![login(session.service_name(), "ok")];
        if self.is_new_submitter(user) {
            counts.push(submitter("sasl"));
        }
        counts
    }

    fn outgoing_envelope(&mut self, sender: String) -> Envelope {
        let domain = sender.split('@').nth(1).unwrap_or("mail.example").to_owned();
        let count = recipient_count(&mut self.dice);
        let mut recipients: Vec<Recipient> = Vec::new();
        for number in 1..=count {
            let recipient = self.outgoing_recipient(recipients.last(), number == count);
            recipients.push(recipient);
        }
        Envelope { sender, sender_domain: None, recipients, domain }
    }

    fn outgoing_recipient(&mut self, before: Option<&Recipient>, last: bool) -> Recipient {
        if !self.dice.chance(FAR) {
            return self.local_recipient(last);
        }
        let mut recipient = self.far_recipient(last);
        if let Some(Route::Far(domain)) = before.map(|recipient| recipient.route)
            && self.dice.chance(SAME_DOMAIN)
        {
            recipient.address = self.names.far_at(domain, &mut self.dice);
            recipient.route = Route::Far(domain);
        }
        recipient
    }

    /// A stranger tries passwords.
    pub fn guess_passwords(&mut self, at: Micros, host: Host) {
        let service = self.dice.weighted(GUESSER_SERVICES);
        let client = stranger(&mut self.dice);
        let mut session = self.open_session(at, host, service, client, false);
        let encrypts = self.dice.chance(ENCRYPTED_GUESSES);
        self.encrypt_before_login(&mut session, encrypts);
        for _ in 0..if self.dice.chance(TWO_GUESSES) { 2 } else { 1 } {
            self.guess(&mut session);
        }
        if self.dice.chance(POLITE_GUESSERS) {
            self.quit(session)
        } else {
            self.break_off(session, "AUTH", "", false)
        }
    }

    /// One guess: Dovecot's auth process tells why it fails, then Postfix that it failed.
    fn guess(&mut self, session: &mut Session) {
        session.wait(self, 0.3);
        let (name, known) = self.guessed_name();
        let address = session.client.address;
        self.authentication_fails(session.at, &format!("{name},{address}"), known);
        session.at += 2 * SECOND + seconds(self.dice.exponential(0.1));
        let outcome = if known { "failed" } else { "unknown_user" };
        let text = format!(
            "warning: {}: SASL {} authentication failed: (reason unavailable), sasl_username={name}",
            session.client,
            self.dice.weighted(METHODS)
        );
        let counts = [login(session.service_name(), outcome)];
        self.session_says(session, &text, &counts);
        session.commands.failed(Verb::Auth);
    }

    /// A name to try, and whether somebody has it.
    pub fn guessed_name(&mut self) -> (String, bool) {
        if !self.dice.chance(UNKNOWN_NAMES) {
            return (mailbox_address(self.names.mailbox(&mut self.dice)), true);
        }
        (self.invented_name(), false)
    }

    /// A name that nobody has, of those that are tried everywhere or made of first and last names.
    pub fn invented_name(&mut self) -> String {
        let domain = local_domain(self.dice.below(64));
        if self.dice.chance(GUESSED_EVERYWHERE) {
            return format!("{}@{domain}", self.dice.pick(&GUESSED_NAMES));
        }
        let (first, last) = (self.dice.pick(&FIRST_NAMES), self.dice.pick(&LAST_NAMES));
        format!("{first}-{last}{}@{domain}", self.dice.below(100))
    }

    /// A user of the machine submits a message by the sendmail command.
    pub fn pick_up(&mut self, at: Micros, host: Host) {
        let half = LOCAL_USERS.len() / 2;
        let (name, uid) = LOCAL_USERS[host as usize * half + self.dice.below(half as u64) as usize];
        let sender = format!("{name}@{}.example", host.name());
        let counts = if self.is_new_submitter(&sender) { vec![submitter("local")] } else { Vec::new() };
        let id = self.new_queue_id(at, host);
        self.postfix(at, host, Daemon::Pickup, &format!("{id}: uid={uid} from=<{sender}>"), &counts);
        let message_id = format!("<{}.{id}@{}.mail.example>", crate::clock::digits(at), host.name());
        let text = format!("{id}: message-id={message_id}");
        self.postfix(at + 3_000, host, Daemon::Cleanup, &text, &[]);
        let envelope = self.outgoing_envelope(sender);
        let message = self.message(host, id, "local", envelope, message_id, at);
        self.enqueue(at + 20_000, message);
    }
}
