//! The way of messages, from their `Received` headers.
//!
//! Comes in: header blocks of messages, mailboxes and folders of messages. Goes out: each message's hops, the oldest
//! first, with the delay of each; and every header that could not be read, with the reason. What becomes of them is
//! not known here.

mod client;
mod clocks;
mod date;
mod fields;
mod lexis;
mod message;
mod received;
mod tls;
mod way;

pub use date::Time;
pub use received::Reason;

use crate::input::Mail;
use crate::input::mail::{Block, Blocks, header_block};
use crate::text::Text;
use rayon::prelude::*;
use std::collections::HashSet;
use std::io;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The file that holds it.
    pub file: Text,
    /// The byte of the file at which it begins.
    pub offset: u64,
    /// Its Message-ID, without the brackets (RFC 5322 3.6.4).
    pub message_id: Option<Text>,
    /// Its Date.
    pub date: Option<Time>,
    /// Its `Received` headers, however well they could be read.
    pub headers: u64,
    /// Its hops, the oldest first.
    pub hops: Vec<Hop>,
    /// The headers that could not be read, or not whole, the oldest first.
    pub unparsed: Vec<Unparsed>,
    /// Whether it is a copy of a message before it: the same headers in another file or mailbox.
    pub copy: bool,
    /// The same for two copies of a message that came the same way.
    identity: u64,
}

/// What was read so far.
#[derive(Default)]
struct Seen {
    /// Where each message lies: a file that is named twice is read once.
    places: HashSet<(PathBuf, u64)>,
    /// What tells copies.
    identities: HashSet<u64>,
}

/// One `Received` header.
#[derive(Clone, Debug, Default)]
pub struct Hop {
    /// The word behind `from`: in most programs the name that the client gave.
    pub from_host: Option<Text>,
    /// The client's address.
    pub from_ip: Option<IpAddr>,
    /// The name that the client gave, where the program tells it apart from the next.
    pub helo: Option<Text>,
    /// The client's name by reverse look-up.
    pub client_name: Option<Text>,
    /// Who took the message.
    pub by_host: Option<Text>,
    /// The protocol (RFC 3848), as it is written.
    pub protocol: Option<Text>,
    /// The TLS version; `TLS` where only its use is known.
    pub tls: Option<&'static str>,
    /// The id that the host gave it.
    pub id: Option<Text>,
    /// For whom the host took it.
    pub recipient: Option<Text>,
    /// The header's own time.
    pub time: Option<Time>,
    /// The byte of the file at which the header begins.
    pub offset: u64,
    /// Microseconds since the hop before, corrected where clocks are known to be wrong; never negative.
    pub delay: Option<i64>,
    /// Whether the clocks of this hop and the one before disagree.
    pub skewed: bool,
    /// Whether it does not take over from where the hop before ended.
    pub gap: bool,
    /// Whether the message was on this hop before.
    pub looped: bool,
    /// Whether the header was made up: its time lies more than a day after that of the next hop.
    pub forged: bool,
    /// The difference of the two times as they are written.
    raw: Option<i64>,
}

/// A header that could not be read, or not whole.
#[derive(Clone, Debug)]
pub struct Unparsed {
    /// Its text, on one line.
    pub header: Text,
    /// Why.
    pub reason: Reason,
    /// The byte of the file at which it begins.
    pub offset: u64,
}

/// What some mail led to.
#[derive(Debug, Default)]
pub struct Messages {
    /// The messages with the number of the mail that holds each, in their order.
    pub list: Vec<(usize, Message)>,
    /// Messages whose file was named before: the number of the mail that holds each, and its headers. They are not in
    /// the list.
    pub duplicates: Vec<(usize, u64)>,
    /// What could not be read, in words.
    pub problems: Vec<Text>,
}

impl Message {
    /// Microseconds from the first hop to the last: the sum of the hops where all are known, else by the times of the
    /// two, if these go forward.
    pub fn total(&self) -> Option<i64> {
        let hops = self.hops.get(1..).filter(|hops| !hops.is_empty())?;
        let sum = || hops.iter().map(|hop| hop.delay).sum::<Option<i64>>();
        let ends = || Some(self.hops.last()?.time?.micros - self.hops.first()?.time?.micros);
        sum().or_else(|| ends().filter(|total| *total >= 0))
    }
}

/// Reads the messages of some mail, each file once. `progress` is told how many of how many are done.
pub fn read(mail: &[Mail], progress: &(dyn Fn(u64, u64) + Sync)) -> Messages {
    let mut found = Messages::default();
    let mut seen = Seen::default();
    for (number, one) in mail.iter().enumerate() {
        progress(number as u64, mail.len() as u64);
        let folder = one.source.path.canonicalize().ok();
        for (file, mut message) in messages(one, &mut found.problems) {
            let place = folder.as_ref().map(|folder| (place(folder, one, file), message.offset));
            if place.is_some_and(|place| !seen.places.insert(place)) {
                found.duplicates.push((number, message.headers));
            } else {
                message.copy = !seen.identities.insert(message.identity);
                found.list.push((number, message));
            }
        }
    }
    clocks::correct(&mut found.list);
    found
}

/// The file of a message, whatever it was called. Its name as it is shown is no key: names that are not UTF-8 are shown
/// by other bytes.
fn place(canonical: &Path, mail: &Mail, file: Option<&PathBuf>) -> PathBuf {
    file.map_or_else(
        || canonical.to_owned(),
        |file| canonical.join(file.strip_prefix(&mail.source.path).unwrap_or(file)),
    )
}

/// The messages of one file or folder, in their order; in a folder with the file of each.
fn messages<'a>(mail: &'a Mail, problems: &mut Vec<Text>) -> Vec<(Option<&'a PathBuf>, Message)> {
    if mail.files.is_empty() {
        return of_file(mail, problems).into_iter().map(|message| (None, message)).collect();
    }
    let read: Vec<io::Result<Message>> = mail.files.par_iter().map(|path| of_path(path)).collect();
    let mut messages = Vec::with_capacity(read.len());
    for (path, message) in mail.files.iter().zip(read) {
        match message {
            Ok(message) => messages.push((Some(path), message)),
            Err(error) => problems.push(problem(&name(path), &error)),
        }
    }
    messages
}

fn name(path: &Path) -> Text {
    Text::from_bytes(path.as_os_str().as_bytes())
}

fn problem(name: &Text, error: &io::Error) -> Text {
    Text::from(format!("{}: {error}", name.raw()))
}

/// Reads the message that a file holds.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn of_path(path: &Path) -> io::Result<Message> {
    let message = Message { file: name(path), ..Message::default() };
    Ok(message::read_block(message, 0, &header_block(path)?.bytes))
}

/// Blocks that are taken from a mailbox before they are read by all threads.
const BATCH: usize = 4096;

fn of_file(mail: &Mail, problems: &mut Vec<Text>) -> Vec<Message> {
    let mut messages = Vec::new();
    let name = &mail.source.name;
    let mut blocks = match Blocks::open(&mail.source) {
        Ok(blocks) => blocks,
        Err(error) => {
            problems.push(problem(name, &error));
            return messages;
        }
    };
    let mut ended = false;
    while !ended {
        let mut batch: Vec<Block> = Vec::with_capacity(BATCH);
        while !ended && batch.len() < BATCH {
            match blocks.next() {
                Ok(Some(block)) => batch.push(block),
                Ok(None) => ended = true,
                Err(error) => {
                    problems.push(problem(name, &error));
                    ended = true;
                }
            }
        }
        messages.par_extend(batch.par_iter().map(|block| message::read(name, block)));
    }
    messages
}

/// Reads a message that is in memory already.
pub fn of_message(bytes: &[u8]) -> Message {
    message::read_block(Message::default(), 0, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Options, open};
    use std::fs;

    const MESSAGE: &str =
        "Received: from a.example by b.example with ESMTP id 1; 24 Nov 2026 12:00:00 +0000\n\ntext\n";

    #[test]
    fn l4_a_file_is_read_once_and_a_copy_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["mail/cur", "mail/new", "mail/tmp", "saved"] {
            fs::create_dir_all(path(name)).expect("it is made");
        }
        for name in ["mail/cur/1.M1P1.mx:2,S", "mail/tmp/2", "saved/a.eml"] {
            fs::write(path(name), MESSAGE).expect("it is written");
        }
        fs::write(path("mail/dovecot.index"), "no mail").expect("it is written");
        let paths = [path("."), path("mail/cur/1.M1P1.mx:2,S"), path("saved")];
        let options = Options { now: 0, year: None, layouts: Vec::new(), tell: |_| {} };
        let inputs = open(&paths, &options).expect("there is mail");
        let found = read(&inputs.mail, &|_, _| ());
        let copies: Vec<bool> = found.list.iter().map(|(_, message)| message.copy).collect();
        assert_eq!((copies, found.duplicates.len(), found.problems.len()), (vec![false, true], 2, 0));
    }

    #[test]
    fn l4_a_folder_whose_name_is_no_utf8_keeps_each_message() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().expect("a folder");
        let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"post\xe4mter"));
        fs::create_dir_all(&odd).expect("it is made");
        for name in [&b"a\xff.eml"[..], b"a\xfe.eml", b"b.eml"] {
            fs::write(odd.join(std::ffi::OsStr::from_bytes(name)), MESSAGE).expect("it is written");
        }
        let options = Options { now: 0, year: None, layouts: Vec::new(), tell: |_| {} };
        let inputs = open(&[odd], &options).expect("there is mail");
        let found = read(&inputs.mail, &|_, _| ());
        assert_eq!((found.list.len(), found.duplicates.len()), (3, 0));
    }
}
