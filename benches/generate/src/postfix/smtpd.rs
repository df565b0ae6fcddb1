//! One SMTP session as smtpd logs it.

use std::fmt;

use super::Daemon;
use crate::clock::{Micros, SECOND, seconds};
use crate::dice::Weighted;
use crate::network::Client;
use crate::pools::Process;
use crate::timeline::Host;
use crate::truth::{Count, connection, lost, warning};
use crate::world::World;

/// Commands in the order in which the closing line counts them.
#[derive(Clone, Copy)]
pub enum Verb {
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Rset,
    Quit,
    Unknown,
}

const VERBS: [&str; 9] = ["ehlo", "starttls", "auth", "mail", "rcpt", "data", "rset", "quit", "unknown"];

/// How many of each command came, and how many of them went well.
#[derive(Default)]
pub struct Commands([(u32, u32); VERBS.len()]);

impl Commands {
    pub fn ok(&mut self, verb: Verb) {
        self.add(verb, 1, 1);
    }

    pub fn failed(&mut self, verb: Verb) {
        self.add(verb, 0, 1);
    }

    pub fn add(&mut self, verb: Verb, ok: u32, all: u32) {
        let entry = &mut self.0[verb as usize];
        *entry = (entry.0 + ok, entry.1 + all);
    }
}

impl fmt::Display for Commands {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, &(ok, all)) in VERBS.iter().zip(&self.0) {
            if all > 0 {
                write_share(out, name, ok, all)?;
            }
        }
        let (ok, all) = self.0.iter().fold((0, 0), |sum, entry| (sum.0 + entry.0, sum.1 + entry.1));
        write_share(out, "commands", ok, all)
    }
}

fn write_share(out: &mut fmt::Formatter<'_>, name: &str, ok: u32, all: u32) -> fmt::Result {
    if ok == all && all > 0 { write!(out, " {name}={ok}") } else { write!(out, " {name}={ok}/{all}") }
}

/// A session that is under way.
pub struct Session {
    pub host: Host,
    pub service: Daemon,
    pub client: Client,
    pub commands: Commands,
    /// The time of the last line.
    pub at: Micros,
    process: Process,
}

impl Session {
    /// The word for the service in the truth.
    pub fn service_name(&self) -> &'static str {
        match self.service {
            Daemon::Submission => "submission",
            Daemon::Submissions => "submissions",
            _ => "smtp",
        }
    }

    /// `proto=` of a refusal.
    pub fn protocol(&self) -> &'static str {
        if self.commands.0[Verb::Ehlo as usize].0 > 0 { "ESMTP" } else { "SMTP" }
    }

    /// Lets some time pass; the mean is in seconds.
    pub fn wait(&mut self, world: &mut World, mean: f64) {
        self.at += seconds(world.dice.exponential(mean)) + 1;
    }
}

/// Share of the nameless clients whose address leads to a name that does not lead back.
const NAMES_THAT_DO_NOT_RESOLVE: f64 = 0.45;

/// TLS as the handshake of the clients ends.
const TLS: &Weighted<&str> = &[
    (
        80.0,
        "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 \
         server-signature RSA-PSS (2048 bits) server-digest SHA256",
    ),
    (14.0, "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)"),
    (6.0, "TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)"),
];

/// Mean pause between two steps of a session.
const STEP: f64 = 0.12;

impl World {
    /// A client connects; one that postscreen handed over is counted already.
    pub fn open_session(
        &mut self,
        at: Micros,
        host: Host,
        service: Daemon,
        client: Client,
        handed_over: bool,
    ) -> Session {
        let process = self.take_process(at, host, service);
        let mut session = Session { host, service, client, commands: Commands::default(), at, process };
        if session.client.is_nameless() && self.dice.chance(NAMES_THAT_DO_NOT_RESOLVE) {
            self.warn_about_name(&mut session);
        }
        let counts = [connection(session.service_name())];
        let text = format!("connect from {}", session.client);
        self.session_says(&session, &text, if handed_over { &[] } else { &counts });
        session
    }

    fn warn_about_name(&mut self, session: &mut Session) {
        let address = session.client.address;
        let number = self.dice.below(5000);
        let text = format!(
            "warning: hostname static-{number}.pool.provider{}.example does not resolve to address {address}: \
             Name or service not known",
            number % 40
        );
        self.session_says(session, &text, &[warning()]);
        session.at += 1;
    }

    pub fn session_says(&mut self, session: &Session, text: &str, counts: &[Count]) {
        self.out.say(session.at, session.host, session.service.line(session.process.pid, text), counts);
    }

    /// The client introduces itself.
    pub fn greet(&mut self, session: &mut Session) {
        session.wait(self, STEP);
        session.commands.ok(Verb::Ehlo);
    }

    /// The client begins encryption by command, or did so before all else.
    pub fn encrypt(&mut self, session: &mut Session) {
        session.wait(self, STEP);
        let tls = self.dice.weighted(TLS);
        let text = format!("Anonymous TLS connection established from {}: {tls}", session.client);
        self.session_says(session, &text, &[]);
        if session.service != Daemon::Submissions {
            session.commands.ok(Verb::StartTls);
            session.commands.ok(Verb::Ehlo);
        }
    }

    /// The client says goodbye.
    pub fn quit(&mut self, mut session: Session) {
        session.wait(self, STEP);
        session.commands.ok(Verb::Quit);
        self.disconnect(session, &[]);
    }

    /// The client vanishes after a message, which nothing tells but the missing goodbye.
    pub fn leave_after_message(&mut self, mut session: Session) {
        session.wait(self, STEP);
        let counts = [lost(session.service_name(), "END-OF-MESSAGE", "lost")];
        self.disconnect(session, &counts);
    }

    /// The client vanishes or says nothing for too long; `detail` follows the name of the stage.
    pub fn break_off(&mut self, mut session: Session, after: &'static str, detail: &str, timeout: bool) {
        if timeout {
            session.at += SMTPD_TIMEOUT;
        } else {
            session.wait(self, STEP);
        }
        let (what, how) = if timeout { ("timeout", "timeout") } else { ("lost connection", "lost") };
        let text = format!("{what} after {after}{detail} from {}", session.client);
        let counts = [lost(session.service_name(), after, how)];
        self.session_says(&session, &text, &counts);
        session.at += 1;
        self.disconnect(session, &[]);
    }

    fn disconnect(&mut self, session: Session, counts: &[Count]) {
        let text = format!("disconnect from {}{}", session.client, session.commands);
        self.session_says(&session, &text, counts);
        self.give_back(session.host, session.service, session.process, session.at);
    }
}

/// How long smtpd waits for a client.
const SMTPD_TIMEOUT: Micros = 300 * SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_counted_as_postfix_counts_them() {
        let mut commands = Commands::default();
        assert_eq!(commands.to_string(), " commands=0/0");
        commands.ok(Verb::Ehlo);
        commands.failed(Verb::Rcpt);
        assert_eq!(commands.to_string(), " ehlo=1 rcpt=0/1 commands=1/2");
    }
}
