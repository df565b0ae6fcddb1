//! The upkeep of a store: proving, pruning, compacting, forgetting.

use super::manifest::Manifest;
use super::{Store, Writer};
use crate::error::{Error, Exit, Result};
use crate::facts::{Facts, Segment, Shelf, TABLES, TableDef};
use crate::time::DAY;
use hmac::{Hmac, KeyInit, Mac};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsError, Series};
use rayon::prelude::*;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

/// A partition with more segments than this is compacted by the run that finds it so.
pub(super) const MOST_SEGMENTS: usize = 16;

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// How many times it was written.
    pub generation: u64,
    /// How many sources were read.
    pub sources: usize,
    /// How many lines.
    pub lines: u64,
    /// Facts by table, those of what is open among them.
    pub rows: Vec<(String, u64)>,
    /// Facts of what is open.
    pub open: u64,
    /// Files and bytes of facts.
    pub files: usize,
    /// Bytes of these files.
    pub bytes: u64,
    /// The earliest and the latest time of a fact.
    pub times: Option<(i64, i64)>,
}

/// How what is personal is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forget {
    /// For good: the same text becomes the same word in this one run, and nobody can tell which text it was.
    Erase,
    /// The same text becomes the same word in every run; who has the store's secret can prove a guess.
    Pseudonymize,
}

impl Store {
    /// What it holds.
    pub fn info(&self) -> Info {
        let all = || self.manifest.segments.iter().chain(&self.manifest.open);
        let rows = TABLES.iter().map(|table| {
            let of_table = all().filter(|segment| segment.table == table.name).map(|segment| segment.rows);
            (table.name.to_owned(), of_table.sum())
        });
        let times = all().filter(|segment| segment.times.0 > i64::MIN).map(|segment| segment.times);
        Info {
            generation: self.manifest.generation,
            sources: self.manifest.account.sources.len(),
            lines: self.manifest.account.lines(),
            rows: rows.filter(|(_, rows)| *rows > 0).collect(),
            open: self.manifest.open.iter().map(|segment| segment.rows).sum(),
            files: all().count(),
            bytes: all().map(|segment| segment.bytes).sum(),
            times: times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        }
    }

    /// Proves every file by its hash; what is wrong with those that are damaged.
    pub fn check(&self) -> Vec<Error> {
        let all: Vec<&Segment> = self.manifest.segments.iter().chain(&self.manifest.open).collect();
        let shelf = Shelf::new(&self.root, "");
        let mut wrong: Vec<Error> = all.par_iter().filter_map(|segment| shelf.bytes(segment).err()).collect();
        wrong.extend(self.manifest.state.iter().filter_map(|state| state.read(&self.root).err()));
        wrong
    }
}

impl Writer {
    /// Drops the facts of days before a time; how many.
    ///
    /// # Errors
    ///
    /// Where the store cannot be written.
    pub fn prune(&mut self, before: i64) -> Result<u64> {
        let start = before.div_euclid(DAY) * DAY;
        let stays = |segment: &Segment| segment.times.1 >= start || segment.times.1 == i64::MIN;
        let (kept, gone): (Vec<_>, Vec<_>) = self.store.manifest.segments.iter().cloned().partition(stays);
        self.replace(kept)?;
        Ok(gone.iter().map(|segment| segment.rows).sum())
    }

    /// Joins the segments of each partition that has more than `most`; how many segments there are fewer.
    ///
    /// # Errors
    ///
    /// Where a segment is damaged, or the store cannot be written.
    pub fn compact(&mut self, most: usize) -> Result<usize> {
        let before = self.store.manifest.segments.len();
        let segments = self.compacted(self.store.manifest.segments.clone(), most)?;
        let fewer = before - segments.len();
        if fewer > 0 {
            self.replace(segments)?;
        }
        Ok(fewer)
    }

    /// Forgets what is personal in facts of days before a time; in how many facts. Figures stay as they are. What is open
    /// stays until it is finished.
    ///
    /// # Errors
    ///
    /// Where a segment is damaged, or the store cannot be written.
    pub fn forget(&mut self, before: i64, how: Forget) -> Result<u64> {
        let start = before.div_euclid(DAY) * DAY;
        let key = self.key(how)?;
        let shelf = self.new_shelf();
        let old = |segment: &Segment| segment.times.1 < start && !segment.forgotten;
        let segments = self.store.manifest.segments.par_iter().enumerate().map(|(at, segment)| {
            if !old(segment) {
                return Ok(segment.clone());
            }
            let table = table_of(segment)?;
            let mut frame = forgotten(shelf.whole(segment, table)?, &key)?;
            let name = format!("{}/{}-f{at}", folder_of(&segment.path), shelf.tag);
            let written = shelf.write(&mut frame, &segment.table, &name, segment.hosts.clone())?;
            Ok(Segment { forgotten: true, ..written })
        });
        let segments = segments.collect::<Result<Vec<_>>>()?;
        let facts = self.store.manifest.segments.iter().filter(|segment| old(segment)).map(|segment| segment.rows);
        let facts = facts.sum();
        self.store.manifest.account.forget(start);
        self.replace(segments)?;
        Ok(facts)
    }

    /// Adds facts that no log told: measurements and gauges of probes.
    ///
    /// # Errors
    ///
    /// Where the store cannot be written.
    pub fn add(&mut self, facts: &Facts) -> Result<()> {
        let mut shelf = self.new_shelf();
        if let Err(error) = shelf.put(facts, &[]) {
            shelf.clear();
            return Err(error);
        }
        let segments = self.store.manifest.segments.iter().cloned().chain(shelf.segments).collect();
        self.replace(segments)
    }

    /// Makes these the finished facts.
    fn replace(&mut self, segments: Vec<Segment>) -> Result<()> {
        let generation = self.store.manifest.generation + 1;
        self.commit(Manifest { generation, segments, ..self.store.manifest.clone() })
    }

    /// The segments, those of a partition as one where there are more than `most`.
    pub(super) fn compacted(&self, segments: Vec<Segment>, most: usize) -> Result<Vec<Segment>> {
        let mut partitions: BTreeMap<(String, bool), Vec<Segment>> = BTreeMap::new();
        for segment in segments {
            partitions.entry((folder_of(&segment.path).to_owned(), segment.forgotten)).or_default().push(segment);
        }
        let shelf = self.new_shelf();
        let one = |(at, ((folder, forgotten), parts)): (usize, ((String, bool), Vec<Segment>))| {
            // What is open and was taken as finished lies elsewhere.
            if parts.len() <= most.max(1) || !folder.starts_with("facts/") {
                return Ok(parts);
            }
            let table = table_of(&parts[0])?;
            let frames = parts.iter().map(|part| shelf.whole(part, table)).collect::<Result<Vec<_>>>()?;
            let mut frame =
                frames.into_iter().map(Ok).reduce(|a, b| a?.vstack(&b?)).unwrap_or_else(|| Ok(DataFrame::empty()));
            let frame = frame.as_mut().map_err(|e| internal(e))?;
            let hosts: BTreeSet<_> = parts.iter().flat_map(|part| part.hosts.iter().cloned()).collect();
            let name = format!("{folder}/{}-c{at}", shelf.tag);
            let written = shelf.write(frame, table.name, &name, hosts.into_iter().collect())?;
            Ok(vec![Segment { forgotten, ..written }])
        };
        let joined = partitions.into_iter().enumerate().collect::<Vec<_>>().into_par_iter().map(one);
        Ok(joined.collect::<Result<Vec<_>>>()?.concat())
    }

    /// The key of pseudonyms: the store's, or one that nobody ever knows.
    fn key(&self, how: Forget) -> Result<Vec<u8>> {
        match how {
            Forget::Pseudonymize => super::files::bytes_of_secret(&self.store.root),
            Forget::Erase => Ok(super::files::random()?.to_vec()),
        }
    }
}

fn internal(error: &PolarsError) -> Error {
    Error::new(Exit::Internal, "facts cannot be written anew").why(error)
}

/// The folder of a segment.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn table_of(segment: &Segment) -> Result<&'static TableDef> {
    TABLES.iter().find(|table| table.name == segment.table).ok_or_else(|| {
        Error::new(Exit::Data, format!("{} is of a table that is not known here", segment.path))
            .help("use the mailtrail that wrote it")
    })
}

/// Columns that name a person or a machine of theirs: figures count how many there are, so each gets a word of its own.
const NAMES: &[&str] = &[
    "client_ip",
    "client_name",
    "helo",
    "user",
    "sender",
    "recipient",
    "original_recipient",
    "message_id",
    "session_id",
    "bind_dn",
    "base",
    "from_host",
    "from_ip",
];

/// Columns with free text, which no figure counts.
const TEXTS: &[&str] =
    &["subject", "reply", "reason", "shape", "text", "detail", "filter", "next_queue_id", "path"];

/// The facts without what is personal.
fn forgotten(mut frame: DataFrame, key: &[u8]) -> Result<DataFrame> {
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    for name in NAMES.iter().chain(TEXTS) {
        if frame.column(name).is_err() {
            continue;
        }
        let column = frame.column(name).and_then(|column| column.str().cloned()).map_err(|e| internal(&e))?;
        let texts: Vec<Option<String>> = if NAMES.contains(name) {
            // No text, and the word for none, name nobody.
            let keeps = |text: &str| text.is_empty() || text == "unknown";
            let mut word =
                |text: &str| words.entry(text.to_owned()).or_insert_with(|| pseudonym(text, key)).clone();
            column
                .iter()
                .map(|text| text.map(|text| if keeps(text) { text.to_owned() } else { word(text) }))
                .collect()
        } else {
            vec![None; column.len()]
        };
        let texts: Column = Series::new((*name).into(), texts).into_column();
        frame.with_column(texts).map_err(|e| internal(&e))?;
    }
    Ok(frame)
}

/// A word for a text: 64 bits of its keyed hash.
fn pseudonym(text: &str, key: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return "~".to_owned() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().take(8).fold("~".to_owned(), |word, byte| format!("{word}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::schema::{Gauge, Measurement};
    use crate::facts::{Scope, View, Wanted};
    use crate::report::{Cell, Coverage};
    use crate::sections::Asker;
    use crate::store::Patience;
    use crate::time::Zone;

    #[test]
    fn what_probes_measure_goes_into_the_store_and_is_asked_like_all_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("st");
        let mut facts = Facts::default();
        let target = facts.texts.add_one(b"mx1.example.org:25");
        for second in 0..3 {
            facts.push(&Measurement {
                time: second * DAY,
                target,
                duration_s: 1_500_000,
                ..Measurement::default()
            });
        }
        let (kind, name) = (facts.texts.add_one(b"disk"), facts.texts.add_one(b"/var"));
        facts.push(&Gauge { time: 5, kind, name, value: 42, ..Gauge::default() });
        let mut writer = Writer::open(&root, Patience { seconds: 0 }).expect("made");
        writer.add(&facts).expect("added");
        writer.add(&facts).expect("added");
        drop(writer);
        let store = Store::open(&root).expect("there");
        let mut stored = Facts::default();
        stored.shelves.push(store.shelf(store.manifest.segments.clone()));
        let zone = Zone::utc();
        let view = View::new(&stored, &zone, &Scope::ALL, Wanted::all()).expect("a view");
        let asker = Asker::new(&view, &Coverage::default()).expect("an asker");
        let sql = "SELECT target, COUNT(*) AS n, SUM(duration_s) AS s FROM measurements GROUP BY target";
        let row = asker.ask(sql).expect("it can be asked").rows(1).remove(0);
        assert_eq!(row[1..], [Cell::Integer(6), Cell::Number(9.0)]);
        let row = asker.ask("SELECT SUM(value) AS n FROM gauges").expect("it can be asked").rows(1).remove(0);
        assert_eq!(row, [Cell::Integer(84)]);
        assert!(store.check().is_empty());
    }
}
