//! `mailtrail trace`: the life of a message, a session, an address or a client.

use super::{Outcome, assets, colors, corrected, format, period, put, read, say, settle, width};
use crate::cli::{Global, Trace as Args, TraceKind};
use crate::config::{Config, Written};
use crate::error::{Error, Exit, Result};
use crate::facts::{Memory, Scope, View};
use crate::render;
use crate::render::trace::FORMATS;
use crate::report::trace::Trace;
use crate::run::Run;
use crate::sections::Asker;
use crate::trace::{self, Kind, Request};
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    let args = &settled(args, config);
    let zone = read::zone(global, config)?;
    let span = period(&args.period, &zone, super::now())?;
    let format = format::choose(FORMATS, args.format.as_deref(), args.output.as_deref())?;
    let request = Request { key: &args.key, kind: args.kind.map(kind), span, limit: args.limit.unwrap_or(MOST) };
    trace::check(&request)?;
    refuse_key_behind(args)?;
    let mut run = read::logs(&args.paths, global, config, &zone)?;
    // Few rows of a store are of interest, and most columns of no other: none is read before it is known to be needed.
    run.facts.shelved.memory = Memory(0);
    let view = View::new(&run.facts, &zone, &Scope::ALL, trace::wanted())?;
    let asker = Asker::new(&view, &run.coverage)?;
    let trace = trace::trace(&asker, &run.sources, &zone, &request)?;
    if trace.kind.is_none() {
        tell_of_nothing(&trace, args);
        // A program that reads objects is given one; to people and pages nothing says it all.
        if format.name != "json" {
            return Ok(exit(&trace, &run));
        }
    }
    let assets = assets(global, config);
    let color = args.output.is_none() && colors(global.color, io::stdout().is_terminal());
    let options = render::Options { assets: &assets, width: width(), color, section: None };
    let bytes = (format.render)(&trace, &options)?;
    let output = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    super::spare(&run.files, output)?;
    put(&bytes, output)?;
    Ok(exit(&trace, &run))
}

/// As that of `grep`; that a log could not be read goes before.
fn exit(trace: &Trace, run: &Run) -> Option<Exit> {
    if run.complete { trace.kind.is_none().then_some(Exit::Findings) } else { Some(Exit::Incomplete) }
}

/// Messages and sessions at most, where nothing else is said.
const MOST: usize = 50;

/// The options, those that the command line leaves open as the configuration sets them.
fn settled(args: &Args, config: &Config) -> Args {
    let (args, set) = (args.clone(), &config.commands.trace);
    let Written { format, output } =
        format::written(&format::kinds(FORMATS), args.format, args.output, &set.written);
    let limit = args.limit.or(set.limit.and_then(|limit| usize::try_from(limit).ok()));
    Args { format, output, limit, period: settle::period(args.period, &set.times), ..args }
}

/// Refuses what is to be followed behind its logs.
fn refuse_key_behind(args: &Args) -> Result<()> {
    let is_there = |path: &Path| fs::metadata(path).is_ok();
    let is_path =
        |path: &Path| is_there(path) || path.as_os_str() == "-" || path.to_string_lossy().contains(['/', '*']);
    let Some(at) = args.paths.iter().position(|path| !is_path(path)).filter(|_| is_there(Path::new(&args.key)))
    else {
        return Ok(());
    };
    let mut words: Vec<OsString> = [&args.key].into_iter().map(OsString::from).collect();
    words.extend(args.paths.iter().map(OsString::from));
    words[..=at + 1].rotate_right(1);
    let error = Error::new(Exit::Usage, format!("`{}` is a file, and stands where a key should", args.key));
    Err(error.help(format!("what is followed goes first: {}", corrected("trace", words.iter()))))
}

fn kind(kind: TraceKind) -> Kind {
    match kind {
        TraceKind::QueueId => Kind::Queue,
        TraceKind::MessageId => Kind::Message,
        TraceKind::Address => Kind::Address,
        TraceKind::Domain => Kind::Domain,
        TraceKind::Ip => Kind::Ip,
        TraceKind::Network => Kind::Network,
        TraceKind::Host => Kind::Host,
        TraceKind::SessionId => Kind::Session,
        TraceKind::Subject => Kind::Subject,
    }
}

/// Says what was looked for in vain, and what else may be tried.
fn tell_of_nothing(trace: &Trace, args: &Args) {
    let key = trace.key.tty();
    let narrowed = !args.period.is_open();
    let hint = match (args.kind, narrowed) {
        (_, true) => "try it without `--since`, `--until` and `--on`",
        (Some(_), _) => "try it without `--kind`",
        _ => "name the rotated files too; a part of the key is enough",
    };
    say(format_args!("mailtrail: nothing in these logs is named by `{key}`; {hint}"));
}
