//! What single commands are to do where the command line does not say: each setting is the option of its name.

use super::entries::LEVELS;
use super::table::{Table, later, later_list};
use crate::error::Result;
use crate::report::State;
use std::path::PathBuf;

/// Rows of a table at most, where no more could be shown.
const MOST_ROWS: usize = 1_000_000_000;

/// In which format something is written, and where.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The format.
    pub format: Option<String>,
    /// Where to write.
    pub output: Option<PathBuf>,
}

/// A period, in words.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// From this time on.
    pub since: Option<String>,
    /// Up to this time.
    pub until: Option<String>,
    /// One day.
    pub on: Option<String>,
}

/// `mailtrail report`.
#[derive(Clone, Debug, Default)]
pub struct ReportDefaults {
    /// Which report.
    pub report: Option<String>,
    /// Its period.
    pub times: Times,
    /// Only these domains.
    pub domain: Vec<String>,
    /// How it is written.
    pub written: Written,
    /// Only this section.
    pub section: Option<String>,
    /// Rows of a table at most.
    pub top: Option<usize>,
    /// Labels that the figures are told by as well.
    pub by: Vec<String>,
    /// The state of findings that makes the exit code 1.
    pub fail_on: Option<State>,
}

/// `mailtrail query`.
#[derive(Clone, Debug, Default)]
pub struct QueryDefaults {
    /// Which facts are asked: those of this time.
    pub times: Times,
    /// Only these domains.
    pub domain: Vec<String>,
    /// How the answer to one question is written.
    pub written: Written,
}

/// `mailtrail trace`.
#[derive(Clone, Debug, Default)]
pub struct TraceDefaults {
    /// When it happened.
    pub times: Times,
    /// Messages at most, and sessions at most.
    pub limit: Option<u32>,
    /// How it is written.
    pub written: Written,
}

/// `mailtrail headers`.
#[derive(Clone, Debug, Default)]
pub struct HeadersDefaults {
    /// Maildirs, mailboxes, messages, folders, patterns.
    pub paths: Vec<String>,
    /// How it is written.
    pub written: Written,
}

/// `mailtrail ingest`, and what else writes to the store.
#[derive(Clone, Debug, Default)]
pub struct IngestDefaults {
    /// Seconds to wait for another run that writes to the store.
    pub wait: Option<u32>,
}

/// `mailtrail schema`.
#[derive(Clone, Debug, Default)]
pub struct SchemaDefaults {
    /// The format.
    pub format: Option<String>,
}

/// When to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Where it makes sense.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

const WISHES: [(&str, Wish); 3] = [("auto", Wish::Auto), ("always", Wish::Always), ("never", Wish::Never)];

/// What holds for every command.
#[derive(Clone, Debug, Default)]
pub struct General {
    /// Colours on the terminal.
    pub color: Option<Wish>,
    /// A progress bar on the terminal.
    pub progress: Option<Wish>,
    /// Whether nothing is said but errors.
    pub quiet: Option<bool>,
    /// Whether more is said: what was passed over, what was sent.
    pub verbose: Option<bool>,
    /// Bytes of facts kept in memory.
    pub memory: Option<usize>,
}

/// What is set for all commands, and for each.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// For all.
    pub general: General,
    /// For `mailtrail report`, and for the reports that others make.
    pub report: ReportDefaults,
    /// For `mailtrail query`.
    pub query: QueryDefaults,
    /// For `mailtrail trace`.
    pub trace: TraceDefaults,
    /// For `mailtrail headers`.
    pub headers: HeadersDefaults,
    /// For `mailtrail ingest`, and what else writes to the store.
    pub ingest: IngestDefaults,
    /// For `mailtrail schema`.
    pub schema: SchemaDefaults,
}

impl Commands {
    /// Reads what stands for all commands, and their tables.
    pub(super) fn read(&mut self, root: &mut Table<'_>) -> Result<()> {
        self.general.read(root)?;
        let mut table = |key, what| root.table(key, what);
        table("report", "[report]")?.map(|table| self.report.read(table)).transpose()?;
        table("query", "[query]")?.map(|table| self.query.read(table)).transpose()?;
        table("trace", "[trace]")?.map(|table| self.trace.read(table)).transpose()?;
        table("headers", "[headers]")?.map(|table| self.headers.read(table)).transpose()?;
        table("ingest", "[ingest]")?.map(|table| self.ingest.read(table)).transpose()?;
        table("schema", "[schema]")?.map(|table| self.schema.read(table)).transpose()?;
        Ok(())
    }
}

impl General {
    fn read(&mut self, root: &mut Table<'_>) -> Result<()> {
        later(root.word("color", &WISHES)?, &mut self.color);
        later(root.word("progress", &WISHES)?, &mut self.progress);
        later(root.flag("quiet")?, &mut self.quiet);
        later(root.flag("verbose")?, &mut self.verbose);
        later(root.integer("memory")?, &mut self.memory);
        Ok(())
    }
}

impl Written {
    fn read(&mut self, table: &mut Table<'_>) -> Result<()> {
        later(table.text("format")?, &mut self.format);
        later(table.path("output")?, &mut self.output);
        Ok(())
    }
}

impl Times {
    fn read(&mut self, table: &mut Table<'_>) -> Result<()> {
        later(table.text("since")?, &mut self.since);
        later(table.text("until")?, &mut self.until);
        later(table.text("on")?, &mut self.on);
        Ok(())
    }
}

impl ReportDefaults {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        later(table.text("report")?, &mut self.report);
        self.times.read(&mut table)?;
        self.written.read(&mut table)?;
        later(table.text("section")?, &mut self.section);
        later(table.integer_in("top", 1..=MOST_ROWS)?, &mut self.top);
        later(table.word("fail_on", &LEVELS)?, &mut self.fail_on);
        later_list(table.texts("domain")?, &mut self.domain);
        later_list(table.texts("by")?, &mut self.by);
        table.end()
    }
}

impl QueryDefaults {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        self.times.read(&mut table)?;
        later_list(table.texts("domain")?, &mut self.domain);
        self.written.read(&mut table)?;
        table.end()
    }
}

impl TraceDefaults {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        self.times.read(&mut table)?;
        later(table.integer_in("limit", 1..=u32::MAX)?, &mut self.limit);
        self.written.read(&mut table)?;
        table.end()
    }
}

impl HeadersDefaults {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        later_list(table.texts("paths")?, &mut self.paths);
        self.written.read(&mut table)?;
        table.end()
    }
}

impl IngestDefaults {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        later(table.integer("wait")?, &mut self.wait);
        table.end()
    }
}

impl SchemaDefaults {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        later(table.text("format")?, &mut self.format);
        table.end()
    }
}
