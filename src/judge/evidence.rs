//! Evidence: the log lines behind a finding, read back from their sources.

use crate::error::Result;
use crate::input::{Source, lines_at};
use crate::report::{Cell, Evidence, Finding};
use crate::sections::Asker;
use crate::text::{self, Text};
use std::collections::BTreeMap;

/// Lines of a finding at most.
const MOST: usize = 3;

/// The longest line that is shown.
const LONGEST: usize = 1_000;

/// Asks a question for the places of lines, `source` and `offset`, and notes them in a finding; the lines follow by
/// [`read`].
pub(super) fn note(finding: &mut Finding, asker: &Asker<'_>, sources: &[Source], sql: &str) -> Result<()> {
    let answer = asker.ask(sql)?;
    let place = |name: &str| answer.columns.iter().position(|column| column == name);
    let (Some(source), Some(offset)) = (place("source"), place("offset")) else {
        return Ok(());
    };
    for row in answer.rows(MOST) {
        if let (Cell::Integer(source), Cell::Integer(offset)) = (&row[source], &row[offset])
            && let Some(source) = usize::try_from(*source).ok().and_then(|at| sources.get(at))
            && let Ok(offset) = u64::try_from(*offset)
        {
            finding.evidence.push(Evidence { source: source.name.clone(), offset, line: Text::default() });
        }
    }
    Ok(())
}

/// Reads the lines of all evidence, each source once. What cannot be read any more is left out.
pub(super) fn read(findings: &mut [Finding], sources: &[Source]) {
    let mut wanted: BTreeMap<Text, Vec<u64>> = BTreeMap::new();
    for evidence in findings.iter().flat_map(|finding| &finding.evidence) {
        wanted.entry(evidence.source.clone()).or_default().push(evidence.offset);
    }
    let lines: BTreeMap<&Text, BTreeMap<u64, Vec<u8>>> = wanted
        .iter()
        .filter_map(|(name, offsets)| {
            let source = sources.iter().find(|source| source.name == *name)?;
            Some((name, lines_at(source, offsets)))
        })
        .collect();
    for finding in findings {
        finding.evidence.retain_mut(|evidence| {
            let line = lines.get(&evidence.source).and_then(|lines| lines.get(&evidence.offset));
            line.map(|line| evidence.line = shown(line)).is_some()
        });
    }
}

fn shown(line: &[u8]) -> Text {
    let mut line = Text::from_bytes(line).raw().to_owned();
    text::crop(&mut line, LONGEST);
    Text::from(line)
}
