//! What a period and a domain cut out of the facts.

use crate::support::figures::Figures;
use crate::support::program::Test;
use serde_json::Value;

/// A message that comes on the 23rd, is put off on the 24th and delivered on the 25th; one that waits for good.
const WAITING: &str = "\
2026-11-23T23:59:50+00:00 mx1 postfix/smtpd[1]: A1FF1E291D: client=c.example[192.0.2.10]
2026-11-23T23:59:50+00:00 mx1 postfix/qmgr[2]: A1FF1E291D: from=<a@far.example>, size=10, nrcpt=1 (queue active)
2026-11-24T00:00:10+00:00 mx1 postfix/lmtp[3]: A1FF1E291D: to=<b@own.example>, relay=store[192.0.2.4]:24, delay=20, dsn=4.3.0, status=deferred (451 later)
2026-11-25T10:00:00+00:00 mx1 postfix/lmtp[3]: A1FF1E291D: to=<b@own.example>, relay=store[192.0.2.4]:24, delay=122410, dsn=2.0.0, status=sent (250 2.0.0 Saved)
2026-11-25T10:00:00+00:00 mx1 postfix/qmgr[2]: A1FF1E291D: removed
2026-11-25T10:00:00+00:00 mx1 postfix/smtpd[1]: A2FF1E291D: client=c.example[192.0.2.10]
2026-11-25T10:00:00+00:00 mx1 postfix/qmgr[2]: A2FF1E291D: from=<a@far.example>, size=10, nrcpt=1 (queue active)
";

fn on(day: &str) -> Value {
    let test = Test::new(&format!("report mail.log --timezone UTC --format json --on {day}"));
    test.file("mail.log", WAITING).any_stdout().run().json()
}

/// The queue ids of the messages that a report says to be waiting.
fn waiting(report: &Value) -> Vec<&str> {
    let sections = report["sections"].as_array().expect("sections");
    let queued = sections.iter().find(|section| section["name"] == "queued").expect("the section");
    queued["rows"].as_array().expect("rows").iter().filter_map(|row| row[1].as_str()).collect()
}

#[test]
fn what_waits_at_the_end_of_a_period_is_listed_whenever_it_came() {
    let expected: [(&str, &[&str], f64); 3] = [
        ("2026-11-23", &["A1FF1E291D"], 0.0),
        ("2026-11-24", &["A1FF1E291D"], 1.0),
        ("2026-11-25", &["A2FF1E291D"], 0.0),
    ];
    for (day, queued, deferred) in expected {
        let report = on(day);
        let figures = Figures::of(&report);
        let total = |metric| figures.total(metric, &serde_json::Map::new());
        assert_eq!(waiting(&report), queued, "{day}");
        assert_eq!(total("queue.remaining"), Some(1.0), "{day}");
        assert_eq!(total("messages.deferred"), Some(deferred), "{day}");
    }
}

#[test]
fn a_day_without_a_line_is_not_well_though_mail_waits_since_before() {
    let test = Test::new("report mail.log --timezone UTC --on 2026-11-27 --fail-on critical").status(1);
    let told = test.file("mail.log", WAITING).any_stdout().run();
    let told = String::from_utf8_lossy(told.stdout()).into_owned();
    assert!(told.contains("tell nothing of this period"), "{told}");
}

/// A user of the domain who sends in a stranger's name, an alias of the domain that leads elsewhere, and mail of others.
const OF_DOMAINS: &str = "\
2026-11-24T10:00:00+00:00 mx1 postfix/submission/smtpd[1]: B1FF1E291D: client=pc[192.0.2.33], sasl_method=PLAIN, sasl_username=eve@own.example
2026-11-24T10:00:00+00:00 mx1 postfix/qmgr[2]: B1FF1E291D: from=<boss@bank.example>, size=10, nrcpt=1 (queue active)
2026-11-24T10:00:01+00:00 mx1 postfix/smtp[3]: B1FF1E291D: to=<v@far.example>, relay=mx.far.example[198.51.100.6]:25, delay=1, dsn=2.0.0, status=sent (250 ok)
2026-11-24T10:00:01+00:00 mx1 postfix/qmgr[2]: B1FF1E291D: removed
2026-11-24T11:00:00+00:00 mx1 postfix/smtpd[1]: B2FF1E291D: client=c.example[192.0.2.10]
2026-11-24T11:00:00+00:00 mx1 postfix/qmgr[2]: B2FF1E291D: from=<a@far.example>, size=10, nrcpt=1 (queue active)
2026-11-24T11:00:01+00:00 mx1 postfix/smtp[3]: B2FF1E291D: to=<b@mail.example>, orig_to=<info@Own.example>, relay=mx.mail.example[198.51.100.7]:25, delay=1, dsn=5.7.26, status=bounced (550 no)
2026-11-24T11:00:01+00:00 mx1 postfix/qmgr[2]: B2FF1E291D: removed
2026-11-24T12:00:00+00:00 mx1 postfix/smtpd[1]: B3FF1E291D: client=c.example[192.0.2.10]
2026-11-24T12:00:00+00:00 mx1 postfix/qmgr[2]: B3FF1E291D: from=<a@far.example>, size=10, nrcpt=1 (queue active)
2026-11-24T12:00:01+00:00 mx1 postfix/lmtp[3]: B3FF1E291D: to=<c@other.example>, relay=store[192.0.2.4]:24, delay=1, dsn=2.0.0, status=sent (250 ok)
2026-11-24T12:00:01+00:00 mx1 postfix/qmgr[2]: B3FF1E291D: removed
";

#[test]
fn the_mail_of_a_domain_is_that_of_its_users_and_its_aliases_too() {
    for args in ["--domain own.example", "--domain @OWN.example --memory 1 --chunk-size 300"] {
        let test = Test::new(&format!("report mail.log --timezone UTC --format json {args}"))
            .file("mail.log", OF_DOMAINS);
        let figures = Figures::of(&test.any_stdout().any_stderr().run().json());
        let total = |metric| figures.total(metric, &serde_json::Map::new());
        assert_eq!((total("deliveries"), total("messages.accepted")), (Some(2.0), Some(2.0)), "{args}");
    }
}

#[test]
fn questions_are_narrowed_by_time_and_domain() {
    let count = |args: &str| {
        let test = Test::new("query").arg("SELECT queue_id FROM deliveries ORDER BY queue_id");
        let test = args.split(' ').fold(test.arg("mail.log").arg("--timezone=UTC").arg("--format=csv"), Test::arg);
        let answer = test.file("mail.log", OF_DOMAINS).any_stdout().run();
        String::from_utf8_lossy(answer.stdout()).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(count("--domain own.example"), ["B1FF1E291D", "B2FF1E291D"]);
    assert_eq!(count("--since 2026-11-24T10:30:00Z --until 2026-11-24T11:30:00Z"), ["B2FF1E291D"]);
    assert_eq!(count("--on 2026-11-24 --domain other.example"), ["B3FF1E291D"]);
}
