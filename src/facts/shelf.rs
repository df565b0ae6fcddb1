//! Facts on the disk: segments, each a Parquet file with rows of one table, one day and one host.
//!
//! Comes in: finished facts. Goes out: files that any reader of Parquet opens, and the columns that a view asks for. A
//! segment is proven by its own hash before the engine sees it: a bit that flips in a Parquet file may give another
//! answer without an error. The hash is XXH3: it is fast enough to be taken each time, and its values are fixed, which
//! those of a hash table's are not.

use super::columns::{absent, internal};
use super::order::Ordered;
use super::schema::ColumnDef;
use super::{Facts, NULL, Table, TableDef, Values, parquet};
use crate::error::{Error, Exit, Result};
use crate::event::{NO_TEXT, TextId};
use crate::own::{self, Folder, Kind};
use crate::text::Text;
use crate::time::{DAY, Span, Zone};
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, PolarsError, SerReader};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// A column beside those of the schema: the source's name, so that evidence is found without us.
pub const SOURCE_PATH: &str = "source_path";

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its file, from the shelf's folder on.
    pub path: String,
    /// Its table.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// The hash of its bytes.
    pub hash: u64,
    /// The earliest and the latest time in it, microseconds since the epoch.
    pub times: (i64, i64),
    /// The hosts in it; under no name those that told none.
    pub hosts: Vec<Text>,
    /// Whether what is personal in it was forgotten.
    #[serde(default)]
    pub forgotten: bool,
}

/// A folder with segments.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The folder.
    pub root: PathBuf,
    /// The segments, in the order in which they were written.
    pub segments: Vec<Segment>,
    /// What the names of new segments begin with.
    pub tag: String,
    /// Whether what is written must be on the disk before we go on.
    durable: bool,
    /// What must be there as long as somebody asks: a folder that goes then, a lock.
    _held: Option<Arc<dyn Any + Send + Sync>>,
}

/// The most hosts that have a partition of their own in one go: strangers may make names up.
const MOST_HOSTS: usize = 64;

/// Rows of a segment that goes with the run, at most: to lay out all of a table at once would take as much memory as the
/// rows take that are to go.
const PIECE: usize = 1 << 17;

impl Shelf {
    /// A shelf in a folder, for segments whose names begin with a tag.
    pub fn new(root: &Path, tag: &str) -> Self {
        Self { root: root.to_owned(), segments: Vec::new(), tag: tag.to_owned(), durable: true, _held: None }
    }

    /// The shelf with what must be there as long as somebody asks.
    #[must_use]
    pub fn holding(self, held: Arc<dyn Any + Send + Sync>) -> Self {
        Self { _held: Some(held), ..self }
    }

    /// A shelf for one run, which goes with it.
    ///
    /// # Errors
    ///
    /// Where no temporary folder can be made.
    pub fn temporary() -> Result<Self> {
        let folder = own::temporary(|folder| tempfile::tempdir_in(folder)).map_err(|e| {
            Error::new(Exit::CannotWrite, "what memory does not hold cannot be put aside")
                .why(e)
                .help("`TMPDIR` names a folder with room")
        })?;
        let shelf = Self::new(folder.path(), "s");
        Ok(Self { durable: false, ..shelf.holding(Arc::new(folder)) })
    }

    /// Writes all facts as segments, by table, day and host.
    ///
    /// # Errors
    ///
    /// Where a file cannot be written.
    pub fn put(&mut self, facts: &Facts, sources: &[&str]) -> Result<()> {
        let texts = Ordered::all(&facts.texts)?;
        let hosts = Hosts::of(facts);
        let tables = facts.tables();
        let most = if self.durable { usize::MAX } else { PIECE };
        let parts = tables.iter().flat_map(|table| {
            let pieces = hosts.parts(*table).into_iter().flat_map(move |part| part.pieces(most));
            pieces.map(|piece| (*table, piece))
        });
        let parts: Vec<(&dyn Table, Part)> = parts.collect();
        let first = self.segments.len();
        let written = parts.into_par_iter().enumerate().map(|(at, (table, mut part))| {
            if self.durable {
                part.sort(table);
            }
            let name = format!("facts/{}/{}/{}-{}", table.def().name, part.place(), self.tag, first + at);
            self.put_rows(table, &part.rows, &texts, sources, Segment::named(&name, part.hosts))
        });
        let mut written = written.collect::<Result<Vec<_>>>()?;
        self.segments.append(&mut written);
        Ok(())
    }

    /// Writes what is open, told as it stands: one segment for each table.
    ///
    /// # Errors
    ///
    /// Where a file cannot be written.
    pub fn put_open(&mut self, facts: &Facts, sources: &[&str]) -> Result<()> {
        let texts = Ordered::all(&facts.texts)?;
        for table in facts.tables().into_iter().filter(|table| !table.is_empty()) {
            let rows: Vec<u32> = (0..u32::try_from(table.len()).unwrap_or(u32::MAX)).collect();
            let segment = Segment::named(&format!("open/{}/{}", table.def().name, self.tag), facts.hosts());
            let written = self.put_rows(table, &rows, &texts, sources, segment)?;
            self.segments.push(written);
        }
        Ok(())
    }

    /// Takes its segments away.
    pub fn clear(&mut self) {
        for segment in self.segments.drain(..) {
            // What is left over is nobody's, and goes with the next clearing up.
            let _ = fs::remove_file(self.root.join(&segment.path));
        }
    }

    /// Writes some rows of a table as a segment.
    fn put_rows(
        &self,
        table: &dyn Table,
        rows: &[u32],
        texts: &Ordered<'_>,
        sources: &[&str],
        segment: Segment,
    ) -> Result<Segment> {
        let def = table.def();
        let values = table.columns(&(0..def.columns.len()).collect::<Vec<_>>(), Some(rows));
        let numbers = |name: &str| match def.place(name).map(|place| &values[place]) {
            Some(Values::Numbers(numbers)) => numbers.as_slice(),
            _ => &[],
        };
        let path = |source: &i64| usize::try_from(*source).ok().and_then(|place| sources.get(place)).copied();
        let paths: Vec<Option<&str>> = numbers("source").iter().map(path).collect();
        let bytes = parquet::of_values(def.columns, &values, texts, &paths, self.durable);
        let times = range(numbers("time").iter().copied().filter(|time| *time != NULL));
        let written = Segment { table: def.name.to_owned(), rows: rows.len() as u64, times, ..segment };
        self.kept(&bytes.map_err(|e| internal(&e))?, written)
    }

    /// Writes a frame as a segment.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written.
    pub fn write(&self, frame: &mut DataFrame, table: &str, name: &str, hosts: Vec<Text>) -> Result<Segment> {
        let bytes = parquet::of_frame(frame, self.durable).map_err(|e| internal(&e))?;
        let times = frame.column("time").and_then(|times| times.i64()).map_err(|e| internal(&e))?;
        let (rows, times) = (frame.height() as u64, range(times.iter().flatten()));
        self.kept(&bytes, Segment { table: table.to_owned(), rows, times, ..Segment::named(name, hosts) })
    }

    /// Writes the bytes of a segment.
    fn kept(&self, bytes: &[u8], segment: Segment) -> Result<Segment> {
        write(&self.root, Path::new(&segment.path), bytes, self.durable)?;
        Ok(Segment { bytes: bytes.len() as u64, hash: xxh3_64(bytes), ..segment })
    }

    /// The bytes of a segment, proven.
    ///
    /// # Errors
    ///
    /// Where they cannot be read, or are not those that were written.
    pub fn bytes(&self, segment: &Segment) -> Result<Vec<u8>> {
        let path = self.root.join(&segment.path);
        let bytes = own::bytes(&path, Kind::of(segment.bytes)).map_err(|e| unreadable(&path, &e))?;
        if xxh3_64(&bytes) != segment.hash {
            return Err(damaged(&path));
        }
        Ok(bytes)
    }

    /// The columns of a segment that are wanted. One that was not known when it was written is empty.
    ///
    /// # Errors
    ///
    /// Where it is not what was written.
    pub fn read(&self, segment: &Segment, table: &TableDef, wanted: impl Fn(&str) -> bool) -> Result<DataFrame> {
        let failed = |e: PolarsError| damaged(&self.root.join(&segment.path)).why(e);
        let mut reader = ParquetReader::new(Cursor::new(self.bytes(segment)?));
        let there = reader.schema().map_err(failed)?;
        let defs = || table.columns.iter().filter(|def| wanted(def.name));
        let (known, new): (Vec<_>, Vec<_>) = defs().partition(|def| there.contains(def.name));
        let known = known.iter().map(|def: &&ColumnDef| def.name.to_owned()).collect();
        let reader = reader.with_columns(Some(known)).read_parallel(ParallelStrategy::None);
        let mut frame = reader.finish().map_err(failed)?;
        for def in new {
            frame.with_column(absent(def, frame.height())).map_err(failed)?;
        }
        Ok(frame)
    }

    /// A segment with all columns that its table has now.
    ///
    /// # Errors
    ///
    /// Where it is not what was written.
    pub fn whole(&self, segment: &Segment, table: &TableDef) -> Result<DataFrame> {
        let failed = |e: PolarsError| damaged(&self.root.join(&segment.path)).why(e);
        let reader = ParquetReader::new(Cursor::new(self.bytes(segment)?));
        let frame = reader.read_parallel(ParallelStrategy::None).finish().map_err(failed)?;
        let own = table.columns.iter().map(|def| match frame.column(def.name) {
            Ok(column) => column.clone(),
            Err(_) => absent(def, frame.height()),
        });
        let columns = own.chain(frame.column(SOURCE_PATH).ok().cloned()).collect();
        DataFrame::new(frame.height(), columns).map_err(failed)
    }
}

impl Segment {
    /// A segment of this name, of which nothing else is known yet.
    fn named(name: &str, hosts: Vec<Text>) -> Self {
        let path = format!("{name}.parquet");
        Self { path, hosts, table: String::new(), rows: 0, bytes: 0, hash: 0, times: range([]), forgotten: false }
    }

    /// Whether a row of it may lie in a period.
    pub fn meets(&self, span: Span) -> bool {
        let (first, last) = self.times;
        span.start.is_none_or(|start| last >= start) && span.end.is_none_or(|end| first < end)
    }

    /// Whether all its rows lie in a period.
    pub fn lies_in(&self, span: Span) -> bool {
        let (first, last) = self.times;
        span.holds(first) && span.holds(last)
    }
}

/// The earliest and the latest of some times.
fn range(times: impl IntoIterator<Item = i64>) -> (i64, i64) {
    let wider = |range: Option<(i64, i64)>, time: i64| {
        Some(range.map_or((time, time), |(first, last)| (first.min(time), last.max(time))))
    };
    times.into_iter().fold(None, wider).unwrap_or((NULL, NULL))
}

/// A file of the store that is not what was written.
pub fn damaged(path: &Path) -> Error {
    Error::new(Exit::Data, format!("{} is damaged", path.display())).help(
        "`mailtrail store check` tells which files are; take them back from a backup, or ingest into a new store",
    )
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => return damaged(path).why("it is not there"),
        io::ErrorKind::FileTooLarge => return damaged(path).why("it has grown"),
        io::ErrorKind::InvalidInput => return damaged(path).why(error),
        _ => {}
    }
    Error::new(Exit::Io, format!("{} cannot be read", path.display())).why(error)
}

/// Writes a new file below a folder, for its owner alone whatever the umask. What has its name goes; a link is not followed.
///
/// # Errors
///
/// Where it cannot be written. A failed sync is never tried again: what the disk holds then is not known.
pub fn write(root: &Path, path: &Path, bytes: &[u8], durable: bool) -> Result<()> {
    let full = root.join(path);
    let file = made(&full, bytes).map_err(|e| not_written(&full, &e))?;
    if durable { sync(&file, &full) } else { Ok(()) }
}

fn made(full: &Path, bytes: &[u8]) -> io::Result<File> {
    full.parent().map_or(Ok(()), own::make_folder)?;
    let folder = Folder::above(full)?;
    let place = folder.path(full);
    let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place);
    let mut file = open().or_else(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => fs::remove_file(&place).and_then(|()| open()),
        _ => Err(e),
    })?;
    folder.give(&file)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Makes sure that a file is on the disk.
///
/// # Errors
///
/// Where that fails; it is not tried again.
pub fn sync(file: &File, path: &Path) -> Result<()> {
    file.sync_all().map_err(|e| not_written(path, &e))
}

/// A file cannot be written: for want of room or permission, or because the disk fails.
pub fn not_written(path: &Path, error: &io::Error) -> Error {
    const EIO: i32 = 5;
    let exit = if error.raw_os_error() == Some(EIO) { Exit::Io } else { Exit::CannotWrite };
    Error::new(exit, format!("{} cannot be written", path.display())).why(error)
}

/// The hosts of all facts, by the ids of their names.
struct Hosts {
    names: Vec<Text>,
    places: HashMap<TextId, usize>,
}

/// Rows that go into one segment.
struct Part {
    day: Option<i64>,
    hosts: Vec<Text>,
    rows: Vec<u32>,
}

impl Hosts {
    fn of(facts: &Facts) -> Self {
        let mut hosts = Self { names: Vec::new(), places: HashMap::new() };
        let mut known: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for table in facts.tables() {
            let mut ids = table.texts("host", None).unwrap_or_default();
            ids.dedup();
            for id in ids {
                if hosts.places.contains_key(&id) {
                    continue;
                }
                let name = if id == NO_TEXT { &b""[..] } else { facts.texts.get(id).unwrap_or_default() };
                let place = *known.entry(name.to_vec()).or_insert_with(|| {
                    hosts.names.push(Text::of_made(name));
                    hosts.names.len() - 1
                });
                hosts.places.insert(id, place);
            }
        }
        hosts
    }

    /// The rows of a table by day and host.
    fn parts(&self, table: &dyn Table) -> Vec<Part> {
        let times = table.numbers("time", None).unwrap_or_default();
        let hosts = table.texts("host", None).unwrap_or_default();
        let mut parts: BTreeMap<(Option<i64>, usize), Vec<u32>> = BTreeMap::new();
        let mut last: Option<((Option<i64>, TextId), (Option<i64>, usize))> = None;
        for (row, (time, host)) in (0..).zip(times.into_iter().zip(hosts)) {
            let day = (time != NULL).then(|| time.div_euclid(DAY));
            let key = match last {
                Some((of, key)) if of == (day, host) => key,
                _ => (day, self.places.get(&host).copied().unwrap_or(0).min(MOST_HOSTS)),
            };
            last = Some(((day, host), key));
            parts.entry(key).or_default().push(row);
        }
        let part = |((day, host), rows): ((Option<i64>, usize), Vec<u32>)| {
            let hosts =
                if host < MOST_HOSTS { vec![self.names[host].clone()] } else { self.names[host..].to_vec() };
            Part { day, hosts, rows }
        };
        parts.into_iter().map(part).collect()
    }
}

/// Tables whose rows come as they end, with the number of what they are of: in its order they take less room.
const BY_NUMBER: [(&str, &str); 2] = [("sessions", "session"), ("messages", "entry")];

impl Part {
    /// The same in pieces of so many rows at most.
    fn pieces(self, most: usize) -> Vec<Self> {
        let piece = |rows: &[u32]| Self { rows: rows.to_vec(), hosts: self.hosts.clone(), ..self };
        self.rows.chunks(most).map(piece).collect()
    }

    /// Puts the rows into the order in which they take the least room.
    fn sort(&mut self, table: &dyn Table) {
        let own = BY_NUMBER.iter().find(|(name, _)| *name == table.def().name);
        let numbers = own.and_then(|(_, column)| table.numbers(column, Some(&self.rows)));
        let mut rows: Vec<(i64, u32)> =
            numbers.unwrap_or_default().into_iter().zip(self.rows.iter().copied()).collect();
        rows.sort_by_key(|(number, _)| *number);
        if !rows.is_empty() {
            self.rows = rows.into_iter().map(|(_, row)| row).collect();
        }
    }

    /// Where its segment stands below its table's folder, as Hive names partitions.
    fn place(&self) -> String {
        let host = match self.hosts.as_slice() {
            [host] => safe(host.raw()),
            _ => "others~".to_owned(),
        };
        format!("day={}/host={host}", day_name(self.day))
    }
}

/// What Hive calls the partition of what is absent.
const ABSENT: &str = "__HIVE_DEFAULT_PARTITION__";

fn day_name(day: Option<i64>) -> String {
    day.map_or_else(|| ABSENT.to_owned(), |day| Zone::utc().date_text(day * DAY))
}

/// A name that is safe as a part of a path: itself where it is plain, else what is plain of it and its hash.
fn safe(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() {
        return ABSENT.to_owned();
    }
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && name.len() <= 64 && name.chars().all(plain) {
        return name.to_owned();
    }
    let kept: String = name.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    format!("{kept}~{:016x}", xxh3_64(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t21_names_of_hosts_are_safe_in_paths() {
        assert_eq!(safe("mx1.example.org"), "mx1.example.org");
        for name in ["../x", ".", "..", "-rf", "a/b", "", "a\u{0}b", "MX~1", &"x".repeat(500)] {
            let safe = safe(name);
            assert!(!safe.contains('/') && !safe.starts_with(['.', '-']) && safe.len() <= 64, "{safe}");
        }
        assert_ne!(safe("a/b"), safe("a:b"));
    }
}
