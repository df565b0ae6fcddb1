//! What was read before: a source is known again by where it lies and by what it holds.
//!
//! Device, inode and time of birth alone do not tell a source: inodes are used again, rotation copies and compresses.
//! So what a source begins with, and the bytes before the place up to which it was read, are compared too. Of a
//! compressed source the decompressed text counts.

use super::{Compression, Inputs, Source};
use crate::text::Text;
use crate::time::stamp::ClockState;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// How many bytes before the place up to which a source was read are compared.
pub const TAIL: usize = 4 << 10;

/// The lengths of the beginnings that are compared; a text shorter than one is compared by those below it.
const MARKS: [usize; 5] = [256, 1 << 10, 4 << 10, 16 << 10, super::source::HEAD];

/// Texts that are the same for so many bytes are one: some twenty lines with their times.
const ENOUGH: u64 = MARKS[2] as u64;

/// A source that was read before, and up to where.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// Its name, as it was given last.
    pub name: Text,
    /// Where it was last.
    #[serde(with = "path")]
    pub path: PathBuf,
    /// The log that it is a part of.
    pub stream: String,
    /// Device and inode.
    pub identity: (u64, u64),
    /// When the file was made, where the system tells; microseconds since the epoch.
    pub born: Option<i64>,
    /// Its length on the disk and when it was written, in nanoseconds, at the last reading.
    pub disk: (u64, i64),
    /// Whether it was compressed.
    pub compressed: bool,
    /// How many bytes of its text were read.
    pub done: u64,
    /// Lengths of beginnings and their hashes.
    pub marks: Vec<(u64, u64)>,
    /// How many bytes before `done` are compared, and their hash.
    pub tail: (u64, u64),
    /// Where the walk through its times stood there.
    pub clock: ClockState,
}

/// What is new in a source that was read before.
#[derive(Clone, Debug)]
pub struct Resume {
    /// Its number among the known ones.
    pub number: usize,
    /// The byte at which what is new begins.
    pub from: u64,
    /// The bytes before that.
    pub tail: Vec<u8>,
    /// Where the walk through its times stood there.
    pub clock: ClockState,
    /// Whether there is nothing new.
    pub done: bool,
    /// Whether it is but a copy of the beginning of what was read.
    pub part: bool,
}

/// How a source fits a known one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fit {
    /// Its text goes on from where the known one ended, or ends there; the bytes before that.
    Whole(Vec<u8>, bool),
    /// Its text is a part of what was read.
    Part,
}

impl Known {
    /// What is to be known of a source that was read up to a place.
    pub fn of(source: &Source, stream: &str, done: u64, tail: &[u8], clock: ClockState) -> Self {
        let len = usize::try_from(done).unwrap_or(usize::MAX).min(source.head.len());
        let head = &source.head[..len];
        let lens = MARKS.iter().copied().filter(|mark| *mark < len).chain((len > 0).then_some(len));
        Self {
            name: source.name.clone(),
            path: source.path.clone(),
            stream: stream.to_owned(),
            identity: source.identity,
            born: source.born,
            disk: (source.len, source.mtime),
            compressed: source.compression != Compression::None,
            done,
            marks: lens.map(|len| (len as u64, xxh3_64(&head[..len]))).collect(),
            tail: (tail.len() as u64, xxh3_64(tail)),
            clock,
        }
    }

    /// Whether a source begins as this one, as far as both are known.
    fn begins(&self, source: &Source) -> bool {
        let fits = |(len, hash): &(u64, u64)| match source.head.get(..usize::try_from(*len).unwrap_or(usize::MAX))
        {
            Some(head) => xxh3_64(head) == *hash,
            // A source that is shorter than the mark cannot contradict it.
            None => true,
        };
        let short = self.marks.first().is_none_or(|(len, _)| (source.head.len() as u64) < *len);
        !short && self.marks.iter().all(fits)
    }

    /// Takes over where the source lies now, unless it still lies where it did and this is a copy.
    pub fn moved_to(&mut self, source: &Source) {
        use std::os::unix::fs::MetadataExt;
        let still = || std::fs::metadata(&self.path).is_ok_and(|m| (m.dev(), m.ino()) == self.identity);
        if self.same_place(source) || !still() {
            self.name = source.name.clone();
            self.path.clone_from(&source.path);
            (self.identity, self.born) = (source.identity, source.born);
            self.disk = (source.len, source.mtime);
            self.compressed = source.compression != Compression::None;
        }
    }

    fn same_place(&self, source: &Source) -> bool {
        self.identity == source.identity && (self.born.is_none() || self.born == source.born)
    }

    fn fit(&self, source: &Source) -> io::Result<Option<Fit>> {
        Ok(self.compare(source)?.filter(|fit| *fit != Fit::Part || self.is_part(source)))
    }

    /// How the text of a source fits what was read, as far as it tells itself: one that is shorter and begins alike may be a
    /// part of it.
    fn compare(&self, source: &Source) -> io::Result<Option<Fit>> {
        if self.done == 0 {
            let same = self.same_place(source) || self.name == source.name;
            return Ok(same.then(|| Fit::Whole(Vec::new(), source.head.is_empty())));
        }
        if !self.begins(source) {
            return Ok(None);
        }
        let untouched = self.identity == source.identity && self.disk == (source.len, source.mtime);
        if source.compression == Compression::None {
            Ok(self.compare_plain(source))
        } else if untouched {
            Ok(Some(Fit::Whole(Vec::new(), true)))
        } else {
            self.compare_text(source)
        }
    }

    fn compare_plain(&self, source: &Source) -> Option<Fit> {
        if source.len < self.done {
            return Some(Fit::Part);
        }
        let len = usize::try_from(self.tail.0).unwrap_or(usize::MAX);
        let tail = source.read_at(self.done - self.tail.0, len).unwrap_or_default();
        self.at_tail(tail, source.len == self.done)
    }

    /// What the bytes before the place up to which was read tell.
    fn at_tail(&self, tail: Vec<u8>, ends: bool) -> Option<Fit> {
        let fits = tail.len() as u64 == self.tail.0 && xxh3_64(&tail) == self.tail.1;
        fits.then_some(Fit::Whole(tail, ends))
    }

    /// The same for a text that can only be read from its start.
    fn compare_text(&self, source: &Source) -> io::Result<Option<Fit>> {
        let mut text = source.text()?;
        let skipped = io::copy(&mut text.by_ref().take(self.done - self.tail.0), &mut io::sink())?;
        let mut tail = Vec::new();
        text.by_ref().take(self.tail.0).read_to_end(&mut tail)?;
        if skipped + (tail.len() as u64) < self.done {
            return Ok(Some(Fit::Part));
        }
        let ends = io::copy(&mut text.take(1), &mut io::sink())? == 0;
        Ok(self.at_tail(tail, ends))
    }

    /// Whether a shorter text that begins alike is a beginning of this one. In the same place it is: it is written once more
    /// (`cp`, `rsync --inplace`), since what follows in a file that was emptied begins with other times. Elsewhere the original
    /// tells, or where that is gone so much that is the same.
    fn is_part(&self, source: &Source) -> bool {
        let whole =
            self.marks.iter().any(|(len, _)| *len == source.len) && source.compression == Compression::None;
        if whole || self.same_place(source) || self.path == source.path {
            return true;
        }
        match self.find() {
            Some(original) => super::duplicate::is_beginning(source, &original).unwrap_or(false),
            None => self.marks.iter().any(|(len, _)| (ENOUGH..=source.head.len() as u64).contains(len)),
        }
    }

    /// The file that holds it now, wherever rotation moved it to in its folder.
    pub fn find(&self) -> Option<Source> {
        let options = super::Options { now: i64::MAX, year: None, layouts: Vec::new(), tell: |_| {} };
        let look = |path: &Path| {
            let source = Source::of_file(self.name.clone(), path, &options).ok()?;
            let fits = self.begins(&source) && matches!(self.compare(&source), Ok(Some(Fit::Whole(..))));
            fits.then_some(source)
        };
        look(&self.path).or_else(|| self.siblings().iter().find_map(|path| look(path)))
    }

    /// Files of its folder that are the same log, by their names.
    fn siblings(&self) -> Vec<PathBuf> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let own = super::stream::log_of_path(&self.path);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| super::stream::log_of_path(path) == own);
        paths.sort();
        paths
    }
}

/// One possible match.
struct Pair {
    rank: (bool, bool, u64),
    number: usize,
    source: (usize, usize),
    fit: Fit,
}

/// Finds out which sources were read before, and up to where. What cannot be looked at now is left for later.
pub(super) fn settle(inputs: &mut Inputs, known: &[Known]) {
    let mut pairs = Vec::new();
    for (at, stream) in inputs.streams.iter().enumerate() {
        for (place, source) in stream.sources.iter().enumerate() {
            pairs_of(source, (at, place), known, &mut pairs);
        }
    }
    pairs.sort_by(|a, b| b.rank.cmp(&a.rank).then(a.number.cmp(&b.number)).then(a.source.cmp(&b.source)));
    let mut taken = vec![false; known.len()];
    for pair in pairs {
        let (at, place) = pair.source;
        let source = &mut inputs.streams[at].sources[place];
        if source.resume.is_some() || (taken[pair.number] && pair.fit != Fit::Part) {
            continue;
        }
        let record = &known[pair.number];
        let (number, from, clock) = (pair.number, record.done, record.clock);
        source.resume = Some(match pair.fit {
            Fit::Whole(tail, done) => Resume { number, from, tail, clock, done, part: false },
            Fit::Part => Resume { number, from, tail: Vec::new(), clock, done: true, part: true },
        });
        taken[pair.number] |= source.resume.as_ref().is_some_and(|resume| !resume.part);
    }
    emptied(inputs, known);
}

fn pairs_of(source: &Source, place: (usize, usize), known: &[Known], pairs: &mut Vec<Pair>) {
    for (number, record) in known.iter().enumerate() {
        // What cannot be read tells so when it is read.
        if let Ok(Some(fit)) = record.fit(source) {
            let whole = fit != Fit::Part;
            let rank = (whole && record.same_place(source), whole && record.name == source.name, record.done);
            pairs.push(Pair { rank, number, source: place, fit });
        }
    }
}

/// Tells which files were emptied in place: what was written between a copy and that is lost to everybody.
fn emptied(inputs: &mut Inputs, known: &[Known]) {
    let fresh = inputs.streams.iter().flat_map(|stream| &stream.sources).filter(|source| source.resume.is_none());
    let was = |source: &Source| known.iter().any(|record| record.done > 0 && record.same_place(source));
    let notes = fresh.filter(|source| was(source)).map(|source| {
        Text::from(format!(
            "{}: emptied or written anew since it was read; lines written between a copy and that are lost",
            source.name.raw()
        ))
    });
    let notes: Vec<Text> = notes.collect();
    inputs.notes.extend(notes);
}

/// Paths as text where they are UTF-8, else as bytes.
mod path {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match path.to_str() {
            Some(text) => Form::Text(text.to_owned()),
            None => Form::Bytes(path.as_os_str().as_bytes().to_vec()),
        };
        form.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Text(text) => PathBuf::from(text),
            Form::Bytes(bytes) => PathBuf::from(OsString::from_vec(bytes)),
        })
    }
}
