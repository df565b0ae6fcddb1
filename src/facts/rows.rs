//! Rows as they come; columns are made of them when a question needs them.
//!
//! A run makes about one fact for two lines: to append one must cost a copy and nothing more.

use super::schema::{Row, TableDef};
use crate::event::TextId;

/// Rows of a segment: enough that segments are few, little enough that a new one is no burden.
const SEGMENT: usize = 1 << 14;

/// The rows of one table, in segments that never move.
#[derive(Debug)]
pub struct Rows<R> {
    segments: Vec<Vec<R>>,
    len: usize,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self { segments: Vec::new(), len: 0 }
    }
}

impl<R: Row> Rows<R> {
    /// Appends a row.
    #[inline]
    pub fn push(&mut self, row: R) {
        if self.len.is_multiple_of(SEGMENT) {
            self.segments.push(Vec::with_capacity(SEGMENT));
        }
        if let Some(last) = self.segments.last_mut() {
            last.push(row);
            self.len += 1;
        }
    }

    /// The same rows in another order.
    #[cfg(test)]
    pub fn shuffle(&mut self, seed: u64) {
        let mut rows: Vec<(u64, R)> = (0_u64..).zip(std::mem::take(self).segments.into_iter().flatten()).collect();
        rows.sort_by_key(|(at, _)| (at ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
        rows.into_iter().for_each(|(_, row)| self.push(row));
    }

    fn column<T>(&self, column: usize, rows: Option<&[u32]>, of: impl Fn(i64) -> T) -> Vec<T> {
        let value = R::VALUES[column];
        match rows {
            None => self.segments.iter().flatten().map(|row| of(value(row))).collect(),
            Some(rows) => {
                let row = |at: u32| &self.segments[at as usize / SEGMENT][at as usize % SEGMENT];
                rows.iter().map(|at| of(value(row(*at)))).collect()
            }
        }
    }
}

/// A table by its columns.
pub trait Table: Sync {
    /// Its definition.
    fn def(&self) -> &'static TableDef;

    /// How many rows it has.
    fn len(&self) -> usize;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Memory that its rows take, in bytes.
    fn size(&self) -> usize;

    /// A column's numbers, of these rows or of all; nothing where there is no such column.
    fn numbers(&self, column: &str, rows: Option<&[u32]>) -> Option<Vec<i64>>;

    /// The same of a column of texts.
    fn texts(&self, column: &str, rows: Option<&[u32]>) -> Option<Vec<TextId>>;
}

impl<R: Row> Table for Rows<R> {
    fn def(&self) -> &'static TableDef {
        const { &R::TABLE }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn size(&self) -> usize {
        self.len * size_of::<R>()
    }

    fn numbers(&self, column: &str, rows: Option<&[u32]>) -> Option<Vec<i64>> {
        place(&R::TABLE, column).map(|column| self.column(column, rows, |value| value))
    }

    fn texts(&self, column: &str, rows: Option<&[u32]>) -> Option<Vec<TextId>> {
        let id = |value| TextId::try_from(value).unwrap_or(crate::event::NO_TEXT);
        place(&R::TABLE, column).map(|column| self.column(column, rows, id))
    }
}

fn place(table: &TableDef, column: &str) -> Option<usize> {
    table.columns.iter().position(|def| def.name == column)
}

#[cfg(test)]
mod tests {
    use super::super::schema::Session;
    use super::*;

    #[test]
    fn rows_keep_their_order_across_segments() {
        let mut rows = Rows::default();
        let all = i64::try_from(SEGMENT).expect("small") + 3;
        (0..all).for_each(|time| rows.push(Session { time, ..Session::default() }));
        assert_eq!(rows.numbers("time", None), Some((0..all).collect()));
        assert_eq!(rows.numbers("time", Some(&[1, 16_385])), Some(vec![1, 16_385]));
        assert_eq!(rows.texts("nonsense", None), None);
    }
}
