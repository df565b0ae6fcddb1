//! The ways of messages: the command in every format, mail of every kind, and two other parsers beside ours.

use crate::support::program::Test;
use crate::support::{beside, project, skip};
use mail_parser::{Host, MessageParser, Received};
use mailtrail::headers::{self, Hop};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn sample() -> String {
    fs::read_to_string(project("sample-logs/headers/ways.mbox")).expect("the sample is read")
}

/// The sample's log.
fn log() -> String {
    fs::read_to_string(project("sample-logs/headers/ways.log")).expect("the sample is read")
}

/// The first message of the sample.
fn first() -> String {
    let text = sample();
    let start = text.find('\n').expect("a line") + 1;
    text[start..text.find("\nFrom ben@").expect("the second message")].to_owned()
}

#[test]
fn the_ways_of_a_mailbox_are_shown_in_every_format() {
    for (format, golden) in [
        ("text", "headers/ways.txt"),
        ("json", "headers/ways.json"),
        ("jsonl", "headers/ways.jsonl"),
        ("csv", "headers/ways.csv"),
        ("html", "headers/ways.html"),
    ] {
        Test::new(&format!("headers ways.mbox --format {format}"))
            .file("ways.mbox", sample())
            .stdout_golden(golden)
            .run();
    }
}

#[test]
fn the_outputs_name_tells_the_format() {
    let test = Test::new("headers ways.mbox -o ways.html").file("ways.mbox", sample());
    test.leaves("ways.html", "headers/ways.html").run();
    let named = |format: &str| Test::new(&format!("headers x.eml --format {format}")).file("x.eml", first());
    named("jsno").status(64).stderr_golden("headers/unknown-format.stderr.txt").run();
}

/// A message's hops without where it lies.
fn hops(stdout: &[u8]) -> Vec<Value> {
    let lines = std::str::from_utf8(stdout).expect("it is UTF-8").lines();
    let hops = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["hops"].clone();
    lines.map(hops).collect()
}

#[test]
fn mail_is_read_from_maildirs_folders_files_and_standard_input() {
    let message = first();
    let expected =
        hops(Test::new("headers x.eml --format jsonl").file("x.eml", &message).any_stdout().run().stdout());
    assert_eq!(expected.len(), 1);
    let crlf = message.replace('\n', "\r\n");
    let tests = [
        Test::new("headers - --format jsonl").stdin(&message),
        Test::new("headers mail --format jsonl")
            .file("mail/cur/1.M1P1.mx:2,S", &message)
            .file("mail/new/.keep", ""),
        Test::new("headers saved --format jsonl").file("saved/deep/x", &crlf).file("saved/notes.txt", "no mail\n"),
        Test::new("headers x.gz --format jsonl").file("x.gz", gz(message.as_bytes())),
    ];
    for (at, test) in tests.into_iter().enumerate() {
        let found = hops(test.any_stdout().run().stdout());
        assert!(found.contains(&expected[0]), "{at}: {found:?}");
    }
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn what_is_no_mail_is_told() {
    Test::new("headers x.eml mail.log --format csv")
        .file("x.eml", first())
        .file("mail.log", log())
        .status(2)
        .any_stdout()
        .stderr("mailtrail: mail.log: holds no message\n")
        .run();
    Test::new("headers mail.log").file("mail.log", log()).status(66).any_stderr().run();
}

#[test]
fn l4_a_file_that_is_named_twice_is_read_once() {
    let test = Test::new("headers x.eml ./x.eml --format jsonl").file("x.eml", first()).any_stdout();
    let done = test.stderr("mailtrail: x.eml: 1 message was given before; counted once\n").run();
    assert_eq!(hops(done.stdout()).len(), 1);
}

#[test]
fn t13_a_header_that_is_too_long_is_counted_and_the_rest_is_read() {
    let expected =
        hops(Test::new("headers x.eml --format jsonl").file("x.eml", first()).any_stdout().run().stdout());
    let count = |message: &Value, name: &str| message[name].as_array().map_or(0, Vec::len);
    let long = "x".repeat(70 << 10);
    for (field, unparsed) in [("Received: from", 1), ("X-Long:", 0), ("Subject:", 0)] {
        let text = format!("{field} {long}\n{}", first());
        let test = Test::new("headers x.eml mail --format jsonl").file("x.eml", &text);
        let done = test.file("mail/cur/1.M1P1.mx:2,", &text).file("mail/new/.keep", "").any_stdout().run();
        let lines = std::str::from_utf8(done.stdout()).expect("it is UTF-8").lines();
        for line in lines.filter(|line| !line.contains(".keep")) {
            let message: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(count(&message, "hops"), expected[0].as_array().map_or(0, Vec::len), "{field}");
            assert_eq!(count(&message, "unparsed"), unparsed, "{field}");
        }
    }
}

#[test]
fn l1_threads_change_nothing() {
    let run = |jobs: &str| {
        let test = Test::new(&format!("headers ways.mbox --format json -j {jobs}")).file("ways.mbox", sample());
        test.any_stdout().run().stdout().to_vec()
    };
    assert_eq!(run("1"), run("7"));
}

/// The sections of hops, each with its golden.
const SECTIONS: [(&str, &str); 5] = [
    ("slowest-hops", "headers/slowest-hops.csv"),
    ("hop-delays", "headers/hop-delays.csv"),
    ("hop-delays-by-hour", "headers/hop-delays-by-hour.csv"),
    ("paths", "headers/paths.csv"),
    ("hops-and-deliveries", "headers/hops-and-deliveries.csv"),
];

fn report(args: &str, with_mail: bool) -> Test {
    let mail = if with_mail { "ways.mbox" } else { "ways.log" };
    Test::new(&format!("report ways.log {mail} --year 2026 --timezone Europe/Berlin {args}"))
        .file("ways.log", log())
        .file("ways.mbox", sample())
        .any_stderr()
}

#[test]
fn hops_have_sections_beside_the_log() {
    for (section, golden) in SECTIONS {
        report(&format!("--format csv --section {section}"), true).stdout_golden(golden).run();
    }
    let report = report("--format json --report full", true).any_stdout().run().json();
    let findings = report["findings"].as_array().expect("findings");
    let finding =
        findings.iter().find(|finding| finding["rule"] == "hop-differs").expect("the log says otherwise");
    assert_eq!(finding["observed"], "differences of up to 16.0 s");
    assert!(finding["evidence"][0]["line"].as_str().is_some_and(|line| line.contains("delay=20,")));
    let header = finding["evidence"][1]["line"].as_str().expect("the header stands beside it");
    assert!(header.starts_with("Received: from ") && header.contains("; "), "{header}");
}

#[test]
fn a_header_in_a_maildir_is_read_back() {
    let report = |format: &str| {
        let mut test = Test::new(&format!("report ways.log mail --year 2026 --timezone Europe/Berlin {format}"))
            .file("ways.log", log())
            .file("mail/new/.keep", "")
            .any_stderr()
            .any_stdout();
        for (at, message) in sample().split("\nFrom ").enumerate() {
            let text = message.split_once('\n').map_or("", |(_, text)| text);
            test = test.file(&format!("mail/cur/{at}.M1P1.mx:2,S"), text);
        }
        test.run()
    };
    let json = report("--format json --report full").json();
    let finding = json["findings"].as_array().and_then(|all| all.iter().find(|one| one["rule"] == "hop-differs"));
    let proof = &finding.expect("the log says otherwise")["evidence"][1];
    assert!(proof["source"].as_str().is_some_and(|source| source.ends_with(".M1P1.mx:2,S")), "{proof}");
    let header = proof["line"].as_str().expect("the header stands beside it");
    assert!(header.starts_with("Received: from ") && header.contains("; "), "{header}");
    let text = String::from_utf8(report("--report full").stdout().to_vec()).expect("it is UTF-8");
    assert!(text.contains(" of mail/cur/") && !text.contains(",S:"), "{text}");
}

#[test]
fn a_header_is_read_back_whatever_the_name_of_its_folder() {
    let mut test = Test::new("report ways.log --year 2026 --timezone Europe/Berlin --format json --report full")
        .file("ways.log", log())
        .file("mail/new/.keep", "");
    for (at, message) in sample().split("\nFrom ").enumerate() {
        let text = message.split_once('\n').map_or("", |(_, text)| text);
        test = test.file(&format!("mail/cur/{at}.M1P1.mx:2,S"), text);
    }
    for name in [&b"m\xe4il"[..], b"m\\xe4il", b"m\\\\\xff"] {
        let folder = OsStr::from_bytes(name);
        fs::rename(test.folder().join("mail"), test.folder().join(folder)).expect("it is renamed");
        let output = test.command().arg(folder).output().expect("the program runs");
        fs::rename(test.folder().join(folder), test.folder().join("mail")).expect("it is renamed");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("findings");
        let finding = findings.iter().find(|one| one["rule"] == "hop-differs").expect("the log says otherwise");
        let header = finding["evidence"][1]["line"].as_str();
        assert!(header.is_some_and(|header| header.starts_with("Received: from ")), "{folder:?}: {finding}");
    }
}

#[test]
fn sections_of_hops_are_left_out_where_there_are_none() {
    for name in ["daily", "full"] {
        let report = report(&format!("--format json --report {name}"), false).any_stdout().run().json();
        let sections = report["sections"].as_array().expect("sections");
        let ours = sections.iter().filter(|section| SECTIONS.iter().any(|(name, _)| section["name"] == *name));
        assert_eq!(ours.count(), 0, "{name}");
        assert!(!report["measurements"].to_string().contains("hops."), "{name}");
    }
    report("--section paths", false).stdout("\nWays that messages took\nNo message was read.\n").run();
}

/// What Python's `email` finds: for each `Received` header its text, and what a parser of a few lines reads in it.
const PYTHON: &str = r#"
import email, email.policy, email.utils, json, mailbox, os, re, sys

def comments_off(text):
    out, depth, at = [], 0, 0
    while at < len(text):
        c = text[at]
        if c == "\\": at += 1
        elif c == "(": depth += 1
        elif c == ")": depth = max(0, depth - 1); c = " "
        if depth == 0: out.append(c)
        at += 1
    return "".join(out) if depth == 0 else None

def clause(text, name):
    found = re.search(r"(?:^|\s)" + name + r"\s+([^\s;]+)", text, re.I)
    return found.group(1) if found else None

def messages(path):
    with open(path, "rb") as file:
        mbox = file.read(5) == b"From "
    if mbox:
        yield from (m.as_bytes() for m in mailbox.mbox(path))
    else:
        with open(path, "rb") as file:
            yield file.read()

for folder in sys.argv[1:]:
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.startswith(("dovecot", "maildir")): continue
            path = os.path.join(root, name)
            for message in messages(path):
                for key, value in email.message_from_bytes(message, policy=email.policy.default).raw_items():
                    if key.lower() != "received": continue
                    value = value.encode("utf-8", "surrogateescape").decode("latin-1")
                    plain = comments_off(re.sub(r"\s+", " ", value))
                    head, _, date = (plain or "").rpartition(";")
                    try: time = int(email.utils.parsedate_to_datetime(date.strip()).timestamp()) if date.strip() else None
                    except Exception: time = None
                    fields = {name: clause(head, name) for name in ("from", "by", "with", "id", "for")}
                    print(json.dumps({"path": path, "value": value, "time": time, **fields}))
"#;

fn python(folders: &[PathBuf]) -> Option<Vec<Value>> {
    let output = Command::new("python3").arg("-c").arg(PYTHON).args(folders).env("TZ", "UTC").output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("it is UTF-8");
    Some(lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

/// The mail beside the project, set-A's mailboxes unpacked.
fn mail(test: &str) -> Option<(tempfile::TempDir, Vec<PathBuf>)> {
    let received = beside("corpora/received", test)?;
    let maildirs = beside("lab/logs/set-A/maildir.tar.gz", test)?;
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = Command::new("tar").arg("-xzf").arg(&maildirs).arg("-C").arg(folder.path()).status();
    if !unpacked.is_ok_and(|status| status.success()) {
        skip(test, "tar is not installed");
        return None;
    }
    let folders = vec![received, folder.path().to_owned()];
    Some((folder, folders))
}

/// Bytes that stand as characters.
fn bytes(value: &Value) -> Vec<u8> {
    value["value"]
        .as_str()
        .unwrap_or_default()
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

fn block(value: &Value) -> Vec<u8> {
    [b"Received: ".as_slice(), &bytes(value), b"\n\n"].concat()
}

fn theirs(block: &[u8]) -> Option<Received<'_>> {
    MessageParser::new()
        .header_received("Received")
        .parse_headers(block)?
        .parts
        .first()?
        .headers
        .first()
        .and_then(|header| header.value.as_received().cloned().map(Received::into_owned))
}

/// What both others read, by name, where they agree.
fn agreed(python: &Value, theirs: &Received<'_>) -> BTreeMap<&'static str, String> {
    let host = |host: &Option<Host<'_>>| match host {
        Some(Host::Name(name)) => Some(name.to_lowercase()),
        Some(Host::IpAddr(ip)) => Some(ip.to_string()),
        None => None,
    };
    let theirs = [
        ("time", theirs.date.as_ref().filter(|date| date.is_valid()).map(|date| date.to_timestamp().to_string())),
        ("from", host(&theirs.from)),
        ("by", host(&theirs.by)),
        ("with", theirs.with.map(|with| with.to_string())),
        ("id", theirs.id.as_deref().map(str::to_owned)),
        ("for", theirs.for_.as_deref().map(str::to_owned)),
    ];
    let same = |name: &str, theirs: &str| {
        let python = match &python[name] {
            Value::Number(number) => number.to_string(),
            value => plain(value.as_str().unwrap_or_default()),
        };
        python.eq_ignore_ascii_case(theirs)
    };
    let known = theirs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.filter(|(name, value)| same(name, value)).collect()
}

fn plain(word: &str) -> String {
    word.trim_matches(['<', '>', '[', ']']).to_owned()
}

fn ours(hop: &Hop, name: &str) -> Option<String> {
    let text = match name {
        "time" => return hop.time.map(|time| time.micros.div_euclid(1_000_000).to_string()),
        "from" => &hop.from_host,
        "by" => &hop.by_host,
        "with" => &hop.protocol,
        "id" => &hop.id,
        _ => &hop.recipient,
    };
    text.as_ref().map(|text| plain(text.raw()))
}

#[test]
fn what_two_other_parsers_agree_on_is_read_the_same() {
    let Some((_folder, folders)) = mail("headers") else { return };
    let Some(headers) = python(&folders) else { return skip("headers", "python3 is not installed") };
    let (mut compared, mut wrong) = (BTreeMap::<&str, u64>::new(), Vec::new());
    for header in &headers {
        let block = block(header);
        let Some(theirs) = theirs(&block) else { continue };
        let message = headers::of_message(&block);
        // One program writes `by host mx.example`, which both others take for a host named `host`.
        for (name, value) in agreed(header, &theirs).into_iter().filter(|(_, value)| value != "host") {
            *compared.entry(name).or_default() += 1;
            let ours = message.hops.first().and_then(|hop| ours(hop, name));
            if !ours.as_deref().is_some_and(|ours| ours.eq_ignore_ascii_case(&value)) {
                let text = String::from_utf8_lossy(&block).into_owned();
                wrong.push(format!("{name}: they read {value:?}, we {ours:?} in {}: {text}", header["path"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared:?} differ:\n{}", wrong.len(), wrong.join("\n"));
    let least = ["time", "from", "by", "with", "id", "for"].map(|name| compared.get(name).copied().unwrap_or(0));
    assert!(least.iter().all(|number| *number >= 500), "{compared:?}");
}

#[test]
fn l8_every_header_of_every_message_is_read_or_counted_with_its_reason() {
    let Some((_folder, folders)) = mail("headers") else { return };
    let Some(headers) = python(&folders) else { return skip("headers", "python3 is not installed") };
    for header in &headers {
        let message = headers::of_message(&block(header));
        let read = !message.hops.is_empty() || !message.unparsed.is_empty();
        assert!(message.headers == 1 && read, "{header}");
        let whole = message.hops.first().is_some_and(|hop| hop.time.is_some());
        assert!(whole || message.unparsed.len() == 1, "{header}");
    }
    let mut test = Test::new("report --format json --timezone UTC");
    for folder in &folders {
        test = test.arg(folder.to_string_lossy());
    }
    let report = test.any_stdout().any_stderr().run().json();
    crate::support::figures::assert_balanced("mail", &report);
    assert_eq!(report["coverage"]["lines"].as_u64(), Some(headers.len() as u64));
}

#[test]
fn the_hops_of_set_a_take_as_long_as_its_log_says() {
    let Some((folder, _)) = mail("headers") else { return };
    let Some(log) = beside("lab/logs/set-A/mail.log", "headers") else { return };
    // Headers are exact to the second, the log's delays to a hundredth: two stamps may be off by one second together.
    let sql = "WITH sent AS (
            SELECT queue_id, message_id, MIN(delay_s) AS lowest, MAX(delay_s) AS highest FROM deliveries
            WHERE outcome = 'sent' AND transport = 'lmtp' GROUP BY queue_id, message_id
        ), hop AS (SELECT before_queue_id, message_id, delay_s FROM hops WHERE hop = hop_count AND hop > 1)
        SELECT COUNT(*) AS hops, SUM(CASE WHEN h.delay_s < d.lowest - 1 OR h.delay_s > d.highest + 1 THEN 1 ELSE 0 END) AS wrong
        FROM hop h JOIN sent d ON h.before_queue_id = d.queue_id AND h.message_id = d.message_id";
    let ask = |sql: &str| {
        let test = Test::new("query --format csv --year 2026 --timezone UTC").arg(sql);
        let test = test.arg(log.to_string_lossy()).arg(folder.path().to_string_lossy());
        String::from_utf8(test.any_stdout().any_stderr().run().stdout().to_vec()).expect("it is UTF-8")
    };
    let all = ask("SELECT COUNT(*) AS hops, 0 AS wrong FROM hops WHERE hop = hop_count AND hop > 1");
    assert_eq!(ask(sql), all);
    assert_eq!(all, "hops,wrong\r\n1456,0\r\n");
}

#[test]
fn l8_every_message_of_the_public_mail_is_read_by_the_command() {
    let Some(folder) = beside("corpora/received", "headers") else { return };
    let output = Test::new("headers --format jsonl").arg(folder.to_string_lossy()).any_stdout().any_stderr().run();
    let text = String::from_utf8(output.stdout().to_vec()).expect("it is UTF-8");
    let messages: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(messages.len() >= 700, "{}", messages.len());
    for message in &messages {
        let source = Path::new(message["source"].as_str().expect("a source"));
        assert!(source.exists(), "{}", source.display());
        for hop in message["hops"].as_array().expect("hops") {
            assert!(hop["delay_s"].as_f64().is_none_or(|delay| delay >= 0.0), "{message}");
        }
    }
}
