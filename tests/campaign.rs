//! A campaign against the whole program: what goes wrong once in many thousand times. `MAILTRAIL_ROUNDS` says how often
//! each is tried.

use crate::store::{Site, lives, times};
use crate::support::program::program;
use crate::support::{project, skip};
use mailtrail::deliver;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Takes the place of the system's calls: each third is interrupted, and what is done is done in small pieces.
const PIECEMEAL: &str = r"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static __thread unsigned calls;

static size_t some(size_t most) { return most > 1 ? 1 + (most - 1) / (2 + calls % 5) : most; }
static int interrupted(void) { return ++calls % 3 == 0; }

#define TAKE(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *to, size_t most) {
    TAKE(read);
    if (interrupted()) { errno = EINTR; return -1; }
    return real(fd, to, some(most));
}
ssize_t write(int fd, const void *from, size_t most) {
    TAKE(write);
    if (interrupted()) { errno = EINTR; return -1; }
    return real(fd, from, some(most));
}
ssize_t pread64(int fd, void *to, size_t most, off64_t at) {
    TAKE(pread64);
    if (interrupted()) { errno = EINTR; return -1; }
    return real(fd, to, some(most), at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    TAKE(writev);
    if (interrupted()) { errno = EINTR; return -1; }
    return real(fd, parts, count > 1 ? 1 : count);
}
";

#[test]
fn c64_short_and_interrupted_calls_go_unnoticed() {
    let site = Site::new();
    site.write("piecemeal.c", PIECEMEAL.as_bytes());
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O", "-o", "piecemeal.so", "piecemeal.c", "-ldl"])
        .current_dir(site.folder.path());
    if !cc.status().is_ok_and(|status| status.success()) {
        return skip("c64", "cc is not there");
    }
    site.write("mail.log", &lives(0..200));
    assert!(Command::new("gzip").args(["-k", "mail.log"]).current_dir(site.folder.path()).status().is_ok());
    let run = |args: &str, library: &str| {
        let mut command = site.command(args);
        if !library.is_empty() {
            command.env("LD_PRELOAD", site.path(library));
        }
        command.stdin(fs::File::open(site.path("mail.log")).expect("a log"));
        let output = command.output().expect("the program runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{args}");
        output.stdout
    };
    for args in [
        "report mail.log --format json",
        "report - --format json",
        "report mail.log.gz --format html",
        "ingest --store STORE mail.log",
        "report --store STORE --format json",
        "store forget --store STORE --older-than 0d -q",
        "report --store STORE --report full --format csv --section deliveries",
    ] {
        let [right, piecemeal] = [("a", ""), ("b", "piecemeal.so")].map(|(store, library)| {
            String::from_utf8_lossy(&run(&args.replace("STORE", store), library)).replace("store b", "store a")
        });
        assert_eq!(right, piecemeal, "{args}");
    }
}

#[test]
fn c65_no_sync_is_tried_again_after_one_failed() {
    if !Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok_and(|s| s.success()) {
        return skip("c65", "strace is not there");
    }
    let site = Site::new();
    site.write("mail.log", &lives(0..20));
    site.fine("ingest --store st mail.log");
    let trace = site.path("trace");
    let mut failures = 0;
    for args in
        ["ingest --store st mail.log", "report mail.log -o report.html", "store forget --older-than 0d --store st"]
    {
        for nth in 1.. {
            site.append("mail.log", &lives(20 + nth..21 + nth));
            let mut strace = Command::new("strace");
            strace.args(["-f", "-y", "-e", "trace=fsync,fdatasync", "-o"]).arg(&trace);
            strace.args(["-e", &format!("inject=fsync,fdatasync:error=EIO:when={nth}")]).arg(program());
            // Of several threads at once strace breaks lines in two.
            strace.args(args.split_whitespace()).args(["--jobs", "1"]);
            strace.current_dir(site.folder.path()).stderr(Stdio::null());
            let status = strace.stdout(Stdio::null()).status().expect("strace runs");
            let calls = fs::read_to_string(&trace).expect("a trace");
            let Some(at) = calls.lines().position(|line| line.contains("(INJECTED)")) else { break };
            assert!(!status.success(), "{args}: the {nth}. sync failed and nobody was told");
            let file = |line: &str| line.split(['<', '>']).nth(1).map(str::to_owned);
            let failed = file(calls.lines().nth(at).expect("a line"));
            let again = calls.lines().skip(at + 1).filter(|line| file(line) == failed).count();
            assert_eq!(again, 0, "{args}, the {nth}.:\n{calls}");
            failures += 1;
        }
    }
    assert!(failures > 10, "{failures}");
    site.fine("store check --store st");
}

#[test]
fn c93_a_race_for_a_report_in_a_folder_of_all_is_never_won() {
    // Where nothing has to reach a disk it goes faster.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).expect("all may write to it");
    let place = |name: &str| folder.path().join(name);
    fs::write(place("victim"), "untouched").expect("written");
    fs::set_permissions(place("victim"), fs::Permissions::from_mode(0o666)).expect("set");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                // A rename takes the place of whatever is there at that moment.
                let _ = symlink(place("victim"), place("bait"));
                let _ = fs::rename(place("bait"), place("report.html"));
                let _ = fs::remove_file(place("report.html"));
            }
        });
        for round in 0..times("MAILTRAIL_ROUNDS", 300) {
            let report = round.to_string();
            deliver::file(&place("report.html"), report.as_bytes()).expect("it is written");
            assert_eq!(fs::read(place("victim")).expect("read"), b"untouched", "round {round}");
            // It may be gone again by now, or a link be there; where it is ours it is ours alone.
            if let Ok(there) = fs::symlink_metadata(place("report.html"))
                && there.is_file()
            {
                assert_eq!(there.permissions().mode() & 0o777, 0o600, "round {round}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let left =
        fs::read_dir(folder.path()).expect("a folder").flatten().filter(|entry| entry.file_name() != "victim");
    assert!(left.count() <= 1, "something temporary was left");
}

#[test]
fn t15_no_two_runs_hash_the_keys_of_strangers_alike() {
    let probe = mailtrail::event::hash_probe();
    if std::env::var_os("MAILTRAIL_PROBE").is_some() {
        println!("probe {probe}");
        return;
    }
    let other = || {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "campaign::t15_no_two_runs_hash_the_keys_of_strangers_alike", "--nocapture"]);
        let output = command.env("MAILTRAIL_PROBE", "1").output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = told.lines().find_map(|line| line.strip_prefix("probe ").map(str::to_owned));
        number.unwrap_or_else(|| panic!("{told}"))
    };
    // Whoever chose keys that collide in one run has chosen none for the next.
    let probes = std::collections::BTreeSet::from([probe.to_string(), other(), other(), other()]);
    assert_eq!(probes.len(), 4, "{probes:?}");
}

#[test]
fn t25_nothing_of_another_domain_stands_in_a_domains_report() {
    let mail = |id: &str, domain: &str, second: u32| {
        let at = format!("Nov 24 09:00:{second:02} mx1");
        format!(
            "{at} postfix/smtpd[1]: {id}: client=c.{domain}[192.0.2.{second}]\n\
             {at} postfix/cleanup[2]: {id}: message-id=<{id}@{domain}>\n\
             {at} postfix/qmgr[3]: {id}: from=<from@{domain}>, size=9, nrcpt=1 (queue active)\n\
             {at} postfix/smtp[4]: {id}: to=<to@{domain}>, relay=mx.{domain}[192.0.2.9]:25, delay=900, delays=0/899/0/1, dsn=4.2.2, status=deferred (host mx.{domain}[192.0.2.9] said: 452 4.2.2 <to@{domain}> full)\n\
             {at} postfix/smtpd[1]: NOQUEUE: reject: RCPT from c.{domain}[192.0.2.{second}]: 550 5.1.1 <none@{domain}>: Recipient address rejected: unknown; from=<a@{domain}> to=<none@{domain}> proto=ESMTP helo=<{domain}>\n\
             {at} postfix/smtpd[1]: nobody knows this line of {domain} {id}\n\
             {at} postfix/smtpd[1]: warning: hostname {domain} does not resolve to address 192.0.2.{second}\n"
        ) + &format!(
            "{at} dovecot: imap-login: Disconnected (auth failed, 50 attempts in 9 secs): user=<u@{domain}>, method=PLAIN, rip=192.0.2.{second}, lip=192.0.2.1, session=<{id}>\n"
        )
        .repeat(3)
    };
    let site = Site::new();
    site.write("mail.log", (mail("4XkA01", "one.example", 1) + &mail("4XkB02", "two.example", 2)).as_bytes());
    site.fine("ingest --store st --year 2026 mail.log");
    for from in ["mail.log --year 2026", "--store st"] {
        for format in ["html", "json", "text", "csv", "mail"] {
            let folder = if format == "csv" { "-o tables" } else { "" };
            let output =
                site.run(&format!("report {from} --report full --domain one.example --format {format} {folder}"));
            let tables = fs::read_dir(site.path("tables")).into_iter().flatten().flatten();
            let tables = tables.flat_map(|table| fs::read(table.path()).expect("a table"));
            let bytes: Vec<u8> = output.stdout.into_iter().chain(tables).collect();
            let told = String::from_utf8_lossy(&bytes);
            assert!(told.contains("one.example") || format == "mail", "{from} {format}: {told}");
            for other in ["two.example", "4XkB02", "192.0.2.2"] {
                assert!(!told.contains(other), "{other} in {from} {format}:\n{told}");
            }
        }
    }
}

#[test]
fn f26_a_run_that_gets_no_memory_leaves_the_store_as_it_was() {
    let site = Site::new();
    site.write("mail.log", &lives(0..50));
    site.fine("ingest --store st mail.log");
    site.write("mail.log", &lives(0..3000));
    let mut failed = 0;
    // From too little to begin with up to enough, in KiB.
    for most in (100_000..1_500_000).step_by(100_000) {
        let before = site.deliveries();
        let script = format!("ulimit -v {most} -c 0; exec {} ingest --store st -q mail.log", program());
        let output = Command::new("bash").args(["-c", &script]).current_dir(site.folder.path()).output();
        let status = output.expect("bash").status;
        failed += usize::from(!status.success());
        let (now, recipients) = site.deliveries();
        assert!(now == recipients && (now == before.0 || now == 3000), "{most} KiB: {now} {recipients}");
        site.fine("store check --store st");
    }
    assert!(failed > 0, "it never lacked memory");
    site.fine("ingest --store st -q mail.log");
    assert_eq!(site.deliveries(), (3000, 3000));
}

#[test]
fn c96_the_bill_of_materials_names_every_crate_of_the_build_and_no_other() {
    let Ok(output) = Command::new(project("scripts/sbom")).output() else {
        return skip("c96", "python3 is not there");
    };
    if !output.status.success() {
        return skip("c96", &String::from_utf8_lossy(&output.stderr));
    }
    let bill: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let lock = fs::read_to_string(project("Cargo.lock")).expect("it is there");
    let components = bill["components"].as_array().expect("components");
    for component in components {
        let told = |name: &str| component[name].as_str().expect("a text");
        let locked = format!("name = \"{}\"\nversion = \"{}\"\n", told("name"), told("version"));
        assert!(lock.contains(&locked), "{component} is not in Cargo.lock");
        let checksum = component["hashes"][0]["content"].as_str().expect("a checksum");
        assert!(lock.contains(checksum) && component["licenses"].is_array(), "{component}");
    }
    let has = |name: &str| components.iter().any(|component| component["name"] == name);
    assert!(has("polars") && has("rustls") && !has("proptest"), "what is linked, and no more");
}
