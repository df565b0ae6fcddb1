//! `[nightly]`: what a night's run keeps.

use super::mail::age;
use super::table::{Table, later};
use crate::error::Result;
use std::path::PathBuf;

/// What a night's run keeps.
#[derive(Clone, Debug, Default)]
pub struct Nightly {
    /// The folder of the reports; below the state folder where it is not named.
    pub archive: Option<PathBuf>,
    /// Microseconds for which reports are kept; for ever where it is not said.
    pub keep: Option<i64>,
    /// Microseconds for which facts are kept in the store; for ever where it is not said.
    pub keep_facts: Option<i64>,
    /// Nights that are caught up at most.
    pub catch_up: Option<u32>,
}

impl Nightly {
    pub(super) fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        later(table.path("archive")?, &mut self.archive);
        later(table.text("keep")?.map(age).transpose()?, &mut self.keep);
        later(table.text("keep_facts")?.map(age).transpose()?, &mut self.keep_facts);
        later(table.integer("catch_up")?, &mut self.catch_up);
        table.end()
    }
}
