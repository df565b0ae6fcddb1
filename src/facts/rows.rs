//! Rows as they come; columns are made of them when a question needs them.
//!
//! A run makes about one fact for two lines: to append one must cost a copy and nothing more.

use super::schema::{ColumnKind, Row, TableDef};
use crate::event::{NO_TEXT, TextId};

/// Bytes of a segment. So large a piece of memory is given back when it is free (mallopt(3), `M_MMAP_THRESHOLD`), and takes
/// no more of it than was written to.
pub(super) const SEGMENT: usize = 33 << 20;

/// Rows whose columns are read together: few enough that they stay in the cache from the first column to the last.
const BLOCK: usize = 512;

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
    /// Rows of a segment.
    const MOST: usize = SEGMENT / size_of::<R>();

    /// Appends a row.
    #[inline]
    pub fn push(&mut self, row: R) {
        if self.len.is_multiple_of(Self::MOST) {
            self.segments.push(Vec::with_capacity(Self::MOST));
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

    /// The rows at these places, or all, some at a time.
    fn blocks(&self, rows: Option<&[u32]>, mut each: impl FnMut(&[R])) {
        match rows {
            None => self.segments.iter().flat_map(|segment| segment.chunks(BLOCK)).for_each(each),
            Some(rows) => {
                let row = |at: &u32| self.segments[*at as usize / Self::MOST][*at as usize % Self::MOST];
                rows.chunks(BLOCK).for_each(|block| each(&block.iter().map(row).collect::<Vec<R>>()));
            }
        }
    }
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers, [`NULL`](super::NULL) where there is none.
    Numbers(Vec<i64>),
    /// The ids of texts.
    Texts(Vec<TextId>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Numbers(Vec::new())
    }
}

impl Values {
    fn new(kind: ColumnKind, count: usize) -> Self {
        match kind {
            ColumnKind::Text => Self::Texts(Vec::with_capacity(count)),
            _ => Self::Numbers(Vec::with_capacity(count)),
        }
    }

    fn extend<R>(&mut self, rows: &[R], value: fn(&R) -> i64) {
        match self {
            Self::Numbers(numbers) => numbers.extend(rows.iter().map(value)),
            Self::Texts(ids) => ids.extend(rows.iter().map(|row| TextId::try_from(value(row)).unwrap_or(NO_TEXT))),
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

    /// The values of some columns, by their places in the definition, of these rows or of all.
    fn columns(&self, columns: &[usize], rows: Option<&[u32]>) -> Vec<Values>;

    /// A column's numbers, of these rows or of all; nothing where there is no such column of numbers.
    fn numbers(&self, column: &str, rows: Option<&[u32]>) -> Option<Vec<i64>> {
        match self.columns(&[self.def().place(column)?], rows).pop()? {
            Values::Numbers(numbers) => Some(numbers),
            Values::Texts(_) => None,
        }
    }

    /// The same of a column of texts.
    fn texts(&self, column: &str, rows: Option<&[u32]>) -> Option<Vec<TextId>> {
        match self.columns(&[self.def().place(column)?], rows).pop()? {
            Values::Texts(ids) => Some(ids),
            Values::Numbers(_) => None,
        }
    }
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

    fn columns(&self, columns: &[usize], rows: Option<&[u32]>) -> Vec<Values> {
        let count = rows.map_or(self.len, <[u32]>::len);
        let mut all: Vec<Values> =
            columns.iter().map(|column| Values::new(R::TABLE.columns[*column].kind, count)).collect();
        self.blocks(rows, |block| {
            all.iter_mut().zip(columns).for_each(|(values, column)| values.extend(block, R::VALUES[*column]));
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::Session;
    use super::*;

    #[test]
    fn rows_keep_their_order_across_segments() {
        let mut rows = Rows::default();
        let most = u32::try_from(Rows::<Session>::MOST).expect("small");
        let all = i64::from(most) + 3;
        (0..all).for_each(|time| rows.push(Session { time, ..Session::default() }));
        assert_eq!(rows.numbers("time", None), Some((0..all).collect()));
        assert_eq!(rows.numbers("time", Some(&[1, most + 1])), Some(vec![1, i64::from(most) + 1]));
        assert_eq!(rows.texts("nonsense", None), None);
    }
}
