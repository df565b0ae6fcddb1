//! Where facts go that memory does not hold: segments on the disk.

use super::Options;
use crate::error::Result;
#[cfg(feature = "sql")]
use crate::facts::Shelf;
use crate::facts::{Facts, Memory};

/// How much more may stay as long as nothing is here: to write facts and to read them again costs as much as to read the
/// logs, and most logs of a day fit.
#[cfg(feature = "sql")]
const ALL: usize = 3;

/// A place for finished facts, and how many stay in memory before it is used.
#[derive(Debug, Default)]
pub struct Aside {
    limit: Option<Memory>,
    #[cfg(feature = "sql")]
    shelf: Option<Shelf>,
    /// Shelves that were there before.
    #[cfg(feature = "sql")]
    shelves: Vec<Shelf>,
}

#[cfg(feature = "sql")]
impl Aside {
    /// A place that is made when it is needed.
    pub fn new(options: &Options) -> Self {
        Self { limit: Some(options.memory), ..Self::default() }
    }

    /// The same, beside shelves with facts of earlier runs.
    pub fn beside(shelf: Shelf, options: &Options) -> Self {
        Self { shelves: vec![shelf], ..Self::new(options) }
    }

    /// A shelf that is there already.
    pub fn on(shelf: Shelf, options: &Options) -> Self {
        Self { shelf: Some(shelf), ..Self::new(options) }
    }

    /// Whether facts of so many bytes are to be put here.
    pub(super) fn is_due(&self, size: usize) -> bool {
        let times = if self.shelf.is_none() && self.shelves.is_empty() { ALL } else { 1 };
        self.is_over(size / times)
    }

    /// Whether so many bytes are more than is held while others are here.
    pub(super) fn is_over(&self, size: usize) -> bool {
        self.limit.is_some_and(|limit| size > limit.0)
    }

    pub(super) fn put(&mut self, facts: &Facts, sources: &[&str]) -> Result<()> {
        let mut shelf = match self.shelf.take() {
            Some(shelf) => shelf,
            None => Shelf::temporary()?,
        };
        let put = shelf.put(facts, sources);
        self.shelf = Some(shelf);
        put
    }

    /// Takes back what was put aside.
    pub(super) fn emptied(mut self) -> Self {
        if let Some(shelf) = &mut self.shelf {
            shelf.clear();
        }
        self
    }

    /// The last facts, and those that are here. Where some are, all go here: who asks then has all memory for it.
    pub(super) fn with(mut self, mut facts: Facts, sources: &[&str]) -> Result<Facts> {
        if self.shelf.is_some() {
            self.put(&facts, sources)?;
            facts = Facts::default();
        }
        facts.shelved.memory = self.limit.unwrap_or_default();
        facts.shelved.shelves = self.shelves.into_iter().chain(self.shelf).collect();
        Ok(facts)
    }

    /// The shelf, with what was put on it.
    pub fn into_shelf(self) -> Option<Shelf> {
        self.shelf
    }
}

/// Without the engine that writes segments all stays in memory.
#[cfg(not(feature = "sql"))]
impl Aside {
    /// A place that is never used.
    pub fn new(_: &Options) -> Self {
        Self::default()
    }

    pub(super) fn is_due(&self, size: usize) -> bool {
        self.is_over(size)
    }

    pub(super) fn is_over(&self, _: usize) -> bool {
        self.limit.is_some()
    }

    pub(super) fn put(&mut self, _: &Facts, _: &[&str]) -> Result<()> {
        Ok(())
    }

    pub(super) fn emptied(self) -> Self {
        self
    }

    pub(super) fn with(self, facts: Facts, _: &[&str]) -> Result<Facts> {
        Ok(facts)
    }
}
