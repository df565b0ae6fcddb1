//! Questions: SQL over the facts.
//!
//! Comes in: a view of the facts, and files that each hold a question with what a report needs to know of it. Goes
//! out: rows. What they look like in the end is not known here.

mod front;
mod guard;
mod named;
mod parts;
mod rows;
mod tokens;

pub use front::{Front, Question};
pub(crate) use front::{spaced, spot};
pub use guard::{Needs, check, columns, functions, tables};
pub use named::{Named, Parameter, Settled, names};
pub use rows::{Answer, Asker, Known, try_out};
pub(crate) use tokens::text_literal;
pub use tokens::{Literal, fill, one_line};
