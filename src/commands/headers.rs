//! `mailtrail headers`: the ways of messages, hop by hop.

use super::{Outcome, assets, colors, format, put, say};
use crate::cli::{Global, Headers as Args};
use crate::config::{Config, Written};
use crate::error::{Error, Exit, Result};
use crate::headers::{self, Messages};
use crate::input::{self, Inputs};
use crate::render;
use crate::render::headers::FORMATS;
use crate::text::Text;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    let set = &config.commands.headers.written;
    let Written { format, output } =
        format::written(&format::kinds(FORMATS), args.format.clone(), args.output.clone(), set);
    let (output, format) = (output.as_deref(), format::choose(FORMATS, format.as_deref(), output.as_deref())?);
    let options =
        input::Options { now: super::now(), year: None, layouts: Vec::new(), tell: super::teller(global) };
    let mut inputs = input::open(&paths(args, config)?, &options)?;
    let mut messages = headers::read(&inputs.mail, &|_, _| ());
    messages.problems.extend(not_mail(&inputs));
    messages.problems.append(&mut inputs.problems);
    tell(&messages, &inputs, global);
    if messages.list.is_empty() {
        return Err(Error::new(Exit::NoInput, "there is no message"));
    }
    let color = output.is_none() && colors(global.color, io::stdout().is_terminal());
    let options = render::Options { assets: &assets(global, config), width: super::width(), color, section: None };
    if output.is_some() {
        let files: Vec<_> = inputs.mail.iter().flat_map(input::Mail::identities).collect();
        super::spare(&files, output)?;
    }
    let bytes = (format.render)(&messages, &options)?;
    put(&bytes, output)?;
    Ok((!messages.problems.is_empty()).then_some(Exit::Incomplete))
}

/// The mail that the command line names, else that of the configuration.
fn paths(args: &Args, config: &Config) -> Result<Vec<PathBuf>> {
    let set = config.commands.headers.paths.iter().map(PathBuf::from);
    let paths = if args.paths.is_empty() { set.collect() } else { args.paths.clone() };
    if paths.is_empty() {
        return Err(Error::new(Exit::NoInput, "no mail is named").help(
            "name Maildirs, mailboxes, messages or `-`, or give `paths` in `[headers]` of the configuration",
        ));
    }
    Ok(paths)
}

/// Files that hold no mail. In a folder they may well be: there they are passed over.
fn not_mail(inputs: &Inputs) -> Vec<Text> {
    let sources = inputs.streams.iter().flat_map(|stream| &stream.sources);
    let sources = sources.chain(inputs.duplicates.iter().map(|(source, _)| source));
    sources.map(|source| Text::from(format!("{}: holds no message", source.name.raw()))).collect()
}

/// Says on standard error what could not be read, what was given twice and, if asked for, what was passed over.
fn tell(messages: &Messages, inputs: &Inputs, global: &Global) {
    let tell = |text: &Text| say(format_args!("mailtrail: {}", text.tty()));
    messages.problems.iter().for_each(tell);
    if global.quiet {
        return;
    }
    super::tell_copies(messages.duplicates.iter().map(|(number, _)| &inputs.mail[*number].source.name));
    if global.verbose > 0 {
        inputs.notes.iter().for_each(tell);
    }
}
