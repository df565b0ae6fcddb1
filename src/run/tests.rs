//! Systems that nobody has heard of, each added by one text: what they wrote becomes facts, and no line is lost.

use super::*;
use crate::grammar::check;
use crate::report::Counts;
use std::io::Write as _;

/// A stamp of its own, then columns of fixed width, one of which may be blank.
const HERON: &str = r#"
system = "heron"
about = "A made-up mail system that writes records by position"

[layout]
stamp = "%d-%b-%Y %H:%M:%S%.f "
utc = true
samples = [
    { line = "19-Jan-2026 19:16:57.64 tcp_in       local        E 4 a@x.example b@y.example ZZ1", time = "2026-01-19T19:16:57.64Z", text = "tcp_in       local        E 4 a@x.example b@y.example ZZ1" },
]

[[pattern]]
name = "enqueue"
roles = ["queue-open", "queue-accept"]
text = "{-:word}{-:blanks}{-:word}{-:blanks}E {-:int} {sender:word} {recipient:word} {queue_id}"
samples = [{ line = "tcp_in       local        E 4 a@x.example b@y.example ZZ1", is = { sender = "a@x.example", recipient = "b@y.example", queue_id = "ZZ1" } }]

[[pattern]]
name = "dequeue"
roles = ["delivery", "queue-close"]
text = "{transport:word}{-:blanks}D {-:int} {sender:word} {recipient:word} {queue_id}"
set = { outcome = "sent" }
samples = [{ line = "local                     D 4 a@x.example b@y.example ZZ1", is = { transport = "local", sender = "a@x.example", recipient = "b@y.example", queue_id = "ZZ1" } }]

[[ignore]]
name = "connection"
text = "{-:word}{-:blanks}{=+|-} {-:rest}"
samples = [{ line = "tcp_in       + O 192.0.2.1" }]
"#;

const HERON_LOG: &str = "\
19-Jan-2026 19:16:57.00 tcp_in       + O 192.0.2.1
19-Jan-2026 19:16:57.64 tcp_in       local        E 4 a@x.example b@y.example ZZ1
19-Jan-2026 19:16:58.10 local                     D 4 a@x.example b@y.example ZZ1
19-Jan-2026 19:16:59.00 tcp_in       something new
19-Jan-2026 99:16:59.00 tcp_in       local        E 4 a@x.example b@y.example ZZ2
";

/// Columns that a header names, as in the W3C's extended log file format.
const FINCH: &str = r##"
system = "finch"
about = "A made-up mail system that writes columns"

[layout]
header = "#Fields: "
separator = ","
time = "date-time"
host = "server"
text = "{event} {id} {size} {from}\t{to}\t{subject}"
samples = [
    { header = "#Fields: date-time,server,event,id,size,from,to,subject", line = '2026-01-19T19:16:57.640Z,mx1,RECEIVE,77,1200,a@x.example,b@y.example,"one, two"', time = "2026-01-19T19:16:57.64Z", host = "mx1", text = "RECEIVE 77 1200 a@x.example\tb@y.example\tone, two" },
]

[[pattern]]
name = "receive"
roles = ["queue-open", "queue-accept"]
text = "RECEIVE {queue_id} {size_bytes} {sender:to}\t{recipient:to}\t{-:rest}"
samples = [{ line = "RECEIVE 77 1200 a@x.example\tb@y.example\tone", is = { queue_id = "77", size_bytes = "1200", sender = "a@x.example", recipient = "b@y.example" } }]

[[pattern]]
name = "deliver"
roles = ["delivery", "queue-close"]
text = "DELIVER {queue_id} {-:to} {sender:to}\t{recipient:to}\t{-:rest}"
set = { outcome = "sent" }
samples = [{ line = "DELIVER 77  a@x.example\tb@y.example\t", is = { queue_id = "77", sender = "a@x.example", recipient = "b@y.example" } }]

[[ignore]]
name = "comment"
text = "#{-:rest}"
samples = [{ line = "#Software: finch" }]
"##;

const FINCH_LOG: &str = "\u{feff}#Software: finch\r
#Fields: date-time,server,event,id,size,from,to,subject\r
2026-01-19T19:16:57.640Z,mx1,RECEIVE,77,1200,a@x.example,b@y.example,\"one, \"\"two\"\"\"\r
2026-01-19T19:16:58.000Z,mx1,DELIVER,77,,a@x.example,b@y.example,\"x\tz@evil.example\"\r
#Fields: date-time,server,event,id,size,from,to,subject\r
2026-01-19T19:16:59.000Z,mx1,DELIVER,78\r
2026-01-19T19:16:59.000Z,mx1,EXPAND,78,,a@x.example,,\r
";

/// JSON objects.
const WREN: &str = r#"
system = "wren"
about = "A made-up mail system that writes JSON"

[layout]
json = "envelope"
time = "ts"
host = "host"
text = "{event} {envelope.id} {envelope.from}\t{envelope.to}"
samples = [
    { line = '{"ts":1768850217640,"host":"mx2","event":"accepted","envelope":{"id":"q9","from":"a@x.example","to":["b@y.example"]}}', time = "2026-01-19T19:16:57.64Z", host = "mx2", text = "accepted q9 a@x.example\tb@y.example" },
]

[[pattern]]
name = "accepted"
roles = ["queue-open", "queue-accept"]
text = "accepted {queue_id} {sender:to}\t{recipient:to}"
samples = [{ line = "accepted q9 a@x.example\tb@y.example", is = { queue_id = "q9", sender = "a@x.example", recipient = "b@y.example" } }]

[[pattern]]
name = "sent"
roles = ["delivery", "queue-close"]
text = "{outcome=sent|bounced} {queue_id} {sender:to}\t{recipient:to}"
samples = [{ line = "sent q9 a@x.example\tb@y.example", is = { outcome = "sent", queue_id = "q9", sender = "a@x.example", recipient = "b@y.example" } }]
"#;

const WREN_LOG: &str = r#"{"ts":1768850217640,"host":"mx2","event":"accepted","envelope":{"id":"q9","from":"a@x.example","to":["b@y.example"]}}
{"ts":1768850218,"host":"mx2","event":"sent","envelope":{"id":"q9","from":"a@x.example","to":["b@y.example"]}}
{"ts":1768850219,"host":"mx2","event":"purred","envelope":{}}
{"ts":1768850219,"host":"mx2","event":"accepted","envel
"#;

/// Lines behind a time that the logger counts: no layout is needed.
const SWIFT: &str = r#"
system = "swift"
about = "A made-up mail system whose logger counts the time"

[programs]
native = true
names = ["swift-auth"]

[[pattern]]
name = "new"
roles = ["queue-open", "queue-accept"]
text = "info msg {queue_id}: bytes {size_bytes} from <{sender}>"
samples = [{ line = "info msg 12345: bytes 7 from <a@x.example>", is = { queue_id = "12345", size_bytes = "7", sender = "a@x.example" } }]

[[pattern]]
name = "done"
roles = ["delivery", "queue-close"]
text = "status: msg {queue_id} to {recipient:word}"
set = { outcome = "sent" }
samples = [{ line = "status: msg 12345 to b@y.example", is = { queue_id = "12345", recipient = "b@y.example" } }]

[[ignore]]
name = "password"
programs = ["swift-auth"]
text = "pam_unix{-:rest}"
samples = [{ line = "pam_unix(x): failure" }]
"#;

const SWIFT_LOG: &str = "\
@40000000696e83332625a000 info msg 12345: bytes 7 from <a@x.example>
1768850218.5 status: msg 12345 to b@y.example
@40000000696e83332625a000 swift-auth: pam_unix(x): failure
@40000000696e83332625a000 nobody knows
@4000000069 cut
";

const SYSLOG: &str = include_str!("../../grammars/syslog.toml");

fn grammars(texts: &[&str]) -> Grammars {
    let mut grammars = Grammars { list: Vec::new(), patterns: Vec::new() };
    for text in texts {
        grammars.add("test", text).expect("a grammar");
    }
    grammars
}

fn read(grammars: &Grammars, log: &str, chunk: usize) -> Run {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(log.as_bytes()).expect("written");
    let input =
        input::Options { now: 1_800_000_000_000_000, year: Some(2026), layouts: grammars.layouts(), tell: |_| {} };
    let options = Options { zone: Zone::utc(), hosts: Hosts::default(), input, chunk, memory: Memory::default() };
    run(&[file.path().to_owned()], grammars, &options, &|_, _| {}).expect("a run")
}

/// A column's texts.
fn texts(facts: &Facts, table: &str, column: &str) -> Vec<String> {
    let tables = facts.tables();
    let table = tables.iter().find(|t| t.def().name == table).expect("a table");
    let ids = table.texts(column, None).expect("a column");
    ids.into_iter()
        .map(|id| String::from_utf8_lossy(facts.texts.get(id).unwrap_or_default()).into_owned())
        .collect()
}

/// A column's numbers.
fn numbers(facts: &Facts, table: &str, column: &str) -> Vec<i64> {
    let tables = facts.tables();
    tables.iter().find(|t| t.def().name == table).and_then(|t| t.numbers(column, None)).expect("a column")
}

/// The one message and its one delivery, whatever the chunks, and the account of the lines.
fn proves(grammar: &str, log: &str, host: &str, counts: Counts) {
    let grammars = grammars(&[SYSLOG, grammar]);
    assert_eq!(check(&grammars), []);
    for chunk in [1, 100, CHUNK] {
        let Run { facts, coverage, .. } = read(&grammars, log, chunk);
        assert_eq!(texts(&facts, "messages", "sender"), ["a@x.example"]);
        assert_eq!(texts(&facts, "messages", "host"), [host]);
        assert_eq!(numbers(&facts, "messages", "time"), [1_768_850_217_640_000]);
        assert_eq!(texts(&facts, "deliveries", "recipient"), ["b@y.example"]);
        assert_eq!(texts(&facts, "deliveries", "outcome"), ["sent"]);
        assert!(coverage.counts.balances());
        assert_eq!(coverage.counts, counts, "{:?}", coverage.unmatched_shapes);
        let shapes: u64 = coverage.unmatched_shapes.iter().map(|shape| shape.count).sum();
        assert_eq!(shapes, counts.unmatched + counts.damaged);
    }
}

#[test]
fn records_by_position_become_facts() {
    let counts = Counts { lines: 5, matched: 2, ignored: 1, unmatched: 1, damaged: 1, duplicate: 0 };
    proves(HERON, HERON_LOG, "", counts);
}

#[test]
fn columns_become_facts() {
    let counts = Counts { lines: 7, matched: 2, ignored: 3, unmatched: 1, damaged: 1, duplicate: 0 };
    proves(FINCH, FINCH_LOG, "mx1", counts);
}

#[test]
fn objects_become_facts() {
    let counts = Counts { lines: 4, matched: 2, ignored: 0, unmatched: 1, damaged: 1, duplicate: 0 };
    proves(WREN, WREN_LOG, "mx2", counts);
}

#[test]
fn counted_times_need_no_layout() {
    let counts = Counts { lines: 5, matched: 2, ignored: 1, unmatched: 1, damaged: 1, duplicate: 0 };
    proves(SWIFT, SWIFT_LOG, "", counts);
}

#[test]
fn which_shapes_are_told_does_not_depend_on_chunks() {
    let letter = |n: u32| char::from(b"abcdefghijklmnopqrstuvwxyz"[(n % 26) as usize]);
    let line = |n: u32| {
        let word: String = [n, n / 26, n / 676, n / 17_576].map(letter).iter().collect();
        format!("19-Jan-2026 19:16:59.00 tcp_in       strange {word}\n")
    };
    let log: String = (0..12_000).rev().map(|n| line(n * 7)).collect();
    let shapes = |chunk| {
        let coverage = read(&grammars(&[HERON]), &log, chunk).coverage;
        let told = coverage.unmatched_shapes.iter();
        let told = told.map(|told| (told.shape.raw().to_owned(), told.count, told.example.offset));
        (coverage.total_shapes, told.collect::<Vec<_>>())
    };
    let expected = shapes(64);
    assert_eq!((expected.0, &expected.1[0]), (10_001, &("(other shapes)".to_owned(), 2_000, 500_000)));
    assert_eq!(shapes(10_000), expected);
    assert_eq!(shapes(CHUNK), expected);
}

#[test]
fn lines_of_all_systems_may_stand_in_one_file() {
    let grammars = grammars(&[SYSLOG, HERON, FINCH, WREN, SWIFT]);
    assert_eq!(check(&grammars), []);
    let syslog = "Jan 19 19:16:57 mx sshd[1]: Connection closed\n";
    for logs in
        [[syslog, FINCH_LOG, HERON_LOG, WREN_LOG, SWIFT_LOG], [WREN_LOG, HERON_LOG, FINCH_LOG, SWIFT_LOG, syslog]]
    {
        for chunk in [1, CHUNK] {
            let Run { facts, coverage, .. } = read(&grammars, &logs.concat(), chunk);
            let mut systems = texts(&facts, "deliveries", "system");
            systems.sort();
            assert_eq!(systems, ["finch", "heron", "swift", "wren"]);
            assert!(coverage.counts.balances());
            assert_eq!((coverage.counts.matched, coverage.counts.ignored), (8, 6));
        }
    }
}

#[test]
fn a_stamp_that_syslog_has_too_is_read_as_its_system_wants() {
    // An ordinary frame takes the id for a host.
    let grammar = HERON.replace("%d-%b-%Y %H:%M:%S%.f ", "%Y-%m-%d %H:%M:%S ");
    let grammar = grammar.replace("19-Jan-2026 19:16:57.64", "2026-01-19 19:16:57").replace("57.64Z", "57Z");
    let grammars = grammars(&[SYSLOG, &grammar]);
    assert_eq!(check(&grammars), []);
    let log = "2026-01-19 19:16:57 tcp_in local E 4 a@x.example b@y.example ZZ1\n";
    let Run { facts, .. } = read(&grammars, log, CHUNK);
    assert_eq!(texts(&facts, "messages", "queue_id"), ["ZZ1"]);
}

#[test]
fn a_header_that_names_other_columns_is_damage() {
    let log = format!("{FINCH_LOG}#Fields: event,date-time\r\nRECEIVE,2026-01-19T19:16:57.640Z\r\n");
    let counts = Counts { lines: 9, matched: 2, ignored: 3, unmatched: 1, damaged: 3, duplicate: 0 };
    proves(FINCH, &log, "mx1", counts);
}

#[test]
fn explain_tells_what_a_run_counts() {
    let grammars = grammars(&[SYSLOG, HERON, FINCH, WREN, SWIFT]);
    let others = "\
        -- Boot 0123456789abcdef --\n-- Boot of a stranger --\n\
        Jan 19 19:16:57 mx swift-auth: last message repeated 2 times\n\
        Jan 19 19:16:57 mx odd: last message repeated 2 times\n";
    for log in [HERON_LOG, FINCH_LOG, WREN_LOG, SWIFT_LOG, others] {
        let layouts = grammars.layouts_of(log.as_bytes());
        let found: Vec<_> = log.lines().map(|line| grammars.explain(&layouts, line.as_bytes())).collect();
        let count = |is: &dyn Fn(&crate::grammar::Explained) -> bool| {
            found.iter().flatten().filter(|f| is(f)).count() as u64
        };
        let counts = read(&grammars, log, CHUNK).coverage.counts;
        assert_eq!(count(&|f| f.taken_by.is_some() && !f.ignored), counts.matched);
        assert_eq!(count(&|f| f.ignored), counts.ignored);
        assert_eq!(count(&|f| f.taken_by.is_none()), counts.unmatched);
    }
}

#[test]
fn f19_a_repetition_without_a_host_is_of_the_line_before_it() {
    let swift = SWIFT.replace(r#"names = ["swift-auth"]"#, r#"names = ["swift-auth", "swift"]"#);
    let grammars = grammars(&[SYSLOG, &swift]);
    let log = "\
        Jan 19 19:16:57 mac swift[1]: status: msg 1 to b@y.example\n\
        Jan 19 19:16:58 --- last message repeated 2 times ---\n\
        Jan 19 19:16:59 --- last message repeated 1 time ---\n\
        Jan 19 19:17:00 mac swift[1]: last message repeated 2 times\n\
        Jan 19 19:17:01  swift: last message repeated 2 times\n";
    for chunk in [1, CHUNK] {
        let Run { facts, coverage, .. } = read(&grammars, log, chunk);
        assert_eq!(texts(&facts, "deliveries", "host"), ["mac"; 8]);
        assert_eq!(coverage.counts.matched, 5);
    }
}

#[test]
fn a_layout_proves_itself() {
    let wrong = |grammar: &str| check(&grammars(&[grammar])).into_iter().map(|c| c.what).collect::<Vec<_>>();
    assert_eq!(wrong(&WREN.replace("19:16:57.64Z", "19:16:57Z")).len(), 1);
    assert_eq!(wrong(&WREN.replace("host = \"mx2\"", "host = \"mx\"")).len(), 1);
    assert_eq!(wrong(&HERON.replace("line = \"19-Jan", "line = \"x19-Jan")).len(), 1);
    let mut grammars = Grammars { list: Vec::new(), patterns: Vec::new() };
    let error = grammars.add("test", &HERON.replace("%Y", "")).expect_err("no year");
    assert!(error.to_string().contains("needs at least year"), "{error}");
}
