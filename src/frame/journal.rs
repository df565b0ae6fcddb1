//! One JSON object a line, as `journalctl -o json` writes it (systemd, `src/shared/logs-show.c`).

use super::Record;
use crate::time::stamp::Stamp;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "__REALTIME_TIMESTAMP", borrow)]
    received: Option<Value<'a>>,
    #[serde(rename = "_HOSTNAME", borrow)]
    host: Option<Value<'a>>,
    #[serde(rename = "SYSLOG_IDENTIFIER", borrow)]
    identifier: Option<Value<'a>>,
    #[serde(rename = "_COMM", borrow)]
    command: Option<Value<'a>>,
    #[serde(rename = "SYSLOG_PID", borrow)]
    said_pid: Option<Value<'a>>,
    #[serde(rename = "_PID", borrow)]
    pid: Option<Value<'a>>,
    #[serde(rename = "MESSAGE", borrow)]
    message: Option<Value<'a>>,
}

/// A field: a string; an array of bytes where it is not UTF-8; several where it was given several times.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Bytes(Vec<u8>),
    Several(Vec<Value<'a>>),
    Number(i64),
}

impl<'a> Value<'a> {
    fn into_bytes(self) -> Cow<'a, [u8]> {
        match self {
            Self::Text(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
            Self::Text(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            Self::Bytes(bytes) => Cow::Owned(bytes),
            Self::Several(values) => values.into_iter().next().map_or(Cow::Borrowed(&b""[..]), Value::into_bytes),
            Self::Number(number) => Cow::Owned(number.to_string().into_bytes()),
        }
    }

    fn number<N: std::str::FromStr>(&self) -> Option<N> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => number.to_string().parse().ok(),
            Self::Bytes(_) | Self::Several(_) => None,
        }
    }
}

pub(super) fn record(line: &[u8]) -> Option<Record<'_>> {
    let entry: Entry<'_> = serde_json::from_slice(line).ok()?;
    let micros = entry.received.as_ref()?.number()?;
    let pid = entry.said_pid.or(entry.pid).and_then(|v| v.number()).unwrap_or(0);
    let bytes = |value: Option<Value<'_>>| {
        value.map_or(Cow::Borrowed(&b""[..]), |v| Cow::Owned(v.into_bytes().into_owned()))
    };
    Some(Record {
        stamp: Stamp::Instant(micros),
        host: bytes(entry.host),
        program: bytes(entry.identifier.or(entry.command)),
        pid,
        text: bytes(entry.message),
    })
}
