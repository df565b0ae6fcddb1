//! The log lines behind a finding.

use crate::error::Result;
use crate::evidence::{Place, lines, place};
use crate::input::Source;
use crate::report::{Cell, Evidence, Finding};
use crate::sections::Asker;
use crate::text::Text;
use std::collections::BTreeMap;

/// Lines of a finding at most.
const MOST: usize = 3;

/// The longest line that is shown.
const LONGEST: usize = 1_000;

/// Asks a question for the places of lines, `source` and `offset`, and notes them in a finding; the lines follow by
/// [`read`].
pub(super) fn note(finding: &mut Finding, asker: &Asker<'_>, sources: &[Source], sql: &str) -> Result<()> {
    let answer = asker.ask(sql)?;
    let column = |name: &str| answer.columns.iter().position(|column| column == name);
    let (Some(source), Some(offset)) = (column("source"), column("offset")) else {
        return Ok(());
    };
    for row in answer.rows(MOST) {
        if let (Cell::Integer(source), Cell::Integer(offset)) = (&row[source], &row[offset])
            && let Some((at, offset)) = place(*source, *offset)
            && let Some(source) = sources.get(at)
        {
            finding.evidence.push(Evidence { source: source.name.clone(), offset, line: Text::default() });
        }
    }
    Ok(())
}

/// Reads the lines of all evidence. What cannot be read any more is left out.
pub(super) fn read(findings: &mut [Finding], sources: &[Source]) {
    let numbers: BTreeMap<&Text, usize> =
        sources.iter().enumerate().map(|(at, source)| (&source.name, at)).collect();
    let of = |evidence: &Evidence| Some((*numbers.get(&evidence.source)?, evidence.offset));
    let places: Vec<Place> = findings.iter().flat_map(|finding| &finding.evidence).filter_map(of).collect();
    let lines = lines(places, sources, LONGEST);
    for evidence in findings.iter_mut().map(|finding| &mut finding.evidence) {
        evidence.retain_mut(|evidence| {
            let line = of(evidence).and_then(|place| lines.get(&place));
            line.map(|line| evidence.line = line.clone()).is_some()
        });
    }
}
