//! The command line: what can be typed. What it means is in `commands/`.

use crate::render;
use crate::time::parse_age;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Parser, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Reads the logs of mail systems, accounts for every line, and reports.
#[derive(Debug, Parser)]
#[command(name = "mailtrail", version, max_term_width = 100)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The names of formats and what each is good for.
type Names = Vec<(&'static str, &'static str)>;

/// Lists formats in help and completions. A name that is none of them is taken, and told by the command: in the form of
/// all errors, with the name that was meant.
#[derive(Clone)]
struct Formats(fn() -> Names);

impl TypedValueParser for Formats {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = (self.0)().into_iter().map(|(name, about)| PossibleValue::new(name).help(about));
        Some(Box::new(values))
    }
}

/// What applies to every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The configuration file [default: /etc/mailtrail/mailtrail.toml, then $XDG_CONFIG_HOME/mailtrail/mailtrail.toml]
    #[arg(long, global = true, value_name = "FILE", env = "MAILTRAIL_CONFIG")]
    pub config: Option<PathBuf>,
    /// The zone of stamps that name none, and of days and hours in reports, such as Europe/Berlin
    #[arg(long, global = true, value_name = "ZONE", env = "MAILTRAIL_TIMEZONE")]
    pub timezone: Option<String>,
    /// The folder in which facts are kept from run to run
    #[arg(long, global = true, value_name = "DIR", env = "MAILTRAIL_STORE")]
    pub store: Option<PathBuf>,
    /// Leave out the store that the configuration or MAILTRAIL_STORE names
    #[arg(long, global = true)]
    pub no_store: bool,
    /// The year in which logs without years end [default: worked out from the files]
    #[arg(long, global = true, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1970..=2199))]
    pub year: Option<i32>,
    /// Threads for parsing [default: one for each core]
    #[arg(short = 'j', long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Colours on the terminal [default: auto]
    #[arg(long, global = true, value_enum)]
    pub color: Option<When>,
    /// A progress bar on the terminal [default: auto]
    #[arg(long, global = true, value_enum)]
    pub progress: Option<When>,
    /// A folder of your own grammars, sections, reports and templates; they go before the built-in ones
    #[arg(long = "library", global = true, value_name = "DIR")]
    pub libraries: Vec<PathBuf>,
    /// Bytes of a chunk of input
    #[arg(long, global = true, hide = true)]
    pub chunk_size: Option<usize>,
    /// Bytes of facts kept in memory; of larger logs the others lie in temporary files [default: 268435456]
    #[arg(long, global = true, value_name = "BYTES", value_parser = bytes)]
    pub memory: Option<usize>,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: what was passed over, what was sent
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where it makes sense.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read logs and write a report
    #[cfg(feature = "sql")]
    Report(Report),
    /// Mail a report
    #[cfg(feature = "sql")]
    Send(Send),
    /// What a timer runs every night: report on yesterday, keep it, mail it
    #[cfg(feature = "sql")]
    Nightly(Nightly),
    /// Look at the machine and propose a configuration
    #[cfg(feature = "sql")]
    Init(Init),
    /// Ask the facts of logs a question, by its name or in SQL
    #[cfg(feature = "sql")]
    Query(Query),
    /// Read what is new in logs into the store, each line once
    #[cfg(feature = "sql")]
    Ingest(Ingest),
    /// Look after the store
    #[cfg(feature = "sql")]
    #[command(subcommand)]
    Store(Store),
    /// Follow a message, a session, an address or a client through the logs
    ///
    /// KEY is a queue id, a Message-ID, an address, `*@domain`, an IP address, a network such as 192.0.2.0/24, a host by its
    /// name (a client, or one that mail went to), a session id, or a subject where the mail system logs it; a part of one is looked for where nothing is
    /// named by the whole.
    /// The exit code is 0 where something is found and 1 where nothing is, as with grep.
    #[cfg(feature = "sql")]
    Trace(Trace),
    /// Show the ways of messages, hop by hop, from their Received headers
    Headers(Headers),
    /// List the tables and columns of the facts
    Schema(Schema),
    /// Show, prove and try out the grammars
    #[command(subcommand)]
    Grammar(Grammar),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(Config),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A period, as it is typed; without any of it, all that was read.
#[derive(Clone, Debug, Default, Args)]
pub struct Period {
    /// From this time on: yesterday, -2h, 2026-11-24, "2026-11-24 03:00"
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with = "on")]
    pub since: Option<String>,
    /// Up to this time, exclusive
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with = "on")]
    pub until: Option<String>,
    /// One day: yesterday, today, 2026-11-23
    #[arg(long, value_name = "DAY", allow_hyphen_values = true)]
    pub on: Option<String>,
}

impl Period {
    /// Whether nothing narrows it.
    pub fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.on.is_none()
    }
}

/// A domain, as it is typed: `@example.org` and `*@example.org` name it too.
///
/// # Errors
///
/// Where it names none, or more than one.
pub fn domain(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let domain = text.strip_prefix("*@").or(text.strip_prefix('@')).unwrap_or(text);
    let is_address = domain.contains('@') && !domain.contains(char::is_whitespace);
    match domain {
        "" | "*" => Err("it names no domain"),
        _ if domain.starts_with("*.") => Err("subdomains are domains of their own: name each of them"),
        _ if is_address => Err("an address is no domain: name what stands behind its `@`"),
        _ => Ok(domain.to_owned()),
    }
}

/// A number of things, of which there is one at least.
fn count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| *count > 0).ok_or("write a whole number, 1 or more")
}

/// A number of bytes.
fn bytes(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "write a number of bytes, such as 268435456")
}

/// What a report is to tell.
#[derive(Clone, Debug, Default, Args)]
pub struct About {
    /// Which report [default: daily]
    #[arg(long, value_name = "NAME")]
    pub report: Option<String>,
    /// The time that it tells of.
    #[command(flatten)]
    pub period: Period,
    /// Only the mail of these domains
    #[arg(long, value_name = "DOMAIN", value_delimiter = ',', value_parser = domain)]
    pub domain: Vec<String>,
    /// Rows of a table at most [default: as each section says]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub top: Option<usize>,
    /// Also tell the figures by these labels: host, instance, domain, or those of your own metrics (in JSON and CSV, and to
    /// thresholds)
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    pub by: Vec<String>,
}

/// `mailtrail report`
#[derive(Clone, Debug, Default, Args)]
pub struct Report {
    /// Log files, patterns, folders; `-` is standard input [default: the inputs of the configuration]
    pub paths: Vec<PathBuf>,
    /// What it is to tell.
    #[command(flatten)]
    pub about: About,
    /// The format [default: by the output's name; text on a terminal]
    #[arg(long, value_name = "FORMAT", value_parser = Formats(|| render::named(render::RENDERERS)))]
    pub format: Option<String>,
    /// Where to write; `-` is standard output; a folder for CSV
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Only this section
    #[arg(long, value_name = "NAME")]
    pub section: Option<String>,
    /// Exit with 1 if there is a finding of this level, or the logs tell nothing (verdict `unknown`)
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub fail_on: Option<Level>,
}

/// A level of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Warnings and worse.
    Warning,
    /// Critical findings.
    Critical,
}

/// `mailtrail send`
#[derive(Clone, Debug, Default, Args)]
pub struct Send {
    /// Log files, patterns, folders; `-` is standard input [default: the inputs of the configuration]
    pub paths: Vec<PathBuf>,
    /// What it is to tell.
    #[command(flatten)]
    pub about: About,
    /// Who gets it; may be given several times [default: `to` in `[mail]`]
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
    /// Who sends it [default: `from` in `[mail]`, else mailtrail at this machine]
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// From which verdict on it is mailed [default: `when` in `[mail]`, else always]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub when: Option<Mailing>,
    /// Print the message and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The folder of what is kept between runs [default: `state` of the configuration, else /var/lib/mailtrail]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

/// `mailtrail nightly`
#[derive(Clone, Debug, Default, Args)]
pub struct Nightly {
    /// Log files, patterns, folders [default: the inputs of the configuration]
    pub paths: Vec<PathBuf>,
    /// Which report [default: daily]
    #[arg(long, value_name = "NAME")]
    pub report: Option<String>,
    /// Who gets it; may be given several times [default: `to` in `[mail]`, else nobody]
    #[arg(long, value_name = "ADDRESS")]
    pub to: Vec<String>,
    /// Who sends it [default: `from` in `[mail]`, else mailtrail at this machine]
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// From which verdict on it is mailed [default: `when` in `[mail]`, else always]
    #[arg(long, value_enum, value_name = "WHEN")]
    pub when: Option<Mailing>,
    /// The folder of the reports [default: `archive` in `[nightly]`, else reports/ in the state folder]
    #[arg(long, value_name = "DIR")]
    pub archive: Option<PathBuf>,
    /// The folder of what is kept between runs [default: `state` of the configuration, else /var/lib/mailtrail]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Take this for the present
    #[arg(long, value_name = "TIME", hide = true)]
    pub now: Option<String>,
}

/// `mailtrail init`
#[derive(Clone, Debug, Default, Args)]
pub struct Init {
    /// Write the configuration to its place instead of standard output, and show a first report
    #[arg(long)]
    pub write: bool,
    /// Look at a file system below this folder
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
    /// Who is to get the reports
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<String>,
}

/// From which verdict on a report is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mailing {
    /// Whatever it is.
    Always,
    /// With warnings and worse.
    Warning,
    /// With critical findings.
    Critical,
}

/// `mailtrail query`
#[derive(Clone, Debug, Args)]
pub struct Query {
    /// The question: SQL (`mailtrail schema` lists the tables) or the name of one that `--list` shows [default: a
    /// prompt, or what standard input asks]
    #[arg(value_name = "QUESTION")]
    pub question: Option<OsString>,
    /// What a named question must be told, NAME=VALUE; then log files, patterns, folders; `-` is standard input
    /// [default: the inputs of the configuration]
    #[arg(value_name = "PATH")]
    pub words: Vec<OsString>,
    /// Read the question from a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "list"])]
    pub file: Option<PathBuf>,
    /// Ask the question of this name
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    pub name: Option<String>,
    /// Tell a named question what it must know
    #[arg(long, value_name = "NAME=VALUE", conflicts_with_all = ["file", "list"])]
    pub param: Vec<String>,
    /// List the named questions
    #[arg(long)]
    pub list: bool,
    /// Which facts are asked: those of this time.
    #[command(flatten)]
    pub period: Period,
    /// Only the mail of these domains
    #[arg(long, value_name = "DOMAIN", value_delimiter = ',', value_parser = domain)]
    pub domain: Vec<String>,
    /// The format [default: by the output's name, else table]
    #[arg(long, value_enum)]
    pub format: Option<QueryFormat>,
    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `mailtrail ingest`
#[derive(Clone, Debug, Args)]
pub struct Ingest {
    /// Log files, patterns, folders; `-` is standard input [default: the inputs of the configuration]
    pub paths: Vec<PathBuf>,
    /// How long to wait for another run that writes to the store [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u32>,
}

/// `mailtrail store`
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Store {
    /// Say what the store holds
    Info,
    /// Prove every file of the store by its hash
    Check,
    /// Drop the facts of days that are older than this
    Prune {
        /// How long facts are kept: 400d, 13w
        #[arg(long, value_name = "AGE", value_parser = parse_age)]
        keep: u32,
        /// How long to wait for another run that writes to the store [default: 10]
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u32>,
    },
    /// Make a new secret where the store has lost its own; what is open is taken as it stands
    RenewSecret {
        /// How long to wait for another run that writes to the store [default: 10]
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u32>,
    },
    /// Join the segments of each day and host; done by itself where there are many
    Compact {
        /// How long to wait for another run that writes to the store [default: 10]
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u32>,
    },
    /// Forget what is personal in facts of days that are older than this; figures stay
    Forget {
        /// How old: 30d, 8w
        #[arg(long, value_name = "AGE", value_parser = parse_age)]
        older_than: u32,
        /// Put the same word for the same person each time; who has the store's secret can prove a guess
        #[arg(long)]
        pseudonymize: bool,
        /// How long to wait for another run that writes to the store [default: 10]
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u32>,
    },
}

/// How the answer to a query is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// An aligned table.
    #[default]
    Table,
    /// CSV, formula-guarded.
    Csv,
    /// A JSON array of objects.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Parquet.
    Parquet,
}

/// `mailtrail trace`
#[derive(Clone, Debug, Args)]
pub struct Trace {
    /// What to follow
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    pub key: String,
    /// Log files, patterns, folders; `-` is standard input [default: the inputs of the configuration]
    pub paths: Vec<PathBuf>,
    /// What KEY is [default: told by its form]
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<TraceKind>,
    /// When it happened.
    #[command(flatten)]
    pub period: Period,
    /// Messages at most, and sessions at most; of more the latest [default: 50]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub limit: Option<usize>,
    /// The format [default: by the output's name; text on a terminal]
    #[arg(long, value_name = "FORMAT", value_parser = Formats(|| render::named(render::trace::FORMATS)))]
    pub format: Option<String>,
    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `mailtrail headers`
#[derive(Clone, Debug, Args)]
pub struct Headers {
    /// Maildirs, mailboxes, messages, folders, patterns; `-` is standard input [default: `paths` in `[headers]`]
    pub paths: Vec<PathBuf>,
    /// The format [default: by the output's name; text on a terminal]
    #[arg(long, value_name = "FORMAT", value_parser = Formats(|| render::named(render::headers::FORMATS)))]
    pub format: Option<String>,
    /// Where to write; `-` is standard output
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// What it has no use for.
    #[command(flatten)]
    pub of_logs: OfLogs,
}

/// Global options that tell nothing of mail: they are taken, and not offered.
#[derive(Clone, Debug, Args)]
pub struct OfLogs {
    #[arg(long, hide = true)]
    timezone: Option<String>,
    #[arg(long, hide = true)]
    store: Option<PathBuf>,
    #[arg(long, hide = true)]
    no_store: bool,
    #[arg(long, hide = true)]
    year: Option<i32>,
}

/// What the key of a trace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceKind {
    /// A queue id.
    QueueId,
    /// A Message-ID, with or without its brackets.
    MessageId,
    /// A mail address, or a user's name.
    Address,
    /// A domain.
    Domain,
    /// An IP address.
    Ip,
    /// A network.
    Network,
    /// A host by its name: a client, or one that mail was handed to.
    Host,
    /// The id of a session.
    SessionId,
    /// A subject.
    Subject,
}

/// `mailtrail schema`
#[derive(Clone, Debug, Args)]
pub struct Schema {
    /// Only these tables
    pub tables: Vec<String>,
    /// The format [default: text]
    #[arg(long, value_enum)]
    pub format: Option<SchemaFormat>,
}

/// How the schema is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// For a terminal.
    Text,
    /// For the documentation.
    Markdown,
    /// For programs.
    Json,
}

/// `mailtrail grammar`
#[derive(Clone, Debug, Subcommand)]
pub enum Grammar {
    /// List the grammars
    List,
    /// Prove every grammar by its samples
    Check,
    /// Show for each line which pattern took it, and what it captured
    Explain {
        /// Log files; `-` is standard input
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Only the lines that nothing took
        #[arg(long)]
        unmatched: bool,
    },
}

/// `mailtrail config`
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Config {
    /// Say whether the configuration is right
    Check,
    /// Show all that is set, and where it comes from
    Show,
}
