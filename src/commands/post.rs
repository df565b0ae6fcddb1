//! What `send` and `nightly` have in common: who writes to whom, what carries it, the spool, and what is said.

use crate::address::Mailbox;
use crate::assets::Assets;
use crate::cli::Global;
use crate::compose;
use crate::config::Config;
use crate::config::mail::{By, Mail as Settings, Tls, When};
use crate::deliver::sendmail::Sendmail;
use crate::deliver::smtp::{Login, Smtp, Tls as Secrecy};
use crate::deliver::spool::{Event, Mail, Put, Spool, What};
use crate::deliver::{self, Carrier, Secret};
use crate::error::{Error, Exit, Result};
use crate::own;
use crate::render::mail::{Attachment, Figures, Letter, MOST, file_name};
use crate::report::Report;
use crate::text::shown;
use crate::time::{DAY, SECOND, Zone};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the machine keeps its state.
const MACHINE: &str = "/var/lib/mailtrail";

/// The command that every mail server brings.
const SENDMAIL: &str = "/usr/sbin/sendmail";

/// The most bytes of a file with a password.
const MOST_PASSWORD: usize = 4096;

/// Who writes to whom, and how.
pub(super) struct Post<'a> {
    settings: &'a Settings,
    from: Mailbox,
    to: Vec<Mailbox>,
    carrier: Box<dyn Carrier>,
    state: PathBuf,
    now: i64,
    talkative: bool,
}

/// What the command line says about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked<'a> {
    pub from: Option<&'a str>,
    pub to: &'a [String],
    pub state: Option<&'a Path>,
}

impl<'a> Post<'a> {
    /// Settles it from the command line and the configuration. What is wrong is told before any log is read.
    pub fn of(asked: Asked<'_>, global: &Global, config: &'a Config, now: i64) -> Result<Self> {
        let settings = &config.mail;
        let to = recipients(asked.to, settings)?;
        let from = sender(asked.from, settings)?;
        Ok(Self {
            settings,
            from,
            to,
            carrier: carrier(settings)?,
            state: state(asked.state, config),
            now,
            talkative: !global.quiet && (global.verbose > 0 || std::io::stderr().is_terminal()),
        })
    }

    /// Who sends.
    pub fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Who gets it.
    pub fn to(&self) -> &[Mailbox] {
        &self.to
    }

    /// The letter that goes with a report, compared with the report before it where that is known.
    pub fn letter(&self, report: &Report) -> Letter {
        Letter {
            from: Some(self.from.clone()),
            to: self.to.clone(),
            date: Some(self.now),
            prefix: self.settings.prefix.clone().unwrap_or_else(|| "[mailtrail]".to_owned()),
            attach: attachments(self.settings.attach.as_deref()),
            link: self.settings.link.clone(),
            thread: self.settings.thread.unwrap_or(false),
            max_size: self.settings.max_size.unwrap_or(MOST),
            before: Series::of(&self.state, report).and_then(|series| series.before()),
        }
    }

    /// Keeps a report's figures for the next one.
    pub fn remember(&self, report: &Report) -> Result<()> {
        match Series::of(&self.state, report) {
            Some(series) => series.remember(report),
            None => Ok(()),
        }
    }

    /// Why a report of this verdict is not to be mailed; nothing where it is.
    pub fn why_not(&self, when: Option<When>, report: &Report) -> Option<String> {
        let verdict = report.verdict();
        match when.or(self.settings.when) {
            Some(when @ When::From(worse)) if !when.holds(verdict) => {
                Some(format!("its verdict is {}, and mail is wanted from {} on", verdict.word(), worse.word()))
            }
            _ => None,
        }
    }

    /// Puts a message into the spool. What was sent under this key, or waits, stays as it is.
    pub fn put(&self, key: &str, id: &str, bytes: &[u8]) -> Result<()> {
        let to = self.to.iter().map(|to| to.address().clone()).collect();
        let mail = Mail { key, id, from: self.from.address(), to, bytes };
        if let Put::Sent(when) = Spool::open(&self.state)?.put(&mail, self.now)? {
            let when = Zone::of_machine().second_text(when);
            self.say(&format!("this report was sent already, {when}; it is not sent twice"));
        }
        Ok(())
    }

    /// Sends what waits in the spool, this one at once, and says what became of it. Nothing is sent twice.
    pub fn flush(&self, at_once: Option<&str>) -> Result<Option<Exit>> {
        let max_age = self.settings.max_age.unwrap_or(5 * DAY);
        let mut exits = Vec::new();
        Spool::open(&self.state)?.flush(self.carrier.as_ref(), self.now, max_age, at_once, &mut |event| {
            self.tell(&event);
            exits.extend(exit(&event));
        })?;
        Ok(exits.into_iter().max_by_key(|exit| *exit as u8))
    }

    /// Hands a message over at once, past the spool: where that cannot be written, somebody should still be told.
    pub fn hand_over(&self, bytes: &[u8]) {
        let to: Vec<_> = self.to.iter().map(|to| to.address().clone()).collect();
        let outcome = self.carrier.carry(bytes, self.from.address(), &to);
        for (to, why) in outcome.refused.iter().chain(&outcome.later) {
            super::say(format_args!("mailtrail: {} cannot be told: {}", shown(to.as_ref()), shown(why)));
        }
    }

    fn tell(&self, event: &Event) {
        let id = shown(&event.id);
        let failed = self.state.join("mail/failed");
        let kept = failed.display();
        let told = match &event.what {
            What::Sent(refused) if refused.is_empty() => return self.say(&format!("{id} was sent")),
            What::Sent(refused) => {
                let refused: Vec<String> = refused.iter().map(|(to, why)| format!("{to} ({why})")).collect();
                format!("{id} was sent, but not to {}", refused.join(", "))
            }
            What::Later(why) => format!("{id} could not be sent, and waits: {why}"),
            What::Refused(why) => format!("{id} was refused, and is kept in {kept}: {why}"),
            What::GivenUp(why) => format!("{id} is too old, was given up, and is kept in {kept}: {why}"),
            What::Unreadable(why) => format!("{id} cannot be sent, and is kept in {kept}: {why}"),
        };
        super::say(format_args!("mailtrail: {}", shown(&told)));
    }

    /// Says something that is no problem: success is silent, or cron mails it.
    fn say(&self, what: &str) {
        if self.talkative {
            super::say(format_args!("mailtrail: {what}"));
        }
    }
}

/// The exit code that an event asks for.
fn exit(event: &Event) -> Option<Exit> {
    match &event.what {
        What::Sent(refused) if refused.is_empty() => None,
        What::Sent(_) | What::Refused(_) | What::Unreadable(_) => Some(Exit::Data),
        What::Later(_) | What::GivenUp(_) => Some(Exit::Unavailable),
    }
}

fn recipients(asked: &[String], settings: &Settings) -> Result<Vec<Mailbox>> {
    let asked = asked.iter().map(|text| mailbox("--to", text)).collect::<Result<Vec<_>>>()?;
    let to = if asked.is_empty() { settings.to.clone() } else { asked };
    if to.is_empty() {
        return Err(Error::new(Exit::Usage, "nobody is named who should get the mail")
            .help("name somebody by `--to`, or by `to` in `[mail]`"));
    }
    Ok(to)
}

fn mailbox(option: &str, text: &str) -> Result<Mailbox> {
    Mailbox::parse(text)
        .map_err(|why| Error::new(Exit::Usage, format!("`{option} {text}` is no mail address")).why(why))
}

/// Who is named, or `mailtrail` at this machine.
fn sender(asked: Option<&str>, settings: &Settings) -> Result<Mailbox> {
    if let Some(text) = asked {
        return mailbox("--from", text);
    }
    let of_machine = || Mailbox::at("mailtrail", &mail_name());
    settings.from.clone().or_else(of_machine).ok_or_else(|| {
        Error::new(Exit::Usage, "the machine's name makes no mail address")
            .help("name the sender by `--from`, or by `from` in `[mail]`")
    })
}

/// The name that stands in the machine's mail addresses.
pub(super) fn mail_name() -> String {
    let line = |path: &str| {
        own::text(Path::new(path), own::MACHINE).ok().map(|text| text.trim().to_owned()).filter(|t| !t.is_empty())
    };
    line("/etc/mailname").unwrap_or_else(host_name)
}

/// The machine's name.
pub(super) fn host_name() -> String {
    let name = own::text(Path::new("/proc/sys/kernel/hostname"), own::MACHINE).unwrap_or_default();
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if is_name { name.to_owned() } else { "localhost".to_owned() }
}

/// A name as it may stand in a path: letters, digits, hyphens.
pub(super) fn safe_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect()
}

/// The first digits of a text's SHA-256, to tell names apart.
pub(super) fn short_hash(text: &str) -> String {
    let start =
        Sha256::digest(text.as_bytes()).iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{start:08x}")
}

fn attachments(names: Option<&[String]>) -> Vec<Attachment> {
    let names: Vec<&str> = names.map_or(vec!["html"], |names| names.iter().map(String::as_str).collect());
    let mut attachments: Vec<Attachment> = Vec::new();
    let mut tables: Vec<String> = Vec::new();
    for name in names {
        match name.strip_prefix("csv:") {
            Some(table) => tables.push(table.to_owned()),
            None if name == "csv" => tables.extend(Attachment::TABLES.map(str::to_owned)),
            None => attachments.push(Attachment::Page),
        }
    }
    if !tables.is_empty() {
        attachments.push(Attachment::Tables(tables));
    }
    attachments
}

fn carrier(settings: &Settings) -> Result<Box<dyn Carrier>> {
    let timeout = Duration::from_micros(u64::try_from(settings.timeout.unwrap_or(120 * SECOND)).unwrap_or(0));
    let by = settings.by.unwrap_or(if settings.host.is_some() { By::Smtp } else { By::Sendmail });
    if by == By::Sendmail {
        let command = settings.sendmail.clone().unwrap_or_else(|| PathBuf::from(SENDMAIL));
        return Ok(Box::new(Sendmail { command, timeout }));
    }
    let host = settings.host.clone().unwrap_or_else(|| "localhost".to_owned());
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let tls = match settings.tls {
        Some(Tls::Implicit) => Secrecy::Implicit,
        Some(Tls::None) => Secrecy::None,
        None if is_here && settings.user.is_none() => Secrecy::None,
        Some(Tls::Start) | None => Secrecy::Start,
    };
    let port = match tls {
        Secrecy::None => 25,
        Secrecy::Start => 587,
        Secrecy::Implicit => 465,
    };
    Ok(Box::new(Smtp {
        host,
        port: settings.port.unwrap_or(port),
        tls,
        login: login(settings)?,
        ca_file: settings.ca_file.clone(),
        timeout,
        hello: host_name(),
    }))
}

fn login(settings: &Settings) -> Result<Option<Login>> {
    let Some(user) = &settings.user else { return Ok(None) };
    let Some(file) = &settings.password_file else {
        return Err(Error::new(Exit::Config, "`user` is set in `[mail]`, but no `password_file`")
            .help("name a file with the password, or a systemd credential by its name"));
    };
    Ok(Some(Login { user: user.clone(), password: password(file)? }))
}

/// Where a password stands. A name without a folder is that of a systemd credential (systemd.exec(5),
/// `LoadCredential=`).
fn password_path(file: &Path) -> PathBuf {
    match std::env::var_os("CREDENTIALS_DIRECTORY") {
        Some(folder) if !file.is_absolute() => PathBuf::from(folder).join(file),
        _ => file.to_owned(),
    }
}

fn password(file: &Path) -> Result<Secret> {
    let path = password_path(file);
    let wrong =
        |why| Error::new(Exit::Config, format!("the password file {} cannot be used", path.display())).why(why);
    first_line(&path).map(Secret::new).map_err(wrong)
}

/// The first line of a file with a password; else why it cannot be used.
fn first_line(path: &Path) -> std::result::Result<String, String> {
    let text = own::text(path, own::PASSWORD).map_err(|e| e.to_string())?;
    let first = text.lines().next().unwrap_or_default();
    if first.is_empty() || first.len() > MOST_PASSWORD || first.contains('\0') {
        return Err("its first line is no password".to_owned());
    }
    Ok(first.to_owned())
}

/// Whether what `[mail]` names is there: a night is too late to find out.
///
/// # Errors
///
/// At the setting whose file is missing, or may be read by others.
pub(super) fn check(config: &Config, assets: &Assets) -> Result<()> {
    check_password(config)?;
    check_attached(config, assets)
}

fn check_password(config: &Config) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (Some(file), Some(spot)) = (&config.mail.password_file, config.spot("mail.password_file")) else {
        return Ok(());
    };
    let path = password_path(file);
    if !path.is_absolute() && !path.exists() {
        // The credential of a service is there only while that runs.
        return Ok(());
    }
    first_line(&path).map_err(|why| {
        let error = spot.error(format!("the password file {} cannot be used", path.display())).why(why);
        error.help("write the password into its first line, and let nobody but its reader read it")
    })?;
    let mode = fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o007 != 0 {
        let error = spot.error(format!("everybody may read the password file {}", path.display()));
        return Err(error
            .why(format!("its mode is {:04o}", mode & 0o7777))
            .help(format!("chmod o= {}", path.display())));
    }
    Ok(())
}

fn check_attached(config: &Config, assets: &Assets) -> Result<()> {
    let (Some(names), Some(spot)) = (&config.mail.attach, config.spot("mail.attach")) else { return Ok(()) };
    let report = config.commands.report.report.as_deref().unwrap_or(crate::compose::DAILY);
    let sections = compose::sections(assets, report)?;
    let tables = names.iter().filter_map(|name| name.strip_prefix("csv:"));
    match tables.into_iter().find(|table| !sections.iter().any(|section| section == table)) {
        Some(table) => Err(spot.error(format!("the report `{report}` has no table `{table}`")).instead(
            table,
            "tables",
            sections.iter().map(String::as_str),
        )),
        None => Ok(()),
    }
}

/// The folder of what is kept between runs.
pub(super) fn state(asked: Option<&Path>, config: &Config) -> PathBuf {
    use std::os::unix::fs::MetadataExt;
    let given = asked.map(Path::to_owned).or_else(|| config.state.clone());
    // systemd names the folders of a service, separated by colons (systemd.exec(5), StateDirectory=).
    let of_service = || {
        let folders = std::env::var_os("STATE_DIRECTORY").filter(|folders| !folders.is_empty())?;
        std::env::split_paths(&folders).next()
    };
    let own = own::user().unwrap_or(0);
    let of_machine = || {
        let is_ours = own == 0 || fs::metadata(MACHINE).is_ok_and(|folder| folder.uid() == own);
        is_ours.then(|| PathBuf::from(MACHINE))
    };
    let of_user = || crate::config::user_folder("XDG_STATE_HOME", ".local/state");
    given.or_else(of_service).or_else(of_machine).or_else(of_user).unwrap_or_else(|| PathBuf::from(MACHINE))
}

/// The reports of one kind, one after the other, of which the figures are kept.
struct Series {
    folder: PathBuf,
    /// The file of this report: its name sorts as its period does.
    name: String,
}

impl Series {
    /// The series of a report: of the same name, scope and length. Nothing where the period is open.
    fn of(state: &Path, report: &Report) -> Option<Self> {
        let (start, end) = (report.period.start?, report.period.end?);
        // A day is one also when its clocks change.
        let days = (end - start + DAY / 2) / DAY;
        let scope = format!("{}\n{}\n{days}", report.name, report.domains.join("\n"));
        let hash = short_hash(&scope);
        let name = file_name(report);
        let stem = name.split_at(name.len().saturating_sub("-2026-11-23".len())).0.to_owned();
        (days > 0).then(|| Self {
            folder: state.join("figures").join(format!("{stem}-{hash}")),
            name: format!("{name}.json"),
        })
    }

    /// The figures of the report before this one.
    fn before(&self) -> Option<Figures> {
        let names = fs::read_dir(&self.folder).ok()?.flatten().map(|entry| entry.file_name());
        let names = names.filter_map(|name| name.into_string().ok());
        let before = names.filter(|name| *name < self.name && !name.starts_with('.')).max()?;
        serde_json::from_slice(&own::bytes(&self.folder.join(before), own::RECORD).ok()?).ok()
    }

    fn remember(&self, report: &Report) -> Result<()> {
        let figures = serde_json::to_vec(&Figures::of(report));
        let figures = figures.map_err(|e| Error::new(Exit::Internal, "the figures make no JSON").why(e))?;
        deliver::private_folder(&self.folder)?;
        deliver::record(&self.folder.join(&self.name), &figures)
    }
}
