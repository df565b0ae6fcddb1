//! The command line: exit codes, messages, where output goes.

use crate::support::program::{Test, write};
use crate::support::project;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::process::Stdio;

/// A small log of one message that is delivered.
pub const LOG: &str = "\
Nov 24 09:00:00 mx1 postfix/smtpd[101]: connect from mail.remote.example[192.0.2.10]
Nov 24 09:00:00 mx1 postfix/smtpd[101]: 4Xk1000001z2: client=mail.remote.example[192.0.2.10]
Nov 24 09:00:00 mx1 postfix/cleanup[102]: 4Xk1000001z2: message-id=<a1@remote.example>
Nov 24 09:00:00 mx1 postfix/qmgr[50]: 4Xk1000001z2: from=<alice@remote.example>, size=1500, nrcpt=1 (queue active)
Nov 24 09:00:00 mx1 postfix/smtpd[101]: disconnect from mail.remote.example[192.0.2.10] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
Nov 24 09:00:01 mx1 postfix/lmtp[103]: 4Xk1000001z2: to=<bob@local.example>, relay=127.0.0.1[127.0.0.1]:24, delay=1, delays=0.1/0/0/0.9, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Nov 24 09:00:01 mx1 postfix/qmgr[50]: 4Xk1000001z2: removed
";

fn refused(args: &str, status: i32, golden: &str) {
    Test::new(args).file("mail.log", LOG).status(status).stderr_golden(golden).run();
}

#[test]
fn a_report_on_a_terminal_is_text() {
    Test::new("report mail.log").file("mail.log", LOG).stdout_golden("cli/report.txt").run();
}

#[test]
fn an_output_that_ends_in_html_is_a_page() {
    Test::new("report mail.log -o day.html").file("mail.log", LOG).leaves("day.html", "cli/report.html").run();
}

#[test]
fn the_json_report_has_the_keys_of_the_contract_in_their_order() {
    let test = Test::new("report mail.log --format json").file("mail.log", LOG).stdout_golden("cli/report.json");
    let text = String::from_utf8(test.run().stdout().to_vec()).expect("JSON is UTF-8");
    let keys = ["mailtrail", "report", "scope", "period", "coverage", "measurements", "findings", "sections"];
    let places: Vec<_> = keys.iter().map(|key| text.find(&format!("\n  \"{key}\":")).expect(key)).collect();
    assert!(places.is_sorted(), "{keys:?} stand at {places:?}");
}

#[test]
fn a_csv_report_is_a_folder_of_tables() {
    let done = Test::new("report mail.log --format csv -o day")
        .file("mail.log", LOG)
        .leaves("day/coverage.csv", "cli/coverage.csv")
        .leaves("day/measurements.csv", "cli/measurements.csv")
        .leaves("day/deliveries.csv", "cli/deliveries.csv")
        .run();
    assert!(done.path("day/findings.csv").exists());
}

#[test]
fn csv_needs_a_folder_or_a_section() {
    refused("report mail.log --format csv", 64, "cli/csv-needs-a-folder.stderr.txt");
}

#[test]
fn one_section_goes_to_standard_output_as_csv() {
    Test::new("report mail.log --format csv --section deliveries")
        .file("mail.log", LOG)
        .stdout_golden("cli/deliveries.csv")
        .run();
}

#[test]
fn an_unknown_report_names_the_nearest() {
    refused("report mail.log --report dayly", 64, "cli/unknown-report.stderr.txt");
}

#[test]
fn a_far_off_report_lists_them_all() {
    refused("report mail.log --report quarterly", 64, "cli/far-off-report.stderr.txt");
}

#[test]
fn an_unknown_format_names_the_nearest() {
    refused("report mail.log --format htm", 64, "cli/unknown-format.stderr.txt");
}

#[test]
fn a_far_off_format_lists_them_all() {
    refused("report mail.log --format parchment", 64, "cli/far-off-format.stderr.txt");
}

#[test]
fn an_unknown_section_names_the_nearest() {
    refused("report mail.log --format json --section delivery", 64, "cli/unknown-section.stderr.txt");
}

#[test]
fn an_unknown_zone_says_what_a_zone_looks_like() {
    refused("report mail.log --timezone Mars/Olympus", 64, "cli/unknown-zone.stderr.txt");
}

#[test]
fn an_unknown_day_says_what_a_day_looks_like() {
    refused("report mail.log --on someday", 64, "cli/unknown-day.stderr.txt");
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    refused("report mail.log --since 2026-11-25 --until 2026-11-24", 64, "cli/period-backwards.stderr.txt");
}

#[test]
fn an_unknown_flag_is_wrong_usage() {
    Test::new("report mail.log --colour").file("mail.log", LOG).status(64).any_stderr().run();
}

#[test]
fn an_unknown_table_names_the_nearest() {
    let test = Test::new("query").arg("SELECT queue_id FROM message").arg("mail.log");
    test.file("mail.log", LOG).status(64).stderr_golden("cli/unknown-table.stderr.txt").run();
}

#[test]
fn an_unknown_column_names_the_way_to_all_columns() {
    let test = Test::new("query").arg("SELECT queueid FROM messages").arg("mail.log").file("mail.log", LOG);
    test.status(64).stderr_golden("cli/unknown-column.stderr.txt").run();
}

#[test]
fn an_unknown_table_of_the_schema_names_the_nearest() {
    Test::new("schema message").status(64).stderr_golden("cli/unknown-schema-table.stderr.txt").run();
}

#[test]
fn a_report_of_nothing_is_no_input() {
    Test::new("report").status(66).stderr_golden("cli/no-input.stderr.txt").run();
}

#[test]
fn f25_a_pattern_that_matches_nothing_is_no_input() {
    Test::new("report nothing*.log").status(66).stderr_golden("cli/no-match.stderr.txt").run();
}

#[test]
fn f25_an_input_that_cannot_be_read_is_told_and_the_others_are_reported() {
    Test::new("report mail.log absent.log --section deliveries")
        .file("mail.log", LOG)
        .status(2)
        .any_stdout()
        .stderr("mailtrail: absent.log: No such file or directory (os error 2)\n")
        .run();
}

#[test]
fn a_finding_of_the_level_ends_with_1_and_none_with_0() {
    Test::new("report mail.log --fail-on warning").file("mail.log", LOG).any_stdout().run();
}

#[test]
fn who_knows_nothing_does_not_say_that_all_is_well() {
    let strange = "Nov 24 09:00:00 mx1 postfix/smtpd[101]: what nobody has ever seen\n";
    for (log, of) in [(LOG, " --on 2026-11-20"), (strange, ""), (LOG, " --domain nobody.example")] {
        for level in ["warning", "critical"] {
            let test = Test::new(&format!("report mail.log --report full{of} --fail-on {level}"));
            let done = test.file("mail.log", log).status(1).any_stdout().any_stderr().run();
            let text = String::from_utf8_lossy(done.stdout()).into_owned();
            assert!(text.contains("\n? ") && text.contains("\nNothing is known of "), "{text}");
            let affirms = ["No ", "Nobody ", "  ok"].map(|words| text.lines().find(|line| line.contains(words)));
            assert_eq!(affirms, [None; 3]);
            let mut states = text.lines().filter(|line| line.ends_with("  unknown")).peekable();
            assert!(states.peek().is_some() && states.all(|line| line.ends_with("–  unknown")), "{text}");
        }
    }
    Test::new("report mail.log --on 2026-11-20").file("mail.log", LOG).any_stdout().run();
}

#[test]
fn the_overview_and_the_key_figures_agree() {
    let sample = fs::read(project("sample-logs/lab/set-a-small.log")).expect("it is there");
    let page = Test::new("report mail.log --year 2026 -o a.html").file("mail.log", &sample).run();
    let page = fs::read_to_string(page.path("a.html")).expect("it is there");
    let (_, tile) = page.split_once("<dt>Logins failed").expect("a key figure");
    assert_eq!(tile.split(['<', '>']).find(|text| text.parse::<u32>().is_ok()), Some("88"));
    assert!(page.contains("32 lost or timed out"));
    let overview = Test::new("report mail.log --year 2026 --section overview --format csv");
    let overview = overview.file("mail.log", &sample).any_stdout().run();
    let overview = String::from_utf8(overview.stdout().to_vec()).expect("UTF-8");
    let value = |line: &str| line.split(',').rev().nth(1).and_then(|value| value.parse::<u32>().ok());
    let of = |what: &str| {
        let lines = overview.lines().filter(|line| line.trim_matches('"').starts_with(what));
        lines.filter_map(value).sum::<u32>()
    };
    assert_eq!([of("Logins that failed"), of("Failed logins: "), of("Connections lost")], [88, 88, 32]);
}

#[test]
fn labels_are_those_of_the_metrics_the_users_own_too() {
    let metric = "-- about = 'x'\n-- unit = 'count'\n-- by = { transport = 'transport' }\n\
                  SELECT {by}COUNT(*) AS value FROM deliveries {group-by}\n";
    let own = |by: &str| {
        Test::new(&format!("report mail.log --library own --year 2026 --format json --by {by}"))
            .file("mail.log", LOG)
            .file("own/report-templates/metrics/own.sql", metric)
    };
    let report = own("transport").any_stdout().any_stderr().run().json();
    let measured = report["measurements"].as_array().expect("a list").iter();
    let figure = measured.into_iter().find(|m| m["metric"] == "own").expect("it is told");
    assert_eq!(figure["labels"]["transport"], "lmtp");
    let told = own("transprt").status(64).any_stderr().run();
    assert!(String::from_utf8_lossy(told.stderr()).contains("did you mean `transport`?"));
}

#[test]
fn a_section_of_the_users_own_that_is_wrong_is_shown_with_a_caret() {
    Test::new("report mail.log --library own --report own")
        .file("mail.log", LOG)
        .file("own/report-templates/reports/own.toml", "title = \"Own\"\nsections = [\"own\"]\n")
        .file("own/report-templates/sections/own.sql", "-- title = Own\nSELECT queue_id FROM messages\n")
        .status(78)
        .stderr_golden("cli/wrong-section.stderr.txt")
        .run();
}

#[test]
fn a_report_of_the_users_own_that_is_wrong_is_shown_with_a_caret() {
    Test::new("report mail.log --library own --report own")
        .file("mail.log", LOG)
        .file("own/report-templates/reports/own.toml", "title = \"Own\"\nsection = [\"deliveries\"]\n")
        .status(78)
        .stderr_golden("cli/wrong-report.stderr.txt")
        .run();
}

#[test]
fn a_grammar_of_the_users_own_that_is_wrong_is_shown_with_a_caret() {
    let grammar =
        "system = \"own\"\nabout = \"own\"\n\n[[pattern]]\nname = \"one\"\ntext = \"{nosuchfield}: rest\"\n";
    Test::new("grammar list --library own")
        .file("own/grammars/own.toml", grammar)
        .status(78)
        .stderr_golden("cli/wrong-grammar.stderr.txt")
        .run();
}

#[test]
fn the_built_in_grammars_prove_themselves() {
    Test::new("grammar check").any_stdout().run();
}

#[test]
fn explain_shows_what_took_each_line_and_what_it_captured() {
    let log = format!("{LOG}Nov 24 09:00:02 mx1 postfix/smtpd[101]: something new\nno header at all\n");
    Test::new("grammar explain mail.log").file("mail.log", log).stdout_golden("cli/explain.txt").run();
}

#[test]
fn explain_says_what_it_does_not_explain() {
    let mail = "From a@example.org Tue Nov 24 09:00:00 2026\nReceived: from a by b; Tue, 24 Nov 2026 09:00:00 +0000\nSubject: x\n\nx\n";
    Test::new("grammar explain box copy.log mail.log --unmatched")
        .file("box", mail)
        .file("mail.log", LOG)
        .file("copy.log", LOG)
        .stderr(
            "mailtrail: mail.log: holds nothing that copy.log does not hold; counted once\n\
             mailtrail: box: holds mail: `mailtrail headers` shows its ways\n",
        )
        .run();
}

#[test]
fn an_output_that_cannot_be_written_is_73_and_leaves_nothing() {
    let test = Test::new("report mail.log -o nowhere/day.html").file("mail.log", LOG).status(73);
    let done = test.stderr_golden("cli/cannot-write.stderr.txt").run();
    assert!(!done.path("nowhere").exists());
}

#[test]
fn f29_a_full_disk_is_73_at_the_last_flush_too() {
    for args in ["report mail.log", "schema", "grammar list", "--help", "--version", "report --help"] {
        let test = Test::new(args).file("mail.log", LOG);
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = test.command().stdin(Stdio::null()).stdout(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(73), "{args}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(told, "error: standard output cannot be written: No space left on device (os error 28)\n");
    }
}

#[test]
fn f29_what_cannot_be_said_on_standard_error_changes_nothing() {
    for (args, code) in [("report absent.log", 66), ("report mail.log absent.log", 2), ("report --colour", 64)] {
        let test = Test::new(args).file("mail.log", LOG);
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = test.command().stdin(Stdio::null()).stderr(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(code), "{args}");
    }
}

#[test]
fn f29_a_closed_standard_output_ends_it_quietly() {
    for args in
        ["report mail.log --format json --report full", "schema", "completions bash", "grammar explain mail.log"]
    {
        let test = Test::new(args).file("mail.log", LOG.repeat(500));
        let mut child = test
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut told).expect("standard error is read");
        let status = child.wait().expect("it ends");
        assert_eq!((status.code(), told.as_str()), (Some(0), ""), "{args}");
    }
}

#[test]
fn an_output_is_replaced_whole_or_not_at_all() {
    let test =
        Test::new("report absent-report.log -o day.html --report dayly").file("day.html", "yesterday").status(64);
    let done = test.any_stderr().run();
    assert_eq!(fs::read(done.path("day.html")).expect("it is there"), b"yesterday");
}

#[test]
fn standard_input_is_read_as_a_file_is() {
    Test::new("report - --format csv --section deliveries --year 2026")
        .stdin(LOG)
        .stdout_golden("cli/deliveries.csv")
        .run();
}

#[test]
fn a_folder_is_read_and_what_is_no_log_is_passed_over() {
    Test::new("report logs --format csv --section deliveries -v")
        .file("logs/mail.log", LOG)
        .file("logs/notes.txt", "not a log\n")
        .stdout_golden("cli/deliveries.csv")
        .stderr("mailtrail: logs/notes.txt: passed over, no line has a time\n")
        .run();
}

#[test]
fn quiet_says_nothing_but_errors() {
    let test = Test::new("report mail.log copy.log -q --format csv --section deliveries");
    test.file("mail.log", LOG).file("copy.log", LOG).stdout_golden("cli/deliveries.csv").run();
}

#[test]
fn a_name_that_is_given_twice_is_told() {
    let told = "mailtrail: mail.log: named more than once; counted once\n";
    for (args, told) in [("mail.log mail.log", told), ("*.log mail.log", ""), ("*.log mail.log -v", told)] {
        Test::new(&format!("report {args} --format csv --section deliveries"))
            .file("mail.log", LOG)
            .stdout_golden("cli/deliveries.csv")
            .stderr(told)
            .run();
    }
}

#[test]
fn a_copy_is_counted_once_and_told() {
    Test::new("report mail.log copy.log --format csv --section deliveries")
        .file("mail.log", LOG)
        .file("copy.log", LOG)
        .stdout_golden("cli/deliveries.csv")
        .stderr("mailtrail: mail.log: holds nothing that copy.log does not hold; counted once\n")
        .run();
}

#[test]
fn a_question_is_answered_in_every_format() {
    for (format, ending) in [("table", "txt"), ("csv", "csv"), ("json", "json"), ("jsonl", "jsonl")] {
        Test::new("query")
            .arg("SELECT time, queue_id, sender, size_bytes, end_time FROM messages ORDER BY time")
            .arg("mail.log")
            .arg(format!("--format={format}"))
            .file("mail.log", LOG)
            .stdout_golden(&format!("cli/query.{ending}"))
            .run();
    }
}

#[test]
fn parquet_begins_and_ends_with_its_mark() {
    let test =
        Test::new("query --format parquet -o out.parquet").arg("SELECT queue_id FROM messages").arg("mail.log");
    let done = test.file("mail.log", LOG).run();
    let bytes = fs::read(done.path("out.parquet")).expect("it is there");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn a_question_may_lie_in_a_file() {
    Test::new("query --file q.sql mail.log --format csv")
        .file("q.sql", "SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'sent'\n")
        .file("mail.log", LOG)
        .stdout("n\r\n1\r\n")
        .run();
}

#[test]
fn the_schema_is_told_as_text_markdown_and_json() {
    for (format, ending) in [("text", "txt"), ("markdown", "md"), ("json", "json")] {
        Test::new("schema").arg(format!("--format={format}")).stdout_golden(&format!("cli/schema.{ending}")).run();
    }
}

#[test]
fn completions_know_every_command_and_are_proper_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = Test::new("completions").arg(shell).any_stdout().run();
        let text = String::from_utf8(done.stdout().to_vec()).expect("completions are UTF-8");
        for command in ["report", "query", "schema", "grammar", "completions"] {
            assert!(text.contains(command), "{shell} does not know {command}");
        }
        if shell == "bash" {
            let script = done.path("completions.bash");
            write(&script, text.as_bytes(), 0);
            let status = std::process::Command::new("bash").arg("-n").arg(script).status().expect("bash runs");
            assert!(status.success());
        }
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for args in ["--help", "--version", "report --help", "query --help", "grammar explain --help"] {
        let done = Test::new(args).any_stdout().run();
        assert!(!done.stdout().is_empty() && done.stderr().is_empty(), "{args}");
    }
}

#[test]
fn help_offers_a_commands_own_options_first_and_lists_formats() {
    let help = |args: &str| {
        let done = Test::new(args).any_stdout().run();
        String::from_utf8_lossy(done.stdout()).into_owned()
    };
    let report = help("report --help");
    let at = |what: &str| report.find(what).unwrap_or_else(|| panic!("{what}: {report}"));
    assert!(at("--fail-on") < at("Global options:") && at("Global options:") < at("--timezone"));
    assert!(report.contains("- csv:") && report.contains("a folder with a table a section, for spreadsheets"));
    let headers = help("headers --help");
    for absent in ["--timezone", "--year", "--store", "--no-store"] {
        assert!(!headers.contains(absent), "{absent}: {headers}");
    }
    let short = help("trace -h").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(headers.contains("- jsonl:") && short.contains("[possible values: html, json, text]"));
    assert!(help("completions bash").contains("csv html json mail text"));
}

#[test]
fn t19_reports_belong_to_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let done = Test::new("report mail.log --format csv -o day").file("mail.log", LOG).run();
    let mode = |name: &str| fs::metadata(done.path(name)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode("day"), mode("day/deliveries.csv")), (0o700, 0o600));
}

#[test]
fn a_period_of_which_the_logs_tell_nothing_is_not_a_good_one() {
    for args in ["report mail.log --on 2025-01-01", "report mail.log --domain nowhere.example"] {
        let done = Test::new(args).file("mail.log", LOG).any_stdout().any_stderr().run();
        let text = String::from_utf8_lossy(done.stdout()).into_owned();
        assert!(text.contains("The logs tell nothing of") && !text.contains("All is well"), "{text}");
    }
}

#[test]
fn a_name_whose_ending_is_no_format_is_refused() {
    let done = Test::new("report mail.log -o day.pdf").file("mail.log", LOG).status(64).any_stderr().run();
    assert!(String::from_utf8_lossy(done.stderr()).contains("`.pdf`"));
}

#[test]
fn the_name_of_an_output_tells_how_an_answer_is_written() {
    for (name, begins) in [
        ("out.csv", "queue_id\r\n"),
        ("out.json", "[\n  {\"queue_id\""),
        ("out.jsonl", "{\"queue_id\""),
        ("out.ndjson", "{\"queue_id\""),
        ("out.parquet", "PAR1"),
        ("out.txt", "queue_id\n"),
        ("out", "queue_id\n"),
    ] {
        let test = Test::new(&format!("query -o {name}")).arg("SELECT queue_id FROM messages").arg("mail.log");
        let done = test.file("mail.log", LOG).run();
        let bytes = fs::read(done.path(name)).expect("it is there");
        assert!(bytes.starts_with(begins.as_bytes()), "{name}: {}", String::from_utf8_lossy(&bytes));
    }
    let test = Test::new("query -o out.json --format csv --list");
    assert!(fs::read(test.run().path("out.json")).expect("it is there").starts_with(b"name,usage"));
    let refused = Test::new("query mail.log -o out.html").arg("SELECT 1 AS x").status(64);
    refused.stderr(
        "error: no format is written to a name that ends with `.html`\n |\n = help: name one with `--format`: table, csv, json, jsonl, parquet\n",
    ).run();
}

#[test]
fn what_stands_beside_the_facts_is_in_the_schema_too() {
    for (table, column) in [("coverage", "unmatched"), ("usual", "week_before")] {
        let done = Test::new(&format!("schema {table}")).any_stdout().run();
        let told = String::from_utf8_lossy(done.stdout()).into_owned();
        assert!(told.starts_with(&format!("{table}: ")) && told.contains(column), "{told}");
    }
}

#[test]
fn what_is_wrong_with_a_period_names_the_option() {
    for (options, told) in [
        ("--since garbage", "error: `--since`: `garbage` is not a time\n"),
        ("--until 2026-11-31", "error: `--until`: `2026-11-31` is not a time: November 2026 has 30 days\n"),
        ("--on garbage", "error: `--on`: `garbage` is not a day\n"),
    ] {
        for command in ["report", "trace x", "query queue-now"] {
            let done = Test::new(&format!("{command} {options} mail.log")).status(64).any_stderr().run();
            let said = String::from_utf8_lossy(done.stderr()).into_owned();
            assert!(said.starts_with(told) && said.contains("= help: use "), "{said}");
        }
    }
}

#[test]
fn a_file_of_ones_own_that_cannot_be_read_is_told_and_nothing_takes_its_place() {
    let test = Test::new("grammar list --library own").file("own/grammars/postfix.toml", b"# \xfc\n".as_slice());
    let done = test.status(78).any_stderr().run();
    let told = String::from_utf8_lossy(done.stderr()).into_owned();
    assert!(told.contains("own/grammars/postfix.toml cannot be read") && told.contains("UTF-8"), "{told}");
}

#[test]
fn a_wrong_configuration_stops_nothing_that_needs_none() {
    for args in ["completions bash --config wrong.toml", "schema --config wrong.toml"] {
        Test::new(args).file("wrong.toml", "year = 99999\n").any_stdout().run();
    }
    let done = Test::new("config check --config wrong.toml")
        .file("wrong.toml", "year = 99999\n")
        .status(78)
        .any_stderr()
        .run();
    let told = String::from_utf8_lossy(done.stderr()).into_owned();
    assert!(told.contains("between 1970 and 2199") && told.contains("wrong.toml:1:8"), "{told}");
}

#[test]
fn the_lines_of_the_overview_and_the_table_of_logins_count_the_same() {
    let logs =
        ["lab/set-a-small.log", "dovecot/logins.log", "dovecot/forms-of-2.2.log", "dovecot/forms-of-2.4.log"];
    let logs = logs.map(|log| project("sample-logs").join(log).display().to_string());
    let test = Test::new("report --report full --year 2026 --format json").arg(&logs[0]).arg(&logs[1]);
    let report = test.arg(&logs[2]).arg(&logs[3]).any_stdout().any_stderr().run().json();
    let sections = report["sections"].as_array().expect("sections");
    let rows = |name: &str| {
        let section = sections.iter().find(|section| section["name"] == name).expect(name);
        section["rows"].as_array().expect("rows").clone()
    };
    let number = |cell: &serde_json::Value| cell.as_f64().expect("a number");
    let lines =
        rows("overview").into_iter().filter(|row| row[0].as_str().is_some_and(|name| name.starts_with("Logins")));
    let of_lines: f64 = lines.map(|row| number(&row[1])).sum();
    let of_table: f64 = rows("logins").iter().map(|row| number(&row[2])).sum();
    let of_hours: f64 =
        rows("logins-by-hour").iter().map(|row| number(&row[1]) + number(&row[2]) + number(&row[3])).sum();
    assert_eq!((of_lines, of_hours), (of_table, of_table));
    assert!(rows("logins").iter().any(|row| row[1] == "disabled"));
}

#[test]
fn findings_of_one_rule_stand_worst_first() {
    let mut log = String::new();
    for (client, attempts) in [("203.0.113.1", 22), ("203.0.113.2", 40), ("203.0.113.3", 25)] {
        for at in 0..attempts {
            let _ = writeln!(
                log,
                "Nov 24 09:00:{at:02} mx1 postfix/smtpd[1]: warning: unknown[{client}]: SASL LOGIN authentication failed: no, sasl_username=u"
            );
        }
    }
    let report = Test::new("report mail.log --format json").file("mail.log", log).any_stdout().run().json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let clients: Vec<_> =
        findings.filter(|f| f["rule"] == "brute-force").map(|f| f["labels"]["client_ip"].clone()).collect();
    assert_eq!(clients, ["203.0.113.2", "203.0.113.3", "203.0.113.1"]);
}
