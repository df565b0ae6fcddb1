//! Which layouts of systems' own the lines of a source may have.
//!
//! A line is told by what it holds: it has the layout whose grammar takes its text, so that a file may hold lines of
//! several systems. What a source begins with only decides what is tried first.

use super::Grammars;
use crate::frame::{self, Bound, Record};
use crate::time::stamp::Stamp;

/// The layouts that the lines of a source may have.
#[derive(Clone, Debug, Default)]
pub struct Layouts<'a> {
    /// Each with its grammar, the likeliest first.
    pub(super) list: Vec<(usize, Bound<'a>)>,
    /// Whether the source begins with lines of the first.
    pub(super) own: bool,
}

/// How many lines at the start of a source are looked at.
const LINES: usize = 64;

impl Grammars {
    /// The layouts for a source that begins so. Its own is that of the first line that any grammar takes.
    pub fn layouts_of(&self, head: &[u8]) -> Layouts<'_> {
        let bound = self.list.iter().enumerate().filter_map(|(at, grammar)| {
            let (layout, _) = grammar.layout.as_ref()?;
            Some((at, layout.bind(head)?))
        });
        let mut layouts = Layouts { list: bound.collect(), own: false };
        if layouts.list.is_empty() {
            return layouts;
        }
        let lines = || head.split(|b| *b == b'\n').take(LINES);
        let first = lines().find_map(|line| self.owner(&layouts, line));
        if let Some(Some(own)) = first {
            layouts.list[..=own].rotate_right(1);
            layouts.own = true;
        }
        layouts
    }

    /// Whose a line is: that of one of the layouts, that of none of them, or not known.
    #[expect(clippy::option_option, reason = "known to be nobody's is not the same as not known")]
    fn owner(&self, layouts: &Layouts<'_>, line: &[u8]) -> Option<Option<usize>> {
        if frame::record(line).is_some_and(|record| self.explain_record(&record).taken_by.is_some()) {
            return Some(None);
        }
        let takes = |at: &usize| {
            let one = Layouts { list: vec![layouts.list[*at].clone()], own: true };
            self.explain_laid(&one, line).is_some_and(|found| found.taken_by.is_some())
        };
        (0..layouts.list.len()).find(takes).map(Some)
    }
}

impl Layouts<'_> {
    /// Whether the source begins with lines of a layout, so that [`super::Reader::laid_line`] reads them.
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// The stamp of a line, for those who look ahead.
    pub fn stamp(&self, line: &[u8]) -> Option<Stamp> {
        let laid = || self.list.iter().find_map(|(_, bound)| bound.stamp(line));
        if self.own { laid().or_else(|| frame::stamp(line)) } else { frame::stamp(line).or_else(laid) }
    }

    /// Whether a record that nothing took and no layout reads is what is left of a row of the source's own.
    pub(super) fn is_broken_row(&self, record: &Record<'_>) -> bool {
        self.own && record.program.is_empty()
    }
}
