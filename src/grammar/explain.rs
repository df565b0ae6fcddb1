//! What the grammars make of a single line, for people.

use super::captures::Captures;
use super::read::{DEPTH, counts, is_between, named, takes_any};
use super::{Grammars, Layouts, Pattern};
use crate::frame::{self, Laid, Record};

/// What `grammar explain` shows of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// The system and the pattern; nothing where none took it.
    pub taken_by: Option<(String, String)>,
    /// Whether that is an ignore rule.
    pub ignored: bool,
    /// The captured fields.
    pub fields: Vec<(&'static str, Vec<u8>)>,
    /// The text that a layout made of the line, where patterns do not read the line's own.
    pub text: Option<Vec<u8>>,
}

impl Explained {
    fn is_taken(&self) -> bool {
        self.taken_by.is_some()
    }
}

impl Grammars {
    /// What becomes of a line of a source with these layouts; nothing where it is damaged.
    pub fn explain(&self, layouts: &Layouts<'_>, line: &[u8]) -> Option<Explained> {
        let record = frame::record(line);
        let framed = record.as_ref().map(|record| self.explain_record(record));
        let laid = self.explain_laid(layouts, line);
        let (first, second) = if layouts.own { (&laid, &framed) } else { (&framed, &laid) };
        let taken = [first, second].into_iter().flatten().find(|found| found.is_taken());
        if taken.is_some() {
            return taken.cloned();
        }
        let plain = frame::uncoloured(line).and_then(|plain| self.explain(layouts, &plain));
        if plain.as_ref().is_some_and(Explained::is_taken) {
            return plain;
        }
        if laid.is_none() && record.is_some_and(|record| layouts.is_broken_row(&record)) {
            return None;
        }
        first.clone().or_else(|| second.clone()).or_else(|| self.explain_between(line))
    }

    /// The ignore rule that takes what a program that shows logs says between their lines; nothing where none does.
    fn explain_between(&self, line: &[u8]) -> Option<Explained> {
        let natives = self.native().filter(|_| is_between(line));
        natives.map(|(at, _)| self.explain_text(at, "", line.trim_ascii_end())).find(|found| found.ignored)
    }

    /// What the grammars make of a record.
    pub(super) fn explain_record(&self, record: &Record<'_>) -> Explained {
        self.explain_at_depth(record, DEPTH)
    }

    /// The same of a record in which so many others may stand.
    fn explain_at_depth(&self, record: &Record<'_>, depth: u8) -> Explained {
        let (_, text) = frame::repeated(&record.text);
        let within = || self.explain_within(record, text, depth);
        if !record.program.is_empty() {
            let own = self.explain_program(&record.program, text);
            return if self.is_passed_on(&own) { within().unwrap_or(own) } else { own };
        }
        let by_tag = || frame::tag(text).map(|(program, _, text)| self.explain_program(program, text));
        self.explain_native(text).or_else(within).or_else(by_tag).unwrap_or_default()
    }

    /// Whether a text may be a line: nothing took it but a rule for whatever programs say.
    fn is_passed_on(&self, found: &Explained) -> bool {
        let Some((system, name)) = &found.taken_by else { return true };
        let is_it = |rule: &&Pattern| rule.name == *name && self.list[rule.grammar].system == *system;
        found.ignored && self.patterns.iter().find(is_it).is_some_and(takes_any)
    }

    /// What becomes of the line that a record's text is; nothing where it is none that counts.
    fn explain_within(&self, outer: &Record<'_>, text: &[u8], depth: u8) -> Option<Explained> {
        let depth = depth.checked_sub(1)?;
        let name = |program: &[u8]| String::from_utf8_lossy(program).into_owned();
        let grammar = |program: &[u8]| self.program(&name(program)).map(|program| program.grammar);
        let inner = named(frame::line_in(text)?, |program| grammar(program).is_some());
        let of_mail = grammar(&outer.program).filter(|_| !self.explain_program(&outer.program, text).ignored);
        if inner.program.is_empty() && frame::is_repetition(&inner.text) {
            return self.explain_native(&inner.text);
        }
        let (program, pid) = match &inner.program {
            program if program.is_empty() => (of_mail.map(|_| outer.program.clone())?, 0),
            program => (program.clone(), inner.pid),
        };
        let own = (grammar(&program)?, pid);
        let inner = Record { program, ..inner.clone() };
        counts(of_mail.map(|of| (of, outer.pid)), own).then(|| self.explain_at_depth(&inner, depth))
    }

    /// What takes a text of a line that names no program.
    fn explain_native(&self, text: &[u8]) -> Option<Explained> {
        self.native().map(|(at, _)| self.explain_text(at, "", text)).find(Explained::is_taken)
    }

    fn explain_program(&self, program: &[u8], text: &[u8]) -> Explained {
        let name = String::from_utf8_lossy(program);
        let Some(program) = self.program(&name) else { return Explained::default() };
        let mut captures = Captures::default();
        let untold = || self.find_untold(program.grammar, text, &mut captures);
        let found = match program.is_cut.then(untold).flatten() {
            Some(pattern) => self.explained(pattern, text, &captures),
            None => self.explain_text(program.grammar, program.name, text),
        };
        let again = !found.is_taken() && frame::is_repetition(text);
        again.then(|| self.explain_native(text)).flatten().unwrap_or(found)
    }

    /// What the grammars of layouts make of a line; nothing where no layout reads it.
    pub(super) fn explain_laid(&self, layouts: &Layouts<'_>, line: &[u8]) -> Option<Explained> {
        let read = layouts.list.iter().filter_map(|(grammar, bound)| {
            let (text, must_ignore) = match bound.read(line)? {
                Laid::Row(record) => (record.text, false),
                Laid::Note(note) => (note.into(), true),
            };
            let found = self.explain_text(*grammar, "", &text);
            let found = if must_ignore && !found.ignored { Explained::default() } else { found };
            Some(Explained { text: Some(text.into_owned()), ..found })
        });
        read.reduce(|first, next| if first.is_taken() { first } else { next })
    }

    /// What a grammar makes of a text of one of its programs.
    pub(super) fn explain_text(&self, at: usize, program: &str, text: &[u8]) -> Explained {
        let mut captures = Captures::default();
        let grammar = &self.list[at];
        let found =
            grammar.trees.of_program(program).and_then(|tree| tree.find(text, &grammar.pairs, &mut captures));
        found.map(|pattern| self.explained(pattern, text, &captures)).unwrap_or_default()
    }

    fn explained(&self, pattern: u32, text: &[u8], captures: &Captures) -> Explained {
        let (system, name) = self.label(pattern);
        let fields = captures.fields().iter().map(|(field, bytes)| (field.name(), bytes.of(text).to_vec()));
        Explained {
            taken_by: Some((system.to_owned(), name.to_owned())),
            ignored: self.patterns[pattern as usize].ignore,
            fields: fields.collect(),
            text: None,
        }
    }
}
