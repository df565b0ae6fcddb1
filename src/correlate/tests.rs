//! What is joined, and what only looks as if it belonged together: a few lines for each, and the rows that they become.

use crate::assets::Assets;
use crate::event::NO_TEXT;
use crate::facts::{Facts, Memory, NULL, Values};
use crate::grammar::Grammars;
use crate::input::{self, Hosts};
use crate::run::{CHUNK, Options, run};
use crate::time::Zone;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

static GRAMMARS: LazyLock<Grammars> =
    LazyLock::new(|| Grammars::load(&Assets::default()).expect("the built-in grammars are right"));

/// The rows of a table by some of its columns, joined by bars; what is absent is empty.
fn rows(facts: &Facts, table: &str, columns: &[&str]) -> Vec<String> {
    let tables = facts.tables();
    let table = tables.iter().find(|t| t.def().name == table).expect("a table");
    let places: Vec<usize> = columns.iter().map(|name| table.def().place(name).expect("a column")).collect();
    let columns = table.columns(&places, None);
    let cell = |values: &Values, row: usize| match values {
        Values::Numbers(numbers) if numbers[row] == NULL => String::new(),
        Values::Numbers(numbers) => numbers[row].to_string(),
        Values::Texts(ids) if ids[row] == NO_TEXT => String::new(),
        Values::Texts(ids) => String::from_utf8_lossy(facts.texts.get(ids[row]).unwrap_or_default()).into_owned(),
    };
    let row = |row| columns.iter().map(|values| cell(values, row)).collect::<Vec<_>>().join("|");
    (0..table.len()).map(row).collect()
}

/// The same of a log of 2026, whatever the chunks, in the order of the rows' own text.
fn told(log: &str, table: &str, columns: &[&str]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(log.as_bytes()).expect("written");
    let of_chunks = |chunk| {
        let input = input::Options {
            now: 1_800_000_000_000_000,
            year: Some(2026),
            layouts: GRAMMARS.layouts(),
            tell: |_| {},
        };
        let options =
            Options { zone: Zone::utc(), hosts: Hosts::default(), input, chunk, memory: Memory::default() };
        let read = run(&[file.path().to_owned()], &GRAMMARS, &options, &|_, _| {}).expect("a run");
        let mut rows = rows(&read.facts, table, columns);
        rows.sort();
        rows
    };
    let whole = of_chunks(CHUNK);
    assert_eq!(of_chunks(1), whole, "by the line");
    whole
}

/// A log of Postfix on one host: a time with its day, a program, a text.
fn postfix(lines: &[&str]) -> String {
    let mut log = String::new();
    for line in lines {
        let (time, rest) = line.split_at("24 09:00:00".len());
        let (program, text) = rest.trim_start().split_once(": ").expect("a program");
        let (program, pid) = program.split_once('[').unwrap_or((program, "7]"));
        let slash = if program.contains('/') { "" } else { "postfix/" };
        let _ = writeln!(log, "Nov {time} mx1 {slash}{program}[{pid}: {text}");
    }
    log
}

/// Lines of a message that came from a client and is in the queue.
macro_rules! arrives {
    ($time:literal, $program:literal, $id:literal, $message:literal) => {
        [
            concat!($time, " ", $program, "/smtpd[1]: ", $id, ": client=mail.remote.example[192.0.2.10]"),
            concat!($time, " ", $program, "/cleanup: ", $id, ": message-id=<", $message, "@remote.example>"),
            concat!(
                $time,
                " ",
                $program,
                "/qmgr: ",
                $id,
                ": from=<a@remote.example>, size=9, nrcpt=1 (queue active)"
            ),
        ]
    };
}

/// A line that tells of a queue entry.
macro_rules! of_entry {
    ($time:literal, $program:literal, $id:literal, $($part:literal),+) => {
        concat!($time, " ", $program, ": ", $id, ": ", $($part),+)
    };
}

/// A recipient put off.
macro_rules! deferred {
    ($time:literal, $program:literal, $id:literal, $to:literal) => {
        of_entry!(
            $time,
            $program,
            $id,
            "to=<",
            $to,
            ">, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, ",
            "status=deferred (connect to mx.far.example[198.51.100.7]:25: Connection timed out)"
        )
    };
}

/// A recipient to whom another server, or a program, took the message.
macro_rules! sent {
    ($time:literal, $program:literal, $id:literal, $relay:literal, $delay:literal, $said:literal) => {
        of_entry!(
            $time,
            $program,
            $id,
            "to=<b@local.example>, relay=",
            $relay,
            ", delay=",
            $delay,
            ", delays=",
            $delay,
            "/0/0/0, dsn=2.0.0, status=sent (",
            $said,
            ")"
        )
    };
}

#[test]
fn a_queue_id_has_several_lives() {
    let first = arrives!("24 09:00:00", "postfix", "F1FF1E29", "m1");
    let gone = [
        sent!("24 09:00:01", "lmtp", "F1FF1E29", "local[127.0.0.1]:24", "1", "ok"),
        "24 09:00:02 qmgr: F1FF1E29: removed",
    ];
    let [opener, cleanup, active] = arrives!("24 09:00:05", "postfix", "F1FF1E29", "m2");
    let told =
        |lines: &[&[&str]]| told(&postfix(&lines.concat()), "messages", &["message_id", "fate", "end_time"]);
    let at = |second: i64| 1_795_510_800_000_000 + second * 1_000_000;
    // What is heard of it long after its end is another life of which the beginning is missing.
    let later = ["24 09:00:30 qmgr: F1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)"];
    assert_eq!(told(&[&first, &gone, &later]), [format!("m1@remote.example|sent|{}", at(2)), "||".to_owned()]);
    // A second end is that of the life that has just begun, which was no message yet.
    let ends = ["24 09:00:09 postsuper: F1FF1E29: removed"];
    assert_eq!(told(&[&first, &gone, &[opener], &ends]), [format!("m1@remote.example|sent|{}", at(2))]);
    // An id is used again while a recipient waits.
    let waits = [deferred!("24 09:00:02", "smtp", "F1FF1E29", "c@far.example")];
    let again = [opener, cleanup, active];
    let expected = [format!("m1@remote.example|lost|{}", at(2)), "m2@remote.example||".to_owned()];
    assert_eq!(told(&[&first, &gone[..1], &waits, &again]), expected);
}

#[test]
fn what_was_told_long_before_an_entry_begins_is_not_of_it() {
    let early = ["24 09:00:00 cleanup: F1FF1E29: message-id=<old@remote.example>"];
    let log = postfix(&[&early[..], &arrives!("24 09:00:05", "postfix", "F1FF1E29", "m")].concat());
    assert_eq!(told(&log, "messages", &["time", "message_id"]), ["1795510805000000|m@remote.example"]);
}

#[test]
fn an_entry_that_only_looks_like_a_filters_is_none() {
    let [own, other] =
        [arrives!("24 09:00:10", "postfix", "A1FF1E29", "m"), arrives!("24 09:00:00", "postfix", "B1FF1E29", "m")];
    let told = |lines: &[&[&str]]| told(&postfix(&lines.concat()), "deliveries", &["queue_id", "outcome"]);
    // The other server happens to use the same id, or that of an entry that was there before.
    let same =
        sent!("24 09:00:11", "smtp", "A1FF1E29", "far[198.51.100.7]:25", "1", "250 2.0.0 Ok: queued as A1FF1E29");
    assert_eq!(told(&[&own, &[same]]), ["A1FF1E29|sent"]);
    let older =
        sent!("24 09:00:11", "smtp", "A1FF1E29", "far[198.51.100.7]:25", "1", "250 2.0.0 Ok: queued as B1FF1E29");
    assert_eq!(told(&[&other, &own, &[older]]), ["A1FF1E29|sent"]);
    assert_eq!(
        told(&[&own, &arrives!("24 09:00:10", "postfix", "B1FF1E29", "m"), &[older]]),
        ["A1FF1E29|filtered"]
    );
}

#[test]
fn no_entry_is_its_own_parent() {
    let log = postfix(&[
        "24 09:00:00 smtpd[1]: A1FF1E29: client=localhost[127.0.0.1], orig_queue_id=A1FF1E29",
        "24 09:00:00 cleanup: A1FF1E29: message-id=<m@remote.example>",
        "24 09:00:00 qmgr: A1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)",
    ]);
    assert_eq!(told(&log, "messages", &["queue_id", "origin", "parent_queue_id"]), ["A1FF1E29|smtp|"]);
}

#[test]
fn a_notification_has_no_client_and_none_comes_after_ten_minutes() {
    let session = ["24 09:00:00 smtpd[1]: connect from mail.remote.example[192.0.2.10]"];
    let parent = arrives!("24 09:00:00", "postfix", "A1FF1E29", "m");
    let announced = ["24 09:00:00 bounce: A1FF1E29: sender non-delivery notification: B1FF1E29"];
    let of_client = |lines: &[&[&str]]| {
        told(
            &postfix(&lines.concat()),
            "messages",
            &["queue_id", "client_ip", "origin", "parent_queue_id", "session"],
        )
    };
    // A client began the same id and never finished.
    let [begun, ..] = arrives!("24 09:00:00", "postfix", "B1FF1E29", "other");
    let child = [
        "24 09:00:00 cleanup: B1FF1E29: message-id=<n@mx1.example>",
        "24 09:00:01 qmgr: B1FF1E29: from=<>, size=9, nrcpt=1 (queue active)",
    ];
    let own = "A1FF1E29|192.0.2.10|smtp||1099511627776";
    assert_eq!(
        of_client(&[&session, &parent, &[begun], &announced, &child]),
        [own, "B1FF1E29||notification|A1FF1E29|"]
    );
    let late = arrives!("24 09:10:01", "postfix", "B1FF1E29", "n");
    assert_eq!(
        of_client(&[&session, &parent, &announced, &late]),
        [own, "B1FF1E29|192.0.2.10|smtp||1099511627776"]
    );
}

#[test]
fn what_a_program_gave_back_is_told_by_its_time_and_its_way() {
    let given = |time: &str, relay: &str| {
        format!(
            "24 {time} pipe: A1FF1E29: to=<b@local.example>, relay={relay}, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered via {relay} service)"
        )
    };
    let child = |time: &str| {
        [
            format!("24 {time} pickup: B1FF1E29: uid=115 from=<a@remote.example>"),
            format!("24 {time} cleanup: B1FF1E29: message-id=<m@remote.example>"),
            format!("24 {time} qmgr: B1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)"),
        ]
    };
    let went = |time: &str, relay: &str| given(time, relay).replace("A1FF1E29", "B1FF1E29");
    let outcome = |parts: &[&[String]]| {
        let lines = parts.concat();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        told(&postfix(&lines), "deliveries", &["queue_id", "outcome"])
    };
    let parent = arrives!("24 09:00:00", "postfix", "A1FF1E29", "m").map(str::to_owned);
    let [filter, mailbox] = ["filter", "mailbox"].map(|relay| [given("09:00:02", relay)]);
    let none = ["A1FF1E29|sent", "B1FF1E29|sent"];
    assert_eq!(
        outcome(&[&parent, &filter, &child("09:00:03"), &[went("09:00:04", "mailbox")]]),
        ["A1FF1E29|filtered", "B1FF1E29|sent"]
    );
    // The same way, told first or last.
    assert_eq!(outcome(&[&parent, &mailbox, &child("09:00:03"), &[went("09:00:04", "mailbox")]]), none);
    assert_eq!(outcome(&[&parent, &child("09:00:01"), &[went("09:00:01", "mailbox")], &mailbox]), none);
    // Picked up too late, or sent on too late.
    assert_eq!(outcome(&[&parent, &filter, &child("09:01:03"), &[went("09:01:04", "mailbox")]]), none);
    assert_eq!(outcome(&[&parent, &filter, &child("09:00:03"), &[went("09:02:02", "mailbox")]]), none);
    // It began before that from which it would have come, in the same second.
    assert_eq!(outcome(&[&child("09:00:00"), &[went("09:00:00", "mailbox")], &parent, &filter]), none);
}

#[test]
fn no_delivery_to_a_program_is_lost_where_many_are_alike() {
    let given = sent!("24 09:00:01", "pipe", "A1FF1E29", "filter", "1", "delivered via filter service");
    let log = postfix(&[&arrives!("24 09:00:00", "postfix", "A1FF1E29", "m")[..], &[given; 40]].concat());
    assert_eq!(told(&log, "deliveries", &["outcome"]), ["sent"; 40]);
}

#[test]
fn an_expired_recipient_had_a_transport_only_if_it_was_tried() {
    let parent = arrives!("20 09:00:00", "postfix", "A1FF1E29", "m");
    let expired = ["25 09:00:00 qmgr: A1FF1E29: from=<a@remote.example>, status=expired, returned to sender"];
    let told = |lines: &[&[&str]]| told(&postfix(&lines.concat()), "deliveries", &["outcome", "transport"]);
    assert_eq!(told(&[&parent, &expired]), ["expired|"]);
    // Who stands in for an agent does not become it.
    let [tried, suspended] = [
        deferred!("20 09:00:01", "smtp", "A1FF1E29", "b@far.example"),
        deferred!("20 09:10:01", "error", "A1FF1E29", "b@far.example"),
    ];
    assert_eq!(
        told(&[&parent, &[tried, suspended], &expired]),
        ["deferred|error", "deferred|smtp", "expired|smtp"]
    );
    // Of a recipient that was never tried it is the one that told first that the destination puts mail off.
    let other = arrives!("20 09:20:00", "postfix", "B1FF1E29", "m2");
    let first = [
        tried,
        deferred!("20 09:05:01", "relay", "A1FF1E29", "b@far.example"),
        deferred!("20 09:20:01", "error", "B1FF1E29", "c@far.example"),
    ];
    let expired = ["25 09:20:00 qmgr: B1FF1E29: from=<a@remote.example>, status=expired, returned to sender"];
    let rows = told(&[&parent, &other, &first, &expired]);
    assert_eq!(rows.last().map(String::as_str), Some("expired|smtp"));
}

#[test]
fn a_sum_means_only_a_set_that_is_so_large() {
    let [a, b, c] = [
        arrives!("24 09:00:00", "postfix", "A1FF1E29", "a"),
        arrives!("24 09:00:00", "postfix", "B1FF1E29", "b"),
        arrives!("24 09:00:00", "postfix-out", "C1FF1E29", "c"),
    ];
    let fates = |lines: &[&[&str]]| told(&postfix(&lines.concat()), "messages", &["queue_id", "fate"]);
    let deleted = ["24 09:01:00 postsuper: Deleted: 1 message"];
    let waits = [
        deferred!("24 09:00:01", "smtp", "A1FF1E29", "b@far.example"),
        deferred!("24 09:00:01", "smtp", "B1FF1E29", "b@far.example"),
    ];
    let hold = [
        "24 09:00:02 postsuper[9]: A1FF1E29: placed on hold",
        "24 09:00:02 postsuper[9]: Placed on hold: 1 message",
    ];
    // Which of two that are alike cannot be told.
    assert_eq!(fates(&[&a, &b, &deleted]), ["A1FF1E29|", "B1FF1E29|"]);
    // One of another instance does not count.
    assert_eq!(fates(&[&a, &c, &deleted]), ["A1FF1E29|removed", "C1FF1E29|"]);
    // What is on hold is not deferred, and is not put on hold again.
    assert_eq!(
        fates(&[&a, &b, &arrives!("24 09:00:00", "postfix", "D1FF1E29", "d"), &waits, &hold, &deleted]),
        ["A1FF1E29|held", "B1FF1E29|removed", "D1FF1E29|"]
    );
    let more = ["24 09:01:00 postsuper[10]: Placed on hold: 1 message"];
    assert_eq!(fates(&[&a, &b, &hold, &more]), ["A1FF1E29|held", "B1FF1E29|held"]);
}

#[test]
fn an_entry_is_lost_when_its_own_instance_goes_on_without_it() {
    let waits = [deferred!("01 09:00:01", "smtp", "A1FF1E29", "b@far.example")];
    let parent = arrives!("01 09:00:00", "postfix", "A1FF1E29", "a");
    let fates = |lines: &[&[&str]]| told(&postfix(&lines.concat()), "messages", &["queue_id", "fate"]);
    let [seventh, eighth] = [
        ["07 09:00:00 qmgr: B1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)"],
        ["08 09:00:00 qmgr: C1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)"],
    ];
    // Entries of which the log does not hold the beginning tell that it goes on, too.
    assert_eq!(fates(&[&parent, &waits, &seventh, &eighth]), ["A1FF1E29|lost", "B1FF1E29|", "C1FF1E29|"]);
    let others = [seventh, eighth].map(|[line]| line.replace(" qmgr", " postfix-out/qmgr"));
    assert_eq!(fates(&[&parent, &waits, &[&others[0], &others[1]]]), ["A1FF1E29|", "B1FF1E29|", "C1FF1E29|"]);
}

#[test]
fn an_id_of_another_instance_may_be_the_same_by_chance() {
    let parent = arrives!("24 09:00:00", "postfix-out", "A1FF1E29", "m");
    let delivery = |lines: &[&[&str]]| told(&postfix(&lines.concat()), "deliveries", &["queue_id", "message_id"]);
    let [in_time, later] = [
        [sent!("24 09:00:05", "smtp", "A1FF1E29", "far[198.51.100.7]:25", "5", "250 Ok")],
        [sent!("24 09:10:00", "smtp", "A1FF1E29", "far[198.51.100.7]:25", "5", "250 Ok")],
    ];
    assert_eq!(delivery(&[&parent, &in_time]), ["A1FF1E29|m@remote.example"]);
    assert_eq!(delivery(&[&parent, &later]), ["A1FF1E29|"]);
    // Two may have it.
    let second = arrives!("24 09:00:00", "postfix-in", "A1FF1E29", "other");
    assert_eq!(delivery(&[&parent, &second, &in_time]), ["A1FF1E29|"]);
}

#[test]
fn a_service_with_a_name_of_its_own_begins_a_message_within_minutes() {
    let [opener, ..] = arrives!("24 09:00:00", "postfix-label", "A1FF1E29", "m");
    let clients =
        |lines: &[&str]| told(&postfix(&[&[opener], lines].concat()), "messages", &["message_id", "client_ip"]);
    let [_, cleanup, active] = arrives!("24 09:04:59", "postfix", "A1FF1E29", "m");
    let known = ["24 09:00:00 qmgr: B1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)"];
    assert_eq!(clients(&[known[0], cleanup, active]), ["m@remote.example|192.0.2.10", "|"]);
    let [_, cleanup, active] = arrives!("24 09:05:00", "postfix", "A1FF1E29", "m");
    assert_eq!(clients(&[known[0], cleanup, active]), ["m@remote.example|", "|"]);
}

#[test]
fn the_instance_that_carries_the_same_message_took_it_over() {
    let parts = [
        arrives!("24 09:00:00", "postfix", "A1FF1E29", "m"),
        arrives!("24 09:00:00", "postfix", "B1FF1E29", "another"),
        arrives!("24 09:00:00", "postfix-out", "B1FF1E29", "m"),
    ];
    let over = [sent!(
        "24 09:00:01",
        "smtp",
        "A1FF1E29",
        "127.0.0.1[127.0.0.1]:2700",
        "1",
        "250 2.0.0 Ok: queued as B1FF1E29"
    )];
    assert_eq!(told(&postfix(&[&parts.concat()[..], &over].concat()), "deliveries", &["outcome"]), ["filtered"]);
}

#[test]
fn a_delivery_has_the_tls_of_a_connection_that_leads_there_and_lasts() {
    let tls = |at: &str| {
        let to = "Verified TLS connection established to mx.far.example[198.51.100.6]:25: TLSv1.3 with cipher X (256/256 bits)";
        format!("24 {at}[301]: {to}")
    };
    let line = |at: &str, id: &str, relay: &str, reuse: &str| {
        format!(
            "24 {at} smtp[301]: {id}: to=<b@far.example>, relay=mx.far.example[{relay}, {reuse}delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Ok)"
        )
    };
    let versions = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        told(&postfix(&lines), "deliveries", &["queue_id", "tls_version"])
    };
    let there = "198.51.100.6]:25";
    for (version, at, relay, reuse) in [
        ("TLSv1.3", "09:10:00", there, ""),
        ("", "09:10:01", there, ""),
        ("TLSv1.3", "09:59:59", there, "conn_use=2, "),
        ("", "10:00:00", there, "conn_use=2, "),
        ("", "09:00:01", "198.51.100.9]:25", ""),
        ("", "09:00:01", "198.51.100.6]:587", ""),
    ] {
        let found = versions(&[tls("09:00:00 smtp"), line(at, "A1FF1E29", relay, reuse)]);
        assert_eq!(found, [format!("A1FF1E29|{version}")], "{at} {relay} {reuse}");
    }
    let of_other = versions(&[tls("09:00:00 postfix-out/smtp"), line("09:00:01", "A1FF1E29", there, "")]);
    assert_eq!(of_other, ["A1FF1E29|"], "an instance has processes of its own");
    // The second went by a new connection, which the third used once more.
    let [a, b, c] =
        [("09:00:01", "A1FF1E29", ""), ("09:00:05", "B1FF1E29", ""), ("09:00:06", "C1FF1E29", "conn_use=2, ")];
    let three = [a, b, c].map(|(at, id, reuse)| line(at, id, there, reuse));
    assert_eq!(
        versions(&[&[tls("09:00:00 smtp")][..], &three].concat()),
        ["A1FF1E29|TLSv1.3", "B1FF1E29|", "C1FF1E29|"]
    );
}

#[test]
fn of_many_processes_that_deliver_at_once_the_tls_of_each_is_known() {
    let mut log = String::new();
    for pid in 1..=5_000 {
        let _ = writeln!(
            log,
            "Nov 24 09:00:00 mx1 postfix/smtp[{pid}]: Verified TLS connection established to mx.far.example[198.51.100.6]:25: TLSv1.3 with cipher X (256/256 bits)"
        );
    }
    for pid in 1..=5_000 {
        let _ = writeln!(
            log,
            "Nov 24 09:00:01 mx1 postfix/smtp[{pid}]: A1FF{pid:04}: to=<b@far.example>, relay=mx.far.example[198.51.100.6]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 Ok)"
        );
    }
    assert_eq!(told(&log, "deliveries", &["tls_version"]), vec!["TLSv1.3"; 5_000]);
}

#[test]
fn two_refusals_are_one_only_where_the_second_passes_the_first_on() {
    let refused = |pid: u32, to: &str| {
        format!(
            "24 09:00:01 smtpd[{pid}]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 <{to}>: Recipient address rejected: no; from=<s@remote.example> to=<{to}> proto=ESMTP helo=<x>"
        )
    };
    let passed = "24 09:00:02 smtpd[102]: proxy-reject: END-OF-MESSAGE: 550 5.7.0 refused behind; from=<s@remote.example> to=<anna@local.example> proto=ESMTP helo=<y>";
    let connects = "24 09:00:00 smtpd[102]: connect from localhost[127.0.0.1]";
    let recipients = |lines: &[&str]| told(&postfix(lines), "rejections", &["recipient"]);
    let anna = "anna@local.example";
    assert_eq!(recipients(&[connects, &refused(201, anna), passed]), [anna]);
    assert_eq!(recipients(&[connects, &refused(102, anna), passed]), [anna, anna], "of one session");
    assert_eq!(recipients(&[connects, &refused(201, "ben@local.example"), passed]), [anna, "ben@local.example"]);
}

#[test]
fn a_refusal_is_of_the_client_that_its_line_names() {
    let log = postfix(&[
        "24 09:00:00 smtpd[1]: connect from localhost[127.0.0.1]",
        "24 09:00:01 smtpd[1]: NOQUEUE: reject: RCPT from mail.remote.example[192.0.2.10]: 550 5.1.1 <b@local.example>: Recipient address rejected: no; from=<s@remote.example> to=<b@local.example> proto=ESMTP helo=<x>",
    ]);
    assert_eq!(told(&log, "rejections", &["client_ip"]), ["192.0.2.10"]);
}

#[test]
fn a_repetition_of_a_line_that_nobody_understood_repeats_none_before_it() {
    let refused = "24 09:00:01 smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.10]: 550 5.1.1 <b@local.example>: Recipient address rejected: no; from=<s@remote.example> to=<b@local.example> proto=ESMTP helo=<x>";
    let again = "Nov 24 09:00:03 mx1 last message repeated 2 times\n";
    let count = |lines: &[&str]| told(&(postfix(lines) + again), "rejections", &["recipient"]).len();
    assert_eq!(count(&[refused]), 3);
    assert_eq!(count(&[refused, "24 09:00:02 smtpd[1]: something that no version writes"]), 1);
}

#[test]
fn how_a_session_ends_depends_on_who_ended_it() {
    let client = "x[192.0.2.10]";
    for (expected, from, lines) in [
        // 521 closes the connection as 421 does (RFC 5321 3.8, RFC 7504).
        (
            "closed",
            client,
            &[
                "NOQUEUE: reject: MAIL from x[192.0.2.10]: 521 5.7.1 <x[192.0.2.10]>: Client host rejected: no; proto=ESMTP helo=<x>",
            ][..],
        ),
        ("lost", client, &[]),
        // Only a filter that has brought a message goes without a word.
        ("lost", "localhost[127.0.0.1]", &[]),
        ("closed", "localhost[127.0.0.1]", &["A1FF1E29: client=localhost[127.0.0.1]"]),
    ] {
        let mut log = vec![format!("24 09:00:00 smtpd[1]: connect from {from}")];
        log.extend(lines.iter().map(|line| format!("24 09:00:01 smtpd[1]: {line}")));
        log.push(format!("24 09:00:02 smtpd[1]: disconnect from {from} ehlo=1 mail=1 commands=2"));
        let log: Vec<&str> = log.iter().map(String::as_str).collect();
        assert_eq!(told(&postfix(&log), "sessions", &["ended"]), [expected], "{log:?}");
    }
}

#[test]
fn a_process_may_end_one_session_and_begin_the_next_in_one_second() {
    let log = postfix(&[
        "24 09:00:00 smtpd[1]: disconnect from x[192.0.2.10] ehlo=1 quit=1 commands=2",
        "24 09:00:00 smtpd[1]: connect from y[192.0.2.11]",
    ]);
    assert_eq!(told(&log, "sessions", &["client_ip", "ended"]), ["192.0.2.10|closed", "192.0.2.11|open"]);
}

#[test]
fn who_gave_no_command_to_a_service_that_begins_with_tls_may_have_had_none() {
    let session = |counts: &str| {
        let ends = format!("24 09:00:01 postfix/smtps/smtpd[1]: disconnect from x[192.0.2.10] {counts}");
        let log = postfix(&["24 09:00:00 postfix/smtps/smtpd[1]: connect from x[192.0.2.10]", &ends]);
        told(&log, "sessions", &["service", "tls_version"])
    };
    assert_eq!(session("ehlo=1 quit=1 commands=2"), ["submissions|TLS"]);
    assert_eq!(session("commands=0/0"), ["submissions|"]);
}

#[test]
fn a_session_that_was_refused_at_the_gate_is_not_the_one_that_goes_on() {
    let log = postfix(&[
        "24 09:00:00 postscreen: CONNECT from [192.0.2.10]:4001 to [203.0.113.1]:25",
        "24 09:00:00 postscreen: NOQUEUE: reject: RCPT from [192.0.2.10]:4001: 550 5.7.1 Service unavailable; client [192.0.2.10] blocked using zen.dnsbl.example; from=<s@spam.example>, to=<bob@local.example>, proto=ESMTP, helo=<x.example>",
        "24 09:00:00 postscreen: CONNECT from [192.0.2.10]:4002 to [203.0.113.1]:25",
        "24 09:00:01 smtpd[1]: connect from x[192.0.2.10]",
    ]);
    assert_eq!(told(&log, "sessions", &["client_port", "program"]), ["4001|postscreen", "4002|smtpd"]);
}

#[test]
fn a_line_counts_no_more_attempts_than_it_says() {
    let mut log = String::new();
    for second in [1, 5, 9, 13] {
        let _ = writeln!(
            log,
            "Nov 24 09:00:{second:02} mx1 dovecot: auth: passwd-file(anna@local.example,192.0.2.7,<ddddDDDD0001wAAH>): Password mismatch"
        );
    }
    log += "Nov 24 09:00:20 mx1 dovecot: imap-login: Disconnected: Connection closed (auth failed, 2 attempts in 19 secs): user=<anna@local.example>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.1, TLS: Connection closed, session=<ddddDDDD0001wAAH>\n";
    assert_eq!(told(&log, "logins", &["outcome"]), ["failed"; 2]);
}

#[test]
fn a_directory_operation_takes_as_long_as_its_lines_can_tell() {
    let duration = |start: &str, end: &str| {
        let log = format!(
            "2026-11-24T09:00:{start}+00:00 ldap1 slapd[7]: conn=1 op=1 SRCH base=\"dc=example\" scope=2 deref=0 filter=\"(uid=a)\"\n\
             2026-11-24T09:00:{end}+00:00 ldap1 slapd[7]: conn=1 op=1 SEARCH RESULT tag=101 err=0 nentries=1 text=\n"
        );
        told(&log, "directory_ops", &["duration_s"]).concat()
    };
    assert_eq!(duration("00.000000", "00.400000"), "400000", "one end may fall on a whole second");
    assert_eq!(duration("00.600000", "01.000000"), "400000");
    assert_eq!(duration("00", "01"), "", "whole seconds tell no part of one");
    assert_eq!(duration("00", "02"), "2000000");
    assert_eq!(duration("00.600000", "00.500000"), "", "a clock went backwards");
}

#[test]
fn an_answer_may_be_told_within_a_second_of_its_connections_end() {
    let log = "\
        Nov 24 09:00:00 ldap1 slapd[7]: conn=1 op=1 SRCH base=\"dc=example\" scope=2 deref=0 filter=\"(uid=a)\"\n\
        Nov 24 09:00:00 ldap1 slapd[7]: conn=1 fd=9 closed\n\
        Nov 24 09:00:01 ldap1 slapd[7]: conn=2 op=0 RESULT tag=97 err=0 text=\n\
        Nov 24 09:00:01 ldap1 slapd[7]: conn=1 op=1 SEARCH RESULT tag=101 err=0 nentries=5 text=\n";
    assert_eq!(
        told(log, "directory_ops", &["connection", "kind", "result_code", "entries"]),
        ["1|search|0|5", "2|bind|0|"]
    );
}

#[test]
fn a_notification_tells_that_its_message_is_still_there() {
    let lines = arrives!("01 09:00:00", "postfix", "A1FF1E29", "m");
    let delayed = ["02 09:00:00 bounce: A1FF1E29: sender delay notification: B1FF1E29"];
    let later = [
        "08 09:00:00 qmgr: C1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)",
        "09 09:00:00 qmgr: D1FF1E29: from=<a@remote.example>, size=9, nrcpt=1 (queue active)",
    ];
    let log = postfix(&[&lines[..], &delayed, &later].concat());
    let lost = told(&log, "messages", &["fate", "end_time"]);
    assert_eq!(lost.first().map(String::as_str), Some("lost|1793610000000000"));
}

#[test]
fn a_hold_is_of_its_own_message_and_not_of_the_next_one() {
    let hold = "24 09:00:01 smtpd[1]: A1FF1E29: hold: RCPT from x[192.0.2.10]: <b@local.example>: Recipient address wait; from=<a@remote.example> to=<b@local.example> proto=ESMTP helo=<x>";
    let log = postfix(&[
        "24 09:00:00 smtpd[1]: connect from x[192.0.2.10]",
        "24 09:00:00 smtpd[1]: A1FF1E29: client=x[192.0.2.10]",
        hold,
        "24 09:00:01 cleanup: A1FF1E29: message-id=<m@remote.example>",
        "24 09:00:02 smtpd[1]: B1FF1E29: client=x[192.0.2.10]",
        "24 09:00:02 cleanup: B1FF1E29: message-id=<m2@remote.example>",
    ]);
    assert_eq!(told(&log, "messages", &["queue_id", "fate"]), ["A1FF1E29|held"]);
}

#[test]
fn mail_of_this_machine_has_nobody_whom_it_is_refused_to() {
    let log = postfix(&[
        "24 09:00:00 pickup: A1FF1E29: uid=0 from=<root>",
        "24 09:00:00 cleanup: A1FF1E29: message-id=<m@mx1.example>",
        "24 09:00:00 cleanup: warning: A1FF1E29: message rejected: hopcount exceeded",
    ]);
    assert_eq!(told(&log, "rejections", &["queue_id"]), [""; 0]);
}

#[test]
fn a_session_that_ends_a_second_before_it_begins_took_no_time() {
    let log = "\
        Nov 24 09:00:01 store1 dovecot: pop3(udo@local.example)<5470><ddddDDDD0001wAAH>: Disconnected: Logged out top=0/0, retr=1/1009, del=0/0, size=122778\n\
        Nov 24 09:00:02 store1 dovecot: pop3-login: Logged in: user=<udo@local.example>, method=PLAIN, rip=192.0.2.20, lip=198.51.100.1, mpid=5470, TLS, session=<ddddDDDD0001wAAH>\n";
    assert_eq!(told(log, "sessions", &["time", "duration_s", "ended"]), ["1795510801000000|0|closed"]);
}

#[test]
fn a_session_that_goes_on_after_a_restart_waits_for_its_end_after_the_next() {
    let started = |day: &str| {
        format!("{day} 09:00:00 master[9]: daemon started -- version 3.7.11, configuration /etc/postfix")
    };
    let [first, second] = ["01", "05"].map(started);
    let tls = "Anonymous TLS connection established from x[192.0.2.10]: TLSv1.3 with cipher X (256/256 bits)";
    let log = postfix(&[
        "01 08:00:00 smtpd[1]: connect from x[192.0.2.10]",
        &first,
        &format!("01 10:00:00 smtpd[1]: {tls}"),
        &second,
        "09 09:00:00 smtpd[2]: connect from y[192.0.2.11]",
        "10 09:00:00 smtpd[1]: disconnect from x[192.0.2.10] ehlo=1 quit=1 commands=2",
    ]);
    assert_eq!(told(&log, "sessions", &["client_ip", "ended"]), ["192.0.2.10|closed", "192.0.2.11|open"]);
}
