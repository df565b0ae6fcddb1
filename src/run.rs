//! The run: from paths to facts, and the account of every line.
//!
//! Chunks are parsed in parallel and correlated in their order. While one batch is correlated the next is parsed and the
//! one after that is read, so that no core waits for long.

mod twice;

use crate::correlate::Correlator;
use crate::error::Result;
use crate::facts::Facts;
use crate::grammar::{ChunkFacts, Grammars, Layouts, Reader, Scratch};
use crate::input::{self, Chunk, Chunks, Inputs, Source, Stream};
use crate::report::{Counts, Coverage, Evidence, Shape, SourceCoverage};
use crate::text::Text;
use crate::time::Zone;
use crate::time::stamp::{Clock, ClockState};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use twice::Twice;

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The zone of stamps that have none.
    pub zone: Zone,
    /// The host of lines that name none.
    pub host: String,
    /// How input is found.
    pub input: input::Options,
    /// Bytes of a chunk.
    pub chunk: usize,
}

/// The size of chunks that parses fastest: their dictionaries stay in the cache.
pub const CHUNK: usize = 1 << 20;

/// What a run gives.
#[derive(Debug)]
pub struct Run {
    /// The facts.
    pub facts: Facts,
    /// The account of every line.
    pub coverage: Coverage,
    /// The sources, by the number that facts name them by.
    pub sources: Vec<Source>,
    /// Device and inode of every file behind the paths, of those too that hold nothing new.
    pub files: Vec<(u64, u64)>,
    /// Whether all input could be read.
    pub complete: bool,
    /// What was passed over with good reason, in words.
    pub notes: Vec<Text>,
    /// What may have been read wrongly, in words.
    pub doubts: Vec<Text>,
}

/// Reads everything behind the paths. `progress` is told how many bytes of how many were read.
///
/// # Errors
///
/// Where there is nothing to read. What cannot be read in part is told in the coverage.
pub fn run(
    paths: &[PathBuf],
    grammars: &Grammars,
    options: &Options,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Run> {
    let inputs = input::open(paths, &options.input)?;
    let parser = Parser { grammars, options, spare: Mutex::default() };
    let mut years: Vec<i32> = inputs.streams.iter().map(|stream| stream.start_year).collect();
    // A stream whose years were misjudged ends in another year than it should; it is read again with the right ones.
    for _ in 0..2 {
        let attempt = Walk::new(&parser, &inputs, progress).all(&years);
        let wrong = attempt.ends.iter().zip(&inputs.streams).map(|(end, stream)| match end {
            0 => 0,
            end => stream.end_year - end,
        });
        let wrong: Vec<i32> = wrong.collect();
        if wrong.iter().all(|years| *years == 0) {
            let (facts, coverage) = attempt.end();
            return Ok(finish(facts, coverage, inputs));
        }
        years.iter_mut().zip(&wrong).for_each(|(year, by)| *year += by);
    }
    let (facts, coverage) = Walk::new(&parser, &inputs, progress).all(&years).end();
    Ok(finish(facts, coverage, inputs))
}

fn finish(facts: Facts, mut coverage: Coverage, inputs: Inputs) -> Run {
    coverage.problems.extend(inputs.problems);
    let doubts = inputs.streams.iter().filter_map(Stream::doubt).collect();
    let sources: Vec<Source> = inputs.streams.into_iter().flat_map(|stream| stream.sources).collect();
    let copies = inputs.duplicates.iter().map(|(source, _)| source);
    let files = sources.iter().chain(copies).map(|source| source.identity).collect();
    Run { facts, complete: coverage.problems.is_empty(), coverage, sources, files, notes: inputs.notes, doubts }
}

/// A walk through all streams.
struct Walk<'a> {
    inputs: &'a Inputs,
    progress: &'a (dyn Fn(u64, u64) + Sync),
    correlator: Correlator<'a>,
    account: Account,
    parser: &'a Parser<'a>,
    read: u64,
    /// Bytes of all sources.
    size: u64,
    twice: Twice,
    /// The year in which each stream ended; 0 where its stamps have years.
    ends: Vec<i32>,
}

/// What became of the lines so far.
#[derive(Default)]
struct Account {
    sources: Vec<SourceCoverage>,
    ignored_by: BTreeMap<u32, u64>,
    shapes: BTreeMap<String, Shape>,
    problems: Vec<Text>,
}

/// A chunk and the state of the clock in which its walk is expected to begin.
type Expected = (Chunk, ClockState);

impl<'a> Walk<'a> {
    fn new(parser: &'a Parser<'a>, inputs: &'a Inputs, progress: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self {
            inputs,
            progress,
            correlator: Correlator::new(parser.grammars),
            account: Account::default(),
            parser,
            read: 0,
            size: inputs.streams.iter().flat_map(|stream| &stream.sources).map(|source| source.len).sum(),
            twice: Twice::default(),
            ends: Vec::new(),
        }
    }

    fn all(mut self, years: &[i32]) -> Self {
        for (stream, year) in self.inputs.streams.iter().zip(years) {
            let end = self.stream(stream, *year);
            self.ends.push(if stream.end_year == 0 { 0 } else { end });
        }
        self
    }

    /// Reads a stream; the year in which it ends.
    fn stream(&mut self, stream: &Stream, year: i32) -> i32 {
        let mut state = ClockState::starting(year);
        for source in &stream.sources {
            state = self.source(source, state);
        }
        state.year
    }

    /// Reads a source; the state of the clock at its end.
    fn source(&mut self, source: &Source, state: ClockState) -> ClockState {
        self.account.sources.push(SourceCoverage { path: source.name.clone(), ..SourceCoverage::default() });
        let mut chunks = match Chunks::open(source, self.parser.options.chunk) {
            Ok(chunks) => chunks,
            Err(error) => {
                self.problem(source, &error);
                return state;
            }
        };
        let layouts = self.parser.grammars.layouts_of(&source.head);
        let mut ahead =
            Ahead { clock: Clock::new(&self.parser.options.zone, state), layouts: &layouts, error: None };
        let mut batch = ahead.batch(&mut chunks);
        let mut parsed: Vec<(Expected, ChunkFacts)> = Vec::new();
        let mut state = state;
        while !batch.is_empty() || !parsed.is_empty() {
            let parser = self.parser;
            let ((), (done, next)) = rayon::join(
                || state = self.correlate(parsed, state, &layouts),
                || rayon::join(|| parser.all(batch, &layouts), || ahead.batch(&mut chunks)),
            );
            (parsed, batch) = (done, next);
        }
        if let Some(error) = ahead.error {
            self.problem(source, &error);
        }
        state
    }

    fn problem(&mut self, source: &Source, error: &std::io::Error) {
        self.account.problems.push(Text::from(format!("{}: {error}", source.name.raw())));
    }

    /// Takes parsed chunks in their order. One that was parsed from another state of the clock than that in which the
    /// one before it ended is parsed again.
    fn correlate(
        &mut self,
        parsed: Vec<(Expected, ChunkFacts)>,
        mut state: ClockState,
        layouts: &Layouts<'_>,
    ) -> ClockState {
        for ((chunk, expected), mut facts) in parsed {
            if expected != state {
                facts = self.parser.one(&chunk, state, layouts);
            }
            state = facts.clock;
            self.read += chunk.bytes.len() as u64;
            (self.progress)(self.read, self.size);
            self.account.add(&mut facts, self.parser.grammars);
            let source = self.account.sources.len() - 1;
            self.twice.add(source, &chunk, &facts.events.list);
            self.parser.take_back(self.correlator.fold(facts, u32::try_from(source).unwrap_or(u32::MAX)));
        }
        state
    }

    fn end(mut self) -> (Facts, Coverage) {
        self.twice.tell(&mut self.account.sources);
        for (source, of) in &self.inputs.duplicates {
            self.account.duplicate(source, of, self.parser.lines(source));
        }
        (self.correlator.finish(), self.account.finish(self.parser.grammars))
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

impl Parser<'_> {
    fn all(&self, batch: Vec<Expected>, layouts: &Layouts<'_>) -> Vec<(Expected, ChunkFacts)> {
        let one = |(chunk, state): Expected| {
            let facts = self.one(&chunk, state, layouts);
            ((chunk, state), facts)
        };
        batch.into_par_iter().map(one).collect()
    }

    fn one(&self, chunk: &Chunk, state: ClockState, layouts: &Layouts<'_>) -> ChunkFacts {
        let scratch = self.spare().pop().unwrap_or_default();
        let host = self.options.host.as_bytes();
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

    /// How many lines a source has, counted as if it were read: a block of NULs parts lines too.
    fn lines(&self, source: &Source) -> u64 {
        let Ok(mut chunks) = Chunks::open(source, self.options.chunk) else {
            return 0;
        };
        let layouts = self.grammars.layouts_of(&source.head);
        let mut lines = 0;
        while let Ok(Some(chunk)) = chunks.next() {
            let facts = self.one(&chunk, ClockState::starting(0), &layouts);
            lines += facts.counts.lines;
            self.take_back(facts.into_scratch());
        }
        lines
    }

    fn take_back(&self, scratch: Scratch) {
        self.spare().push(scratch);
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The most shapes of unmatched lines that a report can show.
const MOST_SHAPES: usize = 10_000;

impl Account {
    fn add(&mut self, chunk: &mut ChunkFacts, grammars: &Grammars) {
        for (rule, lines) in &chunk.ignored_by {
            *self.ignored_by.entry(*rule).or_default() += lines;
        }
        let Some(source) = self.sources.last_mut() else {
            return;
        };
        source.counts += chunk.counts;
        for (grammar, lines) in grammars.list.iter().zip(&chunk.by_grammar).filter(|(_, lines)| **lines > 0) {
            match source.systems.iter_mut().find(|(name, _)| *name == grammar.system) {
                Some((_, sum)) => *sum += lines,
                None => source.systems.push((grammar.system.clone(), *lines)),
            }
        }
        if let Some((first, last)) = chunk.times {
            let times = source.times.get_or_insert((first, last));
            *times = (times.0.min(first), times.1.max(last));
        }
        let path = source.path.clone();
        for (shape, (count, offset, line)) in std::mem::take(&mut chunk.shapes) {
            self.shape(shape, count, offset, &line, &path);
        }
    }

    fn shape(&mut self, shape: String, count: u64, offset: u64, line: &[u8], source: &Text) {
        let full = self.shapes.len() >= MOST_SHAPES && !self.shapes.contains_key(&shape);
        let shape = if full { "(other shapes)".to_owned() } else { shape };
        let entry = self.shapes.entry(shape).or_insert_with_key(|shape| Shape {
            shape: Text::from(shape.as_str()),
            count: 0,
            example: Evidence { source: source.clone(), offset, line: Text::from_bytes(line) },
        });
        entry.count += count;
    }

    /// A source that is not read, since another holds its lines.
    fn duplicate(&mut self, source: &Source, of: &Text, lines: u64) {
        self.sources.push(SourceCoverage {
            path: source.name.clone(),
            duplicate_of: Some(of.clone()),
            counts: Counts { lines, duplicate: lines, ..Counts::default() },
            ..SourceCoverage::default()
        });
    }

    fn finish(mut self, grammars: &Grammars) -> Coverage {
        let mut counts = Counts::default();
        for source in &mut self.sources {
            source.systems.sort();
            counts += source.counts;
        }
        let mut shapes: Vec<Shape> = self.shapes.into_values().collect();
        shapes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.shape.cmp(&b.shape)));
        let total_shapes = shapes.len();
        shapes.truncate(100);
        let label = |rule: u32| {
            let (system, name) = grammars.label(rule);
            (system.to_owned(), name.to_owned())
        };
        let ignored = self.ignored_by.into_iter().map(|(rule, lines)| (label(rule).0, label(rule).1, lines));
        Coverage {
            counts,
            sources: self.sources,
            unmatched_shapes: shapes,
            total_shapes,
            ignored_by: ignored.collect(),
            problems: self.problems,
        }
    }
}

#[cfg(test)]
mod tests;
