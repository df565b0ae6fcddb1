//! Lines that several sources hold, told by a sample: what they say counts as often as they stand there.
//!
//! A syslog daemon may write a line to several files, a folder may hold the same log in two formats. A source of which
//! every line stands in another is set aside before it is read (`input`). Two that share a part of their lines cannot be
//! parted, but that must be told.

use super::Told;
use crate::event::{Event, hash_seed, key};
use crate::frame;
use crate::input::Chunk;
use crate::text::Text;
use crate::time::SECOND;
use memchr::memchr;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The most lines that are remembered; of more, those of every other second are forgotten.
const MOST: usize = 1 << 13;

/// Fewer lines in common are chance.
const FEWEST: u64 = 5;

/// Sources of which one in so many lines stands in another are told.
const PART: u64 = 5;

/// A sample of lines: all of some seconds, so that it holds the same of every source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Twice {
    /// By second, line and source: how often it stands there.
    seen: HashMap<(i64, u64, usize), u64>,
    /// Of the seconds one in two to the power of this is looked at.
    thinned: u32,
}

impl Twice {
    /// Takes in the lines of a source's chunk that became events.
    pub(super) fn add(&mut self, source: usize, chunk: &Chunk, events: &[Event]) {
        for event in events {
            let second = event.time.div_euclid(SECOND);
            if self.looks_at(second)
                && let Some(line) = line_at(chunk, event.offset)
            {
                *self.seen.entry((second, identity(line), source)).or_default() += 1;
            }
        }
        while self.seen.len() > MOST {
            self.thinned += 1;
            let thinned = self.thinned;
            self.seen.retain(|(second, ..), _| is_of_sample(*second, thinned));
        }
    }

    fn looks_at(&self, second: i64) -> bool {
        is_of_sample(second, self.thinned)
    }

    /// Says of each source in which other one stands a part of its lines, and how many those may be. Of two sources the one
    /// that has less of its own is told.
    pub(super) fn tell(&self, sources: &[Told]) -> Vec<Option<(Text, u64)>> {
        let mut told = vec![None; sources.len()];
        let (all, common) = self.counts();
        let lines = |source: usize| all.get(&source).copied().unwrap_or_default();
        let mut most: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
        for ((a, b), n) in common {
            let (part, whole) = if lines(a) < lines(b) { (a, b) } else { (b, a) };
            let best = most.entry(part).or_default();
            *best = (*best).max((n, whole));
        }
        for (part, (n, whole)) in most {
            if n >= FEWEST && n * PART >= lines(part) {
                let matched = u128::from(sources[part].coverage.counts.matched);
                let estimate = matched * u128::from(n) / u128::from(lines(part));
                told[part] = Some((sources[whole].coverage.path.clone(), u64::try_from(estimate).unwrap_or(n)));
            }
        }
        told
    }

    /// The lines of the sample by source, and those in common by pair of sources.
    fn counts(&self) -> (BTreeMap<usize, u64>, BTreeMap<(usize, usize), u64>) {
        let (mut all, mut common) = (BTreeMap::new(), BTreeMap::new());
        let mut by_line: HashMap<(i64, u64), Vec<(usize, u64)>> = HashMap::new();
        for ((second, line, source), n) in self.seen.iter().map(|(key, n)| (*key, *n)) {
            *all.entry(source).or_default() += n;
            by_line.entry((second, line)).or_default().push((source, n));
        }
        for places in by_line.values().filter(|places| places.len() > 1) {
            for (at, (a, n)) in places.iter().enumerate() {
                for (b, m) in &places[at + 1..] {
                    *common.entry((*a.min(b), *a.max(b))).or_default() += n.min(m);
                }
            }
        }
        (all, common)
    }
}

/// Whether the lines of a second are looked at where one in two to the power of `thinned` is.
fn is_of_sample(second: i64, thinned: u32) -> bool {
    second.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15).leading_zeros() >= thinned
}

/// Of a longer line so much is compared.
const LOOKED_AT: usize = 16 << 10;

fn line_at(chunk: &Chunk, offset: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset.checked_sub(chunk.offset)?).ok()?;
    // Of a line with many events in it each would look at all that follows.
    let rest = chunk.bytes.get(start..)?;
    let frame = if chunk.counted { frame::octet_count(rest) } else { None };
    if let Some(line) = frame.and_then(|(head, len)| rest.get(head..head + len.min(LOOKED_AT))) {
        return Some(line);
    }
    let rest = &rest[..rest.len().min(LOOKED_AT)];
    Some(&rest[..memchr(b'\n', rest).unwrap_or(rest.len())])
}

/// What makes a line the same in every frame: host, process and text, besides its time.
fn identity(line: &[u8]) -> u64 {
    frame::record(line).map_or_else(
        || hash_seed(line),
        |record| key(hash_seed(&record.host) ^ u64::from(record.pid), b'l', &record.text),
    )
}
