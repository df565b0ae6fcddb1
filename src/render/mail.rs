//! A mail: a summary in plain words and in HTML, and the whole report attached where that is asked for.
//!
//! What was found and what changed stand first, then the figures, then the account of the lines. The message follows
//! RFC 5322 with MIME, ready to be handed to a server; who carries it is not known here. Where it would
//! be too large, it is made smaller, attachments first, then rows, then findings, and says so.

use super::{Options, Rendered, csv, html, json, parts};
use crate::address::Mailbox;
use crate::error::{Error, Exit, Result};
use crate::report::{Report, State};
use crate::units;

mod change;
mod digest;
mod message;
mod page;
mod text;
mod words;

pub use change::Figures;
pub use message::{Letter as PlainLetter, plain};
pub use words::file_name;

/// Bytes that the HTML part has at most. Gmail shows about 102 KB of one and hides the rest; docs/mail.md.
const MOST_HTML: usize = 80_000;

/// Bytes that a message has at most where nothing else is asked for: most servers take ten megabytes.
pub const MOST: usize = 10 * 1024 * 1024;

/// What is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// The whole report as a page.
    Page,
    /// Tables as CSV, by their names.
    Tables(Vec<String>),
}

impl Attachment {
    /// The tables that are attached where none is named.
    pub const TABLES: [&'static str; 3] = ["measurements", "findings", "coverage"];

    fn title(&self) -> String {
        match self {
            Self::Page => "the whole report".to_owned(),
            Self::Tables(names) => format!("the tables {}", names.join(", ")),
        }
    }
}

/// What a mail has besides the report.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Who sends it; `mailtrail` at the first host of the report where nobody is named.
    pub from: Option<Mailbox>,
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// When it is sent, microseconds since the epoch; the end of the period where that is not told.
    pub date: Option<i64>,
    /// What its subject begins with.
    pub prefix: String,
    /// What is attached, the most dispensable last.
    pub attach: Vec<Attachment>,
    /// Where the whole report can be read; `{report}` and `{date}` are filled in.
    pub link: Option<String>,
    /// Whether all mails of one report stand in one thread.
    pub thread: bool,
    /// Bytes that it has at most.
    pub max_size: usize,
    /// The figures of the report before this one.
    pub before: Option<Figures>,
}

impl Letter {
    /// A letter that nobody has addressed yet.
    pub const DRAFT: Self = Self {
        from: None,
        to: Vec::new(),
        date: None,
        prefix: String::new(),
        attach: Vec::new(),
        link: None,
        thread: false,
        max_size: MOST,
        before: None,
    };
}

/// The format that mail programs read.
#[derive(Clone, Debug)]
pub struct Mail {
    letter: Letter,
}

impl Mail {
    /// The mail for a letter.
    pub fn new(letter: Letter) -> Self {
        Self { letter }
    }

    /// The message and its identity.
    ///
    /// # Errors
    ///
    /// Where a template fails, a table is unknown, or it cannot be made small enough.
    pub fn message(&self, report: &Report, options: &Options<'_>) -> Result<Message> {
        let report = &one_section(report, options.section)?;
        let identity = self.identity(report, options)?;
        let attached =
            self.letter.attach.iter().map(|a| attached(a, report, options)).collect::<Result<Vec<_>>>()?;
        let mut plan = Plan::WHOLE;
        loop {
            let sheet = Sheet::of(report, &self.letter, &plan);
            let html = page::part(&sheet, options.assets)?;
            let parts = message::Parts {
                text: text::part(&sheet),
                html: html.clone(),
                attached: attached.iter().take(plan.kept(&self.letter)).flatten().collect(),
            };
            let bytes = message::build(&self.letter, report, &identity, &parts)?;
            if html.len() <= MOST_HTML && bytes.len() <= self.letter.max_size {
                return Ok(Message { id: identity.id, bytes });
            }
            plan = plan.smaller(html.len() <= MOST_HTML, &self.letter)?;
        }
    }

    /// The same report of the same period to the same people is the same message, whenever it is made.
    fn identity(&self, report: &Report, options: &Options<'_>) -> Result<words::Identity> {
        let content = match json::render(report, options)? {
            Rendered::One(bytes) => bytes,
            Rendered::Folder(_) => Vec::new(),
        };
        words::Identity::of(report, &self.letter, &content)
    }
}

/// Formats a report as a mail that nobody has addressed yet.
pub(super) fn render(report: &Report, options: &Options<'_>) -> Result<Rendered> {
    Ok(Rendered::One(Mail::new(Letter::DRAFT).message(report, options)?.bytes))
}

/// A message that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its Message-ID, with its angle brackets.
    pub id: String,
    /// The message, its lines ended by CRLF.
    pub bytes: Vec<u8>,
}

/// The report with the one section that is asked for, or as it is.
fn one_section(report: &Report, only: Option<&str>) -> Result<Report> {
    let mut report = report.clone();
    if only.is_some() {
        report.sections = parts::sections(&report, only)?.into_iter().cloned().collect();
        report.digest.clear();
    }
    Ok(report)
}

/// An attached file: name, type, content.
type File = (String, &'static str, Vec<u8>);

fn attached(attachment: &Attachment, report: &Report, options: &Options<'_>) -> Result<Vec<File>> {
    let stem = words::file_name(report);
    let file = |render: fn(&Report, &Options<'_>) -> Result<Rendered>, section, name: String, kind| {
        let options = Options { section, color: false, ..*options };
        match render(report, &options)? {
            Rendered::One(bytes) => Ok((name, kind, bytes)),
            Rendered::Folder(_) => Err(Error::new(Exit::Internal, format!("{name} is no single file"))),
        }
    };
    match attachment {
        Attachment::Page => {
            Ok(vec![file(html::render, None, format!("{stem}.html"), "text/html; charset=utf-8")?])
        }
        Attachment::Tables(names) => names
            .iter()
            .map(|name| file(csv::render, Some(name), format!("{stem}-{name}.csv"), "text/csv; charset=utf-8"))
            .collect(),
    }
}

/// How much of a report a mail holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    /// How many of the attachments are left out.
    left_out: usize,
    /// Rows of a table at most.
    rows: usize,
    /// Findings at most.
    findings: usize,
}

/// Rows and findings at most, from the whole to the least.
const STEPS: [(usize, usize); 5] = [(5, 30), (4, 20), (3, 12), (1, 6), (0, 3)];

impl Plan {
    const WHOLE: Self = Self { left_out: 0, rows: STEPS[0].0, findings: STEPS[0].1 };

    fn kept(&self, letter: &Letter) -> usize {
        letter.attach.len() - self.left_out
    }

    /// The next smaller one. An attachment is no reason for an HTML part that is too long.
    fn smaller(mut self, html_fits: bool, letter: &Letter) -> Result<Self> {
        if html_fits && self.kept(letter) > 0 {
            self.left_out += 1;
            return Ok(self);
        }
        let next = STEPS.iter().find(|(rows, findings)| (*rows, *findings) < (self.rows, self.findings));
        let (rows, findings) = next.ok_or_else(|| {
            #[expect(clippy::cast_precision_loss, reason = "a size for people")]
            let size = units::bytes(letter.max_size as f64);
            Error::new(Exit::Config, format!("the mail cannot be made smaller than {size}"))
                .help("raise `max_size` in `[mail]`")
        })?;
        (self.rows, self.findings) = (*rows, *findings);
        Ok(self)
    }
}

/// What the parts of the mail are made of.
struct Sheet<'a> {
    /// The report, cut to what is shown.
    report: Report,
    /// The report as a whole.
    whole: &'a Report,
    letter: &'a Letter,
    /// What was left out so that the mail is not too large, in sentences.
    left_out: Vec<String>,
    /// Whether the whole report is attached.
    is_attached: bool,
    /// Where the whole report can be read.
    link: Option<String>,
}

impl<'a> Sheet<'a> {
    fn of(whole: &'a Report, letter: &'a Letter, plan: &Plan) -> Self {
        let kept = plan.kept(letter);
        Self {
            report: digest::cut(whole, plan),
            whole,
            letter,
            left_out: left_out(whole, letter, plan),
            is_attached: letter.attach.iter().take(kept).any(|attachment| *attachment == Attachment::Page),
            link: letter.link.as_deref().map(|link| words::link(link, whole)),
        }
    }

    /// The findings that are no praise.
    fn findings(&self) -> impl Iterator<Item = &crate::report::Finding> {
        self.report.findings.iter().filter(|finding| finding.state != State::Ok)
    }

    /// Where the rest can be read, in a sentence.
    fn where_the_rest_is(&self) -> Option<String> {
        match (&self.link, self.is_attached) {
            (Some(link), _) => Some(format!("The whole report: {link}")),
            (None, true) => Some("The whole report is attached.".to_owned()),
            (None, false) => None,
        }
    }
}

fn left_out(report: &Report, letter: &Letter, plan: &Plan) -> Vec<String> {
    let mut told = Vec::new();
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let size = units::bytes(letter.max_size as f64);
    let names: Vec<String> = letter.attach.iter().skip(plan.kept(letter)).map(Attachment::title).collect();
    if !names.is_empty() {
        told.push(format!("Not attached, since the mail would exceed {size}: {}.", names.join(", ")));
    }
    match plan.rows {
        rows if rows == Plan::WHOLE.rows => {}
        0 => told.push("The tables are left out, since the mail would be too large.".to_owned()),
        rows => told.push(format!("Tables are cut to {rows} rows, since the mail would be too large.")),
    }
    let more = report.findings.len().saturating_sub(plan.findings);
    if more > 0 {
        told.push(format!("{} not shown here.", parts::plural(more as u64, "finding is", "findings are")));
    }
    told
}

#[cfg(test)]
mod tests;
