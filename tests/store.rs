//! The store: each line once, whatever happens to logs and runs in between; and reports from it that are those of one
//! plain run, byte for byte.

use crate::support::golden::same;
use crate::support::program::program;
use crate::support::{beside, project, skip};
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A machine with logs and a store.
pub struct Site {
    pub folder: TempDir,
}

/// Numbers that only look random, always the same.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides).expect("small")
    }
}

impl Site {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(program());
        let folder = self.folder.path();
        command.args(args.split_whitespace()).current_dir(folder).env_clear().env("HOME", folder).env("TZ", "UTC");
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &str) -> Output {
        self.command(args).output().expect("the program runs")
    }

    /// What a run wrote that must go well.
    pub fn fine(&self, args: &str) -> Vec<u8> {
        let output = self.run(args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{args}");
        output.stdout
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).expect("written");
    }

    pub fn append(&self, name: &str, content: &[u8]) {
        let file = OpenOptions::new().append(true).create(true).open(self.path(name));
        file.and_then(|mut file| file.write_all(content)).expect("written");
    }

    /// The reports from the store are those of a plain run over the logs, in every format; only the commands that show
    /// more name the one or the other.
    pub fn same_as_plain(&self, logs: &str) {
        for format in ["json", "html", "text"] {
            let plain = self.run(&format!("report --report full --format {format} --year 2026 {logs}"));
            let stored = self.run(&format!("report --report full --format {format} --store st"));
            let [expected, found] = [&plain, &stored].map(|run| placeless(&run.stdout));
            same(&format!("{format} from the store"), &expected, &found);
            assert_eq!(plain.status, stored.status);
        }
        for name in ["plain", "stored"] {
            let from = if name == "plain" { format!("--year 2026 {logs}") } else { "--store st".to_owned() };
            self.fine(&format!("report --report full --format csv -o {name} {from}"));
        }
        for entry in fs::read_dir(self.path("plain")).expect("a folder").flatten() {
            let name = entry.file_name();
            let stored = fs::read(self.path("stored").join(&name)).expect("it is there too");
            let plain = fs::read(entry.path()).expect("read");
            same(&name.to_string_lossy(), &placeless(&plain), &placeless(&stored));
        }
    }

    /// How many deliveries there are, and to how many recipients.
    pub fn deliveries(&self) -> (u64, u64) {
        let sql = "SELECT COUNT(*) AS n, COUNT(DISTINCT recipient) AS d FROM deliveries";
        let mut command = self.command("query --store st --format json");
        let output = command.arg(sql).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (rows[0]["n"].as_u64().expect("a number"), rows[0]["d"].as_u64().expect("a number"))
    }
}

/// A report without what its commands ask.
fn placeless(report: &[u8]) -> Vec<u8> {
    let place = r#"(mailtrail (?:query|trace) [^\n]*?)(?: --store st|(?: mail\.log[\w.-]*| slapd\.log| --year 2026)+)([\\"<\r\n,])"#;
    let place = regex::Regex::new(place).expect("a pattern");
    place.replace_all(&String::from_utf8_lossy(report), "$1$2").into_owned().into_bytes()
}

/// The life of a message, one delivery to a recipient of its own; one line that nobody knows beside it.
pub fn life(number: usize) -> String {
    let at = |second: usize| {
        let second = number * 7 + second;
        format!(
            "2026-11-{:02}T{:02}:{:02}:{:02}+00:00",
            1 + second / 86_400,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        )
    };
    let (id, pid) = (format!("{number:09X}"), 1000 + number % 9);
    let host = ["mx1", "mx2"][number % 2];
    let mut out = String::new();
    let mut line = |second, program: &str, text: &str| {
        let _ = writeln!(out, "{} {host} {program}[{pid}]: {text}", at(second));
    };
    line(0, "postfix/smtpd", "connect from c.example[192.0.2.7]");
    line(1, "postfix/smtpd", &format!("{id}: client=c.example[192.0.2.7]"));
    line(2, "postfix/cleanup", &format!("{id}: message-id=<m{number}@c.example>"));
    line(
        2,
        "postfix/qmgr",
        &format!("{id}: from=<s{}@c.example>, size=1234, nrcpt=1 (queue active)", number % 50),
    );
    line(3, "postfix/smtpd", "disconnect from c.example[192.0.2.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5");
    line(
        4,
        "postfix/smtp",
        &format!(
            "{id}: to=<r{number}@d.example>, relay=mx.d.example[198.51.100.9]:25, delay=3, delays=1/0/1/1, dsn=2.0.0, status=sent (250 ok)"
        ),
    );
    if number % 10 == 3 {
        line(5, "nobody", &format!("has heard of number {number}"));
    }
    if number % 7 != 5 {
        line(6, "postfix/qmgr", &format!("{id}: removed"));
    }
    out
}

pub fn lives(numbers: std::ops::Range<usize>) -> Vec<u8> {
    numbers.map(life).collect::<String>().into_bytes()
}

/// How often a test that has no end is tried: so often, or as the environment says.
pub fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

#[test]
fn l16_thirty_pieces_of_growing_logs_are_one_run() {
    let Some(logs) = beside("lab/logs/set-A", "l16") else { return };
    let site = Site::new();
    let mut dice = Dice(16);
    let texts = ["mail.log", "slapd.log"].map(|name| (name, fs::read(logs.join(name)).expect("read")));
    let mut done = [0; 2];
    for piece in 1..=30 {
        for ((name, text), done) in texts.iter().zip(&mut done) {
            let end = if piece == 30 {
                text.len()
            } else {
                (*done + dice.below(text.len() as u64 / 15)).min(text.len())
            };
            site.append(name, &text[*done..end]);
            *done = end;
        }
        site.fine("ingest --store st --year 2026 mail.log slapd.log");
    }
    site.same_as_plain("mail.log slapd.log");
}

#[test]
fn l16_texts_that_are_open_from_run_to_run_stay_as_they_are() {
    let site = Site::new();
    let senders: [&[u8]; 5] = [b"a\\xff", b"a\xff", b"a\\\\xff", b"DOMAIN\\a", b"\xc3\xa9"];
    let line = |time: &str, id: usize, text: &[u8]| {
        [format!("Nov 20 {time} mx postfix/qmgr[6]: 4F9D{id}: ").as_bytes(), text, b"\n"].concat()
    };
    let each = |time: &str, text: &dyn Fn(&[u8]) -> Vec<u8>| -> Vec<u8> {
        senders.iter().enumerate().flat_map(|(id, sender)| line(time, id, &text(sender))).collect()
    };
    let taken = |sender: &[u8]| [b"from=<", sender, b"@d.example>, size=5, nrcpt=1 (queue active)"].concat();
    let parts: [(&str, &dyn Fn(&[u8]) -> Vec<u8>); 3] = [
        ("09:00:01", &taken),
        ("09:10:00", &|_| b"skipped, still being delivered".to_vec()),
        ("10:00:00", &|_| b"removed".to_vec()),
    ];
    for (time, text) in parts {
        site.append("mail.log", &each(time, text));
        site.fine("ingest --store st --year 2026 mail.log");
    }
    let question = "SELECT sender, COUNT(*) AS n FROM messages GROUP BY sender ORDER BY sender";
    let of = |from: &str| {
        let output = site
            .command("query --format csv")
            .arg(question)
            .args(from.split(' '))
            .output()
            .expect("the program runs");
        assert_eq!(output.status.code(), Some(0), "{from}");
        output.stdout
    };
    let plain = of("--year 2026 mail.log");
    assert_eq!(plain.split(|b| *b == b'\n').count(), 2 + senders.len());
    same("from the store", &plain, &of("--store st"));
    same("aside", &plain, &of("--year 2026 --memory 1 --chunk-size 100 mail.log"));
}

#[test]
fn l16_thirty_nightly_files_are_one_run() {
    let site = Site::new();
    let names: Vec<String> = (1..=30).map(|day| format!("mail.log-202611{day:02}")).collect();
    for (day, name) in names.iter().enumerate() {
        // A message is accepted in one file and delivered in the next.
        let all = lives(0..1500);
        let edge = |day: usize| {
            day * all.len() / 30 + all[day * all.len() / 30..].iter().take_while(|b| **b != b'\n').count() + 1
        };
        let (start, end) =
            (if day == 0 { 0 } else { edge(day) }, if day == 29 { all.len() } else { edge(day + 1) });
        site.write(name, &all[start..end]);
        site.fine(&format!("ingest --store st {name}"));
    }
    site.same_as_plain(&names.join(" "));
}

#[test]
fn what_shows_more_of_a_finding_asks_the_store() {
    let site = Site::new();
    for (sample, name) in [("lab/set-a-small.log", "mail.log"), ("postfix/filter-down.log", "trouble.log")] {
        fs::copy(project(&format!("sample-logs/{sample}")), site.path(name)).expect("copied");
    }
    site.fine("ingest --store st --year 2026 mail.log trouble.log");
    ["mail.log", "trouble.log"].iter().for_each(|name| fs::remove_file(site.path(name)).expect("it is there"));
    let report = String::from_utf8(site.fine("report --store st")).expect("UTF-8");
    let commands: Vec<&str> = report.lines().filter_map(|line| line.trim().strip_prefix("see: ")).collect();
    assert!(["query", "trace"].iter().all(|name| commands.iter().any(|command| command.contains(name))));
    for command in commands {
        let folder = Path::new(program()).parent().expect("a folder").display();
        let typed = format!("PATH='{folder}':$PATH; {command}");
        let mut shell = Command::new("sh");
        let done = shell.args(["-c", &typed]).current_dir(site.folder.path()).output().expect("a shell");
        assert!(done.status.success() && !done.stdout.is_empty(), "{command}: {done:?}");
    }
}

#[test]
fn what_is_ingested_again_counts_once() {
    let site = Site::new();
    site.write("mail.log", &lives(0..200));
    site.fine("ingest --store st mail.log");
    fs::copy(site.path("mail.log"), site.path("copy.log")).expect("copied");
    for paths in ["mail.log", "copy.log", "mail.log copy.log"] {
        site.fine(&format!("ingest --store st -q {paths}"));
        assert_eq!(site.deliveries(), (200, 200), "{paths}");
    }
    // A report of the store and of logs that are in it counts them once; what is new in them counts too.
    let of_both = site.fine("report --store st --format json mail.log");
    same("store and log", &site.fine("report --store st --format json"), &of_both);
    site.append("mail.log", &lives(200..230));
    let of_both = site.fine("report --store st --format json mail.log");
    same("store and more", &site.fine("report --format json mail.log"), &of_both);
    assert_eq!(site.deliveries(), (200, 200));
}

#[test]
fn f9_half_a_line_waits_for_its_rest() {
    let site = Site::new();
    let log = lives(0..3);
    for cut in (1..log.len()).step_by(101) {
        fs::remove_dir_all(site.path("st")).ok();
        site.write("mail.log", &log[..cut]);
        site.run("ingest --store st mail.log");
        site.append("mail.log", &log[cut..]);
        site.fine("ingest --store st mail.log");
        let report: serde_json::Value =
            serde_json::from_slice(&site.fine("report --store st --format json")).expect("JSON");
        assert_eq!(report["coverage"]["damaged"], 0, "cut at {cut}");
        assert_eq!(site.deliveries(), (3, 3), "cut at {cut}");
    }
}

/// A log that is written, rotated and compressed while runs come and go.
struct Rotated<'a> {
    site: &'a Site,
    /// What was not written yet of the log.
    rest: Vec<u8>,
    number: usize,
    files: usize,
}

impl Rotated<'_> {
    /// Writes some lives; the last line may be half.
    fn append(&mut self, dice: &mut Dice) {
        let more = self.number..self.number + 1 + dice.below(20);
        self.number = more.end;
        self.rest.extend(lives(more));
        let len = self.rest.len() - dice.below(80).min(self.rest.len());
        self.site.append("mail.log", &self.rest.drain(..len).collect::<Vec<u8>>());
    }

    fn flush(&mut self) {
        self.site.append("mail.log", &std::mem::take(&mut self.rest));
    }

    /// Moves `mail.log.1` to `.2.gz` and so on, then the log to `.1`.
    fn rotate(&mut self, dice: &mut Dice, copy: bool) {
        self.flush();
        let site = self.site;
        for number in (2..9).rev() {
            fs::rename(
                site.path(&format!("mail.log.{number}.gz")),
                site.path(&format!("mail.log.{}.gz", number + 1)),
            )
            .ok();
        }
        if let Ok(text) = fs::read(site.path("mail.log.1")) {
            let level = flate2::Compression::fast();
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), level);
            gz.write_all(&text).expect("memory");
            site.write("mail.log.2.gz", &gz.finish().expect("memory"));
            fs::remove_file(site.path("mail.log.1")).expect("removed");
        }
        if copy {
            fs::copy(site.path("mail.log"), site.path("mail.log.1")).expect("copied");
            OpenOptions::new().write(true).truncate(true).open(site.path("mail.log")).expect("emptied");
        } else {
            fs::rename(site.path("mail.log"), site.path("mail.log.1")).expect("renamed");
            // A new file often has the inode of one that is gone.
            if dice.below(2) == 0 {
                site.write("mail.log", b"");
            }
        }
    }

    fn date(&mut self) {
        self.flush();
        self.files += 1;
        let name = format!("mail.log-202611{:02}", self.files);
        fs::rename(self.site.path("mail.log"), self.site.path(&name)).expect("renamed");
    }
}

#[test]
fn l18_rotation_loses_no_line_and_counts_none_twice() {
    for seed in 0..times("MAILTRAIL_ROTATIONS", 6) {
        let site = Site::new();
        let mut dice = Dice(seed as u64 * 7919 + 1);
        let mut log = Rotated { site: &site, rest: Vec::new(), number: 0, files: 0 };
        for step in 0..25 {
            log.append(&mut dice);
            match dice.below(8) {
                0 => log.rotate(&mut dice, false),
                1 => log.rotate(&mut dice, true),
                2 => log.date(),
                _ => {}
            }
            // Not every run sees each state; no file goes away unseen.
            if step % 3 == 0 || dice.below(2) == 0 {
                let output = site.run("ingest --store st -q mail.log*");
                assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            }
        }
        log.append(&mut dice);
        log.flush();
        let number = log.number as u64;
        site.fine("ingest --store st -q mail.log*");
        assert_eq!(site.deliveries(), (number, number), "seed {seed}");
        let report: serde_json::Value =
            serde_json::from_slice(&site.fine("report --store st --format json")).expect("JSON");
        assert_eq!(report["coverage"]["damaged"], 0, "seed {seed}");
    }
}

#[test]
fn f23_a_run_that_is_killed_has_not_been_or_has_been_whole() {
    let site = Site::new();
    let mut dice = Dice(23);
    let log = lives(0..3000);
    let rounds = times("MAILTRAIL_CRASHES", 20);
    let mut done = 0;
    for round in 0..rounds {
        let end = if round + 1 == rounds { log.len() } else { (round + 1) * log.len() / rounds };
        site.append("mail.log", &log[done..end]);
        done = end;
        let mut child = site.command("ingest --store st -q --memory 200000 mail.log").spawn().expect("started");
        std::thread::sleep(Duration::from_millis(dice.below(120) as u64));
        let _ = child.kill();
        child.wait().expect("ended");
    }
    site.fine("ingest --store st mail.log");
    assert_eq!(site.deliveries(), (3000, 3000));
    site.same_as_plain("mail.log");
    assert_eq!(leftovers(&site), Vec::<PathBuf>::new());
}

/// Runs a command that is killed as it makes its n-th call of this name; whether it came so far.
fn killed(site: &Site, args: &str, call: &str, nth: usize) -> bool {
    let mut strace = Command::new("strace");
    let inject = format!("inject={call}:signal=KILL:when={nth}");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]).arg(program());
    strace.args(args.split_whitespace()).current_dir(site.folder.path()).env("TZ", "UTC").stdout(Stdio::null());
    strace.stderr(Stdio::null()).status().expect("strace runs").code() != Some(0)
}

#[test]
fn l17_a_crash_at_any_call_and_one_in_the_run_after_it_change_nothing() {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !there {
        return skip("l17", "strace is not there");
    }
    let site = Site::new();
    let step = times("MAILTRAIL_STEP", 9);
    site.write("mail.log", &lives(0..60));
    for store in ["st", "right"] {
        site.fine(&format!("ingest --store {store} mail.log"));
    }
    let pseudonym = regex::bytes::Regex::new("~[0-9a-f]{16}").expect("an expression");
    let mut next = 60;
    let mut crashes = 0;
    for args in [
        "ingest mail.log",
        "store compact",
        "store forget --pseudonymize --older-than 0d",
        "store prune --keep 4000d",
    ] {
        for call in ["write", "fsync", "rename", "openat", "unlink"] {
            // Only an ingest that has something to read does anything.
            site.append("mail.log", &lives(next..next + 3));
            next += 3;
            for nth in (1..).step_by(step) {
                let args = format!("{args} --store st -q");
                if !killed(&site, &args, call, nth) {
                    break;
                }
                killed(&site, &args, call, 1 + nth / 2);
                crashes += 2;
            }
            for store in ["st", "right"] {
                site.fine(&format!("{args} --store {store}"));
                site.fine(&format!("ingest --store {store} mail.log"));
            }
            // Pseudonyms are each store's own.
            let report = |store| site.fine(&format!("report --store {store} --format json"));
            let [right, now] = ["right", "st"].map(|s| pseudonym.replace_all(&report(s), &b"~"[..]).into_owned());
            same(&format!("{args} {call}"), &right, &now);
            site.fine("store check --store st");
            assert_eq!(leftovers(&site), Vec::<PathBuf>::new(), "{args} {call}");
        }
    }
    assert!(crashes > 20, "{crashes}");
}

/// Files of the store that its manifest does not name.
fn leftovers(site: &Site) -> Vec<PathBuf> {
    let manifest = fs::read_to_string(site.path("st/manifest.json")).expect("a manifest");
    let mut found = Vec::new();
    walk(&site.path("st"), &mut |path| {
        let name = path.strip_prefix(site.path("st")).expect("below").to_string_lossy().into_owned();
        if name.contains('/') && !manifest.contains(&format!("\"{name}\"")) {
            found.push(path.to_owned());
        }
    });
    found
}

fn walk(folder: &Path, call: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { walk(&entry.path(), call) } else { call(&entry.path()) }
    }
}

#[test]
fn f22_a_write_that_fails_leaves_the_store_as_it_was() {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !there {
        return skip("f22", "strace is not there");
    }
    let site = Site::new();
    site.write("mail.log", &lives(0..100));
    site.fine("ingest --store st mail.log");
    let before = site.fine("report --store st --format json");
    site.append("mail.log", &lives(100..200));
    let mut failed = 0;
    let calls = [("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO"), ("openat", "ENOSPC")];
    for (call, error) in calls {
        for nth in (1..=times("MAILTRAIL_FAULTS", 6)).map(|n| n * 3) {
            let mut strace = Command::new("strace");
            let inject = format!("inject={call}:error={error}:when={nth}");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
            strace.arg(program()).args(["ingest", "--store", "st", "-q", "mail.log"]);
            strace.current_dir(site.folder.path()).env("TZ", "UTC");
            let output = strace.output().expect("strace runs");
            if output.status.code() == Some(0) {
                // The fault lay behind the end, or where it does no harm.
                break;
            }
            let now = site.fine("report --store st --format json");
            if now != before {
                // The rename had happened; only then may the store be the next one.
                assert_eq!(site.deliveries(), (200, 200), "{call} {nth}");
                break;
            }
            failed += 1;
        }
    }
    assert!(failed > 0);
    site.fine("ingest --store st -q mail.log");
    assert_eq!(site.deliveries(), (200, 200));
    site.same_as_plain("mail.log");
}

#[test]
fn f24_two_loops_at_once_count_nothing_twice() {
    let site = Site::new();
    let log = lives(0..600);
    site.write("mail.log", &[]);
    let rounds = times("MAILTRAIL_LOOPS", 6);
    for round in 0..rounds {
        site.append("mail.log", &log[round * log.len() / rounds..(round + 1) * log.len() / rounds]);
        let start = || {
            site.command("ingest --store st -q --wait 60 mail.log")
                .stderr(Stdio::piped())
                .spawn()
                .expect("started")
        };
        for child in [start(), start()] {
            let output = child.wait_with_output().expect("ended");
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        }
        site.fine("report --store st --format json");
    }
    assert_eq!(site.deliveries(), (600, 600));
}

#[test]
fn f24_who_does_not_wait_is_told_who_writes() {
    let site = Site::new();
    site.write("mail.log", &lives(0..10));
    site.fine("ingest --store st mail.log");
    let lock = OpenOptions::new().write(true).open(site.path("st/lock")).expect("a lock");
    lock.lock().expect("held");
    (&lock).write_all(b"process 4711").expect("written");
    let output = site.run("ingest --store st --wait 0 mail.log");
    assert_eq!(output.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&output.stderr).contains("process 4711"));
}

#[test]
fn t19_a_store_is_its_owners_alone() {
    let site = Site::new();
    site.write("mail.log", &lives(0..10));
    let script = format!("umask 000; exec {} ingest -q --store a/st mail.log", program());
    let status = Command::new("sh").args(["-c", &script]).current_dir(site.folder.path()).status();
    assert!(status.expect("a shell").success());
    for entry in [site.path("a/st")].into_iter().chain(all_below(&site.path("a/st"))) {
        let mode = fs::metadata(&entry).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, if entry.is_dir() { 0o700 } else { 0o600 }, "{}", entry.display());
    }
}

pub fn all_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| [vec![path.clone()], if path.is_dir() { all_below(&path) } else { vec![] }].concat())
        .collect()
}

#[test]
fn f28_a_store_that_is_damaged_is_refused_or_tells_the_truth() {
    let site = Site::new();
    site.write("mail.log", &lives(0..50));
    site.fine("ingest --store st mail.log");
    let right = site.fine("report --store st --format json");
    let mut dice = Dice(28);
    let files: Vec<PathBuf> = all_below(&site.path("st")).into_iter().filter(|path| path.is_file()).collect();
    for _ in 0..times("MAILTRAIL_FLIPS", 60) {
        let path = &files[dice.below(files.len() as u64)];
        let whole = fs::read(path).expect("read");
        if whole.is_empty() {
            continue;
        }
        let mut flipped = whole.clone();
        flipped[dice.below(whole.len() as u64)] ^= 1 << dice.below(8);
        fs::write(path, &flipped).expect("written");
        let output = site.run("report --store st --format json");
        match output.status.code() {
            Some(0) => same("a damaged store", &right, &output.stdout),
            code => assert_eq!(code, Some(65), "{}", path.display()),
        }
        fs::write(path, &whole).expect("written");
    }
}

#[test]
fn f25_a_store_that_cannot_be_written_is_read_all_the_same() {
    let site = Site::new();
    site.write("mail.log", &lives(0..10));
    site.fine("ingest --store st mail.log");
    let before = site.fine("report --store st --format json");
    let root = fs::metadata("/proc/self").map_or(0, |m| std::os::unix::fs::MetadataExt::uid(&m)) == 0;
    let mount = |args: &[&str]| Command::new("mount").args(args).status().is_ok_and(|s| s.success());
    let store = site.path("st");
    let store = store.to_str().expect("UTF-8");
    let quiet = Command::new("mount").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !root || !quiet || !mount(&["--bind", store, store]) || !mount(&["-o", "remount,ro,bind", store]) {
        Command::new("umount").arg(store).stderr(Stdio::null()).status().ok();
        return skip("f25", "nothing can be mounted here");
    }
    let report = site.run("report --store st --format json");
    let ingest = site.run("ingest --store st mail.log");
    Command::new("umount").arg(store).status().expect("unmounted");
    assert_eq!(ingest.status.code(), Some(73));
    same("a store that is read only", &before, &report.stdout);
}

#[test]
fn f21_a_full_disk_leaves_the_store_as_it_was() {
    let site = Site::new();
    let small = site.path("small");
    fs::create_dir(&small).expect("made");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&small).stderr(Stdio::null());
    if !mount.status().is_ok_and(|s| s.success()) {
        return skip("f21", "nothing can be mounted here");
    }
    site.write("mail.log", &lives(0..100));
    let first = site.run("ingest --store small/st mail.log");
    let mut room = 0;
    // So much else lies there that there is no room for more.
    while fs::write(small.join(format!("f{room}")), vec![b'x'; 16 << 10]).is_ok() {
        room += 1;
    }
    site.append("mail.log", &lives(100..400));
    let full = site.run("ingest --store small/st mail.log");
    let report = site.run("report --store small/st --format json");
    (0..=room).for_each(|at| fs::remove_file(small.join(format!("f{at}"))).unwrap_or_default());
    let next = site.run("ingest --store small/st mail.log");
    let sql = "SELECT COUNT(*) AS n FROM deliveries";
    let count = site.command("query --store small/st --format csv").arg(sql).output().expect("the program runs");
    Command::new("umount").arg(&small).status().expect("unmounted");
    let codes = [first, full, report, next].map(|output| output.status.code());
    assert_eq!(codes, [Some(0), Some(73), Some(0), Some(0)]);
    assert_eq!(count.stdout, b"n\r\n400\r\n");
}

#[test]
fn facts_that_memory_does_not_hold_give_the_same_report() {
    let site = Site::new();
    site.write("mail.log", &lives(0..2000));
    for format in ["json", "html", "text"] {
        let whole = site.fine(&format!("report --report full --format {format} mail.log"));
        for memory in [1, 100_000] {
            let aside = site.fine(&format!(
                "report --report full --format {format} --memory {memory} --chunk-size 50000 mail.log"
            ));
            same(&format!("{memory} bytes in memory"), &whole, &aside);
        }
    }
    site.write("lab.log", &fs::read(project("sample-logs/lab/set-a-small.log")).expect("the sample is read"));
    for report in ["full", "security"] {
        let report = format!("report -q --report {report} --format json --year 2026 lab.log");
        for memory in [1, 100_000] {
            let aside = site.fine(&format!("{report} --memory {memory} --chunk-size 4000"));
            same(&format!("{memory} bytes in memory"), &site.fine(&report), &aside);
        }
    }
    let domain = "report -q --format json --domain d.example --since 2026-11-01T02:00:00Z";
    let aside = format!("{domain} --memory 1000 --chunk-size 50000 mail.log");
    same("one domain", &site.fine(&format!("{domain} mail.log")), &site.fine(&aside));
}

#[test]
fn upkeep_changes_no_figure() {
    let site = Site::new();
    // A segment for each run: more than a partition keeps by itself.
    for part in 0..20 {
        site.append("mail.log", &lives(part * 10..part * 10 + 10));
        site.fine("ingest --store st mail.log");
    }
    let right = site.fine("report --store st --report full --format json");
    let before = all_below(&site.path("st/facts")).len();
    site.fine("store compact --store st");
    assert!(all_below(&site.path("st/facts")).len() < before);
    same("compacted", &right, &site.fine("report --store st --report full --format json"));
    site.fine("store prune --keep 4000d --store st");
    same("pruned of nothing", &right, &site.fine("report --store st --report full --format json"));
    site.fine("store check --store st");
    let info = String::from_utf8(site.fine("store info --store st")).expect("UTF-8");
    assert!(info.contains("deliveries     200\n"), "{info}");
    assert_eq!(leftovers(&site), Vec::<PathBuf>::new());
    site.fine("store prune --keep 0d --store st");
    assert_eq!(site.deliveries().0, 0);
}

/// The figures of a JSON report.
pub fn figures(report: &[u8]) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_slice(report).expect("JSON");
    report["measurements"].clone()
}

#[test]
fn l27_what_is_forgotten_is_gone_and_figures_stay() {
    for how in ["", "--pseudonymize"] {
        let site = Site::new();
        let mut log = lives(0..100);
        log.extend_from_slice(b"2026-11-02T00:00:00+00:00 mx1 dovecot: imap-login: Login: user=<anna@d.example>, method=PLAIN, rip=192.0.2.99, lip=192.0.2.1, mpid=7, TLS, session=<abcdef>\n");
        site.write("mail.log", &log);
        site.fine("ingest --store st mail.log");
        let report = "report --store st --format json --since 2026-11-01 --until 2026-11-03";
        let right = figures(&site.fine(report));
        site.fine(&format!("store forget --store st --older-than 0d {how}"));
        assert_eq!(right, figures(&site.fine(report)), "{how}");
        let mut command = site.command("query --store st --format csv");
        let sql = "SELECT sender, recipient, reply FROM deliveries WHERE queue_id = '000000001'";
        let rows = command.arg(sql).output().expect("the program runs").stdout;
        let rows = String::from_utf8(rows).expect("UTF-8");
        assert!(rows.contains('~') && !rows.contains("c.example"), "{rows}");
        // The reply is the last column.
        assert!(rows.trim_end().ends_with(',') && !rows.contains("250 "), "{rows}");
        let manifest = fs::read_to_string(site.path("st/manifest.json")).expect("a manifest");
        assert!(!manifest.contains("heard of number 3"), "{how}");
        site.fine("store check --store st");
        site.fine("ingest --store st mail.log");
        assert_eq!(site.deliveries().0, 100);
    }
}

#[test]
fn f28_a_damaged_file_is_named_by_check() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    let segment = all_below(&site.path("st/facts")).into_iter().find(|path| path.is_file()).expect("a segment");
    let mut bytes = fs::read(&segment).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).expect("written");
    let output = site.run("store check --store st");
    assert_eq!(output.status.code(), Some(65));
    let name = segment.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(String::from_utf8_lossy(&output.stderr).contains(&name));
}

#[test]
fn f24_reports_beside_ingest_and_prune_see_whole_generations() {
    let site = Site::new();
    let log = lives(0..400);
    site.append("mail.log", &lives(0..0));
    site.fine("ingest --store st -q mail.log");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let (now, distinct) = site.deliveries();
                assert!(now >= last && now == distinct, "{last} {now} {distinct}");
                last = now;
            }
        });
        for round in 0..10 {
            site.append("mail.log", &log[round * log.len() / 10..(round + 1) * log.len() / 10]);
            site.fine("ingest --store st -q mail.log");
            site.fine("store compact --store st");
            site.fine("store prune --store st --keep 4000d");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        reader.join().expect("every answer was whole");
    });
    assert_eq!(site.deliveries(), (400, 400));
}

#[test]
fn f28_a_store_that_has_lost_its_manifest_is_left_as_it_is() {
    let site = Site::new();
    site.write("mail.log", &lives(0..50));
    site.fine("ingest --store st mail.log");
    fs::remove_file(site.path("st/manifest.json")).expect("removed");
    let before = all_below(&site.path("st"));
    site.append("mail.log", &lives(50..60));
    assert_eq!(site.run("ingest --store st mail.log").status.code(), Some(65));
    assert_eq!(all_below(&site.path("st")), before);
}
