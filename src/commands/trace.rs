//! `mailtrail trace`: the life of a message, a session, an address or a client.

use super::{Outcome, assets, colors, format, period, print, read, say, width};
use crate::cli::{Global, Trace as Args, TraceKind};
use crate::config::Config;
use crate::error::Exit;
use crate::facts::{Memory, Scope, View};
use crate::render;
use crate::render::trace::FORMATS;
use crate::report::trace::Trace;
use crate::sections::Asker;
use crate::trace::{self, Kind, Request};
use std::io::{self, IsTerminal};

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    let zone = read::zone(global, config)?;
    let span = period(&args.period, &zone, super::now())?;
    let formats = FORMATS.iter().map(|format| (format.name, format.extension, format));
    let format = format::choose(&formats, args.format.as_deref(), args.output.as_deref())?;
    let request = Request { key: &args.key, kind: args.kind.map(kind), span, limit: args.limit };
    trace::check(&request)?;
    let mut run = read::logs(&args.paths, global, config, &zone)?;
    // Few rows of a store are of interest, and most columns of no other: none is read before it is known to be needed.
    run.facts.shelved.memory = Memory(0);
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
    crate::deliver::spare(&run.files, output)?;
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
