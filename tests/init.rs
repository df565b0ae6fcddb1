//! `mailtrail init`: what it finds on machines of several kinds, and what it proposes.

use crate::cli::LOG;
use crate::support::program::{Test, WRITTEN, program, write};
use crate::support::{project, skip};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::process::Command;

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
        write(&root.join(path.trim_start_matches('/')), text.as_bytes(), WRITTEN);
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

#[test]
fn what_was_just_rotated_is_looked_at_and_its_log_proposed() {
    let look = |files: &[(&str, &str)], expected: &str| {
        let (proposal, told) = run(&machine("init --root root", files), 0);
        let expected = format!("/var/log/mail.log: {expected}");
        assert!(told.starts_with(&expected), "{told}");
        assert!(proposal.contains("paths = [\"/var/log/mail.log*\"]"), "{proposal}");
        accepted(&proposal);
    };
    let (empty, first) = (("/var/log/mail.log", ""), ("/var/log/mail.log.1", LOG));
    look(&[empty, first], "holds no mail yet; mail.log.1 beside it: postfix; 100 % of its last ");
    look(&[first], "is not there; mail.log.1 beside it: postfix; ");
    look(&[("/var/log/mail.log", OTHER), first], "holds no mail yet; mail.log.1 beside it: postfix; ");
    look(
        &[empty, ("/var/log/mail.log-20261123", LOG)],
        "holds no mail yet; mail.log-20261123 beside it: postfix; ",
    );
    // One that belongs to another log is none, though its name begins so.
    run(&machine("init --root root", &[empty, ("/var/log/mail.logger.1", LOG)]), 66);
    run(&machine("init --root root", &[empty, ("/var/log/mail.log.old/1", LOG)]), 66);
}

#[test]
fn a_rotated_log_that_is_compressed_is_looked_at_and_reported_on() {
    let test = machine("init --root root --write", &[("/var/log/mail.log", "")]);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(LOG.as_bytes()).expect("memory");
    let log = |name: &str| test.folder().join("root/var/log").join(name);
    write(&log("mail.log.2.gz"), &gz.finish().expect("memory"), WRITTEN);
    // A newer one holds nothing.
    write(&log("mail.log.1"), b"", WRITTEN + 3_600);
    let (report, told) = run(&test, 0);
    assert!(told.contains("mail.log.2.gz beside it: postfix; 100 % of its first "), "{told}");
    assert!(report.starts_with("Daily mail report · mx1\n"), "{report}");
}

#[test]
fn the_store_that_is_named_is_proposed() {
    let (proposal, _) = run(&machine("init --root root --store facts", &[("/var/log/mail.log", LOG)]), 0);
    let store = proposal.lines().find(|line| line.starts_with("store = \"/")).expect("a store");
    assert!(store.ends_with("/facts\""), "{store}");
    accepted(&proposal);
    let none = machine("init --root root --store facts --no-store", &[("/var/log/mail.log", LOG)]);
    assert!(!run(&none, 0).0.contains("store = "));
}

#[test]
fn a_root_that_is_no_folder_is_refused() {
    let help =
        " |\n = help: `--root` names the folder of a whole file system, in which there are `etc` and `var`\n";
    let refused = |root: &str, why: &str| {
        let told = format!("error: {root} is no folder{why}\n{help}");
        Test::new(&format!("init --root {root}")).file("file", "").status(64).stderr(&told).run();
    };
    refused("file", "");
    refused("missing", ": No such file or directory (os error 2)");
}

#[test]
fn where_nothing_is_found_it_is_said_below_which_root() {
    let (_, told) = run(&machine("init --root root", &[]), 66);
    assert!(told.contains("looked below root at /var/log/mail.log, "), "{told}");
}

#[test]
fn root_is_told_what_the_services_user_cannot_read() {
    const WHO: &str = "the service's user `mailtrail`, in the group `adm`, cannot";
    let files = [
        ("/var/log/mail.log", LOG),
        ("/etc/group", "root:x:0:\nadm:x:4:\nlogs:x:77:other\nmail:x:8:mailtrail,other\n"),
        ("/etc/passwd", "root:x:0:0::/:/bin/sh\nmailtrail:x:990:991::/:/bin/false\n"),
    ];
    let test = machine("init --root root", &files);
    let (folder, log) = (test.folder().join("root/var/log"), test.folder().join("root/var/log/mail.log"));
    if chown(&log, Some(0), Some(0)).is_err() {
        return skip("root_is_told_what_the_services_user_cannot_read", "only root is told");
    }
    let told = |user: u32, group: u32, mode: u32, of_folder: u32| {
        chown(&log, Some(user), Some(group)).expect("we are root");
        fs::set_permissions(&log, fs::Permissions::from_mode(mode)).expect("its mode is set");
        fs::set_permissions(&folder, fs::Permissions::from_mode(of_folder)).expect("its mode is set");
        run(&test, 0).1.lines().find(|line| line.contains(WHO)).map(str::to_owned)
    };
    let refused = told(0, 0, 0o600, 0o755).expect("it is told");
    let help = "read it; chgrp adm /var/log/mail.log && chmod g+r /var/log/mail.log, and the same where it is rotated \
        (`create 0640 root adm`), or let the service run as root (docs/nightly.md)";
    assert_eq!(refused, format!("/var/log/mail.log: {WHO} {help}"));
    let other = told(0, 77, 0o640, 0o755).expect("it is told");
    assert!(other.ends_with("its group `logs` may: name that in `SupplementaryGroups=` of the unit"), "{other}");
    let closed = told(0, 4, 0o640, 0o700).expect("it is told");
    assert!(closed.contains("cannot enter the folder /var/log; chgrp adm /var/log && "), "{closed}");
    // Its own file, one of its group, of a group that it is in, of all.
    for (user, group, mode) in [(990, 0, 0o600), (0, 4, 0o640), (0, 991, 0o640), (0, 8, 0o640), (0, 0, 0o644)] {
        assert_eq!(told(user, group, mode, 0o755), None, "{user} {group} {mode:o}");
    }
}

#[test]
fn with_the_journal_alone_the_step_that_is_missing_is_said() {
    const STEP: &str = "by packaging/systemd/journal.conf, a drop-in of the service, or by `journalctl -o json --all \
        --since \"-8 days\" > /var/lib/mailtrail/journal.json` (docs/nightly.md)\n";
    for args in ["init --root root", "init --root root --write"] {
        let (_, told) = run(&machine(args, &[("/var/log/journal/0123/system.journal", "x")]), 0);
        assert!(told.contains("not done yet: `mailtrail nightly` reads the journal from a file"), "{told}");
        assert!(told.contains(STEP), "{told}");
    }
    // The drop-in writes what the configuration names.
    let file = fs::read_to_string(project("packaging/systemd/journal.conf")).expect("it is there");
    assert!(file.contains("'journalctl -o json --all --since \"-8 days\" > /var/lib/mailtrail/journal.json'"));
    if fs::exists("/var/lib/mailtrail/journal.json").unwrap_or(true) {
        return skip("with_the_journal_alone_the_step_that_is_missing_is_said", "the journal's file is there");
    }
    for store in ["", "store = 'facts'\n"] {
        let config = format!("{store}[[inputs]]\npaths = ['/var/lib/mailtrail/journal.json']\n");
        let night = Test::new("nightly --config c.toml --state state").file("c.toml", config);
        let night = night.status(66).any_stderr().run();
        let told = String::from_utf8_lossy(night.stderr()).into_owned();
        assert!(told.contains("none of the inputs could be read\n") && told.contains(STEP), "{told}");
    }
}

#[test]
fn a_plain_user_is_told_where_a_configuration_can_be_written() {
    let test = machine("init --root root --write", &[("/var/log/mail.log", LOG)]);
    fs::set_permissions(test.folder(), fs::Permissions::from_mode(0o755)).expect("its mode is set");
    let etc = test.folder().join("root/etc");
    fs::set_permissions(&etc, fs::Permissions::from_mode(0o555)).expect("its mode is set");
    let is_root = fs::metadata("/proc/self").expect("there").uid() == 0;
    let mut command = Command::new(if is_root { "setpriv" } else { "env" });
    if is_root {
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    }
    let command = command.arg(program()).args(["init", "--root", "root", "--write"]);
    let output = command.current_dir(test.folder()).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(73), "{told}");
    let help = "run it as root, or keep a configuration of your own: `mailtrail init --write --config \
        ~/.config/mailtrail/mailtrail.toml`\n";
    assert!(
        told.contains("root/etc/mailtrail cannot be made: Permission denied") && told.ends_with(help),
        "{told}"
    );
    fs::set_permissions(&etc, fs::Permissions::from_mode(0o755)).expect("its mode is set");
}
