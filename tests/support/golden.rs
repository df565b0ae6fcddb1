//! Goldens: whole outputs under `tests/golden`, each with its real ending.

use super::project;
use std::fs;

/// Compares bytes with a golden, or writes it anew where `MAILTRAIL_BLESS` is set.
pub fn check(name: &str, actual: &[u8]) {
    let path = project("tests/golden").join(name);
    if std::env::var_os("MAILTRAIL_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        fs::write(&path, actual).expect("the golden is written");
        return;
    }
    let expected = fs::read(&path).unwrap_or_else(|e| panic!("tests/golden/{name}: {e}"));
    same(&format!("tests/golden/{name}"), &expected, actual);
}

/// Two outputs are the same bytes, or the first line where they differ is shown.
pub fn same(what: &str, expected: &[u8], actual: &[u8]) {
    if expected == actual {
        return;
    }
    let (e, a) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(actual));
    let differs = e.lines().zip(a.lines()).position(|(x, y)| x != y);
    let at = differs.unwrap_or_else(|| e.lines().count().min(a.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").chars().take(400).collect::<String>();
    let place = format!("line {} differs\n  expected: {}\n  actual:   {}", at + 1, line(&e), line(&a));
    let all = if a.len() < 4000 { format!("\n--- all of it:\n{a}") } else { String::new() };
    panic!("{what}: {place}{all}");
}
