//! The account of every line: of one run, or of all runs of a store.

use super::Twice;
use crate::grammar::{ChunkFacts, Grammars};
use crate::input::{Known, Source, rotation_of};
use crate::report::{Counts, Coverage, Evidence, Shape, SourceCoverage};
use crate::text::Text;
use crate::time::stamp::ClockState;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What became of the lines so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// The sources, by the number that facts name them by.
    pub sources: Vec<Told>,
    /// Lines that each ignore rule took in earlier runs: system, rule, lines.
    ignored: Vec<(String, String, u64)>,
    shapes: BTreeMap<String, Example>,
    /// Sources that hold nothing new.
    duplicates: Vec<Duplicate>,
    /// What went wrong in the last run and belongs to no source.
    problems: Vec<Text>,
    /// Lines that each ignore rule took in this run.
    #[serde(skip)]
    ignored_by: BTreeMap<u32, u64>,
    /// The source that is being read.
    #[serde(skip)]
    current: usize,
    /// A sample of the lines of all sources.
    #[serde(skip)]
    pub twice: Twice,
}

/// What is told of a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Its account.
    pub coverage: SourceCoverage,
    /// By what it is known again.
    pub known: Known,
    /// What went wrong when it was read last.
    problem: Option<Text>,
}

impl Told {
    /// Whether it could be read, if only in part.
    pub(super) fn is_read(&self) -> bool {
        self.problem.is_none() || self.coverage.counts.lines > 0
    }
}

/// The first line of a shape, and how many there are.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Example {
    count: u64,
    source: usize,
    offset: u64,
    line: Text,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Duplicate {
    name: Text,
    of: Text,
    lines: u64,
}

/// The most shapes of unmatched lines that a report can show.
const MOST_SHAPES: usize = 10_000;

/// The name under which the lines of further shapes go.
const OTHER_SHAPES: &str = "(other shapes)";

/// Shapes that a report shows.
pub(super) const SHOWN_SHAPES: usize = 100;

impl Account {
    /// A source is about to be read; its number.
    pub(super) fn begin(&mut self, source: &Source, stream: &str) -> usize {
        if let Some(resume) = &source.resume {
            self.current = resume.number;
            if let Some(told) = self.sources.get_mut(resume.number).filter(|_| !resume.part) {
                if told.known.disk != (source.len, source.mtime) {
                    told.problem = None;
                }
                told.known.moved_to(source);
                stream.clone_into(&mut told.known.stream);
                told.coverage.path = told.known.name.clone();
            }
        } else {
            let known = Known::of(source, stream, 0, &[], ClockState::default());
            let coverage = SourceCoverage { path: source.name.clone(), ..SourceCoverage::default() };
            self.sources.push(Told { coverage, known, problem: None });
            self.current = self.sources.len() - 1;
        }
        self.current
    }

    /// A source was read up to where it is known now.
    pub(super) fn end(&mut self, known: Known) {
        if let Some(told) = self.sources.get_mut(self.current) {
            let (name, path) = (told.known.name.clone(), told.known.path.clone());
            let moved = (told.known.identity, told.known.born) == (known.identity, known.born);
            told.known = if moved { known } else { Known { name, path, ..known } };
            told.problem = None;
        }
    }

    /// The number of the source that is being read.
    pub(super) fn current(&self) -> usize {
        self.current
    }

    /// The source that is being read broke off.
    pub(super) fn problem(&mut self, problem: Text) {
        if let Some(told) = self.sources.get_mut(self.current) {
            told.problem = Some(problem);
        }
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.sources.iter().map(|told| told.coverage.counts.lines).sum()
    }

    /// What could not be read, in words.
    pub fn problems(&self) -> Vec<Text> {
        self.sources.iter().filter_map(|told| told.problem.clone()).chain(self.problems.iter().cloned()).collect()
    }

    /// The names of the sources by their numbers.
    pub fn names(&self) -> Vec<&str> {
        self.sources.iter().map(|told| told.coverage.path.raw()).collect()
    }

    /// The source of a log whose lines are the latest so far.
    pub(super) fn latest(&self, stream: &str) -> Option<&Told> {
        let of_stream = self.sources.iter().filter(|told| told.known.stream == stream && told.known.done > 0);
        of_stream.max_by_key(|told| told.coverage.times.map(|(_, last)| last))
    }

    /// Takes the account of a chunk.
    pub(super) fn add(&mut self, chunk: &mut ChunkFacts, grammars: &Grammars) {
        for (rule, lines) in &chunk.ignored_by {
            *self.ignored_by.entry(*rule).or_default() += lines;
        }
        let Some(source) = self.sources.get_mut(self.current).map(|told| &mut told.coverage) else {
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
        // Which shapes are the first must not depend on where a chunk ends.
        let mut shapes: Vec<_> = std::mem::take(&mut chunk.shapes).into_iter().collect();
        shapes.sort_by_key(|(_, (_, offset, _))| *offset);
        for (shape, (count, offset, line)) in shapes {
            self.shape(shape, count, offset, &line);
        }
    }

    fn shape(&mut self, shape: String, count: u64, offset: u64, line: &[u8]) {
        let full = self.shapes.len() >= MOST_SHAPES && !self.shapes.contains_key(&shape);
        let shape = if full { OTHER_SHAPES.to_owned() } else { shape };
        let source = self.current;
        let example = || Example { count: 0, source, offset, line: Text::from_bytes(line) };
        self.shapes.entry(shape).or_insert_with(example).count += count;
    }

    /// Notes a source that holds nothing that another does not hold.
    pub(super) fn duplicate(&mut self, source: &Source, of: &Text, lines: u64) {
        let (name, of) = (source.name.clone(), of.clone());
        self.duplicates.retain(|other| other.name != name);
        self.duplicates.push(Duplicate { name, of, lines });
    }

    /// Forgets the lines that stand for shapes, of sources that begin before a time: when a line was written is not kept.
    /// The shapes of sources that end before it become what a function says.
    pub fn forget(&mut self, before: i64, word: &mut dyn FnMut(&str) -> String) {
        let sources = &self.sources;
        let times = |example: &Example| sources.get(example.source).and_then(|told| told.coverage.times);
        let forgotten = |(shape, mut example): (String, Example)| {
            let (first, last) = times(&example).unwrap_or((i64::MIN, i64::MIN));
            if first < before {
                example.line = Text::default();
            }
            let goes = last < before && shape != OTHER_SHAPES;
            (if goes { word(&shape) } else { shape }, example)
        };
        self.shapes = std::mem::take(&mut self.shapes).into_iter().map(forgotten).collect();
    }

    /// Ends a run: rules go by their names from now on, and what went wrong replaces what went wrong before.
    pub(super) fn close(&mut self, grammars: &Grammars, problems: Vec<Text>) {
        self.problems = problems;
        let told: Vec<_> = self.twice.tell(&self.sources);
        self.sources.iter_mut().zip(told).for_each(|(source, repeats)| source.coverage.repeats = repeats);
        for (rule, lines) in std::mem::take(&mut self.ignored_by) {
            let (system, name) = grammars.label(rule);
            match self.ignored.iter_mut().find(|(s, n, _)| (s.as_str(), n.as_str()) == (system, name)) {
                Some((_, _, sum)) => *sum += lines,
                None => self.ignored.push((system.to_owned(), name.to_owned(), lines)),
            }
        }
    }

    /// The account as a report tells it, and the place of each source in it by its number. The sources of one run stand
    /// in the order in which they were read; those of several runs in the order in which one run would read them.
    pub fn coverage(&self, grammars: &Grammars, several: bool) -> (Coverage, Vec<u32>) {
        let order = if several { self.order() } else { (0..self.sources.len()).collect() };
        let mut places = vec![0; order.len()];
        (0..).zip(&order).for_each(|(place, number)| places[*number] = place);
        let told = || order.iter().map(|number| &self.sources[*number]);
        let mut sources: Vec<SourceCoverage> = told().map(|told| told.coverage.clone()).collect();
        let names: Vec<Text> = sources.iter().map(|source| source.path.clone()).collect();
        let mut duplicates: Vec<&Duplicate> =
            self.duplicates.iter().filter(|d| !names.contains(&d.name)).collect();
        duplicates.sort_by(|a, b| a.name.cmp(&b.name));
        sources.extend(duplicates.into_iter().map(Duplicate::coverage));
        let mut counts = Counts::default();
        for source in &mut sources {
            source.systems.sort();
            counts += source.counts;
        }
        let mut unmatched_shapes: Vec<Shape> =
            self.shapes.iter().map(|(shape, of)| self.told(shape, of)).collect();
        unmatched_shapes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.shape.cmp(&b.shape)));
        unmatched_shapes.truncate(SHOWN_SHAPES);
        let problems =
            told().filter_map(|told| told.problem.clone()).chain(self.problems.iter().cloned()).collect();
        let coverage = Coverage {
            counts,
            sources,
            unmatched_shapes,
            total_shapes: self.shapes.len(),
            ignored_by: self.ignored_in_order(grammars),
            problems,
            copies: Vec::new(),
        };
        (coverage, places)
    }

    fn told(&self, shape: &str, example: &Example) -> Shape {
        let source = self.sources.get(example.source).map(|told| told.coverage.path.clone()).unwrap_or_default();
        let evidence = Evidence { source, offset: example.offset, line: example.line.clone() };
        Shape { shape: Text::from(shape), count: example.count, example: evidence }
    }

    /// The numbers of the sources in the order in which one run would read them: logs by their first time, the parts of
    /// a log by theirs.
    fn order(&self) -> Vec<usize> {
        let first = |told: &Told| told.coverage.times.map_or(i64::MAX, |(first, _)| first);
        let part = |told: &Told| (first(told), Reverse(rotation_of(&told.known.path)), told.coverage.path.clone());
        let mut streams: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, told) in self.sources.iter().enumerate() {
            streams.entry(&told.known.stream).or_default().push(number);
        }
        let mut streams: Vec<Vec<usize>> = streams.into_values().collect();
        streams.iter_mut().for_each(|numbers| numbers.sort_by_cached_key(|at| part(&self.sources[*at])));
        let head = |numbers: &Vec<usize>| numbers.first().map(|at| &self.sources[*at]);
        streams.sort_by_cached_key(|numbers| head(numbers).map(|told| (first(told), told.coverage.path.clone())));
        streams.concat()
    }

    /// The lines that ignore rules took, in the order of the rules.
    fn ignored_in_order(&self, grammars: &Grammars) -> Vec<(String, String, u64)> {
        let place = |system: &str, name: &str| {
            (0..)
                .zip(&grammars.patterns)
                .position(|(at, _)| grammars.label(at) == (system, name))
                .unwrap_or(usize::MAX)
        };
        let mut all = self.ignored.clone();
        all.sort_by_cached_key(|(system, name, _)| (place(system, name), system.clone(), name.clone()));
        all
    }
}

impl Duplicate {
    fn coverage(&self) -> SourceCoverage {
        SourceCoverage {
            path: self.name.clone(),
            duplicate_of: Some(self.of.clone()),
            counts: Counts { lines: self.lines, duplicate: self.lines, ..Counts::default() },
            ..SourceCoverage::default()
        }
    }
}
