//! Evidence: log lines that prove something, read back from where they stand.
//!
//! Comes in: places as facts name them, and the sources of a run. Goes out: the lines. What they prove is not known
//! here. To keep the lines of a log would be to keep the log in memory.

use crate::input::mail::header_block;
use crate::input::{Kind, Source, lines_at};
use crate::text::{Text, crop};
use std::collections::BTreeMap;
use std::path::Path;

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
        let line = |line: &[u8]| {
            if source.kind == Kind::Log { shown(line, longest) } else { shown(&one_line(line), longest) }
        };
        found.extend(lines.map(|(offset, bytes)| ((at, offset), line(&bytes))));
    }
    found
}

/// The field of a message's header that starts at this byte of its file, on one line.
pub fn field(file: &Path, offset: u64, longest: usize) -> Option<Text> {
    let block = header_block(file).ok()?;
    let text = block.bytes.get(usize::try_from(offset).ok()?..).filter(|text| !text.is_empty())?;
    Some(shown(&one_line(text), longest))
}

/// A field without its folds (RFC 5322 2.2.3).
fn one_line(text: &[u8]) -> Vec<u8> {
    let mut lines = text.split(|b| *b == b'\n');
    let first = lines.next().unwrap_or_default();
    let folded = lines.take_while(|line| line.starts_with(b" ") || line.starts_with(b"\t"));
    let lines = std::iter::once(first).chain(folded).map(<[u8]>::trim_ascii);
    lines.collect::<Vec<_>>().join(&b' ')
}

fn shown(line: &[u8], longest: usize) -> Text {
    let mut line = Text::from_bytes(line).raw().to_owned();
    crop(&mut line, longest);
    Text::from(line)
}
