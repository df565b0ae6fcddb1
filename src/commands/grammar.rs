//! `mailtrail grammar`: lists, proves and tries out the grammars.

use super::{Outcome, assets, print, say};
use crate::cli::{Global, Grammar};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::grammar::{Explained, Grammars, check};
use crate::input::{self, Chunks};
use crate::text;
use crate::units::plural;
use std::fmt::Write as _;
use std::path::PathBuf;

pub(super) fn run(command: &Grammar, global: &Global, config: &Config) -> Outcome {
    let grammars = Grammars::load(&assets(global, config))?;
    match command {
        Grammar::List => list(&grammars),
        Grammar::Check => prove(&grammars),
        Grammar::Explain { paths, unmatched } => explain(&grammars, paths, *unmatched, global),
    }
}

fn list(grammars: &Grammars) -> Outcome {
    let mut out = String::new();
    for (at, grammar) in grammars.list.iter().enumerate() {
        let of = |ignore| grammars.patterns.iter().filter(|p| p.grammar == at && p.ignore == ignore).count();
        let _ = writeln!(
            out,
            "{:<12} {:>13} {:>17}  {}  ({})",
            grammar.system,
            plural(of(false) as u64, "pattern ", "patterns"),
            plural(of(true) as u64, "ignore rule ", "ignore rules"),
            grammar.about,
            grammar.origin
        );
    }
    print(out.as_bytes())?;
    Ok(None)
}

fn prove(grammars: &Grammars) -> Outcome {
    let complaints = check(grammars);
    let samples = grammars.samples();
    if complaints.is_empty() {
        print(format!("{} patterns proved by {samples} samples\n", grammars.patterns.len()).as_bytes())?;
        return Ok(None);
    }
    let list: Vec<String> = complaints.iter().map(|c| text::shown(&c.to_string()).into_owned()).collect();
    print(format!("{}\n", list.join("\n")).as_bytes())?;
    Err(Error::new(
        Exit::Config,
        format!("{} about the grammars", plural(complaints.len() as u64, "complaint", "complaints")),
    ))
}

fn explain(grammars: &Grammars, paths: &[PathBuf], unmatched: bool, global: &Global) -> Outcome {
    let options =
        input::Options { now: super::now(), year: None, layouts: grammars.layouts(), tell: super::teller(global) };
    let inputs = input::open(paths, &options)?;
    for source in inputs.streams.iter().flat_map(|stream| &stream.sources) {
        explain_source(grammars, source, unmatched)?;
    }
    inputs.problems.iter().for_each(|problem| say(format_args!("mailtrail: {}", problem.tty())));
    if !global.quiet {
        tell_what_is_no_log(&inputs, global);
    }
    let is_nothing = inputs.streams.is_empty() && inputs.duplicates.is_empty() && inputs.mail.is_empty();
    match inputs.problems.is_empty() {
        true => Ok(None),
        false if is_nothing => Err(super::none_read()),
        false => Ok(Some(Exit::Incomplete)),
    }
}

/// Says what was given and has no lines here: copies, mail and, if asked for, what was passed over.
fn tell_what_is_no_log(inputs: &input::Inputs, global: &Global) {
    for (source, of) in &inputs.duplicates {
        super::tell_duplicate(&source.name, of);
    }
    for mail in &inputs.mail {
        let name = mail.source.name.tty();
        say(format_args!("mailtrail: {name}: holds mail: `mailtrail headers` shows its ways"));
    }
    if global.verbose > 0 {
        inputs.notes.iter().for_each(|note| say(format_args!("mailtrail: {}", note.tty())));
    }
}

fn explain_source(grammars: &Grammars, source: &input::Source, unmatched: bool) -> Result<()> {
    let failed = |e| Error::new(Exit::Io, format!("{} cannot be read", source.name.raw())).why(e);
    let layouts = grammars.layouts_of(&source.head);
    let mut chunks = Chunks::open(source, crate::run::CHUNK).map_err(failed)?;
    while let Some(chunk) = chunks.next().map_err(failed)? {
        let mut out = String::new();
        for (_, line) in chunk.lines() {
            let found = grammars.explain(&layouts, line);
            if !unmatched || found.as_ref().is_none_or(|found| found.taken_by.is_none()) {
                write_line(&mut out, line, found);
            }
        }
        print(out.as_bytes())?;
    }
    Ok(())
}

fn write_line(out: &mut String, line: &[u8], found: Option<Explained>) {
    let shown = |bytes: &[u8]| text::shown(&text::utf8(bytes)).into_owned();
    let _ = writeln!(out, "{}", shown(line));
    let Some(found) = found else {
        let _ = writeln!(out, "    damaged: no header that is known");
        return;
    };
    if let Some(text) = &found.text {
        let _ = writeln!(out, "    read as: {}", shown(text));
    }
    match &found.taken_by {
        None => out.push_str("    unmatched\n"),
        Some((system, name)) => {
            let kind = if found.ignored { " (ignored)" } else { "" };
            let _ = writeln!(out, "    {system}/{name}{kind}");
        }
    }
    for (field, value) in &found.fields {
        let _ = writeln!(out, "        {field} = {}", shown(value));
    }
}
