//! Refusals by smtpd: why, when and in which words.

use super::smtpd::{Session, Verb};
use crate::dice::Weighted;
use crate::names::{mailbox_address, unknown_address};
use crate::timeline::Host;
use crate::truth::rejection;
use crate::world::World;

/// The stages of a session at which a client can be refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connect,
    Ehlo,
    Mail,
    Rcpt,
    Data,
}

impl Stage {
    fn name(self) -> &'static str {
        ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"][self as usize]
    }
}

/// Whom the refused recipient names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Mailbox,
    Nobody,
    Far,
}

/// A kind of refusal. In its words `{client}`, `{ip}`, `{helo}`, `{from}`, `{domain}` and `{to}` stand for what the
/// client said and is.
#[derive(Clone, Copy)]
struct Refusal {
    /// Where it belongs; mx1 puts off all but MAIL's own checks until RCPT.
    stage: Stage,
    /// Whether it is told at its stage even where refusals are put off.
    at_once: bool,
    to: To,
    words: &'static str,
}

const fn refusal(stage: Stage, words: &'static str) -> Refusal {
    Refusal { stage, at_once: false, to: To::Mailbox, words }
}

const fn refusal_of(to: To, words: &'static str) -> Refusal {
    Refusal { stage: Stage::Rcpt, at_once: false, to, words }
}

const UNKNOWN_RECIPIENT: Refusal =
    refusal_of(To::Nobody, "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table");
const DNSBL_CLIENT: Refusal = refusal(
    Stage::Connect,
    "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.blocklist.example; https://www.blocklist.example/query/ip/{ip}",
);
const GREYLISTED: Refusal = refusal(
    Stage::Rcpt,
    "450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see http://postgrey.example/help/{domain}.html",
);
const RELAY: Refusal = refusal_of(To::Far, "554 5.7.1 <{to}>: Relay access denied");
const CLIENT_WITHOUT_NAME: Refusal =
    refusal(Stage::Connect, "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]");
const SENDER_DOMAIN: Refusal =
    refusal(Stage::Mail, "450 4.1.8 <{from}>: Sender address rejected: Domain not found");
const HELO: Refusal =
    refusal(Stage::Ehlo, "504 5.5.2 <{helo}>: Helo command rejected: need fully-qualified hostname");
const SPF: Refusal = refusal(
    Stage::Rcpt,
    "550 5.7.23 <{to}>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. \
     Please see http://www.openspf.example/Why?s=mfrom;id={from};ip={ip};r=<UNKNOWN>",
);
const SENDER_BLOCKED: Refusal = refusal(Stage::Mail, "554 5.7.1 <{from}>: Sender address rejected: Access denied");
const CLIENT_BLOCKED: Refusal =
    refusal(Stage::Connect, "554 5.7.1 <{client}>: Client host rejected: Access denied");
const DNSBL_DOMAIN: Refusal = refusal(
    Stage::Mail,
    "554 5.7.1 Service unavailable; Sender address [{from}] blocked using dbl.blocklist.example; https://www.blocklist.example/query/domain/{domain}",
);
const UNVERIFIED_SENDER: Refusal = refusal(
    Stage::Mail,
    "450 4.1.7 <{from}>: Sender address rejected: unverified address: connect to mx1.{domain}[198.51.100.25]:25: Connection timed out",
);
const TOO_BIG: Refusal = Refusal {
    stage: Stage::Mail,
    at_once: true,
    to: To::Mailbox,
    words: "552 5.3.4 Message size exceeds fixed limit",
};
const MAILBOX_FULL: Refusal = refusal(
    Stage::Rcpt,
    "452 4.2.2 <{to}>: Recipient address rejected: Quota exceeded (mailbox for user is full)",
);
const LOOKUP_FAILURE: Refusal = refusal(Stage::Rcpt, "451 4.3.0 <{to}>: Temporary lookup failure");
const PIPELINING: Refusal = Refusal {
    stage: Stage::Data,
    at_once: true,
    to: To::Mailbox,
    words: "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining",
};

const REFUSALS: &Weighted<Refusal> = &[
    (300.0, UNKNOWN_RECIPIENT),
    (200.0, DNSBL_CLIENT),
    (130.0, GREYLISTED),
    (80.0, RELAY),
    (60.0, CLIENT_WITHOUT_NAME),
    (55.0, SENDER_DOMAIN),
    (55.0, HELO),
    (22.0, SPF),
    (22.0, SENDER_BLOCKED),
    (22.0, CLIENT_BLOCKED),
    (20.0, DNSBL_DOMAIN),
    (12.0, UNVERIFIED_SENDER),
    (12.0, TOO_BIG),
    (8.0, MAILBOX_FULL),
    (6.0, LOOKUP_FAILURE),
    (5.0, PIPELINING),
];

/// Share of the clients that guess recipients several at a time.
const SEVERAL_IN_A_ROW: f64 = 0.5;
/// Recipients that such a client tries: lowest and highest number.
const IN_A_ROW: (u64, u64) = (2, 8);
/// Share of the clients refused at CONNECT that go on to introduce themselves.
const GREETS_IN_VAIN: f64 = 0.5;

/// What a refused client said about its message.
struct Attempt {
    from: String,
    domain: String,
    to: String,
    helo: String,
}

impl World {
    pub fn be_refused(&mut self, mut session: Session) {
        let refusal = self.dice.weighted(REFUSALS);
        let put_off = session.host == Host::Mx1 && !refusal.at_once;
        let stage = if put_off { Stage::Rcpt } else { refusal.stage };
        let attempt = self.attempt(&session, &refusal);
        self.advance(&mut session, stage);
        match stage {
            Stage::Data => self.refuse_data(&mut session, &refusal, &attempt),
            Stage::Rcpt => self.refuse_recipients(&mut session, &refusal, attempt),
            _ => self.refuse(&session, "NOQUEUE", stage, &refusal, &attempt),
        }
        self.count_failure(&mut session, stage);
        self.quit(session);
    }

    fn attempt(&mut self, session: &Session, refusal: &Refusal) -> Attempt {
        let (mut from, domain) = self.names.far(&mut self.dice);
        let mut domain = domain.name();
        if refusal.words == SENDER_DOMAIN.words {
            domain = format!("no-such-{domain}");
            from = format!("info@{domain}");
        }
        let helo = if refusal.words == HELO.words { "localhost".to_owned() } else { session.client.helo() };
        Attempt { from, domain, to: self.refused_recipient(refusal.to), helo }
    }

    fn refused_recipient(&mut self, to: To) -> String {
        match to {
            To::Nobody => unknown_address(&mut self.dice),
            To::Far => self.names.far(&mut self.dice).0,
            To::Mailbox => mailbox_address(self.names.mailbox(&mut self.dice)),
        }
    }

    /// All goes well up to the stage of the refusal.
    fn advance(&mut self, session: &mut Session, stage: Stage) {
        match stage {
            Stage::Connect => session.wait(self, 0.05),
            Stage::Ehlo => session.wait(self, 0.15),
            Stage::Mail | Stage::Rcpt | Stage::Data => self.greet_and_encrypt(session),
        }
        if stage == Stage::Rcpt {
            session.commands.ok(Verb::Mail);
        }
        session.wait(self, 0.1);
    }

    fn refuse_recipients(&mut self, session: &mut Session, refusal: &Refusal, mut attempt: Attempt) {
        let several = refusal.to == To::Nobody && self.dice.chance(SEVERAL_IN_A_ROW);
        let count = if several { self.dice.between(IN_A_ROW.0, IN_A_ROW.1) } else { 1 };
        for number in 1..=count {
            self.refuse(session, "NOQUEUE", Stage::Rcpt, refusal, &attempt);
            if number < count {
                session.commands.failed(Verb::Rcpt);
                session.wait(self, 0.1);
                attempt.to = unknown_address(&mut self.dice);
            }
        }
    }

    fn refuse_data(&mut self, session: &mut Session, refusal: &Refusal, attempt: &Attempt) {
        let id = self.open_queue_file(session, "", &[]);
        session.commands.ok(Verb::Rcpt);
        session.wait(self, 0.1);
        self.refuse(session, &id.to_string(), Stage::Data, refusal, attempt);
        self.exchanger(session.host).ids.close(id, session.at);
    }

    fn refuse(&mut self, session: &Session, id: &str, stage: Stage, refusal: &Refusal, attempt: &Attempt) {
        let client = session.client.to_string();
        let words = refusal
            .words
            .replace("{client}", &client)
            .replace("{ip}", &session.client.address.to_string())
            .replace("{helo}", &attempt.helo)
            .replace("{from}", &attempt.from)
            .replace("{domain}", &attempt.domain)
            .replace("{to}", &attempt.to);
        let context = context(session, stage, attempt);
        let text = format!("{id}: reject: {} from {client}: {words}; {context}", stage.name());
        self.session_says(session, &text, &rejection(stage.name(), refusal.words.starts_with('5')));
    }

    fn count_failure(&mut self, session: &mut Session, stage: Stage) {
        let verb = match stage {
            Stage::Connect if self.dice.chance(GREETS_IN_VAIN) => Verb::Ehlo,
            Stage::Connect => return,
            Stage::Ehlo => Verb::Ehlo,
            Stage::Mail => Verb::Mail,
            Stage::Rcpt => Verb::Rcpt,
            Stage::Data => Verb::Data,
        };
        session.commands.failed(verb);
    }
}

/// What smtpd tells about a session that it refuses: what is known at this stage.
fn context(session: &Session, stage: Stage, attempt: &Attempt) -> String {
    let Attempt { from, to, helo, .. } = attempt;
    let proto = session.protocol();
    match stage {
        Stage::Connect => format!("proto={proto}"),
        Stage::Ehlo => format!("proto={proto} helo=<{helo}>"),
        Stage::Mail => format!("from=<{from}> proto={proto} helo=<{helo}>"),
        Stage::Rcpt | Stage::Data => format!("from=<{from}> to=<{to}> proto={proto} helo=<{helo}>"),
    }
}
