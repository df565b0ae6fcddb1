//! mailtrail reads the logs of mail systems and turns them into facts, and facts into reports.
//!
//! The modules stand in the order in which data flows; each knows those above it only, but for
//! `correlate`, which appends to `facts`.

pub mod text;
pub mod find;
pub mod error;
pub mod own;
pub mod time;
pub mod units;
pub mod address;
pub mod assets;
pub mod report;
pub mod frame;
pub mod input;
pub mod event;
pub mod grammar;
pub mod headers;
pub mod correlate;
pub mod facts;
pub mod run;
pub mod evidence;
#[cfg(feature = "sql")]
pub mod store;
#[cfg(feature = "sql")]
pub mod sections;
pub mod config;
#[cfg(feature = "sql")]
pub mod judge;
#[cfg(feature = "sql")]
pub mod compose;
#[cfg(feature = "sql")]
pub mod trace;
pub mod render;
pub mod deliver;
pub mod cli;
pub mod commands;
