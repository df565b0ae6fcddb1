//! The upkeep of the store: what is forgotten, what was lost, what was mended, and what is said of it.

use crate::store::{Site, all_below, figures, life, lives};
use crate::support::beside;
use flate2::Compression;
use flate2::write::GzEncoder;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use std::fmt::Write as _;
use std::fs::{self, File, FileTimes};
use std::io::{Cursor, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Every text that can be read out of a store: the bytes of its files, and the values of its Parquet files.
fn decoded(store: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for path in all_below(store).into_iter().filter(|path| path.is_file()) {
        let bytes = fs::read(&path).expect("read");
        all.extend_from_slice(&bytes);
        if path.extension().is_some_and(|ending| ending == "zst") {
            all.extend(zstd::decode_all(&*bytes).expect("a state"));
        } else if path.extension().is_some_and(|ending| ending == "parquet") {
            texts(&ParquetReader::new(Cursor::new(bytes)).finish().expect("a segment"), &mut all);
        }
    }
    all
}

fn texts(frame: &DataFrame, out: &mut Vec<u8>) {
    for column in frame.columns().iter().filter_map(|column| column.str().ok()) {
        column.iter().flatten().for_each(|text| out.extend_from_slice(text.as_bytes()));
    }
}

fn holds(all: &[u8], text: &str) -> bool {
    memchr::memmem::find(all, text.as_bytes()).is_some()
}

/// A message that is put off, and one that waits for nothing but late lines.
fn waiting() -> String {
    let mut log = String::new();
    let mut line = |program: &str, text: &str| {
        let _ = writeln!(log, "2026-11-03T10:00:00+00:00 mx1 postfix/{program}[7]: {text}");
    };
    line("smtpd", "connect from laptop.example[192.0.2.77]");
    line("smtpd", "ABCDEF: client=laptop.example[192.0.2.77], sasl_method=PLAIN, sasl_username=anna@c.example");
    line("cleanup", "ABCDEF: message-id=<secret77@c.example>");
    line("qmgr", "ABCDEF: from=<anna@c.example>, size=99, nrcpt=2 (queue active)");
    for name in ["rosalind", "gwendolyn"] {
        let text = format!(
            "ABCDEF: to=<{name}@d.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (connect to mx: {name} timed out)"
        );
        line("smtp", &text);
    }
    log
}

/// What comes of it later: one recipient gets it, the other is given up.
fn ended() -> String {
    let mut log = String::new();
    let mut line = |program: &str, text: &str| {
        let _ = writeln!(log, "2026-11-08T10:00:00+00:00 mx1 postfix/{program}[7]: {text}");
    };
    line(
        "smtp",
        "ABCDEF: to=<rosalind@d.example>, relay=mx[192.0.2.1]:25, delay=9, delays=1/0/0/8, dsn=2.0.0, status=sent (ok)",
    );
    line("qmgr", "ABCDEF: from=<anna@c.example>, status=expired, returned to sender");
    line("qmgr", "ABCDEF: removed");
    log
}

#[test]
fn l27_no_forgotten_text_is_in_any_byte_and_figures_go_on() {
    let names = [
        "@c.example",
        "@d.example",
        "192.0.2.7",
        "laptop",
        "anna",
        "secret77",
        "timed out",
        "250 ok",
        "heard of",
        "rosalind",
    ];
    let mut log = lives(0..60);
    log.extend_from_slice(waiting().as_bytes());
    for command in ["forget --older-than 0d", "forget --older-than 0d --pseudonymize", "prune --keep 0d"] {
        let site = Site::new();
        site.write("mail.log", &log);
        for store in ["st", "whole"] {
            site.fine(&format!("ingest --store {store} mail.log"));
        }
        assert!(names.iter().all(|name| holds(&decoded(&site.path("st")), name)));
        // Twice: what was forgotten is not taken for a name.
        for _ in 0..2 {
            site.fine(&format!("store {command} --store st"));
            let all = decoded(&site.path("st"));
            let left: Vec<&&str> = names.iter().filter(|name| holds(&all, name)).collect();
            assert!(left.is_empty(), "{command}: {left:?}");
        }
        site.append("mail.log", ended().as_bytes());
        for store in ["st", "whole"] {
            site.fine(&format!("ingest --store {store} mail.log"));
        }
        let report =
            |store: &str| figures(&site.fine(&format!("report --by domain --store {store} --format json")));
        if command.starts_with("forget") {
            assert_eq!(report("whole"), report("st"), "{command}");
        }
        site.fine("store check --store st");
    }
}

#[test]
fn an_age_that_is_beyond_all_time_drops_nothing() {
    let site = Site::new();
    site.write("mail.log", &lives(0..2));
    site.fine("ingest --store st mail.log");
    let report = site.fine("report --store st --format json");
    for command in
        ["prune --keep 999999999d", "prune --keep 99999w", "forget --older-than 36501d", "prune --keep 9h"]
    {
        let told = String::from_utf8_lossy(&site.run(&format!("store {command} --store st")).stderr).into_owned();
        assert!(told.contains("36500d") || told.contains("400d"), "{command}: {told}");
    }
    site.fine("store prune --keep 36500d --store st");
    assert_eq!(figures(&report), figures(&site.fine("report --store st --format json")));
}

#[test]
fn l27_all_that_a_quiet_host_left_open_is_forgotten() {
    let Some(logs) = beside("lab/logs/set-A", "l27") else { return };
    let site = Site::new();
    let text = fs::read_to_string(logs.join("mail.log")).expect("read");
    site.write("mail.log", text.as_bytes());
    site.fine("ingest --store st --year 2026 mail.log");
    let report = "report --store st --report full --format json";
    let right = figures(&site.fine(report));
    let mut names: Vec<&str> = ["message-id=<", "from=<", "to=<"]
        .iter()
        .flat_map(|before| text.split(before).skip(1).filter_map(|rest| rest.split('>').next()))
        .filter(|name| name.contains('@'))
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 1_500);
    site.fine("store forget --older-than 0d --store st");
    assert_eq!(right, figures(&site.fine(report)));
    let all = decoded(&site.path("st"));
    let found =
        aho_corasick::AhoCorasick::new(&names).expect("names").find(&all).map(|found| names[found.pattern()]);
    assert_eq!(found, None);
}

#[test]
fn f28_a_store_that_has_lost_its_secret_says_so() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    let right = site.fine("report --store st --format json");
    let secret = fs::read(site.path("st/secret")).expect("a secret");
    for damage in [None, Some(vec![7; 24]), Some(vec![7; 3])] {
        fs::remove_file(site.path("st/secret")).ok();
        damage.iter().for_each(|bytes| site.write("st/secret", bytes));
        let told = |args: &str| {
            let output = site.run(args);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(told.contains("the store in st has lost its secret"), "{args}: {told}");
            (output.status.code(), output.stdout)
        };
        for refused in ["store check", "store prune --keep 9d", "ingest mail.log", "report mail.log"] {
            assert_eq!(told(&format!("{refused} --store st")).0, Some(65), "{refused}");
        }
        assert_eq!(told("report --store st --format json"), (Some(0), right.clone()));
    }
    site.write("st/secret", &secret);
    site.fine("store check --store st");
    site.fine("ingest --store st mail.log");
    fs::remove_file(site.path("st/secret")).expect("removed");
    site.fine("store renew-secret --store st");
    site.fine("store check --store st");
    assert_eq!(site.fine("report --store st --format json"), right);
    site.append("mail.log", &lives(20..30));
    site.fine("ingest --store st mail.log");
    assert_eq!(site.deliveries(), (30, 30));
}

#[test]
fn a_store_of_before_secrets_were_proven_is_gone_on_with() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    edit_manifest(&site, |body| format!("{}}}", &body[..body.find(",\"secret\":").expect("a proof")]));
    site.fine("store check --store st");
    site.append("mail.log", &lives(20..30));
    site.fine("ingest --store st mail.log");
    assert_eq!(site.deliveries(), (30, 30));
    let text = fs::read_to_string(site.path("st/manifest.json")).expect("a manifest");
    assert!(text.contains(",\"secret\":"));
}

/// Writes the manifest of the store `st` anew, as if it had been written so.
fn edit_manifest(site: &Site, edit: impl Fn(&str) -> String) {
    let path = site.path("st/manifest.json");
    let text = fs::read_to_string(&path).expect("a manifest");
    let body = text.split_once("\"store\":").and_then(|(_, body)| body.trim_end().strip_suffix('}'));
    let body = edit(body.expect("a body"));
    let hash = xxhash_rust::xxh3::xxh3_64(body.as_bytes());
    fs::write(&path, format!("{{\"schema\":1,\"xxh3\":\"{hash:016x}\",\"store\":{body}}}\n")).expect("written");
}

#[test]
fn what_another_version_left_open_is_taken_as_it_stood_and_that_is_said() {
    let site = Site::new();
    let lines = lives(0..20);
    site.write("mail.log", &lines[..lines.len() / 2]);
    site.fine("ingest --store st mail.log");
    let of_another = b"\xff of another version";
    site.write("st/state/other.postcard", of_another);
    let hash = xxhash_rust::xxh3::xxh3_64(of_another);
    edit_manifest(&site, |body| {
        let (before, after) = body.split_once("\"state\":{").expect("a state");
        let (_, after) = after.split_once('}').expect("its end");
        format!("{before}\"state\":{{\"path\":\"state/other.postcard\",\"hash\":{hash}}}{after}")
    });
    site.write("mail.log", &lines);
    let told = "mailtrail: what was open was kept by another version of mailtrail and is taken as it stood: its later lines begin anew\n";
    for args in ["report --store st mail.log", "ingest --store st mail.log"] {
        let output = site.run(args);
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), told), "{args}");
    }
    assert!(site.run("ingest --store st mail.log").stderr.is_empty(), "it is said once");
    assert_eq!(site.deliveries(), (20, 20));
}

#[test]
fn a_secret_that_cannot_be_read_is_not_taken_for_lost() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    let right = site.fine("report --store st --format json");
    fs::rename(site.path("st/secret"), site.path("aside")).expect("moved");
    fs::create_dir(site.path("st/secret")).expect("a folder");
    let told = "st/secret cannot be read: it is a folder and no file";
    for refused in ["store renew-secret", "ingest mail.log", "report mail.log"] {
        let output = site.run(&format!("{refused} --store st"));
        let error = format!("error: {told}\n |\n = help: put a file in its place, or name another\n");
        assert_eq!(
            (output.status.code(), &*String::from_utf8_lossy(&output.stderr)),
            (Some(74), &*error),
            "{refused}"
        );
    }
    let output = site.run("report --store st --format json");
    let doubt = format!("mailtrail: {told}; what the store tells holds, but nothing can be added\n");
    assert_eq!((output.stdout, &*String::from_utf8_lossy(&output.stderr)), (right, &*doubt));
}

#[test]
fn one_clock_that_was_ahead_keeps_nothing_waiting() {
    let connect = |at: usize, stamp: &str| {
        let (port, second) = (20_000 + at, at % 60);
        format!(
            "{stamp}:{second:02}Z mx1 postfix/postscreen[7]: CONNECT from [192.0.2.{}]:{port} to [198.51.100.1]:25\n\
             {stamp}:{second:02}Z mx1 slapd[9]: conn={at} fd=12 ACCEPT from IP=192.0.2.7:{port} (IP=0.0.0.0:389)\n\
             {stamp}:{second:02}Z mx1 slapd[9]: conn={at} op=0 SRCH base=\"dc=x\" scope=2 deref=0 filter=\"(uid=a)\"\n\
             {stamp}:{second:02}Z mx1 slapd[9]: conn={at} fd=12 closed (connection lost)\n",
            at % 250
        )
    };
    let state = |first: &str| {
        let site = Site::new();
        let later = (1..3_000).map(|at| connect(at, &format!("2026-11-20T{:02}:{:02}", at / 600, at / 10 % 60)));
        let log: String = std::iter::once(connect(0, first)).chain(later).collect();
        site.write("mail.log", log.as_bytes());
        site.fine("ingest --store st mail.log");
        all_below(&site.path("st/state")).iter().map(|file| fs::metadata(file).expect("there").len()).sum::<u64>()
    };
    let (right, ahead) = (state("2026-11-20T00:00"), state("2027-11-20T00:00"));
    assert!(ahead < 2 * right, "{ahead} bytes of state instead of {right}");
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(text).expect("memory");
    gz.finish().expect("memory")
}

/// Writes a file that nobody has touched for an hour.
fn write_old(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("written");
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    File::options()
        .write(true)
        .open(path)
        .and_then(|f| f.set_times(FileTimes::new().set_modified(hour_ago)))
        .expect("set");
}

#[test]
fn f27_a_compressed_log_that_is_mended_counts_once() {
    let whole = gz(&lives(0..300));
    let mut wrong_sum = whole.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    let mut wrong_text = whole.clone();
    wrong_text[whole.len() / 2] ^= 4;
    let cuts =
        [whole.len() / 5, whole.len() / 2, whole.len() - 9, whole.len() - 3].map(|len| whole[..len].to_vec());
    for (number, broken) in [wrong_sum, wrong_text].into_iter().chain(cuts).enumerate() {
        let site = Site::new();
        for _ in 0..2 {
            write_old(&site.path("mail.log.2.gz"), &broken);
            let first = site.run("ingest --store st mail.log.2.gz");
            assert_eq!(first.status.code(), Some(66), "{number}");
            assert!(String::from_utf8_lossy(&first.stderr).starts_with("mailtrail: mail.log.2.gz: "), "{number}");
        }
        write_old(&site.path("mail.log.2.gz"), &whole);
        site.fine("ingest --store st mail.log.2.gz");
        assert_eq!(site.deliveries(), (300, 300), "{number}");
        site.same_as_plain("mail.log.2.gz");
    }
}

#[test]
fn f4_a_log_that_is_compressed_between_runs_is_gone_on_with() {
    for whole_at_once in [true, false] {
        let site = Site::new();
        let log = lives(0..90);
        site.write("mail.log.1", &log[..log.len() / 2]);
        site.fine("ingest --store st mail.log.1");
        fs::remove_file(site.path("mail.log.1")).expect("removed");
        let gz = gz(&log);
        if !whole_at_once {
            site.write("mail.log.2.gz", &gz[..gz.len() / 2]);
            site.fine("ingest --store st -q mail.log.2.gz");
        }
        site.write("mail.log.2.gz", &gz);
        site.fine("ingest --store st mail.log.2.gz");
        assert_eq!(site.deliveries(), (90, 90));
        site.fine("ingest --store st mail.log.2.gz");
        assert_eq!(site.deliveries(), (90, 90));
    }
}

#[test]
fn f1_a_log_that_is_renamed_and_made_anew_is_read_to_its_end() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    site.append("mail.log", &lives(20..30));
    fs::rename(site.path("mail.log"), site.path("mail.log.1")).expect("renamed");
    site.write("mail.log", &lives(30..37));
    site.fine("ingest --store st mail.log mail.log.1");
    assert_eq!(site.deliveries(), (37, 37));
    site.same_as_plain("mail.log mail.log.1");
}

#[test]
fn f3_a_log_that_is_copied_and_emptied_counts_once_and_says_so() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    site.append("mail.log", &lives(20..30));
    fs::copy(site.path("mail.log"), site.path("mail.log.1")).expect("copied");
    // The same file, emptied, not a new one.
    site.write("mail.log", &lives(30..37));
    let output = site.run("ingest -v --store st mail.log mail.log.1");
    let told = "mailtrail: mail.log: emptied or written anew since it was read; lines written between a copy and that are lost\n";
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), told));
    assert_eq!(site.deliveries(), (37, 37));
}

#[test]
fn f3_a_log_that_is_written_once_more_from_its_beginning_counts_once() {
    // `rsync --partial` and an older backup put another file there, `cp` writes into the one that is there.
    for (is_other_file, left) in [(true, 25), (false, 25), (true, 3), (false, 3)] {
        let site = Site::new();
        site.write("mail.log", &lives(0..40));
        site.fine("ingest --store st mail.log");
        if is_other_file {
            fs::rename(site.path("mail.log"), site.path("gone")).expect("renamed");
            fs::remove_file(site.path("gone")).expect("removed");
        }
        site.write("mail.log", &lives(0..left));
        for args in ["ingest --store st mail.log", "report --store st mail.log", "trace b@y.example --store st"] {
            assert!(matches!(site.run(args).status.code(), Some(0 | 1)), "{args}");
        }
        assert_eq!(site.deliveries(), (40, 40));
        site.write("mail.log", &lives(0..50));
        site.fine("ingest --store st mail.log");
        assert_eq!(site.deliveries(), (50, 50), "{is_other_file} {left}");
    }
}

#[test]
fn f3_a_beginning_of_a_log_that_is_gone_counts_once() {
    let site = Site::new();
    site.write("mail.log", &lives(0..200));
    site.fine("ingest --store st mail.log");
    fs::remove_file(site.path("mail.log")).expect("removed");
    site.write("saved", &lives(0..120));
    site.fine("ingest --store st saved");
    assert_eq!(site.deliveries(), (200, 200));
}

#[test]
fn what_waits_since_long_stays_in_the_figures_when_old_facts_go() {
    let site = Site::new();
    let mut log = lives(0..10);
    log.extend_from_slice(waiting().as_bytes());
    site.write("mail.log", &log);
    site.fine("ingest --store st mail.log");
    let waits =
        || String::from_utf8_lossy(&site.fine("query --store st queue-now --format csv")).contains("ABCDEF");
    assert!(waits());
    for args in
        ["store prune --keep 0d --store st", "ingest --store st mail.log", "store prune --keep 0d --store st"]
    {
        site.fine(args);
        assert!(waits(), "{args}");
    }
}

#[test]
fn f5_an_inode_that_is_used_again_is_another_log() {
    let site = Site::new();
    // Longer, and shorter, than what lay there before; begun alike or not.
    for (number, next) in [5..400, 5..6, 100..110, 0..3].into_iter().enumerate() {
        fs::remove_dir_all(site.path("st")).ok();
        site.write("a.log", &lives(0..50));
        site.fine("ingest --store st a.log");
        let inode = fs::metadata(site.path("a.log")).expect("there").ino();
        let count = next.len() as u64;
        let (alike, more) = (next.start == 0, [lives(0..1), lives(next)].concat());
        site.write("a.log", &more);
        assert_eq!(fs::metadata(site.path("a.log")).expect("there").ino(), inode);
        site.fine("ingest --store st -q a.log");
        let repeats = u64::from(alike) * 3 + 1;
        assert_eq!(site.deliveries().0, 50 + 1 + count, "{number} {repeats}");
    }
}

#[test]
fn what_is_wrong_with_a_store_is_told_as_it_is() {
    let site = Site::new();
    site.write("file", b"no store\n");
    fs::create_dir(site.path("empty")).expect("made");
    symlink("nowhere", site.path("link")).expect("a link");
    site.write("mail.log", &lives(0..3));
    site.write("none.log", b"");
    site.fine("ingest --store new none.log");
    site.fine("store prune --keep 0d --store new");
    let cases = [
        ("report --store new", 0, ""),
        (
            "report --store empty",
            66,
            "error: there is no store in empty\n |\n = help: `mailtrail ingest --store DIR PATH…` makes one\n",
        ),
        ("report --store file", 66, "error: file is a file\n |\n = help: `--store` names the folder of a store\n"),
        (
            "ingest --store file mail.log",
            73,
            "error: file is a file\n |\n = help: `--store` names the folder of a store\n",
        ),
        (
            "report --store file/st",
            66,
            "error: file/st cannot be opened as a store: Not a directory (os error 20)\n",
        ),
        ("report --store link", 66, "error: link is a link that leads nowhere: nowhere is not there\n"),
        ("ingest --store link mail.log", 73, "error: link is a link that leads nowhere: nowhere is not there\n"),
        (
            "store prune --store new --keep 400",
            64,
            "error: invalid value '400' for '--keep <AGE>': write days or weeks, with their unit: 400d, 13w\n\nFor more information, try '--help'.\n",
        ),
        (
            "store info --no-store",
            64,
            "error: no store is named\n |\n = help: name a folder with `--store DIR`, or give `store` in the configuration\n",
        ),
    ];
    for (args, code, told) in cases {
        let output = site.run(args);
        assert_eq!(
            (output.status.code(), &*String::from_utf8_lossy(&output.stderr)),
            (Some(code), told),
            "{args}"
        );
    }
}

#[test]
fn a_store_that_holds_nothing_says_so_and_what_to_do() {
    let site = Site::new();
    let nothing = site.run("ingest --store st missing.log");
    let told = "mailtrail: missing.log: No such file or directory (os error 2)\nerror: none of the inputs could be read\n";
    assert_eq!((nothing.status.code(), &*String::from_utf8_lossy(&nothing.stderr)), (Some(66), told));
    let output = site.run("report --store st");
    let told = "error: the store in st is empty\n |\n = help: `mailtrail ingest PATH…` reads logs into it; `--no-store` reads logs without it\n";
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(66), told));
}

#[test]
fn f28_a_damaged_manifest_says_what_helps() {
    let site = Site::new();
    site.write("mail.log", &lives(0..3));
    site.fine("ingest --store st mail.log");
    site.write("st/manifest.json", b"{}");
    let told = "error: st/manifest.json is damaged\n |\n = help: bring the manifest back from a backup, or name another folder and read the logs anew\n";
    for args in ["store check --store st", "report --store st", "ingest --store st mail.log"] {
        let output = site.run(args);
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(65), told), "{args}");
    }
}

#[test]
fn f25_a_store_that_may_not_be_read_says_so() {
    let site = Site::new();
    site.write("mail.log", &lives(0..3));
    site.fine("ingest --store st mail.log");
    let closed = |mode| fs::set_permissions(site.path("st"), fs::Permissions::from_mode(mode)).expect("set");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(site.folder.path(), open).expect("set");
    closed(0o000);
    let may_all = fs::read_dir(site.path("st")).is_ok();
    let run = |args: &str| {
        let mut command = if may_all { Command::new("setpriv") } else { Command::new("env") };
        if may_all {
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        }
        let command = command.arg(crate::support::program::program()).args(args.split_whitespace());
        command.current_dir(site.folder.path()).env("HOME", "/").output().expect("it runs")
    };
    for (args, code) in
        [("report --store st", 66), ("store check --store st", 66), ("ingest --store st mail.log", 73)]
    {
        let output = run(args);
        let told = "error: st cannot be opened as a store: Permission denied (os error 13)\n";
        assert_eq!(
            (output.status.code(), &*String::from_utf8_lossy(&output.stderr)),
            (Some(code), told),
            "{args}"
        );
    }
    closed(0o700);
}

#[test]
fn t18_a_link_in_a_store_is_not_followed() {
    let site = Site::new();
    site.write("mail.log", &lives(0..3));
    site.write("victim", b"untouched");
    site.fine("ingest --store st mail.log");
    for name in ["manifest.json.new", "state/000002.postcard.zst"] {
        symlink(site.path("victim"), site.path("st").join(name)).expect("a link");
    }
    site.append("mail.log", &lives(3..5));
    // While somebody reads, nothing is cleared away.
    let readers = File::open(site.path("st/readers")).expect("a lock");
    readers.lock_shared().expect("held");
    site.fine("ingest --store st mail.log");
    assert_eq!(site.deliveries(), (5, 5));
    assert_eq!(fs::read(site.path("victim")).expect("read"), b"untouched");
}

#[test]
fn what_was_done_is_said_in_a_line_unless_quiet() {
    let site = Site::new();
    site.write("mail.log", life(1).as_bytes());
    let lines = [
        ("ingest mail.log", "7 new lines gave 2 facts\n"),
        ("store check", "3 files are as they were written\n"),
        ("store compact", "0 segments fewer\n"),
        ("store forget --older-than 0d", "3 facts name nobody any more\n"),
        ("store prune --keep 0d", "2 facts dropped\n"),
        ("store renew-secret", "the secret is in order; nothing was changed\n"),
    ];
    for (args, line) in lines {
        for (quiet, line) in [("", line), (" -q", "")] {
            site.fine("ingest -q --store st mail.log");
            let store = if quiet.is_empty() { "st" } else { "quiet" };
            site.fine("ingest -q --store quiet mail.log");
            if args.starts_with("ingest") {
                fs::remove_dir_all(site.path(store)).expect("removed");
            }
            let said = site.fine(&format!("{args} --store {store}{quiet}"));
            assert_eq!(String::from_utf8_lossy(&said), line, "{args}{quiet}");
        }
    }
}

#[test]
fn a_store_of_the_configuration_can_be_left_out() {
    let site = Site::new();
    site.write("a.log", &lives(0..5));
    site.write("b.log", &lives(5..7));
    site.write("m.toml", b"store = \"st\"\n[[inputs]]\npaths = [\"b.log\"]\n");
    site.fine("ingest --config m.toml a.log");
    let count = |args: &str| {
        let mut command = site.command(&format!("query --config m.toml --format csv {args}"));
        let output = command.arg("SELECT COUNT(*) AS n FROM deliveries").output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).replace("n\r\n", "").trim().to_owned()
    };
    assert_eq!([count(""), count("--no-store")], ["5", "2"]);
}

#[test]
fn a_report_spares_the_logs_of_a_store_and_not_what_took_their_place_on_the_disk() {
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    assert_eq!(site.run("report --store st -o mail.log").status.code(), Some(64));
    // The report is given the inode of the log, on most file systems.
    fs::remove_file(site.path("mail.log")).expect("removed");
    for _ in 0..3 {
        site.fine("report --store st -o out.txt");
    }
}

/// What the log loses the end of: searches that were given up, messages of which no line tells that they are gone.
fn without_end(day: u32, count: usize) -> String {
    (0..count).fold(String::new(), |mut log, n| {
        let at = format!("2026-11-{day:02}T10:{:02}:{:02}Z mx", n / 60 % 60, n % 60);
        let (conn, id) = (1000 + n, format!("4Xk{day:02}{n:07}z"));
        let lines = [
            format!("slapd[7]: conn={conn} fd=9 ACCEPT from IP=192.0.2.7:40000 (IP=0.0.0.0:389)"),
            format!(r#"slapd[7]: conn={conn} op=1 SRCH base="ou=day{day}" scope=2 deref=0 filter="(uid={n})""#),
            format!("slapd[7]: conn={conn} op=2 ABANDON msg=2"),
            format!("slapd[7]: conn={conn} fd=9 closed (connection lost)"),
            format!("postfix/smtpd[8]: {id}: client=mail.remote.example[192.0.2.10]"),
            format!("postfix/cleanup[9]: {id}: message-id=<{day}.{n}@remote.example>"),
            format!("postfix/qmgr[5]: {id}: from=<a{n}@remote.example>, size=400, nrcpt=1 (queue active)"),
        ];
        lines.iter().for_each(|line| writeln!(log, "{at} {line}").expect("a text"));
        log
    })
}

#[test]
fn what_has_no_end_does_not_wait_for_ever() {
    let site = Site::new();
    let open = || {
        let files = ["state", "open"].into_iter().flat_map(|part| all_below(&site.path("st").join(part)));
        files.filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum::<u64>()
    };
    site.write("mail.log.1", without_end(1, 3000).as_bytes());
    site.fine("ingest --store st mail.log.1");
    let many = open();
    site.write("mail.log", (without_end(8, 1) + &without_end(9, 2)).as_bytes());
    site.fine("ingest --store st mail.log");
    let few = open();
    // The rest is what the store knows of the logs.
    assert!(few * 2 < many, "{few} of {many}");
    site.same_as_plain("mail.log.1 mail.log");
    let sql = "SELECT COUNT(fate) AS ended, COUNT(*) AS told FROM messages UNION ALL \
        SELECT COUNT(result_code) AS ended, COUNT(*) AS told FROM directory_ops WHERE kind = 'search'";
    let told = site.command("query --store st --format csv").arg(sql).output().expect("the program runs");
    assert_eq!(String::from_utf8_lossy(&told.stdout), "ended,told\r\n3000,3003\r\n0,3003\r\n");
}

/// What may be said of a message that waits, eight days later, after others on the two days before.
const LATE_WORDS: &[&str] = &[
    "postsuper[9]: 4Xk1000021z2: removed\npostsuper[9]: Deleted: 1 message",
    "postsuper[9]: Deleted: 1 message",
    "smtp[9]: 4Xk1000021z2: to=<bob@far.example>, relay=far.example[198.51.100.9]:25, delay=604800, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)\nqmgr[5]: 4Xk1000021z2: removed",
    "smtpd[8]: 4Xk1000029z2: client=localhost[127.0.0.1]\ncleanup[9]: 4Xk1000029z2: message-id=<1@remote.example>\nqmgr[5]: 4Xk1000029z2: from=<a@remote.example>, size=400, nrcpt=1 (queue active)\nsmtp[9]: 4Xk1000021z2: to=<bob@far.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=604800, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Xk1000029z2)",
    "cleanup[9]: 4Xk1000021z2: milter-reject: END-OF-MESSAGE from mail.remote.example[192.0.2.10]: 5.7.1 Spam; from=<x@y.example> to=<bob@local.example> proto=ESMTP helo=<x>",
    "smtpd[8]: 4Xk1000021z2: client=other.example[192.0.2.99]\nqmgr[5]: 4Xk1000021z2: removed\ncleanup[9]: 4Xk1000021z2: message-id=<9@remote.example>\nqmgr[5]: 4Xk1000021z2: from=<b@remote.example>, size=400, nrcpt=1 (queue active)",
];

#[test]
fn what_is_lost_is_so_at_a_line_and_not_at_the_end_of_a_run() {
    let begun = |id: &str| {
        format!(
            "smtpd[8]: {id}: client=mail.remote.example[192.0.2.10]\ncleanup[9]: {id}: message-id=<1@remote.example>\nqmgr[5]: {id}: from=<a@remote.example>, size=400, nrcpt=1 (queue active)"
        )
    };
    let dated = |day: &str, lines: &str| {
        lines.lines().fold(String::new(), |log, line| log + day + "T10:00:00Z mx postfix/" + line + "\n")
    };
    for words in LATE_WORDS {
        let site = Site::new();
        let nights = [
            ("mail.log.2", dated("2026-11-01", &begun("4Xk1000021z2"))),
            (
                "mail.log.1",
                dated("2026-11-07", &begun("4Xk1000022z2")) + &dated("2026-11-08", &begun("4Xk1000023z2")),
            ),
            ("mail.log", dated("2026-11-09", words)),
        ];
        for (name, night) in &nights {
            site.write(name, night.as_bytes());
            site.fine(&format!("ingest -q --store st {name}"));
        }
        site.same_as_plain("mail.log.2 mail.log.1 mail.log");
        let sql = "SELECT fate FROM messages WHERE time < '2026-11-02'";
        let told = site.command("query --store st --format csv").arg(sql).output().expect("the program runs");
        assert_eq!(String::from_utf8_lossy(&told.stdout), "fate\r\nlost\r\n", "{words}");
    }
}
