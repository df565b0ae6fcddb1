//! Facts: what happened, as rows of a few tables.
//!
//! Comes in: rows that the correlator makes, and the texts of the chunks. Goes out: columns. What questions are asked of
//! them is not known here.

pub mod schema;
mod texts;
#[cfg(feature = "sql")]
mod view;

pub use schema::{Column, NULL, Row, TABLES, TableDef};
pub use texts::Texts;
#[cfg(feature = "sql")]
pub use view::{DERIVED, View};

use schema::{Delivery, DirectoryOp, Gauge, Hop, Login, Measurement, Message, Notice, Rejection, Session};

/// All facts of a run.
#[derive(Debug)]
pub struct Facts {
    /// The texts that rows name by id.
    pub texts: Texts,
    tables: Vec<Table>,
}

/// The rows of one table, by column.
#[derive(Debug)]
pub struct Table {
    /// Its definition.
    pub def: &'static TableDef,
    /// Its columns, all of the same length.
    pub columns: Vec<Column>,
    /// How many rows it has.
    pub rows: usize,
}

impl Table {
    /// The hosts of its rows; neighbours are mostly the same.
    fn hosts(&self) -> Vec<crate::event::TextId> {
        let at = self.def.columns.iter().position(|column| column.name == "host");
        let Some(Column::Texts(ids)) = at.and_then(|at| self.columns.get(at)) else {
            return Vec::new();
        };
        let mut hosts = ids.clone();
        hosts.dedup();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

/// A row type that has its place among the tables.
pub trait Stored: Row {
    /// The place of its table in [`TABLES`].
    const PLACE: usize;
}

macro_rules! stored {
    ($($row:ident = $place:literal),*) => { $(impl Stored for $row { const PLACE: usize = $place; })* };
}

stored!(
    Session = 0,
    Message = 1,
    Delivery = 2,
    Rejection = 3,
    Login = 4,
    DirectoryOp = 5,
    Notice = 6,
    Measurement = 7,
    Gauge = 8,
    Hop = 9
);

impl Default for Facts {
    fn default() -> Self {
        let table = |def| Table {
            def,
            columns: schema::columns(def),
            rows: 0,
        };
        Self {
            texts: Texts::default(),
            tables: TABLES.iter().map(table).collect(),
        }
    }
}

impl Facts {
    /// Appends a row.
    #[inline]
    pub fn push<R: Stored>(&mut self, row: &R) {
        let table = &mut self.tables[R::PLACE];
        row.push(&mut table.columns);
        table.rows += 1;
    }

    /// The hosts that wrote the facts, in order of name.
    pub fn hosts(&self) -> Vec<crate::text::Text> {
        let ids: std::collections::BTreeSet<_> = self.tables.iter().flat_map(Table::hosts).collect();
        let names: std::collections::BTreeSet<_> =
            ids.into_iter().filter_map(|id| self.texts.get(id)).collect();
        names.into_iter().map(crate::text::Text::from_bytes).collect()
    }

    /// The tables, in the order of [`TABLES`].
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_type_stands_at_the_place_of_its_table() {
        fn place<R: Stored>() -> (&'static str, &'static str) {
            (R::TABLE.name, TABLES[R::PLACE].name)
        }
        let places = [
            place::<Session>(),
            place::<Message>(),
            place::<Delivery>(),
            place::<Rejection>(),
            place::<Login>(),
            place::<DirectoryOp>(),
            place::<Notice>(),
            place::<Measurement>(),
            place::<Gauge>(),
            place::<Hop>(),
        ];
        assert!(places.iter().all(|(own, there)| own == there));
    }
}
