//! Time: zones that fold, years that no line names, clocks that jump.

use crate::store::Site;
use crate::support::program::Test;
use std::io::Write as _;

/// Seconds since the epoch of a time of RFC 3339.
fn epoch(time: &str) -> u64 {
    let time = chrono::DateTime::parse_from_rfc3339(time).expect("a time of RFC 3339");
    u64::try_from(time.timestamp()).expect("a time after 1970")
}

fn log(stamps: &[&str]) -> String {
    let line = |(at, stamp): (usize, &&str)| {
        format!(
            "{stamp} mx1 postfix/smtpd[{at}]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <u{at}@local.example>: Recipient address rejected: User unknown; from=<s@spam.example> to=<u{at}@local.example> proto=ESMTP helo=<h>\n"
        )
    };
    stamps.iter().enumerate().map(line).collect()
}

/// Asks for the times of refusals, in the order of their lines.
const REFUSALS: &str = "SELECT time FROM rejections AS r ORDER BY r.source, r.offset";

/// The times of refusals, in UTC, in the order of their lines.
fn times(test: Test) -> Vec<String> {
    times_in(test.arg("query").arg(REFUSALS).arg("mail.log").arg("--format=jsonl").any_stdout().run().stdout())
}

/// The same of an answer, as lines of JSON.
fn times_in(answer: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(answer);
    let time = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("a row");
        let time = chrono::DateTime::parse_from_rfc3339(row["time"].as_str().expect("a time")).expect("RFC 3339");
        time.with_timezone(&chrono::Utc).format("%Y-%m-%d %H:%M:%S").to_string()
    };
    text.lines().map(time).collect()
}

fn in_zone(zone: &str, stamps: &[&str], written: &str) -> Vec<String> {
    let test = Test::new("").arg(format!("--timezone={zone}"));
    times(test.file_of("mail.log", log(stamps), epoch(written)))
}

#[test]
fn a_machine_whose_zone_has_no_name_has_its_zone_all_the_same() {
    let rules = || Test::new("").env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
    let stamps = ["Jul  1 12:00:00", "Nov  4 12:00:00"];
    for test in [rules(), rules().arg("--timezone=local")] {
        let file = test.file_of("mail.log", log(&stamps), epoch("2026-11-04T12:00:00+01:00"));
        assert_eq!(times(file), ["2026-07-01 10:00:00", "2026-11-04 11:00:00"]);
    }
    let shown = rules().arg("config").arg("show").any_stdout().run();
    assert!(shown.stdout().starts_with(b"timezone = \"local\" "));
}

#[test]
fn f14_berlins_repeated_hour_is_told_apart_by_the_order_of_lines() {
    let stamps = [
        "Oct 25 01:30:00",
        "Oct 25 02:10:00",
        "Oct 25 02:50:00",
        "Oct 25 02:10:00",
        "Oct 25 02:50:00",
        "Oct 25 03:10:00",
    ];
    let expected = [
        "2026-10-24 23:30:00",
        "2026-10-25 00:10:00",
        "2026-10-25 00:50:00",
        "2026-10-25 01:10:00",
        "2026-10-25 01:50:00",
        "2026-10-25 02:10:00",
    ];
    assert_eq!(in_zone("Europe/Berlin", &stamps, "2026-10-25T12:00:00Z"), expected);
}

#[test]
fn f14_a_repeated_hour_goes_on_in_the_next_file() {
    let site = Site::new();
    let pieces = [
        ("mail.log.2", ["Oct 25 02:50:00", "Oct 25 02:55:00"]),
        ("mail.log.1", ["Oct 25 02:58:00", "Oct 25 02:05:00"]),
        ("mail.log", ["Oct 25 02:10:00", "Oct 25 02:51:00"]),
    ];
    let options = "--timezone Europe/Berlin --year 2026";
    for (name, stamps) in pieces {
        site.write(name, log(&stamps).as_bytes());
        site.fine(&format!("ingest --store st {options} {name}"));
    }
    let expected = [
        "2026-10-25 00:50:00",
        "2026-10-25 00:55:00",
        "2026-10-25 00:58:00",
        "2026-10-25 01:05:00",
        "2026-10-25 01:10:00",
        "2026-10-25 01:51:00",
    ];
    for of in ["--store st", "mail.log mail.log.1 mail.log.2"] {
        let options = format!("--format jsonl {options} {of}");
        let done = site.command("query").arg(REFUSALS).args(options.split_whitespace()).output();
        let done = done.expect("the program runs");
        assert_eq!(times_in(&done.stdout), expected, "{of}");
    }
}

#[test]
fn f14_new_yorks_repeated_hour_is_told_apart_by_the_order_of_lines() {
    let stamps = [
        "Nov  1 00:30:00",
        "Nov  1 01:10:00",
        "Nov  1 01:50:00",
        "Nov  1 01:10:00",
        "Nov  1 01:50:00",
        "Nov  1 02:10:00",
    ];
    let expected = [
        "2026-11-01 04:30:00",
        "2026-11-01 05:10:00",
        "2026-11-01 05:50:00",
        "2026-11-01 06:10:00",
        "2026-11-01 06:50:00",
        "2026-11-01 07:10:00",
    ];
    assert_eq!(in_zone("America/New_York", &stamps, "2026-11-01T12:00:00Z"), expected);
}

#[test]
fn f14_lord_howes_repeated_half_hour_is_told_apart_by_the_order_of_lines() {
    let stamps = [
        "Apr  5 01:20:00",
        "Apr  5 01:40:00",
        "Apr  5 01:55:00",
        "Apr  5 01:35:00",
        "Apr  5 01:50:00",
        "Apr  5 02:10:00",
    ];
    let expected = [
        "2026-04-04 14:20:00",
        "2026-04-04 14:40:00",
        "2026-04-04 14:55:00",
        "2026-04-04 15:05:00",
        "2026-04-04 15:20:00",
        "2026-04-04 15:40:00",
    ];
    assert_eq!(in_zone("Australia/Lord_Howe", &stamps, "2026-04-05T12:00:00Z"), expected);
}

#[test]
fn f14_an_hour_that_is_left_out_takes_the_offset_before_it() {
    let stamps = ["Mar 29 01:59:59", "Mar 29 02:30:00", "Mar 29 03:00:00"];
    let expected = ["2026-03-29 00:59:59", "2026-03-29 01:30:00", "2026-03-29 01:00:00"];
    assert_eq!(in_zone("Europe/Berlin", &stamps, "2026-03-29T12:00:00Z"), expected);
}

#[test]
fn f14_a_day_on_which_clocks_go_back_has_25_hours() {
    let stamps = ["Oct 25 00:00:00", "Oct 25 02:30:00", "Oct 25 02:10:00", "Oct 25 23:59:59"];
    let done = Test::new("report mail.log --timezone Europe/Berlin --on 2026-10-25 --format json")
        .file_of("mail.log", log(&stamps), epoch("2026-10-26T12:00:00Z"))
        .any_stdout()
        .run()
        .json();
    let instant = |name: &str| epoch(done["period"][name].as_str().expect("a time"));
    assert_eq!((instant("end") - instant("start")) / 3600, 25);
    let section = done["sections"].as_array().expect("sections").iter().find(|s| s["name"] == "traffic-by-hour");
    let hours = section.expect("the section")["rows"].as_array().expect("rows").len();
    assert_eq!(hours, 4, "both passes of the hour at two o'clock have their own row");
}

#[test]
fn f15_years_are_counted_back_from_when_the_file_was_written() {
    let stamps = ["Dec 30 10:00:00", "Jan  2 10:00:00", "Mar  1 10:00:00"];
    let expected = ["2024-12-30 10:00:00", "2025-01-02 10:00:00", "2025-03-01 10:00:00"];
    assert_eq!(in_zone("UTC", &stamps, "2025-03-02T00:00:00Z"), expected);
}

#[test]
fn f15_the_year_can_be_said_and_is_that_of_the_last_line() {
    let test = Test::new("--timezone UTC --year 2021");
    let stamps = log(&["Dec 31 23:59:59", "Jan  1 00:00:00"]);
    let found = times(test.file_of("mail.log", stamps, epoch("2025-03-02T00:00:00Z")));
    assert_eq!(found, ["2020-12-31 23:59:59", "2021-01-01 00:00:00"]);
}

#[test]
fn f15_today_plays_no_part() {
    // Written long ago, or, by a clock that was wrong, in a time to come.
    for (written, expected) in
        [("2001-05-02T00:00:00Z", "2001-05-01 10:00:00"), ("2090-05-02T00:00:00Z", "2090-05-01 10:00:00")]
    {
        assert_eq!(in_zone("UTC", &["May  1 10:00:00"], written), [expected]);
    }
}

#[test]
fn f15_the_29th_of_february_is_damaged_where_there_is_none() {
    let stamps = ["Feb 28 10:00:00", "Feb 29 10:00:00", "Mar  1 10:00:00"];
    assert_eq!(in_zone("UTC", &stamps, "2024-03-02T00:00:00Z").len(), 3);
    assert_eq!(in_zone("UTC", &stamps, "2025-03-02T00:00:00Z").len(), 2);
    let report = Test::new("report mail.log --format json --timezone UTC")
        .file_of("mail.log", log(&stamps), epoch("2025-03-02T00:00:00Z"))
        .any_stdout()
        .run()
        .json();
    assert_eq!(report["coverage"]["damaged"], 1);
}

#[test]
fn a_log_in_which_the_newest_line_stands_first_is_told() {
    let stamps: Vec<String> = (0..30).map(|at| format!("Nov 24 10:00:{:02}", at / 2)).collect();
    let stamps: Vec<&str> = stamps.iter().map(String::as_str).collect();
    let backwards: Vec<&str> = stamps.iter().rev().copied().collect();
    let set_back = [&stamps[..], &stamps].concat();
    let of = |stamps: &[&str]| {
        Test::new("report - --year 2026 --timezone UTC --section connections --format csv")
            .stdin(log(stamps))
            .any_stdout()
    };
    let told = "mailtrail: -: the newest line stands first, and lines count in the order in which they stand, so that figures \
         are wrong; put the oldest first: `tac FILE | mailtrail report -`\n";
    of(&backwards).stderr(told).run();
    of(&stamps).run();
    of(&set_back).run();
}

#[test]
fn f15_a_year_that_is_a_guess_is_told_as_one() {
    let stamps = log(&["Mar  1 10:00:00"]);
    let of = |args: &str, written: &str| {
        let test = Test::new("report mail.log --timezone UTC --section connections --format csv").arg(args);
        test.file_of("mail.log", &stamps, epoch(written)).any_stdout()
    };
    let told = "mailtrail: mail.log: the year 2026 is a guess, since the file was written 213 days after its last line; \
         `--year` says the right one\n";
    of("--color=auto", "2026-09-30T23:00:00Z").stderr(told).run();
    of("--year=2025", "2026-09-30T23:00:00Z").run();
    of("--color=auto", "2026-03-01T11:00:00Z").run();
    of("-q", "2026-09-30T23:00:00Z").run();
}

#[test]
fn f15_a_log_that_lost_its_time_takes_the_year_of_its_rotated_siblings() {
    let (old, new) = (log(&["Nov 30 10:00:00", "Dec 31 10:00:00"]), log(&["Jan  1 10:00:00", "Jan  2 10:00:00"]));
    Test::new("query --timezone UTC --format csv")
        .arg("SELECT time FROM rejections ORDER BY time")
        .arg("mail.log")
        .arg("mail.log.1")
        .file_of("mail.log.1", old, epoch("2026-11-25T00:00:00Z"))
        .file_of("mail.log", new, epoch("2025-01-02T11:00:00Z"))
        .stdout("time\r\n2024-11-30T10:00:00Z\r\n2024-12-31T10:00:00Z\r\n2025-01-01T10:00:00Z\r\n2025-01-02T10:00:00Z\r\n")
        .run();
}

#[test]
fn f15_a_compressed_log_may_hold_the_new_year() {
    let log = log(&["Dec 28 10:00:00", "Jan  3 10:00:00"]);
    let written = u32::try_from(epoch("2026-01-03T11:00:00Z")).expect("it fits");
    let mut packed = flate2::GzBuilder::new().mtime(written).write(Vec::new(), flate2::Compression::fast());
    packed.write_all(log.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    for year in ["", " --year 2026"] {
        Test::new(&format!("query --timezone UTC --format csv{year}"))
            .arg("SELECT time FROM rejections ORDER BY time")
            .arg("mail.log.2.gz")
            .file_of("mail.log.2.gz", &packed, epoch("2026-11-25T00:00:00Z"))
            .stdout("time\r\n2025-12-28T10:00:00Z\r\n2026-01-03T10:00:00Z\r\n")
            .run();
    }
}

#[test]
fn f2_logs_of_hours_stand_in_the_order_of_their_times() {
    let pieces =
        [("01", "Nov 24 01:00:08"), ("02", "Nov 24 02:00:07"), ("03", "Nov 24 03:00:06"), ("", "Nov 24 04:00:05")];
    let site = Site::new();
    let mut names = Vec::new();
    for (hour, stamp) in pieces {
        names.push(if hour.is_empty() { "mail.log".to_owned() } else { format!("mail.log.20261124{hour}") });
        site.write(&names[names.len() - 1], log(&[stamp]).as_bytes());
    }
    let options = format!("--format jsonl --timezone UTC --year 2026 {}", names.join(" "));
    let done = site.command("query").arg(REFUSALS).args(options.split_whitespace()).output();
    let expected = ["2026-11-24 01:00:08", "2026-11-24 02:00:07", "2026-11-24 03:00:06", "2026-11-24 04:00:05"];
    assert_eq!(times_in(&done.expect("the program runs").stdout), expected);
}

#[test]
fn f16_a_leap_second_is_the_next_second_in_every_framing() {
    for stamp in
        ["Dec 31 23:59:60", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.000+00:00", "2016-12-31 23:59:60"]
    {
        let test = Test::new("--timezone UTC").file_of("mail.log", log(&[stamp]), epoch("2017-01-01T00:10:00Z"));
        assert_eq!(times(test), ["2017-01-01 00:00:00"], "{stamp}");
    }
    let rfc5424 = "<22>1 2016-12-31T23:59:60Z mx1 postfix/smtpd 1 - - connect from unknown[203.0.113.9]\n";
    let test = Test::new("query --format csv").arg("SELECT time FROM sessions").arg("mail.log");
    test.file("mail.log", rfc5424).stdout("time\r\n2017-01-01T00:00:00Z\r\n").run();
}

#[test]
fn f13_a_clock_that_goes_back_makes_no_negative_duration() {
    for step in ["08:59:00", "1"] {
        let end = if step == "1" { "2016-11-24T09:00:00Z".to_owned() } else { format!("2026-11-24T{step}Z") };
        let log = format!(
            "2026-11-24T09:00:00Z mx1 postfix/smtpd[1]: connect from unknown[203.0.113.9]\n\
             {end} mx1 postfix/smtpd[1]: disconnect from unknown[203.0.113.9] ehlo=1 quit=1 commands=2\n\
             2026-11-24T09:00:00Z ldap1 slapd[2]: conn=1 op=0 BIND dn=\"\" method=128\n\
             {end} ldap1 slapd[2]: conn=1 op=0 RESULT tag=97 err=0 text=\n"
        );
        for table in ["sessions", "directory_ops"] {
            let sql = format!("SELECT COUNT(*) AS n, COUNT(duration_s) AS timed FROM {table}");
            Test::new("query --format csv")
                .arg(sql)
                .arg("mail.log")
                .file("mail.log", &log)
                .stdout("n,timed\r\n1,0\r\n")
                .run();
        }
    }
}

#[test]
fn f15_a_line_without_a_year_among_dated_ones_is_of_their_year() {
    let dated = "2026-11-24T09:00:05Z mx postfix/smtpd[1]: connect from a[192.0.2.1]\n";
    let yearless = "Nov 24 10:00:00 mx postfix/smtpd[1]: connect from a[192.0.2.1]\n";
    for log in
        [format!("{dated}{yearless}"), format!("{yearless}{dated}"), format!("{}{yearless}", dated.repeat(20_000))]
    {
        let done = Test::new("query --year 2026 --format csv --timezone UTC")
            .arg("SELECT MIN(time) AS first_time, MAX(time) AS last_time FROM sessions")
            .arg("mail.log")
            .file("mail.log", log)
            .any_stdout()
            .run();
        let told = String::from_utf8_lossy(done.stdout()).into_owned();
        assert!(told.ends_with("2026-11-24T09:00:05Z,2026-11-24T10:00:00Z\r\n"), "{told}");
    }
}
