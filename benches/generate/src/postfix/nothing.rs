//! Sessions on port 25 that come to nothing.

use super::smtpd::{Session, Verb};
use crate::clock::{Micros, SECOND};
use crate::dice::Weighted;
use crate::truth::warning;
use crate::world::World;

/// How such a session ends.
#[derive(Clone, Copy)]
enum End {
    Quit,
    Lost(Stage),
    TimeOut(Stage),
}

#[derive(Clone, Copy)]
enum Stage {
    Connect,
    Ehlo,
    StartTls,
    Mail,
    Rcpt,
    Data,
    Rset,
    Unknown,
}

const ENDS: &Weighted<End> = &[
    (30.0, End::Quit),
    (14.0, End::Lost(Stage::Connect)),
    (12.0, End::Lost(Stage::StartTls)),
    (11.0, End::Lost(Stage::Ehlo)),
    (6.75, End::Lost(Stage::Data)),
    (2.25, End::TimeOut(Stage::Data)),
    (7.0, End::Lost(Stage::Rcpt)),
    (4.0, End::Lost(Stage::Mail)),
    (3.0, End::Lost(Stage::Rset)),
    (3.0, End::Lost(Stage::Unknown)),
    (6.0, End::TimeOut(Stage::Connect)),
    (4.0, End::TimeOut(Stage::Ehlo)),
    (3.0, End::TimeOut(Stage::Mail)),
    (1.0, End::TimeOut(Stage::Rcpt)),
];

/// A queue file that is never finished is gone after this time.
const LONGEST_WAIT: Micros = 301 * SECOND;

/// What the TLS library says when a handshake fails.
const TLS_PROBLEMS: [&str; 3] = [
    "error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:",
    "error:0A000418:SSL routines::tlsv1 alert unknown ca:../ssl/record/rec_layer_s3.c:1601:SSL alert number 48:",
    "error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2220:",
];

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Rset => "RSET",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl World {
    pub fn come_to_nothing(&mut self, mut session: Session) {
        match self.dice.weighted(ENDS) {
            End::Quit => {
                self.greet(&mut session);
                self.quit(session);
            }
            End::Lost(stage) => self.end_after(session, stage, false),
            End::TimeOut(stage) => self.end_after(session, stage, true),
        }
    }

    fn end_after(&mut self, mut session: Session, stage: Stage, timeout: bool) {
        self.advance_to(&mut session, stage);
        let detail = if matches!(stage, Stage::Data) { self.bytes_read() } else { String::new() };
        self.break_off(session, stage.name(), &detail, timeout);
    }

    fn bytes_read(&mut self) -> String {
        format!(" ({} bytes)", self.dice.log_normal(4_000.0, 1.5) as u64)
    }

    /// The session reaches a stage by the usual way.
    fn advance_to(&mut self, session: &mut Session, stage: Stage) {
        if matches!(stage, Stage::Connect) {
            return;
        }
        if matches!(stage, Stage::StartTls | Stage::Unknown) {
            self.greet(session)
        } else {
            self.greet_and_encrypt(session)
        }
        match stage {
            Stage::StartTls => self.fail_handshake(session),
            Stage::Mail => session.commands.ok(Verb::Mail),
            Stage::Rcpt => self.begin_transaction(session),
            Stage::Data => {
                self.begin_transaction(session);
                session.commands.failed(Verb::Data);
            }
            Stage::Rset => session.commands.ok(Verb::Rset),
            Stage::Unknown => session.commands.failed(Verb::Unknown),
            Stage::Connect | Stage::Ehlo => {}
        }
    }

    /// The queue file that is opened will never be finished.
    fn begin_transaction(&mut self, session: &mut Session) {
        let id = self.open_queue_file(session, "", &[]);
        session.commands.ok(Verb::Rcpt);
        self.exchanger(session.host).ids.close(id, session.at + LONGEST_WAIT);
    }

    fn fail_handshake(&mut self, session: &mut Session) {
        session.wait(self, 0.1);
        session.commands.failed(Verb::StartTls);
        self.session_says(session, &format!("SSL_accept error from {}: -1", session.client), &[]);
        let problem = self.dice.pick(&TLS_PROBLEMS);
        session.at += 1;
        self.session_says(session, &format!("warning: TLS library problem: {problem}"), &[warning()]);
    }
}
