//! Questions: SQL over the facts.
//!
//! Comes in: a view of the facts, and files that each hold a question with what a report needs to know of it. Goes
//! out: rows. What they look like in the end is not known here.

mod front;
mod guard;
mod rows;

pub(crate) use front::spaced;
pub use front::{Front, Question};
pub(crate) use guard::text_literal;
pub use guard::{EXTRA_TABLES, Needs, check};
pub use rows::{Answer, Asker};
