//! The format of an output: the one that is asked for, or that the output's name tells, or text.

use crate::error::{Error, Exit, Result};
use crate::render::Format;
use std::path::Path;

/// Endings of names of plain text.
const PLAIN: [&str; 4] = ["txt", "text", "log", "out"];

/// Chooses among formats.
///
/// # Errors
///
/// Where there is none of the name that is asked for, or the output's name ends like a format that there is not.
pub(super) fn choose<T, R>(
    formats: &'static [Format<T, R>],
    asked: Option<&str>,
    output: Option<&Path>,
) -> Result<&'static Format<T, R>> {
    let names = || formats.iter().map(|format| format.name);
    let named = |name: &str| {
        let found = formats.iter().find(|format| format.name == name);
        let unknown = || Error::new(Exit::Usage, format!("there is no format `{name}`"));
        found.ok_or_else(|| unknown().instead(name, "formats", names()))
    };
    if let Some(name) = asked {
        return named(name);
    }
    let endings = formats.iter().map(|format| (format.extension, format));
    let told = told(endings, output, names())?;
    told.map_or_else(|| named("text"), Ok)
}

/// The format that an output's name tells by its ending; nothing where it has none, or that of plain text.
///
/// # Errors
///
/// Where it ends like a format that there is not.
pub(super) fn told<F>(
    mut endings: impl Iterator<Item = (&'static str, F)>,
    output: Option<&Path>,
    names: impl Iterator<Item = &'static str>,
) -> Result<Option<F>> {
    let Some(ending) = output.and_then(Path::extension).and_then(|ending| ending.to_str()) else {
        return Ok(None);
    };
    match endings.find(|(of, _)| *of == ending) {
        Some((_, format)) => Ok(Some(format)),
        None if PLAIN.contains(&ending) || output.is_some_and(Path::is_dir) => Ok(None),
        None => Err(Error::new(Exit::Usage, format!("no format is written to a name that ends with `.{ending}`"))
            .help(format!("name one with `--format`: {}", names.collect::<Vec<_>>().join(", ")))),
    }
}
