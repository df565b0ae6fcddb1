//! Lines read back from where they stand, to prove what was said of them.

use super::{Chunks, Kind, Source};
use memchr::memchr_iter;
use std::collections::BTreeMap;

/// How much of a line is read back.
const LONGEST: usize = 16 << 10;

/// How much is read at once where a source must be read from its start.
const CHUNK: usize = 1 << 20;

/// The lines of a source that start at these bytes. Those that cannot be read any more are missing.
pub fn lines_at(source: &Source, offsets: &[u64]) -> BTreeMap<u64, Vec<u8>> {
    let Some(source) = &source.whole() else { return BTreeMap::new() };
    let mut offsets = offsets.to_vec();
    offsets.sort_unstable();
    offsets.dedup();
    if source.is_plain() {
        let line = |offset: u64| Some((offset, line_at(source, offset)?));
        offsets.into_iter().filter_map(line).collect()
    } else {
        walk(source, &offsets)
    }
}

fn line_at(source: &Source, offset: u64) -> Option<Vec<u8>> {
    let mut line = source.read_at(offset, LONGEST).filter(|line| !line.is_empty())?;
    let mut ends = memchr_iter(b'\n', &line);
    // A field of a message goes on with its folds (RFC 5322 2.2.3).
    let goes_on = |end: &usize| source.kind != Kind::Log && matches!(line.get(end + 1), Some(b' ' | b'\t'));
    let end = ends.find(|end| !goes_on(end));
    line.truncate(end.unwrap_or(line.len()));
    Some(line)
}

/// Reads the source from its start up to the last of the bytes, which are in order.
fn walk(source: &Source, offsets: &[u64]) -> BTreeMap<u64, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut wanted = offsets.iter().copied().peekable();
    let Ok(mut chunks) = Chunks::open(source, CHUNK) else {
        return found;
    };
    while wanted.peek().is_some()
        && let Ok(Some(chunk)) = chunks.next()
    {
        let end = chunk.offset + chunk.bytes.len() as u64;
        if wanted.peek().is_some_and(|at| *at >= end) {
            continue;
        }
        for (offset, line) in chunk.lines() {
            while wanted.next_if(|at| *at < offset).is_some() {}
            if wanted.next_if_eq(&offset).is_some() {
                found.insert(offset, line[..line.len().min(LONGEST)].to_vec());
            }
        }
        while wanted.next_if(|at| *at < end).is_some() {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Options, open};
    use std::io::Write;

    fn source(bytes: &[u8]) -> (tempfile::NamedTempFile, Source) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("it can be written");
        let options = Options { now: 0, year: Some(2026), layouts: Vec::new(), tell: |_| {} };
        let mut inputs = open(&[file.path().to_owned()], &options).expect("it can be opened");
        let source = inputs.streams.remove(0).sources.remove(0);
        (file, source)
    }

    #[test]
    fn lines_are_read_back_from_plain_and_from_compressed_files() {
        let text: Vec<u8> =
            (0..50_000).flat_map(|n| format!("Nov 24 12:00:00 mx1 p[1]: {n}\n").into_bytes()).collect();
        let offsets: Vec<u64> = [0, 30_000, 49_999]
            .iter()
            .map(|n| (0..*n).map(|n: u32| 27 + n.to_string().len() as u64).sum())
            .collect();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&text).expect("memory");
        for bytes in [text.clone(), gz.finish().expect("memory")] {
            let (_file, source) = source(&bytes);
            let asked = [offsets[2], offsets[0], offsets[1], offsets[1], 7 << 40];
            let lines = lines_at(&source, &asked);
            let ends: Vec<&[u8]> = lines.values().map(|line| &line[line.len() - 5..]).collect();
            assert_eq!(ends, [b"1]: 0", b"30000", b"49999"]);
        }
    }
}
