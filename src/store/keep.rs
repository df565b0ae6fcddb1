//! The upkeep of a store: proving, pruning, compacting, forgetting.

use super::manifest::Manifest;
use super::{Store, Writer, files};
use crate::error::{Error, Exit, Result};
use crate::facts::schema::{Holds, holds};
use crate::facts::{Facts, Segment, Shelf, TABLES, TableDef, is_forgotten};
use crate::time::DAY;
use hmac::{Hmac, KeyInit, Mac};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, IntoColumn, NamedFrom, NewChunkedArray, PolarsError, Series,
};
use rayon::prelude::*;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

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
        wrong.extend(self.has_secret().err());
        wrong
    }
}

impl Writer {
    /// Drops the facts of days before a time; how many. What began before it and is still open names nobody any more.
    ///
    /// # Errors
    ///
    /// Where the store is damaged, or cannot be written.
    pub fn prune(&mut self, before: i64) -> Result<u64> {
        let start = before.div_euclid(DAY) * DAY;
        let key = self.key(Forget::Erase)?;
        let mut next = self.without_names(start, &key, true)?;
        let timeless = |segment: &Segment| segment.times.1 == i64::MIN;
        let rows = |manifest: &Manifest| manifest.segments.iter().map(|s| s.rows).sum::<u64>();
        let all = rows(&next);
        let straddles = |segment: &Segment| segment.times.0 < start && !timeless(segment);
        next.segments.retain(|segment| segment.times.1 >= start || timeless(segment));
        next.segments =
            self.rewritten('f', &next.segments, straddles, |frame| younger(&frame, start).map(Some))?;
        // What is open is told anew by each run: its figures must not come and go.
        next.open = self.rewritten('o', &next.open, straddles, |frame| {
            let (frame, rows) = forgotten(frame, start, &key)?;
            Ok((rows > 0).then_some(frame))
        })?;
        let gone = all - rows(&next);
        self.commit(next)?;
        Ok(gone)
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
    /// and began before it goes on without names.
    ///
    /// # Errors
    ///
    /// Where a segment is damaged, or the store cannot be written.
    pub fn forget(&mut self, before: i64, how: Forget) -> Result<u64> {
        let start = before.div_euclid(DAY) * DAY;
        let key = self.key(how)?;
        let mut next = self.without_names(start, &key, false)?;
        let old = |segment: &Segment| segment.times.0 < start && !segment.forgotten;
        let changed = AtomicU64::new(0);
        for (mark, segments) in [('f', &mut next.segments), ('o', &mut next.open)] {
            *segments = self.rewritten(mark, segments, old, |frame| {
                let (frame, rows) = forgotten(frame, start, &key)?;
                changed.fetch_add(rows, Ordering::Relaxed);
                Ok((rows > 0).then_some(frame))
            })?;
            segments.iter_mut().for_each(|segment| segment.forgotten |= segment.times.1 < start);
        }
        self.commit(next)?;
        Ok(changed.into_inner())
    }

    /// The next manifest, in which what is open and began before a time names nobody. Without what only waits for late
    /// lines, if that is to go.
    fn without_names(&self, start: i64, key: &[u8], finished_go: bool) -> Result<Manifest> {
        let mut next = self.next();
        let mut words = Words::new(key);
        next.account.forget(start, &mut |shape| words.word(shape));
        let Some((twice, mut carry)) = self.store.state()? else {
            next.take_as_it_stands();
            return Ok(next);
        };
        if finished_go {
            carry.drop_finished(start);
        }
        carry.forget(start, &mut |column, text| words.of(holds(column), text));
        next.state = Some(self.write_state(&twice, &carry)?);
        Ok(next)
    }

    /// The segments, those that are touched written anew with a mark in their names; where nothing changes in one it
    /// stays, and one without rows goes.
    fn rewritten(
        &self,
        mark: char,
        segments: &[Segment],
        touched: impl Fn(&Segment) -> bool + Sync,
        change: impl Fn(DataFrame) -> Result<Option<DataFrame>> + Sync,
    ) -> Result<Vec<Segment>> {
        let shelf = self.new_shelf();
        let one = |(at, segment): (usize, &Segment)| {
            if !touched(segment) {
                return Ok(Some(segment.clone()));
            }
            let Some(mut frame) = change(shelf.whole(segment, table_of(segment)?)?)? else {
                return Ok(Some(segment.clone()));
            };
            let name = format!("{}/{}-{mark}{at}", folder_of(&segment.path), shelf.tag);
            if frame.height() == 0 {
                return Ok(None);
            }
            shelf.write(&mut frame, &segment.table, &name, segment.hosts.clone()).map(Some)
        };
        let all = segments.par_iter().enumerate().map(one).collect::<Result<Vec<_>>>()?;
        Ok(all.into_iter().flatten().collect())
    }

    /// Waits until nobody reads what was dropped; whether it is gone then.
    pub fn has_cleared(&self) -> bool {
        self.patience.tries().any(|()| self.clear())
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
        self.commit(Manifest { segments, ..self.next() })
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
            Forget::Pseudonymize => Ok(self.secret.iter().flat_map(|secret| secret.key().to_vec()).collect()),
            Forget::Erase => Ok(files::random()?.to_vec()),
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

/// Which rows are older than a time; those without one are.
fn age(frame: &DataFrame, start: i64) -> Result<Vec<bool>> {
    let times = frame.column("time").and_then(|times| times.i64()).map_err(|e| internal(&e))?;
    Ok(times.iter().map(|time| time.is_none_or(|time| time < start)).collect())
}

/// The facts from a time on, and those without one.
fn younger(frame: &DataFrame, start: i64) -> Result<DataFrame> {
    let times = frame.column("time").and_then(|times| times.i64()).map_err(|e| internal(&e))?;
    let stays =
        BooleanChunked::from_iter_values("".into(), times.iter().map(|time| time.is_none_or(|t| t >= start)));
    frame.filter(&stays).map_err(|e| internal(&e))
}

/// The facts, without what is personal in those that are older than a time; in how many there was something.
fn forgotten(mut frame: DataFrame, start: i64, key: &[u8]) -> Result<(DataFrame, u64)> {
    let old = age(&frame, start)?;
    let mut changed = vec![false; frame.height()];
    let mut words = Words::new(key);
    let names = frame.get_column_names().into_iter().map(|name| (name.to_string(), holds(name)));
    let personal = |(_, holds): &(String, Holds)| matches!(holds, Holds::Person | Holds::Free);
    for (name, holds) in names.filter(personal).collect::<Vec<_>>() {
        let column = frame.column(&name).and_then(|column| column.str().cloned()).map_err(|e| internal(&e))?;
        let mut word = |(at, text): (usize, Option<&str>)| {
            let text = text?;
            let word = if old[at] { words.of(holds, text) } else { Some(text.to_owned()) };
            changed[at] |= word.as_deref() != Some(text);
            word
        };
        let texts: Vec<Option<String>> = column.iter().enumerate().map(&mut word).collect();
        let texts: Column = Series::new(name.as_str().into(), texts).into_column();
        frame.with_column(texts).map_err(|e| internal(&e))?;
    }
    Ok((frame, changed.into_iter().map(u64::from).sum()))
}

/// What stands in place of what is forgotten.
struct Words<'k> {
    key: &'k [u8],
    known: BTreeMap<String, String>,
}

impl<'k> Words<'k> {
    fn new(key: &'k [u8]) -> Self {
        Self { key, known: BTreeMap::new() }
    }

    /// What stands in place of a column's text: a word of its own for a name, nothing for free text, else the text. No
    /// text, the word for none, and what was forgotten before name nobody.
    fn of(&mut self, holds: Holds, text: &str) -> Option<String> {
        match holds {
            Holds::Free => None,
            Holds::Person if !text.is_empty() && text != "unknown" => Some(self.word(text)),
            _ => Some(text.to_owned()),
        }
    }

    /// A word for a text.
    fn word(&mut self, text: &str) -> String {
        if is_forgotten(text.as_bytes()) {
            return text.to_owned();
        }
        self.known.entry(text.to_owned()).or_insert_with(|| pseudonym(text, self.key)).clone()
    }
}

/// A word for a text: 64 bits of its keyed hash, as [`is_forgotten`] knows it again.
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
        stored.shelved.shelves.push(store.shelf(store.manifest.segments.clone()));
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
