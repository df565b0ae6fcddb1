//! The one integration binary: what mailtrail does, seen from outside.
//!
//! `MAILTRAIL_BLESS=1 cargo test --release` writes the goldens anew; read the difference before you commit it.

mod support;

mod cli;
mod query;
mod answers;
mod usual;
mod samples;
mod set_a;
mod trace;
mod corpora;
mod headers;
mod peers;
mod laws;
mod scope;
mod time;
mod trouble;
mod faults;
mod own;
mod settings;
mod disk;
mod campaign;
mod hostile;
mod mail;
mod nightly;
mod real_mail;
mod init;
mod store;
mod upkeep;
mod engines;
mod grammar_language;
mod documented;
mod tidy;
