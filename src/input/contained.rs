//! Logs that another log holds whole. A syslog daemon writes a line to every file whose rule fits it: what stands in
//! `mail.warn` and `mail.err` stands in `mail.log` too, and that perhaps in `syslog`.

use super::stream::{group, since};
use super::{Bytes, Chunks, Inputs, Options, Source, Stream};
use crate::frame;
use crate::text::Text;
use crate::time::stamp::Stamp;
use memchr::memchr;
use std::io;

/// Among more logs none is looked for in another: each would be compared with each.
const MOST_LOGS: usize = 64;

/// Lines of a source that are looked up in another log before all are compared.
const PROBES: u64 = 8;

/// How much is read at once to find a line; a longer line is not found.
const WINDOW: usize = 8 << 10;

/// How much is read at once where all lines are compared.
const CHUNK: usize = 1 << 20;

/// Takes out the sources of which every line stands, in its order, in another log.
pub(super) fn remove(streams: Vec<Stream>, options: &Options, inputs: &mut Inputs) -> Vec<Stream> {
    let held = if streams.len() > MOST_LOGS { Vec::new() } else { held(&streams) };
    if held.is_empty() {
        return streams;
    }
    let mut kept = Vec::new();
    for source in streams.into_iter().flat_map(|stream| stream.sources) {
        match held.iter().find(|(name, _)| *name == source.name) {
            Some((_, holder)) => inputs.duplicates.push((source, holder.clone())),
            None => kept.push(source),
        }
    }
    inputs.duplicates.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    group(kept, options)
}

/// The names of sources that another log holds, each with the name of that log.
fn held(streams: &[Stream]) -> Vec<(Text, Text)> {
    let mut logs: Vec<&Stream> = streams.iter().filter(|log| log.sources.iter().any(is_plain)).collect();
    logs.sort_by_key(|log| log.sources.iter().map(|source| source.len).sum::<u64>());
    let mut held = Vec::new();
    for (at, part) in logs.iter().enumerate() {
        let probes = probes(part);
        let Some(whole) = logs[at + 1..].iter().find(|whole| probes.iter().all(|probe| has(whole, probe))) else {
            continue;
        };
        let Some(newest) = whole.sources.last() else { continue };
        let inside = part.sources.iter().filter(|source| holds(whole, source).unwrap_or(false));
        held.extend(inside.map(|source| (source.name.clone(), newest.name.clone())));
    }
    held
}

/// Whether lines can be read anywhere in it.
fn is_plain(source: &Source) -> bool {
    source.is_plain() && source.first.is_some()
}

/// Lines from all over the newest plain source of a log, with their stamps.
fn probes(log: &Stream) -> Vec<(Stamp, Vec<u8>)> {
    let Some(source) = log.sources.iter().rfind(|source| is_plain(source)) else { return Vec::new() };
    let places = (0..PROBES).map(|n| source.len / PROBES * n);
    let probe = |place| lines_from(source, place).into_iter().find_map(|line| Some((frame::stamp(&line)?, line)));
    places.filter_map(probe).collect()
}

/// The whole lines in the window at a place.
fn lines_from(source: &Source, place: u64) -> Vec<Vec<u8>> {
    let bytes = source.read_at(place, WINDOW).unwrap_or_default();
    let is_last = place + bytes.len() as u64 == source.len;
    let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    if !is_last {
        lines.pop();
    }
    lines.drain(..usize::from(place > 0).min(lines.len()));
    lines
}

/// Whether a line stands in a plain source of a log.
fn has(log: &Stream, (stamp, line): &(Stamp, Vec<u8>)) -> bool {
    log.sources.iter().filter(|source| is_plain(source)).any(|source| stands_in(source, *stamp, line))
}

/// Whether a line stands in a source. Its stamp is looked for by halves, then the line from there on.
fn stands_in(source: &Source, stamp: Stamp, line: &[u8]) -> bool {
    let Some(first) = source.first else { return false };
    let step = WINDOW as u64 / 2;
    let wanted = since(first, stamp);
    let (mut low, mut high) = (0, source.len / step);
    while low < high {
        let middle = low.midpoint(high);
        let at = lines_from(source, middle * step).iter().find_map(|line| frame::stamp(line));
        match at {
            Some(at) if since(first, at) < wanted => low = middle + 1,
            _ => high = middle,
        }
    }
    for window in low.saturating_sub(1)..=source.len / step {
        let lines = lines_from(source, window * step);
        if lines.iter().any(|other| other == line) {
            return true;
        }
        if lines.iter().filter_map(|other| frame::stamp(other)).any(|at| since(first, at) > wanted) {
            return false;
        }
    }
    false
}

/// Whether every line of a source stands in a log, in the same order.
fn holds(log: &Stream, part: &Source) -> io::Result<bool> {
    let mut lines = Lines::of(std::slice::from_ref(part));
    let mut others = Lines::of(since_start_of(part, log));
    while let Some(line) = lines.next()? {
        loop {
            match others.next()? {
                Some(other) if other == line => break,
                Some(_) => {}
                None => return Ok(false),
            }
        }
    }
    Ok(true)
}

/// The sources of a log that may hold what a source begins with, and those after them.
fn since_start_of<'a>(part: &Source, log: &'a Stream) -> &'a [Source] {
    let (Some(oldest), Some(first)) = (log.sources[0].first, part.first) else { return &log.sources };
    let before = |source: &Source| source.first.is_some_and(|at| since(oldest, at) < since(oldest, first));
    &log.sources[log.sources.iter().rposition(before).unwrap_or(0)..]
}

/// Walks the lines of sources, one after the other.
struct Lines<'a> {
    sources: std::slice::Iter<'a, Source>,
    chunks: Option<Chunks>,
    bytes: Bytes,
    at: usize,
}

impl<'a> Lines<'a> {
    fn of(sources: &'a [Source]) -> Self {
        Self { sources: sources.iter(), chunks: None, bytes: Bytes::Read(Vec::new()), at: 0 }
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        while self.at >= self.bytes.len() {
            let Some(chunks) = &mut self.chunks else {
                let Some(source) = self.sources.next() else { return Ok(None) };
                self.chunks = Some(Chunks::open(source, CHUNK)?);
                continue;
            };
            match chunks.next()? {
                Some(chunk) => (self.bytes, self.at) = (chunk.bytes, 0),
                None => self.chunks = None,
            }
        }
        let rest = &self.bytes[self.at..];
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        self.at += end + 1;
        Ok(Some(&rest[..end]))
    }
}
