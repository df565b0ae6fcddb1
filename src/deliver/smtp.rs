//! Delivery by SMTP (RFC 5321): one message over one connection, within one time limit.
//!
//! The dialogue is our own and not the library's for three reasons. The time limit is that of the whole, so that a
//! server that answers a byte a minute is left. What a server says before its TLS begins is not believed afterwards
//! (CVE-2011-0411). And each recipient has a fate of its own.

use super::{Carrier, Outcome, Secret};
use crate::own;
use crate::text::shown;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::Address;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of an answer at most. RFC 5321 4.5.3.1.5 allows lines of 512; no server says so much.
const MOST_ANSWER: usize = 64 * 1024;

/// Bytes of an answer that are shown.
const MOST_SHOWN: usize = 300;

/// How the connection is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It begins in the open and must become secret before anything is said (STARTTLS, RFC 3207).
    Start,
    /// It is secret from the first byte (RFC 8314 3.3).
    Implicit,
    /// It stays in the open; only to this machine itself.
    None,
}

/// Who logs in, and with what.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A server that takes mail.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub tls: Tls,
    /// Who logs in, if anybody does.
    pub login: Option<Login>,
    /// A file of certificates (PEM) that are trusted instead of those of the public authorities.
    pub ca_file: Option<PathBuf>,
    /// What the whole may take.
    pub timeout: Duration,
    /// How this machine names itself.
    pub hello: String,
}

impl Carrier for Smtp {
    fn carry(&self, message: &[u8], from: &Address, to: &[Address]) -> Outcome {
        match self.try_carry(message, from, to) {
            Ok(outcome) => outcome,
            Err(Fault::Later(why)) => Outcome::later(to, &self.told(&why)),
            Err(Fault::Refused(why)) => Outcome::refused(to, &self.told(&why)),
        }
    }
}

/// Why a message was not taken.
enum Fault {
    /// It may be taken another time: the server, the net or the settings are not right.
    Later(String),
    /// This message will never be taken.
    Refused(String),
}

type Step<T> = Result<T, Fault>;

fn later(phase: &str, why: impl std::fmt::Display) -> Fault {
    Fault::Later(format!("{phase}: {why}"))
}

impl Smtp {
    fn told(&self, why: &str) -> String {
        format!("{}:{}: {}", self.host, self.port, shown(why))
    }

    fn try_carry(&self, message: &[u8], from: &Address, to: &[Address]) -> Step<Outcome> {
        let mut talk = self.connect()?;
        talk.greeting()?;
        let mut offers = talk.hello(&self.hello)?;
        if self.tls == Tls::Start {
            talk = self.start_tls(talk, &offers)?;
            offers = talk.hello(&self.hello)?;
        }
        if let Some(login) = &self.login {
            talk.login(login, &offers)?;
        }
        let outcome = talk.send(message, from, to, &offers)?;
        // The message is taken; how the server says goodbye changes nothing.
        let _ = talk.command("QUIT", "QUIT");
        Ok(outcome)
    }

    fn connect(&self) -> Step<Talk> {
        let deadline = Instant::now() + self.timeout;
        let addresses = (self.host.as_str(), self.port).to_socket_addrs().map_err(|e| later("name", e))?;
        let mut failed = "it has no address".to_owned();
        for address in addresses {
            if self.tls == Tls::None && !address.ip().is_loopback() {
                failed = format!("{} is not this machine, and `tls` is `none`", address.ip());
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(&address, left) {
                Ok(stream) => {
                    let timed = Timed { stream, deadline };
                    let line = if self.tls == Tls::Implicit { self.secured(timed)? } else { Line::Plain(timed) };
                    return Ok(Talk { line, heard: Vec::new() });
                }
                Err(error) => failed = error.to_string(),
            }
        }
        Err(later("connect", failed))
    }

    fn start_tls(&self, mut talk: Talk, offers: &Offers) -> Step<Talk> {
        if !offers.has("STARTTLS") {
            return Err(later("STARTTLS", "the server does not offer it; nothing was sent in the open"));
        }
        talk.expect("STARTTLS", "STARTTLS", 220)?;
        if !talk.heard.is_empty() {
            return Err(later("STARTTLS", "the server said something before the connection was secret"));
        }
        match talk.line {
            Line::Plain(timed) => Ok(Talk { line: self.secured(timed)?, heard: Vec::new() }),
            line @ Line::Secret(_) => Ok(Talk { line, heard: Vec::new() }),
        }
    }

    fn secured(&self, timed: Timed) -> Step<Line> {
        let name = ServerName::try_from(self.host.clone()).map_err(|e| later("TLS", e))?;
        let config = self.client_config().map_err(|why| later("TLS", why))?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(|e| later("TLS", e))?;
        let mut stream = StreamOwned::new(connection, timed);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|e| later("TLS", tls_fault(&e)))?;
        }
        Ok(Line::Secret(Box::new(stream)))
    }

    fn client_config(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        match &self.ca_file {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(path) => {
                let unreadable = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
                let pem = own::bytes(path, own::CERTIFICATES).map_err(|e| unreadable(&e))?;
                for certificate in CertificateDer::pem_slice_iter(&pem) {
                    let certificate = certificate.map_err(|e| unreadable(&e))?;
                    roots.add(certificate).map_err(|e| unreadable(&e))?;
                }
                if roots.is_empty() {
                    return Err(unreadable(&"it holds no certificate"));
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Ok(versions.map_err(|e| e.to_string())?.with_root_certificates(roots).with_no_client_auth())
    }
}

/// What is wrong with a certificate, in words that say what to do.
fn tls_fault(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(fault)) = inner else {
        return error.to_string();
    };
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "its certificate is of no known authority; name that in `ca_file`".to_owned()
        }
        fault => format!("its certificate is not accepted: {fault:?}"),
    }
}

/// A connection that ends at its deadline, however slowly the other side speaks.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::Error::new(io::ErrorKind::TimedOut, "it takes too long"))
        } else {
            Ok(Some(left))
        }
    }
}

/// A socket that waited for too long says `would block`.
fn too_long(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            io::Error::new(io::ErrorKind::TimedOut, "it takes too long")
        }
        _ => error,
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer).map_err(too_long)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes).map_err(too_long)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// What the dialogue runs over.
enum Line {
    Plain(Timed),
    Secret(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secret(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Secret(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

/// An answer: its code, and its lines without it.
struct Answer {
    code: u16,
    lines: Vec<String>,
}

impl Answer {
    /// As people see it: the code and the first words.
    fn told(&self) -> String {
        let mut text = format!("{} {}", self.code, self.lines.join(" "));
        crate::text::crop(&mut text, MOST_SHOWN);
        text
    }

    fn is_good(&self) -> bool {
        self.code / 100 == 2
    }

    /// The fault that this answer is, if it is about this message.
    fn fault(&self, phase: &str) -> Fault {
        let told = format!("{phase}: {}", self.told());
        if self.code / 100 == 5 { Fault::Refused(told) } else { Fault::Later(told) }
    }
}

/// What a server offers: the lines of its answer to EHLO.
struct Offers(Vec<String>);

impl Offers {
    fn of(&self, keyword: &str) -> Option<&str> {
        self.0.iter().find_map(|line| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            word.eq_ignore_ascii_case(keyword).then_some(rest)
        })
    }

    fn has(&self, keyword: &str) -> bool {
        self.of(keyword).is_some()
    }
}

/// A dialogue.
struct Talk {
    line: Line,
    /// What the server said and nobody has read yet.
    heard: Vec<u8>,
}

impl Talk {
    fn greeting(&mut self) -> Step<()> {
        let answer = self.answer("greeting")?;
        if answer.is_good() { Ok(()) } else { Err(later("greeting", answer.told())) }
    }

    fn hello(&mut self, name: &str) -> Step<Offers> {
        let answer = self.command("EHLO", &format!("EHLO {name}"))?;
        if answer.is_good() { Ok(Offers(answer.lines)) } else { Err(later("EHLO", answer.told())) }
    }

    /// Logs in by PLAIN (RFC 4616), or by LOGIN where the server knows only that.
    fn login(&mut self, login: &Login, offers: &Offers) -> Step<()> {
        if matches!(self.line, Line::Plain(_)) {
            return Err(later("AUTH", "no password is sent in the open"));
        }
        let known: Vec<String> =
            offers.of("AUTH").unwrap_or_default().split_whitespace().map(str::to_ascii_uppercase).collect();
        let secret = login.password.reveal();
        let answer = if known.iter().any(|word| word == "PLAIN") {
            let words = BASE64.encode(format!("\0{}\0{secret}", login.user));
            self.command("AUTH", &format!("AUTH PLAIN {words}"))?
        } else if known.iter().any(|word| word == "LOGIN") {
            self.expect("AUTH", "AUTH LOGIN", 334)?;
            self.expect("AUTH", &BASE64.encode(&login.user), 334)?;
            self.command("AUTH", &BASE64.encode(secret))?
        } else {
            return Err(later("AUTH", "the server offers neither PLAIN nor LOGIN"));
        };
        if answer.is_good() { Ok(()) } else { Err(later("AUTH", answer.told())) }
    }

    fn send(&mut self, message: &[u8], from: &Address, to: &[Address], offers: &Offers) -> Step<Outcome> {
        let mail = mail_command(message, from, to, offers)?;
        let answer = self.command("MAIL", &mail)?;
        if !answer.is_good() {
            return Err(answer.fault("MAIL"));
        }
        let mut outcome = Outcome::default();
        for address in to {
            let answer = self.command("RCPT", &format!("RCPT TO:<{address}>"))?;
            match answer.code / 100 {
                2 => outcome.accepted.push(address.clone()),
                5 => outcome.refused.push((address.clone(), shown(&answer.told()).into_owned())),
                _ => outcome.later.push((address.clone(), shown(&answer.told()).into_owned())),
            }
        }
        if outcome.accepted.is_empty() {
            return Ok(outcome);
        }
        let answer = self.command("DATA", "DATA")?;
        if answer.code != 354 {
            return Err(answer.fault("DATA"));
        }
        self.line.write(&stuffed(message)).map_err(|e| later("DATA", e))?;
        let answer = self.answer("end of message")?;
        if answer.is_good() { Ok(outcome) } else { Err(answer.fault("end of message")) }
    }

    fn expect(&mut self, phase: &str, command: &str, code: u16) -> Step<()> {
        let answer = self.command(phase, command)?;
        if answer.code == code { Ok(()) } else { Err(later(phase, answer.told())) }
    }

    fn command(&mut self, phase: &str, command: &str) -> Step<Answer> {
        self.line.write(format!("{command}\r\n").as_bytes()).map_err(|e| later(phase, e))?;
        self.answer(phase)
    }

    /// Reads an answer: lines `250-...` up to `250 ...` (RFC 5321 4.2.1).
    fn answer(&mut self, phase: &str) -> Step<Answer> {
        let mut lines = Vec::new();
        let mut size = 0;
        loop {
            let line = self.line_of_answer(phase)?;
            size += line.len();
            if size > MOST_ANSWER {
                return Err(later(phase, "the server's answer does not end"));
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let code = text.get(..3).and_then(|code| code.parse().ok()).filter(|code| (200..600).contains(code));
            let code: u16 = code.ok_or_else(|| later(phase, "this is no SMTP server"))?;
            let more = text.as_bytes().get(3) == Some(&b'-');
            lines.push(text.get(4..).unwrap_or_default().to_owned());
            if !more {
                return Ok(Answer { code, lines });
            }
        }
    }

    fn line_of_answer(&mut self, phase: &str) -> Step<Vec<u8>> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.heard) {
                let rest = self.heard.split_off(end + 1);
                return Ok(std::mem::replace(&mut self.heard, rest));
            }
            if self.heard.len() > MOST_ANSWER {
                return Err(later(phase, "the server's answer does not end"));
            }
            let mut buffer = [0; 4096];
            match self.line.read(&mut buffer) {
                Ok(0) => return Err(later(phase, "the server hung up")),
                Ok(got) => self.heard.extend_from_slice(buffer.get(..got).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(later(phase, e)),
            }
        }
    }
}

/// The command that begins a message; the fault where the server could not take it.
fn mail_command(message: &[u8], from: &Address, to: &[Address], offers: &Offers) -> Step<String> {
    let most = offers.of("SIZE").and_then(|size| size.trim().parse::<usize>().ok()).filter(|most| *most > 0);
    if let Some(most) = most.filter(|most| message.len() > *most) {
        let told =
            format!("MAIL: the message has {} bytes, the server takes {most}; see `max_size`", message.len());
        return Err(Fault::Refused(told));
    }
    let mut command = format!("MAIL FROM:<{from}>");
    if offers.has("SIZE") {
        command = format!("{command} SIZE={}", message.len());
    }
    if to.iter().chain([from]).all(|address| address.to_string().is_ascii()) {
        return Ok(command);
    }
    if offers.has("SMTPUTF8") {
        return Ok(format!("{command} SMTPUTF8"));
    }
    Err(Fault::Refused("MAIL: an address is not ASCII, and the server knows no SMTPUTF8".to_owned()))
}

/// The message as it goes over the line: every line ends in CRLF, a dot that begins one is doubled, and a dot alone
/// ends it (RFC 5321 4.5.2). A lone CR and NUL, which no message may hold (RFC 5322 2.2, 3.5), are left out.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 32 + 8);
    let lines = message.strip_suffix(b"\n").unwrap_or(message).split(|b| *b == b'\n');
    for line in lines {
        // A dot begins the line that goes out, whatever was left out before it.
        let mut kept = line.iter().filter(|b| !matches!(b, b'\r' | 0)).peekable();
        if kept.peek() == Some(&&b'.') {
            out.push(b'.');
        }
        out.extend(kept);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_one_dot_ends_no_message() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\n"), b"a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(stuffed(b"a\rb\0c\n.\nd"), b"abc\r\n..\r\nd\r\n.\r\n");
        assert_eq!(stuffed(b"a\n\0.\n\r.\r\n"), b"a\r\n..\r\n..\r\n.\r\n");
    }

    #[test]
    fn what_a_server_offers_is_found_by_its_word() {
        let offers = Offers(vec!["mx1.example".into(), "SIZE 1000".into(), "starttls".into()]);
        assert_eq!(offers.of("SIZE"), Some("1000"));
        assert!(offers.has("STARTTLS") && !offers.has("AUTH"));
    }
}
