//! One JSON object a line: what journald exports (systemd, `src/shared/logs-show.c`), what Docker keeps of a container
//! (moby, `daemon/logger/jsonfilelog`), and what collectors write: rsyslog, syslog-ng, Vector, Fluent Bit, Filebeat, GELF.
//!
//! Each names the same few things in its own words. Where a collector does not read what it collects, the text is a line of
//! its own.

use super::{Record, contained, inner, syslog};
use crate::time::stamp::{Stamp, value, yearless};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// What a key tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// When the logger received the line, in microseconds since the epoch; trusted over the line's own stamp.
    Micros,
    /// The same in another form.
    Written,
    /// A time: that of the line, or that at which it was collected.
    Time,
    Host,
    Program,
    /// A program with its process id, `program[pid]:`.
    Tag,
    Pid,
    Text,
    /// The name of what an object stands for.
    Name,
    /// Where a line came from: a host (Graylog), a program, a file (Filebeat before 7), a stream (Docker's driver `fluentd`).
    Source,
    /// That the text is a container's output (moby, `daemon/logger/journald`).
    Container,
    /// An object that tells all or some of these (Elasticsearch, `_source`; ECS, `log.syslog`).
    Within,
}

/// The keys. Of several for one thing the first in this order counts.
const KEYS: &[(&str, Part)] = &[
    // journald
    ("__REALTIME_TIMESTAMP", Part::Micros),
    ("_HOSTNAME", Part::Host),
    ("SYSLOG_IDENTIFIER", Part::Program),
    ("_COMM", Part::Program),
    ("SYSLOG_PID", Part::Pid),
    ("_PID", Part::Pid),
    ("MESSAGE", Part::Text),
    ("CONTAINER_ID", Part::Container),
    // Docker
    ("time", Part::Written),
    ("log", Part::Text),
    // rsyslog, by the names of its properties
    ("timereported", Part::Time),
    ("timegenerated", Part::Time),
    ("programname", Part::Program),
    ("app-name", Part::Program),
    ("syslogtag", Part::Tag),
    ("syslog-tag", Part::Tag),
    ("procid", Part::Pid),
    ("msg", Part::Text),
    // syslog-ng, by the names of its macros
    ("ISODATE", Part::Time),
    ("DATE", Part::Time),
    ("HOST", Part::Host),
    ("PROGRAM", Part::Program),
    ("PID", Part::Pid),
    // Vector, Fluent Bit, Filebeat, GELF, Loki
    ("@timestamp", Part::Time),
    ("timestamp", Part::Time),
    ("date", Part::Time),
    // A host by these names goes before one that may be the collector's.
    ("logsource", Part::Host),
    ("sysloghost", Part::Host),
    ("hostname", Part::Host),
    ("host", Part::Host),
    ("fromhost", Part::Host),
    ("appname", Part::Program),
    ("ident", Part::Program),
    ("program", Part::Program),
    ("process", Part::Program),
    ("_program", Part::Program),
    ("source", Part::Source),
    ("tag", Part::Tag),
    ("pid", Part::Pid),
    ("_pid", Part::Pid),
    ("message", Part::Text),
    ("short_message", Part::Text),
    ("line", Part::Text),
    ("name", Part::Name),
    ("_source", Part::Within),
    ("syslog", Part::Within),
];

/// What an object says: the values of the keys that are known, each with the place of its key.
struct Said<'a>(Vec<(usize, Value<'a>)>);

impl<'a> Said<'a> {
    /// What the first of the keys for a thing tells that does.
    fn take<T>(&mut self, part: Part, read: impl Fn(Value<'a>) -> Option<T>) -> Option<T> {
        let keys = KEYS.iter().enumerate().filter(|(_, (_, of))| *of == part);
        keys.filter_map(|(key, _)| self.0.iter().position(|(own, _)| *own == key).map(|at| self.0.swap_remove(at)))
            .find_map(|(_, value)| read(value))
    }

    /// Adds what objects in it tell of the line.
    fn unfold(&mut self) {
        let mut at = 0;
        while let Some((key, value)) = self.0.get(at) {
            if !tells_within(*key, value) {
                at += 1;
            } else if let (key, Value::Object(mut told)) = self.0.swap_remove(at) {
                told.0.retain(|(inner, _)| KEYS[key].1 == Part::Within || KEYS[*inner].1 == Part::Within);
                self.0.extend(told.0);
            }
        }
    }

    fn bytes(&mut self, part: Part) -> Option<Cow<'a, [u8]>> {
        self.take(part, Value::into_bytes)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Said<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Keys).map(Self)
    }
}

/// Reads the values of the keys that are known.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Vec<(usize, Value<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut said = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            match key {
                Some(key) => said.push((key, map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(said)
    }
}

/// Reads a key: its place, if it is known.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(KEYS.iter().position(|(known, _)| *known == key))
    }
}

/// A value. journald writes an array of bytes where a text is not UTF-8, several texts where it was given several times, and
/// null where it is too long.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Bytes(Vec<u8>),
    Several(Vec<Value<'a>>),
    Number(f64),
    Nothing,
    Object(#[serde(borrow)] Said<'a>),
    Other(IgnoredAny),
}

impl<'a> Value<'a> {
    fn into_bytes(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Text(Cow::Borrowed(text)) => Some(Cow::Borrowed(text.as_bytes())),
            Self::Text(Cow::Owned(text)) => Some(Cow::Owned(text.into_bytes())),
            Self::Bytes(bytes) => Some(Cow::Owned(bytes)),
            Self::Several(values) => values.into_iter().next()?.into_bytes(),
            Self::Number(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            Self::Nothing => Some(Cow::Borrowed(b"")),
            Self::Object(_) | Self::Other(_) => None,
        }
    }

    /// The same of an object too, by what names it.
    fn into_name(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Object(mut said) => {
                [Part::Host, Part::Program, Part::Name].into_iter().find_map(|part| said.bytes(part))
            }
            other => other.into_bytes(),
        }
    }

    fn number<N: std::str::FromStr>(self) -> Option<N> {
        std::str::from_utf8(&self.into_bytes()?).ok()?.parse().ok()
    }

    fn stamp(self) -> Option<Stamp> {
        let text = self.into_bytes()?;
        let yearless = || yearless(&text).filter(|(_, len)| *len == text.len()).map(|(stamp, _)| stamp);
        value(&text).or_else(yearless)
    }
}

/// Whether a value is an object that tells of the line, or in which such an object may stand.
fn tells_within(key: usize, value: &Value<'_>) -> bool {
    matches!((KEYS[key].1, value), (Part::Within | Part::Text, Value::Object(_)))
}

/// Reads a line in which so many others may stand, and which was kept at this time.
pub(super) fn record(line: &[u8], kept: Option<Stamp>, depth: usize) -> Option<Record<'_>> {
    if let Ok(said) = serde_json::from_slice(line) {
        return told(said, kept, depth);
    }
    // Collectors pass on bytes that may stand in no JSON text (RFC 8259 7 and 8.1).
    let cleaned = String::from_utf8_lossy(line).replace(|c: char| c.is_ascii_control(), " ");
    told(serde_json::from_str(&cleaned).ok()?, kept, depth).map(Record::into_owned)
}

fn told(mut said: Said<'_>, kept: Option<Stamp>, depth: usize) -> Option<Record<'_>> {
    said.unfold();
    let received = said.take(Part::Micros, |micros| micros.number().map(Stamp::Instant));
    // The journal may have left out a text that is too long.
    let text = said.bytes(Part::Text).or_else(|| received.map(|_| Cow::default()))?;
    let time = said.take(Part::Time, Value::stamp).or(kept);
    let at_once = received.or_else(|| said.take(Part::Written, Value::stamp)).filter(|own| !is_less(*own, time));
    let host = said.take(Part::Host, Value::into_name).unwrap_or_default();
    let source = said.bytes(Part::Source);
    if let Some(record) = source.as_deref().and_then(|source| of_source(at_once.or(time)?, source, &text)) {
        return Some(record.into_owned());
    }
    let program = program(&mut said, source).filter(|_| said.bytes(Part::Container).is_none());
    if let Some((program, pid)) = program {
        return Some(Record { stamp: at_once.or(time)?, host, program, pid, text: trimmed(text) });
    }
    let own = match at_once {
        Some(stamp) => contained(stamp, &text, depth),
        None => collected(time, &text, depth),
    };
    Some(own?.into_owned().or_of(host))
}

/// Whether a stamp has no year, and another is an instant (Fluent Bit, `parser_syslog-rfc3164`).
fn is_less(own: Stamp, other: Option<Stamp>) -> bool {
    matches!((own, other), (Stamp::Yearless(..), Some(Stamp::Instant(_))))
}

/// A line of which the stamp was taken off: its source is its host, with which it begins (Graylog, `SyslogCodec.java`).
fn of_source<'l>(stamp: Stamp, source: &[u8], text: &'l [u8]) -> Option<Record<'l>> {
    let rest = text.strip_prefix(source).filter(|_| !source.is_empty())?;
    syslog::tag(rest.strip_prefix(b" ")?)?;
    syslog::headed(stamp, text)
}

/// Whether a source is no program: a stream or a file.
fn is_no_program(source: &[u8]) -> bool {
    matches!(source, b"stdout" | b"stderr" | [b'/', ..] | [])
}

/// A line that was collected at this time; written it was at its own, or then, where it has none.
fn collected(time: Option<Stamp>, line: &[u8], depth: usize) -> Option<Record<'_>> {
    let own = inner(line, depth)
        .map(|own| Record { stamp: time.map_or(own.stamp, |time| own.stamp.before(time)), ..own });
    own.or_else(|| syslog::hostless(time?, line.trim_ascii_end()))
}

/// The program and its process id.
fn program<'a>(said: &mut Said<'a>, source: Option<Cow<'a, [u8]>>) -> Option<(Cow<'a, [u8]>, u32)> {
    let process = said.0.iter_mut().find_map(|(key, value)| match value {
        Value::Object(process) if KEYS[*key].0 == "process" => process.take(Part::Pid, Value::number),
        _ => None,
    });
    let pid = said.take(Part::Pid, Value::number).or(process);
    let source = source.filter(|source| !is_no_program(source));
    let name = said.take(Part::Program, Value::into_name).or(source);
    let tag = said.bytes(Part::Tag);
    // The tag names the program in full, where its name may be cut at a slash.
    let tag =
        tag.as_deref().and_then(syslog::tag).filter(|(tag, ..)| tag.starts_with(name.as_deref().unwrap_or(b"")));
    match tag {
        Some((tag, own, _)) => Some((Cow::Owned(tag.to_vec()), pid.unwrap_or(own))),
        None => Some((name?, pid.unwrap_or(0))),
    }
}

/// The text without the blank that stood before it (RFC 3164 5.3), and without a line end.
fn trimmed(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_ascii_end().len());
            text.drain(..text.len() - text.trim_ascii_start().len());
            Cow::Owned(text)
        }
    }
}
