//! `mailtrail report`: reads logs and writes a report.

use super::{Outcome, assets, colors, format, period, put, read, say, settle, width};
use crate::assets::Assets;
use crate::cli::{About, Global, Level, Report as Args};
use crate::compose::{self, Request};
use crate::config::{Config, ReportDefaults, Written};
use crate::error::{Error, Exit, Result};
use crate::judge::{Again, Judge, Store};
use crate::render::{self, Format, Rendered};
use crate::report::{Period, Report, State};
use crate::run::Run;
use crate::sections::Question;
use crate::time::{Span, Zone};
use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    let args = &settled(args, &config.commands.report);
    let format = chosen(args)?;
    let made = make(args, global, config, super::now())?;
    let assets = assets(global, config);
    let color = args.output.is_none() && colors(global.color, io::stdout().is_terminal());
    let options = render::Options { assets: &assets, width: width(), color, section: args.section.as_deref() };
    let rendered = (format.render)(&made.report, &options)?;
    made.tell(global);
    write(rendered, args.output.as_deref(), &made.run)?;
    Ok(exit(&made.report, args.fail_on, made.run.complete))
}

/// A report, and the run that it was made from.
pub(super) struct Made {
    pub report: Report,
    pub run: Run,
}

impl Made {
    /// Says which tables it does not hold.
    pub fn tell(&self, global: &Global) {
        if !self.report.left_out.is_empty() && !global.quiet {
            let titles = self.report.left_out.join(", ");
            say(format_args!("mailtrail: left out, since it cannot be told by domain: {titles}"));
        }
    }
}

/// Makes the report that is asked for. A wrong request is told before any log is read.
pub(super) fn make(args: &Args, global: &Global, config: &Config, now: i64) -> Result<Made> {
    let args = &settled(args, &config.commands.report);
    let about = &args.about;
    let zone = read::zone(global, config)?;
    let span = period(&about.period, &zone, now)?;
    let assets = assets(global, config);
    known_labels(&about.by, &assets)?;
    let judge = Judge::new(config, &assets)?;
    let name = about.report.as_deref().unwrap_or(compose::DAILY);
    compose::check(&assets, name)?;
    let mut run = read::logs(&args.paths, global, config, &zone)?;
    if !run.coverage.counts.balances() {
        return Err(Error::new(Exit::Internal, "lines were lost in the account; please report this")
            .why(format!("{:?}", run.coverage.counts)));
    }
    let again = again(args, global, config, span, &zone);
    let by: BTreeSet<String> = about.by.iter().cloned().chain(judge.labels().map(str::to_owned)).collect();
    let by = Vec::from_iter(by);
    let request =
        Request { report: name, span, now, domains: &about.domain, top: about.top, by: &by, again: &again };
    let report = compose::compose(&mut run, &assets, &zone, &request, &judge)?;
    Ok(Made { report, run })
}

/// Where the commands that show more find what this report was made of.
fn again(args: &Args, global: &Global, config: &Config, Span { start, end }: Span, zone: &Zone) -> Again {
    let store = match super::store_folder(global, config) {
        Some(folder) => Store::Kept(folder.to_string_lossy().into_owned()),
        None if global.no_store => Store::LeftOut,
        None => Store::None,
    };
    let paths = args.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let period = Some(Period { start, end, zone: zone.clone() });
    Again { store, paths, options: options(global), period, domains: args.about.domain.clone() }
}

/// The options of the command line by which the same logs and questions are read as they were.
fn options(global: &Global) -> Vec<(&'static str, String)> {
    let shown = |path: &PathBuf| path.to_string_lossy().into_owned();
    let one = [
        ("--config", global.config.as_ref().map(shown)),
        ("--timezone", global.timezone.clone()),
        ("--year", global.year.map(|year| year.to_string())),
    ];
    let one = one.into_iter().filter_map(|(option, value)| Some((option, value?)));
    one.chain(global.libraries.iter().map(|path| ("--library", shown(path)))).collect()
}

/// The options, those that the command line leaves open as the configuration sets them.
fn settled(args: &Args, defaults: &ReportDefaults) -> Args {
    let args = args.clone();
    let kinds = format::kinds(render::RENDERERS);
    let Written { format, output } = format::written(&kinds, args.format, args.output, &defaults.written);
    Args {
        about: about(args.about, defaults),
        format,
        output,
        section: args.section.or_else(|| defaults.section.clone()),
        fail_on: args.fail_on.or(defaults.fail_on.map(level)),
        ..args
    }
}

fn about(mut about: About, defaults: &ReportDefaults) -> About {
    about.period = settle::period(about.period, &defaults.times);
    about.domain = settle::domains(about.domain, &defaults.domain);
    about.report = about.report.or_else(|| defaults.report.clone());
    about.top = about.top.or(defaults.top);
    if about.by.is_empty() {
        about.by.clone_from(&defaults.by);
    }
    about
}

fn level(state: State) -> Level {
    if state == State::Critical { Level::Critical } else { Level::Warning }
}

/// The format that is asked for, or that the output's name tells, or text.
fn chosen(args: &Args) -> Result<&'static Format<Report, Rendered>> {
    format::choose(render::RENDERERS, args.format.as_deref(), args.output.as_deref())
}

/// Figures can be told by the labels of the metrics, those of the user's own too.
pub(super) fn known_labels(by: &[String], assets: &Assets) -> Result<()> {
    if by.is_empty() {
        return Ok(());
    }
    let metrics = Question::all(assets, "metrics")?;
    let labels: BTreeSet<&str> =
        metrics.iter().flat_map(|metric| metric.front.by.keys()).map(String::as_str).collect();
    match by.iter().find(|label| !labels.contains(label.as_str())) {
        Some(label) => {
            let error = Error::new(Exit::Usage, format!("figures cannot be told by `{label}`"));
            Err(error.instead(label, "labels", labels))
        }
        None => Ok(()),
    }
}

fn write(rendered: Rendered, output: Option<&Path>, run: &Run) -> Result<()> {
    let output = output.filter(|path| path.as_os_str() != "-");
    super::spare(&run.files, output)?;
    match (rendered, output) {
        (Rendered::One(bytes), output) => put(&bytes, output),
        (Rendered::Folder(files), Some(path)) => {
            files.iter().try_for_each(|(name, _)| super::spare(&run.files, Some(&path.join(name))))?;
            crate::deliver::folder(path, &files)
        }
        (Rendered::Folder(_), None) => Err(Error::new(Exit::Usage, "this format is several files")
            .help("name a folder with `--output DIR`, or one section with `--section NAME`")),
    }
}

fn exit(report: &Report, fail_on: Option<Level>, complete: bool) -> Option<Exit> {
    let limit = fail_on.map(|level| match level {
        Level::Warning => State::Warning,
        Level::Critical => State::Critical,
    });
    // Who knows nothing cannot say that all is well.
    if limit.is_some_and(|limit| !report.is_known() || report.verdict() >= limit) {
        return Some(Exit::Findings);
    }
    (!complete).then_some(Exit::Incomplete)
}
