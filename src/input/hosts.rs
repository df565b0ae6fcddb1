//! The host of lines that name none: it is told by where their log lies.

use super::find::is_pattern;
use glob::{MatchOptions, Pattern};
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// Of which host the lines of a log are that name none.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    places: Vec<Place>,
    /// The host of logs that lie in none of these places.
    elsewhere: String,
}

/// Files, or what lies in a folder.
#[derive(Clone, Debug)]
struct Place {
    what: What,
    /// How narrow it is: how deep it lies, and a name before a pattern.
    rank: (usize, bool),
    host: String,
}

#[derive(Clone, Debug)]
enum What {
    /// A file or a folder, as it is named and where its links lead.
    Path(Vec<PathBuf>),
    Pattern(Pattern),
}

/// As patterns are walked when files are looked for: a `*` stays in its folder.
const WALKED: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

impl Hosts {
    /// From the paths of inputs, each with the host that is given for it. A log that lies elsewhere is of the first host
    /// that is given.
    pub fn new<'a>(inputs: impl IntoIterator<Item = (&'a [PathBuf], Option<&'a str>)>) -> Self {
        let mut hosts = Self::default();
        for (paths, host) in inputs {
            if hosts.elsewhere.is_empty() {
                host.unwrap_or_default().clone_into(&mut hosts.elsewhere);
            }
            hosts.places.extend(paths.iter().map(|path| Place::new(path, host.unwrap_or_default())));
        }
        hosts
    }

    /// The host of a log. Of several places that hold it the narrowest counts, and of equal ones the first.
    pub fn of(&self, log: &Path) -> &str {
        let names = names(log);
        let holding = self.places.iter().rev().filter(|place| names.iter().any(|name| place.holds(name)));
        holding.max_by_key(|place| place.rank).map_or(&self.elsewhere, |place| &place.host)
    }
}

impl Place {
    fn new(path: &Path, host: &str) -> Self {
        let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
        let pattern = if is_pattern(path) { Pattern::new(&whole.to_string_lossy()).ok() } else { None };
        let rank = (whole.components().count(), pattern.is_none());
        let what = pattern.map_or_else(|| What::Path(names(path)), What::Pattern);
        Self { what, rank, host: host.to_owned() }
    }

    fn holds(&self, log: &Path) -> bool {
        log.ancestors().any(|path| match &self.what {
            What::Path(names) => names.iter().any(|name| name == path),
            What::Pattern(pattern) => pattern.matches_path_with(path, WALKED),
        })
    }
}

/// The path from the root on, as it is named and where its links lead.
fn names(path: &Path) -> Vec<PathBuf> {
    absolute(path).into_iter().chain(fs::canonicalize(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_the_host_of_the_narrowest_place_that_holds_it() {
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        let all = [
            (paths(&["/nowhere/log"]), Some("central")),
            (paths(&["/nowhere/log/mx1/*.log*", "/nowhere/spool"]), Some("mx1")),
            (paths(&["/nowhere/log/mx2"]), Some("mx2")),
            (paths(&["/nowhere/log/mx1/own.log", "here.log"]), None),
        ];
        let hosts = Hosts::new(all.iter().map(|(paths, host)| (paths.as_slice(), *host)));
        let of = |log: &str| hosts.of(Path::new(log)).to_owned();
        assert_eq!(["/nowhere/log/a", "/nowhere/log/mx1/a/b.log", "/elsewhere/a"].map(of), ["central"; 3]);
        assert_eq!(["/nowhere/log/mx1/mail.log.2.gz", "/nowhere/spool/a/b"].map(of), ["mx1"; 2]);
        assert_eq!(of("/nowhere/log/mx2/a.log"), "mx2");
        assert_eq!(["/nowhere/log/mx1/own.log", "./here.log"].map(of), [""; 2]);
        assert_eq!(Hosts::default().of(Path::new("-")), "");
    }
}
