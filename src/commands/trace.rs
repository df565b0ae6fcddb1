//! `mailtrail trace`: the life of a message, a session, an address or a client.

use super::{Outcome, assets, colors, period, print, read, say, width};
use crate::cli::{Global, Trace as Args, TraceKind};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::facts::{Scope, View};
use crate::render;
use crate::render::trace::{self as format, Format};
use crate::report::trace::Trace;
use crate::sections::Asker;
use crate::trace::{self, Kind, Request};
use std::io::{self, IsTerminal};
use std::path::Path;

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    let zone = read::zone(global, config)?;
    let span = period(&args.period, &zone, super::now())?;
    let format = format(args)?;
    let request = Request { key: &args.key, kind: args.kind.map(kind), span, limit: args.limit };
    trace::check(&request)?;
    let run = read::logs(&args.paths, global, config, &zone)?;
    let view = View::new(&run.facts, &zone, &Scope::ALL, trace::wanted())?;
    let asker = Asker::new(&view, &run.coverage)?;
    let trace = trace::trace(&asker, &run.sources, &zone, &request)?;
    if trace.kind.is_none() {
        tell_of_nothing(&trace, args);
        return Ok(Some(if run.complete { Exit::Findings } else { Exit::Incomplete }));
    }
    let assets = assets(global, config);
    let color = args.output.is_none() && colors(global.color, io::stdout().is_terminal());
    let options = render::Options { assets: &assets, width: width(), color, section: None };
    let bytes = (format.render)(&trace, &options)?;
    let output = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    read::spare(&run, output)?;
    match output {
        Some(path) => crate::deliver::file(path, &bytes)?,
        None => print(&bytes)?,
    }
    Ok((!run.complete).then_some(Exit::Incomplete))
}

fn kind(kind: TraceKind) -> Kind {
    match kind {
        TraceKind::QueueId => Kind::Queue,
        TraceKind::MessageId => Kind::Message,
        TraceKind::Address => Kind::Address,
        TraceKind::Domain => Kind::Domain,
        TraceKind::Ip => Kind::Ip,
        TraceKind::Network => Kind::Network,
        TraceKind::SessionId => Kind::Session,
        TraceKind::Subject => Kind::Subject,
    }
}

/// The format that is asked for, or that the output's name tells, or text.
fn format(args: &Args) -> Result<&'static Format> {
    if let Some(name) = &args.format {
        return format::by_name(name).ok_or_else(|| unknown_format(name));
    }
    let ending = args.output.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
    let by_ending = format::FORMATS.iter().find(|format| Some(format.extension) == ending);
    by_ending.or_else(|| format::by_name("text")).ok_or_else(|| unknown_format("text"))
}

fn unknown_format(name: &str) -> Error {
    let names = format::FORMATS.iter().map(|format| format.name);
    Error::new(Exit::Usage, format!("there is no format `{name}` of traces")).instead(name, "formats", names)
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
