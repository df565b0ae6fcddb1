//! Frames: from a line to a record. Its time, host, program and process are read; the text is left as it is.
//!
//! The frame is told by the line's own first bytes, so that lines of several frames may stand in one file. What
//! comes out borrows from the line. Lines of other frames are read as a [`Layout`] says. It knows no grammar.

mod beside;
mod json;
mod layout;
mod stamps;
mod syslog;
mod template;

use crate::find;
use crate::time::stamp::{Stamp, behind_year, epoch, hex_epoch, iso, tai64n, with_weekday, yearless};
use std::borrow::Cow;

pub use beside::uncoloured;
pub use layout::{Bound, Laid, Layout, Sample, Spec, first_stamp};
pub use stamps::Stamps;
pub(crate) use syslog::MOST_REPETITIONS;
pub use syslog::{
    TagEnd, header_end, is_repetition, may_be_line, octet_count, repeated_text as repeated, tag, text_after,
};

/// A line with its header read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was written.
    pub stamp: Stamp,
    /// The host that wrote it; empty where the frame has none.
    pub host: Cow<'a, [u8]>,
    /// The program that wrote it; empty where the frame has none.
    pub program: Cow<'a, [u8]>,
    /// Its process id.
    pub pid: u32,
    /// What it says.
    pub text: Cow<'a, [u8]>,
}

impl<'a> Record<'a> {
    /// The same, with this host where it names none.
    fn or_of(self, host: Cow<'a, [u8]>) -> Self {
        if self.host.is_empty() { Self { host, ..self } } else { self }
    }

    /// The same, with bytes of its own.
    fn into_owned(self) -> Record<'static> {
        let [host, program, text] = [self.host, self.program, self.text].map(|part| Cow::Owned(part.into_owned()));
        Record { stamp: self.stamp, host, program, pid: self.pid, text }
    }
}

/// How many lines may stand one in the other: a program's, in what its container's runtime keeps, in what a collector makes of
/// that.
const DEPTH: usize = 3;

/// Reads a line's header; nothing where it has none that we know.
pub fn record(line: &[u8]) -> Option<Record<'_>> {
    at_depth(line, DEPTH)
}

/// The same of a line in which so many others may stand.
fn at_depth(line: &[u8], depth: usize) -> Option<Record<'_>> {
    let line = trim(line);
    let record = match line.first()? {
        b'<' => syslog::with_priority(line, depth),
        b'{' => json::record(line, None, depth),
        b'@' => tai64n(line).and_then(|(stamp, len)| counted_time(stamp, &line[len..])),
        b'0'..=b'9' => bare(line, depth).or_else(|| behind_named_day(line, depth)),
        _ => behind_named_day(line, depth).or_else(|| bare(line, depth)),
    };
    record.map(|record| unpacked(record, depth)).or_else(|| beside::record(line, depth))
}

/// The line that a text is as a whole: a stamp of its own, and what follows on one.
pub fn line_in(text: &[u8]) -> Option<Record<'_>> {
    let line = syslog::behind_facility(text).unwrap_or(text);
    syslog::is_line(line).then(|| record(line)).flatten()
}

/// A line of a program whose container's runtime sends it to syslog (Docker, `daemon/logger/syslog/syslog.go`); any other
/// line as it is.
fn unpacked(record: Record<'_>, depth: usize) -> Record<'_> {
    if !is_container(&record.program) {
        return record;
    }
    let own = match &record.text {
        Cow::Borrowed(text) => contained(record.stamp, text, depth),
        Cow::Owned(text) => contained(record.stamp, text, depth).map(Record::into_owned),
    };
    match own.filter(|own| !own.program.is_empty()) {
        Some(own) => own.or_of(record.host),
        None => record,
    }
}

/// Whether a tag is a container's id, or ends with one (Docker, `daemon/logger/loggerutils/log_tag.go`).
fn is_container(tag: &[u8]) -> bool {
    let id = tag.rsplit(|b| *b == b'/').next().unwrap_or_default();
    id.len() == 12 && id.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn behind_named_day(line: &[u8], depth: usize) -> Option<Record<'_>> {
    named_day(line).and_then(|(stamp, len)| syslog::after_stamp(stamp, &line[len..], depth))
}

/// A stamp that names a month or a day of the week.
fn named_day(line: &[u8]) -> Option<(Stamp, usize)> {
    yearless(line).or_else(|| with_weekday(line)).or_else(|| behind_year(line))
}

/// What follows a time that is counted from the epoch: the text of the program behind it (multilog, splogger), or host and
/// program (`journalctl -o short-unix`).
fn counted_time(stamp: Stamp, rest: &[u8]) -> Option<Record<'_>> {
    let text = rest.strip_prefix(b" ")?;
    let tagged = syslog::headed(stamp, text).filter(|record| record.pid != 0);
    Some(tagged.unwrap_or_else(|| headless(stamp, text)))
}

/// A line that stands in another, which was written at this time. Its own time is not looked at: it may have no year, and the
/// zone of a container, and may be wanting.
fn contained(stamp: Stamp, line: &[u8], depth: usize) -> Option<Record<'_>> {
    let line = trim(line);
    let own = match (line.first()?, depth.checked_sub(1)) {
        (b'{', Some(depth)) => json::record(line, Some(stamp), depth),
        _ => inner(line, depth),
    };
    own.map(|own| Record { stamp, ..own }).or_else(|| syslog::hostless(stamp, line))
}

/// A line that stands in another, if it has a header, and they are not too many.
fn inner(line: &[u8], depth: usize) -> Option<Record<'_>> {
    at_depth(line, depth.checked_sub(1)?)
}

/// A line that begins with a digit: ISO time, seconds since the epoch, a slapd log's hexadecimal time, or nothing we know.
fn bare(line: &[u8], depth: usize) -> Option<Record<'_>> {
    if let Some((stamp, len)) = iso(line) {
        return syslog::after_stamp(stamp, &line[len..], depth);
    }
    if let Some((stamp, len)) = epoch(line) {
        return counted_time(stamp, &line[len..]);
    }
    let counted = hex_epoch(line).and_then(|(stamp, len)| Some(headless(stamp, behind_thread(&line[len..])?)));
    counted.or_else(|| syslog::rfc5424(line))
}

/// The text behind the thread that wrote the line, in a slapd's own log.
fn behind_thread(rest: &[u8]) -> Option<&[u8]> {
    let text = rest.trim_ascii_start();
    if text.starts_with(b"0x") { Some(&text[memchr::memchr(b' ', text)? + 1..]) } else { Some(text) }
}

/// A record of a program's own log file: a time and a text, nothing else.
fn headless(stamp: Stamp, text: &[u8]) -> Record<'_> {
    Record { stamp, host: Cow::Borrowed(b""), program: Cow::Borrowed(b""), pid: 0, text: Cow::Borrowed(text) }
}

/// The stamp of a line, for those who look ahead.
pub fn stamp(line: &[u8]) -> Option<Stamp> {
    let line = trim(line);
    let stamp = match line.first()? {
        b'<' | b'{' => None,
        b'@' => tai64n(line).map(|(stamp, _)| stamp),
        b'0'..=b'9' => iso(line)
            .or_else(|| epoch(line))
            .or_else(|| hex_epoch(line))
            .or_else(|| named_day(line))
            .map(|(stamp, _)| stamp),
        _ => named_day(line).or_else(|| hex_epoch(line)).map(|(stamp, _)| stamp),
    };
    stamp.or_else(|| record(line).map(|record| record.stamp))
}

/// Takes off what is not the line's: a byte order mark, a container's name, the carriage return of CRLF, trailing blanks.
fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    behind_name(line).unwrap_or(line).trim_ascii_end()
}

/// A container's name ends within so many bytes.
const NAME_WITHIN: usize = 80;

/// A line behind the name of the container that wrote it: `name-1  | line` (docker compose, `cmd/formatter/logs.go`),
/// `name.1.id@node  | line` (`docker service logs`), `[pod/mail-0/postfix] line` (`kubectl logs --prefix`).
fn behind_name(line: &[u8]) -> Option<&[u8]> {
    if line.starts_with(b"[pod/") {
        return line[find::byte(line, b']')? + 1..].strip_prefix(b" ");
    }
    let named = line.first()?.is_ascii_alphabetic();
    let bar = find::byte(&line[..line.len().min(NAME_WITHIN)], b'|').filter(|_| named)?;
    let name = line[..bar].trim_ascii_end();
    let is_name = name.len() < bar && name.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.@".contains(b));
    line[bar + 1..].strip_prefix(b" ").filter(|_| is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of all frames, with host, program, process id and text.
    #[rustfmt::skip]
    const FRAMES: &[(&str, &str)] = &[
        // The traditional file: with a host and without, as several systems write it.
        ("Nov 20 09:00:01 mx postfix/qmgr[12]: 4F9D1: removed", "mx|postfix/qmgr|12|4F9D1: removed"),
        ("Nov 20 09:00:01 mx dovecot: Info: x: y", "mx|dovecot|0|Info: x: y"),
        ("déc. 20 09:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("11月 20 09:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("2026 Nov 20 09:00:01.123 mx slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 mx slapd[7] conn=1", "mx|slapd|7|conn=1"),
        ("Nov 20 09:00:01 mx no tag is here", "mx||0|no tag is here"),
        ("Nov 20 09:00:01 mx f(x): y", "mx||0|f(x): y"),
        // A relay's name before the host's; a zone is none.
        ("Nov 20 09:00:01 relay mx slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 UTC mx slapd[7]: x", "UTC||0|mx slapd[7]: x"),
        ("2026-11-20 09:00:01 +0200 mx slapd[7]: x", "+0200||0|mx slapd[7]: x"),
        ("Nov 20 09:00:01 relay 2026-11-20T09:00:01Z mx slapd[7]: x", "relay||0|2026-11-20T09:00:01Z mx slapd[7]: x"),
        ("Nov 20 09:00:01 relay <22>1 2026-11-20T09:00:01Z mx slapd 7 - - x", "relay||0|<22>1 2026-11-20T09:00:01Z mx slapd 7 - - x"),
        ("Nov 20 09:00:01 (none) slapd[7]: x", "(none)|slapd|7|x"),
        ("Nov 20 09:00:01 postfix/qmgr[12]: 4F9D1: removed", "|postfix/qmgr|12|4F9D1: removed"),
        ("Nov 20 09:00:01 postfix/qmgr: 4F9D1: removed", "|postfix/qmgr|0|4F9D1: removed"),
        ("2026-11-20T09:00:01Z INFO    postfix/qmgr[12]: 4F9D1: removed", "|postfix/qmgr|12|4F9D1: removed"),
        ("2026-11-20T09:00:01Z INFO no tag is here", "INFO||0|no tag is here"),
        ("2026-11-20T09:00:01Z INFO slapd: x", "INFO|slapd|0|x"),
        ("Nov 20 09:00:01 imap(anna): Disconnected", "||0|imap(anna): Disconnected"),
        ("Nov 20 09:00:01 word: text", "||0|word: text"),
        ("Nov 20 09:00:01 alone", "||0|alone"),
        ("Nov 20 09:00:01  mx  slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 mx slapd[7]: [ID 197553 mail.info] conn=1", "mx|slapd|7|conn=1"),
        ("Nov 20 09:00:01 mx last message repeated 3 times", "mx||0|last message repeated 3 times"),
        ("Nov 20 09:00:01 last message repeated 3 times", "||0|last message repeated 3 times"),
        ("Nov 20 09:00:01 --- last message repeated 3 times ---", "||0|--- last message repeated 3 times ---"),
        ("2026-11-20T09:00:01.5+01:00 mx slapd[7]: x\r", "mx|slapd|7|x"),
        ("\u{feff}2026-11-20 09:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        // With a priority; RFC 5424.
        ("<22>Nov 20 09:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("<6>2026-11-20T09:00:01Z mx slapd[7]: x", "mx|slapd|7|x"),
        ("<22>2026 Nov 20 09:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("<22>1 2026-11-20T09:00:01Z mx slapd 7 - - x", "mx|slapd|7|x"),
        ("<22>1 2026-11-20T09:00:01Z - - - id - \u{feff}x y", "||0|x y"),
        (r#"<22>1 2026-11-20T09:00:01Z mx slapd 7 id [a b="c\"] d"][e f="\]"] x"#, "mx|slapd|7|x"),
        ("1 2026-11-20T09:00:01Z mx slapd 7 - - x", "mx|slapd|7|x"),
        ("<22>1 2026-11-20T09:00:01Z mx slapd 7 - [a]", "mx|slapd|7|"),
        ("<22>1 2026-11-20T09:00:01Z mx slapd seven - - x", "mx|slapd|0|x"),
        ("<22>1 2026-11-20T09:00:01Z mx postfix 7 - -  x", "mx|postfix|7|x"),
        // The journal.
        (
            r#"{"__REALTIME_TIMESTAMP":"1","_HOSTNAME":"mx","SYSLOG_IDENTIFIER":"slapd","_COMM":"c","SYSLOG_PID":"7","_PID":"8","MESSAGE":"x \"y\""}"#,
            r#"mx|slapd|7|x "y""#,
        ),
        (r#"{"__REALTIME_TIMESTAMP":1,"_COMM":"slapd","_PID":8,"MESSAGE":[120,121]}"#, "|slapd|8|xy"),
        (r#"{"__REALTIME_TIMESTAMP":"1","_COMM":"a","_PID":["1"],"MESSAGE":["x","y"]}"#, "|a|1|x"),
        (r#"{"__REALTIME_TIMESTAMP":"1","_COMM":"a","MESSAGE":null,"x":[{"y":-1.5}]}"#, "|a|0|"),
        // What collectors write, and the lines of containers.
        (
            r#"{"timereported":"2026-11-20T09:00:01.5+00:00","hostname":"mx","programname":"postfix","syslogtag":"postfix/qmgr[7]:","msg":" x"}"#,
            "mx|postfix/qmgr|7|x",
        ),
        (r#"{"DATE":"Nov 20 09:00:01","HOST":"mx","PROGRAM":"slapd","PID":"7","MESSAGE":"x"}"#, "mx|slapd|7|x"),
        (
            r#"{"@timestamp":"2026-11-20T09:00:01Z","host":{"name":"mx"},"process":{"name":"slapd","pid":7},"message":"x"}"#,
            "mx|slapd|7|x",
        ),
        (
            r#"{"@timestamp":"2026-11-20T09:00:01Z","host":{"hostname":"h"},"log":{"offset":1},"message":"Nov 20 09:00:01 mx slapd[7]: x"}"#,
            "mx|slapd|7|x",
        ),
        (r#"{"timestamp":1795165201.5,"host":"mx","short_message":"postfix/qmgr[12]: x"}"#, "mx|postfix/qmgr|12|x"),
        (r#"{"log":"Nov 20 09:00:01 mx slapd[7]: x\n","stream":"stdout","time":"2026-11-20T09:00:01.5Z"}"#, "mx|slapd|7|x"),
        (r#"{"log":"5d2a1b3c.0f1e2d3c 0x7f01 conn=1\n","time":"2026-11-20T09:00:01.5Z"}"#, "||0|conn=1"),
        (r#"{"log":"imap(anna): Disconnected\r\n","time":"2026-11-20T09:00:01.5Z"}"#, "||0|imap(anna): Disconnected"),
        ("2026-11-20T09:00:01.5Z stdout F Nov 20 10:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("2026-11-20T09:00:01.5+01:00 stderr P postfix/qmgr[12]: x", "|postfix/qmgr|12|x"),
        (r#"2026-11-20T09:00:01Z stdout F {"__REALTIME_TIMESTAMP":"1","_COMM":"slapd","MESSAGE":"x"}"#, "|slapd|0|x"),
        ("2026-11-20T09:00:01Z Nov 20 10:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("2026-11-20T09:00:01Z 2026-11-20T10:00:01Z mx slapd[7]: x", "mx|slapd|7|x"),
        ("2026-11-20T09:00:01Z 5d2a1b3c.0f1e2d3c 0x7f01 conn=1", "||0|conn=1"),
        ("2026-11-20T09:00:01Z deadbeef slapd[7]: x", "deadbeef|slapd|7|x"),
        ("2026-11-20T09:00:01Z stdout mail: F x", "stdout|mail|0|F x"),
        (r#"{"__REALTIME_TIMESTAMP":"1","CONTAINER_ID":"a","SYSLOG_IDENTIFIER":"a","MESSAGE":"Nov 20 09:00:01 mx slapd[7]: x"}"#, "mx|slapd|7|x"),
        (r#"{"__REALTIME_TIMESTAMP":"1","_COMM":"a"}"#, "|a|0|"),
        (r#"{"@timestamp":"2026-11-20T09:00:01Z","syslog-tag":"postfix\/qmgr[12]:","source":"postfix","message":" x"}"#, "|postfix/qmgr|12|x"),
        (
            r#"{"_index":"x","_source":{"@timestamp":"2026-11-20T09:00:01Z","log":{"offset":1,"syslog":{"hostname":"mx","appname":"postfix/qmgr","procid":"12"}},"message":"x"}}"#,
            "mx|postfix/qmgr|12|x",
        ),
        (r#"{"timestamp":"1795165201500000000","host":"mx","line":"postfix/qmgr[12]: x"}"#, "mx|postfix/qmgr|12|x"),
        (r#"{"timestamp":1795165201.5,"_program":"slapd","_pid":7,"short_message":"x"}"#, "|slapd|7|x"),
        (r#"{"time":"2026-11-20T09:00:01Z","program":"slapd","tag":"daemon[3]:","log":{"host":"h"},"message":"x"}"#, "|slapd|0|x"),
        ("{\"time\":\"2026-11-20T09:00:01Z\",\"log\":\"Nov 20 09:00:01 mx slapd[7]: x\ty\"}", "mx|slapd|7|x y"),
        (r#"{"time":"2026-11-20T09:00:01Z","log":"<22>1 2026-11-20T09:00:01Z mx slapd 7 - - x"}"#, "mx|slapd|7|x"),
        (r#"2026-11-20T09:00:01Z {"time":"2026-11-20T09:00:01Z","log":"Fri 2026-11-20 09:00:01 UTC mx slapd[7]: x"}"#, "mx|slapd|7|x"),
        ("2026-11-20T09:00:01Z deadbeef.de slapd[7]: x", "deadbeef.de|slapd|7|x"),
        ("Nov 20 09:00:01 node ab12cd34ef56[812]: Nov 20 10:00:01 mx slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 node mail/smtp/ab12cd34ef56[812]: postfix/qmgr[12]: x", "node|postfix/qmgr|12|x"),
        ("<30>1 2026-11-20T09:00:01Z node ab12cd34ef56 812 ab12cd34ef56 - 2026-11-20T09:00:01Z mx slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 node ab12cd34ef56[812]: no tag is here", "node|ab12cd34ef56|812|no tag is here"),
        (
            r#"{"__REALTIME_TIMESTAMP":"1","_HOSTNAME":"node","SYSLOG_IDENTIFIER":"ab12cd34ef56","_PID":"7","MESSAGE":"slapd[7]: x \"y\""}"#,
            r#"node|slapd|7|x "y""#,
        ),
        // With facility and severity.
        ("Nov 20 09:00:01 mx mail.info slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 mx local4:debug slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 <mail.info> mx slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 <2.6> mx slapd[7]: x", "mx|slapd|7|x"),
        ("Nov 20 09:00:01 mail.info slapd[7]: x", "mail.info|slapd|7|x"),
        // Programs' own files, and those that loggers write for them.
        ("5d2a1b3c.0f1e2d3c 0x7f01 conn=1", "||0|conn=1"),
        ("5d2a1b3c conn=1", "||0|conn=1"),
        ("d92a1b3c.0f1e2d3c 0x7f01 conn=1", "||0|conn=1"),
        ("@400000004c91b044077a9e94 new msg 1", "||0|new msg 1"),
        ("1116876543.123456 new msg 1", "||0|new msg 1"),
        ("1116876543.123456 delivery 1: success: x", "||0|delivery 1: success: x"),
        ("1116876543.123456 mx slapd[7]: x", "mx|slapd|7|x"),
        ("Fri 2026-11-20 09:00:01 UTC mx slapd[7]: x", "mx|slapd|7|x"),
    ];

    #[test]
    fn the_header_of_a_line_is_read_in_every_frame() {
        for (line, expected) in FRAMES {
            let record = record(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            let [host, program, text] =
                [&record.host, &record.program, &record.text].map(|part| String::from_utf8_lossy(part));
            assert_eq!(format!("{host}|{program}|{}|{text}", record.pid), *expected, "{line}");
            assert_eq!(stamp(line.as_bytes()), Some(record.stamp), "{line}");
        }
    }

    #[test]
    fn a_header_that_is_told_at_first_sight_is_the_one_that_is_read() {
        for rest in
            ["mx postfix/qmgr[12]: 4F9D1: removed", "mx slapd[7]: [ID 197553 mail.info] conn=1 ", "mx dovecot: x"]
        {
            let line = format!("Nov 20 09:00:01 {rest}");
            let record = record(line.as_bytes()).expect("a record");
            let end = header_end(rest.as_bytes()).expect("a header");
            let program = &rest.as_bytes()["mx ".len()..end.program];
            assert_eq!((program, end.pid), (&*record.program, record.pid), "{rest}");
            assert_eq!(text_after(&rest.as_bytes()[end.text..]), &*record.text, "{rest}");
        }
        assert_eq!(header_end(b"mx no tag is here"), None);
    }

    #[test]
    fn a_line_without_a_header_is_no_record() {
        for line in [
            "",
            "text alone",
            "Nov 20 09:00:01",
            "<>Nov 20 09:00:01 mx slapd: x",
            "<2x>Nov 20 09:00:01 mx slapd: x",
            "<12345>Nov 20 09:00:01 mx slapd: x",
            "<22>1 2026-11-20T09:00:01Z mx slapd 7 -",
            r#"<22>1 2026-11-20T09:00:01Z mx slapd 7 - [a b="]"#,
            r#"{"MESSAGE":"x"}"#,
            r#"{"time":"2026-11-20T09:00:01Z","log":"x"} y"#,
            r#"{"time":"now","log":"x"}"#,
            r#"["x"]"#,
            "[pod/mail-0/postfix",
            "{",
            "@400000004c91b044077a9e94",
            "5d2a1b3c.0f1e2d3c 0x7f01",
        ] {
            assert_eq!(record(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn what_is_kept_at_once_tells_the_time_and_what_is_collected_later_does_not() {
        let of = |line: &str| record(line.as_bytes()).expect("a record").stamp;
        let (own, other) = ("2026-11-20T09:00:01Z", "2026-11-20T10:00:02Z");
        let line = format!("{own} mx slapd[7]: x");
        let stamp = |text: &str| iso(text.as_bytes()).expect("a stamp").0;
        assert_eq!(of(&format!(r#"{{"@timestamp":"{other}","message":"{line}"}}"#)), stamp(own));
        assert_eq!(of(&format!(r#"{{"time":"{other}","log":"{line}"}}"#)), stamp(other));
        assert_eq!(of(&format!("{other} stdout F {line}")), stamp(other));
        let written = |(stamp, _): (Stamp, usize)| stamp.before(Stamp::Instant(crate::time::DAY * 366 * 60));
        let collected = of(r#"{"timestamp":"2029-12-20T00:00:00Z","message":"Nov 20 09:00:01 mx slapd[7]: x"}"#);
        assert_eq!(Some(collected), yearless(b"Nov 20 09:00:01").map(written));
        let nested =
            (0..20).fold(line.clone(), |line, _| serde_json::json!({"time": other, "log": line}).to_string());
        assert!(record(nested.as_bytes()).is_some_and(|record| record.text.starts_with(b"{")));
        let long = format!("{other} ").repeat(100_000);
        assert!(
            record(long.as_bytes()).is_some(),
            "it does not matter how many stamps stand one behind the other"
        );
    }

    #[test]
    fn what_counts_is_read_before_a_line() {
        let counts = ["12 <22>1 x", "1 <", "0 <x", "12 x", "12<x", " <", "1234567890 <x"]
            .map(|text| octet_count(text.as_bytes()));
        assert_eq!(counts, [Some((3, 12)), Some((2, 1)), None, None, None, None, None]);
        for (text, expected) in [
            ("message repeated 3 times: [ x]", (3, "x")),
            ("message repeated 0 times: [x", (1, "x")),
            ("message repeated 99999 times: [ x]", (MOST_REPETITIONS, "x")),
            ("message repeated x times: [ x]", (1, "message repeated x times: [ x]")),
            ("x", (1, "x")),
        ] {
            assert_eq!(repeated(text.as_bytes()), (expected.0, expected.1.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_line_may_stand_behind_a_containers_name() {
        let line = "Nov 20 09:00:01 mx postfix/qmgr[12]: 4F9D1: removed";
        for named in [
            format!("mail-1  | {line}"),
            format!("Mail_1 | {line}\r"),
            format!("mail.1.z8s9k2l3@node1    | {line}"),
            format!("[pod/mail-0/postfix] {line}"),
        ] {
            assert_eq!(record(named.as_bytes()), record(line.as_bytes()), "{named}");
            assert_eq!(stamp(named.as_bytes()), stamp(line.as_bytes()), "{named}");
        }
        for other in [format!("a b | {line}"), format!("mail|{line}"), "mail |".to_owned()] {
            assert_eq!(record(other.as_bytes()), None, "{other}");
        }
    }
}
