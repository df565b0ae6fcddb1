//! A small SMTP server for tests: it takes messages, or behaves badly in the way that it is told.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How the server behaves.
#[derive(Clone)]
pub enum Manner {
    /// It takes every message.
    Takes,
    /// It refuses every recipient, with this answer.
    Refuses(&'static str),
    /// It takes the message and kills the client before it says so.
    Kills(Arc<Mutex<Option<u32>>>),
    /// It says a byte now and then, and never a line.
    Drips,
    /// It says its lines without an end.
    Babbles,
    /// It answers STARTTLS, and says something more before the connection is secret.
    Interrupts,
}

/// The server.
pub struct Sink {
    /// Its port on 127.0.0.1.
    pub port: u16,
    messages: Arc<Mutex<Vec<Vec<u8>>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    /// A server in the open.
    pub fn new(manner: Manner) -> Self {
        Self::with(manner, None)
    }

    /// A server that offers STARTTLS where it has a certificate.
    pub fn with(manner: Manner, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (messages, heard) = (Arc::<Mutex<Vec<Vec<u8>>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let talk = Talk { manner, tls, messages: messages.clone(), heard: heard.clone() };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                talk.with(stream);
            }
        });
        Self { port, messages, heard }
    }

    /// The messages that it took, dots taken off again.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.messages.lock().expect("nobody panicked").clone()
    }

    /// The commands that it heard.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("nobody panicked").clone()
    }
}

struct Talk {
    manner: Manner,
    tls: Option<Arc<ServerConfig>>,
    messages: Arc<Mutex<Vec<Vec<u8>>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    fn with(&self, mut stream: TcpStream) {
        match self.manner {
            Manner::Drips => loop {
                if stream.write_all(b"2").is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(100));
            },
            Manner::Babbles => loop {
                if stream.write_all(&[b'2'; 4096]).is_err() {
                    return;
                }
            },
            _ => {}
        }
        let _ = stream.write_all(b"220 sink ESMTP\r\n");
        let mut lines = BufReader::new(stream);
        if self.dialogue(&mut lines) == End::StartTls {
            let stream = lines.into_inner();
            let config = self.tls.clone().expect("it was offered");
            let connection = ServerConnection::new(config).expect("the certificate is right");
            self.dialogue(&mut BufReader::new(StreamOwned::new(connection, stream)));
        }
    }

    fn dialogue<S: Read + Write>(&self, lines: &mut BufReader<S>) -> End {
        let say = |lines: &mut BufReader<S>, text: &str| {
            let stream = lines.get_mut();
            let _ = stream.write_all(format!("{text}\r\n").as_bytes()).and_then(|()| stream.flush());
        };
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap_or(0) == 0 {
                return End::Closed;
            }
            let line = line.trim_end().to_owned();
            self.heard.lock().expect("nobody panicked").push(line.clone());
            let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match (word.as_str(), &self.manner) {
                ("EHLO", Manner::Interrupts) => say(lines, "250-sink\r\n250 STARTTLS"),
                ("EHLO", _) if self.tls.is_some() => {
                    say(lines, "250-sink\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS");
                }
                ("EHLO", _) => say(lines, "250-sink\r\n250 SIZE 50000000"),
                ("STARTTLS", Manner::Interrupts) => say(lines, "220 go on\r\n250-sink\r\n250 AUTH PLAIN"),
                ("STARTTLS", _) => {
                    say(lines, "220 go on");
                    return End::StartTls;
                }
                ("AUTH", _) => say(lines, "235 welcome"),
                ("RCPT", Manner::Refuses(answer)) => say(lines, answer),
                ("DATA", _) => {
                    say(lines, "354 go on");
                    if !self.message(lines) {
                        return End::Closed;
                    }
                    say(lines, "250 taken");
                }
                ("QUIT", _) => {
                    say(lines, "221 goodbye");
                    return End::Closed;
                }
                _ => say(lines, "250 ok"),
            }
        }
    }

    /// Reads a message; false where the client is no more.
    fn message(&self, lines: &mut impl BufRead) -> bool {
        let mut message = Vec::new();
        loop {
            let mut line = Vec::new();
            if lines.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
                return false;
            }
            assert!(line.ends_with(b"\r\n"), "a line without CRLF");
            if line == b".\r\n" {
                break;
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        self.messages.lock().expect("nobody panicked").push(message);
        if let Manner::Kills(client) = &self.manner
            && let Some(client) = client.lock().expect("nobody panicked").take()
        {
            let kill = std::process::Command::new("kill").args(["-9", &client.to_string()]).status();
            assert!(kill.expect("kill is there").success());
            return false;
        }
        true
    }
}

#[derive(PartialEq, Eq)]
enum End {
    Closed,
    StartTls,
}
