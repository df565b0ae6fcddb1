//! Mail among the input: messages, mailboxes, folders of messages. What they are is told by content.
//!
//! Only the header blocks of messages are read; what a header means is not known here.

use super::{Compression, Identity, Source, identity};
use crate::text::Text;
use memchr::{memchr, memchr_iter};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest header block that is read; of a longer one, its beginning.
pub const LONGEST_BLOCK: usize = 1 << 20;

/// How much of a line is looked at in a message's text.
const LONGEST_START: usize = 512;

/// What a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines of a log, or anything else.
    Log,
    /// One message (RFC 5322).
    Message,
    /// Messages one behind the other, each after a line that begins with `From ` (RFC 4155).
    Mailbox,
}

/// Mail: a file, standard input, or a folder of messages.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The file, or the folder that holds the files.
    pub source: Source,
    /// The files of a folder, one message each, in order of name; none where the source holds the mail itself.
    pub files: Vec<PathBuf>,
}

impl Mail {
    /// What tells every file that holds it from all others.
    pub fn identities(&self) -> impl Iterator<Item = Identity> + '_ {
        let of_file = |path: &PathBuf| fs::metadata(path).map(|file| identity(&file)).ok();
        std::iter::once(self.source.file()).chain(self.files.iter().filter_map(of_file))
    }
}

/// The header block of a message and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The byte of the file at which the message begins.
    pub message: u64,
    /// The byte at which the block begins: after the `From ` line of a mailbox.
    pub start: u64,
    /// The block, its empty line included.
    pub bytes: Vec<u8>,
}

/// The end of a message's header block, its empty line included, where the text reaches so far.
fn end_of_block(text: &[u8]) -> Option<usize> {
    let empty = |at: usize| match text[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    };
    empty(0).or_else(|| memchr_iter(b'\n', text).find_map(|at| empty(at + 1)))
}

/// Fields of which two together tell a message that has no `Received`.
const KNOWN: [&str; 9] = [
    "return-path",
    "delivered-to",
    "message-id",
    "date",
    "from",
    "to",
    "subject",
    "mime-version",
    "x-original-to",
];

/// What a text holds that begins so.
pub(super) fn kind(head: &[u8]) -> Kind {
    let (first, rest) = split_line(head);
    if is_separator(first) && is_block(rest) {
        Kind::Mailbox
    } else if is_block(head) {
        Kind::Message
    } else {
        Kind::Log
    }
}

/// Whether a text begins with fields, `Received` or two that every message has among them.
fn is_block(head: &[u8]) -> bool {
    if head.starts_with(b" ") || head.starts_with(b"\t") {
        return false;
    }
    let (mut rest, mut known) = (head, 0);
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        let cut = after.is_empty() && !rest.ends_with(b"\n");
        rest = after;
        if line.is_empty() {
            break;
        }
        // `>From ` is a `From ` line that a mailbox hid.
        if line.starts_with(b" ") || line.starts_with(b"\t") || line.starts_with(b">From ") {
            continue;
        }
        match field_name(line) {
            Some(name) if name.eq_ignore_ascii_case("received") => return true,
            Some(name) => known += usize::from(KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))),
            // The head may end within a field's name.
            None if cut => {}
            None => return false,
        }
    }
    known >= 2
}

/// Whether a text breaks off within a field: what it holds is then not settled by it.
pub(super) fn ends_in_field(head: &[u8]) -> bool {
    field_name(&head[memchr::memrchr(b'\n', head).map_or(0, |at| at + 1)..]).is_some()
}

/// The name of a field (RFC 5322 2.2): here it begins with a letter, as no stamp of a log does.
fn field_name(line: &[u8]) -> Option<&str> {
    let end = line.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'-' && *b != b'_')?;
    // Blanks before the colon are obsolete (RFC 5322 4.5).
    let colon = line[end..].iter().find(|b| !matches!(b, b' ' | b'\t'));
    let is_name = line.first().is_some_and(u8::is_ascii_alphabetic) && colon == Some(&b':');
    std::str::from_utf8(&line[..end]).ok().filter(|_| is_name)
}

/// The line that stands before each message of a mailbox: `From `, who, and when (RFC 4155).
fn is_separator(line: &[u8]) -> bool {
    let is_clock = |part: &[u8]| part[0].is_ascii_digit() && part[1] == b':' && part[2].is_ascii_digit();
    line.starts_with(b"From ") && line.windows(3).any(is_clock)
}

/// Whether a line tells a day as C's `asctime` does: `Tue Nov 24`.
fn tells_day(line: &[u8]) -> bool {
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').filter(|word| !word.is_empty()).collect();
    let is_one =
        |word: &[u8], names: &str| word.len() == 3 && std::str::from_utf8(word).is_ok_and(|w| names.contains(w));
    words.windows(3).any(|three| {
        is_one(three[0], "Mon Tue Wed Thu Fri Sat Sun")
            && is_one(three[1], "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
            && three[2].iter().all(u8::is_ascii_digit)
    })
}

/// A line without its end, and what follows.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b'\n', text);
    let line = &text[..end.unwrap_or(text.len())];
    (line.strip_suffix(b"\r").unwrap_or(line), end.map_or(&[], |end| &text[end + 1..]))
}

/// The folders of a Maildir whose messages count: `tmp` holds what is not delivered yet.
const MAILDIR: [&str; 2] = ["new", "cur"];

/// Whether a folder is a Maildir.
pub(super) fn is_maildir(folder: &Path) -> bool {
    MAILDIR.iter().all(|name| folder.join(name).is_dir())
}

/// Whether a folder in a Maildir is one of its own.
pub(super) fn is_part_of_maildir(folder: &Path) -> bool {
    MAILDIR.iter().chain(&["tmp"]).any(|name| folder.ends_with(name))
}

/// The messages of a Maildir.
pub(super) fn maildir(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for part in MAILDIR.map(|name| folder.join(name)) {
        for entry in std::fs::read_dir(part)? {
            // What is no file is no message, and a pipe would be waited for.
            let entry = entry?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file()) || entry.path().is_file();
            files.extend(is_file.then(|| entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

/// How much of a file is read at first: of most messages that is the header block.
const FIRST: usize = 4 << 10;

/// The header block of the message that a file holds.
///
/// # Errors
///
/// Where the file cannot be read.
pub fn header_block(path: &Path) -> io::Result<Block> {
    let mut file = File::open(path)?;
    let mut head = Vec::with_capacity(FIRST);
    file.by_ref().take(FIRST as u64).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    if let Some(end) = end_of_block(&head).filter(|_| compression == Compression::None) {
        head.truncate(end);
        return Ok(Block { bytes: head, ..Block::default() });
    }
    let reader: Box<dyn Read> = match compression {
        Compression::None => Box::new(io::Cursor::new(head).chain(file)),
        compression => compression.reader(File::open(path)?)?,
    };
    Ok(Blocks::of(reader, Kind::Message).next()?.unwrap_or_default())
}

/// Walks the messages of a file.
pub struct Blocks<'a> {
    reader: BufReader<Box<dyn Read + 'a>>,
    kind: Kind,
    /// The byte at which the next line begins.
    at: u64,
    /// Where the message begins whose `From ` line was read.
    begun: Option<u64>,
}

impl std::fmt::Debug for Blocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blocks at {}", self.at)
    }
}

/// A line as far as it was kept.
struct Line {
    start: u64,
    bytes: Vec<u8>,
}

impl Line {
    fn is_empty(&self) -> bool {
        matches!(self.bytes.as_slice(), b"\n" | b"\r\n")
    }
}

impl<'a> Blocks<'a> {
    /// Opens a source.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened.
    pub fn open(source: &Source) -> io::Result<Self> {
        Ok(Self::of(source.text()?, source.kind))
    }

    fn of(reader: Box<dyn Read + 'a>, kind: Kind) -> Self {
        // Of a message only the beginning is wanted, of a mailbox everything.
        let capacity = if kind == Kind::Mailbox { 256 << 10 } else { 4 << 10 };
        Self { reader: BufReader::with_capacity(capacity, reader), kind, at: 0, begun: None }
    }

    /// The next message's block, or nothing at the end.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    #[expect(clippy::should_implement_trait, reason = "an iterator of results would have to go on after an error")]
    pub fn next(&mut self) -> io::Result<Option<Block>> {
        if self.kind != Kind::Mailbox {
            return if self.at > 0 { Ok(None) } else { self.block(0).map(Some) };
        }
        if self.begun.is_none() && !self.skip_to_separator()? {
            return Ok(None);
        }
        match self.begun.take() {
            Some(message) => self.block(message).map(Some),
            None => Ok(None),
        }
    }

    /// Reads up to the empty line, or up to the next `From ` line where there is none.
    fn block(&mut self, message: u64) -> io::Result<Block> {
        let mut block = Block { message, start: self.at, bytes: Vec::new() };
        while let Some(line) = self.line(LONGEST_BLOCK)? {
            if self.kind == Kind::Mailbox && is_separator(&line.bytes) {
                self.begun = Some(line.start);
                break;
            }
            let full = block.bytes.len() + line.bytes.len() > LONGEST_BLOCK;
            if !full {
                block.bytes.extend_from_slice(&line.bytes);
            }
            if full || line.is_empty() {
                break;
            }
        }
        Ok(block)
    }

    /// Passes over a message's text up to the next `From ` line; false at the end. Not every mailbox has an empty line
    /// before it: where there is none, it must tell who and when in full.
    fn skip_to_separator(&mut self) -> io::Result<bool> {
        let mut after_empty = true;
        while let Some(line) = self.line(LONGEST_START)? {
            if is_separator(&line.bytes) && (after_empty || tells_day(&line.bytes)) {
                self.begun = Some(line.start);
                return Ok(true);
            }
            after_empty = line.is_empty();
        }
        Ok(false)
    }

    /// The next line with its end, `most` bytes of it at most.
    fn line(&mut self, most: usize) -> io::Result<Option<Line>> {
        let mut line = Line { start: self.at, bytes: Vec::new() };
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok((self.at > line.start).then_some(line));
            }
            let end = memchr(b'\n', buffer);
            let len = end.map_or(buffer.len(), |end| end + 1);
            let room = most.saturating_sub(line.bytes.len());
            line.bytes.extend_from_slice(&buffer[..len.min(room)]);
            self.reader.consume(len);
            self.at += len as u64;
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }
}

impl Mail {
    /// A folder of messages.
    pub(super) fn folder(name: Text, path: &Path, files: Vec<PathBuf>) -> io::Result<Self> {
        Ok(Self { source: Source::of_folder(name, path)?, files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"Return-Path: <a@a.example>\nReceived: from a\n\tby b; date\nSubject: x\n\nbody\n";

    fn blocks(text: &[u8], kind: Kind) -> Vec<Block> {
        let mut blocks = Blocks::of(Box::new(text), kind);
        std::iter::from_fn(|| blocks.next().expect("memory")).collect()
    }

    #[test]
    fn mail_is_told_from_logs_by_content() {
        assert_eq!(kind(MESSAGE), Kind::Message);
        assert_eq!(kind(b"From a@b.example Tue Nov 24 12:00:00 2026\nReceived: x\n\n"), Kind::Mailbox);
        assert_eq!(kind(b"Date: x\r\nFrom: y\r\n\r\n"), Kind::Message);
        let logs: [&[u8]; 6] = [
            b"Nov 24 12:47:35 mx1 postfix/smtpd[1]: x\nReceived: forged\n",
            b"2026-11-24T12:47:35+00:00 mx1 p[1]: x\nReceived: forged\n",
            b"From here on 12:00 it is a log\nNov 24 12:47:35 mx1 p[1]: x\n",
            b"Subject: only one field\n\n",
            b" folded: x\nReceived: y\n",
            b"",
        ];
        for log in logs {
            assert_eq!(kind(log), Kind::Log, "{}", String::from_utf8_lossy(log));
        }
    }

    #[test]
    fn a_message_is_read_up_to_its_empty_line() {
        let all = blocks(MESSAGE, Kind::Message);
        assert_eq!(all.len(), 1);
        assert!(all[0].bytes.ends_with(b"Subject: x\n\n"));
    }

    #[test]
    fn a_mailbox_is_cut_at_its_separators_only() {
        let separator = b"From a@a.example Tue Nov 24 12:00:00 2026\n";
        let hidden = b"text\nFrom here at 10:00 it goes on\n>From x 1:1\n\n";
        let text =
            [separator, MESSAGE, hidden, separator, MESSAGE, separator, b"Received: no empty line before\n"]
                .concat();
        let all = blocks(&text, Kind::Mailbox);
        assert_eq!(all.len(), 3);
        let second = (separator.len() + MESSAGE.len() + hidden.len()) as u64;
        assert_eq!((all[1].message, all[1].start), (second, second + separator.len() as u64));
        assert_eq!(all[0].bytes, all[1].bytes);
    }

    #[test]
    fn t13_an_endless_block_ends() {
        let text = [b"Received: x\n".as_slice(), &b" y\n".repeat(1 << 20)].concat();
        let all = blocks(&text, Kind::Message);
        assert!(all[0].bytes.len() <= LONGEST_BLOCK);
    }
}
