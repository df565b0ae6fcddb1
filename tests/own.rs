//! Our own files: nothing that lies in their place is waited for, and nothing fills the memory.

use crate::cli::LOG;
use crate::store::{Site, all_below, lives};
use crate::support::program::program;
use crate::support::skip;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What else may lie where a file of ours is to lie.
const ODD: [(&str, &str); 3] = [
    ("pipe", "rm -rf \"$0\"; mkfifo \"$0\""),
    ("folder", "rm -rf \"$0\"; mkdir \"$0\""),
    ("5 GB", "truncate -s 5G \"$0\""),
];

const SEND: &str = "send mail.log --year 2026 --config mailtrail.toml --state state";

/// What must not happen with a file of ours: where it lies, the command that reads it, its exit code where something else
/// lies there.
#[rustfmt::skip]
const OWN: &[(&str, &str, [i32; 3])] = &[
    ("mailtrail.toml", "config check --config mailtrail.toml", [78, 78, 78]),
    ("own/grammars/mine.toml", "report mail.log --year 2026 --library own", [78, 78, 78]),
    ("own/report-templates/sections/mine.sql", "report mail.log --year 2026 --library own", [78, 78, 78]),
    ("own/report-templates/html/page.html", "report mail.log --year 2026 --library own --format html", [78, 78, 78]),
    ("question.sql", "query --file question.sql mail.log --year 2026", [66, 66, 64]),
    ("password", SEND, [78, 78, 78]),
    ("state/mail/lock", SEND, [73, 73, 69]),
    ("state/mail/waiting/one.mail", SEND, [69, 69, 69]),
    ("state/mail/sent/one.mail", SEND, [69, 69, 69]),
    ("state/nights/daily/2026-11-24.json", "nightly --quiet --config night.toml --state state mail.log", [0, 0, 0]),
    ("st/manifest.json", "report --store st", [65, 65, 65]),
    ("st/secret", "report --store st mail.log --year 2026", [74, 74, 65]),
    ("st/readers", "report --store st", [0, 0, 0]),
    ("st/lock", "ingest --store st mail.log", [73, 73, 0]),
    ("st/facts", "report --store st", [65, 65, 65]),
    ("st/state", "ingest --store st mail.log", [65, 65, 65]),
];

/// A machine with all files of ours.
fn site() -> Site {
    let site = Site::new();
    site.write("mail.log", LOG.as_bytes());
    site.write("life.log", &lives(0..20));
    site.fine("ingest --store st life.log");
    let mail = "[mail]\nfrom = 'm@mx1.example'\nto = 'p@example.org'\nhost = '127.0.0.1'\nport = 1\n";
    site.write("mailtrail.toml", format!("{mail}user = 'x'\npassword_file = 'password'\n").as_bytes());
    site.write("night.toml", b"timezone = 'UTC'\n");
    site.write("password", b"secret\n");
    site.write("question.sql", b"SELECT COUNT(*) AS n FROM deliveries");
    for (path, ..) in OWN {
        fs::create_dir_all(site.path(path).parent().expect("a folder")).expect("it is made");
    }
    site
}

/// The file itself: of a folder of the store, a file in it.
fn file(site: &Site, path: &str) -> PathBuf {
    let place = site.path(path);
    if !path.starts_with("st/") || !place.is_dir() {
        return place;
    }
    all_below(&place).into_iter().find(|path| path.is_file()).expect("a file")
}

/// Runs it for a minute at most, in little memory.
fn run(folder: &Path, args: &str) -> Output {
    let script = format!("ulimit -v 4000000; exec timeout 60 {} {args}", program());
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(folder).env_clear().env("HOME", folder).env("TZ", "UTC");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.output().expect("it runs")
}

#[test]
fn f25_nothing_in_the_place_of_our_files_is_waited_for() {
    let mut wrong = Vec::new();
    for (kind, (what, make)) in ODD.iter().enumerate() {
        for (path, args, status) in OWN {
            let site = site();
            let place = file(&site, path);
            assert!(Command::new("sh").args(["-c", make]).arg(&place).status().expect("sh").success());
            let output = run(site.folder.path(), args);
            let told = String::from_utf8_lossy(&output.stderr);
            if output.status.code() != Some(status[kind]) {
                wrong.push(format!("a {what} as {path}: {args}: {:?}\n{told}", output.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn f25_a_configuration_and_a_question_come_through_a_shells_substitution() {
    let site = site();
    let query = "query --config <(sleep 1; echo 'year = 2026') --file <(cat question.sql) mail.log --format csv";
    let output = run(site.folder.path(), query);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n\r\n1\r\n", "{output:?}");
    let endless = run(site.folder.path(), "config check --config <(yes)");
    let told = String::from_utf8_lossy(&endless.stderr);
    assert_eq!(endless.status.code(), Some(78));
    assert!(told.contains("larger than 4 MiB"), "{told}");
    assert_eq!(run(site.folder.path(), "config check --config /dev/null").status.code(), Some(0));
}

/// A night that keeps, mails and stores.
const NIGHT: &str = "timezone = 'UTC'\nyear = 2026\nstate = 'state'\nstore = 'state/store'\n\
    [[inputs]]\npaths = ['mail.log']\n[nightly]\nkeep_facts = '1 d'\n\
    [mail]\nfrom = 'm@mx1.example'\nto = 'a@b.example'\nby = 'sendmail'\nsendmail = '/bin/true'\n";

/// The user and the group of the service, which need no names.
const SERVICE: (u32, u32) = (65_534, 65_533);

#[test]
fn t19_what_root_does_once_does_not_lock_the_services_user_out() {
    let site = Site::new();
    site.write("mail.log", LOG.as_bytes());
    site.write("c.toml", NIGHT.as_bytes());
    fs::create_dir(site.path("state")).expect("it is made");
    if chown(site.path("state"), Some(SERVICE.0), Some(SERVICE.1)).is_err() {
        return skip("t19_what_root_does_once", "only root gives files away");
    }
    fs::set_permissions(site.folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode is set");
    let commands = [
        "ingest",
        "nightly --now 2026-11-25T00:20:00Z",
        "store compact",
        "store forget --older-than 0d",
        "store prune --keep 1d",
        "send --on 2026-11-24",
    ];
    for args in commands {
        site.fine(&format!("{args} --config c.toml --quiet"));
    }
    let owner = |path: &Path| fs::symlink_metadata(path).map(|there| (there.uid(), there.gid())).expect("there");
    let all = all_below(&site.path("state"));
    let of_root: Vec<&PathBuf> = all.iter().filter(|path| owner(path) != SERVICE).collect();
    assert!(of_root.is_empty() && all.len() > 10, "{of_root:#?}");
    // What is asked for by name stays with who asked.
    site.fine("report --config c.toml --quiet -o state/mine.txt");
    assert_eq!(owner(&site.path("state/mine.txt")).0, 0);
    let mut next = Command::new("setpriv");
    next.args(["--reuid", "65534", "--regid", "65533", "--clear-groups"]).arg(program());
    next.args(["nightly", "--config", "c.toml", "--quiet", "--now", "2026-11-26T00:20:00Z"]);
    let next = next.current_dir(site.folder.path()).output().expect("it runs");
    assert_eq!((next.status.code(), &*String::from_utf8_lossy(&next.stderr)), (Some(0), ""));
}

#[test]
fn t18_root_follows_no_link_of_somebody_else() {
    let site = Site::new();
    site.write("mail.log", LOG.as_bytes());
    site.write("c.toml", NIGHT.as_bytes());
    site.write("victim", b"untouched");
    fs::create_dir_all(site.path("state/reports")).expect("it is made");
    let link = |name: &str| symlink(site.path("victim"), site.path(name)).expect("a link");
    link("state/nightly.lock");
    link("state/reports/index.html");
    for folder in ["state", "state/reports"] {
        if chown(site.path(folder), Some(SERVICE.0), Some(SERVICE.1)).is_err() {
            return skip("t18_root_follows_no_link_of_somebody_else", "only root gives files away");
        }
    }
    let night = "nightly --config c.toml --quiet --now 2026-11-25T00:20:00Z";
    let refused = site.run(night);
    let told = "error: state/nightly.lock cannot be written: it is a link in a folder of somebody else\n";
    assert_eq!((refused.status.code(), &*String::from_utf8_lossy(&refused.stderr)), (Some(73), told));
    fs::remove_file(site.path("state/nightly.lock")).expect("removed");
    site.fine(night);
    assert_eq!(fs::read(site.path("victim")).expect("read"), b"untouched");
    assert_eq!(fs::metadata(site.path("victim")).expect("there").uid(), 0);
}
