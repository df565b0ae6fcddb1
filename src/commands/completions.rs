//! `mailtrail completions`: completions for a shell, made from the command line's own definition.

use super::{Outcome, print};
use crate::cli::Cli;
use clap::CommandFactory;

pub(super) fn run(shell: clap_complete::Shell) -> Outcome {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mailtrail", &mut out);
    print(&out)?;
    Ok(None)
}
