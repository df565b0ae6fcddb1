//! Layouts: how a line is read whose header is a system's own, as a grammar describes it.
//!
//! Three kinds: a stamp with a text behind it; rows of columns that a header line names (CSV, RFC 4180); JSON objects.
//! Of a row the time, the host and a text are made; the grammar's patterns read that text. A row is a line: one that a
//! quoted line break cuts in two is damaged.

use super::template::Template;
use super::{Record, headless};
use crate::time::Pattern;
use crate::time::stamp::{self, Stamp};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A layout as a grammar writes it: `stamp` alone, or `header` or `json` with `time` and `text`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// How a time is written, as for `strftime`. Where absent, it is ISO 8601, TAI64N, or counted from the epoch.
    pub stamp: Option<String>,
    /// Whether times without a zone are UTC.
    pub utc: bool,
    /// How a line begins that names the columns, the names standing behind it. Where it ends in a separator it is the
    /// first name itself.
    pub header: Option<String>,
    /// What stands between columns; a comma where absent.
    pub separator: Option<char>,
    /// A key that each JSON object has.
    pub json: Option<String>,
    /// The column or key that holds the time, or a template of several.
    pub time: Option<String>,
    /// The column or key that holds the host, or a template.
    pub host: Option<String>,
    /// The text that patterns read: columns or keys in braces, and what stands between them. Keys inside of objects are
    /// written with points, `{client.address}`; texts of a list are joined by commas; what is absent is empty.
    pub text: Option<String>,
    /// Lines with what is read of them.
    pub samples: Vec<Sample>,
}

/// A line and what a layout reads of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The line.
    pub line: String,
    /// The header line of its source, where the layout has one.
    #[serde(default)]
    pub header: Option<String>,
    /// Its time, ISO 8601, with a zone if it has one.
    pub time: String,
    /// Its host.
    #[serde(default)]
    pub host: String,
    /// The text that patterns read.
    pub text: String,
}

/// How the lines of a system are laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    rows: Rows,
    stamp: Option<Pattern>,
    utc: bool,
    time: Template,
    host: Template,
    text: Template,
}

#[derive(Clone, Debug)]
enum Rows {
    /// A stamp, and a text.
    Stamped(Pattern),
    /// Columns that a line which begins so names, with this between them.
    Columns(String, u8),
    /// JSON objects that have this key.
    Objects(String),
}

/// What stands before comments of files with columns (the W3C's extended log file format).
const COMMENT: u8 = b'#';

impl Layout {
    /// A layout as described.
    ///
    /// # Errors
    ///
    /// In words, where the description is not complete or contradicts itself.
    pub fn new(spec: &Spec) -> Result<Self, String> {
        let stamp = spec.stamp.as_deref().map(Pattern::new).transpose()?;
        let rows = match (&spec.header, &spec.json, &stamp) {
            (Some(header), None, _) => Rows::Columns(header.clone(), separator(spec)?),
            (None, Some(key), _) => Rows::Objects(key.clone()),
            (None, None, Some(stamp)) => Rows::Stamped(stamp.clone()),
            _ => return Err("a layout has a `stamp`, a `header` or a `json` key".into()),
        };
        let of_row = [&spec.time, &spec.text];
        match rows {
            Rows::Stamped(_) if of_row.iter().any(|given| given.is_some()) || spec.host.is_some() => {
                return Err(
                    "`time`, `host` and `text` are of columns and keys; behind a `stamp` all is text".into()
                );
            }
            Rows::Columns(..) | Rows::Objects(_) if of_row.iter().any(|given| given.is_none()) => {
                return Err("a layout of columns or keys says `time` and `text`".into());
            }
            _ => {}
        }
        let [time, host] =
            [&spec.time, &spec.host].map(|given| given.as_deref().map_or(Ok(Template::default()), one));
        let text = Template::new(spec.text.as_deref().unwrap_or_default())?;
        Ok(Self { rows, stamp, utc: spec.utc, time: time?, host: host?, text })
    }

    /// The layout of a source that begins so; nothing where it needs a header and the source has none.
    pub fn bind(&self, head: &[u8]) -> Option<Bound<'_>> {
        let Rows::Columns(header, separator) = &self.rows else {
            return Some(Bound { layout: self, columns: Vec::new() });
        };
        let columns = head.split(|b| *b == b'\n').find_map(|line| names(trim(line), header, *separator))?;
        let known = |name: &str| columns.iter().any(|column| column == name.as_bytes());
        self.time.names().all(known).then_some(Bound { layout: self, columns })
    }

    /// The time that a value tells.
    fn time(&self, value: &[u8]) -> Option<Stamp> {
        match &self.stamp {
            Some(pattern) => pattern.read(value).filter(|(_, len)| *len == value.len()).map(|(stamp, _)| stamp),
            None => stamp::value(value),
        }
    }

    /// A row's record, made of its values.
    fn row<'v>(&self, value: impl Fn(&str) -> Cow<'v, [u8]>) -> Option<Record<'static>> {
        let stamp = self.zoned(self.time(&self.time.fill(&value))?);
        let host = Cow::Owned(self.host.fill(&value));
        Some(Record { stamp, host, program: Cow::Borrowed(b""), pid: 0, text: Cow::Owned(self.text.fill(&value)) })
    }

    fn zoned(&self, stamp: Stamp) -> Stamp {
        match stamp {
            Stamp::Civil(micros) if self.utc => Stamp::Instant(micros),
            stamp => stamp,
        }
    }
}

/// A template of several names, or one name.
fn one(text: &str) -> Result<Template, String> {
    if text.contains('{') { Template::new(text) } else { Ok(Template::of(text)) }
}

fn separator(spec: &Spec) -> Result<u8, String> {
    let given = spec.separator.unwrap_or(',');
    u8::try_from(given).ok().filter(u8::is_ascii).ok_or_else(|| format!("`{given}` cannot separate columns"))
}

/// The names of columns, if this line gives them.
fn names(line: &[u8], header: &str, separator: u8) -> Option<Vec<Vec<u8>>> {
    let names = line.strip_prefix(header.as_bytes())?;
    let names = if header.as_bytes().ends_with(&[separator]) { line } else { names };
    cells(names, separator).map(|cells| cells.into_iter().map(Cow::into_owned).collect())
}

/// The cells of a row.
fn cells(row: &[u8], separator: u8) -> Option<Vec<Cow<'_, [u8]>>> {
    if memchr::memchr(b'"', row).is_none() {
        return Some(row.split(|b| *b == separator).map(Cow::Borrowed).collect());
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .buffer_capacity(1 << 10)
        .from_reader(row);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).ok().filter(|found| *found)?;
    Some(record.iter().map(|cell| Cow::Owned(cell.to_vec())).collect())
}

/// Takes off a byte order mark and the carriage return of CRLF. Blanks at the end may be columns.
fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A layout with the names of a source's columns.
#[derive(Clone, Debug)]
pub struct Bound<'a> {
    layout: &'a Layout,
    columns: Vec<Vec<u8>>,
}

/// What a layout reads of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Laid<'l> {
    /// A line that is no row and has no time: the header, a comment.
    Note(&'l [u8]),
    /// A row.
    Row(Record<'l>),
}

impl Bound<'_> {
    /// Reads a line; nothing where it is not laid out so, or damaged.
    pub fn read<'l>(&self, line: &'l [u8]) -> Option<Laid<'l>> {
        let line = trim(line);
        match &self.layout.rows {
            Rows::Stamped(pattern) => {
                let (stamp, len) = pattern.read(line)?;
                Some(Laid::Row(headless(self.layout.zoned(stamp), &line[len..])))
            }
            Rows::Columns(header, separator) => self.columns(line, header, *separator),
            Rows::Objects(key) => object(self.layout, line, key).map(Laid::Row),
        }
    }

    /// The stamp of a line that is laid out so.
    pub fn stamp(&self, line: &[u8]) -> Option<Stamp> {
        match self.read(line)? {
            Laid::Row(record) => Some(record.stamp),
            Laid::Note(_) => None,
        }
    }

    fn columns<'l>(&self, line: &'l [u8], header: &str, separator: u8) -> Option<Laid<'l>> {
        if let Some(names) = names(line, header, separator) {
            // Chunks are read each by itself: the columns are those that the source began with.
            return (names == self.columns).then_some(Laid::Note(line));
        }
        if line.first() == Some(&COMMENT) {
            return Some(Laid::Note(line));
        }
        let cells = cells(line, separator).filter(|cells| cells.len() == self.columns.len())?;
        let place = |name: &str| self.columns.iter().position(|column| column == name.as_bytes());
        let value = |name: &str| place(name).map_or(Cow::Borrowed(&b""[..]), |at| Cow::Borrowed(&*cells[at]));
        self.layout.row(value).map(Laid::Row)
    }
}

/// A line that is a JSON object with a key.
fn object(layout: &Layout, line: &[u8], key: &str) -> Option<Record<'static>> {
    let line = line.trim_ascii();
    if line.first() != Some(&b'{') {
        return None;
    }
    let object: Value = serde_json::from_slice(line).ok()?;
    lookup(&object, key)?;
    layout.row(|name| lookup(&object, name).map_or(Cow::Borrowed(&b""[..]), |value| text(value).into()))
}

/// The value of a key, or of a key inside of an object: `client.address`.
fn lookup<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        lookup(object.get(outer)?, inner)
    })
}

/// A value as a text.
fn text(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(&b','),
        other => other.to_string().into_bytes(),
    }
}

/// The first stamp of a source's beginning that one of these layouts reads.
pub fn first_stamp(layouts: &[Arc<Layout>], head: &[u8]) -> Option<Stamp> {
    let mut bound = layouts.iter().filter_map(|layout| layout.bind(head));
    bound.find_map(|bound| head.split(|b| *b == b'\n').take(100).find_map(|line| bound.stamp(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(spec: &str) -> Result<Layout, String> {
        Layout::new(&toml::from_str(spec).expect("a description"))
    }

    fn read(spec: &str, head: &str, line: &str) -> Option<(Stamp, String, String)> {
        let layout = layout(spec).expect("a layout");
        let Laid::Row(record) = layout.bind(head.as_bytes())?.read(line.as_bytes())? else { return None };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((record.stamp, text(&record.host), text(&record.text)))
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is compared with what may not be there")]
    fn expected(host: &str, text: &str) -> Option<(Stamp, String, String)> {
        Some((Stamp::Instant(1_000_000_000_000_000), host.to_owned(), text.to_owned()))
    }

    const CSV: &str = "header = '#Fields: '\ntime = 'when'\nhost = 'at'\ntext = '{what} {who}|{nobody}'";

    #[test]
    fn columns_are_found_by_their_names() {
        let head = "#Version: 1\r\n#Fields: who,when,at,what\r\n";
        let row = "\"a,\"\"b\"\"\",2001-09-09T01:46:40Z,h,sent\r";
        assert_eq!(read(CSV, head, row), expected("h", "sent a,\"b\"|"));
        assert_eq!(read(CSV, head, "a,2001-09-09T01:46:40Z,h"), None);
        assert_eq!(read(CSV, head, "a,yesterday,h,sent"), None);
        assert!(layout(CSV).expect("a layout").bind(b"#Fields: who,what\n").is_none());
        assert_eq!(read(CSV, "", row), None);
    }

    #[test]
    fn the_first_stamp_is_that_of_the_first_row() {
        let layouts = [Arc::new(layout(CSV).expect("a layout"))];
        let (header, row) = ("#Fields: when,what\n", "2001-09-09T01:46:40Z,sent\n");
        let first = |head: String| first_stamp(&layouts, head.as_bytes());
        assert_eq!(first(format!("{header}{row}")), Some(Stamp::Instant(1_000_000_000_000_000)));
        assert_eq!(first(header.to_owned()), None);
        assert_eq!(first(row.to_owned()), None);
    }

    #[test]
    fn a_header_is_a_note_unless_it_names_other_columns() {
        let layout = layout(CSV).expect("a layout");
        let bound = layout.bind(b"\xef\xbb\xbf#Fields: when,what\n").expect("a header");
        assert!(matches!(bound.read(b"#Fields: when,what"), Some(Laid::Note(_))));
        assert!(matches!(bound.read(b"#Software: x"), Some(Laid::Note(_))));
        assert_eq!(bound.read(b"#Fields: when,who"), None);
    }

    #[test]
    fn a_header_without_a_mark_begins_with_a_name() {
        let spec = "header = 'day\t'\nseparator = '\t'\ntime = '{day} {clock}'\nutc = true\ntext = '{x}'";
        let spec = spec.replace('\'', "\"");
        assert_eq!(read(&spec, "day\tclock\tx\n", "2001-09-09\t01:46:40\t"), expected("", ""));
    }

    #[test]
    fn objects_have_keys_inside_of_keys_and_lists() {
        let spec = "json = 'mail'\ntime = 't'\ntext = '{mail.id} {mail.to} {n} {no}'";
        let line = r#" {"t":1000000000.0,"mail":{"id":"x\ty","to":["a","b"]},"n":null}"#;
        assert_eq!(read(spec, "", line), expected("", "x y a,b  "));
        assert_eq!(read(spec, "", r#"{"t":1000000000}"#), None);
        assert_eq!(read(spec, "", r#"{"t":1000000000,"mail":"#), None);
    }

    #[test]
    fn a_stamp_is_followed_by_a_text() {
        let spec = "stamp = '%d-%b-%Y %H:%M:%S%.f'\nutc = true";
        assert_eq!(read(spec, "", "09-Sep-2001 01:46:40.00 to   a"), expected("", " to   a"));
    }

    #[test]
    fn a_layout_is_of_one_kind() {
        assert!(layout("utc = true").is_err());
        assert!(layout("header = '#'\njson = 'x'\ntime = 't'\ntext = 'x'").is_err());
        assert!(layout("json = 'x'").is_err());
        assert!(layout("stamp = '%s '\ntext = '{x}'").is_err());
        assert!(layout("stamp = '%H:%M '").is_err());
    }
}
