//! `mailtrail ingest`: reads what is new into the store.

use super::{Outcome, read, say, tell};
use crate::cli::{Global, Ingest};
use crate::config::Config;
use crate::error::{Exit, Result};
use crate::grammar::Grammars;
use crate::store::{Brought, Writer};
use crate::units::plural;

pub(super) fn run(args: &Ingest, global: &Global, config: &Config) -> Outcome {
    let brought = take_in(args, global, config)?;
    let lines = plural(brought.lines, "new line", "new lines");
    tell(&format!("{lines} gave {}", plural(brought.facts, "fact", "facts")), global)?;
    Ok(brought.exit())
}

/// Reads what is new into the store, and says on standard error what could not be read.
pub(super) fn take_in(args: &Ingest, global: &Global, config: &Config) -> Result<Brought> {
    let root = super::store::folder(global, config)?;
    let zone = read::zone(global, config)?;
    let paths = read::paths(&args.paths, config)?;
    let mut writer = Writer::open(root, super::patience(args.wait, config))?;
    let grammars = Grammars::load(&super::assets(global, config))?;
    let options = read::options(global, config, &zone, &grammars);
    let bar = read::progress_bar(global);
    let brought = writer.ingest(&paths, &grammars, &options, &|done, all| {
        bar.set_length(all);
        bar.set_position(done.min(all));
    });
    bar.finish_and_clear();
    let brought = brought?;
    let doubts = if global.quiet { &[] } else { brought.doubts.as_slice() };
    let notes = if global.verbose > 0 && !global.quiet { brought.notes.as_slice() } else { &[] };
    let all = brought.problems.iter().chain(doubts).chain(notes);
    all.for_each(|told| say(format_args!("mailtrail: {}", told.tty())));
    if brought.read { Ok(brought) } else { Err(read::nothing_read(&paths)) }
}

impl Brought {
    /// The exit code where something could not be read.
    pub(super) fn exit(&self) -> Option<Exit> {
        (!self.problems.is_empty()).then_some(Exit::Incomplete)
    }
}
