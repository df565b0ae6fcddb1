//! Grammars: what the lines of a system mean, as data.
//!
//! A grammar is a file `grammars/<system>.toml`: patterns with their roles, and samples that prove them. Comes in:
//! records. Goes out: events. Nothing here knows a product: what is peculiar to one stands in its file.

mod captures;
mod check;
mod emit;
mod explain;
mod file;
mod layouts;
mod literal;
mod pattern;
mod read;
mod scan;
mod tree;
mod trees;
mod trouble;
mod value;

pub(crate) use crate::frame::MOST_REPETITIONS;
pub use captures::{Captures, Counters};
pub use check::{Complaint, check};
pub use explain::Explained;
pub use file::{KeyKind, Sample};
pub use layouts::Layouts;
use literal::Literal;
pub use read::{ChunkFacts, Last, Reader, Scratch, Shapes};
pub use tree::{Pairs, Tree};
use trees::Trees;
use trouble::Troubles;

use crate::assets::Assets;
use crate::error::Result;
use crate::event::{Field, Role};
use crate::frame::{self, Layout};
use aho_corasick::AhoCorasick;
use std::sync::Arc;

/// All grammars, compiled.
#[derive(Debug)]
pub struct Grammars {
    /// The grammars, in order of name.
    pub list: Vec<Grammar>,
    /// All their patterns; an event names its pattern by its place here.
    pub patterns: Vec<Pattern>,
}

/// One system's grammar, compiled.
#[derive(Debug)]
pub struct Grammar {
    /// The system's name, as in the facts.
    pub system: String,
    /// What it is, in a line.
    pub about: String,
    /// The file it came from, for messages.
    pub origin: String,
    programs: file::Programs,
    /// Whether it only sets lines aside: a program that another grammar names too is that one's.
    only_ignores: bool,
    services: Vec<file::Service>,
    trees: Trees,
    pairs: Pairs,
    /// Words of ours for words of the system's, by field.
    maps: Vec<(Field, Vec<(Literal, String)>)>,
    /// The fields that have such words, as a set of bits.
    mapped: u128,
    finds: Vec<Find>,
    classes: Classes,
    troubles: Troubles,
    /// How its lines are laid out where their header is its own, with samples of that.
    layout: Option<(Arc<Layout>, Vec<frame::Sample>)>,
}

/// A pattern, or an ignore rule.
#[derive(Debug)]
pub struct Pattern {
    /// Its name, unique in its grammar.
    pub name: String,
    /// The line of its file in which the name stands.
    pub line: usize,
    /// Its grammar, as a place in [`Grammars::list`].
    pub grammar: usize,
    /// The parts it plays; none for an ignore rule.
    pub roles: Vec<Role>,
    /// The same as a set of bits.
    role_set: u32,
    /// Whether it is an ignore rule.
    pub ignore: bool,
    /// How its session is told from others.
    pub session: KeyKind,
    /// The fields that it sets by itself.
    pub set: Vec<(Field, String)>,
    /// The field that holds a list, and what stands between its parts: each of these is an event of its own.
    pub each: Option<(Field, u8)>,
    /// Its text, as written.
    pub texts: Vec<String>,
    /// The programs whose lines it takes; empty for all of the system's.
    pub programs: Vec<String>,
    /// Lines that it takes, with what they hold.
    pub samples: Vec<Sample>,
    /// Lines that it must not take.
    pub near: Vec<String>,
}

/// The roles that are about a queue entry, as a set of bits.
const QUEUE: u32 = role_set(&[
    Role::QueueOpen,
    Role::QueueNote,
    Role::QueueAccept,
    Role::Delivery,
    Role::QueueExpire,
    Role::QueueChild,
    Role::QueueReject,
    Role::QueueDiscard,
    Role::QueueHold,
    Role::QueueClose,
]);

/// The roles that are about a directory operation.
const OPERATION: u32 = role_set(&[Role::Operation, Role::OperationNote, Role::OperationResult]);

/// The roles by which two processes know the client that one hands over to the other.
const MEETING: u32 = role_set(&[Role::SessionOpen, Role::SessionGate, Role::SessionHandOver]);

/// The roles about a queue entry that tell of the session which brings it.
const BROUGHT: u32 = role_set(&[Role::QueueOpen, Role::QueueHold, Role::QueueDiscard]);

const fn role_set(roles: &[Role]) -> u32 {
    let (mut set, mut at) = (0, 0);
    while at < roles.len() {
        set |= 1 << roles[at] as u32;
        at += 1;
    }
    set
}

impl Pattern {
    /// Whether it plays this part.
    #[inline]
    pub fn is(&self, role: Role) -> bool {
        self.role_set & (1 << role as u32) != 0
    }

    /// Whether it is about a queue entry.
    #[inline]
    pub fn is_of_queue(&self) -> bool {
        self.role_set & QUEUE != 0
    }

    /// Whether it is about a directory operation.
    fn is_of_operation(&self) -> bool {
        self.role_set & OPERATION != 0
    }

    /// Whether it is about a client whom one process hands over to another.
    fn is_of_meeting(&self) -> bool {
        self.role_set & MEETING != 0
    }

    /// Whether it is about a queue entry and the session that brings it.
    fn is_brought(&self) -> bool {
        self.role_set & BROUGHT != 0
    }

    /// Whether nothing follows from it.
    fn is_silent(&self) -> bool {
        self.role_set & !(1 << Role::Info as u32) == 0
    }
}

/// A field found inside another.
#[derive(Debug)]
struct Find {
    from: Field,
    after: literal::Literal,
    take: Field,
}

/// Reasons of refusals sorted into classes: the first rule that fits wins.
#[derive(Debug, Default)]
struct Classes {
    names: Vec<String>,
    phrases: Option<AhoCorasick>,
    rule_of_phrase: Vec<usize>,
    reasons: Vec<(String, usize)>,
    codes: Vec<(String, usize)>,
}

impl Classes {
    /// The class of a reason, by its phrases, the whole of it or its enhanced status code.
    fn find(&self, reason: &[u8], dsn: &[u8]) -> Option<&str> {
        let phrases = self.phrases.iter().flat_map(|p| p.find_overlapping_iter(reason));
        let by_phrase = phrases.map(|found| self.rule_of_phrase[found.pattern().as_usize()]);
        let exact = |list: &[(String, usize)], own: &[u8]| {
            list.iter().filter(|(text, _)| text.as_bytes() == own).map(|(_, rule)| *rule).min()
        };
        by_phrase
            .chain(exact(&self.reasons, reason))
            .chain(exact(&self.codes, dsn))
            .min()
            .and_then(|rule| self.names.get(rule))
            .map(String::as_str)
    }
}

/// What the program of a record's header says: whose line it is and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program<'a> {
    /// The grammar, as a place in [`Grammars::list`].
    pub grammar: usize,
    /// The program as patterns name it.
    pub name: &'a str,
    /// The instance of the system.
    pub instance: &'a str,
    /// The service it works for.
    pub service: &'a str,
    /// Whether only the system is told, and not which of its programs wrote the line: rsyslog cuts names at their first slash
    /// where it writes them without a process id (`parser.permitSlashInProgramName`), as in RFC 5424 and JSON.
    pub is_cut: bool,
}

impl Grammars {
    /// Reads all grammars, a user's own replacing built-in ones of the same name.
    pub fn load(assets: &Assets) -> Result<Self> {
        let mut all = Self { list: Vec::new(), patterns: Vec::new() };
        for asset in assets.list("grammars", ".toml")?.into_values() {
            all.add(&asset.origin, &asset.text)?;
        }
        Ok(all)
    }

    /// Adds a grammar from its text.
    pub fn add(&mut self, origin: &str, text: &str) -> Result<()> {
        let grammar = file::compile(origin, text, self.list.len(), &mut self.patterns)?;
        self.list.push(grammar);
        Ok(())
    }

    /// Whose line a program wrote.
    pub fn program<'a>(&'a self, program: &'a str) -> Option<Program<'a>> {
        let named = |only_ignores: bool| {
            let mut list =
                self.list.iter().enumerate().filter(move |(_, grammar)| grammar.only_ignores == only_ignores);
            list.find_map(|(at, grammar)| grammar.program(at, program))
        };
        named(false).or_else(|| named(true))
    }

    /// The grammars that read lines whose header names no program.
    pub fn native(&self) -> impl Iterator<Item = (usize, &Grammar)> {
        self.list.iter().enumerate().filter(|(_, grammar)| grammar.programs.native)
    }

    /// The layouts of systems whose lines have a header of their own.
    pub fn layouts(&self) -> Vec<Arc<Layout>> {
        self.list.iter().filter_map(|grammar| grammar.layout.as_ref()).map(|(layout, _)| layout.clone()).collect()
    }

    /// How many samples prove them, near misses and those of layouts and troubles included.
    pub fn samples(&self) -> usize {
        let of_patterns = self.patterns.iter().map(|p| p.samples.len() + p.near.len());
        let of_layouts = self.list.iter().flat_map(|g| &g.layout).map(|(_, samples)| samples.len());
        let troubles = self.list.iter().flat_map(|g| &g.troubles.list);
        let of_troubles = troubles.map(|t| t.samples.len() + t.near.len());
        of_patterns.chain(of_layouts).chain(of_troubles).sum()
    }

    /// The name of a pattern with that of its system.
    pub fn label(&self, pattern: u32) -> (&str, &str) {
        self.patterns.get(pattern as usize).map_or(("", ""), |p| (&self.list[p.grammar].system, &p.name))
    }
}

impl Grammar {
    /// Whether this grammar reads the lines of a program, and what its name says.
    fn program<'a>(&'a self, at: usize, program: &'a str) -> Option<Program<'a>> {
        let claimed = |name: &str| self.programs.names.iter().any(|pattern| matches_name(pattern, name));
        let (first, rest) = match program.split_once(['/', '.']) {
            Some((first, rest)) if self.programs.path && program.contains('/') => (first, rest),
            _ => (program, ""),
        };
        let name = rest.rsplit('/').next().unwrap_or_default();
        let label = rest.strip_suffix(name).unwrap_or_default().trim_end_matches('/');
        // `name-submission/smtpd`: an instance that is named for what it does.
        let label = if label.is_empty() { first.split_once('-').map_or("", |(_, tail)| tail) } else { label };
        let known = claimed(first);
        if !known && (rest.is_empty() || !self.trees.name(name)) {
            return None;
        }
        let name = if rest.is_empty() { program } else { name };
        let free_label = if known { label } else { first };
        let service = self.services.iter().find(|s| s.takes(name, free_label)).map_or(name, |s| &s.service);
        let instance = if known { first } else { &self.system };
        let is_cut = rest.is_empty() && !self.programs.cut.is_empty();
        Some(Program { grammar: at, name, instance, service, is_cut })
    }
}

impl Grammars {
    /// The pattern that takes a text of one of a grammar's programs, which is not told: one that some programs alone have goes
    /// before one that any may have.
    fn find_untold(&self, at: usize, text: &[u8], captures: &mut Captures) -> Option<u32> {
        let grammar = &self.list[at];
        let mut find = |program: &str, any: bool| {
            captures.clear();
            let found = grammar.trees.of_program(program)?.find(text, &grammar.pairs, captures)?;
            let programs = &self.patterns[found as usize].programs;
            (!programs.is_empty() && programs.iter().any(|program| program == "*") == any).then_some(found)
        };
        let own = grammar.programs.cut.iter().find_map(|program| find(program, false));
        own.or_else(|| find("*", true))
    }
}

/// Whether a name is this one, or begins so where the pattern ends in `*`.
fn matches_name(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests;
