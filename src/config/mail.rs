//! `[mail]`: how reports are mailed.

use super::comparison;
use super::entries::points_at;
use super::table::{Spot, Spotted, Table, later, later_list};
use crate::address::Mailbox;
use crate::error::{Error, Exit, Result};
use crate::report::{State, Unit};
use crate::text::shown;
use crate::time::{AGES, MOST_DAYS, SECOND};
use std::path::PathBuf;

/// How reports are mailed. What is not set is as the documentation says.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// Who sends them.
    pub from: Option<Mailbox>,
    /// Who gets them.
    pub to: Vec<Mailbox>,
    /// From which verdict on; always where it is nothing.
    pub when: Option<When>,
    /// What their subjects begin with.
    pub prefix: Option<String>,
    /// What is attached, by name: `html`, `csv`, `csv:TABLE`.
    pub attach: Option<Vec<String>>,
    /// Where the whole report can be read.
    pub link: Option<String>,
    /// Whether all mails of one report stand in one thread.
    pub thread: Option<bool>,
    /// Bytes of a message at most.
    pub max_size: Option<usize>,
    /// What takes them.
    pub by: Option<By>,
    /// The server's name.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// How the connection is kept secret.
    pub tls: Option<Tls>,
    /// Who logs in.
    pub user: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// The certificates that are trusted.
    pub ca_file: Option<PathBuf>,
    /// The `sendmail` command.
    pub sendmail: Option<PathBuf>,
    /// Microseconds that a delivery may take.
    pub timeout: Option<i64>,
    /// Microseconds after which a message that could not be sent is given up.
    pub max_age: Option<i64>,
}

/// From which verdict on a report is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Whatever it is.
    Always,
    /// Where it is this bad or worse.
    From(State),
}

impl When {
    /// Whether a report of this verdict is mailed. What cannot be told is told.
    pub fn holds(self, verdict: State) -> bool {
        match self {
            Self::Always => true,
            Self::From(state) => verdict >= state || verdict == State::Unknown,
        }
    }
}

/// What takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A server.
    Smtp,
    /// The machine's own command.
    Sendmail,
}

/// How the connection to a server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// After a start in the open.
    Start,
    /// From the first byte.
    Implicit,
    /// Not at all.
    None,
}

const WHEN: [(&str, When); 3] =
    [("always", When::Always), ("warning", When::From(State::Warning)), ("critical", When::From(State::Critical))];
const BY: [(&str, By); 2] = [("smtp", By::Smtp), ("sendmail", By::Sendmail)];
const TLS: [(&str, Tls); 3] = [("starttls", Tls::Start), ("implicit", Tls::Implicit), ("none", Tls::None)];

/// Sizes and times that make sense.
const LEAST_SIZE: f64 = 65_536.0;
const MOST_SIZE: f64 = 1e9;

impl Mail {
    pub(super) fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        no_secret(&table)?;
        later(table.text("from")?.map(mailbox).transpose()?, &mut self.from);
        later_list(table.texts("to")?.into_iter().map(mailbox).collect::<Result<_>>()?, &mut self.to);
        later(table.word("when", &WHEN)?, &mut self.when);
        later(table.text("prefix")?.map(harmless).transpose()?, &mut self.prefix);
        if let Some(spotted) = attached(&mut table)? {
            self.attach = Some(spotted);
        }
        later(table.text("link")?.map(link).transpose()?, &mut self.link);
        later(table.flag("thread")?, &mut self.thread);
        later(table.text("max_size")?.map(size).transpose()?, &mut self.max_size);
        later(table.word("by", &BY)?, &mut self.by);
        later(table.text("host")?.map(harmless).transpose()?, &mut self.host);
        later(table.integer("port")?, &mut self.port);
        let tls = table.word("tls", &TLS)?;
        let tls_spot = tls.as_ref().map(|tls| tls.spot.clone());
        later(tls, &mut self.tls);
        later(table.text("user")?.map(harmless).transpose()?, &mut self.user);
        later(table.path("password_file")?, &mut self.password_file);
        later(table.path("ca_file")?, &mut self.ca_file);
        later(table.path("sendmail")?, &mut self.sendmail);
        later(table.text("timeout")?.map(duration).transpose()?, &mut self.timeout);
        later(table.text("max_age")?.map(duration).transpose()?, &mut self.max_age);
        let spot = table.spot();
        table.end()?;
        self.check(&tls_spot.unwrap_or(spot))
    }

    /// What fits together.
    fn check(&self, spot: &Spot) -> Result<()> {
        if self.tls == Some(Tls::None) && self.user.is_some() {
            return Err(spot
                .error("a password would be sent in the open")
                .help("with `user`, let `tls` be `starttls` or `implicit`"));
        }
        if self.user.is_some() && self.password_file.is_none() {
            let error = spot.error("`user` is to log in, and there is no password");
            return Err(error.help("name the file that holds it by `password_file`"));
        }
        Ok(())
    }
}

/// A password in the configuration would be shown by whatever shows the configuration, and by this message, were the
/// line quoted in it.
fn no_secret(table: &Table<'_>) -> Result<()> {
    let Some(spot) = table.place_of(|key| key.starts_with("pass") && key != "password_file") else {
        return Ok(());
    };
    Err(Error::new(Exit::Config, "the configuration is no place for a password")
        .why(spot.origin())
        .help("write it into a file that only its reader may read, and name that by `password_file`"))
}

fn mailbox(text: Spotted<String>) -> Result<Spotted<Mailbox>> {
    match Mailbox::parse(&text.value) {
        Ok(mailbox) => Ok(text.map(|_| mailbox)),
        Err(why) => Err(text.spot.error("this is no mail address").why(why)),
    }
}

/// Text that may stand in a header or a command: no line's end, nothing invisible.
fn harmless(text: Spotted<String>) -> Result<Spotted<String>> {
    if shown(&text.value) == text.value {
        return Ok(text);
    }
    Err(text.spot.error("this text holds a control or an invisible character"))
}

fn link(text: Spotted<String>) -> Result<Spotted<String>> {
    let text = harmless(text)?;
    let is_link = text.value.starts_with("https://") || text.value.starts_with("http://");
    let filled = text.value.replace("{report}", "").replace("{date}", "");
    if is_link && !filled.contains([' ', '"', '<', '>', '{', '}']) {
        return Ok(text);
    }
    Err(text.spot.error("this is no link").help("expected `https://reports.example.org/{report}-{date}.html`"))
}

fn attached(table: &mut Table<'_>) -> Result<Option<Vec<String>>> {
    let is_given = table.has("attach");
    let texts = table.texts("attach")?;
    for text in &texts {
        let name = text.value.strip_prefix("csv:").unwrap_or("x");
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if !(text.value == "html" || text.value == "csv" || text.value.starts_with("csv:")) || !is_name {
            return Err(text
                .spot
                .error(format!("`{}` cannot be attached", text.value))
                .help("there are `html`, `csv` and, for one table, `csv:NAME`"));
        }
    }
    Ok(is_given.then(|| texts.into_iter().map(|text| text.value).collect()))
}

fn size(text: Spotted<String>) -> Result<Spotted<usize>> {
    let bytes = quantity(&text, Unit::Bytes)?;
    if !(LEAST_SIZE..=MOST_SIZE).contains(&bytes) {
        return Err(text.spot.error("a mail cannot have this size").help("between 64 KiB and 900 MiB"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the limits")]
    Ok(text.map(|_| bytes as usize))
}

/// A duration in microseconds.
pub(super) fn duration(text: Spotted<String>) -> Result<Spotted<i64>> {
    let seconds = quantity(&text, Unit::Seconds)?;
    if !(1.0..=f64::from(MOST_DAYS) * 86_400.0).contains(&seconds) {
        let error = text.spot.error("this time is too short or too long");
        return Err(error.help(format!("between 1 s and {MOST_DAYS} d")));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is within the limits")]
    Ok(text.map(|_| (seconds * SECOND as f64) as i64))
}

/// How long something is kept, in microseconds. Its unit must stand there: who writes `400` means days, and not seconds.
pub(super) fn age(text: Spotted<String>) -> Result<Spotted<i64>> {
    let quantity = comparison::quantity(&text.value, Some(Unit::Seconds));
    if quantity.is_ok_and(|quantity| quantity.unit == Unit::None) {
        let error = text.spot.error(format!("`{}` is no age that can be read", text.value));
        return Err(error.why("it has no unit").help(AGES));
    }
    duration(text)
}

fn quantity(text: &Spotted<String>, unit: Unit) -> Result<f64> {
    let what = || format!("`{}` is no quantity that can be read", text.value);
    let read = comparison::quantity(&text.value, Some(unit));
    read.map(|read| read.value).map_err(|wrong| points_at(text, &wrong, what()))
}
