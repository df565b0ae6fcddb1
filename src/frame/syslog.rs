//! Syslog: RFC 3164, the traditional file with RFC 3339 stamps, RFC 5424, and programs' own files.

use super::{Record, contained, headless};
use crate::find;
use crate::time::stamp::{Stamp, behind_year, hex_epoch, iso, yearless};
use memchr::memchr;
use std::borrow::Cow;

/// A line with a priority: `<22>Nov  4 ...` or `<22>1 2026-...` (RFC 5424 6).
pub(super) fn with_priority(line: &[u8], depth: usize) -> Option<Record<'_>> {
    let rest = behind_priority(line)?;
    if rest.starts_with(VERSION) {
        return rfc5424(rest);
    }
    let (stamp, len) = yearless(rest).or_else(|| iso(rest)).or_else(|| behind_year(rest))?;
    after_stamp(stamp, &rest[len..], depth)
}

/// What follows a priority, `<22>`.
fn behind_priority(line: &[u8]) -> Option<&[u8]> {
    let end = memchr(b'>', line.get(..6).unwrap_or(line)).filter(|_| line[0] == b'<')?;
    (end > 1 && line[1..end].iter().all(u8::is_ascii_digit)).then(|| &line[end + 1..])
}

/// The version of RFC 5424.
const VERSION: &[u8] = b"1 ";

/// RFC 5424: `1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]`, nil being `-`. A relay that does not know it
/// takes off the priority and passes on the rest.
pub(super) fn rfc5424(line: &[u8]) -> Option<Record<'_>> {
    let line = line.strip_prefix(VERSION)?;
    let (stamp, len) = iso(line)?;
    let rest = line.get(len..)?.strip_prefix(b" ")?;
    let (host, rest) = word(rest)?;
    let (program, rest) = word(rest)?;
    let (pid, rest) = word(rest)?;
    let (_message_id, rest) = word(rest)?;
    let text = after_structured_data(rest)?;
    // rsyslog leaves the blank that stood behind the tag of RFC 3164.
    let text = skip_blank(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
    Some(Record {
        stamp,
        host: Cow::Borrowed(nil(host)),
        program: Cow::Borrowed(nil(program)),
        pid: number(pid).unwrap_or(0),
        text: Cow::Borrowed(text),
    })
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b' ', text)?;
    Some((&text[..end], &text[end + 1..]))
}

fn nil(word: &[u8]) -> &[u8] {
    if word == b"-" { b"" } else { word }
}

/// The message after `-` or after `[id name="value" ...]...`, in which `"`, `\` and `]` are escaped by `\`.
fn after_structured_data(text: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = text.strip_prefix(b"-") {
        return Some(rest.strip_prefix(b" ").unwrap_or(rest));
    }
    let mut at = 0;
    while text.get(at) == Some(&b'[') {
        at = element_end(text, at)?;
    }
    let rest = text.get(at..)?;
    Some(rest.strip_prefix(b" ").unwrap_or(rest))
}

fn element_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut quoted) = (start, false);
    loop {
        match text.get(at)? {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

/// What follows a stamp: a header and a text, or a whole line.
pub(super) fn after_stamp(stamp: Stamp, rest: &[u8], depth: usize) -> Option<Record<'_>> {
    match kept(stamp, rest.trim_ascii_start()) {
        Some(line) => contained(stamp, line, depth),
        None => headed(stamp, rest),
    }
}

/// What a machine is called that was given no name (Linux, `UTS_NODENAME`).
const UNNAMED: &[u8] = b"(none)";

/// `host program[pid]: text`, `program[pid]: text`, or a text alone.
pub(super) fn headed(stamp: Stamp, rest: &[u8]) -> Option<Record<'_>> {
    // A blank more than one is common.
    let rest = rest.trim_ascii_start();
    if is_line(rest) {
        return Some(headless(stamp, rest));
    }
    let rest = bracketed_priority(rest).or_else(|| behind_severity(rest)).unwrap_or(rest);
    let end = memchr(b' ', rest).unwrap_or(rest.len());
    let first = &rest[..end];
    if let Some(text) = repeated(rest) {
        return Some(tagged(stamp, b"", text));
    }
    let is_text = memchr(b'(', first).is_some() && first != UNNAMED;
    if first.last() == Some(&b':') || is_text || end == rest.len() {
        return hostless(stamp, rest);
    }
    let after = rest[end..].trim_ascii_start();
    let after = word(after).filter(|(first, _)| is_priority(first)).map_or(after, |(_, text)| text);
    if is_line(after) {
        return Some(Record { host: Cow::Borrowed(first), ..headless(stamp, after) });
    }
    let of_host = || tag(after).map(|tag| (first, tag));
    let relayed = || of_relayed(after).filter(|_| !is_zone(first));
    Some(match of_host().or_else(relayed) {
        Some((host, (program, pid, text))) => record(stamp, host, program, pid, text),
        None => tagged(stamp, first, after),
    })
}

/// Whether a text begins as a line does: with a stamp or a priority.
pub(super) fn is_line(text: &[u8]) -> bool {
    match text.first() {
        Some(b'0'..=b'9') => iso(text.strip_prefix(VERSION).unwrap_or(text)).is_some(),
        Some(b'A'..=b'Z') => text.get(3) == Some(&b' ') && yearless(text).is_some(),
        Some(b'<') => behind_priority(text).is_some_and(is_line),
        _ => false,
    }
}

/// Whether a text may be a line, at first sight.
#[inline]
pub fn may_be_line(text: &[u8]) -> bool {
    matches!(text, [b'0'..=b'9' | b'<', ..] | [b'A'..=b'Z', _, _, b' ', ..])
}

/// The host and the tag of a line before which a relay put its own name alone.
fn of_relayed(rest: &[u8]) -> Option<(&[u8], (&[u8], u32, &[u8]))> {
    let (host, rest) = word(rest)?;
    let is_name = host.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b));
    Some((host, own_tag(rest).filter(|_| is_name)?))
}

/// Whether a word is a zone that stands behind a stamp, `UTC` or `+0200`, and no relay's name.
fn is_zone(word: &[u8]) -> bool {
    matches!(word, [b'+' | b'-', ..]) || word.iter().all(u8::is_ascii_uppercase)
}

/// The line behind a facility and a severity, `mail.info: ` (socklog).
pub(super) fn behind_facility(line: &[u8]) -> Option<&[u8]> {
    let (first, rest) = word(line)?;
    first.strip_suffix(b":").filter(|word| is_priority(word))?;
    Some(rest.trim_ascii_start())
}

/// The line of a container that stands behind the time at which it was written: `stdout F line`, where the runtime keeps it
/// (Kubernetes, `kuberuntime/logs/logs.go`), or a line with a time of its own (`docker logs --timestamps`).
fn kept(stamp: Stamp, rest: &[u8]) -> Option<&[u8]> {
    if !matches!(stamp, Stamp::Instant(_)) {
        return None;
    }
    let of_runtime = || match rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))? {
        [b'F' | b'P', b' ', line @ ..] => Some(line),
        _ => None,
    };
    // A word of eight hexadecimal digits may be a host's name, but with a fraction it is a time, as slapd's own log has it.
    let counted = || hex_epoch(rest).filter(|(_, len)| matches!(len, 14 | 17));
    let timed = || yearless(rest).or_else(|| iso(rest)).or_else(counted).map(|_| rest);
    // Fluentd puts a tag between the time and the object (`plugin/formatter_out_file.rb`).
    let behind_tag = || memchr(b'\t', rest).filter(|at| !rest[..*at].contains(&b' ')).map(|at| &rest[at + 1..]);
    let object = || [Some(rest), behind_tag()].into_iter().flatten().find(|line| line.first() == Some(&b'{'));
    of_runtime().or_else(timed).or_else(object)
}

/// Facilities and severities as their names are written (RFC 5424 6.2.1; syslog.h, `facilitynames` and `prioritynames`).
const FACILITIES: [&[u8]; 16] = [
    b"audit",
    b"auth",
    b"authpriv",
    b"console",
    b"cron",
    b"daemon",
    b"ftp",
    b"kern",
    b"lpr",
    b"mail",
    b"news",
    b"ntp",
    b"security",
    b"syslog",
    b"user",
    b"uucp",
];
const SEVERITIES: [&[u8]; 12] = [
    b"none", b"emerg", b"panic", b"alert", b"crit", b"err", b"error", b"warning", b"warn", b"notice", b"info",
    b"debug",
];

/// Whether a word is a facility and a severity: `mail.info` (busybox, `sysklogd/syslogd.c`), `local4:debug` (AIX).
fn is_priority(word: &[u8]) -> bool {
    let Some(at) = memchr::memchr2(b'.', b':', word) else { return false };
    let (facility, severity) = (&word[..at], &word[at + 1..]);
    (FACILITIES.contains(&facility) || facility.starts_with(b"local")) && SEVERITIES.contains(&severity)
}

/// The tag and the text behind a severity in capitals, which a template may have where it names no host (docker-postfix,
/// `rsyslog.conf`).
fn behind_severity(rest: &[u8]) -> Option<&[u8]> {
    let (first, rest) = word(rest)?;
    let told = first.iter().all(u8::is_ascii_uppercase)
        && SEVERITIES.iter().any(|severity| severity.eq_ignore_ascii_case(first));
    let rest = rest.trim_ascii_start();
    (told && own_tag(rest).is_some()).then_some(rest)
}

/// What follows `<mail.info> ` or `<2.6> ` before the host (FreeBSD, `syslogd -v`).
fn bracketed_priority(rest: &[u8]) -> Option<&[u8]> {
    let (first, rest) = word(rest.strip_prefix(b"<")?)?;
    let inner = first.strip_suffix(b">")?;
    let counted = inner.contains(&b'.') && inner.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    (counted || is_priority(inner)).then_some(rest)
}

/// How a text begins that says that the line before it happened again; the last is syslog-ng's (`lib/logwriter.c`).
const REPETITIONS: [&[u8]; 2] = [b"last message repeated ", b"Last message '"];

/// Whether a text says that the line before it happened again.
pub fn is_repetition(text: &[u8]) -> bool {
    REPETITIONS.iter().any(|beginning| text.starts_with(beginning))
}

/// `last message repeated N times`, or the same between dashes, which some daemons write without a host.
fn repeated(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b"--- ").unwrap_or(rest).starts_with(REPETITIONS[0]).then_some(rest)
}

pub(super) fn hostless(stamp: Stamp, rest: &[u8]) -> Option<Record<'_>> {
    match own_tag(rest) {
        Some((program, pid, text)) => Some(record(stamp, b"", program, pid, text)),
        None => (!rest.is_empty()).then(|| headless(stamp, rest)),
    }
}

/// A tag before which no host stands: a program's path or a process id tells it from a word of the text.
fn own_tag(rest: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    tag(rest).filter(|(program, pid, _)| *pid != 0 || memchr(b'/', program).is_some())
}

fn record<'a>(stamp: Stamp, host: &'a [u8], program: &'a [u8], pid: u32, text: &'a [u8]) -> Record<'a> {
    Record {
        stamp,
        host: Cow::Borrowed(host),
        program: Cow::Borrowed(program),
        pid,
        text: Cow::Borrowed(solaris(text)),
    }
}

fn tagged<'a>(stamp: Stamp, host: &'a [u8], text: &'a [u8]) -> Record<'a> {
    record(stamp, host, b"", 0, text)
}

/// A tag: `program[pid]: `, `program: `; program, process id, and what follows.
#[inline]
pub fn tag(text: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    let end = tag_end(text)?;
    let program = &text[..end.program];
    (!program.is_empty() && !program.contains(&b'(')).then(|| (program, end.pid, &text[end.text..]))
}

/// Where a tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagEnd {
    /// Where the program's name ends.
    pub program: usize,
    /// The process id; 0 where there is none.
    pub pid: u32,
    /// Where the text begins.
    pub text: usize,
}

/// The end of the tag of what follows a stamp and a blank, `host program[pid]: text` or `host program: text`; nothing
/// where it does not have that form at first sight.
#[inline]
pub fn header_end(rest: &[u8]) -> Option<TagEnd> {
    let start = find::byte(rest, b' ')? + 1;
    let end = tag_end(&rest[start..])?;
    Some(TagEnd { program: start + end.program, text: start + end.text, ..end })
}

#[inline]
fn tag_end(text: &[u8]) -> Option<TagEnd> {
    let program = find::one_of(text.get(..128).unwrap_or(text), *b"[: ")?;
    let (pid, mut end) = match text[program] {
        b':' => (0, program + 1),
        b'[' => {
            let (pid, len) = leading_number(&text[program + 1..])?;
            let closed = program + 1 + len;
            (text.get(closed) == Some(&b']')).then_some(())?;
            (pid, closed + 1 + usize::from(text.get(closed + 1) == Some(&b':')))
        }
        _ => return None,
    };
    end += usize::from(text.get(end) == Some(&b' '));
    Some(TagEnd { program, pid, text: end })
}

/// The text behind a tag, without what does not belong to it.
#[inline]
pub fn text_after(text: &[u8]) -> &[u8] {
    solaris(text.trim_ascii_end())
}

/// The number at the start of a text, and its digits.
#[inline]
fn leading_number(text: &[u8]) -> Option<(u32, usize)> {
    let mut number = 0_u32;
    let mut len = 0;
    while let Some(digit) = text.get(len).filter(|b| b.is_ascii_digit()) {
        number = number.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
        len += 1;
    }
    (len > 0).then_some((number, len))
}

fn skip_blank(text: &[u8]) -> &[u8] {
    text.strip_prefix(b" ").unwrap_or(text)
}

/// Solaris puts `[ID 197553 mail.info] ` after the tag.
fn solaris(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"[ID ") {
        Some(rest) => memchr(b']', rest).map_or(text, |end| skip_blank(&rest[end + 1..])),
        None => text,
    }
}

fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |sum, b| {
        b.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u32::from(b - b'0')))
    })
}

/// The length of an octet-counted frame at the start of `text` (RFC 6587 3.4.1: `MSG-LEN SP SYSLOG-MSG`): the
/// bytes of the count with its blank, and those of the message.
pub fn octet_count(text: &[u8]) -> Option<(usize, usize)> {
    let digits = text.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || text[0] == b'0' || text.get(digits) != Some(&b' ') || text.get(digits + 1) != Some(&b'<') {
        return None;
    }
    let count = number(&text[..digits])?;
    Some((digits + 1, usize::try_from(count).ok()?))
}

/// The most repetitions that one line is believed; more is no truth but a forgery.
pub(crate) const MOST_REPETITIONS: u32 = 10_000;

/// `message repeated 3 times: [ text]`, as rsyslogd writes it (`tools/syslogd.c`): how often, and the text.
#[inline]
pub fn repeated_text(text: &[u8]) -> (u32, &[u8]) {
    if text.first() != Some(&b'm') {
        return (1, text);
    }
    let inner = || {
        let rest = text.strip_prefix(b"message repeated ")?;
        let blank = memchr(b' ', rest)?;
        let count = number(&rest[..blank])?;
        let inner = rest[blank..].strip_prefix(b" times: [")?;
        let inner = inner.strip_suffix(b"]").unwrap_or(inner);
        Some((count.clamp(1, MOST_REPETITIONS), skip_blank(inner)))
    };
    inner().unwrap_or((1, text))
}
