//! The run: from paths to facts, and the account of every line.
//!
//! Chunks are parsed in parallel and correlated in their order. While one batch is correlated the next is parsed and the
//! one after that is read, so that no core waits for long.

mod account;
mod aside;
mod mail;
mod twice;

pub use account::{Account, Told};
pub use aside::Aside;
pub use twice::Twice;

use crate::correlate::{Carry, Correlator};
use crate::error::{Error, Result};
use crate::facts::{Facts, Memory};
use crate::grammar::{ChunkFacts, Grammars, Layouts, Reader, Scratch};
use crate::input::{self, Chunk, Chunks, Compression, Hosts, Identity, Inputs, Known, Source, Stream, TAIL};
use crate::report::Coverage;
use crate::text::Text;
use crate::time::stamp::{Clock, ClockState};
use crate::time::{HOUR, Zone};
use rayon::prelude::*;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The zone of stamps that have none.
    pub zone: Zone,
    /// The hosts of lines that name none.
    pub hosts: Hosts,
    /// How input is found.
    pub input: input::Options,
    /// Bytes of a chunk.
    pub chunk: usize,
    /// Facts that are kept in memory; more go aside.
    pub memory: Memory,
}

/// How much more facts take while they are laid out to go aside.
const LAID_OUT: usize = 4;

/// The size of chunks that parses fastest: their dictionaries stay in the cache.
pub const CHUNK: usize = 1 << 20;

/// What a run gives.
#[derive(Debug)]
pub struct Run {
    /// The facts.
    pub facts: Facts,
    /// The account of every line.
    pub coverage: Coverage,
    /// The sources, by their place in the coverage.
    pub sources: Vec<Source>,
    /// Every file behind the paths, those too that hold nothing new, and those that earlier runs read.
    pub files: Vec<Identity>,
    /// Whether all input could be read.
    pub complete: bool,
    /// Whether any of it could.
    pub read: bool,
    /// What was passed over with good reason, in words.
    pub notes: Vec<Text>,
    /// What may have been read wrongly, in words.
    pub doubts: Vec<Text>,
}

/// Where a run begins: at nothing, or where earlier runs ended.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// The account of the earlier runs.
    pub account: Account,
    /// What they left open.
    pub carry: Option<Carry>,
    /// Whether there were any.
    pub several: bool,
    /// Whether what is being written is left for another run.
    pub hold: bool,
    /// What may be gone on from wrongly, in words.
    pub doubts: Vec<Text>,
}

/// Where a run ends, so that another can go on.
#[derive(Debug)]
pub struct After {
    /// The account of all runs.
    pub account: Account,
    /// What is open.
    pub carry: Carry,
    /// The facts that are finished and not put aside.
    pub facts: Facts,
    /// What is open, told as it stands.
    pub open: Facts,
    /// Whether anything behind the paths could be read, or need not yet.
    pub read: bool,
    /// What was passed over with good reason, in words.
    pub notes: Vec<Text>,
    /// What may have been read wrongly, in words.
    pub doubts: Vec<Text>,
}

/// Says how many bytes of how many were read.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Reads everything behind the paths.
///
/// # Errors
///
/// Where there is nothing to read, or no room for what memory does not hold. What cannot be read in part is told in the
/// coverage.
pub fn run(paths: &[PathBuf], grammars: &Grammars, options: &Options, progress: Progress<'_>) -> Result<Run> {
    run_after(&Before::default(), Aside::new(options), paths, grammars, options, progress)
}

/// Reads what is new behind the paths after earlier runs, and tells it together with what they told.
///
/// # Errors
///
/// As [`run`].
pub fn run_after(
    before: &Before,
    aside: Aside,
    paths: &[PathBuf],
    grammars: &Grammars,
    options: &Options,
    progress: Progress<'_>,
) -> Result<Run> {
    let inputs = opened(before, paths, options)?;
    let parser = Parser { grammars, options, spare: Mutex::default() };
    let Walk { correlator, account, aside, notes, numbers, .. } = walk(before, aside, &parser, &inputs, progress)?;
    let doubts = before.doubts.iter().cloned().chain(refused(&correlator));
    let facts = aside.with(correlator.finish(), &account.names())?;
    let mut run = told(facts, &account, grammars, before.several, inputs, &numbers, notes);
    run.doubts.extend(doubts);
    Ok(run)
}

/// What lines claimed to have happened many times and was not believed, in words.
fn refused(correlator: &Correlator<'_>) -> Option<Text> {
    let events = correlator.refused_claims();
    (events > 0).then(|| {
        Text::from(format!("lines say that others were repeated {events} times more than is believed and counted"))
    })
}

/// Reads what is new behind the paths, to be kept. Facts that memory does not hold go aside.
///
/// # Errors
///
/// As [`run`].
#[cfg(feature = "sql")]
pub fn ingest(
    before: &Before,
    aside: &mut Aside,
    paths: &[PathBuf],
    grammars: &Grammars,
    options: &Options,
    progress: Progress<'_>,
) -> Result<After> {
    let inputs = opened(before, paths, options)?;
    let parser = Parser { grammars, options, spare: Mutex::default() };
    let walked = walk(before, std::mem::take(aside), &parser, &inputs, progress)?;
    let Walk { correlator, account, notes, numbers, aside: used, .. } = walked;
    *aside = used;
    let nothing = numbers.is_empty() && inputs.problems.is_empty();
    let sources = || numbers.iter().filter_map(|number| account.sources.get(*number));
    let read = nothing || !inputs.mail.is_empty() || sources().any(Told::is_read);
    let carry = correlator.carry();
    let open = Correlator::going_on(grammars, carry.clone()).finish();
    let mail = inputs.mail.iter().map(|mail| not_kept(&mail.source));
    let notes = inputs.notes.iter().cloned().chain(notes).chain(mail).collect();
    let doubts =
        doubts(&inputs).into_iter().chain(before.doubts.iter().cloned()).chain(refused(&correlator)).collect();
    Ok(After { account, carry, facts: correlator.facts, open, read, notes, doubts })
}

/// Mail is not kept: a message may move and go at any time, and its headers are read quickly.
#[cfg(feature = "sql")]
fn not_kept(source: &Source) -> Text {
    Text::from(format!("{}: mail is not kept; name it where a report is asked for", source.name.raw()))
}

fn opened(before: &Before, paths: &[PathBuf], options: &Options) -> Result<Inputs> {
    let known: Vec<Known> = before.account.sources.iter().map(|told| told.known.clone()).collect();
    input::open_new(paths, &options.input, &known, before.hold)
}

/// Walks through all streams. One whose years were misjudged ends in another year than it should; it is read again with
/// the right ones.
fn walk<'a>(
    before: &Before,
    mut aside: Aside,
    parser: &'a Parser<'a>,
    inputs: &'a Inputs,
    progress: Progress<'a>,
) -> Result<Walk<'a>> {
    let mut years: Vec<i32> = inputs.streams.iter().map(|stream| stream.start_year).collect();
    let mut attempts = 0;
    loop {
        let mut walked = Walk::new(before, aside, parser, inputs, progress).all(&years)?;
        let wrong = walked.ends.iter().zip(&inputs.streams).map(|(end, stream)| match end {
            0 => 0,
            end => stream.end_year - end,
        });
        let wrong: Vec<i32> = wrong.collect();
        attempts += 1;
        if attempts > 2 || wrong.iter().all(|years| *years == 0) {
            let mut problems = inputs.problems.clone();
            for (source, of) in &inputs.duplicates {
                let (lines, problem) = parser.lines(source);
                walked.account.duplicate(source, of, lines);
                problems.extend(problem);
            }
            walked.account.close(parser.grammars, problems);
            return Ok(walked);
        }
        years.iter_mut().zip(&wrong).for_each(|(year, by)| *year += by);
        aside = walked.aside.emptied();
    }
}

/// What a run read, and what earlier ones did, as one.
fn told(
    mut facts: Facts,
    account: &Account,
    grammars: &Grammars,
    several: bool,
    mut inputs: Inputs,
    numbers: &[usize],
    notes: Vec<Text>,
) -> Run {
    let (mut coverage, mut places) = account.coverage(grammars, several);
    let mut sources: Vec<Source> = account.sources.iter().map(|told| Source::of_known(&told.known)).collect();
    let mail = std::mem::take(&mut inputs.mail);
    let copies = inputs.duplicates.iter().map(|(source, _)| source);
    let named = inputs.streams.iter().flat_map(|stream| &stream.sources).chain(copies);
    let files = sources.iter().chain(named).map(Source::file);
    let files = files.chain(mail.iter().flat_map(input::Mail::identities)).collect();
    let doubts = doubts(&inputs);
    for (source, number) in inputs.streams.into_iter().flat_map(|stream| stream.sources).zip(numbers) {
        if source.resume.as_ref().is_none_or(|resume| !resume.part) {
            sources[*number] = source;
        }
    }
    let mut ordered: Vec<(u32, Source)> = places.iter().copied().zip(sources).collect();
    ordered.sort_by_key(|(place, _)| *place);
    let mut sources: Vec<Source> = ordered.into_iter().map(|(_, source)| source).collect();
    let (first, has_mail, problems) = (sources.len(), !mail.is_empty(), coverage.problems.len());
    places.extend((first..).zip(&mail).map(|(place, _)| u32::try_from(place).unwrap_or(u32::MAX)));
    sources.extend(mail::read(mail, first, &mut facts, &mut coverage));
    if several {
        facts.shelved.places = places;
    }
    let notes = notes.into_iter().chain(inputs.notes).collect();
    let mail_read = has_mail && coverage.problems.len() == problems;
    let read = coverage.counts.lines > 0 || mail_read || account.sources.iter().any(Told::is_read);
    Run { facts, complete: coverage.problems.is_empty(), read, coverage, sources, files, notes, doubts }
}

/// What may be read wrongly, in words.
fn doubts(inputs: &Inputs) -> Vec<Text> {
    inputs.doubts.iter().cloned().chain(inputs.streams.iter().filter_map(Stream::doubt)).collect()
}

/// What earlier runs told, without reading anything.
pub fn stored(facts: Facts, account: &Account, grammars: &Grammars) -> Run {
    told(facts, account, grammars, true, Inputs::default(), &[], Vec::new())
}

/// What went wrong with a source.
fn problem(source: &Source, error: &io::Error) -> Text {
    Text::from(format!("{}: {error}", source.name.raw()))
}

/// A walk through all streams.
struct Walk<'a> {
    inputs: &'a Inputs,
    progress: Progress<'a>,
    correlator: Correlator<'a>,
    account: Account,
    aside: Aside,
    parser: &'a Parser<'a>,
    read: u64,
    /// Bytes of all sources.
    size: u64,
    /// The year in which each stream ended; 0 where its stamps have years, or the run went on from another.
    ends: Vec<i32>,
    /// The numbers of the sources, in the order of the walk.
    numbers: Vec<usize>,
    notes: Vec<Text>,
    /// Whether what is being written is left for another run.
    hold: bool,
    /// The last bytes that were read.
    tail: Vec<u8>,
    failed: Option<Error>,
}

/// A chunk and the state of the clock in which its walk is expected to begin.
type Expected = (Chunk, ClockState);

impl<'a> Walk<'a> {
    fn new(
        before: &Before,
        aside: Aside,
        parser: &'a Parser<'a>,
        inputs: &'a Inputs,
        progress: Progress<'a>,
    ) -> Self {
        let correlator = match before.carry.clone() {
            Some(carry) => Correlator::going_on(parser.grammars, carry),
            None => Correlator::new(parser.grammars),
        };
        Self {
            inputs,
            progress,
            correlator,
            account: before.account.clone(),
            aside,
            parser,
            read: 0,
            size: inputs.streams.iter().flat_map(|stream| &stream.sources).map(|source| source.len).sum(),
            ends: Vec::new(),
            numbers: Vec::new(),
            notes: Vec::new(),
            hold: before.hold,
            tail: Vec::new(),
            failed: None,
        }
    }

    fn all(mut self, years: &[i32]) -> Result<Self> {
        for (stream, year) in self.inputs.streams.iter().zip(years) {
            let end = self.stream(stream, *year);
            let goes_on = stream.sources.iter().any(|source| source.resume.is_some());
            self.ends.push(if stream.end_year == 0 || goes_on { 0 } else { end });
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Reads a stream; the year in which it ends.
    fn stream(&mut self, stream: &Stream, year: i32) -> i32 {
        let mut state = self.start(stream, year);
        for source in &stream.sources {
            state = self.source(stream, source, state);
        }
        state.year
    }

    /// Where the clock of a stream starts: where an earlier run left it, if its first source follows on that.
    fn start(&self, stream: &Stream, year: i32) -> ClockState {
        let fresh = ClockState::starting(year);
        let zone = &self.parser.options.zone;
        let goes_on = || {
            let (before, first) = (self.account.latest(&stream.key)?, stream.sources.first()?.first?);
            let (_, last) = before.coverage.times?;
            let mut clock = Clock::new(zone, before.known.clock);
            let time = clock.resolve(first)?;
            let of_year = Clock::new(zone, fresh).resolve(first)?;
            // It may be the same hour for the second time.
            (time.abs_diff(of_year) <= HOUR.unsigned_abs() && time >= last - HOUR).then_some(before.known.clock)
        };
        goes_on().unwrap_or(fresh)
    }

    /// Reads a source; the state of the clock at its end.
    fn source(&mut self, stream: &Stream, source: &Source, state: ClockState) -> ClockState {
        let number = self.account.begin(source, &stream.key);
        self.numbers.push(number);
        let resume = source.resume.as_ref();
        if let Some(resume) = resume.filter(|resume| resume.done) {
            if resume.part {
                let of = self.account.sources[number].coverage.path.clone();
                let (lines, problem) = self.parser.lines(source);
                self.account.duplicate(source, &of, lines);
                problem.into_iter().for_each(|told| self.account.problem(told));
                return state;
            }
            return resume.clock;
        }
        let state = resume.map_or(state, |resume| resume.clock);
        self.tail = resume.map(|resume| resume.tail.clone()).unwrap_or_default();
        match Chunks::open(source, self.parser.options.chunk) {
            Ok(chunks) => self.chunks(stream, source, chunks, state),
            Err(error) => {
                self.problem(source, &error);
                state
            }
        }
    }

    fn chunks(&mut self, stream: &Stream, source: &Source, mut chunks: Chunks, state: ClockState) -> ClockState {
        let common = self.parser.common(source);
        let clock = Clock::new(&self.parser.options.zone, state);
        let mut ahead = Ahead { clock, layouts: &common.layouts, error: None };
        let mut batch = ahead.batch(&mut chunks);
        let mut parsed: Vec<(Expected, ChunkFacts)> = Vec::new();
        let mut state = state;
        while self.failed.is_none() && (!batch.is_empty() || !parsed.is_empty()) {
            let parser = self.parser;
            let ((), (done, next)) = rayon::join(
                || state = self.correlate(parsed, state, &common),
                || rayon::join(|| parser.all(batch, &common), || ahead.batch(&mut chunks)),
            );
            (parsed, batch) = (done, next);
        }
        self.account.end(Known::of(source, &stream.key, chunks.offset(), &self.tail, state));
        if let Some(error) = ahead.error {
            self.problem(source, &error);
        }
        state
    }

    fn problem(&mut self, source: &Source, error: &io::Error) {
        let told = problem(source, error);
        // A log that is rotated or emptied while it is read is gone on with by the next run.
        let rotated = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof);
        if self.hold && rotated && source.compression == Compression::None {
            self.notes.push(told);
        } else {
            self.account.problem(told);
        }
    }

    /// Takes parsed chunks in their order. One that was parsed from another state of the clock than that in which the
    /// one before it ended is parsed again.
    fn correlate(
        &mut self,
        parsed: Vec<(Expected, ChunkFacts)>,
        mut state: ClockState,
        common: &Common<'_>,
    ) -> ClockState {
        for ((chunk, expected), mut facts) in parsed {
            if expected != state {
                facts = self.parser.one(&chunk, state, common);
            }
            state = facts.clock;
            self.read += chunk.bytes.len() as u64;
            (self.progress)(self.read, self.size);
            self.account.add(&mut facts, self.parser.grammars);
            let source = self.account.current();
            self.account.twice.add(source, &chunk, &facts.events.list);
            let (aside, account, failed) = (&mut self.aside, &self.account, &mut self.failed);
            let mut relieve = |facts: &mut Facts| {
                // To lay them out takes several times as much as they take here.
                let size = LAID_OUT * (facts.size() - facts.texts.size());
                if failed.is_none() && aside.is_over(size) {
                    *failed = aside.put(facts, &account.names()).err();
                    facts.let_go();
                }
            };
            let source = u32::try_from(source).unwrap_or(u32::MAX);
            self.parser.take_back(self.correlator.fold(facts, source, &mut relieve));
            self.remember(&chunk);
        }
        if self.failed.is_none() && self.aside.is_due(self.correlator.facts.size()) {
            let facts = self.correlator.release();
            self.failed = self.aside.put(&facts, &self.account.names()).err();
        }
        state
    }

    /// Keeps the last bytes, by which the source is known again.
    fn remember(&mut self, chunk: &Chunk) {
        if chunk.oversize {
            return self.tail.clear();
        }
        self.tail.extend_from_slice(&chunk.bytes[chunk.bytes.len().saturating_sub(TAIL)..]);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }
}

/// Reads chunks ahead of the parsers, and foresees the state of the clock at the start of each.
struct Ahead<'a> {
    clock: Clock<'a>,
    layouts: &'a Layouts<'a>,
    error: Option<std::io::Error>,
}

impl Ahead<'_> {
    fn batch(&mut self, chunks: &mut Chunks) -> Vec<Expected> {
        let mut batch = Vec::new();
        while self.error.is_none() && batch.len() < 4 * rayon::current_num_threads() {
            match chunks.next() {
                Ok(Some(chunk)) => {
                    let state = self.clock.state();
                    self.pass(&chunk);
                    batch.push((chunk, state));
                }
                Ok(None) => break,
                Err(error) => self.error = Some(error),
            }
        }
        batch
    }

    /// Moves the clock past a chunk by its first and last stamp: enough unless a year or a repeated hour begins in it.
    fn pass(&mut self, chunk: &Chunk) {
        if chunk.oversize {
            return;
        }
        let stamp = |line: &[u8]| self.layouts.stamp(line);
        let first = chunk.lines().find_map(|(_, line)| stamp(line));
        let last = if chunk.counted {
            chunk.lines().filter_map(|(_, line)| stamp(line)).last()
        } else {
            chunk.bytes.rsplit(|b| *b == b'\n').find_map(stamp)
        };
        for stamp in first.into_iter().chain(last) {
            self.clock.resolve(stamp);
        }
    }
}

/// Parses chunks, in any order and on any thread.
struct Parser<'a> {
    grammars: &'a Grammars,
    options: &'a Options,
    /// Memory of chunks that are done.
    spare: Mutex<Vec<Scratch>>,
}

/// What all chunks of a source have in common.
struct Common<'a> {
    layouts: Layouts<'a>,
    /// The host of lines that name none.
    host: &'a str,
}

impl<'a> Parser<'a> {
    fn common(&self, source: &Source) -> Common<'a> {
        Common { layouts: self.grammars.layouts_of(&source.head), host: self.options.hosts.of(&source.path) }
    }

    fn all(&self, batch: Vec<Expected>, common: &Common<'_>) -> Vec<(Expected, ChunkFacts)> {
        let one = |(chunk, state): Expected| {
            let facts = self.one(&chunk, state, common);
            ((chunk, state), facts)
        };
        batch.into_par_iter().map(one).collect()
    }

    fn one(&self, chunk: &Chunk, state: ClockState, common: &Common<'_>) -> ChunkFacts {
        let scratch = self.spare().pop().unwrap_or_default();
        let Common { layouts, host } = common;
        let host = host.as_bytes();
        let mut reader = Reader::new(self.grammars, layouts, &self.options.zone, state, host, scratch);
        if chunk.oversize {
            reader.oversize(&chunk.bytes, chunk.offset);
        } else if layouts.is_own() {
            chunk.lines().for_each(|(offset, line)| reader.laid_line(line, offset));
        } else {
            chunk.lines().for_each(|(offset, line)| reader.line(line, offset));
        }
        reader.finish()
    }

    /// How many lines a source has, counted as if it were read: a block of NULs parts lines too. And what went wrong.
    fn lines(&self, source: &Source) -> (u64, Option<Text>) {
        let Some(whole) = source.whole() else { return (0, None) };
        let mut chunks = match Chunks::open(&whole, self.options.chunk) {
            Ok(chunks) => chunks,
            Err(e) => return (0, Some(problem(source, &e))),
        };
        let common = self.common(source);
        let mut lines = 0;
        loop {
            match chunks.next() {
                Ok(Some(chunk)) => {
                    let facts = self.one(&chunk, ClockState::starting(0), &common);
                    lines += facts.counts.lines;
                    self.take_back(facts.into_scratch());
                }
                Ok(None) => return (lines, None),
                Err(e) => return (lines, Some(problem(source, &e))),
            }
        }
    }

    fn take_back(&self, scratch: Scratch) {
        self.spare().push(scratch);
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
