//! The life of a message: against what the lab's driver recorded, and as it is shown.

use crate::support::beside;
use crate::support::program::{Test, WRITTEN, write};
use crate::support::project;
use crate::support::report::grammars;
use flate2::read::GzDecoder;
use mailtrail::facts::{Scope, View};
use mailtrail::input;
use mailtrail::report::trace::{Message, Trace};
use mailtrail::run::{self, Run};
use mailtrail::sections::Asker;
use mailtrail::text::Text;
use mailtrail::time::{Span, Zone};
use mailtrail::trace::{self, Kind, Request};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

const FOLDER: &str = "lab/logs/set-A";

/// The facts of some logs.
fn read(paths: &[PathBuf]) -> Run {
    let options = run::Options {
        zone: Zone::utc(),
        hosts: input::Hosts::default(),
        input: input::Options { now: i64::MAX / 4, year: Some(2026), layouts: Vec::new(), tell: |_| {} },
        chunk: run::CHUNK,
        memory: mailtrail::facts::Memory::default(),
    };
    run::run(paths, grammars(), &options, &|_, _| ()).expect("there is input")
}

#[test]
fn a_clock_that_is_set_back_undoes_no_delivery() {
    let log = "Oct 25 02:59:40 mx1 postfix/qmgr[1]: 4A1B2C3D4E: from=<a@b.example>, size=900, nrcpt=1 (queue active)\n\
        Oct 25 02:59:50 mx1 postfix/smtp[2]: 4A1B2C3D4E: to=<u@far.example>, relay=none, delay=10, delays=0/0/10/0, dsn=4.4.1, status=deferred (connect to far.example[192.0.2.1]:25: Connection timed out)\n\
        Oct 25 02:04:50 mx1 postfix/smtp[2]: 4A1B2C3D4E: to=<u@far.example>, relay=far.example[192.0.2.1]:25, delay=310, delays=300/0/5/5, dsn=2.0.0, status=sent (250 ok)\n\
        Oct 25 02:04:50 mx1 postfix/qmgr[1]: 4A1B2C3D4E: removed\n";
    let test =
        Test::new("trace 4A1B2C3D4E mail.log --year 2026 --timezone UTC --format json").file("mail.log", log);
    let trace = test.any_stdout().run().json();
    assert_eq!(trace["messages"][0]["queue"][0]["fate"], "sent");
    assert_eq!(trace["messages"][0]["recipients"][0]["outcome"], "sent");
}

/// Somebody who traces keys, one after the other, through the same facts.
struct Tracer<'a> {
    asker: Asker<'a>,
    run: &'a Run,
}

impl Tracer<'_> {
    fn trace(&self, key: &str, kind: Option<Kind>) -> Trace {
        let request = Request { key, kind, span: Span { start: None, end: None }, limit: 10_000 };
        trace::trace(&self.asker, &self.run.sources, &Zone::utc(), &request).expect("it can be asked")
    }
}

impl Tracer<'_> {
    /// Whether a message was thrown away by a rule before its data were read. The log then names neither its Message-ID
    /// nor its recipient; it is found by its client.
    fn was_thrown_away(&self, message: &Value) -> bool {
        let trace = self.trace(message["src"].as_str().expect("an address"), None);
        let of_sender = trace
            .messages
            .iter()
            .filter(|found| found.sender.as_ref().map(Text::raw) == message["sender"].as_str());
        let mut outcomes = of_sender.flat_map(|found| &found.recipients).map(|one| raw(one.outcome.as_ref()));
        message["discarded"] == true && outcomes.any(|outcome| outcome == "discarded")
    }
}

/// What the driver recorded of each message.
fn truth(folder: &Path) -> Vec<Value> {
    let mut text = String::new();
    let file = fs::File::open(folder.join("messages.jsonl.gz")).expect("the record is there");
    GzDecoder::new(file).read_to_string(&mut text).expect("it can be read");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn raw(text: Option<&Text>) -> String {
    text.map_or("", Text::raw).to_owned()
}

fn recorded(message: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let fates = message["fates"].as_array().expect("fates");
    fates.iter().map(|fate| (text(&fate["recipient"]), text(&fate["fate"]))).collect()
}

fn found(message: &Message) -> BTreeSet<(String, String)> {
    message.recipients.iter().map(|one| (raw(one.recipient.as_ref()), raw(one.outcome.as_ref()))).collect()
}

#[test]
fn the_trace_of_every_message_of_set_a_names_the_fate_that_the_driver_recorded() {
    let Some(folder) = beside(FOLDER, "trace") else { return };
    let run = read(&[folder.join("mail.log"), folder.join("slapd.log")]);
    let zone = Zone::utc();
    let view = View::new(&run.facts, &zone, &Scope::ALL, trace::wanted()).expect("a view");
    let tracer = Tracer { asker: Asker::new(&view, &run.coverage).expect("an asker"), run: &run };
    let all = tracer.trace("@driver.example", Some(Kind::Message));
    let mut by_id: BTreeMap<String, Vec<&Message>> = BTreeMap::new();
    for message in &all.messages {
        by_id.entry(raw(message.message_id.as_ref())).or_default().push(message);
    }
    let truth = truth(&folder);
    let (mut wrong, mut thrown_away) = (Vec::new(), 0);
    for (at, message) in truth.iter().enumerate() {
        let id = message["message_id"].as_str().expect("an id");
        let told = by_id.get(id).map(Vec::as_slice).unwrap_or_default();
        if told.is_empty() && tracer.was_thrown_away(message) {
            thrown_away += 1;
            continue;
        }
        let fates: BTreeSet<_> = told.iter().flat_map(|message| found(message)).collect();
        if told.len() != 1 || fates != recorded(message) {
            wrong.push(format!(
                "{id}: {} messages\n  recorded {:?}\n  found    {fates:?}",
                told.len(),
                recorded(message)
            ));
        }
        // Each by itself gives what all together gave; a few are enough to tell.
        if at % 97 == 0 {
            for key in [Some(id), message["queue_id"].as_str()].into_iter().flatten() {
                let alone = tracer.trace(key, None);
                let same = alone.messages.iter().find(|message| raw(message.message_id.as_ref()) == id);
                assert_eq!(same.map(found), Some(fates.clone()), "{key}");
            }
        }
    }
    assert_eq!(thrown_away, 13);
    assert!(wrong.is_empty(), "{} of {} messages:\n{}", wrong.len(), truth.len(), wrong.join("\n"));
}

/// Nearest rank, as the driver takes it.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "some hundreds"
    )]
    let at = (share * sorted.len() as f64) as usize;
    sorted[at.min(sorted.len() - 1)]
}

/// Seconds from the line that says that a message is queued to the line of each of its deliveries by SMTP.
#[expect(clippy::cast_precision_loss, reason = "microseconds of a minute")]
fn latencies(messages: &[Message]) -> BTreeMap<(String, String), f64> {
    let mut latencies = BTreeMap::new();
    for message in messages {
        let queued = message.steps.iter().find(|step| step.what.raw() == "queued").and_then(|step| step.time);
        for one in message.recipients.iter().filter(|one| raw(one.outcome.as_ref()) == "sent") {
            if let (Some(queued), Some(sent)) = (queued, one.time) {
                latencies.insert(
                    (raw(message.message_id.as_ref()), raw(one.recipient.as_ref())),
                    (sent - queued) as f64 / 1e6,
                );
            }
        }
    }
    latencies
}

/// The log tells of a delivery when its agent has the answer, the driver's sink when it gives it, and the driver of an
/// acceptance when it has read the answer: the medians lie apart by what these take, about a millisecond. A mailbox's
/// file is named before it is written and synced, its line logged after: those times cannot be compared.
#[test]
fn latencies_of_set_a_are_those_of_the_driver_within_a_millisecond_or_so() {
    let Some(folder) = beside(FOLDER, "trace") else { return };
    let run = read(&[folder.join("mail.iso.log.gz")]);
    let zone = Zone::utc();
    let view = View::new(&run.facts, &zone, &Scope::ALL, trace::wanted()).expect("a view");
    let tracer = Tracer { asker: Asker::new(&view, &run.coverage).expect("an asker"), run: &run };
    let told = latencies(&tracer.trace("@driver.example", Some(Kind::Message)).messages);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for message in truth(&folder) {
        let id = message["message_id"].as_str().expect("an id");
        for fate in message["fates"].as_array().expect("fates") {
            let times = (fate["time"].as_f64(), message["t_accepted"].as_f64());
            if fate["transport"] == "smtp"
                && let (Some(sent), Some(accepted)) = times
            {
                let recipient = fate["recipient"].as_str().expect("a recipient");
                theirs.push((sent - accepted) / 1e6);
                ours.push(*told.get(&(id.to_owned(), recipient.to_owned())).unwrap_or_else(|| panic!("{id}")));
            }
        }
    }
    assert!(ours.len() > 500, "{} deliveries", ours.len());
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    for share in [0.5, 0.95, 0.99] {
        let (ours, theirs) = (percentile(&ours, share), percentile(&theirs, share));
        assert!((ours - theirs).abs() <= 0.0015, "{share}: {ours} s traced, {theirs} s recorded");
    }
}

/// The files of a folder of `sample-logs`.
fn sample(test: Test, files: &[&str]) -> Test {
    files.iter().fold(test, |test, name| {
        let file = Path::new(name).file_name().expect("a name").to_string_lossy().into_owned();
        write(
            &test.folder().join(&file),
            &fs::read(project("sample-logs").join(name)).expect("it is there"),
            WRITTEN,
        );
        test.arg(file)
    })
}

const CASES: &[(&str, &str, &str)] = &[
    ("trace/filter.{}", "4Xk1000009z2", "postfix/filter-reinjection.log"),
    ("trace/expiry.{}", "a2@local.example", "postfix/expiry.log"),
    ("trace/forward.{}", "carl@else.example", "postfix/forward.log"),
];

#[test]
fn a_trace_is_shown_as_text_as_json_and_as_a_page() {
    for (name, key, file) in CASES {
        for (format, ending) in [("text", "txt"), ("json", "json"), ("html", "html")] {
            let test = Test::new("trace").arg(*key).arg(format!("--format={format}"));
            sample(test, &[file]).stdout_golden(&name.replace("{}", ending)).run();
        }
    }
}

#[test]
fn what_is_thrown_away_or_refused_before_the_queue_is_told_without_gaps() {
    let log = "\
Nov 24 17:00:00 mx1 postfix/smtpd[171]: connect from c6.spam.example[203.0.113.6]
Nov 24 17:00:00 mx1 postfix/smtpd[171]: NOQUEUE: discard: MAIL from c6.spam.example[203.0.113.6]: <s6@spam.example>: Sender address policy; from=<s6@spam.example> proto=ESMTP helo=<c6>
Nov 24 17:00:01 mx1 postfix/smtpd[171]: disconnect from c6.spam.example[203.0.113.6] ehlo=1 mail=1 quit=1 commands=3
Nov 24 17:00:02 mx1 postfix/smtpd[172]: connect from c6.spam.example[203.0.113.6]
Nov 24 17:00:02 mx1 postfix/smtpd[172]: NOQUEUE: reject: CONNECT from c6.spam.example[203.0.113.6]: 554 5.7.1 <c6.spam.example[203.0.113.6]>: Client host rejected: Access denied; proto=SMTP
Nov 24 17:00:02 mx1 postfix/smtpd[172]: disconnect from c6.spam.example[203.0.113.6] quit=1 commands=1
";
    Test::new("trace 203.0.113.6 mail.log")
        .file("mail.log", log)
        .stdout_golden("trace/before-the-queue.txt")
        .run();
}

#[test]
fn the_keys_of_a_trace_stand_in_the_order_of_the_contract() {
    let test = sample(Test::new("trace a2@local.example --format json"), &["postfix/expiry.log"]);
    let done = test.any_stdout().run();
    let text = String::from_utf8(done.stdout().to_vec()).expect("JSON is UTF-8");
    let in_order = |start: &str, keys: &[&str]| {
        let text = &text[text.find(start).expect(start)..];
        let places: Vec<_> = keys.iter().map(|key| text.find(&format!("\"{key}\":")).expect(key)).collect();
        assert!(places.is_sorted(), "{keys:?} stand at {places:?}");
    };
    in_order(
        "{",
        &["key", "messages", "message_id", "sender", "size_bytes", "user", "client_ip", "client_name", "time"],
    );
    in_order(
        "\"queue\"",
        &["queue", "host", "instance", "queue_id", "time", "end_time", "fate", "recipients", "steps"],
    );
    let recipients = [
        "recipient",
        "original_recipient",
        "outcome",
        "time",
        "delay_s",
        "transport",
        "relay_host",
        "dsn",
        "reply",
    ];
    in_order("\"recipients\"", &recipients);
    let steps = ["time", "host", "system", "program", "what", "detail", "delay_s", "source", "offset", "line"];
    in_order("\"steps\"", &steps);
    in_order("\"sessions\"", &["time", "end_time", "host", "service", "client_ip", "user", "ended", "steps"]);
    let trace = done.json();
    assert_eq!(trace["truncated"]["shown"], trace["truncated"]["of"]);
    for step in trace["messages"][0]["steps"].as_array().expect("steps") {
        assert_eq!(step.as_object().expect("an object").len(), 10, "no key is missing: {step}");
    }
}

#[test]
fn a_key_behind_its_logs_is_told_with_the_command_that_was_meant() {
    let expected = "error: `a.log` is a file, and stands where a key should\n |\n = help: what is followed goes first: mailtrail trace 9F9F9F9F a.log b.log\n";
    for args in ["trace a.log b.log 9F9F9F9F", "trace a.log 9F9F9F9F b.log"] {
        Test::new(args).file("a.log", "").file("b.log", "").status(64).stderr(expected).run();
    }
}

#[test]
fn nothing_found_ends_with_1_and_says_what_to_try() {
    let test = sample(Test::new("trace 9F9F9F9F"), &["postfix/expiry.log"]).status(1);
    test.stderr_golden("trace/nothing.stderr.txt").run();
    let test = sample(Test::new("trace a2@local.example --on 2026-11-01"), &["postfix/expiry.log"]).status(1);
    test.stderr_golden("trace/nothing-then.stderr.txt").run();
}

#[test]
fn nothing_found_is_an_object_to_a_program_and_no_output_to_others() {
    let told = "{\n  \"key\": \"9F9F9F9F\",\n  \"messages\": [],\n  \"sessions\": [],\n  \"truncated\": {\n    \"shown\": 0,\n    \"of\": 0\n  }\n}\n";
    for (options, stdout) in [("--format json", told), ("--format html", ""), ("--format text", "")] {
        let test = sample(Test::new(&format!("trace 9F9F9F9F {options}")), &["postfix/expiry.log"]).status(1);
        test.stdout(stdout).stderr_golden("trace/nothing.stderr.txt").run();
    }
    let test = sample(Test::new("trace 9F9F9F9F -o life.json"), &["postfix/expiry.log"]).status(1);
    let done = test.stderr_golden("trace/nothing.stderr.txt").run();
    assert_eq!(std::fs::read_to_string(done.path("life.json")).expect("it is there"), told);
}

#[test]
fn a_wrong_request_is_told_before_anything_is_read() {
    for (args, golden) in [
        ("trace x absent.log --format jsn", "trace/unknown-format.stderr.txt"),
        ("trace 192.0.2.1 absent.log --kind network", "trace/no-network.stderr.txt"),
        ("trace x absent.log -o x.pdf", "trace/no-ending.stderr.txt"),
        ("trace 192.0.2.0/33 absent.log", "trace/no-prefix.stderr.txt"),
    ] {
        Test::new(args).status(64).stderr_golden(golden).run();
    }
}

#[test]
fn an_output_that_ends_in_html_is_a_page_that_runs_nothing() {
    let test = sample(Test::new("trace 4Xk1000009z2 -o trace.html"), &["postfix/filter-reinjection.log"]);
    let done = test.leaves("trace.html", "trace/filter.html").run();
    let page = fs::read_to_string(done.path("trace.html")).expect("it is there");
    assert!(page.contains("default-src &#x27;none&#x27;") && !page.contains("<script") && page.contains("<svg"));
}

#[test]
fn a_key_is_taken_literally() {
    for key in ["4Xk*", "^4", ".*", "(", "[", "\\d", "4Xk1|a2", "*SALE* (50% off"] {
        let test = sample(Test::new("trace").arg(key), &["postfix/expiry.log"]).status(1);
        test.any_stdout().any_stderr().run();
    }
}

#[test]
fn what_was_found_is_counted_alike_whatever_is_shown() {
    let total = |limit: usize| {
        let test = sample(
            Test::new(&format!("trace *@local.example --format json --limit {limit}")),
            &["postfix/expiry.log"],
        );
        test.any_stderr().any_stdout().run().json()["truncated"]["of"].clone()
    };
    assert_eq!(total(1), total(2));
    assert!(total(1).as_u64() > Some(1));
}
