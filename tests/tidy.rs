//! The house in order: who may import whom, what stands where, and that nothing written is without use.

use crate::support::{project, skip};
use clap::Parser as _;
use mailtrail::cli::Cli;
use std::fs;
use std::path::{Path, PathBuf};

/// What the narrow rooms may know. All others may know whatever stands above them in `lib.rs`.
const NARROW: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("find", &[]),
    ("error", &["text"]),
    ("time", &["error", "text"]),
    ("units", &[]),
    ("address", &["text"]),
    ("own", &["error"]),
    ("assets", &["error", "own"]),
    ("report", &["text", "time"]),
    ("frame", &["find", "time", "text"]),
    ("event", &["find", "text", "time"]),
    ("input", &["error", "own", "text", "time", "frame"]),
    ("grammar", &["error", "find", "text", "time", "assets", "report", "frame", "event", "input"]),
    ("headers", &["text", "time", "input"]),
    ("correlate", &["text", "time", "frame", "event", "grammar", "facts"]),
    ("facts", &["error", "own", "text", "time", "event"]),
    (
        "store",
        &["error", "own", "text", "time", "input", "correlate", "event", "grammar", "facts", "report", "run"],
    ),
    ("sections", &["error", "text", "time", "assets", "report", "facts"]),
    ("evidence", &["text", "input"]),
    ("trace", &["error", "text", "time", "input", "report", "facts", "evidence", "sections"]),
    ("render", &["error", "text", "time", "units", "address", "assets", "report", "headers"]),
    ("deliver", &["error", "own", "text", "time", "address"]),
    ("cli", &["time", "render"]),
];

/// Where the columnar engine may be known.
const ENGINE: &[&str] = &["src/facts/", "src/store/", "src/sections/"];

/// What must hold, whatever is written into a log or sent by a server (`t`), happens to files and the machine (`f`), or
/// is read (`l`): the name with which its tests begin, and what it is about.
#[rustfmt::skip]
const PROMISES: &[(&str, &str)] = &[
    ("t1", "phrases in free fields"), ("t2", "line ends in fields"), ("t3", "who writes a line"),
    ("t4", "directions and look-alikes"), ("t5", "encodings"), ("t6", "terminals"), ("t7", "spreadsheets"), ("t8", "markup"),
    ("t9", "templates"), ("t10", "text in SQL"), ("t11", "SQL that reaches out"), ("t12", "mail"), ("t13", "megabytes"),
    ("t14", "many names"), ("t15", "keys that collide"), ("t16", "compression bombs"), ("t17", "expressions"),
    ("t18", "links"), ("t19", "permissions"), ("t20", "secrets"), ("t21", "names in paths and commands"),
    ("t22", "bad servers"), ("t23", "TLS"), ("t24", "headers"), ("t25", "scope"),
    ("f1", "rename and create"), ("f2", "names of rotated files"), ("f3", "copy and truncate"),
    ("f4", "compressed between runs"), ("f5", "inodes used again"), ("f6", "the same by two names"),
    ("f7", "growing while read"), ("f8", "cut short while read"), ("f9", "half a last line"), ("f10", "blocks of NULs"),
    ("f11", "a missing piece"), ("f12", "lines out of order"), ("f13", "clocks that jump"), ("f14", "clocks that go back"),
    ("f15", "years"), ("f16", "leap seconds"), ("f17", "two hosts in a file"), ("f18", "a host with a new name"),
    ("f19", "repeated lines"), ("f20", "lines that were lost"), ("f21", "a full disk"), ("f22", "calls that fail"),
    ("f23", "a crash"), ("f24", "two runs at once"), ("f25", "what cannot be read"), ("f26", "no memory"),
    ("f27", "broken compression"), ("f28", "a broken store"), ("f29", "closed and full outputs"), ("f30", "signals"),
    ("l1", "chunks"), ("l2", "threads and names"), ("l3", "concatenation"), ("l4", "given twice"), ("l5", "equal lines"),
    ("l6", "compressed"), ("l7", "framings"), ("l8", "every line"), ("l9", "every byte"), ("l10", "any input"),
    ("l11", "free fields"), ("l12", "permutation"), ("l13", "moved by days"), ("l14", "zones"), ("l15", "more lines"),
    ("l16", "pieces"), ("l17", "crashes"), ("l18", "rotation"), ("l19", "encoders"), ("l20", "sums"), ("l21", "fates"),
    ("l22", "input and flags alone"), ("l23", "thresholds"), ("l24", "schedules"), ("l25", "periods"), ("l26", "domains"),
    ("l27", "forgetting"), ("l28", "a second engine"),
];

/// Promises that no test proves yet. One leaves this list when its test comes, and never comes back.
#[rustfmt::skip]
const OPEN: &[&str] = &[];

/// Names of products, which belong into grammars.
const PRODUCTS: &[&str] = &["postfix", "dovecot", "openldap", "slapd", "exim", "sendmail", "cyrus", "courier"];

/// Where `sendmail` may be named: there it is no product, but the command by which every mail server takes mail.
const COMMAND: &[&str] = &["src/deliver/", "src/config/mail.rs", "src/commands/post.rs", "src/commands/init.rs"];

/// Words that say that something is not finished.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "FIXME", "XXX", "HACK"];

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&project(folder), ending, &mut found);
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(project("")).unwrap_or(path).to_string_lossy().into_owned()
}

/// A line of code with its number; comments and tests are left out.
fn code(path: &Path) -> Vec<(usize, String)> {
    let of_tests = ["tests.rs", "fixture.rs"].contains(&&*path.file_name().expect("a name").to_string_lossy());
    let text = fs::read_to_string(path).expect("the file is read");
    let end = text
        .lines()
        .position(|line| line == "#[cfg(test)]")
        .filter(|at| text.lines().nth(at + 1).is_some_and(|next| next.starts_with("mod tests")));
    let lines = text.lines().enumerate().take(if of_tests { 0 } else { end.unwrap_or(usize::MAX) });
    let code = lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default().to_owned()));
    code.filter(|(_, line)| !line.trim().is_empty()).collect()
}

/// The modules in the order of `lib.rs`.
fn order() -> Vec<String> {
    let text = fs::read_to_string(project("src/lib.rs")).expect("lib.rs is read");
    let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    modules.map(str::to_owned).collect()
}

fn complain(what: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{what}:\n{}", complaints.join("\n"));
}

/// The modules that a path names behind `crate::`, several in braces.
fn modules(path: &str) -> impl Iterator<Item = &str> {
    let inner = path.strip_prefix('{').map_or(path, |inner| inner.split('}').next().unwrap_or_default());
    let several = if path.starts_with('{') { inner } else { inner.split(',').next().unwrap_or_default() };
    several.split(',').filter_map(|one| one.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[test]
fn a_room_knows_only_those_above_it() {
    let order = order();
    let place = |module: &str| order.iter().position(|name| name == module);
    let mut complaints = Vec::new();
    for path in files("src", ".rs") {
        let name = name(&path);
        let module = name.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some(own) = place(&module) else { continue };
        let narrow = NARROW.iter().find(|(name, _)| *name == module).map(|(_, known)| *known);
        for (line, text) in code(&path) {
            for other in text.split("crate::").skip(1).flat_map(modules) {
                let Some(at) = place(other) else { continue };
                let allowed = narrow.is_none_or(|known| known.contains(&other));
                // Facts are made by correlation: it alone looks down, to their definition.
                let looks_down = at > own && (module.as_str(), other) != ("correlate", "facts");
                if at != own && (looks_down || !allowed) {
                    complaints.push(format!("{name}:{line}: `{module}` may not know `{other}`"));
                }
            }
        }
    }
    complain("imports against the flow", &complaints);
}

#[test]
fn no_product_is_named_in_the_source() {
    let mut complaints = Vec::new();
    for path in files("src", ".rs") {
        for (line, text) in code(&path) {
            let text = text.to_lowercase();
            let is_command = |product: &str| {
                product == "sendmail" && COMMAND.iter().any(|place| name(&path).starts_with(place))
            };
            if let Some(product) = PRODUCTS.iter().find(|product| text.contains(*product) && !is_command(product))
            {
                complaints.push(format!("{}:{line}: names `{product}`", name(&path)));
            }
        }
    }
    complain("products belong into grammars", &complaints);
}

#[test]
fn unsafe_code_and_the_engine_stay_where_they_belong() {
    let mut complaints = Vec::new();
    for path in files("src", ".rs") {
        let name = name(&path);
        for (line, text) in code(&path) {
            if text.contains("unsafe ") && name != "src/input/map.rs" {
                complaints.push(format!("{name}:{line}: `unsafe` belongs into src/input/map.rs"));
            }
            if text.contains("polars") && !ENGINE.iter().any(|place| name.starts_with(place)) {
                complaints.push(format!("{name}:{line}: the engine is known in {}", ENGINE.join(", ")));
            }
            if UNFINISHED.iter().any(|word| text.contains(word)) {
                complaints.push(format!("{name}:{line}: is not finished: {}", text.trim()));
            }
        }
    }
    complain("what stands in the wrong place", &complaints);
}

#[test]
fn files_and_functions_stay_small() {
    let mut complaints = Vec::new();
    for path in files("src", ".rs").into_iter().chain(files("tests", ".rs")) {
        let text = fs::read_to_string(&path).expect("the file is read");
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() >= 800 {
            complaints.push(format!("{}: {} lines", name(&path), lines.len()));
        }
        for (at, line) in lines.iter().enumerate() {
            let indent = &line[..line.len() - line.trim_start().len()];
            let is_function = line.trim_start().split('(').next().is_some_and(|head| {
                head.split(' ').any(|word| word == "fn") && !head.trim_start().starts_with(['/', '"', '*'])
            });
            let end = format!("{indent}}}");
            let len = lines[at..].iter().position(|line| *line == end);
            let has_body = !line.ends_with(';');
            if let Some(len) = len.filter(|len| is_function && has_body && *len >= 100) {
                complaints.push(format!("{}:{}: a function of {} lines", name(&path), at + 1, len + 1));
            }
        }
    }
    complain("too long", &complaints);
}

#[test]
fn every_path_that_a_comment_names_exists() {
    let roots =
        ["src/", "grammars/", "report-templates/", "docs/", "tests/", "sample-logs/", "scripts/", "benches/"];
    let mut complaints = Vec::new();
    for path in files("src", ".rs").into_iter().chain(files("tests", ".rs")).chain([project("build.rs")]) {
        let text = fs::read_to_string(&path).expect("the file is read");
        for (at, line) in text.lines().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("//") else { continue };
            for word in comment.split(|c: char| c.is_whitespace() || "`(),;".contains(c)) {
                let word = word.trim_end_matches(['.', ':']);
                let is_path = !word.contains(".c")
                    && roots.iter().any(|root| word.starts_with(root))
                    && !word.contains(['<', '*', '{']);
                if is_path && !project(word).exists() {
                    complaints.push(format!("{}:{}: {word} is not there", name(&path), at + 1));
                }
            }
        }
    }
    complain("comments that point nowhere", &complaints);
}

#[test]
fn every_golden_is_used() {
    let tests: String = files("tests", ".rs").iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let mut complaints = Vec::new();
    for path in files("tests/golden", "") {
        let name = name(&path).trim_start_matches("tests/golden/").to_owned();
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let (folder, own) = stem.rsplit_once('/').unwrap_or_default();
        let is_of_table =
            || tests.contains(&format!("\"{folder}/{{name}}")) && tests.contains(&format!("\"{own}\""));
        if !tests.contains(&format!("\"{name}\"")) && !tests.contains(&format!("\"{stem}.{{")) && !is_of_table() {
            complaints.push(name);
        }
    }
    complain("goldens without a test", &complaints);
}

#[test]
fn every_command_of_the_readme_and_the_docs_can_be_typed() {
    if !project("README.md").exists() {
        skip("tidy", "README.md is not there");
    }
    let mut complaints = Vec::new();
    let pages = ["README.md", "ARCHITECTURE.md"].map(project).into_iter().chain(files("docs", ".md"));
    for path in pages {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut in_block = false;
        for (at, line) in text.lines().enumerate() {
            in_block ^= line.trim_start().starts_with("```");
            let command = line.trim().trim_start_matches("$ ").split(" #").next().unwrap_or_default();
            let is_command = in_block || line.starts_with("    ");
            if !is_command || !command.starts_with("mailtrail ") {
                continue;
            }
            if let Err(error) = Cli::try_parse_from(words(command)).map_err(|e| (e.use_stderr(), e))
                && error.0
            {
                complaints.push(format!("{}:{}: {command}\n{}", name(&path), at + 1, error.1));
            }
        }
    }
    complain("commands that are wrong", &complaints);
}

/// The words of a command up to the first pipe or redirection, quotes taken off.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut open) = (String::new(), None, false);
    for c in command.chars() {
        match (c, quote) {
            ('\'' | '"', None) => (quote, open) = (Some(c), true),
            (c, Some(q)) if c == q => quote = None,
            ('|' | '>' | '<' | ';' | '&', None) => break,
            (' ', None) => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            _ => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

#[test]
fn every_built_in_question_and_report_has_a_title() {
    for path in files("report-templates/sections", ".sql") {
        let text = fs::read_to_string(&path).expect("it is read");
        for key in ["title", "group", "help", "empty"] {
            assert!(text.contains(&format!("-- {key} = ")), "{} has no {key}", name(&path));
        }
    }
    let reports: String =
        files("report-templates/reports", ".toml").iter().filter_map(|p| fs::read_to_string(p).ok()).collect();
    for path in files("report-templates/sections", ".sql") {
        let stem = path.file_stem().expect("a stem").to_string_lossy().into_owned();
        assert!(reports.contains(&format!("\"{stem}\"")), "{stem} is in no report");
    }
}

#[test]
fn every_promise_has_a_test_of_its_name_and_every_such_test_its_promise() {
    let mut tests = Vec::new();
    for path in files("src", ".rs").into_iter().chain(files("tests", ".rs")) {
        let text = fs::read_to_string(&path).expect("it is read");
        let after = text.split("#[test]").skip(1).filter_map(|test| test.trim_start().strip_prefix("fn "));
        tests.extend(after.filter_map(|test| Some(test.split_once('_')?.0.to_owned())));
    }
    let is_number = |name: &str| name.len() > 1 && name[1..].bytes().all(|b| b.is_ascii_digit());
    let named: Vec<&String> =
        tests.iter().filter(|name| name.starts_with(['t', 'f', 'l']) && is_number(name)).collect();
    let is_tested = |name: &str| named.iter().any(|test| *test == name);
    let missing = PROMISES.iter().filter(|(name, _)| !is_tested(name) && !OPEN.contains(name));
    let kept = PROMISES.iter().filter(|(name, _)| is_tested(name) && OPEN.contains(name));
    let unknown = named.iter().filter(|test| !PROMISES.iter().any(|(name, _)| name == **test));
    let complaints: Vec<String> = missing
        .map(|(name, about)| format!("no test begins with {name}_: {about}"))
        .chain(kept.map(|(name, _)| format!("{name} is tested: take it off OPEN")))
        .chain(unknown.map(|name| format!("tests begin with {name}_, and PROMISES does not say what that is")))
        .collect();
    complain("promises and tests", &complaints);
}
