//! Evidence: log lines that prove something, read back from where they stand.
//!
//! Comes in: places as facts name them, and the sources of a run. Goes out: the lines. What they prove is not known
//! here. To keep the lines of a log would be to keep the log in memory.

use crate::input::{Source, lines_at};
use crate::text::{Text, crop};
use std::collections::BTreeMap;

/// Where a line stands: the number of its source, and the byte at which it starts.
pub type Place = (usize, u64);

/// The place that two columns of a fact name.
pub fn place(source: i64, offset: i64) -> Option<Place> {
    Some((usize::try_from(source).ok()?, u64::try_from(offset).ok()?))
}

/// The lines at these places, cut at `longest` bytes; each source is read once. What cannot be read any more is missing.
pub fn lines(
    places: impl IntoIterator<Item = Place>,
    sources: &[Source],
    longest: usize,
) -> BTreeMap<Place, Text> {
    let mut wanted: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for (source, offset) in places {
        wanted.entry(source).or_default().push(offset);
    }
    let mut found = BTreeMap::new();
    for (at, offsets) in wanted {
        let Some(source) = sources.get(at) else { continue };
        let lines = lines_at(source, &offsets).into_iter();
        found.extend(lines.map(|(offset, line)| ((at, offset), shown(&line, longest))));
    }
    found
}

fn shown(line: &[u8], longest: usize) -> Text {
    let mut line = Text::from_bytes(line).raw().to_owned();
    crop(&mut line, longest);
    Text::from(line)
}
