//! What the commands that read logs have in common: grammars, options, the progress bar, messages about the input.

use super::{assets, say};
use crate::cli::{Global, When};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::facts::Memory;
use crate::grammar::Grammars;
use crate::input::{self, Hosts};
use crate::run::{self, Run};
use crate::store::Store;
use crate::text::Text;
use crate::time::Zone;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::path::PathBuf;

pub(super) use super::zone;

/// What the store and the logs tell that the command line or the configuration names; says what could not be read.
/// With a store, only the logs that are named here are read beside it.
pub(super) fn logs(paths: &[PathBuf], global: &Global, config: &Config, zone: &Zone) -> Result<Run> {
    let store = super::store_folder(global, config).map(Store::open).transpose()?;
    let grammars = Grammars::load(&assets(global, config))?;
    let options = options(global, config, zone, &grammars);
    let bar = progress_bar(global);
    let progress = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done.min(all));
    };
    let run = match &store {
        Some(store) if paths.is_empty() => Ok(store.run(&grammars, memory(global))),
        Some(store) => store.run_with(paths, &grammars, &options, &progress),
        None => run::run(&self::paths(paths, config)?, &grammars, &options, &progress),
    };
    bar.finish_and_clear();
    let run = run?;
    tell(&run, global);
    if run.read || store.as_ref().is_some_and(|store| !store.is_empty()) {
        return Ok(run);
    }
    Err(match super::store_folder(global, config) {
        Some(root) if paths.is_empty() => {
            Error::new(Exit::NoInput, format!("the store in {} is empty", root.display()))
                .help("`mailtrail ingest PATH…` reads logs into it; `--no-store` reads logs without it")
        }
        _ if paths.is_empty() => nothing_read(&config.paths()),
        _ => nothing_read(paths),
    })
}

/// The error where not one of the inputs could be read, with the step that is missing where it is the journal.
pub(super) fn nothing_read(paths: &[PathBuf]) -> Error {
    match super::init::missing_step(paths) {
        Some(step) => super::none_read().help(step),
        None => super::none_read(),
    }
}

/// The logs that the command line names, else those of the configuration.
pub(super) fn paths(paths: &[PathBuf], config: &Config) -> Result<Vec<PathBuf>> {
    let paths = if paths.is_empty() { config.paths() } else { paths.to_vec() };
    if paths.is_empty() {
        return Err(Error::new(Exit::NoInput, "no logs are named")
            .help("name files, folders or `-`, or give `[[inputs]]` in the configuration"));
    }
    Ok(paths)
}

/// How logs are read.
pub(super) fn options(global: &Global, config: &Config, zone: &Zone, grammars: &Grammars) -> run::Options {
    run::Options {
        zone: zone.clone(),
        hosts: Hosts::new(config.inputs.iter().map(|input| (input.paths.as_slice(), input.host.as_deref()))),
        input: input::Options {
            now: super::now(),
            year: global.year.or(config.year),
            layouts: grammars.layouts(),
            tell: super::teller(global),
        },
        chunk: global.chunk_size.unwrap_or(run::CHUNK),
        memory: memory(global),
    }
}

fn memory(global: &Global) -> Memory {
    global.memory.map(Memory).unwrap_or_default()
}

pub(super) fn progress_bar(global: &Global) -> ProgressBar {
    let wanted = match global.progress.unwrap_or(When::Auto) {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stderr().is_terminal() && !global.quiet,
    };
    if !wanted {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("reading {bar:30} {bytes}/{total_bytes} {eta}");
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Says on standard error what could not be read, what holds nothing new, what is doubtful and, if asked for, what was
/// passed over.
fn tell(run: &Run, global: &Global) {
    let tell = |text: &Text| say(format_args!("mailtrail: {}", text.tty()));
    run.coverage.problems.iter().for_each(tell);
    if global.quiet {
        return;
    }
    for source in &run.coverage.sources {
        if let Some(of) = &source.duplicate_of {
            super::tell_duplicate(&source.path, of);
        }
    }
    super::tell_copies(run.coverage.copies.iter());
    run.doubts.iter().for_each(tell);
    if global.verbose > 0 {
        run.notes.iter().for_each(tell);
    }
    if run.coverage.counts.lines > 0 && run.coverage.counts.matched == 0 {
        say("mailtrail: no line was understood; `mailtrail grammar explain FILE` shows why");
    }
}
