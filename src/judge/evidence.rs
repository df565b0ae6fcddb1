//! The log lines behind a finding.

use crate::error::Result;
use crate::evidence::{self, Place, lines, place};
use crate::input::Source;
use crate::report::{Cell, Evidence, Finding};
use crate::sections::Asker;
use crate::text::{Text, bytes};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, PathBuf};

/// Lines of a finding at most.
pub(super) const MOST: usize = 3;

/// The longest line that is shown.
const LONGEST: usize = 1_000;

/// Asks a question for the places of lines, `source` and `offset`, of mail also the `file`, and notes them in a finding;
/// the lines follow by [`read`].
pub(super) fn note(finding: &mut Finding, asker: &Asker<'_>, sources: &[Source], sql: &str) -> Result<()> {
    let answer = asker.ask(sql)?;
    let column = |name: &str| answer.columns.iter().position(|column| column == name);
    let (Some(source), Some(offset)) = (column("source"), column("offset")) else {
        return Ok(());
    };
    let file = column("file");
    for row in answer.rows(MOST) {
        if let (Cell::Integer(source), Cell::Integer(offset)) = (&row[source], &row[offset])
            && let Some((at, offset)) = place(*source, *offset)
            && let Some(source) = sources.get(at)
        {
            let inside = file.and_then(|at| inside(source, &row[at]));
            let source = inside.unwrap_or(&source.name).clone();
            finding.evidence.push(Evidence { source, offset, line: Text::default() });
        }
    }
    Ok(())
}

/// The file of a folder of messages that a cell names; no other file is ever read for it.
fn inside<'a>(source: &Source, file: &'a Cell) -> Option<&'a Text> {
    let Cell::Text(file) = file else { return None };
    let path = path(file);
    let path = path.strip_prefix(&source.path).ok()?;
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
        .then_some(file)
        .filter(|_| !path.as_os_str().is_empty())
}

/// The path of a file that is told: its name need not be UTF-8.
fn path(file: &Text) -> PathBuf {
    OsString::from_vec(bytes(file.raw())).into()
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
            let line = match of(evidence) {
                Some(place) => lines.get(&place).cloned(),
                None => evidence::field(&path(&evidence.source), evidence.offset, LONGEST),
            };
            line.map(|line| evidence.line = line).is_some()
        });
    }
}
