//! What stands beside a line: the name of its file, its facility, colours. It is looked for where a line has no frame without
//! it.

use super::{Record, at_depth, syslog};
use memchr::memchr;

/// Reads a line behind or between what does not belong to it.
#[cold]
pub(super) fn record(line: &[u8], depth: usize) -> Option<Record<'_>> {
    let depth = depth.checked_sub(1)?;
    if let Some(plain) = uncoloured(line) {
        return at_depth(&plain, depth).map(Record::into_owned);
    }
    let line = object(line).or_else(|| syslog::behind_facility(line)).or_else(|| behind_file(line))?;
    is_begun(line).then(|| at_depth(line, depth)).flatten()
}

/// Whether this is the beginning of a line or of an object.
fn is_begun(line: &[u8]) -> bool {
    line.first() == Some(&b'{') || syslog::is_line(line)
}

/// What stands before the objects of a sequence (RFC 7464; `journalctl -o json-seq`) and of events sent by a server (`-o
/// json-sse`).
const BEFORE_OBJECTS: [&[u8]; 2] = [b"\x1e", b"data: "];

fn object(line: &[u8]) -> Option<&[u8]> {
    BEFORE_OBJECTS.iter().find_map(|before| line.strip_prefix(*before)).filter(|line| line.first() == Some(&b'{'))
}

/// A file's name ends within so many bytes.
const FILE_WITHIN: usize = 256;

/// A line behind the name of its file and its number, as grep shows them: `mail.log.2.gz:Nov 20 ...`, `mail.log:12:Nov 20
/// ...`, `12:Nov 20 ...`, and `mail.log-Nov 20 ...` where it stands beside one that was looked for.
fn behind_file(line: &[u8]) -> Option<&[u8]> {
    let is_of_name = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+@:".contains(b);
    let len = line.iter().take(FILE_WITHIN).take_while(|b| is_of_name(b)).count();
    let ends = (1..=len).filter(|end| matches!(line[end - 1], b':' | b'-'));
    ends.map(|end| &line[end..]).find(|rest| syslog::is_line(rest))
}

/// What begins a control sequence (ECMA-48 5.4), with which terminals are told colours.
const ESCAPE: u8 = 0x1b;

/// A line without colours (`ESC [ ... m`, `ESC [ K`); nothing where it has none.
pub fn uncoloured(line: &[u8]) -> Option<Vec<u8>> {
    let mut rest = line;
    let mut plain = Vec::new();
    while let Some(at) = memchr(ESCAPE, rest) {
        let len = sequence(&rest[at..]);
        plain.extend_from_slice(&rest[..if len == 0 { at + 1 } else { at }]);
        rest = &rest[at + len.max(1)..];
    }
    (plain.len() + rest.len() < line.len()).then(|| [&plain, rest].concat())
}

/// The length of the colour that begins a text; 0 where none does.
fn sequence(text: &[u8]) -> usize {
    let Some(rest) = text.strip_prefix(&[ESCAPE, b'[']) else { return 0 };
    let numbers = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    if matches!(rest.get(numbers), Some(b'm' | b'K')) { numbers + 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::{record, stamp};
    use super::*;

    const LINE: &str = "Nov 20 09:00:01 mx postfix/qmgr[12]: 4F9D1: removed";

    #[test]
    fn a_line_may_stand_behind_what_shows_or_keeps_it() {
        for before in [
            "mail.log:",
            "/var/log/mail.log.2.gz:",
            "mail.log:12:",
            "12:",
            "mail.log-20261123-",
            "mail.info: ",
            "local4.debug:  ",
            "\x1b[36mmail_1  |\x1b[0m ",
            "\x1b[32m",
        ] {
            let line = format!("{before}{LINE}");
            assert_eq!(record(line.as_bytes()), record(LINE.as_bytes()), "{line}");
            assert_eq!(stamp(line.as_bytes()), stamp(LINE.as_bytes()), "{line}");
        }
        for before in ["helo=", "helo=x:", "a file:", "mail.info ", "x.y: ", "{", "<", "file: ", "\x1b[2J"] {
            let line = format!("{before}{LINE}");
            assert_eq!(record(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn an_object_may_stand_behind_what_parts_it_from_others() {
        let line = r#"{"__REALTIME_TIMESTAMP":"1","_COMM":"slapd","MESSAGE":"x"}"#;
        for before in ["\x1e", "data: "] {
            assert_eq!(record(format!("{before}{line}").as_bytes()), record(line.as_bytes()), "{before}");
        }
        assert_eq!(record(format!("x: {line}").as_bytes()), None);
    }

    #[test]
    fn colours_are_taken_off_and_nothing_else() {
        let plain =
            |line: &str| uncoloured(line.as_bytes()).map(|line| String::from_utf8_lossy(&line).into_owned());
        assert_eq!(plain("a\x1b[01;31m\x1b[Kb\x1b[m\x1b[Kc"), Some("abc".to_owned()));
        assert_eq!(plain("\x1b[0ma\x1b[2Jb"), Some("a\x1b[2Jb".to_owned()));
        assert_eq!(["a", "\x1b", "\x1b[", "\x1b[1", "\x1b]0;x"].map(plain), [const { None }; 5]);
    }
}
