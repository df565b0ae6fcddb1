//! Facts: what happened, as rows of a few tables.
//!
//! Comes in: rows that the correlator makes, and the texts of the chunks. Goes out: columns, made when a question needs
//! them. What questions are asked is not known here.

mod beside;
#[cfg(feature = "sql")]
mod columns;
#[cfg(feature = "sql")]
mod networks;
#[cfg(feature = "sql")]
mod order;
#[cfg(feature = "sql")]
mod parquet;
mod rows;
pub mod schema;
#[cfg(feature = "sql")]
mod shelf;
#[cfg(feature = "sql")]
mod stored;
mod texts;
#[cfg(feature = "sql")]
mod view;

pub use beside::{COVERAGE, USUAL, tables};
pub use rows::{Rows, Table, Values};
pub use schema::{NULL, Row, TABLES, TableDef};
#[cfg(feature = "sql")]
pub use shelf::{SOURCE_PATH, Segment, Shelf, damaged, not_written, sync, write};
pub use texts::{Texts, is_forgotten};
#[cfg(feature = "sql")]
pub use view::{CLIENT_NET, DERIVED, Scope, View, Wanted, columns, is_told_by_domain};

use crate::event::{NO_TEXT, TextId};
use crate::text::Text;
use rayon::prelude::*;
use schema::{Delivery, DirectoryOp, Filing, Gauge, Hop, Login, Measurement, Message, Notice, Rejection, Session};
use std::collections::BTreeSet;

/// Bytes of facts that are held in memory, about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory(pub usize);

impl Default for Memory {
    /// As many as a million lines and more give.
    fn default() -> Self {
        Self(256 << 20)
    }
}

/// Facts on the disk, and how they and their sources are looked at.
#[derive(Debug, Default)]
pub struct Shelved {
    /// The shelves that they lie on.
    #[cfg(feature = "sql")]
    pub shelves: Vec<Shelf>,
    /// How much of them questions may hold.
    pub memory: Memory,
    /// The place in the coverage of each source, by the number that rows name it by; the number itself where absent.
    pub places: Vec<u32>,
}

impl Shelved {
    /// The place in the coverage of the source of this number.
    pub fn place_of(&self, source: i64) -> i64 {
        let place = usize::try_from(source).ok().and_then(|number| self.places.get(number));
        place.map_or(source, |place| i64::from(*place))
    }
}

/// A row type that has its place among the facts.
pub trait Stored: Row + Sized {
    /// Its rows.
    fn of(facts: &mut Facts) -> &mut Rows<Self>;
}

macro_rules! facts {
    ($($name:ident: $row:ident,)*) => {
        /// All facts of a run.
        #[derive(Debug, Default)]
        pub struct Facts {
            /// The texts that rows name by id.
            pub texts: Texts,
            /// Facts that lie on the disk; the rest is in memory.
            pub shelved: Shelved,
            $($name: Rows<$row>,)*
        }

        impl Facts {
            /// The same facts in another order.
            #[cfg(test)]
            pub fn shuffle(&mut self, seed: u64) {
                $(self.$name.shuffle(seed);)*
            }

            /// Lets go of the rows; the texts stay.
            pub fn let_go(&mut self) {
                $(self.$name = Rows::default();)*
            }

            /// What is in memory, which is not here any more then.
            #[cfg(feature = "sql")]
            fn taken(&mut self) -> Self {
                let texts = std::mem::take(&mut self.texts);
                Self { texts, shelved: Shelved::default(), $($name: std::mem::take(&mut self.$name)),* }
            }

            /// The tables, in the order of [`TABLES`].
            pub fn tables(&self) -> Vec<&dyn Table> {
                vec![$(&self.$name),*]
            }
        }

        $(impl Stored for $row {
            fn of(facts: &mut Facts) -> &mut Rows<Self> {
                &mut facts.$name
            }
        })*
    };
}

facts! {
    sessions: Session,
    messages: Message,
    deliveries: Delivery,
    filings: Filing,
    rejections: Rejection,
    logins: Login,
    directory_ops: DirectoryOp,
    notices: Notice,
    measurements: Measurement,
    gauges: Gauge,
    hops: Hop,
}

impl Facts {
    /// Appends a row.
    #[inline]
    pub fn push<R: Stored>(&mut self, row: &R) {
        R::of(self).push(*row);
    }

    /// Memory that rows and texts take, in bytes.
    pub fn size(&self) -> usize {
        self.texts.size() + self.tables().iter().map(|table| table.size()).sum::<usize>()
    }

    /// The hosts that wrote the facts, in order of name.
    pub fn hosts(&self) -> Vec<Text> {
        let hosts = |table: &&dyn Table| {
            let mut hosts = table.texts("host", None).unwrap_or_default();
            hosts.dedup();
            hosts.into_iter().filter(|id| *id != NO_TEXT).collect::<BTreeSet<TextId>>()
        };
        let ids: Vec<BTreeSet<TextId>> = self.tables().par_iter().map(hosts).collect();
        let names: BTreeSet<&[u8]> = ids.into_iter().flatten().filter_map(|id| self.texts.get(id)).collect();
        let mut names: BTreeSet<Text> = names.into_iter().map(Text::of_made).collect();
        names.extend(self.stored_hosts());
        names.into_iter().collect()
    }

    #[cfg(feature = "sql")]
    fn stored_hosts(&self) -> impl Iterator<Item = Text> {
        let hosts =
            self.shelved.shelves.iter().flat_map(|shelf| &shelf.segments).flat_map(|segment| &segment.hosts);
        hosts.filter(|host| !host.raw().is_empty()).cloned()
    }

    #[cfg(not(feature = "sql"))]
    #[expect(clippy::unused_self, reason = "without the engine nothing lies on the disk")]
    fn stored_hosts(&self) -> impl Iterator<Item = Text> {
        std::iter::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_facts_are_those_of_the_schema() {
        let facts = Facts::default();
        let own: Vec<&str> = facts.tables().iter().map(|table| table.def().name).collect();
        assert_eq!(own, TABLES.iter().map(|def| def.name).collect::<Vec<_>>());
    }
}
