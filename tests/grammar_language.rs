//! One file is enough: a mail system, a section, a report that the program has never heard of.

use crate::support::program::Test;

const GRAMMAR: &str = r#"
system = "postal"
about = "a mail system that does not exist"

[programs]
names = ["postald"]

[[services]]
program = "postald"
service = "smtp"

[[pattern]]
name = "hello"
roles = ["session-open"]
text = "open {client_ip:word} as {client_name:word}"
samples = [{ line = "open 192.0.2.1 as a.example", is = { client_ip = "192.0.2.1", client_name = "a.example" } }]
near = ["opened 192.0.2.1"]

[[pattern]]
name = "goodbye"
roles = ["session-close"]
text = "shut {client_ip:word}"
set = { ended = "closed" }
samples = [{ line = "shut 192.0.2.1", is = { client_ip = "192.0.2.1" } }]
near = ["shut"]

[[pattern]]
name = "taken"
roles = ["queue-accept"]
text = "mail {queue_id:word} from {sender:word} of {size_bytes} bytes"
set = { origin = "smtp" }
samples = [{ line = "mail q1 from a@remote.example of 10 bytes", is = { queue_id = "q1", sender = "a@remote.example", size_bytes = "10" } }]
near = ["mail q1 from a@remote.example"]

[[pattern]]
name = "brought"
roles = ["delivery"]
text = "mail {queue_id:word} to {recipient:word} is {outcome:word}"
samples = [{ line = "mail q1 to b@local.example is sent", is = { queue_id = "q1", recipient = "b@local.example", outcome = "sent" } }]
near = ["mail q1 to b@local.example"]

[[pattern]]
name = "gone"
roles = ["queue-close"]
text = "mail {queue_id:word} gone"
samples = [{ line = "mail q1 gone", is = { queue_id = "q1" } }]
near = ["mail gone"]

[[ignore]]
name = "heartbeat"
text = "tick {-:rest}"
samples = [{ line = "tick 1" }]
"#;

const LOG: &str = "\
Nov 24 09:00:00 box postald[7]: open 192.0.2.1 as a.remote.example
Nov 24 09:00:00 box postald[7]: mail q1 from alice@remote.example of 1234 bytes
Nov 24 09:00:01 box postald[7]: shut 192.0.2.1
Nov 24 09:00:02 box postald[8]: mail q1 to bob@local.example is sent
Nov 24 09:00:03 box postald[8]: mail q1 to carl@local.example is bounced
Nov 24 09:00:03 box postald[8]: mail q1 gone
Nov 24 09:00:04 box postald[9]: tick 17
";

const SECTION: &str = "\
-- title = \"Mail by sender\"
-- group = \"Own\"
-- help = \"Who sent what.\"
-- empty = \"Nobody sent anything.\"
SELECT sender, COUNT(*) AS messages, SUM(size_bytes) AS bytes
FROM messages
GROUP BY sender
ORDER BY messages DESC, sender NULLS LAST
";

fn with_library(args: &str) -> Test {
    Test::new(args)
        .file("mail.log", LOG)
        .file("own/grammars/postal.toml", GRAMMAR)
        .file("own/report-templates/sections/by-sender.sql", SECTION)
        .file(
            "own/report-templates/reports/own.toml",
            "title = \"Our report\"\nsections = [\"by-sender\", \"deliveries\"]\n",
        )
}

#[test]
fn one_file_adds_a_mail_system() {
    let report = with_library("report mail.log --library own --year 2026 --format json").any_stdout().run().json();
    let count = |name: &str| report["coverage"][name].as_u64().expect("a count");
    assert_eq!([count("matched"), count("ignored"), count("unmatched"), count("damaged")], [6, 1, 0, 0]);
    let figures = crate::support::figures::Figures::of(&report);
    let total =
        |metric: &str, labels: serde_json::Value| figures.total(metric, labels.as_object().expect("labels"));
    assert_eq!(total("connections", serde_json::json!({ "service": "smtp" })), Some(1.0));
    assert_eq!(total("messages.bytes", serde_json::json!({})), Some(1234.0));
    assert_eq!(total("deliveries", serde_json::json!({ "outcome": "sent" })), Some(1.0));
    assert_eq!(total("deliveries", serde_json::json!({ "outcome": "bounced" })), Some(1.0));
    assert_eq!(total("queue.remaining", serde_json::json!({})), Some(0.0));
}

#[test]
fn a_grammar_of_ones_own_proves_itself_and_is_listed() {
    with_library("grammar check --library own").any_stdout().run();
    let done = with_library("grammar list --library own").any_stdout().run();
    let list = String::from_utf8(done.stdout().to_vec()).expect("UTF-8");
    assert!(list.contains("postal") && list.contains("own/grammars/postal.toml"), "{list}");
}

#[test]
fn a_sample_that_a_pattern_does_not_take_is_a_complaint() {
    let wrong = GRAMMAR.replace("line = \"shut 192.0.2.1\"", "line = \"shut down\"").replace(
        "is = { client_ip = \"192.0.2.1\" } }]\nnear = [\"shut\"]",
        "is = { client_ip = \"192.0.2.9\" } }]\nnear = [\"shut\"]",
    );
    let done = Test::new("grammar check --library own")
        .file("own/grammars/postal.toml", wrong)
        .status(78)
        .any_stdout()
        .any_stderr()
        .run();
    let told = String::from_utf8(done.stdout().to_vec()).expect("UTF-8");
    assert!(told.contains("goodbye"), "{told}");
}

#[test]
fn a_program_that_another_grammar_has_already_is_a_complaint() {
    let twin = GRAMMAR.replace("system = \"postal\"", "system = \"twin\"");
    let told = "own/grammars/twin.toml: [programs]: never gets the lines of `postald`: `postal` names it too, and comes first\n";
    Test::new("grammar check --library own")
        .file("own/grammars/postal.toml", GRAMMAR)
        .file("own/grammars/twin.toml", twin)
        .status(78)
        .stdout(told)
        .stderr("error: 1 complaint about the grammars\n")
        .run();
}

#[test]
fn without_its_grammar_a_system_is_unmatched_and_not_lost() {
    let report = Test::new("report mail.log --year 2026 --format json")
        .file("mail.log", LOG)
        .any_stdout()
        .any_stderr()
        .run()
        .json();
    assert_eq!(report["coverage"]["unmatched"], 7);
}

#[test]
fn one_file_adds_a_section_and_one_a_report() {
    with_library("report mail.log --library own --year 2026 --report own --format csv --section by-sender")
        .stdout("sender,messages,bytes\r\nalice@remote.example,1,1234\r\n")
        .run();
    with_library("report mail.log --library own --year 2026 --report own").stdout_golden("own-report.txt").run();
}

#[test]
fn a_file_of_ones_own_goes_before_ours() {
    let done = Test::new("report mail.log --library own --year 2026 --format csv --section deliveries")
        .file("mail.log", crate::cli::LOG)
        .file("own/report-templates/sections/deliveries.sql", SECTION)
        .any_stdout()
        .run();
    assert_eq!(done.stdout(), b"sender,messages,bytes\r\nalice@remote.example,1,1500\r\n");
}

const TRACKING: &str = r#"
system = "tracker"
about = "a mail system that tells of all recipients in one row"

[layout]
header = "time,"
time = "time"
text = "{event} {id} {to}"
samples = [{ header = "time,event,id,to", line = "2026-11-24T09:00:00Z,DELIVER,7,a@local.example", time = "2026-11-24T09:00:00Z", text = "DELIVER 7 a@local.example" }]

[[pattern]]
name = "delivered"
roles = ["delivery"]
text = "DELIVER {queue_id:id} {recipient:rest}"
set = { outcome = "sent" }
each = { of = "recipient", separator = ";" }
samples = [{ line = "DELIVER 7 a@local.example;b@local.example", is = { queue_id = "7", recipient = "a@local.example;b@local.example" } }]
near = ["RECEIVE 7 a@local.example"]
"#;

#[test]
fn several_recipients_in_one_row_are_several_deliveries() {
    let rows = "time,event,id,to\n2026-11-24T09:00:00Z,DELIVER,7,a@local.example; b@other.example;;c@local.example\n\
        2026-11-24T09:00:01Z,DELIVER,8,d@local.example\n2026-11-24T09:00:02Z,DELIVER,9,\n";
    let test = Test::new("query --library own --format csv")
        .arg("SELECT queue_id, recipient, recipient_domain FROM deliveries ORDER BY time, recipient")
        .arg("tracking.csv")
        .file("own/grammars/tracker.toml", TRACKING)
        .file("tracking.csv", rows);
    let expected = "queue_id,recipient,recipient_domain\n7,a@local.example,local.example\n\
        7,b@other.example,other.example\n7,c@local.example,local.example\n8,d@local.example,local.example\n9,,\n";
    test.stdout(&expected.replace('\n', "\r\n")).any_stderr().run();
    Test::new("grammar check --library own").file("own/grammars/tracker.toml", TRACKING).any_stdout().run();
}
