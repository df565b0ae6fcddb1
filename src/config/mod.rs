//! The configuration: what can be set, where it is looked for, and what is wrong with it.
//!
//! Comes in: TOML files. Goes out: settings, each with its place, so that whoever finds one to be wrong can point at
//! it. Which metrics, rules and formats there are is not known here.

mod calendar;
mod commands;
mod comparison;
mod entries;
pub mod mail;
mod nightly;
mod show;
mod table;
#[cfg(test)]
pub(crate) mod tests;

pub use calendar::{DAY_MINUTES, Date, Entry, entry as calendar_entry};
pub use commands::{Commands, ReportDefaults, Times, Wish, Written};
pub use comparison::{Comparison, Operator, Quantity, Wrong, comparison, figure, quantity};
#[cfg(feature = "sql")]
pub(crate) use entries::points_at;
pub use entries::{Anomaly, Input, Schedule, Threshold, texts};
pub use nightly::Nightly;
pub use show::{line as show_line, quoted};
pub use table::{File, Places, Spot, Spotted, Value};

use crate::error::{Error, Exit, Result};
use crate::own;
use crate::time::Zone;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use table::{Table, later};
use toml::de::DeTable;

/// The configuration of the machine: this folder's `mailtrail.toml`, then its `conf.d/*.toml`.
const MACHINE: &str = "/etc/mailtrail";

/// A configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The files that it was read from, in their order.
    pub files: Vec<PathBuf>,
    /// The zone of stamps that name none, and of days and hours in reports.
    pub timezone: Option<String>,
    /// The year in which logs without years end.
    pub year: Option<i32>,
    /// The folder in which facts are kept from run to run.
    pub store: Option<PathBuf>,
    /// Threads for parsing.
    pub jobs: Option<usize>,
    /// The logs.
    pub inputs: Vec<Input>,
    /// Folders of own grammars, sections, reports and templates.
    pub libraries: Vec<PathBuf>,
    /// What commands are to do where the command line does not say.
    pub commands: Commands,
    /// Times by name.
    pub schedules: BTreeMap<String, Schedule>,
    /// Limits of metrics, the later ones going before the earlier ones of the same subject.
    pub thresholds: Vec<Threshold>,
    /// How reports are mailed.
    pub mail: mail::Mail,
    /// What a night's run keeps.
    pub nightly: Nightly,
    /// The folder of what is kept between runs.
    pub state: Option<PathBuf>,
    /// Rules and what is set for them, in the order in which they were read.
    pub anomalies: Vec<Anomaly>,
    /// Where each single setting stands: `report.format`.
    spots: BTreeMap<String, Spot>,
}

impl Config {
    /// Reads the configuration that the command line names, else that of the machine or the user, else none.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or is wrong.
    pub fn load(named: Option<&Path>) -> Result<Self> {
        match named {
            Some(path) => Self::read(&[path.to_owned()]),
            None => Self::read(&found(Path::new(MACHINE), user_folder("XDG_CONFIG_HOME", ".config").as_deref())),
        }
    }

    /// Reads these files, the later ones going before the earlier ones.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or is wrong.
    pub fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut config = Self::default();
        for path in paths {
            let text = own::text(path, own::CONFIGURATION).map_err(|e| unreadable(path, &e))?;
            config.add(path.display().to_string(), text)?;
            config.files.push(path.clone());
        }
        config.check()?;
        Ok(config)
    }

    /// All paths of all inputs.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.inputs.iter().flat_map(|input| input.paths.iter().cloned()).collect()
    }

    /// An error about a single setting, with its place where it stands in a file.
    pub fn at(&self, key: &str, error: Error) -> Error {
        match self.spot(key) {
            Some(spot) => spot.about(error),
            None => error,
        }
    }

    /// The place of a single setting, such as `report.format`, for who finds that its value cannot be used.
    pub fn spot(&self, key: &str) -> Option<&Spot> {
        self.spots.get(key)
    }

    fn add(&mut self, name: String, text: String) -> Result<()> {
        let file = Arc::new(File { name, text, built_in: false });
        let content = parse(&file)?;
        self.remember(&file, &content);
        let mut root = Table::root(&file, &content);
        later(root.text("timezone")?, &mut self.timezone);
        later(root.path("store")?, &mut self.store);
        later(root.integer_in("year", 1970..=2199)?, &mut self.year);
        later(root.integer_in("jobs", 1..=256)?, &mut self.jobs);
        for table in root.tables("inputs", "[[inputs]]")? {
            self.inputs.push(Input::read(table)?);
        }
        let libraries = root.texts("libraries")?;
        self.libraries.extend(libraries.iter().map(library).collect::<Result<Vec<_>>>()?);
        self.commands.read(&mut root)?;
        if let Some(table) = root.table("mail", "[mail]")? {
            self.mail.read(table)?;
        }
        if let Some(table) = root.table("nightly", "[nightly]")? {
            self.nightly.read(table)?;
        }
        later(root.path("state")?, &mut self.state);
        if let Some(table) = root.table("schedules", "[schedules]")? {
            let read = entries::schedules(table)?.into_iter();
            self.schedules.extend(read.map(|s| (s.name.clone(), s)));
        }
        for table in root.tables("thresholds", "[[thresholds]]")? {
            replace(&mut self.thresholds, Threshold::read(table)?);
        }
        for table in root.tables("anomalies", "[[anomalies]]")? {
            self.anomalies.push(Anomaly::read(table)?);
        }
        root.end()
    }

    /// Remembers where the settings stand that are single values.
    fn remember(&mut self, file: &Arc<File>, content: &DeTable<'_>) {
        use toml::de::DeValue;
        for (key, value) in content {
            match value.get_ref() {
                DeValue::Table(table) => {
                    let inner = table.iter().map(|(k, v)| (format!("{}.{}", key.get_ref(), k.get_ref()), v));
                    let spots = inner.map(|(path, value)| (path, Spot::new(file, value.span())));
                    self.spots.extend(spots);
                }
                DeValue::Array(list) if list.iter().any(|entry| entry.get_ref().is_table()) => {}
                _ => {
                    let spot = Spot::new(file, value.span());
                    self.spots.insert(key.get_ref().clone().into_owned(), spot);
                }
            }
        }
    }

    /// What can only be checked once all is read: names of zones and schedules.
    fn check(&self) -> Result<()> {
        if let (Some(name), Some(spot)) = (&self.timezone, self.spot("timezone"))
            && Zone::named(name).is_err()
        {
            return Err(spot
                .error(format!("there is no time zone `{name}`"))
                .help("use a name such as `Europe/Berlin` or `UTC`"));
        }
        for threshold in &self.thresholds {
            let names = threshold.during.iter().chain(&threshold.during_critical);
            let mut unknown = names.filter(|(name, _)| !self.schedules.contains_key(&name.value));
            if let Some((name, _)) = unknown.next() {
                return Err(self.unknown_schedule(name));
            }
        }
        Ok(())
    }

    fn unknown_schedule(&self, name: &Spotted<String>) -> Error {
        let error = name.spot.error(format!("there is no schedule `{}`", name.value));
        if self.schedules.is_empty() {
            return error
                .help("name times in a table `[schedules]`, such as `business = \"Mon..Fri 08:00-18:00\"`");
        }
        error.instead(&name.value, "schedules", self.schedules.keys().map(String::as_str))
    }
}

/// A folder of own grammars and the like. One that is not there would be passed over, with all that it is to hold.
fn library(path: &Spotted<String>) -> Result<PathBuf> {
    let folder = PathBuf::from(&path.value);
    if folder.is_dir() {
        return Ok(folder);
    }
    let error = path.spot.error(format!("{} is no folder", folder.display()));
    Err(error.help("`libraries` names folders that hold `grammars/` or `report-templates/`"))
}

/// Adds a threshold in the place of one of the same subject. Its limits are its own; the words stay that it does not set.
pub fn replace(thresholds: &mut Vec<Threshold>, threshold: Threshold) {
    match thresholds.iter_mut().find(|t| t.subject() == threshold.subject()) {
        Some(old) => *old = threshold.with_words_of(old),
        None => thresholds.push(threshold),
    }
}

/// The thresholds that came with the program or a library.
///
/// # Errors
///
/// Where they are wrong.
pub fn thresholds(name: &str, text: &str, built_in: bool) -> Result<Vec<Threshold>> {
    let file = Arc::new(File { name: name.to_owned(), text: text.to_owned(), built_in });
    let content = parse(&file)?;
    let mut root = Table::root(&file, &content);
    let tables = root.tables("thresholds", "[[thresholds]]")?;
    let thresholds = tables.into_iter().map(Threshold::read).collect::<Result<_>>()?;
    root.end()?;
    Ok(thresholds)
}

fn parse(file: &File) -> Result<DeTable<'_>> {
    let parsed = DeTable::parse(&file.text).map_err(|e| {
        Error::new(Exit::Config, "this is not TOML that can be read").why(e.message()).at(
            file.name.clone(),
            file.text.clone(),
            e.span().unwrap_or(0..0),
        )
    })?;
    Ok(parsed.into_inner())
}

/// The files that there are: the machine's, else the user's.
fn found(machine: &Path, user: Option<&Path>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Some(machine.join("mailtrail.toml")).into_iter().collect();
    let more = fs::read_dir(machine.join("conf.d")).into_iter().flatten().flatten();
    let mut more: Vec<PathBuf> = more
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    more.sort();
    files.append(&mut more);
    files.retain(|path| path.exists());
    if files.is_empty() {
        files.extend(user.map(|folder| folder.join("mailtrail.toml")));
        files.retain(|path| path.exists());
    }
    files
}

/// Our folder below one of a plain user's: below the one that a variable of the XDG Base Directory Specification names, else
/// below this place in the home folder.
pub fn user_folder(variable: &str, place: &str) -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set(variable).or_else(|| set("HOME").map(|home| home.join(place)));
    base.map(|base| base.join("mailtrail"))
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    own::told(Error::new(Exit::Config, format!("the configuration {} cannot be read", path.display())), error)
}
