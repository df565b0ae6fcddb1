//! The words of a mail's headers. Everything that a log, an option or a setting gave is made harmless here, before a
//! library sees it: no control character, no line's end, no direction mark, and an end.

use super::Letter;
use crate::address::Mailbox;
use crate::error::{Error, Exit, Result};
use crate::render::{crop, keys, parts, show};
use crate::report::Report;
use crate::text::shown;
use crate::units;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Characters of a part of the subject at most.
const MOST: usize = 60;

/// What the message is called, and what it belongs to.
pub(super) struct Identity {
    /// Its Message-ID (RFC 5322 3.6.4).
    pub id: String,
    /// The Message-ID that stands for all mails of this report: no message has it.
    pub root: String,
    /// The List-Id (RFC 2919) of all mails of this report.
    pub list: String,
    /// What sets the parts of the message apart; no part can hold it by chance.
    pub boundary: String,
    /// Who sends it.
    pub from: Mailbox,
}

impl Identity {
    /// The identity of a report's mail with this content.
    pub fn of(report: &Report, letter: &Letter, content: &[u8]) -> Result<Self> {
        let from = sender(report, letter)?;
        let domain = from.domain().trim_matches(['[', ']']).replace(':', "-");
        let recipients: Vec<String> = letter.to.iter().map(|to| to.address().to_string()).collect();
        let series =
            [report.name.as_str(), &show::hosts(report), &report.domains.join(","), &recipients.join(",")];
        let series = series.join("\n");
        let hash = hash(&[series.as_bytes(), from.address().to_string().as_bytes(), content]);
        let name = atom(&report.name);
        Ok(Self {
            id: format!("<{name}.{}.{hash}@{domain}>", date(report).replace('-', "")),
            root: format!("<{name}.all.{}@{domain}>", self::hash(&[series.as_bytes()])),
            list: format!("<{name}.mailtrail.{domain}>"),
            boundary: format!("=_mailtrail_{hash}"),
            from,
        })
    }
}

/// Who sends the mail: who is named, or `mailtrail` at the first host that can stand in an address.
fn sender(report: &Report, letter: &Letter) -> Result<Mailbox> {
    let of_a_host = || report.hosts.iter().find_map(|host| Mailbox::at("mailtrail", host.raw()));
    let nowhere = || Mailbox::at("mailtrail", "localhost.localdomain");
    let sender = letter.from.clone().or_else(of_a_host).or_else(nowhere);
    sender.ok_or_else(|| Error::new(Exit::Internal, "there is nobody who could send the mail"))
}

/// The first 32 digits of the SHA-256 of some parts, each told apart from the next by its length.
fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A name as it may stand in an identity: letters, digits, hyphens.
fn atom(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(MOST).collect();
    if name.is_empty() { "report".to_owned() } else { name }
}

/// `[mailtrail] mx1 2026-11-23: ok, 12 345 delivered, 2 warnings`.
pub(super) fn subject(report: &Report, prefix: &str) -> String {
    let hosts = crop::end(&show::hosts(report), MOST);
    let domains = crop::end(&report.domains.join(", "), MOST);
    let about: Vec<String> = [crop::end(prefix, MOST), hosts, domains, period(report)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let delivered = keys::delivered(report).map(|n| format!("{} delivered", units::number(n)));
    let said = [Some(report.verdict().word().to_owned()), delivered, Some(parts::tally(report))];
    let said: Vec<String> = said.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    line(&format!("{}: {}", about.join(" "), said.join(", ")))
}

/// Text as a header may hold it. Figures get plain spaces, so that a subject is ASCII where its names are.
pub(super) fn line(text: &str) -> String {
    shown(&units::with_plain_spaces(text)).trim().to_owned()
}

/// The day, or the days from and to.
fn period(report: &Report) -> String {
    let (Some(start), Some(end)) = (report.period.start, report.period.end) else {
        return String::new();
    };
    let zone = &report.period.zone;
    let (first, last) = (zone.date_text(start), zone.date_text((end - 1).max(start)));
    if first == last { first } else { format!("{first} to {last}") }
}

/// The first day of the period; `none` where there is no period.
fn date(report: &Report) -> String {
    report.period.start.map_or_else(|| "none".to_owned(), |start| report.period.zone.date_text(start))
}

/// The name of a file that holds the report, without its ending: `daily-2026-11-23`.
pub fn file_name(report: &Report) -> String {
    format!("{}-{}", atom(&report.name), date(report))
}

/// A link with its parts filled in.
pub(super) fn link(link: &str, report: &Report) -> String {
    link.replace("{report}", &atom(&report.name)).replace("{date}", &date(report))
}
