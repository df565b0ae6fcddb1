//! Proof of the grammars: every sample is taken by its own pattern and holds what it says, every near miss is not.

use super::trouble::Trouble;
use super::{Grammar, Grammars, Pattern, Sample, matches_name};
use crate::frame::{self, Laid};
use crate::time::stamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that is wrong with a grammar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The grammar's file.
    pub origin: String,
    /// The line, where it is one entry's.
    pub line: Option<usize>,
    /// The pattern.
    pub pattern: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, line, pattern, what } = self;
        match line {
            Some(line) => write!(f, "{origin}:{line}: {pattern}: {what}"),
            None => write!(f, "{origin}: {pattern}: {what}"),
        }
    }
}

impl Complaint {
    /// What is wrong with a pattern.
    fn of(grammars: &Grammars, pattern: &Pattern, what: String) -> Self {
        let origin = grammars.list[pattern.grammar].origin.clone();
        Self { origin, line: Some(pattern.line), pattern: pattern.name.clone(), what }
    }
}

/// Everything that is wrong with the grammars; nothing if they prove themselves.
pub fn check(grammars: &Grammars) -> Vec<Complaint> {
    let complain = |pattern: &Pattern, what: String| Complaint::of(grammars, pattern, what);
    let mut complaints = clashes(grammars);
    for pattern in &grammars.patterns {
        if pattern.samples.is_empty() {
            complaints.push(complain(pattern, "has no sample".into()));
        }
        let wrong = pattern.samples.iter().flat_map(|sample| {
            programs(pattern, sample).into_iter().filter_map(|p| wrong(grammars, pattern, sample, p))
        });
        complaints.extend(wrong.map(|what| complain(pattern, what)));
        let taken = pattern.near.iter().filter(|line| takes(grammars, pattern, line));
        complaints.extend(taken.map(|line| complain(pattern, format!("takes the near miss `{line}`"))));
    }
    complaints.extend(contested(grammars));
    complaints.extend((0..grammars.list.len()).flat_map(|at| layout(grammars, at)));
    complaints.extend(grammars.list.iter().flat_map(troubles));
    complaints.sort();
    complaints
}

/// Programs that two grammars name: the first of them gets all their lines, but one that only sets lines aside yields.
fn contested(grammars: &Grammars) -> Vec<Complaint> {
    let takes = |pattern: &str, other: &str| matches_name(pattern, other.trim_end_matches('*'));
    let named = |grammar: &Grammar, program: &str| {
        grammar.programs.names.iter().any(|own| takes(own, program) || takes(program, own))
    };
    let mut out = Vec::new();
    for (at, grammar) in grammars.list.iter().enumerate() {
        for program in &grammar.programs.names {
            let alike = |other: &&Grammar| other.only_ignores == grammar.only_ignores;
            let first = grammars.list[..at].iter().filter(alike).find(|other| named(other, program));
            out.extend(first.map(|first| Complaint {
                origin: grammar.origin.clone(),
                line: None,
                pattern: "[programs]".into(),
                what: format!(
                    "never gets the lines of `{program}`: `{}` names it too, and comes first",
                    first.system
                ),
            }));
        }
    }
    out
}

/// What is wrong with the troubles that a grammar knows.
fn troubles(grammar: &Grammar) -> Vec<Complaint> {
    let complain = |trouble: &Trouble, what: String| Complaint {
        origin: grammar.origin.clone(),
        line: Some(trouble.line),
        pattern: trouble.class.clone(),
        what,
    };
    let clash = |(first, second): (&Trouble, &Trouble)| {
        complain(second, format!("is never told: the same texts tell of `{}`", first.class))
    };
    let mut complaints: Vec<Complaint> = grammar.troubles.clashes().map(clash).collect();
    for trouble in &grammar.troubles.list {
        let told = |text: &str| grammar.troubles.find(text.as_bytes(), &grammar.pairs).map(|found| &found.class);
        let untold = trouble.samples.iter().filter(|text| told(text) != Some(&trouble.class));
        complaints
            .extend(untold.map(|text| complain(trouble, format!("its sample `{text}` does not tell of it"))));
        let near = trouble.near.iter().filter(|text| told(text) == Some(&trouble.class));
        complaints.extend(near.map(|text| complain(trouble, format!("the near miss `{text}` tells of it"))));
        complaints.extend(trouble.samples.is_empty().then(|| complain(trouble, "has no sample".into())));
    }
    complaints
}

/// What is wrong with a grammar's layout.
fn layout(grammars: &Grammars, at: usize) -> Vec<Complaint> {
    let grammar = &grammars.list[at];
    let Some((_, samples)) = &grammar.layout else {
        return Vec::new();
    };
    let none = samples.is_empty().then(|| "has no sample".to_owned());
    let wrong = samples.iter().filter_map(|sample| wrong_row(grammars, at, sample));
    let complain =
        |what| Complaint { origin: grammar.origin.clone(), line: None, pattern: "[layout]".into(), what };
    none.into_iter().chain(wrong).map(complain).collect()
}

/// What is wrong with a layout's sample, if anything.
fn wrong_row(grammars: &Grammars, at: usize, sample: &frame::Sample) -> Option<String> {
    let Some((time, host, text)) = row(&grammars.list[at], sample) else {
        return Some(format!("does not read its sample `{}`", sample.line));
    };
    if Some(time) != stamp::value(sample.time.as_bytes()) {
        return Some(format!("the time of its sample `{}` is not {}", sample.line, sample.time));
    }
    if (&host, &text) != (&sample.host, &sample.text) {
        return Some(format!("its sample `{}` has host `{host}` and text `{text}`", sample.line));
    }
    let untaken = grammars.explain_text(at, "", text.as_bytes()).taken_by.is_none();
    untaken.then(|| format!("no pattern takes the text of its sample `{}`", sample.line))
}

/// The stamp, the host and the text that a layout reads of a sample.
fn row(grammar: &Grammar, sample: &frame::Sample) -> Option<(stamp::Stamp, String, String)> {
    let (layout, _) = grammar.layout.as_ref()?;
    let bound = layout.bind(sample.header.as_ref().unwrap_or(&sample.line).as_bytes())?;
    let Laid::Row(record) = bound.read(sample.line.as_bytes())? else {
        return None;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((record.stamp, text(&record.host), text(&record.text)))
}

/// Patterns that take the very same lines, and names that stand twice.
fn clashes(grammars: &Grammars) -> Vec<Complaint> {
    let of = |id: u32| &grammars.patterns[id as usize];
    let clashing = grammars.list.iter().flat_map(|grammar| grammar.trees.clashes());
    let clash = |(first, second): (u32, u32)| {
        let what = format!("can never match: `{}` takes the same lines", of(first).name);
        Complaint::of(grammars, of(second), what)
    };
    let mut names = BTreeSet::new();
    let twice = grammars.patterns.iter().filter(|pattern| !names.insert((pattern.grammar, &pattern.name)));
    let twice = twice.map(|pattern| Complaint::of(grammars, pattern, "the name stands twice".into()));
    clashing.map(clash).chain(twice).collect()
}

/// The programs for which a sample is tried: its own, else all of its pattern's.
fn programs<'a>(pattern: &'a Pattern, sample: &'a Sample) -> Vec<&'a str> {
    match &sample.program {
        Some(program) => vec![program],
        None if pattern.programs.is_empty() => vec![""],
        None => pattern.programs.iter().map(String::as_str).collect(),
    }
}

/// What is wrong with a sample, if anything.
fn wrong(grammars: &Grammars, pattern: &Pattern, sample: &Sample, program: &str) -> Option<String> {
    let found = grammars.explain_text(pattern.grammar, program, sample.line.as_bytes());
    match &found.taken_by {
        None => return Some(format!("does not take its sample `{}`", sample.line)),
        Some((_, name)) if *name != pattern.name => {
            return Some(format!("its sample `{}` is taken by `{name}`", sample.line));
        }
        Some(_) => {}
    }
    let found: BTreeMap<String, String> = found
        .fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(&value).into_owned()))
        .collect();
    (found != sample.is).then(|| format!("its sample `{}` holds {found:?}, not {:?}", sample.line, sample.is))
}

fn takes(grammars: &Grammars, pattern: &Pattern, line: &str) -> bool {
    let all = [String::new()];
    let programs = if pattern.programs.is_empty() { &all[..] } else { &pattern.programs };
    programs.iter().any(|program| {
        let found = grammars.explain_text(pattern.grammar, program, line.as_bytes());
        found.taken_by.is_some_and(|(_, name)| name == pattern.name)
    })
}
