//! Nights: each reported on once, whatever happens between them.

use crate::support::program::{Test, program, write};
use crate::support::project;
use crate::support::sink::{Manner, Sink};
use crate::support::skip;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

/// Midnight of 2026-10-10 in Berlin, in seconds since the epoch.
const START: u64 = 1_791_583_200;

/// Deliveries of a day of the simulation.
fn deliveries(day: u64) -> u64 {
    20 + day * 7 % 13
}

/// A machine whose clock the test sets, with a log that is rotated every night.
struct Machine {
    test: Test,
}

impl Machine {
    fn new(mail: &str) -> Self {
        let config = format!(
            "timezone = 'Europe/Berlin'\nstate = 'state'\n[[inputs]]\npaths = ['log/mail.log*']\n[mail]\nfrom = 'm@mx1.example'\nto = 'postmaster@example.org'\n{mail}\n[nightly]\nkeep = '400 d'\n"
        );
        let test = Test::new("").file("mailtrail.toml", config);
        fs::create_dir_all(test.folder().join("log")).expect("a folder");
        Self { test }
    }

    fn folder(&self) -> &Path {
        self.test.folder()
    }

    fn configure(&self, mail: &str) {
        let path = self.folder().join("mailtrail.toml");
        let text = fs::read_to_string(&path).expect("it is there");
        let (head, rest) = text.split_once("port = ").expect("a port");
        let (_, rest) = rest.split_once('\n').expect("a line");
        fs::write(path, format!("{head}{mail}\n{rest}")).expect("it is written");
    }

    /// What the log holds of a day; `midnight` is its first second.
    fn writes_a_day(&self, day: u64, midnight: u64) {
        let mut log = String::new();
        for n in 0..deliveries(day) {
            let at = civil(midnight + 600 + n * 85_000 / deliveries(day));
            let id = format!("{:X}", 0xD_A335_0000_u64 + day * 1_000 + n);
            for line in [
                format!("postfix/smtpd[101]: {id}: client=mail.remote.example[192.0.2.10]"),
                format!("postfix/qmgr[50]: {id}: from=<a@remote.example>, size=1500, nrcpt=1 (queue active)"),
                format!(
                    "postfix/lmtp[103]: {id}: to=<b@local.example>, relay=127.0.0.1[127.0.0.1]:24, delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
                ),
                format!("postfix/qmgr[50]: {id}: removed"),
            ] {
                log.extend([at.as_str(), " mx1 ", &line, "\n"]);
            }
        }
        let path = self.folder().join("log/mail.log");
        let mut all = fs::read(&path).unwrap_or_default();
        all.extend(log.into_bytes());
        write(&path, &all, midnight + 86_000);
    }

    /// logrotate, with `compress` and `delaycompress`.
    fn rotates(&self) {
        let path = |name: &str| self.folder().join("log").join(name);
        for n in (2..40).rev() {
            let _ = fs::rename(path(&format!("mail.log.{n}.gz")), path(&format!("mail.log.{}.gz", n + 1)));
        }
        if let Ok(plain) = fs::read(path("mail.log.1")) {
            let written = fs::metadata(path("mail.log.1")).and_then(|m| m.modified()).expect("a time");
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut gz, &plain).expect("memory");
            let seconds = written.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
            write(&path("mail.log.2.gz"), &gz.finish().expect("memory"), seconds);
            fs::remove_file(path("mail.log.1")).expect("it is there");
        }
        let _ = fs::rename(path("mail.log"), path("mail.log.1"));
    }

    fn command(&self, now: u64) -> Command {
        let mut command = self.test.command();
        command.args(["nightly", "--config", "mailtrail.toml", "--now", &format!("{}+00:00", utc(now))]);
        command
    }

    fn night(&self, now: u64) -> Output {
        self.command(now).output().expect("it runs")
    }

    fn nights(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder().join("state/nights/daily"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().replace(".json", ""))
            .collect();
        names.sort();
        names
    }
}

/// RFC 3339 in Berlin's time, with its offset: summer time ends on 2026-10-25 at 01:00 UTC.
fn civil(seconds: u64) -> String {
    const END: u64 = 1_792_890_000;
    let (offset, text) = if seconds < END { (7_200, "+02:00") } else { (3_600, "+01:00") };
    format!("{}{text}", utc(seconds + offset))
}

fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = mailtrail::time::civil_date(i64::try_from(days).expect("small"));
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// The first second of a day of the simulation: one day has 25 hours.
fn midnight(day: u64) -> u64 {
    START + day * 86_400 + if day > 15 { 3_600 } else { 0 }
}

/// 00:20 of the day after.
fn run_time(day: u64) -> u64 {
    midnight(day + 1) + 1_200
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn subject(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message).replace("\r\n ", " ");
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.expect("a subject").trim_end().to_owned()
}

#[test]
fn thirty_nights_make_thirty_mails_whatever_happens() {
    let sink = Sink::new(Manner::Takes);
    let up = format!("port = {}", sink.port);
    let machine = Machine::new(&format!("host = '127.0.0.1'\ntls = 'none'\n{up}"));
    for day in 0..30 {
        machine.writes_a_day(day, midnight(day));
        machine.rotates();
        let now = run_time(day);
        match day {
            // The machine is off.
            4 => continue,
            // The run is ended while it works, at some point. (Nothing can be sent meanwhile, or the mail could be taken
            // twice, with one Message-ID: that has a test of its own.)
            9 => {
                machine.configure("port = 1");
                let mut child = machine.command(now).spawn().expect("it starts");
                std::thread::sleep(Duration::from_millis(60));
                let _ = child.kill();
                let _ = child.wait();
                machine.configure(&up);
                machine.night(now + 1_200);
            }
            // The server is down; the next night sends what waits.
            14 => {
                machine.configure("port = 1");
                assert_eq!(machine.night(now).status.code(), Some(69), "day {day}");
                machine.configure(&up);
            }
            // The disk is full: a file stands where a folder should be.
            20 => {
                let reports = machine.folder().join("state/reports");
                fs::rename(&reports, machine.folder().join("aside")).expect("it is there");
                fs::write(&reports, "").expect("written");
                let output = machine.night(now);
                assert_eq!(output.status.code(), Some(73), "{}", told(&output));
                fs::remove_file(&reports).expect("it is there");
                fs::rename(machine.folder().join("aside"), &reports).expect("it is back");
            }
            _ => {
                let output = machine.night(now);
                assert_eq!(output.status.code(), Some(0), "day {day}: {}", told(&output));
            }
        }
        // A second run of the same night does nothing. (After the night on which the server was down it would send.)
        if day % 7 == 0 && day != 14 {
            let before = sink.messages().len();
            assert_eq!(machine.night(now + 600).status.code(), Some(0));
            assert_eq!(sink.messages().len(), before, "day {day}");
        }
    }
    let subjects: Vec<String> = sink.messages().iter().map(|message| subject(message)).collect();
    let (failures, reports): (Vec<_>, Vec<_>) = subjects.iter().partition(|subject| subject.contains("failed"));
    let expected: Vec<String> = (0..30)
        .map(|day| {
            let date = &civil(midnight(day))[..10];
            format!("[mailtrail] mx1 {date}: ok, {} delivered", deliveries(day))
        })
        .collect();
    let mut sorted: Vec<&String> = reports.clone();
    sorted.sort();
    assert_eq!(sorted, expected.iter().collect::<Vec<_>>(), "each night once");
    assert_eq!(failures.len(), 1, "the failure was mailed: {failures:?}");
    assert_eq!(machine.nights().len(), 30);
    figures_are_those_of_one_run(&machine);
    let index = fs::read_to_string(machine.folder().join("state/reports/index.html")).expect("an index");
    assert_eq!(index.matches("class=\"ok\"").count(), 30);
}

/// What the nights counted together is what one report over all of them counts.
fn figures_are_those_of_one_run(machine: &Machine) {
    let output = machine
        .test
        .command()
        .args([
            "report",
            "--config",
            "mailtrail.toml",
            "--format",
            "json",
            "--since",
            "2026-10-10",
            "--until",
            "2026-11-09",
        ])
        .output()
        .expect("it runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = report["measurements"].as_array().expect("a list").iter();
    let sent = rows.filter(|row| row["metric"] == "deliveries" && row["labels"]["outcome"] == "sent");
    let all: f64 = sent.filter_map(|row| row["value"].as_f64()).sum();
    let nights = fs::read_dir(machine.folder().join("state/nights/daily")).expect("a folder").flatten();
    let night = |path: PathBuf| -> f64 {
        let night: serde_json::Value = serde_json::from_slice(&fs::read(path).expect("read")).expect("JSON");
        night["delivered"].as_f64().expect("a number")
    };
    assert!((nights.map(|entry| night(entry.path())).sum::<f64>() - all).abs() < 0.5);
    assert!(all > 0.0);
}

#[test]
fn a_first_run_reports_on_yesterday_alone_and_a_late_one_catches_up() {
    let sink = Sink::new(Manner::Takes);
    let machine = Machine::new(&format!("host = '127.0.0.1'\ntls = 'none'\nport = {}", sink.port));
    for day in 0..12 {
        machine.writes_a_day(day, midnight(day));
    }
    machine.night(run_time(0));
    assert_eq!(machine.nights(), ["2026-10-10"]);
    let late = machine.night(run_time(11));
    assert!(told(&late).contains("4 nights are not caught up"), "{}", told(&late));
    assert_eq!(machine.nights().len(), 8);
    let dates: Vec<String> = sink.messages().iter().map(|message| subject(message)[16..26].to_owned()).collect();
    assert!(dates.is_sorted() && dates.len() == 8, "the oldest first: {dates:?}");
}

#[test]
fn with_a_store_each_line_is_read_once_and_the_mails_are_the_same() {
    let sink = Sink::new(Manner::Takes);
    let machine = Machine::new(&format!("host = '127.0.0.1'\ntls = 'none'\nport = {}", sink.port));
    let path = machine.folder().join("mailtrail.toml");
    let config = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, format!("store = 'store'\n{config}")).expect("written");
    for day in 0..5 {
        machine.writes_a_day(day, midnight(day));
        machine.rotates();
        let output = machine.night(run_time(day));
        assert_eq!(output.status.code(), Some(0), "day {day}: {}", told(&output));
        // What the store holds needs the log no more.
        let _ = fs::remove_file(machine.folder().join("log/mail.log.2.gz"));
    }
    let subjects: Vec<String> = sink.messages().iter().map(|message| subject(message)).collect();
    let expected: Vec<String> = (0..5)
        .map(|day| format!("[mailtrail] mx1 {}: ok, {} delivered", &civil(midnight(day))[..10], deliveries(day)))
        .collect();
    assert_eq!(subjects, expected);
}

#[test]
fn f24_a_second_run_gives_way() {
    let machine = Machine::new("host = '127.0.0.1'\ntls = 'none'\nport = 1");
    fs::create_dir_all(machine.folder().join("state")).expect("a folder");
    let lock = fs::File::create(machine.folder().join("state/nightly.lock")).expect("a file");
    lock.lock().expect("it is free");
    let output = machine.night(run_time(0));
    assert_eq!(output.status.code(), Some(75), "{}", told(&output));
}

#[test]
fn without_a_recipient_the_reports_are_kept_and_nothing_is_mailed() {
    let done = "mailtrail: 2026-11-24: All is well; state/reports/daily-2026-11-24.html\n";
    let test = Test::new("nightly log --state state --now 2026-11-25T00:20:00Z")
        .file("log/mail.log", crate::cli::LOG)
        .stderr(done)
        .run();
    assert!(test.path("state/reports/daily-2026-11-24.html").exists());
    assert!(test.path("state/reports/index.html").exists() && !test.path("state/mail").exists());
}

#[test]
fn a_night_says_in_a_line_what_it_did_unless_it_is_to_be_quiet() {
    let night = |more: &str, done: &str| {
        let args = format!("nightly log --state state --now 2026-11-25T00:20:00Z --to a@b.example {more}");
        let files = Test::new(&args).file("log/mail.log", crate::cli::LOG);
        files.file("c.toml", "[mail]\nby = 'sendmail'\nsendmail = '/bin/true'\n").stderr(done).run();
    };
    let kept = "mailtrail: 2026-11-24: All is well; state/reports/daily-2026-11-24.html";
    night("--config c.toml", &format!("{kept}; mail to a@b.example\n"));
    let why = "no mail, since its verdict is ok, and mail is wanted from critical on";
    night("--config c.toml --when critical", &format!("{kept}; {why}\n"));
    night("--config c.toml --quiet", "");
}

#[test]
fn f21_a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).expect("a folder");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        return skip("f21_a_full_disk_loses_nothing", "no tmpfs can be mounted");
    }
    let sink = Sink::new(Manner::Takes);
    let config = format!("[mail]\nto = 'a@b.example'\nhost = '127.0.0.1'\ntls = 'none'\nport = {}\n", sink.port);
    let test = Test::new("send mail.log --on 2026-11-24 --config mailtrail.toml --state")
        .arg(disk.display().to_string())
        .file("mail.log", crate::cli::LOG)
        .file("mailtrail.toml", config);
    let full = test.command().output().expect("it runs");
    let none_was_sent = sink.messages().is_empty();
    let remount =
        Command::new("mount").args(["-o", "remount,size=8m"]).arg(&disk).output().expect("mount is there");
    let room = test.command().output().expect("it runs");
    let again = test.command().output().expect("it runs");
    let unmount = Command::new("umount").arg(&disk).output().expect("umount is there");
    assert!(remount.status.success() && unmount.status.success());
    assert_eq!(full.status.code(), Some(73), "{}", told(&full));
    assert!(none_was_sent, "nothing is sent that cannot be written down");
    assert_eq!((room.status.code(), again.status.code()), (Some(0), Some(0)), "{}", told(&room));
    assert_eq!(sink.messages().len(), 1);
}

#[test]
fn the_units_for_systemd_are_right_and_closed() {
    let unit = |name: &str| project("packaging/systemd").join(name);
    let folder = tempfile::tempdir().expect("a folder");
    // The program is not installed here: the unit names one that is.
    for name in ["mailtrail-nightly.service", "mailtrail-nightly.timer"] {
        let text = fs::read_to_string(unit(name)).expect("it is there");
        fs::write(folder.path().join(name), text.replace("/usr/local/bin/mailtrail", program())).expect("written");
    }
    let paths = ["mailtrail-nightly.service", "mailtrail-nightly.timer"].map(|name| folder.path().join(name));
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").args(&paths).output() else {
        return skip("the units", "systemd-analyze is not there");
    };
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    // The manual comes with a package; other units of the machine are not ours to judge.
    let ours: Vec<&str> =
        said.lines().filter(|line| line.contains("mailtrail") && !line.contains("man mailtrail")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
    let security = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=30"])
        .arg(&paths[0])
        .output()
        .expect("it ran before");
    let told = String::from_utf8_lossy(&security.stdout).into_owned();
    assert!(security.status.success(), "{}", told.lines().last().unwrap_or_default());
}

#[test]
fn facts_go_only_when_the_nights_that_need_them_are_done() {
    let sink = Sink::new(Manner::Takes);
    let machine = Machine::new(&format!("host = '127.0.0.1'\ntls = 'none'\nport = {}", sink.port));
    let path = machine.folder().join("mailtrail.toml");
    let config = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, format!("store = 'store'\n{config}keep_facts = '1 h'\n")).expect("written");
    for day in 0..4 {
        machine.writes_a_day(day, midnight(day));
        if day % 3 == 0 {
            let output = machine.night(run_time(day));
            assert_eq!(output.status.code(), Some(0), "day {day}: {}", told(&output));
        }
    }
    let subjects: Vec<String> = sink.messages().iter().map(|message| subject(message)).collect();
    let expected: Vec<String> = (0..4)
        .map(|day| format!("[mailtrail] mx1 {}: ok, {} delivered", &civil(midnight(day))[..10], deliveries(day)))
        .collect();
    assert_eq!(subjects, expected);
    let left = || {
        let query =
            ["query", "--config", "mailtrail.toml", "--format", "csv", "SELECT COUNT(*) AS n FROM deliveries"];
        let left = machine.test.command().args(query).output().expect("it runs");
        String::from_utf8_lossy(&left.stdout).replace("n\r\n", "").trim().parse::<u64>().expect("a number")
    };
    assert!((1..=deliveries(3)).contains(&left()), "{}", left());
    // Another report, whose nights go on from another day, needs the facts of its own.
    let report = ["--report", "full"];
    machine.command(run_time(3)).args(report).output().expect("it runs");
    for day in 4..7 {
        machine.writes_a_day(day, midnight(day));
    }
    machine.night(run_time(6));
    assert!(left() >= (4..7).map(deliveries).sum(), "{}", left());
    machine.command(run_time(6)).args(report).output().expect("it runs");
    assert!((1..=deliveries(6)).contains(&left()), "{}", left());
}

#[test]
fn one_night_that_is_not_caught_up_is_told_as_one() {
    let machine = Machine::new("host = '127.0.0.1'\ntls = 'none'\nport = 1");
    machine.writes_a_day(0, midnight(0));
    machine.night(run_time(0));
    let late = machine.night(run_time(8));
    assert!(told(&late).contains("mailtrail: 1 night is not caught up, since"), "{}", told(&late));
}
