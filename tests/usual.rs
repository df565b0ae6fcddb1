//! What is usual: figures against the same days of earlier weeks, from logs that are made here.

use crate::support::program::{Test, program};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

/// A day of a host: messages that come, each at its own minute, and one that is refused, so that the day is logged.
struct Day {
    date: &'static str,
    host: &'static str,
    messages: u32,
    relay: &'static str,
}

fn day(date: &'static str, messages: u32) -> Day {
    Day { date, host: "mx1", messages, relay: "mx.far.example" }
}

/// The log of some days, with stamps of UTC.
fn log(days: &[Day]) -> String {
    let mut log = String::new();
    for Day { date, host, messages, relay } in days {
        let mut line = |minute: u32, program: &str, text: &str| {
            let (hour, minute) = (minute / 60, minute % 60);
            let _ = writeln!(log, "{date}T{hour:02}:{minute:02}:00.000000+00:00 {host} postfix/{program}: {text}");
        };
        line(
            5,
            "smtpd[9]",
            "NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <x@local.example>: Recipient address rejected: User unknown; from=<s@spam.example> to=<x@local.example> proto=ESMTP helo=<h>",
        );
        for at in 0..*messages {
            let id = format!("4X{}z{at:04}", date.replace('-', ""));
            let minute = 10 + at;
            line(minute, "smtpd[1]", &format!("{id}: client=a.example[192.0.2.10]"));
            line(minute, "qmgr[5]", &format!("{id}: from=<a@a.example>, size=1500, nrcpt=1 (queue active)"));
            line(
                minute,
                "smtp[3]",
                &format!(
                    "{id}: to=<b@far.example>, relay={relay}[198.51.100.6]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
                ),
            );
            line(minute, "qmgr[5]", &format!("{id}: removed"));
        }
    }
    log
}

/// The report of a day in JSON, with these limits for the messages that are accepted.
fn report(days: &[Day], on: &str, limits: &str) -> Value {
    let config = format!("timezone = \"UTC\"\n[[thresholds]]\nmetric = \"messages.accepted\"\n{limits}\n");
    let test = Test::new("report mail.log --config c.toml --format json --on").arg(on);
    test.file("mail.log", log(days)).file("c.toml", config).any_stdout().run().json()
}

/// The state of the messages that were accepted, and the findings of thresholds.
fn judged(days: &[Day], limits: &str) -> (String, Vec<String>) {
    let report = report(days, "2026-11-23", limits);
    let rows = report["measurements"].as_array().expect("rows");
    let accepted = rows.iter().find(|row| row["metric"] == "messages.accepted");
    let findings = report["findings"].as_array().expect("findings").iter();
    let own = findings.filter(|finding| finding["metric"] == "messages.accepted");
    let words = own.map(|finding| {
        let word = |key: &str| finding[key].as_str().unwrap_or_default().replace('\u{202f}', " ");
        format!("{} {}: {}", word("state"), word("observed"), word("expected"))
    });
    let state = accepted.map_or("absent", |row| row["state"].as_str().unwrap_or_default());
    (state.to_owned(), words.collect())
}

/// Mondays of which the last is 2026-11-23, with the day before the first, so that the first is known whole.
fn mondays(messages: &[u32]) -> Vec<Day> {
    const DATES: [&str; 6] = ["2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"];
    let first = DATES.len() - messages.len();
    DATES[first..].iter().zip(messages).map(|(date, messages)| day(date, *messages)).collect()
}

#[test]
fn l23_at_the_limit_of_what_is_usual_all_is_fine() {
    let state = |today: u32, limits: &str| judged(&mondays(&[10, 10, 12, 8, today]), limits).0;
    let rise = "warning = \"> 3x usual\"\ncritical = \"> 5x usual\"";
    assert_eq!([29, 30, 31, 50, 51].map(|n| state(n, rise)), ["ok", "ok", "warning", "warning", "critical"]);
    let fall = "warning = \"< 0.2x usual\"";
    assert_eq!([3, 2, 1].map(|n| state(n, fall)), ["ok", "ok", "warning"]);
}

#[test]
fn a_finding_says_what_is_usual() {
    let (_, findings) = judged(&mondays(&[10, 10, 10, 31]), "warning = \"> 3x usual\"");
    assert_eq!(findings, ["warning 31: at most 30 (usual: 10)"]);
}

#[test]
fn a_finding_shows_the_newest_of_what_there_is_too_much_of() {
    let lines = |messages: &[u32], limits: &str| -> Vec<String> {
        let report = report(
            &mondays(messages),
            "2026-11-23",
            &format!("where = {{ origin = [\"smtp\", \"x\"] }}\n{limits}"),
        );
        let findings = report["findings"].as_array().expect("findings").iter();
        let own = findings.filter(|finding| finding["metric"] == "messages.accepted");
        let lines = own.flat_map(|finding| finding["evidence"].as_array().expect("a list").clone());
        lines.map(|line| line["line"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let rise = lines(&[10, 10, 10, 31], "warning = \"> 3x usual\"");
    let ids = ["4X20261123z0030", "4X20261123z0029", "4X20261123z0028"];
    assert!(rise.len() == 3 && rise.iter().zip(ids).all(|(line, id)| line.contains(id)), "{rise:#?}");
    assert_eq!(lines(&[10, 10, 10, 1], "warning = \"< 0.2x usual\""), [""; 0]);
    let own = "warning = \"> 3x usual\"\nevidence = \"SELECT source, offset FROM rejections ORDER BY source, offset DESC\"";
    assert!(lines(&[10, 10, 10, 31], own)[0].contains("NOQUEUE: reject"), "its own evidence goes first");
}

#[test]
fn a_metric_that_names_its_rows_wrongly_is_told_with_its_place() {
    let metric = "-- unit = \"count\"\n-- about = \"x\"\n-- rows = \"SELECT source, offset FROM messages\"\nSELECT COUNT(*) AS value FROM messages\n";
    let done = Test::new("report mail.log --config c.toml --library own --timezone UTC -o out.txt")
        .file("mail.log", log(&mondays(&[3])))
        .file("c.toml", "[[thresholds]]\nmetric = \"mine\"\nwarning = \"> 1\"\n")
        .file("own/report-templates/metrics/mine.sql", metric)
        .status(78)
        .any_stderr()
        .run();
    let told = String::from_utf8_lossy(done.stderr()).into_owned();
    assert!(
        ["what this metric counts cannot be asked", "mine.sql:3", "time"].iter().all(|w| told.contains(w)),
        "{told}"
    );
}

#[test]
fn too_few_earlier_weeks_tell_nothing() {
    let limits = "warning = \"> 3x usual\"";
    assert_eq!(judged(&mondays(&[10, 10, 99]), limits), ("unknown".to_owned(), Vec::new()));
    assert_eq!(judged(&mondays(&[99]), limits), ("unknown".to_owned(), Vec::new()));
    // A fixed limit still holds.
    assert_eq!(judged(&mondays(&[10, 99]), &format!("{limits}\ncritical = \"> 50\"")).0, "critical");
}

#[test]
fn a_day_without_a_log_is_no_day_and_a_day_without_mail_is_one_of_none() {
    let limits = "warning = \"> 3x usual\"";
    let mut days = mondays(&[10, 10, 10, 10, 31]);
    assert_eq!(judged(&days, limits).0, "warning");
    days.remove(1);
    assert_eq!(judged(&days, limits).0, "warning", "three others are left");
    days.remove(1);
    assert_eq!(judged(&days, limits).0, "unknown");
    assert_eq!(
        judged(&mondays(&[0, 0, 0, 10, 1]), limits),
        ("warning".to_owned(), vec!["warning 1: at most 0 (usual: 0)".to_owned()])
    );
}

#[test]
fn silence_is_found_where_no_row_is_left_to_be_judged() {
    let (state, findings) = judged(&mondays(&[10, 11, 12, 0]), "critical = \"< 0.2x usual\"");
    assert_eq!(state, "absent");
    assert_eq!(findings, ["critical 0: at least 2.20 (usual: 11)"]);
}

#[test]
fn of_few_things_many_times_as_many_are_no_news() {
    let limits = "warning = \"> 3x usual\"\nleast = 20";
    assert_eq!(judged(&mondays(&[1, 1, 1, 19]), limits).0, "ok");
    assert_eq!(judged(&mondays(&[1, 1, 1, 20]), limits).0, "warning");
}

#[test]
fn a_share_is_compared_with_what_share_is_usual() {
    let limits = "per = \"connections\"\nwarning = \"> 3x usual\"";
    let (state, findings) = judged(&mondays(&[1, 1, 1, 2]), limits);
    assert!(["ok", "unknown"].contains(&state.as_str()) && findings.is_empty(), "{findings:?}");
}

/// What the figure of accepted messages was earlier.
fn past(report: &Value) -> Value {
    let rows = report["measurements"].as_array().expect("rows");
    rows.iter().find(|row| row["metric"] == "messages.accepted").expect("a row")["past"].clone()
}

#[test]
fn each_figure_tells_the_day_before_the_week_before_and_what_is_usual() {
    let mut days = mondays(&[10, 10, 12, 9, 31]);
    days.insert(4, day("2026-11-22", 7));
    let told = past(&report(&days, "2026-11-23", "warning = \"> 1000\""));
    let expected = serde_json::json!({ "day_before": 7, "week_before": 9, "usual": 10, "spread": 0, "spans": 4 });
    assert_eq!(told, expected);
    let alone = report(&mondays(&[31]), "2026-11-23", "warning = \"> 1000\"");
    assert_eq!(past(&alone), Value::Null, "nothing is known");
}

#[test]
fn a_day_on_which_the_log_begins_is_no_whole_day() {
    let mut log = log(&mondays(&[10, 10, 10, 31]));
    log.drain(..log.find("T00:10").map_or(0, |at| log[..at].rfind('\n').map_or(0, |at| at + 1)));
    let late = log.replacen("2026-11-02T00:", "2026-11-02T14:", usize::MAX);
    let told = |log: String| {
        let test = Test::new("report mail.log --timezone UTC --format json --on 2026-11-23").file("mail.log", log);
        past(&test.any_stdout().run().json())
    };
    assert_eq!(told(log)["spans"], 3);
    assert_eq!(told(late)["spans"], 0);
}

#[test]
fn l14_days_are_those_of_the_zone_when_clocks_change_too() {
    // 22:30 UTC on 2026-10-25 is 23:30 of a day of 25 hours, and 22:30 on 2026-10-24 the 25th already.
    let stamps = ["2026-10-24T22:30", "2026-10-25T22:30", "2026-10-25T23:30", "2026-11-01T12:00"];
    let mut all = log(&[day("2026-10-01", 1)]);
    for (at, stamp) in stamps.iter().enumerate() {
        let id = format!("4Xk100000{at}z2");
        for (program, text) in [
            ("smtpd", "client=a.example[192.0.2.10]"),
            ("qmgr", "from=<a@a.example>, size=1500, nrcpt=1 (queue active)"),
            ("qmgr", "removed"),
        ] {
            let _ = writeln!(all, "{stamp}:00.000000+00:00 mx1 postfix/{program}[1]: {id}: {text}");
        }
    }
    let test =
        Test::new("report mail.log --timezone Europe/Berlin --format json --on 2026-11-01").file("mail.log", all);
    let told = past(&test.any_stdout().run().json());
    assert_eq!((&told["week_before"], &told["day_before"]), (&Value::from(2), &Value::Null));
}

/// The labels of the findings of a rule.
fn found(days: &[Day], rule: &str) -> Vec<String> {
    found_in(&log(days), rule)
}

fn found_in(log: &str, rule: &str) -> Vec<String> {
    let test = Test::new("report mail.log --timezone UTC --format json --on 2026-11-23").file("mail.log", log);
    let report = test.any_stdout().run().json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let labels = |finding: &Value| {
        let labels = finding["labels"].as_object().expect("labels");
        labels.values().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    findings.filter(|finding| finding["rule"] == rule).map(labels).collect()
}

#[test]
fn a_host_and_a_relay_that_fell_silent_are_found() {
    let mut days = Vec::new();
    for monday in mondays(&[30, 30, 30, 30]) {
        let relay = if monday.date == "2026-11-23" { "mx.new.example" } else { monday.relay };
        if monday.date != "2026-11-23" {
            days.push(Day { date: monday.date, host: "mx2", messages: 25, relay: "mx.near.example" });
        }
        days.push(Day { relay, ..monday });
    }
    days.sort_by_key(|day| day.date);
    assert_eq!(
        found(&days, "silence"),
        ["mx2 host", "mx.far.example relay", "mx.near.example relay"].map(str::to_owned)
    );
    assert!(found(&mondays(&[30, 30, 30, 30]), "silence").is_empty());
}

/// A line of a host that refuses a recipient on the last of the days.
fn rejection(host: &str, hour: u32, minute: u32) -> String {
    format!(
        "2026-11-23T{hour:02}:{minute:02}:00.000000+00:00 {host} postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <x@local.example>: Recipient address rejected: User unknown; from=<s@spam.example> to=<x@local.example> proto=ESMTP helo=<h>\n"
    )
}

#[test]
fn a_host_and_a_delivery_agent_that_stop_in_the_midst_of_a_day_are_found() {
    // A message a minute: the hours 2 and 3 of earlier weeks have 90.
    let days = |messages| mondays(&[200, 200, 200, messages]);
    assert_eq!(
        found(&days(70), "stopped"),
        ["2026-11-23T02:00:00Z mx1 mx1 host"],
        "what stops with its host is not told beside it"
    );
    assert!(found(&days(70), "silence").is_empty(), "the day began as ever");
    assert!(found(&days(150), "stopped").is_empty(), "one hour");
    assert!(found(&mondays(&[140, 140, 140, 70]), "stopped").is_empty(), "little is missing");
    assert!(found(&days(0), "stopped").is_empty(), "silent all day long");
    let alive = (2..4)
        .fold(log(&days(70)), |log, hour| (0..20).fold(log, |log, minute| log + &rejection("mx1", hour, minute)));
    assert_eq!(found_in(&alive, "stopped"), ["2026-11-23T02:00:00Z mx1 smtp delivery agent"]);
}

#[test]
fn what_stops_on_a_host_that_is_all_but_silent_is_not_told_beside_it() {
    let mut days = mondays(&[200, 200, 200, 200]);
    let earlier: Vec<&str> = days[..3].iter().map(|day| day.date).collect();
    days.extend(earlier.iter().map(|date| Day { date, host: "mx2", messages: 200, relay: "mx.near.example" }));
    days.sort_by_key(|day| day.date);
    // In one of its hours the host is no quieter than it may be, so that its delivery agent stops for longer.
    let log = (10..17).fold(log(&days), |log, minute| log + &rejection("mx2", 1, minute));
    assert_eq!(found_in(&log, "silence"), ["mx2 host", "mx.near.example relay"]);
    assert!(found_in(&log, "stopped").is_empty());
}

#[test]
fn f18_a_host_with_a_new_name_is_told() {
    let mut days = mondays(&[30, 30, 30, 30]);
    assert!(found(&days, "new-host").is_empty());
    days.last_mut().expect("days").host = "mx1-new";
    assert_eq!(found(&days, "new-host"), ["mx1-new"]);
    assert_eq!(found(&days, "silence"), ["mx1 host"]);
    assert!(found(&days[2..], "new-host").is_empty(), "of a short past nothing is told");
}

#[test]
fn t3_a_program_that_never_wrote_before_is_told() {
    let days = mondays(&[30, 30, 30, 30]);
    let forged = "2026-11-23T12:00:00.000000+00:00 mx1 postfix/local[7]: 4XforgedzAAAA: to=<x@far.example>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)\n";
    assert!(found_in(&log(&days), "new-program").is_empty());
    assert_eq!(found_in(&(log(&days) + forged), "new-program"), ["local"]);
}

#[test]
fn a_figure_that_rises_far_above_what_is_usual_is_found() {
    let rise = found(&mondays(&[30, 30, 30, 600]), "sudden-rise");
    assert!(rise.contains(&"messages.accepted smtp".to_owned()), "{rise:?}");
    assert!(found(&mondays(&[30, 30, 30, 140]), "sudden-rise").is_empty(), "less than five times as many");
    assert!(found(&mondays(&[1, 1, 1, 90]), "sudden-rise").is_empty(), "few things");
}

#[test]
fn the_overview_shows_earlier_days_beside_today() {
    let mut days = mondays(&[10, 10, 12, 9, 31]);
    days.insert(4, day("2026-11-22", 7));
    Test::new("report mail.log --timezone UTC --on 2026-11-23 --section overview")
        .file("mail.log", log(&days))
        .stdout_golden("usual/overview.txt")
        .run();
}

#[test]
fn a_store_tells_the_same_past_as_the_logs() {
    let limits = "timezone = \"UTC\"\n[[thresholds]]\nmetric = \"messages.accepted\"\nwarning = \"> 3x usual\"\n";
    let mut days = mondays(&[10, 10, 12, 9, 31]);
    days.insert(4, day("2026-11-22", 7));
    let done = Test::new("ingest --store store --config c.toml mail.log")
        .file("mail.log", log(&days))
        .file("c.toml", limits)
        .any_stdout()
        .any_stderr()
        .run();
    let report = |more: &[&str]| -> Value {
        let mut command = Command::new(program());
        command.args(["report", "--config", "c.toml", "--on", "2026-11-23", "--format", "json"]).args(more);
        let output = command.current_dir(done.path("")).output().expect("it runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let (logs, store) = (report(&["mail.log"]), report(&["--store", "store"]));
    assert_eq!(past(&logs)["spans"], 4);
    for key in ["measurements", "findings", "sections"] {
        assert_eq!(logs[key], store[key], "{key}");
    }
}
