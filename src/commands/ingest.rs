//! `mailtrail ingest`: reads what is new into the store.

use super::{Outcome, read, say};
use crate::cli::{Global, Ingest};
use crate::config::Config;
use crate::error::Exit;
use crate::grammar::Grammars;
use crate::store::{Brought, Patience, Writer};
use crate::units::count;
use std::io::{self, IsTerminal};

pub(super) fn run(args: &Ingest, global: &Global, config: &Config) -> Outcome {
    let root = super::store::folder(global, config)?;
    let zone = read::zone(global, config)?;
    let paths = read::paths(&args.paths, config)?;
    let mut writer = Writer::open(root, Patience { seconds: args.wait })?;
    let grammars = Grammars::load(&super::assets(global, config))?;
    let options = read::options(global, config, &zone, &grammars);
    let bar = read::progress_bar(global);
    let brought = writer.ingest(&paths, &grammars, &options, &|done, all| {
        bar.set_length(all);
        bar.set_position(done.min(all));
    });
    bar.finish_and_clear();
    let brought = brought?;
    tell(&brought, global);
    Ok((!brought.problems.is_empty()).then_some(Exit::Incomplete))
}

/// Says on standard error what could not be read and, on a terminal or if asked for, what was.
fn tell(brought: &Brought, global: &Global) {
    brought.problems.iter().for_each(|problem| say(format_args!("mailtrail: {}", problem.tty())));
    if global.quiet {
        return;
    }
    if global.verbose > 0 {
        brought.notes.iter().for_each(|note| say(format_args!("mailtrail: {}", note.tty())));
    }
    if global.verbose > 0 || io::stderr().is_terminal() {
        let (lines, facts) = (count(brought.lines), count(brought.facts));
        say(format_args!("mailtrail: {lines} new lines gave {facts} facts"));
    }
}
