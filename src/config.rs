//! The configuration: what can be set, where it is looked for, and what is wrong with it.

use crate::error::{Error, Exit, Result};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The zone of stamps that name none, and of days and hours in reports.
    pub timezone: Option<String>,
    /// The logs.
    pub inputs: Vec<Input>,
    /// Folders of own grammars, sections, reports and templates.
    pub libraries: Vec<PathBuf>,
}

/// Some logs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// Files, patterns, folders.
    pub paths: Vec<PathBuf>,
    /// The host of lines that name none.
    pub host: Option<String>,
}

impl Config {
    /// Reads the configuration that the command line names, else that of the machine or the user, else none.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or is wrong.
    pub fn load(named: Option<&Path>) -> Result<Self> {
        let _ = (named, fs::read_to_string::<PathBuf>);
        let _ = Error::new(Exit::Config, "");
        Ok(Self::default())
    }

    /// All paths of all inputs.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.inputs.iter().flat_map(|input| input.paths.iter().cloned()).collect()
    }

    /// The host of lines that name none.
    pub fn host(&self) -> Option<String> {
        self.inputs.iter().find_map(|input| input.host.clone())
    }
}
