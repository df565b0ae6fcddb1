//! pflogsumm beside us on the same logs: each figure is equal, or `docs/numbers.md` says why not.

use crate::support::program::{Test, WRITTEN, write};
use crate::support::{beside, project, skip};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Figures by name.
type Figures = BTreeMap<String, String>;

#[test]
fn each_figure_of_pflogsumm_is_ours_too_or_is_explained() {
    if Command::new("pflogsumm").arg("--version").output().is_err() {
        return skip("peers", "pflogsumm is not installed");
    }
    let rows = explained();
    let (mut compared, mut wrong, mut used) = (0, Vec::new(), BTreeSet::new());
    let (logs, complete) = logs();
    for (name, log) in &logs {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mail.log");
        write(&path, &fs::read(log).expect("the log is read"), WRITTEN);
        let (ours, theirs) = (ours(&path), theirs(&path));
        for (figure, theirs) in &theirs {
            compared += 1;
            let ours = ours.get(figure).map_or("0", String::as_str);
            if ours == theirs {
                continue;
            }
            match row_for(&rows, name, figure, ours, theirs) {
                Some(row) => drop(used.insert(row)),
                None => wrong.push(format!("| {name} | {figure} | {ours} | {theirs} |")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences that docs/numbers.md does not explain:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared >= 40, "{compared} figures");
    let stale: Vec<&String> = rows.iter().filter(|row| !used.contains(*row)).collect();
    assert!(!complete || stale.is_empty(), "docs/numbers.md explains what is no difference: {stale:#?}");
}

/// The row that explains a difference: the very figures, or, for many of a kind, that ours are more.
fn row_for(rows: &BTreeSet<String>, log: &str, figure: &str, ours: &str, theirs: &str) -> Option<String> {
    let exact = format!("| {log} | {figure} | {ours} | {theirs} |");
    let more = ours.parse::<f64>().ok() > theirs.parse::<f64>().ok();
    let kind = figure.rsplit_once(' ').map_or(figure, |(kind, _)| kind);
    let all = format!("| {log} | {kind} * | more | fewer |");
    [exact].into_iter().chain(more.then_some(all)).find(|row| rows.contains(row))
}

/// The beginnings, up to the reason, of the rows of the table in `docs/numbers.md`.
fn explained() -> BTreeSet<String> {
    let text = fs::read_to_string(project("docs/numbers.md")).expect("docs/numbers.md is read");
    let after = text.split_once("## pflogsumm").expect("the section on pflogsumm").1;
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = after
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(cells)
        .filter(|cells| cells.len() == 7 && !["log", "---"].contains(&cells[1].as_str()));
    rows.filter(|cells| !cells[5].is_empty()).map(|cells| format!("| {} |", cells[1..5].join(" | "))).collect()
}

/// The logs that are compared, by name, and whether all of them are there.
fn logs() -> (Vec<(String, PathBuf)>, bool) {
    let mut logs = Vec::new();
    for folder in ["postfix", "lab"] {
        for entry in fs::read_dir(project("sample-logs").join(folder)).expect("samples").flatten() {
            if entry.path().extension() == Some("log".as_ref()) {
                let stem = entry.path().file_stem().expect("a stem").to_string_lossy().into_owned();
                logs.push((stem, entry.path()));
            }
        }
    }
    logs.sort();
    let large = beside("lab/logs/set-A/mail.log", "peers");
    let complete = large.is_some();
    logs.extend(large.map(|path| ("set-A".to_owned(), path)));
    (logs, complete)
}

/// What pflogsumm says.
fn theirs(log: &Path) -> Figures {
    let output = Command::new("pflogsumm")
        .args(["--no-no-msg-size", "-q", "--detail=0", "-h", "1000000", "-u", "1000000"])
        .arg(log)
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .output()
        .expect("pflogsumm runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut figures = Figures::new();
    let mut section = "";
    for line in text.lines() {
        if !line.starts_with(' ') && !line.is_empty() && !line.starts_with('-') {
            section = line.trim().trim_start_matches("top 1000000 ").trim_end_matches(" (top 1000000)");
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match section {
            "Grand Totals" | "messages" => grand_total(line, &mut figures),
            "Per-Hour Traffic Summary" if words.len() == 6 && words[0].contains("00-") => {
                let hour = words[0].split('-').next().unwrap_or_default()[..2].to_owned();
                for (name, value) in
                    ["received", "delivered", "deferred", "bounced", "rejected"].iter().zip(&words[1..])
                {
                    if *value != "0" {
                        figures.insert(format!("{hour}:00 {name}"), (*value).to_owned());
                    }
                }
            }
            "Host/Domain Summary: Message Delivery" if line.contains(" s ") => {
                if let [sent, _, defers, .., domain] = words.as_slice() {
                    figures.insert(format!("sent to {domain}"), (*sent).to_owned());
                    figures.insert(format!("deferrals of {domain}"), (*defers).to_owned());
                }
            }
            "Senders by message count" => by_count("messages of", &words, &mut figures),
            "Recipients by message count" => by_count("messages to", &words, &mut figures),
            _ => {}
        }
    }
    figures
}

fn by_count(what: &str, words: &[&str], figures: &mut Figures) {
    if let [count, who] = words
        && count.bytes().all(|b| b.is_ascii_digit())
    {
        figures.insert(format!("{what} {}", who.replace('|', "¦")), (*count).to_owned());
    }
}

/// `   1741   received`, `     97   deferred  (304  deferrals)`.
fn grand_total(line: &str, figures: &mut Figures) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((value, name)) = words.split_first() else { return };
    let is_number = value.trim_end_matches(['k', 'm', 'g']).bytes().all(|b| b.is_ascii_digit());
    if !is_number || name.is_empty() {
        return;
    }
    if let Some(at) = name.iter().position(|word| word.starts_with("deferrals")) {
        figures.insert("deferrals".into(), name[at - 1].trim_start_matches('(').to_owned());
    }
    let name: Vec<&str> = name.iter().take_while(|word| !word.starts_with('(')).copied().collect();
    figures.insert(name.join(" "), (*value).to_owned());
}

/// pflogsumm's way to write a size.
fn size(bytes: f64) -> String {
    for (limit, unit, by) in [(500_000_000.0, "m", 1024.0 * 1024.0), (500_000.0, "k", 1024.0)] {
        if bytes > limit {
            return format!("{:.0}{unit}", bytes / by);
        }
    }
    format!("{bytes:.0}")
}

/// Our answers to the same questions.
fn ours(log: &Path) -> Figures {
    let mut figures = Figures::new();
    let new = "origin IN ('smtp', 'submission', 'local')";
    let mut set = |name: &str, value: String| drop(figures.insert(name.to_owned(), value));
    let one = |sql: &str| ask(log, sql).first().map_or(0.0, |row| row[0].parse().unwrap_or(0.0));
    for (name, sql) in [
        ("received", format!("SELECT COUNT(*) AS n FROM messages WHERE {new}")),
        ("delivered", "SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'sent'".into()),
        ("forwarded", "SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'forwarded'".into()),
        ("deferred", "SELECT COUNT(*) AS n FROM messages WHERE deferred > 0".into()),
        ("deferrals", "SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'deferred'".into()),
        ("bounced", "SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'bounced'".into()),
        ("rejected", "SELECT COUNT(*) AS n FROM rejections WHERE permanence <> 'warning'".into()),
        ("reject warnings", "SELECT COUNT(*) AS n FROM rejections WHERE permanence = 'warning'".into()),
        ("held", "SELECT COUNT(*) AS n FROM messages WHERE fate = 'held'".into()),
        ("discarded", "SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'discarded'".into()),
        ("senders", format!("SELECT COUNT(DISTINCT sender) AS n FROM messages WHERE {new} AND sender <> ''")),
        ("sending hosts/domains", format!("SELECT COUNT(DISTINCT sender_domain) AS n FROM messages WHERE {new}")),
        ("recipients", "SELECT COUNT(DISTINCT recipient) AS n FROM deliveries WHERE outcome = 'sent'".into()),
        (
            "recipient hosts/domains",
            "SELECT COUNT(DISTINCT recipient_domain) AS n FROM deliveries WHERE outcome = 'sent'".into(),
        ),
    ] {
        set(name, one(&sql).to_string());
    }
    set("bytes received", size(one(&format!("SELECT SUM(size_bytes) AS n FROM messages WHERE {new}"))));
    set("bytes delivered", size(one("SELECT SUM(size_bytes) AS n FROM deliveries WHERE outcome = 'sent'")));
    for (name, sql) in [
        ("received", format!("SELECT hour, COUNT(*) AS n FROM messages WHERE {new} GROUP BY hour ORDER BY hour")),
        ("delivered", by_hour("deliveries", "outcome = 'sent'")),
        ("deferred", by_hour("deliveries", "outcome = 'deferred'")),
        ("bounced", by_hour("deliveries", "outcome = 'bounced'")),
        ("rejected", by_hour("rejections", "permanence <> 'warning'")),
    ] {
        let mut hours: BTreeMap<String, u64> = BTreeMap::new();
        for row in ask(log, &sql) {
            *hours.entry(row[0][11..13].to_owned()).or_default() += row[1].parse::<u64>().expect("a count");
        }
        hours.into_iter().for_each(|(hour, n)| set(&format!("{hour}:00 {name}"), n.to_string()));
    }
    let group = |column: &str, table: &str, filter: &str| {
        ask(
            log,
            &format!(
                "SELECT {column}, COUNT(*) AS n FROM {table} WHERE {filter} GROUP BY {column} ORDER BY {column}"
            ),
        )
    };
    for (prefix, rows) in [
        ("sent to", group("recipient_domain", "deliveries", "outcome = 'sent'")),
        ("deferrals of", group("recipient_domain", "deliveries", "outcome = 'deferred'")),
        ("messages of", group("sender", "messages", new)),
        ("messages to", group("recipient", "deliveries", "outcome = 'sent'")),
    ] {
        for row in rows {
            let who = row[0].strip_prefix('\'').unwrap_or(&row[0]).to_lowercase().replace('|', "¦");
            let who = if who.is_empty() && prefix == "messages of" { "from=<>".to_owned() } else { who };
            set(&format!("{prefix} {who}"), row[1].clone());
        }
    }
    figures
}

fn by_hour(table: &str, filter: &str) -> String {
    format!("SELECT hour, COUNT(*) AS n FROM {table} WHERE {filter} GROUP BY hour ORDER BY hour")
}

fn ask(log: &Path, sql: &str) -> Vec<Vec<String>> {
    let test = Test::new("query --format csv --timezone UTC --year 2026").arg(sql).arg(log.to_string_lossy());
    let done = test.any_stdout().any_stderr().run();
    let rows = csv::Reader::from_reader(done.stdout()).into_records();
    rows.map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}
