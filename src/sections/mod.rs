//! Questions: SQL over the facts.
//!
//! Comes in: a view of the facts, and files that each hold a question with what a report needs to know of it. Goes
//! out: rows. What they look like in the end is not known here.

mod aggregates;
mod front;
mod functions;
mod grouping;
mod groups;
mod guard;
mod joins;
mod meant;
mod named;
mod network;
mod parts;
mod portions;
mod refusals;
mod rows;
mod times;
mod tokens;
mod tree;
mod widths;
mod windows;

pub use crate::facts::{columns, tables};
pub use front::{ChartFront, Front, Question};
pub(crate) use front::{first_line, spaced, spot};
pub use functions::functions;
pub use guard::{LONGEST_TEXT, Needs, check};
pub use named::{Named, Parameter, Settled, names};
pub(crate) use network::Network;
pub use rows::{Answer, Asker, Known, columns_of, try_out};
pub(crate) use tokens::text_literal;
pub use tokens::{Literal, fill, one_line};
