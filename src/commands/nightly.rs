//! `mailtrail nightly`: what a timer runs. Each night is reported on once: made, kept, put into the spool, written down,
//! sent. A run that is ended between two of these steps is made good by the next.

use super::post::{self, Asked, Post};
use super::{Outcome, ingest, report, send};
use crate::cli::{About, Global, Ingest, Nightly as Args, Period, Report as ReportArgs};
use crate::config::Config;
use crate::deliver;
use crate::error::{Error, Exit, Result};
use crate::own;
use crate::render::mail::{Mail, PlainLetter, file_name, plain};
use crate::render::{self, Options, Rendered, calendar};
use crate::report::{Report, State};
use crate::store::{Patience, Writer};
use crate::time::{DAY, Zone, civil_date, civil_day, parse_instant};
use crate::units::plural;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Seconds for which another run may hold the store until this one gives way.
const PATIENCE: u32 = 60;

/// Nights that are caught up at most, where nothing else is set.
const CATCH_UP: u32 = 7;

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    let zone = super::zone(global, config)?;
    let now = match &args.now {
        Some(text) => parse_instant(text, &zone, super::now())?,
        None => super::now(),
    };
    let house = House::of(args, global, config, &zone, now);
    deliver::private_folder(&house.state)?;
    let _lock = deliver::lock(&house.state.join("nightly.lock"), Duration::ZERO)?;
    let post = house.post()?;
    let nights = house.nights(post.as_ref());
    if let (Err(error), Some(post)) = (&nights, &post) {
        house.tell_of_failure(error, post);
    }
    let sent = post.as_ref().map(|post| post.flush(None)).transpose();
    if let (Err(_), Err(error)) = (&nights, &sent) {
        super::say(error);
    }
    let incomplete = nights?;
    Ok(sent?.flatten().or(incomplete))
}

/// A night that was reported on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Night {
    date: String,
    verdict: String,
    headline: String,
    delivered: Option<f64>,
    file: String,
}

/// Where a run finds and leaves everything.
struct House<'a> {
    args: &'a Args,
    global: &'a Global,
    config: &'a Config,
    zone: &'a Zone,
    now: i64,
    /// The report's name.
    report: String,
    state: PathBuf,
    archive: PathBuf,
}

impl<'a> House<'a> {
    fn of(args: &'a Args, global: &'a Global, config: &'a Config, zone: &'a Zone, now: i64) -> Self {
        let state = post::state(args.state.as_deref(), config);
        let archive = args.archive.clone().or_else(|| config.nightly.archive.clone());
        let report = args.report.clone().or_else(|| config.commands.report.report.clone());
        Self {
            archive: archive.unwrap_or_else(|| state.join("reports")),
            report: report.unwrap_or_else(|| crate::compose::DAILY.to_owned()),
            args,
            global,
            config,
            zone,
            now,
            state,
        }
    }

    fn has_store(&self) -> bool {
        super::store_folder(self.global, self.config).is_some()
    }

    /// Who writes to whom; nothing where nobody is to get a mail.
    fn post(&self) -> Result<Option<Post<'a>>> {
        if self.args.to.is_empty() && self.config.mail.to.is_empty() {
            return Ok(None);
        }
        let asked =
            Asked { from: self.args.from.as_deref(), to: &self.args.to, state: Some(self.state.as_path()) };
        Post::of(asked, self.global, self.config, self.now).map(Some)
    }

    /// The folder in which it is written down which nights were reported on.
    fn ledger(&self) -> PathBuf {
        let scope = self.config.commands.report.domain.join("\n");
        let hash = if scope.is_empty() { String::new() } else { format!("-{}", post::short_hash(&scope)) };
        self.state.join("nights").join(format!("{}{hash}", post::safe_name(&self.report)))
    }

    /// Reports on every night that is due, the oldest first, and renews the page over all of them.
    fn nights(&self, post: Option<&Post<'_>>) -> Result<Option<Exit>> {
        deliver::private_folder(&self.ledger())?;
        deliver::private_folder(&self.archive)?;
        let mut incomplete = self.read_new()?;
        let due = self.due();
        if due.is_empty() {
            self.say("no night is due: yesterday was reported on already");
        }
        for day in due {
            incomplete = self.night(day, post)?.or(incomplete);
        }
        self.forget();
        let assets = super::assets(self.global, self.config);
        let page = calendar::page(&format!("Mail reports: {}", self.report), &self.days(), &assets)?;
        deliver::record(&self.archive.join("index.html"), &page)?;
        self.prune()?;
        Ok(incomplete)
    }

    /// Where there is a store, it takes in what is new in the logs; the reports are made from it.
    fn read_new(&self) -> Result<Option<Exit>> {
        if !self.has_store() {
            return Ok(None);
        }
        let args = Ingest { paths: self.args.paths.clone(), wait: Some(PATIENCE) };
        Ok(ingest::take_in(&args, self.global, self.config)?.exit())
    }

    /// Drops facts that are older than what is kept, once all nights that were due are done. Those of today stay, of which the
    /// next night tells, and those of nights that another report of the same store has yet to tell of.
    fn prune(&self) -> Result<()> {
        let store = super::store_folder(self.global, self.config);
        let (Some(store), Some(keep)) = (store, self.config.nightly.keep_facts) else { return Ok(()) };
        let needed = self.zone.instant(self.next_due() * DAY);
        let before = self.now.saturating_sub(keep).min(needed);
        Writer::open(store, Patience { seconds: PATIENCE })?.prune(before).map(drop)
    }

    /// The first night that any report is still to tell of. One that nobody asks for any more holds back what `catch_up` may
    /// need, and no more.
    fn next_due(&self) -> i64 {
        let ledgers = fs::read_dir(self.state.join("nights")).into_iter().flatten().flatten();
        let last = ledgers.filter_map(|ledger| days(&ledger.path()).last().map(|day| day.day));
        let due = last.map(|last| self.due_after(last));
        due.fold(self.yesterday() + 1, i64::min)
    }

    /// The nights that are due: those after the last one up to yesterday, or yesterday alone on the first run.
    fn due(&self) -> Vec<i64> {
        let yesterday = self.yesterday();
        let Some(last) = self.days().last().map(|day| day.day) else {
            return vec![yesterday];
        };
        let most = self.most();
        let first = self.due_after(last);
        if first > last + 1 {
            let missed = plural(first.abs_diff(last + 1), "night is", "nights are");
            super::say(format_args!(
                "mailtrail: {missed} not caught up, since there may be {most} at most (`catch_up` in `[nightly]`)"
            ));
        }
        (first..=yesterday).collect()
    }

    /// The first night that is due where this one was the last.
    fn due_after(&self, last: i64) -> i64 {
        (last + 1).max(self.yesterday() - self.most() + 1)
    }

    fn yesterday(&self) -> i64 {
        self.zone.civil(self.now).div_euclid(DAY) - 1
    }

    /// Nights that are caught up at most.
    fn most(&self) -> i64 {
        i64::from(self.config.nightly.catch_up.unwrap_or(CATCH_UP).max(1))
    }

    fn night(&self, day: i64, post: Option<&Post<'_>>) -> Result<Option<Exit>> {
        let date = date_text(day);
        let args = ReportArgs {
            paths: if self.has_store() { Vec::new() } else { self.args.paths.clone() },
            about: About {
                report: Some(self.report.clone()),
                period: Period { on: Some(date.clone()), ..Period::default() },
                ..About::default()
            },
            ..ReportArgs::default()
        };
        let made = report::make(&args, self.global, self.config, self.now)?;
        let file = self.keep(&made.report)?;
        let told = match post {
            Some(post) => self.mail(&made.report, &date, post)?,
            None => String::new(),
        };
        let kept = self.archive.join(&file);
        let done = format!("{date}: {}; {}{told}", render::headline(&made.report), kept.display());
        self.write_down(&made.report, &date, file)?;
        self.say(&done);
        Ok((!made.run.complete).then_some(Exit::Incomplete))
    }

    /// Keeps the report's page; its name.
    fn keep(&self, report: &Report) -> Result<String> {
        let assets = super::assets(self.global, self.config);
        let options = Options { assets: &assets, width: 80, color: false, section: None };
        let html =
            render::by_name("html").ok_or_else(|| Error::new(Exit::Internal, "there is no format `html`"))?;
        let name = format!("{}.html", file_name(report));
        match (html.render)(report, &options)? {
            Rendered::One(bytes) => deliver::record(&self.archive.join(&name), &bytes)?,
            Rendered::Folder(files) => deliver::folder(&self.archive.join(&name), &files)?,
        }
        Ok(name)
    }

    /// Mails a night's report where that is wanted; what is told of it.
    fn mail(&self, report: &Report, date: &str, post: &Post<'_>) -> Result<String> {
        let why_not = post.why_not(self.args.when.map(send::when), report);
        if why_not.is_none() {
            self.put(report, date, post)?;
        }
        post.remember(report)?;
        let to = || post.to().iter().map(|to| to.address().to_string()).collect::<Vec<_>>().join(", ");
        Ok(why_not.map_or_else(|| format!("; mail to {}", to()), |why| format!("; no mail, since {why}")))
    }

    /// Puts the night's mail into the spool, under the night's name: a night that is made again is not sent again.
    fn put(&self, report: &Report, date: &str, post: &Post<'_>) -> Result<()> {
        let assets = super::assets(self.global, self.config);
        let options = Options { assets: &assets, width: 80, color: false, section: None };
        let message = Mail::new(post.letter(report)).message(report, &options)?;
        let scope = self.config.commands.report.domain.join("\n");
        let key = format!("night-{}-{}-{date}", post::safe_name(&self.report), post::short_hash(&scope));
        post.put(&key, &message.id, &message.bytes)
    }

    fn write_down(&self, report: &Report, date: &str, file: String) -> Result<()> {
        let night = Night {
            date: date.to_owned(),
            verdict: report.verdict().word().to_owned(),
            headline: render::headline(report),
            delivered: render::delivered(report),
            file,
        };
        let json =
            serde_json::to_vec(&night).map_err(|e| Error::new(Exit::Internal, "a night makes no JSON").why(e))?;
        deliver::record(&self.ledger().join(format!("{date}.json")), &json)
    }

    /// Says what was done, to who types it or to the journal.
    fn say(&self, done: &str) {
        super::teller(self.global)(done);
    }

    /// The nights that were reported on, the oldest first.
    fn days(&self) -> Vec<calendar::Day> {
        days(&self.ledger())
    }

    /// Removes reports that are older than what is kept, but never the last night's: from there the next goes on.
    fn forget(&self) {
        let Some(keep) = self.config.nightly.keep else { return };
        let oldest = self.zone.civil(self.now.saturating_sub(keep)).div_euclid(DAY);
        let days = self.days();
        let old = days.split_last().map_or(&[][..], |(_, old)| old);
        for day in old.iter().filter(|day| day.day < oldest) {
            let _ = fs::remove_file(self.archive.join(&day.file));
            let _ = fs::remove_file(self.ledger().join(format!("{}.json", date_text(day.day))));
        }
    }

    /// Mails that the run failed, once a day for each failure; past the spool where that is what failed.
    fn tell_of_failure(&self, error: &Error, post: &Post<'_>) {
        let today = self.zone.date_text(self.now);
        let told = error.render(false);
        let hash = post::short_hash(&told);
        let host = post::host_name();
        let key = format!("failure-{}-{today}-{hash}", post::safe_name(&self.report));
        let letter = PlainLetter {
            from: post.from(),
            to: post.to(),
            date: self.now,
            id: format!("<{key}@{}>", post.from().domain().trim_matches(['[', ']'])),
            subject: format!("[mailtrail] {host} {today}: the night's run failed"),
            text: format!(
                "The night's run of mailtrail on {host} failed:\n\n{told}\n\nThe report is made up for by the next run \
                 that succeeds. By hand: mailtrail nightly\n"
            ),
        };
        let message = match plain(&letter) {
            Ok(message) => message,
            Err(error) => return super::say(error),
        };
        if post.put(&key, &letter.id, &message).is_err() {
            post.hand_over(&message);
        }
    }
}

/// The nights that are written down in a folder, the oldest first.
fn days(ledger: &Path) -> Vec<calendar::Day> {
    let mut days: Vec<calendar::Day> = files(ledger).iter().filter_map(|path| day(path)).collect();
    days.sort_by_key(|day| day.day);
    days
}

fn day(path: &Path) -> Option<calendar::Day> {
    let night: Night = serde_json::from_slice(&own::bytes(path, own::RECORD).ok()?).ok()?;
    let mut parts = night.date.splitn(3, '-');
    let (year, month, number) = (parts.next()?, parts.next()?, parts.next()?);
    Some(calendar::Day {
        day: civil_day(year.parse().ok()?, month.parse().ok()?, number.parse().ok()?)?,
        verdict: State::of(&night.verdict)?,
        headline: night.headline,
        delivered: night.delivered,
        file: night.file,
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    found.sort();
    found
}

fn date_text(day: i64) -> String {
    let (year, month, day) = civil_date(day);
    format!("{year:04}-{month:02}-{day:02}")
}
