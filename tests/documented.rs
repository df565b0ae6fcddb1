//! The commands of the documents, typed as they stand, in a shell, with logs, mail and a configuration where they say.

use crate::support::program::{Test, WRITTEN, program, write};
use crate::support::{project, skip};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The pages, in which commands stand in blocks that are marked `sh`.
const PAGES: [&str; 9] = [
    "README.md",
    "docs/configuration.md",
    "docs/grammars.md",
    "docs/headers.md",
    "docs/mail.md",
    "docs/nightly.md",
    "docs/queries.md",
    "docs/store.md",
    "docs/trace.md",
];

/// What is not typed: it changes the machine, or builds.
const LEFT_OUT: [&str; 8] =
    ["sudo ", "| sudo", "cargo ", "install ", "useradd ", "systemctl ", "scripts/", "mailtrail init --write"];

/// What stands in the place of commands that reach out of the machine or ask for keys.
const OTHERS: &[(&str, &str)] = &[
    ("ssh", "shift\nexec \"$@\"\n"),
    ("journalctl", "cat journal.json\n"),
    ("docker", "cat container.log\n"),
    ("kubectl", "cat container.log\n"),
    ("less", "exec cat\n"),
    ("sendmail", "exec cat >/dev/null\n"),
];

/// The commands of a page, each whole: one that goes over several lines, or has a text behind it, is one.
fn commands(page: &str) -> Vec<String> {
    let text = fs::read_to_string(project(page)).expect("the page is read");
    let mut commands = Vec::new();
    for block in text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let mut open = String::new();
        for line in block.lines() {
            open += line;
            open.push('\n');
            let ends = match open.split_once("<<'") {
                Some((_, rest)) => rest.split_once('\'').is_some_and(|(word, _)| line == word),
                None => ['\'', '"'].iter().all(|quote| open.matches(*quote).count().is_multiple_of(2)),
            };
            if ends && !line.ends_with('\\') {
                commands.push(std::mem::take(&mut open));
            }
        }
        assert!(open.is_empty(), "{page}: a command does not end: {open}");
    }
    commands
}

/// A machine in a folder: logs, mail, a configuration, other commands.
fn machine(test: &Test, has_store: bool) {
    let folder = test.folder();
    let log = fs::read(project("sample-logs/lab/set-a-small.log")).expect("the sample is read");
    let mail = fs::read_to_string(project("sample-logs/headers/ways.mbox")).expect("the sample is read");
    let message = mail.split_once('\n').map_or("", |(_, rest)| rest.split("\nFrom ").next().unwrap_or_default());
    for name in ["var/log/mail.log", "old.log", "mx1.log"] {
        write(&folder.join(name), &log, WRITTEN);
    }
    for (name, of) in [
        ("var/log/mail.log.1", "sample-logs/postfix/filter-reinjection.log"),
        ("mx2.log", "sample-logs/postfix/expiry.log"),
        ("store.log", "sample-logs/dovecot/logins.log"),
        ("container.log", "sample-logs/frames/containers.log"),
        ("var/lib/docker/containers/ID/ID-json.log", "sample-logs/frames/containers.log"),
        ("archive.mbox.gz", "sample-logs/headers/ways.mbox"),
    ] {
        write(&folder.join(name), &fs::read(project(of)).expect("the sample is read"), WRITTEN);
    }
    for name in ["message.eml", "home/Maildir/cur/1:2,S", "var/vmail/example.org/anna/cur/1:2,S"] {
        write(&folder.join(name), message.as_bytes(), WRITTEN);
    }
    for name in [
        "home/Maildir/new",
        "home/Maildir/tmp",
        "var/vmail/example.org/anna/new",
        "var/vmail/example.org/anna/tmp",
    ] {
        fs::create_dir_all(folder.join(name)).expect("it is made");
    }
    let record = r#"{"__REALTIME_TIMESTAMP":"1795510800000000","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/smtpd","_PID":"1","MESSAGE":"connect from unknown[203.0.113.9]"}"#;
    write(&folder.join("journal.json"), format!("{record}\n").as_bytes(), WRITTEN);
    write(&folder.join("question.sql"), b"SELECT COUNT(*) AS n FROM messages\n", WRITTEN);
    let at = folder.display();
    let mut config = String::new();
    if has_store {
        let _ = writeln!(config, "store = \"{at}/var/lib/mailtrail/store\"");
    }
    let _ = writeln!(
        config,
        "state = \"{at}/var/lib/mailtrail\"\n[[inputs]]\npaths = [\"{at}/var/log/mail.log*\"]\n[mail]\nto = [\"postmaster@example.org\"]\nfrom = \"mailtrail@example.org\"\nsendmail = \"{at}/bin/sendmail\""
    );
    write(&folder.join("home/.config/mailtrail/mailtrail.toml"), config.as_bytes(), WRITTEN);
    for (name, script) in OTHERS {
        let path = folder.join("bin").join(name);
        write(&path, format!("#!/bin/sh\n{script}").as_bytes(), WRITTEN);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    }
    symlink(program(), folder.join("bin/mailtrail")).expect("a link");
}

/// Types a command; the machine's own folders are those of the test.
fn typed(folder: &Path, command: &str) -> Output {
    let ours = ["/var/log/", "/var/lib/mailtrail", "/var/lib/docker", "/var/vmail"];
    let command = ours.iter().fold(command.to_owned(), |command, name| command.replace(name, &name[1..]));
    let command = command.replace("mailtrail init ", "mailtrail init --root . ");
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let home = folder.join("home");
    // What reads standard input gets a message, and a prompt its end.
    let stdin = if command.contains("headers -") { folder.join("message.eml") } else { folder.join("prompt") };
    write(&folder.join("prompt"), b"\\q\n", WRITTEN);
    Command::new("bash")
        .args(["-c", &format!("set -o pipefail\n{command}")])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("TZ", "UTC"), ("LANG", "C.UTF-8")])
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .stdin(fs::File::open(stdin).map_or_else(|_| Stdio::null(), Stdio::from))
        .output()
        .expect("bash runs")
}

#[test]
fn every_command_of_the_readme_and_the_docs_works_as_it_is_written() {
    if Command::new("bash").arg("--version").output().is_err() {
        return skip("documented", "bash is not there");
    }
    let (mut complaints, mut number) = (String::new(), 0);
    for page in PAGES {
        let test = Test::new("");
        machine(&test, page == "docs/store.md");
        for command in commands(page) {
            if LEFT_OUT.iter().any(|part| command.contains(part)) || command.starts_with('#') {
                continue;
            }
            number += 1;
            let output = typed(test.folder(), &command);
            // With 1 a trace ends that finds nothing, and a run that met `--fail-on`.
            let may_find_nothing = command.contains("trace ") || command.contains("--fail-on");
            let fine = output.status.success() || may_find_nothing && output.status.code() == Some(1);
            if !fine {
                let told = String::from_utf8_lossy(&output.stderr);
                let _ = writeln!(complaints, "{page}: {command}{:?}\n{told}", output.status.code());
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
    assert!(number > 50, "{number} commands");
}
