//! Runs without a process: from bytes to a report and its renderings, for laws that are tried hundreds of times.

use super::program::{WRITTEN, write};
use mailtrail::assets::Assets;
use mailtrail::compose::{self, Request};
use mailtrail::config::Config;
use mailtrail::grammar::Grammars;
use mailtrail::input;
use mailtrail::judge::{Again, Judge};
use mailtrail::render::{self, Rendered};
use mailtrail::report::{Cell, Report};
use mailtrail::run::{self, Run};
use mailtrail::text::Text;
use mailtrail::time::{SECOND, Span, Zone};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

static GRAMMARS: LazyLock<Grammars> =
    LazyLock::new(|| Grammars::load(&Assets::default()).expect("the built-in grammars are right"));

static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
    Judge::new(&Config::default(), &Assets::default()).expect("the built-in thresholds and rules are right")
});

/// The built-in grammars.
pub fn grammars() -> &'static Grammars {
    &GRAMMARS
}

/// Files to be read, and how.
pub struct Reading {
    folder: TempDir,
    paths: Vec<PathBuf>,
    /// How they are read: whole, in UTC, in 2026, unless a law says otherwise.
    pub options: run::Options,
    /// Threads.
    pub jobs: usize,
}

impl Reading {
    /// One file, `mail.log`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::empty().with("mail.log", bytes)
    }

    /// No file.
    pub fn empty() -> Self {
        let options = run::Options {
            zone: Zone::utc(),
            hosts: input::Hosts::default(),
            input: input::Options {
                now: i64::try_from(WRITTEN).unwrap_or(0) * SECOND + 86_400 * SECOND,
                year: Some(2026),
                layouts: Vec::new(),
                tell: |_| {},
            },
            chunk: run::CHUNK,
            memory: mailtrail::facts::Memory::default(),
        };
        Self { folder: tempfile::tempdir().expect("a folder"), paths: Vec::new(), options, jobs: 2 }
    }

    /// One more file.
    pub fn with(mut self, name: &str, bytes: &[u8]) -> Self {
        let path = self.folder.path().join(name);
        write(&path, bytes, WRITTEN);
        self.paths.push(path);
        self
    }

    /// One more name of what is there already, made by the caller.
    pub fn and(mut self, name: &str, make: impl FnOnce(&Path, &Path)) -> Self {
        let path = self.folder.path().join(name);
        make(&self.paths[0], &path);
        self.paths.push(path);
        self
    }

    /// Chunks of this size.
    pub fn chunk(mut self, bytes: usize) -> Self {
        self.options.chunk = bytes;
        self
    }

    /// This many threads.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// The paths in another order.
    pub fn reordered(mut self, order: impl FnOnce(&mut Vec<PathBuf>)) -> Self {
        order(&mut self.paths);
        self
    }

    fn pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(self.jobs).build().expect("threads").install(work)
    }

    /// Reads them.
    pub fn run(&self) -> Run {
        self.run_with(&|_| ())
    }

    /// Reads them; meanwhile something is done to the first of them, again and again.
    pub fn run_with(&self, meanwhile: &(dyn Fn(&Path) + Sync)) -> Run {
        let progress = |_, _| meanwhile(&self.paths[0]);
        self.pool(|| run::run(&self.paths, grammars(), &self.options, &progress).expect("there is input"))
    }

    /// Reads them and composes a report.
    pub fn report(&self) -> Report {
        self.report_on(Span { start: None, end: None }, &[])
    }

    /// The same for a period and for domains.
    pub fn report_on(&self, span: Span, domains: &[String]) -> Report {
        let mut run = self.run();
        let again = Again::default();
        let request =
            Request { report: "full", span, now: i64::MAX, domains, top: Some(1000), by: &[], again: &again };
        let compose = || compose::compose(&mut run, &Assets::default(), &self.options.zone, &request, &JUDGE);
        self.pool(compose).expect("the report is composed")
    }

    /// The report in every format, one behind the other, without the folder's name.
    pub fn bytes(&self) -> Vec<u8> {
        let folder = format!("{}/", self.folder.path().display());
        render_all(&without(self.report(), &folder))
    }
}

/// A report with the folder taken off the names of its sources, wherever they stand.
fn without(mut report: Report, folder: &str) -> Report {
    let short = |text: &mut Text| *text = Text::from(text.raw().replace(folder, ""));
    for source in &mut report.coverage.sources {
        short(&mut source.path);
        source.duplicate_of.iter_mut().for_each(short);
    }
    report.coverage.unmatched_shapes.iter_mut().for_each(|shape| short(&mut shape.example.source));
    for cell in report.sections.iter_mut().flat_map(|section| section.rows.iter_mut().flatten()) {
        if let Cell::Text(text) = cell {
            short(text);
        }
    }
    report
}

/// A report in every format, one behind the other.
pub fn render_all(report: &Report) -> Vec<u8> {
    let assets = Assets::default();
    let options = render::Options { assets: &assets, width: 80, color: false, section: None };
    let mut out = Vec::new();
    for renderer in render::RENDERERS {
        out.extend(format!("\n===== {}\n", renderer.name).bytes());
        match (renderer.render)(report, &options).expect("it renders") {
            Rendered::One(bytes) => out.extend(bytes),
            Rendered::Folder(files) => files.iter().for_each(|(name, bytes)| {
                out.extend(format!("\n----- {name}\n").bytes());
                out.extend(bytes);
            }),
        }
    }
    out
}

/// The figures of a report, one a line.
pub fn measurements(report: &Report) -> Vec<String> {
    report.measurements.iter().map(|m| format!("{} {:?} {:?}", m.metric, m.labels, m.value)).collect()
}
