//! The store: facts that stay, so that each line of a log is read once.
//!
//! Comes in: what a run read that is new. Goes out: the facts of all runs, and where the next run begins. A folder holds
//! segments of facts (Parquet), what is open (as facts, and in a form to go on from), and a manifest that names them with
//! their hashes. A run becomes visible by one rename of the manifest: before it nothing has happened, after it
//! everything has. What no manifest names is nobody's, and is cleared away by the next run.

mod files;
mod keep;
mod lock;
mod manifest;

pub use keep::{Forget, Info};
pub use lock::Patience;

use crate::correlate::Carry;
use crate::error::{Error, Exit, Result};
use crate::event::hash_with;
use crate::facts::{Facts, Memory, Segment, Shelf, damaged};
use crate::grammar::Grammars;
use crate::run::{self, After, Aside, Before, Options, Progress, Run, Twice};
use crate::text::Text;
use files::Secret;
use lock::{Reading, Writing};
use manifest::{Manifest, State};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// A store that is read. Nothing that it names is cleared away meanwhile.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    manifest: Manifest,
    reading: Option<Arc<Reading>>,
    /// Why nothing can be added to it: the secret is not that by which it was written.
    without_secret: Option<Error>,
}

/// A store that is written to, by nobody else.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    secret: Option<Secret>,
    patience: Patience,
    _writing: Writing,
}

/// What to say where a store's secret is not there, or not the one by which it was written.
fn lost_secret(root: &Path, manifest: &Manifest, secret: Option<Secret>) -> Option<Error> {
    let is_lost = match manifest.secret {
        Some(proof) => secret.is_none_or(|secret| secret.proof() != proof),
        None => secret.is_none() && manifest.state.is_some(),
    };
    is_lost.then(|| {
        Error::new(Exit::Data, format!("the store in {} has lost its secret", root.display()))
            .why("what is open, and pseudonyms, were hashed with it")
            .help("bring the file `secret` back from a backup; or let `mailtrail store renew-secret` make another: what is open is then taken as it stands, and pseudonyms begin anew")
    })
}

impl Store {
    /// Opens a store to read it.
    ///
    /// # Errors
    ///
    /// Where there is none, it is damaged, or a newer version wrote it.
    pub fn open(root: &Path) -> Result<Self> {
        files::is_folder(root, Exit::NoInput)?;
        let reading = Reading::begin(root);
        let Some(manifest) = Manifest::read(root)? else {
            if files::hold_facts(root) {
                return Err(manifest::lost(root));
            }
            return Err(Error::new(Exit::NoInput, format!("there is no store in {}", root.display()))
                .help("`mailtrail ingest --store DIR PATH…` makes one"));
        };
        // Keys of what is open were hashed with the store's secret.
        let without_secret = match Secret::of(root) {
            Ok(secret) => {
                secret.iter().for_each(|secret| hash_with(secret.seeds()));
                lost_secret(root, &manifest, secret)
            }
            Err(error) => Some(error),
        };
        Ok(Self { root: root.to_owned(), manifest, reading: reading.map(Arc::new), without_secret })
    }

    /// Whether it holds no facts at all.
    pub fn is_empty(&self) -> bool {
        self.manifest.segments.is_empty() && self.manifest.open.is_empty()
    }

    /// What the store tells by itself.
    pub fn run(&self, grammars: &Grammars, memory: Memory) -> Run {
        let all = self.manifest.segments.iter().chain(&self.manifest.open);
        let mut facts = Facts::default();
        facts.shelved.memory = memory;
        facts.shelved.shelves.push(self.shelf(all.cloned().collect()));
        let mut run = run::stored(facts, &self.manifest.account, grammars);
        let doubt = |error: &Error| {
            Text::from(format!("{}; what the store tells holds, but nothing can be added", error.what()))
        };
        run.doubts.extend(self.without_secret.as_ref().map(doubt));
        run
    }

    /// What the store tells, together with what is new behind the paths. The store stays as it is.
    ///
    /// # Errors
    ///
    /// Where there is nothing to read, or the store is damaged.
    pub fn run_with(
        &self,
        paths: &[PathBuf],
        grammars: &Grammars,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Run> {
        self.has_secret()?;
        let (before, segments) = self.before(false)?;
        run::run_after(&before, Aside::beside(self.shelf(segments), options), paths, grammars, options, progress)
    }

    /// Segments of the store to be read.
    fn shelf(&self, segments: Vec<Segment>) -> Shelf {
        let mut shelf = Shelf::new(&self.root, "");
        shelf.segments = segments;
        match self.reading.clone() {
            Some(reading) => shelf.holding(reading),
            None => shelf,
        }
    }

    /// Refuses to go on without the secret by which the store was written.
    fn has_secret(&self) -> Result<()> {
        self.without_secret.clone().map_or(Ok(()), Err)
    }

    /// What is open, and a sample of all lines. Nothing where there is none, or it cannot be gone on from, since another
    /// version wrote it.
    fn state(&self) -> Result<Option<(Twice, Carry)>> {
        let bytes = self.manifest.state.as_ref().map(|state| state.read(&self.root)).transpose()?;
        let read = |(twice, carry): (Twice, Vec<u8>)| Some((twice, Carry::from_bytes(&carry)?));
        Ok(bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()).and_then(read))
    }

    /// Where a run begins, and the facts that are finished. What is open and cannot be gone on from is finished as it
    /// stood.
    fn before(&self, hold: bool) -> Result<(Before, Vec<Segment>)> {
        let mut segments = self.manifest.segments.clone();
        let mut account = self.manifest.account.clone();
        let carry = self.state()?.map(|(twice, carry)| {
            account.twice = twice;
            carry
        });
        if carry.is_none() {
            segments.extend(self.manifest.open.iter().cloned());
        }
        let several = self.manifest.generation > 0;
        let is_left = carry.is_none() && self.manifest.state.is_some();
        let doubts = is_left.then(|| OF_ANOTHER.into()).into_iter().collect();
        Ok((Before { account, carry, several, hold, doubts }, segments))
    }
}

/// What is said where the state of what is open cannot be gone on from.
const OF_ANOTHER: &str =
    "what was open was kept by another version of mailtrail and is taken as it stood: its later lines begin anew";

/// What a run brought.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// New lines.
    pub lines: u64,
    /// New facts.
    pub facts: u64,
    /// Whether anything could be read, or need not yet; else the store is as it was.
    pub read: bool,
    /// What could not be read, in words.
    pub problems: Vec<Text>,
    /// What was passed over with good reason, in words.
    pub notes: Vec<Text>,
    /// What may have been read wrongly, in words.
    pub doubts: Vec<Text>,
}

impl Brought {
    /// What a run tells, before it is kept.
    fn of(after: &After) -> Self {
        let (notes, doubts) = (after.notes.clone(), after.doubts.clone());
        Self { read: after.read, problems: after.account.problems(), notes, doubts, ..Self::default() }
    }
}

impl Writer {
    /// Opens a store to write to it; where there is none, it is made. Waits for who writes now.
    ///
    /// # Errors
    ///
    /// Where it cannot be written, another holds it for longer than we wait (exit code 75), it is damaged, or a newer
    /// version wrote it.
    pub fn open(root: &Path, patience: Patience) -> Result<Self> {
        let writer = Self::of(root, patience)?;
        writer.store.has_secret()?;
        writer.clear();
        Ok(writer)
    }

    /// The same, whatever its secret.
    fn of(root: &Path, patience: Patience) -> Result<Self> {
        files::prepare(root)?;
        let writing = Writing::begin(root, patience)?;
        let mut secret = Secret::of(root)?;
        let manifest = match Manifest::read(root)? {
            Some(manifest) => manifest,
            None if files::hold_facts(root) => return Err(manifest::lost(root)),
            None => Manifest::begun(root, secret.insert(Secret::make(root)?).proof())?,
        };
        let without_secret = lost_secret(root, &manifest, secret);
        if secret.is_none() && without_secret.is_none() {
            secret = Some(Secret::make(root)?);
        }
        secret.iter().for_each(|secret| hash_with(secret.seeds()));
        let store = Store { root: root.to_owned(), manifest, reading: None, without_secret };
        Ok(Self { store, secret, patience, _writing: writing })
    }

    /// Makes a new secret for a store that has lost its own: what is open is taken as it stands, and pseudonyms begin
    /// anew. Whether it had.
    ///
    /// # Errors
    ///
    /// As [`Writer::open`].
    pub fn renew_secret(root: &Path, patience: Patience) -> Result<bool> {
        let mut writer = Self::of(root, patience)?;
        if writer.store.without_secret.is_none() {
            return Ok(false);
        }
        writer.secret = Some(Secret::make(root)?);
        let mut next = writer.next();
        next.take_as_it_stands();
        writer.commit(next)?;
        Ok(true)
    }

    /// Reads what is new behind the paths into the store. Where nothing can be read, it is as it was before.
    ///
    /// # Errors
    ///
    /// Where there is nothing to read, or the store cannot be written; it is then as it was before.
    pub fn ingest(
        &mut self,
        paths: &[PathBuf],
        grammars: &Grammars,
        options: &Options,
        progress: Progress<'_>,
    ) -> Result<Brought> {
        let (before, segments) = self.store.before(true)?;
        let lines = before.account.lines();
        let mut aside = Aside::on(self.new_shelf(), options);
        let after = run::ingest(&before, &mut aside, paths, grammars, options, progress);
        let brought = after.as_ref().map(Brought::of).unwrap_or_default();
        if after.is_ok() && !brought.read {
            return Ok(brought);
        }
        let mut shelf = aside.into_shelf().unwrap_or_else(|| self.new_shelf());
        match after.and_then(|after| self.write(after, &mut shelf)) {
            Ok(mut next) => {
                let facts = shelf.segments.iter().map(|segment| segment.rows).sum();
                let all = segments.into_iter().chain(shelf.segments).collect();
                next.segments = self.compacted(all, keep::MOST_SEGMENTS)?;
                self.commit(next)?;
                let lines = self.store.manifest.account.lines() - lines;
                Ok(Brought { lines, facts, ..brought })
            }
            Err(error) => {
                shelf.clear();
                Err(error)
            }
        }
    }

    /// A shelf for new segments.
    fn new_shelf(&self) -> Shelf {
        Shelf::new(&self.store.root, &self.tag())
    }

    /// What the names of new files begin with.
    fn tag(&self) -> String {
        format!("{:06}", self.store.manifest.generation + 1)
    }

    /// Writes what a run brought; the manifest that will name it.
    fn write(&self, after: After, shelf: &mut Shelf) -> Result<Manifest> {
        let names = after.account.names();
        shelf.put(&after.facts, &names)?;
        let mut open = self.new_shelf();
        open.put_open(&after.open, &names)?;
        let state = Some(self.write_state(&after.account.twice, &after.carry)?);
        Ok(Manifest { account: after.account, segments: Vec::new(), open: open.segments, state, ..self.next() })
    }

    /// Writes what is open, and a sample of all lines.
    fn write_state(&self, twice: &Twice, carry: &Carry) -> Result<State> {
        let bytes = carry.to_bytes().and_then(|carry| postcard::to_stdvec(&(twice, carry)).ok());
        let bytes = bytes.ok_or_else(|| Error::new(Exit::Internal, "what is open cannot be written"))?;
        State::write(&self.store.root, &self.tag(), &bytes)
    }

    /// The next manifest, where nothing else changes.
    fn next(&self) -> Manifest {
        let secret = self.secret.map(|secret| secret.proof());
        Manifest { generation: self.store.manifest.generation + 1, secret, ..self.store.manifest.clone() }
    }

    /// Makes a manifest the one that counts.
    fn commit(&mut self, next: Manifest) -> Result<()> {
        let before: BTreeSet<&str> = self.store.manifest.files().collect();
        let new = next.files().filter(|file| !before.contains(file));
        files::sync_folders(&self.store.root, new)?;
        next.write(&self.store.root)?;
        self.store.manifest = next;
        self.clear();
        Ok(())
    }

    /// Clears away what the manifest does not name, unless somebody still reads; whether it is gone.
    fn clear(&self) -> bool {
        let alone = lock::alone(&self.store.root);
        if alone.is_some() {
            files::clear(&self.store.root, &self.store.manifest.files().collect());
        }
        alone.is_some()
    }
}

/// Whether bytes are those whose hash was noted.
fn proven(path: &Path, bytes: Vec<u8>, hash: u64) -> Result<Vec<u8>> {
    if xxh3_64(&bytes) == hash { Ok(bytes) } else { Err(damaged(path)) }
}
