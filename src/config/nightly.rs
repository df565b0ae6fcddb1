//! `[nightly]`: what a night's run keeps.

use super::entries::plain;
use super::mail::duration;
use super::table::Table;
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
        let archive = table.text("archive")?.map(|text| PathBuf::from(text.value));
        self.archive = archive.or(self.archive.take());
        self.keep = plain(table.text("keep")?.map(duration).transpose()?).or(self.keep);
        self.keep_facts = plain(table.text("keep_facts")?.map(duration).transpose()?).or(self.keep_facts);
        self.catch_up = plain(table.integer("catch_up")?).or(self.catch_up);
        table.end()
    }
}
