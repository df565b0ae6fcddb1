//! The host of lines that name none: it is told by where their log lies.

use super::find::{WILD, is_pattern};
use glob::{MatchOptions, Pattern};
use std::fs;
use std::path::{Component, Path, PathBuf, absolute};

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
    Patterns(Vec<Pattern>),
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
        let depth = absolute(path).unwrap_or_else(|_| path.to_owned()).components().count();
        let is_name = !is_pattern(path);
        let what = if is_name { What::Path(names(path)) } else { What::Patterns(patterns(path)) };
        Self { what, rank: (depth, is_name), host: host.to_owned() }
    }

    fn holds(&self, log: &Path) -> bool {
        log.ancestors().any(|path| match &self.what {
            What::Path(names) => names.iter().any(|name| name == path),
            What::Patterns(patterns) => patterns.iter().any(|pattern| pattern.matches_path_with(path, WALKED)),
        })
    }
}

/// The path from the root on, as it is named and where its links lead.
fn names(path: &Path) -> Vec<PathBuf> {
    absolute(path).into_iter().chain(fs::canonicalize(path)).collect()
}

/// A pattern from the root on. The folders before its first part that is one are names: where they lead to counts, and a
/// bracket of theirs stands for itself.
fn patterns(path: &Path) -> Vec<Pattern> {
    let parts: Vec<Component<'_>> = path.components().collect();
    let first = parts.iter().position(|part| part.as_os_str().to_string_lossy().contains(WILD));
    let (folder, rest) = parts.split_at(first.unwrap_or(parts.len()));
    let folder = Path::new(".").join(folder.iter().collect::<PathBuf>());
    let rest = rest.iter().collect::<PathBuf>();
    let whole = |folder: PathBuf| Path::new(&Pattern::escape(&folder.to_string_lossy())).join(&rest);
    names(&folder).into_iter().filter_map(|folder| Pattern::new(&whole(folder).to_string_lossy()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_holds_what_lies_behind_links_and_in_folders_with_brackets() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("[a]/logs");
        fs::create_dir_all(&inner).expect("a folder");
        std::os::unix::fs::symlink(&inner, folder.path().join("link")).expect("a link");
        let paths = [folder.path().join("link/*.log")];
        let hosts = Hosts::new([(&[][..], Some("central")), (&paths, Some("mx1"))]);
        assert_eq!(
            [inner.join("mail.log"), folder.path().join("link/a.log")].map(|log| hosts.of(&log).to_owned()),
            ["mx1"; 2]
        );
        assert_eq!(hosts.of(&inner.join("mail.txt")), "central");
    }

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
