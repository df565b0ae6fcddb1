//! Logs made up by `proptest`: lives of messages, sessions and directory connections over few keys, so that they collide;
//! damage between them; and the framings in which the same lines can be written.

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use std::fmt::Write as _;

/// 2026-11-24 09:00:00 UTC.
pub const START: i64 = 1_795_510_800;

/// A line before it is framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Seconds since the epoch.
    pub time: i64,
    pub host: &'static str,
    pub program: &'static str,
    pub pid: Option<u32>,
    pub text: String,
}

/// The texts that strangers choose.
#[derive(Clone, Debug)]
pub struct Free {
    pub helo: &'static str,
    pub sender: &'static str,
    pub message_id: &'static str,
    pub reply: &'static str,
    pub user: &'static str,
    pub filter: &'static str,
}

/// Texts that do no harm.
pub const HARMLESS: Free = Free {
    helo: "client.remote.example",
    sender: "alice@remote.example",
    message_id: "a1@remote.example",
    reply: "250 2.0.0 Ok",
    user: "ghost@local.example",
    filter: "(mail=ben@local.example)",
};

/// One thing that happens, told by small numbers.
pub type Action = (u8, u8, u8, u8);

/// Some things that happen.
pub fn actions() -> impl Strategy<Value = Vec<Action>> {
    vec(any::<Action>(), 1..30)
}

/// A log of some things that happen, in the order of its times.
pub fn scenario() -> impl Strategy<Value = Vec<Line>> {
    actions().prop_map(|actions| lines(&actions, &HARMLESS))
}

/// The lines of some things that happen.
pub fn lines(actions: &[Action], free: &Free) -> Vec<Line> {
    let mut log = Log { lines: Vec::new(), free, now: START };
    for (at, action) in actions.iter().enumerate() {
        log.now += i64::from(action.3 % 7);
        log.add(at, *action);
    }
    log.lines.sort_by_key(|line| line.time);
    log.lines
}

struct Log<'a> {
    lines: Vec<Line>,
    free: &'a Free,
    now: i64,
}

const DOMAINS: [&str; 2] = ["local.example", "other.example"];

impl Log<'_> {
    fn line(&mut self, after: i64, program: &'static str, pid: Option<u32>, text: String) {
        self.lines.push(Line { time: self.now + after, host: "mx1", program, pid, text });
    }

    fn add(&mut self, at: usize, (kind, a, b, _): Action) {
        let pid = 100 + u32::from(a % 4);
        match kind % 8 {
            0 | 1 => self.message(at, pid, a, b),
            2 => self.refusal(pid, b),
            3 => self.lost(pid, b),
            4 => self.mailbox(at, a, b),
            5 => self.directory(at, pid, b),
            6 => self.submission(at, pid, a, b),
            _ => self.notice(pid, b),
        }
    }

    fn message(&mut self, at: usize, pid: u32, a: u8, b: u8) {
        let queue_id = if b.is_multiple_of(3) { format!("7F3A01C{}", a % 3) } else { format!("4Xk10{at:05}z2") };
        let client = format!("a{}.remote.example[192.0.2.{}]", a % 3, a % 3);
        let Free { sender, message_id, .. } = self.free;
        let recipients = 1 + b % 2;
        self.line(0, "postfix/smtpd", Some(pid), format!("connect from {client}"));
        self.line(0, "postfix/smtpd", Some(pid), format!("{queue_id}: client={client}"));
        self.line(0, "postfix/cleanup", Some(201), format!("{queue_id}: message-id=<{at}.{message_id}>"));
        let size = 500 + u32::from(a) * 10;
        let queued = format!("{queue_id}: from=<{sender}>, size={size}, nrcpt={recipients} (queue active)");
        self.line(0, "postfix/qmgr", Some(50), queued.clone());
        let counters = format!("ehlo=1 mail=1 rcpt={recipients} data=1 quit=1 commands=5");
        self.line(1, "postfix/smtpd", Some(pid), format!("disconnect from {client} {counters}"));
        for recipient in 0..recipients {
            self.delivery(&queue_id, recipient, a, b);
        }
        if !a.is_multiple_of(5) {
            self.line(12, "postfix/qmgr", Some(50), format!("{queue_id}: removed"));
        }
    }

    fn delivery(&mut self, queue_id: &str, recipient: u8, a: u8, b: u8) {
        let domain = DOMAINS[usize::from(a % 2)];
        let reply = self.free.reply;
        let to = format!("{queue_id}: to=<user{recipient}@{domain}>");
        if (a + b).is_multiple_of(4) {
            let why =
                "host mx.local.example[198.51.100.5] said: 451 4.7.1 Greylisted (in reply to RCPT TO command)";
            let deferred = format!(
                "{to}, relay=mx.local.example[198.51.100.5]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.7.1, status=deferred ({why})"
            );
            self.line(2, "postfix/smtp", Some(301), deferred);
        }
        let (dsn, outcome, reply) =
            if b.is_multiple_of(7) { ("5.1.1", "bounced", "user unknown") } else { ("2.0.0", "sent", reply) };
        let done = format!(
            "{to}, relay=127.0.0.1[127.0.0.1]:24, delay={}, delays=0.1/0/0/{}.9, dsn={dsn}, status={outcome} ({reply})",
            b % 9 + 1,
            b % 9
        );
        self.line(i64::from(b % 9) + 2, "postfix/lmtp", Some(302), done);
    }

    fn refusal(&mut self, pid: u32, b: u8) {
        let client = format!("c{}.spam.example[203.0.113.{}]", b % 3, b % 3);
        if b % 4 == 3 {
            return self.refusal_behind_a_filter(pid, &client);
        }
        let (stage, reply) = [
            ("RCPT", "550 5.1.1 <user9@local.example>: Recipient address rejected: User unknown"),
            ("RCPT", "450 4.2.0 <user1@local.example>: Recipient address rejected: Greylisted, try later"),
            ("MAIL", "552 5.3.4 Message size exceeds fixed limit"),
        ][usize::from(b % 3)];
        let to = if stage == "RCPT" { " to=<user1@local.example>" } else { "" };
        let Free { sender, helo, .. } = self.free;
        self.line(0, "postfix/smtpd", Some(pid), format!("connect from {client}"));
        let text = format!(
            "NOQUEUE: reject: {stage} from {client}: {reply}; from=<{sender}>{to} proto=ESMTP helo=<{helo}>"
        );
        self.line(0, "postfix/smtpd", Some(pid), text);
        self.line(
            1,
            "postfix/smtpd",
            Some(pid),
            format!("disconnect from {client} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"),
        );
    }

    fn refusal_behind_a_filter(&mut self, pid: u32, client: &str) {
        let of = "from=<bulk@spam.example> to=<user9@local.example> proto=ESMTP helo=<bulk>";
        let unknown = "550 5.1.1 <user9@local.example>: Recipient address rejected: User unknown";
        for (after, pid, text) in [
            (0, pid, format!("connect from {client}")),
            (0, pid, format!("NOQUEUE: client={client}")),
            (1, 99, "connect from localhost[127.0.0.1]".to_owned()),
            (1, 99, format!("NOQUEUE: reject: RCPT from localhost[127.0.0.1]: {unknown}; {of}")),
            (3, pid, format!("proxy-reject: END-OF-MESSAGE: 554 5.7.1 not wanted; {of}")),
            (3, 99, "disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4".to_owned()),
            (4, pid, format!("disconnect from {client} ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5")),
        ] {
            self.line(after, "postfix/smtpd", Some(pid), text);
        }
    }

    fn lost(&mut self, pid: u32, b: u8) {
        let client = "unknown[203.0.113.9]";
        let (how, after) =
            [("lost connection", "CONNECT"), ("timeout", "DATA"), ("lost connection", "RCPT")][usize::from(b % 3)];
        self.line(0, "postfix/smtpd", Some(pid), format!("connect from {client}"));
        self.line(2, "postfix/smtpd", Some(pid), format!("{how} after {after} from {client}"));
        self.line(2, "postfix/smtpd", Some(pid), format!("disconnect from {client} ehlo=1 commands=1"));
    }

    fn mailbox(&mut self, at: usize, a: u8, b: u8) {
        let session = format!("aaaaAAAA{:04}wAAH", at % 40);
        let ip = format!("192.0.2.{}", 10 + b % 4);
        let user = self.free.user;
        if a.is_multiple_of(2) {
            let login = format!(
                "imap-login: Login: user=<anna@local.example>, method=PLAIN, rip={ip}, lip=198.51.100.1, mpid=4711, TLS, session=<{session}>"
            );
            let end = format!(
                "imap(anna@local.example)<4711><{session}>: Disconnected: Logged out in=31 out=940 deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0"
            );
            // Nothing, a first database that did not know the user, an attempt that failed.
            for (after, said) in
                [&[][..], &[(0, "unknown user")], &[(-3, "Password mismatch"), (0, "unknown user")]]
                    [usize::from(b % 3)]
            {
                let text = format!("auth: passwd-file(anna@local.example,{ip},<{session}>): {said}");
                self.line(*after, "dovecot", None, text);
            }
            self.line(0, "dovecot", None, login);
            self.line(3, "dovecot", None, end);
        } else {
            let why = format!("auth: passwd-file({user},{ip},<{session}>): unknown user");
            let end = format!(
                "pop3-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{user}>, method=PLAIN, rip={ip}, lip=198.51.100.1, TLS, session=<{session}>"
            );
            self.line(0, "dovecot", None, why);
            self.line(2, "dovecot", None, end);
        }
    }

    fn directory(&mut self, at: usize, pid: u32, b: u8) {
        let filter = self.free.filter;
        let conn = format!("conn={}", 1000 + at % 5);
        for (after, text) in [
            (0, format!("{conn} fd=9 ACCEPT from IP=192.0.2.{}:35515 (IP=0.0.0.0:389)", b % 4)),
            (0, format!("{conn} op=0 BIND dn=\"\" method=128")),
            (0, format!("{conn} op=0 RESULT tag=97 err=0 qtime=0.000010 etime=0.000100 text=")),
            (1, format!("{conn} op=1 SRCH base=\"dc=local,dc=example\" scope=2 deref=0 filter=\"{filter}\"")),
            (
                1,
                format!(
                    "{conn} op=1 SEARCH RESULT tag=101 err={} qtime=0.000010 etime=0.00{b:03} nentries=1 text=",
                    [0, 32, 4][usize::from(b % 3)]
                ),
            ),
            (2, format!("{conn} op=2 UNBIND")),
            (2, format!("{conn} fd=9 closed")),
        ] {
            self.line(after, "slapd", Some(pid), text);
        }
    }

    fn submission(&mut self, at: usize, pid: u32, a: u8, b: u8) {
        let program = "postfix/submission/smtpd";
        let client = format!("unknown[192.0.2.{}]", 20 + b % 3);
        self.line(0, program, Some(pid), format!("connect from {client}"));
        if a.is_multiple_of(3) {
            let failed = "SASL LOGIN authentication failed: authentication failure";
            self.line(
                1,
                program,
                Some(pid),
                format!("warning: {client}: {failed}, sasl_username={}", self.free.user),
            );
            self.line(
                1,
                program,
                Some(pid),
                format!("disconnect from {client} ehlo=1 auth=0/1 quit=1 commands=2/3"),
            );
            return;
        }
        let queue_id = format!("4Xs10{at:05}z2");
        let user = format!("user{}@local.example", a % 4);
        self.line(
            0,
            program,
            Some(pid),
            format!("{queue_id}: client={client}, sasl_method=PLAIN, sasl_username={user}"),
        );
        self.line(0, "postfix/cleanup", Some(201), format!("{queue_id}: message-id=<s{at}@local.example>"));
        self.line(
            0,
            "postfix/qmgr",
            Some(50),
            format!("{queue_id}: from=<{user}>, size=700, nrcpt=1 (queue active)"),
        );
        self.line(
            1,
            program,
            Some(pid),
            format!("disconnect from {client} ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6"),
        );
        self.delivery(&queue_id, 1, a, b);
        self.line(12, "postfix/qmgr", Some(50), format!("{queue_id}: removed"));
    }

    fn notice(&mut self, pid: u32, b: u8) {
        match b % 4 {
            0 => {
                self.line(
                    0,
                    "postfix/smtpd",
                    Some(pid),
                    "warning: TLS library problem: error:0A00010B".to_owned(),
                );
            }
            1 => self.line(0, "systemd", Some(1), "Started Session 4 of user root.".to_owned()),
            2 => {
                let (program, pid, text) = [
                    ("postfix/master", Some(40), "daemon started -- version 3.7.11, configuration /etc/postfix"),
                    ("dovecot", None, "master: Dovecot v2.3.19.1 (9b53102964) starting up for imap, lmtp"),
                    ("slapd", Some(pid), "slapd starting"),
                ][usize::from(b % 3)];
                self.line(0, program, pid, text.to_owned());
            }
            _ => self.line(0, "postfix/smtpd", Some(pid), "something that no pattern knows".to_owned()),
        }
    }
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Rfc3164,
    Rfc3339,
    Rfc5424,
    Journal,
    OctetCounted,
    /// With facility and severity behind the host.
    Busybox,
    /// Kept by Docker, as JSON.
    Docker,
    /// Kept by Kubernetes' runtime.
    Runtime,
    /// Collected as it is.
    Collected,
    /// Collected and read: its parts stand under keys of their own.
    Parsed,
}

/// All framings.
pub const FRAMINGS: [Framing; 10] = [
    Framing::Rfc3164,
    Framing::Rfc3339,
    Framing::Rfc5424,
    Framing::Journal,
    Framing::OctetCounted,
    Framing::Busybox,
    Framing::Docker,
    Framing::Runtime,
    Framing::Collected,
    Framing::Parsed,
];

/// Writes lines in a framing, stamps in UTC.
pub fn framed(lines: &[Line], framing: Framing) -> Vec<u8> {
    lines.iter().map(|line| frame(line, framing)).collect::<String>().into_bytes()
}

fn frame(line: &Line, framing: Framing) -> String {
    let Line { time, host, program, pid, text } = line;
    let stamp = DateTime::<Utc>::from_timestamp(*time, 0).expect("a time");
    let tag = pid.map_or_else(|| (*program).to_owned(), |pid| format!("{program}[{pid}]"));
    let syslog = format!("{} {host} {tag}: {text}\n", stamp.format("%b %e %H:%M:%S"));
    let rfc3339 = stamp.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    match framing {
        Framing::Rfc3164 => syslog,
        Framing::Rfc3339 => format!("{rfc3339} {host} {tag}: {text}\n"),
        Framing::Busybox => format!("{} {host} mail.info {tag}: {text}\n", stamp.format("%b %e %H:%M:%S")),
        Framing::Docker => {
            format!("{}\n", serde_json::json!({"log": syslog, "stream": "stdout", "time": rfc3339}))
        }
        Framing::Runtime => format!("{rfc3339} stdout F {syslog}"),
        Framing::Collected => {
            let collected = serde_json::json!({
                "@timestamp": "2030-01-01T00:00:00Z",
                "host": {"name": "collector"},
                "log": {"file": {"path": "/var/log/mail.log"}},
                "message": syslog.trim_end_matches('\n'),
            });
            format!("{collected}\n")
        }
        Framing::Parsed => {
            let tag = format!("{tag}:");
            let parsed = serde_json::json!({"timereported": rfc3339, "host": host, "syslogtag": tag, "msg": format!(" {text}")});
            format!("{parsed}\n")
        }
        Framing::Rfc5424 => format!("{}\n", rfc5424(line, stamp)),
        Framing::OctetCounted => {
            let frame = rfc5424(line, stamp);
            format!("{} {frame}", frame.len())
        }
        Framing::Journal => {
            let mut entry = serde_json::json!({
                "__REALTIME_TIMESTAMP": (time * 1_000_000).to_string(),
                "_HOSTNAME": host,
                "SYSLOG_IDENTIFIER": program,
                "MESSAGE": text,
                "PRIORITY": "6",
            });
            if let Some(pid) = pid {
                entry["SYSLOG_PID"] = pid.to_string().into();
            }
            format!("{entry}\n")
        }
    }
}

fn rfc5424(line: &Line, stamp: DateTime<Utc>) -> String {
    let pid = line.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let stamp = stamp.format("%Y-%m-%dT%H:%M:%SZ");
    format!("<22>1 {stamp} {} {} {pid} - - {}", line.host, line.program, line.text)
}

/// A log with damage between its lines: NULs, bad bytes, lines without a header, repetitions, a cut end.
pub fn dirty() -> impl Strategy<Value = Vec<u8>> {
    let damage = vec((any::<u16>(), 0..8_usize), 0..6);
    (scenario(), damage, any::<bool>()).prop_map(|(lines, damage, cut)| {
        let mut pieces: Vec<Vec<u8>> =
            lines.iter().map(|line| framed(std::slice::from_ref(line), Framing::Rfc3164)).collect();
        for (at, kind) in damage {
            let at = usize::from(at) % (pieces.len() + 1);
            pieces.insert(at, DAMAGE[kind].to_vec());
        }
        let mut log = pieces.concat();
        if cut {
            log.truncate(log.len() - log.len() / 50);
        }
        log
    })
}

const DAMAGE: [&[u8]; 8] = [
    b"\n",
    b"\0\0\0\0\0\0\0\0\n",
    b"no header at all\n",
    b"Nov 24 09:00:00 mx1 last message repeated 3 times\n",
    b"Nov 24 09:00:00 mx1 postfix/smtpd[101]: bad bytes \xff\xfe and \x1b[31m\n",
    b"\xef\xbb\xbfNov 24 09:00:00 mx1 postfix/smtpd[101]: warning: a byte order mark\r\n",
    b"Feb 30 09:00:00 mx1 postfix/smtpd[101]: connect from unknown[203.0.113.9]\n",
    b"{\"MESSAGE\": 1}\n",
];

/// Lines as a person would count them: each LF ends one, and what follows the last is one, if it is anything.
pub fn count(bytes: &[u8]) -> u64 {
    let ended = bytes.split(|byte| *byte == b'\n').count() as u64;
    ended - u64::from(bytes.last().is_none_or(|byte| *byte == b'\n'))
}

/// Whether so many lines are all that there are: where a crash left NULs in a line, its parts may be lines of their own.
pub fn is_count(bytes: &[u8], lines: u64) -> bool {
    lines == count(bytes) || bytes.contains(&0) && lines > count(bytes)
}

/// Text that shows any bytes, for messages.
pub fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    bytes.iter().take(2000).for_each(|byte| {
        let _ = write!(out, "{}", std::ascii::escape_default(*byte));
    });
    out
}
