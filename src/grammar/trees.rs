//! The trees of a grammar: one for each program that its patterns name, made when the first line of that program comes. Most logs
//! hold lines of a few programs.

use super::pattern::Part;
use super::tree::{Tree, Ways};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The patterns of a grammar, and the trees that are made of them.
#[derive(Debug)]
pub(super) struct Trees {
    patterns: Vec<Sown>,
    /// By the program's name; `*` for all other programs, `""` for lines without one.
    trees: BTreeMap<String, OnceLock<Tree>>,
}

/// One text of a pattern.
#[derive(Debug)]
struct Sown {
    /// The programs that write it; none where all may.
    programs: Vec<String>,
    parts: Vec<Part>,
    ways: OnceLock<Ways>,
    pattern: u32,
}

impl Trees {
    /// A tree for each of these programs, and one for all others.
    pub fn of<'n>(programs: impl Iterator<Item = &'n String>) -> Self {
        let names = programs.cloned().chain([String::new()]);
        Self { patterns: Vec::new(), trees: names.map(|name| (name, OnceLock::new())).collect() }
    }

    /// Adds a text of a pattern.
    pub fn add(&mut self, programs: &[String], parts: Vec<Part>, pattern: u32) {
        self.patterns.push(Sown { programs: programs.to_vec(), parts, ways: OnceLock::new(), pattern });
    }

    /// Whether patterns name a program.
    pub fn name(&self, program: &str) -> bool {
        self.trees.contains_key(program)
    }

    /// The tree for a program's lines: its own, else that of all programs, else that of lines without one.
    pub fn of_program(&self, program: &str) -> Option<&Tree> {
        let any = || (!program.is_empty()).then(|| self.trees.get_key_value("*")).flatten();
        let found = self.trees.get_key_value(program).or_else(any).or_else(|| self.trees.get_key_value(""));
        found.map(|(name, tree)| tree.get_or_init(|| self.grown(name, &mut |_| {})))
    }

    /// Patterns of which the second takes no line that the first does not take.
    pub fn clashes(&self) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        self.trees.keys().for_each(|name| {
            self.grown(name, &mut |clash| found.push(clash));
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    fn grown(&self, name: &str, clash: &mut dyn FnMut((u32, u32))) -> Tree {
        let mut tree = Tree::default();
        let is_its = |sown: &&Sown| sown.programs.is_empty() || sown.programs.iter().any(|own| own == name);
        for Sown { parts, ways, pattern, .. } in self.patterns.iter().filter(is_its) {
            let ways = ways.get_or_init(|| Ways::of(parts));
            tree.insert(ways, *pattern).into_iter().for_each(|first| clash((first, *pattern)));
        }
        tree.seal();
        tree
    }
}
