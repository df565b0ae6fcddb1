//! Troubles: which notices tell that a part of the mail system itself does not work.

use super::captures::Captures;
use super::pattern::Part;
use super::tree::Pairs;
use super::trees::Trees;
use std::iter::empty;

/// A kind of trouble.
#[derive(Debug)]
pub(super) struct Trouble {
    /// The class of notices that tell of it.
    pub class: String,
    /// The line of its file in which the class stands.
    pub line: usize,
    /// Texts of notices that tell of it.
    pub samples: Vec<String>,
    /// Texts that look alike, and that tell of nothing of the kind.
    pub near: Vec<String>,
}

/// The troubles that a grammar knows.
#[derive(Debug)]
pub(super) struct Troubles {
    /// In the order of the file.
    pub list: Vec<Trouble>,
    trees: Trees,
}

impl Default for Troubles {
    fn default() -> Self {
        Self { list: Vec::new(), trees: Trees::of(empty()) }
    }
}

impl Troubles {
    /// Adds a kind, told by texts of these parts.
    pub fn add(&mut self, trouble: Trouble, texts: Vec<Vec<Part>>) {
        let id = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        texts.into_iter().for_each(|parts| self.trees.add(&[], parts, id));
        self.list.push(trouble);
    }

    /// The kind of trouble that a notice's text tells of.
    pub fn find(&self, text: &[u8], pairs: &Pairs) -> Option<&Trouble> {
        let found = self.trees.of_program("")?.find(text, pairs, &mut Captures::default())?;
        self.list.get(found as usize)
    }

    /// Kinds of which the second is told by no text that does not tell of the first.
    pub fn clashes(&self) -> impl Iterator<Item = (&Trouble, &Trouble)> {
        let at = |id: u32| &self.list[id as usize];
        self.trees.clashes().into_iter().map(move |(first, second)| (at(first), at(second)))
    }
}
