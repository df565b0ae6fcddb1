//! `mailtrail init`: looks at the machine, says what it found, and proposes a configuration.
//!
//! Which systems wrote a file is told by trying the grammars on its end. Where files usually lie, and what cannot be
//! read yet, stands in `report-templates/init/places.toml`, not here.

mod journal;
mod look;
mod service;

pub(super) use journal::missing_step;

use super::{Outcome, post, print, report, say};
use crate::address::Mailbox;
use crate::assets::Assets;
use crate::cli::{Global, Init as Args, Report as ReportArgs};
use crate::config::{Config, quoted};
use crate::deliver;
use crate::error::{Error, Exit, Result};
use crate::grammar::Grammars;
use crate::own;
use crate::render::{self, Options, Rendered};
use crate::text::shown;
use crate::time::Zone;
use journal::{JOURNAL, JOURNALCTL};
use look::{Found, below, look};
use serde::Deserialize;
use service::{RunsAs, Service};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

/// Where logs usually lie.
const PLACES: &str = "report-templates/init/places.toml";

/// Where the configuration of the machine stands.
const CONFIGURATION: &str = "etc/mailtrail/mailtrail.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    #[serde(rename = "places")]
    logs: Vec<Place>,
    unread: Vec<Unread>,
    journal: Journal,
    service: RunsAs,
    /// Grammars that are no sign of a mail system.
    not_mail: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    path: String,
    #[serde(default)]
    fallback: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unread {
    name: String,
    paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    paths: Vec<String>,
}

pub(super) fn run(args: &Args, global: &Global, config: &Config) -> Outcome {
    is_folder(&args.root)?;
    let assets = super::assets(global, config);
    let places = places(&assets)?;
    let grammars = Grammars::load(&assets)?;
    let found: Vec<Found> =
        places.logs.iter().filter_map(|place| look(place, &args.root, &grammars, &places.not_mail)).collect();
    let chosen = chosen(&places, &found);
    let zone = zone(&args.root, global, config)?;
    tell(&places, &found, &zone, args);
    tell_of_service(&places, &chosen, &args.root);
    if chosen.is_empty() && !has_journal(&places, &args.root) {
        return Err(nothing(&places, &found, args));
    }
    let text = proposal(&chosen, &found, &zone, args, global)?;
    if chosen.is_empty() {
        say(format_args!("not done yet: {}", journal::step()));
    }
    if args.write {
        let path = global.config.clone().unwrap_or_else(|| args.root.join(CONFIGURATION));
        write(&text, &path)?;
        first_report(&chosen, global, &zone)
    } else {
        print(text.as_bytes())?;
        Ok(None)
    }
}

/// Refuses to look where no file system can be: there is nothing, which would be told as a machine without mail.
fn is_folder(root: &Path) -> Result<()> {
    let error = Error::new(Exit::Usage, format!("{} is no folder", root.display()))
        .help("`--root` names the folder of a whole file system, in which there are `etc` and `var`");
    match fs::metadata(root) {
        Ok(there) if there.is_dir() => Ok(()),
        Ok(_) => Err(error),
        Err(e) => Err(error.why(e)),
    }
}

fn places(assets: &Assets) -> Result<Places> {
    let missing = || Error::new(Exit::Config, format!("`{PLACES}` is missing"));
    let asset = assets.get(PLACES)?.ok_or_else(missing)?;
    toml::from_str(&asset.text).map_err(|e| {
        Error::new(Exit::Config, "the places cannot be read").why(e.message()).at(
            asset.origin,
            asset.text.to_string(),
            e.span().unwrap_or(0..0),
        )
    })
}

/// The logs to read: those of mail systems, and those that cannot be told yet; the system log only where there are
/// none.
fn chosen<'a>(places: &Places, found: &'a [Found]) -> Vec<&'a Found> {
    let is_fallback = |found: &Found| places.logs.iter().any(|place| place.fallback && place.path == found.path);
    let of = |fallback| -> Vec<&Found> {
        found.iter().filter(|f| is_fallback(f) == fallback && (f.holds_mail() || f.is_unreadable())).collect()
    };
    let own = of(false);
    if own.iter().any(|found| found.holds_mail()) { own } else { of(false).into_iter().chain(of(true)).collect() }
}

/// The zone of the machine that is looked at: where its `/etc/localtime` points.
fn zone(root: &Path, global: &Global, config: &Config) -> Result<Zone> {
    if global.timezone.is_some() || root == Path::new("/") {
        return super::zone(global, config);
    }
    let link = fs::read_link(below(root, "/etc/localtime")).ok();
    let by_link = link.and_then(|link| Some(link.to_str()?.rsplit_once("zoneinfo/")?.1.to_owned()));
    let by_file =
        || own::text(&below(root, "/etc/timezone"), own::MACHINE).ok().map(|text| text.trim().to_owned());
    let Some(name) = by_link.or_else(by_file) else { return Ok(Zone::utc()) };
    Ok(Zone::named(&name).unwrap_or_else(|_| {
        say(format_args!("the machine's time zone `{}` is not known; UTC is taken instead", shown(&name)));
        Zone::utc()
    }))
}

/// Says on standard error what was found.
fn tell(places: &Places, found: &[Found], zone: &Zone, args: &Args) {
    for found in found {
        say(format_args!("{}: {}", found.path, shown(&found.told())));
    }
    for unread in unread(places, args) {
        say(format_args!("{unread}"));
    }
    if has_journal(places, &args.root) {
        say(format_args!("the systemd journal is there; it is read by: {JOURNALCTL} | mailtrail report -"));
    }
    say(format_args!("time zone: {}", zone.name()));
}

/// Says, as root, what the service of the nights could not read: it runs as another user.
fn tell_of_service(places: &Places, chosen: &[&Found], root: &Path) {
    if own::is_root() {
        let service = Service::on(root, &places.service);
        chosen.iter().flat_map(|log| service.kept_out(log)).for_each(|told| say(shown(&told)));
    }
}

/// Systems that are there and cannot be read yet.
fn unread(places: &Places, args: &Args) -> Vec<String> {
    let there = |unread: &&Unread| unread.paths.iter().find(|path| below(&args.root, path).exists()).cloned();
    let told = |unread: &Unread| {
        let path = there(&unread)?;
        Some(format!("{path}: {}, which mailtrail does not read yet", unread.name))
    };
    places.unread.iter().filter_map(told).collect()
}

fn has_journal(places: &Places, root: &Path) -> bool {
    places
        .journal
        .paths
        .iter()
        .any(|path| fs::read_dir(below(root, path)).is_ok_and(|mut dir| dir.next().is_some()))
}

/// A helpful word where there is nothing to read.
fn nothing(places: &Places, found: &[Found], args: &Args) -> Error {
    let error = Error::new(Exit::NoInput, "no log of a mail system was found");
    if let Some(unread) = unread(places, args).first() {
        return error.why(unread).help("a grammar for it could be written: docs/grammars.md");
    }
    let looked: Vec<&str> = places.logs.iter().map(|place| place.path.as_str()).collect();
    let why = if found.is_empty() { "none of the usual files is there" } else { "none of the files holds one" };
    let root = if args.root == Path::new("/") { String::new() } else { format!("below {} ", args.root.display()) };
    error.why(why).help(format!("looked {root}at {}; name others by `mailtrail report PATH`", looked.join(", ")))
}

/// The configuration that fits.
fn proposal(chosen: &[&Found], found: &[Found], zone: &Zone, args: &Args, global: &Global) -> Result<String> {
    let to = args.to.as_deref().map(mailbox).transpose()?;
    let mut out = String::from("# Made by `mailtrail init`. What can stand here: docs/configuration.md.\n\n");
    let _ = writeln!(out, "# The zone of stamps that name none, and of days and hours in reports.");
    let _ = writeln!(out, "timezone = {}\n", quoted(zone.name()));
    out.push_str(&store(global)?);
    if chosen.is_empty() {
        let _ = writeln!(
            out,
            "# There is the systemd journal alone. Let this be written before each run (docs/nightly.md):\n\
             #   {}\n[[inputs]]\npaths = [{}]\n",
            journal::recipe(),
            quoted(JOURNAL)
        );
    }
    for log in chosen {
        let _ = writeln!(out, "# {}", shown(&log.told()));
        let _ = writeln!(
            out,
            "[[inputs]]\npaths = [{}]   # and what was rotated away\n",
            quoted(&format!("{}*", log.path))
        );
    }
    for log in found.iter().filter(|log| !chosen.iter().any(|other| other.path == log.path)) {
        let _ = writeln!(out, "# Not read: {}: {}", log.path, shown(&log.told()));
    }
    let _ = writeln!(
        out,
        "# `mailtrail nightly` mails each day's report. Without `host` the machine's own sendmail takes it."
    );
    let comment = if takes_mail(&args.root) { "" } else { "# " };
    let _ = writeln!(
        out,
        "[mail]\n{comment}host = \"localhost\"                     # by SMTP, as a hardened service needs it"
    );
    let _ = writeln!(out, "# from = {}", quoted(&format!("mailtrail@{}", post::mail_name())));
    match to {
        Some(to) => drop(writeln!(out, "to = [{}]", quoted(&to))),
        None => drop(writeln!(out, "# to   = [\"postmaster@example.org\"]   # without it nothing is mailed")),
    }
    out.push_str("# when = \"warning\"                      # only if there is something to look at\n\n");
    out.push_str(
        "[nightly]\nkeep = \"400 d\"                         # how long the reports of the nights are kept\n",
    );
    Ok(out)
}

/// The store that is asked for. The configuration is read wherever one works, so that its path is whole.
fn store(global: &Global) -> Result<String> {
    let Some(store) = global.store.as_deref().filter(|_| !global.no_store) else { return Ok(String::new()) };
    let refused = || Error::new(Exit::Usage, format!("{} cannot stand in a configuration", store.display()));
    let whole = absolute(store).map_err(|e| refused().why(e))?;
    let path = whole.to_str().ok_or_else(|| refused().why("it is not UTF-8"))?;
    Ok(format!(
        "# Facts are kept here, so that each line of a log is read once (docs/store.md).\nstore = {}\n\n",
        quoted(path)
    ))
}

/// Whether a mail server answers here. Of another root that cannot be told.
fn takes_mail(root: &Path) -> bool {
    let here = SocketAddr::from(([127, 0, 0, 1], 25));
    root == Path::new("/") && TcpStream::connect_timeout(&here, Duration::from_millis(500)).is_ok()
}

fn mailbox(text: &str) -> Result<String> {
    let wrong = |why| Error::new(Exit::Usage, format!("`--to {text}` is no mail address")).why(why);
    Mailbox::parse(text).map(|_| text.to_owned()).map_err(wrong)
}

/// Writes the configuration to its place, unless there is one.
fn write(text: &str, path: &Path) -> Result<()> {
    if path.exists() {
        return Err(Error::new(Exit::CannotWrite, format!("{} is there already", path.display()))
            .help("without `--write` the configuration goes to standard output"));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let made =
            if folder.is_dir() { Ok(()) } else { fs::create_dir_all(folder).and_then(|()| open_to_all(folder)) };
        made.map_err(|e| {
            let error = Error::new(Exit::CannotWrite, format!("{} cannot be made", folder.display()));
            elsewhere(error.why(e))
        })?;
    }
    // The night's service runs as a user of its own. A password never stands in it.
    deliver::public_file(path, text.as_bytes()).map_err(elsewhere)?;
    say(format_args!("written: {}", path.display()));
    Ok(())
}

/// What helps a plain user where the configuration cannot be written.
fn elsewhere(error: Error) -> Error {
    if own::is_root() {
        return error;
    }
    error.help(
        "run it as root, or keep a configuration of your own: `mailtrail init --write --config \
         ~/.config/mailtrail/mailtrail.toml`",
    )
}

/// Lets every user into a folder, whatever the umask of the one who made it.
fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// A first report of the newest logs, on standard output.
fn first_report(chosen: &[&Found], global: &Global, zone: &Zone) -> Outcome {
    if chosen.is_empty() {
        say(format_args!("a first report is made by: {JOURNALCTL} --since yesterday | mailtrail report -"));
        return Ok(None);
    }
    let paths: Vec<PathBuf> =
        chosen.iter().filter(|log| log.holds_mail()).flat_map(|log| log.files.clone()).collect();
    if paths.is_empty() {
        say("none of the logs can be read by this user; a first report must wait");
        return Ok(Some(Exit::Incomplete));
    }
    let mut config = Config::default();
    config.timezone = Some(zone.name().to_owned());
    let args = ReportArgs { paths, ..ReportArgs::default() };
    let made = report::make(&args, global, &config, super::now())?;
    let assets = super::assets(global, &config);
    let color = super::colors(global.color, io::stdout().is_terminal());
    let options = Options { assets: &assets, width: super::width(), color, section: None };
    let text = render::by_name("text").ok_or_else(|| Error::new(Exit::Internal, "there is no format `text`"))?;
    if let Rendered::One(bytes) = (text.render)(&made.report, &options)? {
        print(&bytes)?;
    }
    Ok((!made.run.complete).then_some(Exit::Incomplete))
}
