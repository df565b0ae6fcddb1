//! `mailtrail init`: what it finds on machines of several kinds, and what it proposes.

use crate::cli::LOG;
use crate::support::program::{Test, write};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

const DOVECOT: &str = "\
Nov 24 09:00:00 mx1 dovecot: imap-login: Login: user=<anna@example.org>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=77, TLS, session=<abc>
Nov 24 09:00:01 mx1 dovecot: imap(anna@example.org)<77><abc>: Disconnected: Logged out in=50 out=500 deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0
";

const OTHER: &str = "Nov 24 09:00:00 mx1 CRON[77]: (root) CMD (true)\n";

/// A machine: its files.
fn machine(args: &str, files: &[(&str, &str)]) -> Test {
    let test = Test::new(args);
    let root = test.folder().join("root");
    fs::create_dir_all(root.join("etc")).expect("a folder");
    for (path, text) in files {
        write(&root.join(path.trim_start_matches('/')), text.as_bytes(), crate::support::program::WRITTEN);
    }
    symlink("/usr/share/zoneinfo/Europe/Berlin", root.join("etc/localtime")).expect("a link");
    test
}

fn run(test: &Test, status: i32) -> (String, String) {
    let output = test.command().output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is UTF-8");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    (stdout, stderr)
}

/// What is proposed is a configuration that the program takes.
fn accepted(proposal: &str) {
    Test::new("config check --config proposal.toml").file("proposal.toml", proposal).any_stdout().run();
}

#[test]
fn debian_with_rsyslog() {
    let mail = format!("{LOG}{DOVECOT}");
    let files =
        [("/var/log/mail.log", mail.as_str()), ("/var/log/syslog", mail.as_str()), ("/etc/group", "adm:x:4:\n")];
    let test = machine("init --root root --to postmaster@example.org", &files);
    let (proposal, told) = run(&test, 0);
    assert!(
        told.contains("/var/log/mail.log: dovecot, postfix; 100 % of its last 9 lines are understood"),
        "{told}"
    );
    assert!(told.contains("time zone: Europe/Berlin"), "{told}");
    assert!(
        proposal.contains("paths = [\"/var/log/mail.log*\"]") && proposal.contains("timezone = \"Europe/Berlin\"")
    );
    assert!(!proposal.contains("[\"/var/log/syslog"), "the same lines are not read twice: {proposal}");
    assert!(proposal.contains("to = [\"postmaster@example.org\"]"), "{proposal}");
    accepted(&proposal);
}

#[test]
fn rhel_with_maillog_that_nobody_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let test = machine("init --root root", &[("/var/log/maillog", LOG), ("/var/log/messages", OTHER)]);
    let path = test.folder().join("root/var/log/maillog");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let (proposal, told) = run(&test, 0);
    assert!(proposal.contains("paths = [\"/var/log/maillog*\"]"), "{proposal}");
    assert!(told.contains("/var/log/maillog: "), "{told}");
    accepted(&proposal);
}

#[test]
fn mail_that_has_no_file_of_its_own_is_read_where_everything_goes() {
    let test = machine("init --root root", &[("/var/log/messages", &format!("{OTHER}{LOG}"))]);
    let (proposal, _) = run(&test, 0);
    assert!(proposal.contains("paths = [\"/var/log/messages*\"]"), "{proposal}");
}

#[test]
fn the_journal_alone() {
    let test = machine("init --root root", &[("/var/log/journal/0123/system.journal", "x")]);
    let (proposal, told) = run(&test, 0);
    assert!(told.contains("journalctl -o json --all | mailtrail report -"), "{told}");
    let recipe = "journalctl -o json --all --since \"-8 days\" > /var/lib/mailtrail/journal.json\n";
    assert!(proposal.contains(recipe) && proposal.contains("paths = [\"/var/lib/mailtrail/journal.json\"]"));
    accepted(&proposal);
}

#[test]
fn a_system_that_cannot_be_read_yet_is_named() {
    let test =
        machine("init --root root", &[("/var/log/exim4/mainlog", "2026-11-24 09:00:00 1tE <= a@b.example\n")]);
    let (_, told) = run(&test, 66);
    assert!(told.contains("Exim, which mailtrail does not read yet"), "{told}");
}

#[test]
fn a_zone_that_is_not_known_stops_nothing() {
    let test =
        machine("init --root root", &[("/var/log/mail.log", LOG), ("/etc/timezone", "Mars/\u{1b}[2JOlympus\n")]);
    fs::remove_file(test.folder().join("root/etc/localtime")).expect("it is there");
    let (proposal, told) = run(&test, 0);
    let expected = "the machine's time zone `Mars/\\x1b[2JOlympus` is not known; UTC is taken instead";
    assert!(told.contains(expected) && proposal.contains("timezone = \"UTC\""), "{told}");
}

#[test]
fn nothing_at_all() {
    let (_, told) = run(&machine("init --root root", &[]), 66);
    assert!(told.contains("none of the usual files is there") && told.contains("/var/log/mail.log"), "{told}");
}

#[test]
fn writing_it_shows_a_first_report_and_happens_once() {
    let test = machine("init --root root --write", &[("/var/log/mail.log", LOG)]);
    let (report, _) = run(&test, 0);
    assert!(report.starts_with("Daily mail report · mx1\n"), "{report}");
    let written =
        fs::read_to_string(test.folder().join("root/etc/mailtrail/mailtrail.toml")).expect("it is written");
    accepted(&written);
    // The night's service runs as a user of its own.
    let mode = fs::metadata(test.folder().join("root/etc/mailtrail/mailtrail.toml")).expect("there").mode();
    assert_eq!(mode & 0o777, 0o644);
    let (_, told) = run(&test, 73);
    assert!(told.contains("is there already"), "{told}");
    let named = machine("init --root root --write --config new.toml", &[("/var/log/mail.log", LOG)]);
    run(&named, 0);
    accepted(&fs::read_to_string(named.folder().join("new.toml")).expect("it is written"));
}
