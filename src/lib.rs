//! mailtrail reads the logs of mail systems and turns them into facts, and facts into reports.
//!
//! The modules stand in the order in which data flows.

pub mod error;
pub mod text;
pub mod time;
pub mod assets;
pub mod input;
pub mod frame;
pub mod event;
pub mod grammar;
pub mod correlate;
pub mod facts;
#[cfg(feature = "sql")]
pub mod sections;
pub mod report;
pub mod units;
pub mod render;
pub mod deliver;
pub mod config;
pub mod run;
pub mod cli;
pub mod commands;
