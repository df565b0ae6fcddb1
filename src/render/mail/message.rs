//! The message itself: headers of RFC 5322, parts of RFC 2046.

use super::words::{self, Identity};
use super::{File, Letter as Addressed};
use crate::address::Mailbox;
use crate::error::{Error, Exit, Result};
use crate::report::Report;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::address::Envelope;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MessageBuilder, MultiPart, SinglePart};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What stands in the message.
pub(super) struct Parts<'a> {
    pub text: String,
    pub html: String,
    pub attached: Vec<&'a File>,
}

/// A letter in plain words, without a report.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Who sends it.
    pub from: &'a Mailbox,
    /// Who gets it.
    pub to: &'a [Mailbox],
    /// When, microseconds since the epoch.
    pub date: i64,
    /// Its Message-ID, with its angle brackets.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub text: String,
}

/// The message of a letter in plain words.
///
/// # Errors
///
/// Where it cannot be put into a message.
pub fn plain(letter: &Letter<'_>) -> Result<Vec<u8>> {
    let head = head(letter.from, letter.to, letter.date, &letter.id, &letter.subject)?;
    let part = part("text/plain; charset=utf-8", letter.text.clone())?;
    Ok(end_of_line(&head.singlepart(part).map_err(|e| failed(&e))?.formatted()))
}

/// The message of a report.
pub(super) fn build(
    letter: &Addressed,
    report: &Report,
    identity: &Identity,
    parts: &Parts<'_>,
) -> Result<Vec<u8>> {
    let date = letter.date.or(report.period.end).unwrap_or(0);
    let subject = words::subject(report, &letter.prefix);
    let head = head(&identity.from, &letter.to, date, &identity.id, &subject)?;
    let mut head = head.raw_header(header("List-Id", &identity.list));
    if letter.thread {
        head = head.in_reply_to(identity.root.clone()).references(identity.root.clone());
    }
    let body = MultiPart::alternative()
        .boundary(format!("{}_a", identity.boundary))
        .singlepart(part("text/plain; charset=utf-8", parts.text.clone())?)
        .singlepart(part("text/html; charset=utf-8", parts.html.clone())?);
    let message = if parts.attached.is_empty() {
        head.multipart(body)
    } else {
        let mut mixed = MultiPart::mixed().boundary(format!("{}_m", identity.boundary)).multipart(body);
        for file in &parts.attached {
            mixed = mixed.singlepart(attachment(file)?);
        }
        head.multipart(mixed)
    };
    Ok(end_of_line(&message.map_err(|e| failed(&e))?.formatted()))
}

/// The headers that every message has. It says that no person wrote it (RFC 3834), so that no machine answers.
fn head(from: &Mailbox, to: &[Mailbox], date: i64, id: &str, subject: &str) -> Result<MessageBuilder> {
    let when = UNIX_EPOCH + Duration::from_secs(u64::try_from(date.div_euclid(1_000_000)).unwrap_or(0));
    let head =
        lettre::Message::builder().from(from.to_header()).raw_header(titled(subject)).date(when_or_epoch(when));
    let head = match to {
        // A group without members (RFC 5322 3.4) is what a message to nobody is addressed to.
        [] => head.raw_header(header("To", "undisclosed-recipients:;")).envelope(nobody(from)?),
        to => to.iter().fold(head, |head, to| head.to(to.to_header())),
    };
    Ok(head.message_id(Some(id.to_owned())).raw_header(header("Auto-Submitted", "auto-generated")))
}

/// Dates beyond the year 9999 cannot be written (RFC 5322 3.3).
fn when_or_epoch(when: SystemTime) -> SystemTime {
    const LAST: u64 = 253_402_300_799;
    if when > UNIX_EPOCH + Duration::from_secs(LAST) { UNIX_EPOCH } else { when }
}

/// The library wants an envelope; what is sent has its own.
fn nobody(from: &Mailbox) -> Result<Envelope> {
    Envelope::new(Some(from.address().clone()), vec![from.address().clone()])
        .map_err(|e| Error::new(Exit::Internal, "the message has no envelope").why(e))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), words::line(value))
}

/// A subject. What looks like an encoded word (RFC 2047) would be read as one: then all of it is encoded, and arrives as
/// it stands.
fn titled(subject: &str) -> HeaderValue {
    let plain = header("Subject", subject);
    let text = words::line(subject);
    if !text.contains("=?") {
        return plain;
    }
    let encoded = encoded(&text);
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str("Subject"), text, encoded)
}

/// Bytes in an encoded word, so that a line has at most 76 (RFC 2047 2).
const IN_WORD: usize = 39;

/// Encoded words of base64, one a line, none of which cuts a character (RFC 2047 5).
fn encoded(text: &str) -> String {
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > IN_WORD) {
            words.push(String::new());
        }
        words.iter_mut().last().into_iter().for_each(|word| word.push(c));
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?b?{}?=", BASE64.encode(word))).collect();
    words.join("\r\n ")
}

/// A part of text, quoted-printable, so that no line is long and none begins with a dot by itself.
fn part(kind: &str, text: String) -> Result<SinglePart> {
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| Error::new(Exit::Internal, "a text does not fit into a mail"))?;
    Ok(SinglePart::builder().header(content_type(kind)?).body(body))
}

fn attachment((name, kind, bytes): &File) -> Result<SinglePart> {
    let body = Body::new_with_encoding(bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| Error::new(Exit::Internal, "a file does not fit into a mail"))?;
    let name = words::line(name);
    Ok(SinglePart::builder().header(content_type(kind)?).header(ContentDisposition::attachment(&name)).body(body))
}

fn content_type(kind: &str) -> Result<ContentType> {
    ContentType::parse(kind).map_err(|e| Error::new(Exit::Internal, format!("`{kind}` is no type")).why(e))
}

/// A message ends with a line's end.
fn end_of_line(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    if !message.ends_with(b"\r\n") {
        message.extend_from_slice(b"\r\n");
    }
    message
}

fn failed(error: &lettre::error::Error) -> Error {
    Error::new(Exit::Internal, "the message cannot be made").why(error)
}
