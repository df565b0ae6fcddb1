//! The commands: each file reads as its flow. Only here is the clock read.

mod completions;
mod config;
mod format;
mod grammar;
mod headers;
#[cfg(feature = "sql")]
mod init;
#[cfg(feature = "sql")]
mod nightly;
#[cfg(feature = "sql")]
mod post;
#[cfg(feature = "sql")]
mod ingest;
#[cfg(feature = "sql")]
mod query;
#[cfg(feature = "sql")]
mod read;
#[cfg(feature = "sql")]
mod report;
mod schema;
mod settle;
#[cfg(feature = "sql")]
mod send;
#[cfg(feature = "sql")]
mod store;
#[cfg(feature = "sql")]
mod trace;

use crate::assets::Assets;
#[cfg(feature = "sql")]
use crate::cli::Period;
use crate::cli::{Cli, Command, Global, When};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::input;
use crate::text::Text;
use crate::time::{SECOND, Zone};
#[cfg(feature = "sql")]
use crate::time::{Span, parse_day, parse_instant};
use std::collections::BTreeMap;
#[cfg(feature = "sql")]
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// How a command ended, if not by an error.
pub type Outcome = Result<Option<Exit>>;

/// Why a request cannot be met, and whether that is told in colours.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong; it carries the exit code.
    pub error: Error,
    /// What is wanted of colours.
    pub color: Option<When>,
}

/// Does what the command line says.
///
/// # Errors
///
/// Where the request cannot be met.
pub fn run(cli: &Cli) -> std::result::Result<Option<Exit>, Failure> {
    let config = configuration(cli).map_err(|error| Failure { error, color: cli.global.color })?;
    let global = settle::global(&cli.global, &config);
    act(cli, &global, &config).map_err(|error| Failure { error, color: global.color })
}

/// The configuration, as far as the command needs it.
fn configuration(cli: &Cli) -> Result<Config> {
    if let Some(missing) = cli.global.libraries.iter().find(|folder| !folder.is_dir()) {
        return Err(Error::new(Exit::Usage, format!("{} is no folder", missing.display()))
            .help("`--library` names a folder that holds `grammars/` or `report-templates/`"));
    }
    let load = |named| Config::load(named).and_then(|config| settle::known_words(&config).map(|()| config));
    match (&cli.command, cli.global.config.as_deref()) {
        // A configuration that is wrong stops nothing that needs none.
        (Command::Completions { .. }, _) => Ok(Config::default()),
        (Command::Schema(_), named) => Ok(load(named).unwrap_or_default()),
        // The file that it names is to be made.
        #[cfg(feature = "sql")]
        (Command::Init(args), Some(file)) if args.write && !file.exists() => Ok(Config::default()),
        (_, named) => load(named),
    }
}

fn act(cli: &Cli, global: &Global, config: &Config) -> Outcome {
    if let Some(jobs) = global.jobs.map(usize::from).or(config.jobs) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
        pool.map_err(|e| Error::new(Exit::Usage, "the threads cannot be started").why(e))?;
    }
    match &cli.command {
        #[cfg(feature = "sql")]
        Command::Report(args) => report::run(args, global, config),
        #[cfg(feature = "sql")]
        Command::Send(args) => send::run(args, global, config),
        #[cfg(feature = "sql")]
        Command::Nightly(args) => nightly::run(args, global, config),
        #[cfg(feature = "sql")]
        Command::Init(args) => init::run(args, global, config),
        #[cfg(feature = "sql")]
        Command::Query(args) => query::run(args, global, config),
        #[cfg(feature = "sql")]
        Command::Ingest(args) => ingest::run(args, global, config),
        #[cfg(feature = "sql")]
        Command::Store(command) => store::run(*command, global, config),
        #[cfg(feature = "sql")]
        Command::Trace(args) => trace::run(args, global, config),
        Command::Headers(args) => headers::run(args, global, config),
        Command::Schema(args) => schema::run(args, config),
        Command::Grammar(command) => grammar::run(command, global, config),
        Command::Completions { shell } => completions::run(*shell),
        Command::Config(command) => config::run(*command, &cli.global, config),
    }
}

/// The present, microseconds since the epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX / SECOND)
}

/// The zone of the command line, of the configuration, or of the machine.
fn zone(global: &Global, config: &Config) -> Result<Zone> {
    match global.timezone.as_deref().or(config.timezone.as_deref()) {
        Some(name) => Zone::named(name),
        None => Ok(Zone::of_machine()),
    }
}

/// Refuses to write over what was read: these files.
fn spare(files: &[input::Identity], output: Option<&Path>) -> Result<()> {
    crate::deliver::spare(|metadata| files.contains(&input::identity(metadata)), output)
}

/// The store of the command line or of the configuration.
#[cfg(feature = "sql")]
fn store_folder<'a>(global: &'a Global, config: &'a Config) -> Option<&'a std::path::Path> {
    global.store.as_deref().or(config.store.as_deref()).filter(|_| !global.no_store)
}

/// The period that `--on`, or `--since` and `--until`, ask for.
#[cfg(feature = "sql")]
fn period(period: &Period, zone: &Zone, now: i64) -> Result<Span> {
    if let Some(day) = &period.on {
        return parse_day(day, zone, now).map_err(|e| e.of("--on"));
    }
    let instant = |option: &str, text: &Option<String>| {
        text.as_ref().map(|text| parse_instant(text, zone, now).map_err(|e| e.of(option))).transpose()
    };
    let span = Span { start: instant("--since", &period.since)?, end: instant("--until", &period.until)? };
    match span {
        Span { start: Some(start), end: Some(end) } if end <= start => {
            Err(Error::new(Exit::Usage, "the period ends before it begins")
                .why(format!("{} to {}", zone.rfc3339(start), zone.rfc3339(end)))
                .help("`--since` is its first instant, and `--until` a later one, at which it is over"))
        }
        span => Ok(span),
    }
}

/// The columns of text on standard output: those that `COLUMNS` tells, else the terminal's, as far as lines stay easy to
/// read; 80 where there is none.
fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let of_terminal =
        || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0).min(WIDEST));
    told.or_else(of_terminal).filter(|columns| *columns >= 40).unwrap_or(80)
}

/// Columns of a wide terminal that are used.
const WIDEST: usize = 120;

/// Whether to colour what goes to a stream.
pub fn colors(when: Option<When>, terminal: bool) -> bool {
    match when.unwrap_or(When::Auto) {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    }
}

/// The error where not one of the inputs could be read; why is said of each before.
fn none_read() -> Error {
    Error::new(Exit::NoInput, "none of the inputs could be read")
}

/// Says that a source holds nothing new.
fn tell_duplicate(copy: &Text, of: &Text) {
    let (copy, of) = (copy.tty(), of.tty());
    say(format_args!("mailtrail: {copy}: holds nothing that {of} does not hold; counted once"));
}

/// Says of each source how many of its messages were given before.
fn tell_copies<'a>(names: impl Iterator<Item = &'a Text>) {
    let mut copies: BTreeMap<&Text, u64> = BTreeMap::new();
    names.for_each(|name| *copies.entry(name).or_default() += 1);
    let messages =
        |number| if number == 1 { "1 message was".to_owned() } else { format!("{number} messages were") };
    if copies.len() > MOST_NAMES {
        let number: u64 = copies.values().sum();
        return say(format_args!("mailtrail: {} given before; counted once", messages(number)));
    }
    for (name, number) in copies {
        say(format_args!("mailtrail: {}: {} given before; counted once", name.tty(), messages(number)));
    }
}

/// Sources whose copies are told one by one.
const MOST_NAMES: usize = 5;

/// Where grammars, sections, reports and templates are looked up: the command line's folders go first.
fn assets(global: &Global, config: &Config) -> Assets {
    Assets { folders: global.libraries.iter().chain(&config.libraries).cloned().collect() }
}

/// A command as it can be typed.
#[cfg(feature = "sql")]
fn corrected<'a>(name: &str, words: impl Iterator<Item = &'a OsString>) -> String {
    let words: Option<Vec<String>> = words.map(|word| crate::text::shell(word.to_str()?)).collect();
    format!("mailtrail {name} {}", words.map_or_else(|| "... PATH...".to_owned(), |words| words.join(" ")))
}

/// Says something on standard error. Where that cannot be written nobody is there to hear it.
pub fn say(what: impl Display) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Says what is waited for, or was done, if anything is to be said.
fn teller(global: &Global) -> fn(&str) {
    if global.quiet { |_| {} } else { |what| say(format_args!("mailtrail: {what}")) }
}

/// Says on standard output what was done.
#[cfg(feature = "sql")]
fn tell(done: &str, global: &Global) -> Result<()> {
    if global.quiet { Ok(()) } else { print(format!("{done}\n").as_bytes()) }
}

/// Writes to a file, whole or not at all, or to standard output, which `-` names too.
fn put(bytes: &[u8], output: Option<&Path>) -> Result<()> {
    match output {
        Some(path) if path.as_os_str() != "-" => crate::deliver::file(path, bytes),
        _ => print(bytes),
    }
}

/// How long another run that writes to the store is waited for.
#[cfg(feature = "sql")]
fn patience(typed: Option<u32>, config: &Config) -> crate::store::Patience {
    crate::store::Patience { seconds: typed.or(config.commands.ingest.wait).unwrap_or(WAIT) }
}

/// Seconds of it, where nothing else is said.
#[cfg(feature = "sql")]
const WAIT: u32 = 10;

/// Writes to standard output.
fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// What writing to standard output came to. A reader that went away ends the program quietly.
///
/// # Errors
///
/// Where it could not be written for another reason.
pub fn written(done: io::Result<()>) -> Result<()> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(Error::new(Exit::CannotWrite, "standard output cannot be written").why(e)),
        Ok(()) => Ok(()),
    }
}
