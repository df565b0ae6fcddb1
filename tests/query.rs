//! Questions: by name, from standard input, at the prompt; what they reach and what they do not.

use crate::cli::LOG;
use crate::support::program::{Test, program, write};
use crate::support::{project, skip};
use mailtrail::assets::Assets;
use mailtrail::facts::{Memory, Scope, View, Wanted};
use mailtrail::grammar::Grammars;
use mailtrail::input;
use mailtrail::report::Cell;
use mailtrail::run::{self, Run};
use mailtrail::sections::{Asker, Named};
use mailtrail::time::Zone;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

/// A day of real servers.
pub(crate) fn lab() -> Vec<u8> {
    fs::read(project("sample-logs/lab/set-a-small.log")).expect("the sample is read")
}

/// Each named question of the house with what it is told; the answers are compared with a golden that was compared with
/// the log by hand.
const ASKED: &[&str] = &[
    "around time='2026-11-24 12:47:49' within='1 s'",
    "bounces-of sender=zoe@example.org",
    "deferred-to domain=grey-remote.example",
    "failed-logins-of user=Anna@example.org",
    "history-of id=DA335211319",
    "late-messages longer='1 s' most=4",
    "logins-from-ip ip=127.20.1.0/25",
    "mail-from sender=zoe@example.org",
    "mail-from sender=<>",
    "mail-from-ip ip=127.20.0.0/16",
    "mail-of-user user=amir@example.com",
    "mail-to recipient=zoe@example.org",
    "messages-of-size bytes=1000 most=3",
    "notices-like pattern=TLS most=2",
    "queue-now",
    "queue-now at='2026-11-24 12:47:45' most=3",
    "rejected-from ip=127.20.2.14",
    "rejected-to recipient=katja@example.com",
    "relays-used most=3",
    "sent-by-user user=amir@example.com",
    "sessions-of user=dina@example.org",
    "slow-searches longer='0.3 ms' most=2",
    "tls-to-relays most=3",
    "tls-versions-of service=submission",
    "top-recipients most=3",
    "top-senders most=3",
    "unread-lines",
    "volume-by-hour",
    "who-sent-to recipient=zoe@example.org",
];

#[test]
fn every_named_question_is_answered() {
    let mut typed = String::from("\\format csv\n");
    ASKED.iter().for_each(|line| {
        let _ = writeln!(typed, "{line}");
    });
    let names: Vec<String> = Named::all(&Assets::default())
        .expect("all can be read")
        .into_iter()
        .map(|named| named.question.name)
        .collect();
    for name in &names {
        let asked = ASKED.iter().any(|line| line.split(' ').next() == Some(name));
        assert!(asked, "`{name}` is not asked here");
    }
    for memory in ["", " --memory 1 --chunk-size 4000"] {
        Test::new(&format!("query lab.log --year 2026{memory}"))
            .file("lab.log", lab())
            .stdin(&typed)
            .stdout_golden("query/named.csv")
            .run();
    }
}

#[test]
fn a_named_question_is_asked_in_one_line() {
    let expected = "sender,messages\r\nalice@remote.example,1\r\n";
    for args in [
        "query senders least=1 mail.log --library own --format csv",
        "query --name senders --param least=1 mail.log --library own --format csv",
        "query --name senders least=1 mail.log --library own --format csv",
        "query senders mail.log --library own --format csv",
    ] {
        Test::new(args)
            .file("mail.log", LOG)
            .file("own/report-templates/queries/senders.sql", OWN)
            .stdout(expected)
            .run();
    }
}

/// A named question of the user's own.
const OWN: &str = "\
-- title = \"Senders\"
-- about = \"Who sent.\"
-- [parameters.least]
-- kind = \"integer\"
-- about = \"messages at least\"
-- example = \"2\"
-- default = \"1\"
SELECT sender, COUNT(*) AS messages FROM messages GROUP BY sender HAVING COUNT(*) >= {least} ORDER BY sender
";

#[test]
fn a_named_question_of_the_users_own_goes_before_the_one_of_the_house() {
    Test::new("query mail-to mail.log --library own --format csv")
        .file("mail.log", LOG)
        .file("own/report-templates/queries/mail-to.sql", OWN)
        .stdout("sender,messages\r\nalice@remote.example,1\r\n")
        .run();
}

#[test]
fn the_named_questions_are_listed() {
    Test::new("query --list").stdout_golden("query/list.txt").run();
    let list = Test::new("query --list --format json").any_stdout().run().json();
    let first = &list[0];
    assert_eq!(first["name"], "around");
    assert!(first["usage"].as_str().is_some_and(|usage| usage.starts_with("around 'time=")));
}

#[test]
fn what_is_wrong_with_a_question_is_said_before_a_log_is_read() {
    let wrong = [
        "mail-too|recipient=x",
        "mail-to",
        "mail-to|recipent=x@y.example",
        "mail-to|recipient=x y",
        "mail-from-ip|ip=192.0.2.300",
        "late-messages|longer=soon",
        "late-messages|most=-1",
        "around|time=noon",
        "SELECT sender FROM messages WHERE sendr = 'x'",
        "SELECT sender FROM messages WHERE sender = \"x\"",
        "SELECT sender\nFROM messages\nWHERE COUNTT(*) > 1",
        "SELECT sender FROM messages WHERE",
        "SELECT time + sender FROM messages",
        "SELECT {sender} FROM messages",
        "--name|nothing",
        "--param|x=1|SELECT 1 FROM messages",
        "SELECT queue_id + 1 FROM messages",
        "SELECT nope",
        "DELETE FROM messages",
        "INSERT INTO messages VALUES (1)",
        "SELECT 1; SELECT 2",
        "around|time=2026-11-31",
        "mail-from-ip|ip=192.0.2.0/33",
        "mail.log|SELECT 1 FROM messages",
        "mail.log|mail-to|recipient=x@y.example",
        "nonsense",
        "DA335211319",
        "zoe@example.org",
        "who sent mail",
        "mail-to recipient=x@y.example",
        "SELECT sender FROM messages WHERE time > 'nine'",
        "SELECT sender FROM messages m WHERE m.end_time BETWEEN 1 AND '2026-11-31'",
        "SELECT service FROM sessions GROUP BY service ORDER BY MAX(time) DESC",
        "-",
    ];
    let mut all = String::new();
    for words in wrong {
        let args = words.split('|').chain(["absent.log"]);
        let test = args.fold(Test::new("query"), Test::arg);
        let output = test.command().stdin(Stdio::null()).output().expect("it runs");
        assert_eq!(output.status.code(), Some(64), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
        let _ = writeln!(all, "=== {words}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    crate::support::golden::check("query/wrong.txt", all.as_bytes());
}

#[test]
fn standard_input_asks_one_question_after_the_other() {
    let typed = "\
SELECT queue_id, ';' AS semicolon
FROM messages; SELECT nothing FROM messages;
\\format jsonl
\\format parquet
\\dd
mail-to recipient=bob@local.example
mail-to recipient
SELECT COUNT(*) AS n FROM deliveries -- without an end";
    Test::new("query mail.log")
        .file("mail.log", LOG)
        .stdin(typed)
        .status(64)
        .stdout_golden("query/session.txt")
        .stderr_golden("query/session.stderr.txt")
        .run();
}

#[test]
fn t5_a_line_of_standard_input_that_cannot_be_read_ends_nothing_but_its_question() {
    let mut typed =
        b"\xef\xbb\xbfSELECT 'one' AS a FROM messages;\n\xff\xfe\nSELECT 'two' AS a FROM messages;\n".to_vec();
    typed.extend(
        b"SELECT 'lost\n\xff' AS a\nFROM messages; SELECT 'three' AS a FROM messages;\nmail-to recipient=\xff\n",
    );
    typed.extend(b"SELECT '\xff\n' AS a FROM messages;\n");
    typed.extend(b"x".repeat(3 << 20));
    typed.extend(b"\nSELECT 'four' AS a FROM messages;\nSELECT");
    typed.extend(b" 'long'\n".repeat(200_000));
    typed.extend(b";\nSELECT 'five' AS a FROM messages");
    Test::new("query mail.log --format csv")
        .file("mail.log", LOG)
        .stdin(typed)
        .status(64)
        .stdout("a\r\none\r\na\r\ntwo\r\na\r\nthree\r\na\r\nfour\r\na\r\nfive\r\n")
        .stderr_golden("query/bad-lines.stderr.txt")
        .run();
}

#[test]
fn help_and_tables_are_told_in_a_session() {
    Test::new("query mail.log")
        .file("mail.log", LOG)
        .stdin("help\n\\d\n\\d coverage\n\\q\nSELECT 1 FROM messages;\n")
        .stdout_golden("query/help.txt")
        .run();
}

#[test]
fn no_question_at_all_is_wrong_usage() {
    Test::new("query mail.log")
        .file("mail.log", LOG)
        .stdin("\n")
        .status(64)
        .stderr("error: no question was asked\n |\n = help: give one on the command line, or by standard input: `mailtrail query --help`\n")
        .run();
}

#[test]
fn a_session_writes_to_standard_output_only() {
    for args in ["query mail.log -o x.csv", "query - -o x.csv", "query mail.log --param a=b"] {
        Test::new(args).file("mail.log", LOG).stdin("SELECT 1 FROM messages;").status(64).any_stderr().run();
    }
}

/// What somebody types at the prompt, in a terminal of its own.
fn typed_at_a_terminal(test: &Test, keys: &[u8]) -> String {
    let command = format!("{} query mail.log", program());
    let inner = test.command();
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(test.folder()).env_clear().env("TERM", "dumb");
    script.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child =
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("script");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, keys).expect("keys are typed");
    let output = child.wait_with_output().expect("it ends");
    drop(stdin);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn at_the_prompt_a_bad_question_ends_nothing_and_what_was_asked_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    if Command::new("script").arg("--version").output().is_err() {
        return skip("the prompt", "script(1) of util-linux is not there");
    }
    let test = Test::new("").file("mail.log", LOG);
    let shown = typed_at_a_terminal(
        &test,
        b"SELECT nothing FROM messages;\r\xff\rSELECT 1 FROM logins;\rSELECT COUNT(*) AS found FROM\rmessages;\rmail-to recipient=bob@local.example\r\\q\r",
    );
    let in_order =
        ["`help` says", "there is no column `nothing`", "not UTF-8", "no rows", "-----", "4Xk1000001z2"];
    let places: Vec<_> = in_order.iter().map(|text| shown.find(text)).collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{in_order:?} stand at {places:?} in\n{shown}"
    );
    let history = test.folder().join(".local/state/mailtrail/query-history");
    let kept = fs::read_to_string(&history).expect("the history is there");
    assert!(kept.contains("mail-to recipient=bob@local.example"), "{kept}");
    assert_eq!(fs::metadata(history).expect("it is there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn parquet_can_be_read_by_others() {
    let Some(python) = crate::engines::python("parquet") else { return };
    let sql = "SELECT time, queue_id, size_bytes, sender FROM messages ORDER BY time";
    let done =
        Test::new("query -o out.parquet --format parquet").arg(sql).arg("mail.log").file("mail.log", LOG).run();
    let script = "import pyarrow.parquet as p; print(p.read_table('out.parquet').to_pylist())";
    let output = Command::new(&python).args(["-c", script]).current_dir(done.path("")).output().expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "[{'time': 1795510800000000, 'queue_id': '4Xk1000001z2', 'size_bytes': 1500, 'sender': 'alice@remote.example'}]"
    );
}

#[test]
fn rows_of_a_join_without_a_condition_count() {
    let one = "(SELECT MIN(time) AS first FROM sessions) one";
    for (sql, n) in [
        (format!("SELECT COUNT(*) AS n FROM deliveries CROSS JOIN {one}"), 1),
        ("SELECT COUNT(*) AS n FROM deliveries, coverage".to_owned(), 1),
        ("SELECT COUNT(*) AS n FROM messages m CROSS JOIN sessions s CROSS JOIN deliveries d".to_owned(), 1),
        (
            format!(
                "SELECT COUNT(*) AS n FROM (SELECT 1 AS a FROM deliveries UNION ALL SELECT 2 AS a FROM messages) x CROSS JOIN {one}"
            ),
            2,
        ),
    ] {
        Test::new("query mail.log --format csv --file q.sql")
            .file("q.sql", sql)
            .file("mail.log", LOG)
            .stdout(&format!("n\r\n{n}\r\n"))
            .run();
    }
}

#[test]
fn a_count_without_a_name_is_called_one() {
    for (sql, answer) in [
        ("SELECT COUNT(*) FROM messages", "count\r\n1\r\n"),
        ("SELECT outcome, COUNT(*) FROM deliveries GROUP BY outcome", "outcome,count\r\nsent,1\r\n"),
        ("SELECT COUNT(*) AS len FROM messages", "len\r\n1\r\n"),
        ("SELECT COUNT(*), 2 AS count FROM messages", "len,count\r\n1,2\r\n"),
    ] {
        for memory in ["", " --memory 1"] {
            let test = Test::new(&format!("query --format csv mail.log --file q.sql{memory}"));
            test.file("q.sql", sql).file("mail.log", LOG).stdout(answer).run();
        }
    }
}

#[test]
fn questions_are_asked_as_people_write_them() {
    for (sql, answer) in [
        (
            "SELECT service, COUNT(*) FROM sessions WHERE service <> 'lmtp' GROUP BY service ORDER BY COUNT(*) DESC, service LIMIT 3",
            "service,count\r\nsmtp,21\r\nsubmission,17\r\nimap,13\r\n",
        ),
        (
            "SELECT MIN(time), MAX(time), COUNT(*) FROM sessions",
            "min_time,max_time,count\r\n2026-11-24T12:47:35+01:00,2026-11-24T12:48:10+01:00,83\r\n",
        ),
        (
            "SELECT service, COUNT(DISTINCT client_ip), COUNT(client_ip) AS all FROM sessions GROUP BY service ORDER BY COUNT(DISTINCT client_ip) DESC, service LIMIT 1",
            "service,client_ip,all\r\nsmtp,21,21\r\n",
        ),
        (
            "SELECT COUNT(*) AS n FROM sessions WHERE time >= '2026-11-24 12:48' AND hour = '2026-11-24T11:00:00Z' AND day = '2026-11-24'",
            "n\r\n14\r\n",
        ),
        (
            "SELECT COUNT(*) - 90 AS a, -COUNT(DISTINCT service) AS b, MAX(LENGTH(service)) - 100 AS c FROM sessions",
            "a,b,c\r\n-7,-7,-89\r\n",
        ),
        (
            "SELECT service, COUNT(DISTINCT service) AS n FROM sessions GROUP BY service HAVING COUNT(*) - 20 > 0 ORDER BY service",
            "service,n\r\nsmtp,1\r\n",
        ),
        (
            "SELECT DISTINCT ON (user, outcome) user, outcome, offset FROM logins WHERE user = 'anna@example.org' ORDER BY user, outcome, offset DESC",
            "user,outcome,offset\r\nanna@example.org,failed,73766\r\nanna@example.org,plaintext_refused,57221\r\n",
        ),
    ] {
        for memory in ["", " --memory 1"] {
            let options = "--format csv --timezone Europe/Berlin --year 2026 --file q.sql mail.log";
            let test = Test::new(&format!("query {options}{memory}")).file("mail.log", lab());
            test.file("q.sql", sql).stdout(answer).run();
        }
    }
}

#[test]
fn a_time_is_written_as_one_under_whatever_name_and_no_other_figure_is() {
    let sql = "WITH a AS (SELECT MIN(time) AS first, COUNT(*) AS n_time FROM sessions)
        SELECT first AS t, n_time, CAST(first AS BIGINT) AS raw_time FROM a";
    let half = "SELECT QUANTILE_DISC(time, 0.5) AS half, AVG(time - time) AS avg_time FROM sessions";
    let test =
        Test::new("query --format csv --year 2026 --timezone UTC mail.log --file q.sql").file("mail.log", lab());
    test.file("q.sql", half).stdout("half,avg_time\r\n2026-11-24T12:47:38Z,0\r\n").run();
    for (format, answer) in [
        ("csv", "t,n_time,raw_time\r\n2026-11-24T12:47:35+01:00,83,1795520855000000\r\n"),
        ("jsonl", "{\"t\": \"2026-11-24T12:47:35+01:00\", \"n_time\": 83, \"raw_time\": 1795520855000000}\n"),
        (
            "json",
            "[\n  {\"t\": \"2026-11-24T12:47:35+01:00\", \"n_time\": 83, \"raw_time\": 1795520855000000}\n]\n",
        ),
        (
            "table",
            "t                          n_time          raw_time\n-------------------------  ------  ----------------\n2026-11-24T12:47:35+01:00      83  1795520855000000\n",
        ),
    ] {
        let options = format!("query --format {format} --timezone Europe/Berlin --year 2026");
        let test = Test::new(&format!("{options} --file q.sql mail.log")).file("mail.log", lab());
        test.file("q.sql", sql).stdout(answer).run();
        let prompt = Test::new(&format!("{options} mail.log")).file("mail.log", lab());
        prompt.stdin(format!("{sql};\n")).stdout(answer).run();
    }
}

#[test]
fn an_empty_sender_is_written_as_one_in_tables_alone() {
    let log = LOG.replace("from=<alice@remote.example>", "from=<>");
    for (format, answer) in
        [("table", "sender\n------\n<>\n"), ("csv", "sender\r\n\"\"\r\n"), ("jsonl", "{\"sender\": \"\"}\n")]
    {
        let test = Test::new(&format!("query --format {format}")).arg("SELECT sender FROM messages");
        test.arg("mail.log").file("mail.log", &log).stdout(answer).run();
    }
}

#[test]
fn columns_that_are_words_of_sql_need_no_alias() {
    let sql = "SELECT OFFSET, User FROM deliveries WHERE offset > 0 ORDER BY time, offset LIMIT 5 OFFSET 0";
    Test::new("query --format csv")
        .arg(sql)
        .arg("mail.log")
        .file("mail.log", LOG)
        .stdout("offset,user\r\n514,\r\n")
        .run();
}

#[test]
fn a_question_in_a_file_is_shown_with_its_place() {
    Test::new("query --file q.sql mail.log")
        .file("q.sql", "-- my question\nSELECT queue_id\nFROM mesages\n")
        .file("mail.log", LOG)
        .status(64)
        .stderr_golden("query/wrong-file.stderr.txt")
        .run();
    let what = ("SELECT queue_id\nFROM messages\nWHERE sender + 1 > 2", "query/wrong-types.stderr.txt");
    let unread = ("SELECT 1 AS n\nFROM \u{e9}", "query/wrong-bytes.stderr.txt");
    for (sql, golden) in [what, unread] {
        let bytes: Vec<u8> = sql.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect();
        Test::new("query --file q.sql absent.log").file("q.sql", bytes).status(64).stderr_golden(golden).run();
    }
}

/// A library of the user's own with a report of one section, and what is wrong with it.
fn own_section(golden: &str, section: &str) {
    Test::new("report absent.log --library own --report own")
        .file("own/report-templates/reports/own.toml", "title = \"Own\"\nsections = [\"overview\", \"own\"]\n")
        .file("own/report-templates/sections/own.sql", section)
        .status(78)
        .stderr_golden(golden)
        .run();
}

#[test]
fn mistakes_in_sections_of_the_users_own_are_shown_before_a_log_is_read() {
    let head = "-- title = \"Own\"\n";
    own_section(
        "query/own-unit.stderr.txt",
        &format!("{head}-- units = {{ queue_id = \"byte\" }}\nSELECT queue_id FROM messages\n"),
    );
    own_section("query/own-column.stderr.txt", &format!("{head}SELECT\n    queueid\nFROM messages\n"));
    own_section("query/own-types.stderr.txt", &format!("{head}SELECT queue_id + 1 AS x FROM messages\n"));
    own_section(
        "query/own-chart.stderr.txt",
        &format!("{head}-- chart = {{ kind = \"pie\", label = \"queue_id\", series = [] }}\nSELECT 1\n"),
    );
}

#[test]
fn a_section_that_a_report_names_and_that_is_not_there_is_pointed_at() {
    Test::new("report absent.log --library own --report own")
        .file(
            "own/report-templates/reports/own.toml",
            "title = \"Own\"\nsections = [\n    \"overview\",\n    \"delivery\",\n]\n",
        )
        .status(78)
        .stderr_golden("query/own-report.stderr.txt")
        .run();
}

#[test]
fn a_rule_of_the_users_own_that_cannot_be_asked_is_shown_with_its_place() {
    let rule = "-- title = \"x\"\n-- state = \"warning\"\n-- parameters = { most = \"> 3\" }\nSELECT usr FROM logins GROUP BY user HAVING COUNT(*) {most} ORDER BY user\n";
    Test::new("report absent.log --library own")
        .file("own/report-templates/findings/own.sql", rule)
        .status(78)
        .stderr_golden("query/own-rule.stderr.txt")
        .run();
}

/// Texts that would be more than a text if they were pasted.
const HOSTILE: &[&str] = &[
    "' OR '1'='1",
    "x' OR 1=1 --",
    "\\' OR 1=1 --",
    "\\' UNION ALL SELECT * FROM read_csv('secret.csv') --",
    "'; DROP TABLE messages; --",
    "') OR ('a'='a",
    "{recipient}",
    "{user} {sender} {id} {pattern}",
    "\" OR \"1\"=\"1",
    "$$ OR 1=1 $$",
    "E'\\x27 OR 1=1",
    "/* */ OR 1=1 /*",
    "\u{2019} OR 1=1",
    "%",
    "_",
    "nobody\0\n' OR 1=1",
];

fn read_log(log: &[u8]) -> Run {
    read_with(log, run::CHUNK, Memory::default())
}

pub(crate) fn read_with(log: &[u8], chunk: usize, memory: Memory) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mail.log");
    write(&path, log, crate::support::program::WRITTEN);
    let grammars = Grammars::load(&Assets::default()).expect("the grammars");
    let options = run::Options {
        zone: Zone::utc(),
        hosts: input::Hosts::default(),
        input: input::Options { now: 0, year: Some(2026), layouts: grammars.layouts(), tell: |_| {} },
        chunk,
        memory,
    };
    run::run(&[path], &grammars, &options, &|_, _| {}).expect("the log is read")
}

/// The answer to a named question with these values; nothing where they are refused.
fn answer(run: &Run, named: &Named, values: &[(String, String)]) -> Option<Vec<Vec<Cell>>> {
    let zone = Zone::utc();
    let settled = named.settle(values, &zone, 0).ok()?;
    let needs = settled.check().expect("it can be asked");
    let wanted = Wanted::columns(&needs.tables, &needs.columns());
    let view = View::new(&run.facts, &zone, &Scope::ALL, wanted).expect("a view");
    let asker = Asker::new(&view, &run.coverage).expect("an asker");
    Some(settled.ask(&asker).expect("it is answered").rows(usize::MAX))
}

#[test]
fn t10_no_value_of_any_parameter_of_any_named_question_is_more_than_a_value() {
    let run = read_log(&lab());
    let mut tried = 0;
    for named in Named::all(&Assets::default()).expect("all can be read") {
        let texts = named.parameters.iter().filter(|p| !["integer", "duration"].contains(&p.kind.as_str()));
        for parameter in texts {
            // One character alone may well stand in a warning.
            for payload in HOSTILE.iter().filter(|payload| payload.len() > 1) {
                let value = (parameter.name.clone(), (*payload).to_owned());
                if let Some(rows) = answer(&run, &named, &[value]) {
                    assert!(rows.is_empty(), "{} {}={payload}: {rows:?}", named.question.name, parameter.name);
                    tried += 1;
                }
            }
        }
        for parameter in named.parameters.iter().filter(|p| !["text", "address"].contains(&p.kind.as_str())) {
            let refused = HOSTILE.iter().all(|payload| {
                let payload = payload.replace(char::is_alphabetic, " x");
                named.settle(&[(parameter.name.clone(), payload)], &Zone::utc(), 0).is_err()
            });
            assert!(refused, "{} {}", named.question.name, parameter.name);
        }
    }
    assert!(tried > 100, "{tried} values were taken");
}

#[test]
fn t10_a_hostile_name_that_is_in_the_log_is_found_and_nothing_else() {
    let mut log = String::new();
    for (at, payload) in HOSTILE.iter().enumerate().filter(|(_, payload)| !payload.contains(['\0', '\n'])) {
        let _ = writeln!(
            log,
            "Nov 24 09:00:00 mx1 dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{payload}>, method=PLAIN, rip=192.0.2.1, lip=198.51.100.1, TLS, session=<aaaaAAAA{at:04}wAAH>"
        );
    }
    let run = read_log(log.as_bytes());
    let named = Named::find(&Assets::default(), "failed-logins-of").expect("the question");
    let mut found = 0;
    for payload in HOSTILE {
        let rows = answer(&run, &named, &[("user".to_owned(), (*payload).to_owned())]).expect("a text is taken");
        assert!(rows.len() <= 1, "{payload}: {rows:?}");
        if let Some(Cell::Integer(attempts)) = rows.first().and_then(|row| row.get(3)) {
            assert_eq!(*attempts, 1, "{payload}");
            found += 1;
        }
    }
    assert!(found > 8, "{found} were found");
}

#[test]
fn t11_no_question_reads_a_file_that_is_not_a_log() {
    let statements = [
        "SELECT * FROM read_csv('secret.csv')",
        "SELECT * FROM READ_CSV('*.csv')",
        "SELECT * FROM read_parquet('secret.csv')",
        "SELECT * FROM read_json('secret.csv')",
        "SELECT * FROM read_ipc('secret.csv')",
        "SELECT * FROM 'secret.csv'",
        "SELECT * FROM \"secret.csv\"",
        "SELECT * FROM secret",
        "WITH x AS (SELECT * FROM read_csv('secret.csv')) SELECT * FROM x",
        "WITH read_csv AS (SELECT 1 AS a) SELECT * FROM read_csv('secret.csv')",
        "SELECT * FROM messages m JOIN read_csv('secret.csv') s ON 1 = 1",
        "SELECT * FROM messages, LATERAL (SELECT * FROM read_csv('secret.csv')) x",
        "SELECT queue_id FROM messages UNION ALL SELECT * FROM read_csv('secret.csv')",
        "SELECT queue_id FROM messages EXCEPT SELECT * FROM read_csv('secret.csv')",
        "SELECT queue_id FROM messages WHERE queue_id IN (SELECT * FROM read_csv('secret.csv'))",
        "SELECT (SELECT COUNT(*) FROM read_csv('secret.csv')) AS n FROM messages",
        "SELECT queue_id FROM messages ORDER BY (SELECT MIN(a) FROM read_csv('secret.csv'))",
        "SELECT '\\' UNION ALL SELECT * FROM read_csv(''secret.csv'') --' AS x FROM read_csv('secret.csv')",
        "SELECT 1 AS a FROM messages; SELECT * FROM read_csv('secret.csv')",
        "CREATE TABLE x AS SELECT * FROM read_csv('secret.csv')",
        "INSERT INTO messages SELECT * FROM read_csv('secret.csv')",
        "COPY messages TO 'out.csv'",
        "COPY messages FROM 'secret.csv'",
        "UPDATE messages SET sender = 'x'",
        "DELETE FROM messages",
        "DROP TABLE messages",
        "TRUNCATE TABLE messages",
        "SET x = 1",
        "PRAGMA database_list",
        "ATTACH 'x.db' AS x",
        "EXPLAIN SELECT * FROM messages",
        "SHOW TABLES",
        "SELECT * INTO x FROM messages",
        "SELECT load_extension('x') AS x FROM messages",
        "FROM messages |> SELECT sender",
        "TABLE messages",
    ];
    for sql in statements {
        let test =
            Test::new("query").arg(sql).arg("mail.log").file("mail.log", LOG).file("secret.csv", "a\nMARKER\n");
        let output = test.command().stdin(Stdio::null()).output().expect("it runs");
        let told = [output.stdout.as_slice(), &output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert_eq!(output.status.code(), Some(64), "{sql}\n{told}");
        assert!(output.stdout.is_empty() && !told.contains("MARKER"), "{sql}\n{told}");
        let left: Vec<_> = fs::read_dir(test.folder()).expect("the folder").flatten().collect();
        assert_eq!(left.len(), 2, "{sql} left {left:?}");
    }
}

#[test]
fn a_client_whose_bind_failed_is_nobody() {
    let log = [
        "ACCEPT from IP=192.0.2.1:35515 (IP=0.0.0.0:389)",
        "op=0 BIND dn=\"cn=a\" method=128",
        "op=0 RESULT tag=97 err=0 text=",
        "op=1 SRCH base=\"dc=x\" scope=2 deref=0 filter=\"(a=1)\"",
        "op=1 SEARCH RESULT tag=101 err=0 nentries=1 text=",
        "op=2 BIND dn=\"cn=b\" method=128",
        "op=2 RESULT tag=97 err=49 text=",
        "op=3 SRCH base=\"dc=x\" scope=2 deref=0 filter=\"(a=2)\"",
        "op=3 SEARCH RESULT tag=101 err=50 nentries=0 text=",
    ];
    let log = log.iter().fold(String::new(), |mut log, text| {
        let fd = if text.starts_with("ACCEPT") { "fd=9 " } else { "" };
        let _ = writeln!(log, "2026-11-24T09:00:00Z ldap1 slapd[2]: conn=1 {fd}{text}");
        log
    });
    let asked = [
        "SELECT filter, bind_dn FROM directory_ops WHERE kind = 'search' ORDER BY filter",
        "slapd.log",
        "--format=csv",
    ];
    let test = asked.iter().fold(Test::new("query"), |test, arg| test.arg(*arg)).file("slapd.log", log);
    let done = test.any_stdout().run();
    assert_eq!(String::from_utf8_lossy(done.stdout()), "filter,bind_dn\r\n(a=1),cn=a\r\n(a=2),\r\n");
}

/// Terms that one row of a table may be asked by, and conditions; figures of many rows.
const TERMS: &[(&str, &[&str], &[&str])] = &[
    (
        "logins",
        &["service", "x.user", "client_ip", "outcome", "hour", "LOWER(user)", "time % 60000000", "client_net"],
        &["outcome = 'ok'", "x.user IS NOT NULL", "client_ip IN (SELECT client_ip FROM sessions)", "time % 3 = 0"],
    ),
    (
        "deliveries",
        &["outcome", "relay_host", "recipient_domain", "COALESCE(dsn, 'none')", "host", "size_bytes % 7"],
        &[
            "outcome <> 'deferred'",
            "delay_s > 0.1",
            "recipient LIKE 'k%'",
            "x.queue_id IS NULL OR size_bytes > 500",
        ],
    ),
    (
        "sessions",
        &["service", "ended", "lost_after", "CASE WHEN tls_version IS NULL THEN 0 ELSE 1 END", "day"],
        &["direction = 'in'", "ended NOT IN ('lost')", "user = 'no\\one' OR client_port > 1"],
    ),
];

const FIGURES: &[&str] = &[
    "COUNT(*)",
    "COUNT(host)",
    "COUNT(DISTINCT x.program)",
    "MIN(time)",
    "MAX(CASE WHEN offset % 2 = 0 THEN time END)",
    "SUM(offset % 10)",
    "COUNT(1)",
    "1.0 * COUNT(*) / (1 + COUNT(DISTINCT source))",
    "QUANTILE_DISC(offset, 0.5)",
    "AVG(offset)",
    "COUNT(DISTINCT time % 4) + MIN(offset)",
];

prop_compose! {
    /// A question about one table, of which all figures stand in an order.
    fn question()(
        table in 0..TERMS.len(),
        keys in prop::collection::btree_set(0_usize..5, 0..3),
        figures in prop::collection::vec(0..FIGURES.len(), 1..4),
        conditions in prop::collection::btree_set(0_usize..3, 0..3),
        having in prop::option::of(0_u8..4),
        outer in any::<bool>(),
    ) -> String {
        let (name, terms, wheres) = TERMS[table];
        let keys: Vec<&str> = keys.into_iter().map(|at| terms[at]).collect();
        let columns = keys.iter().chain(figures.iter().map(|at| &FIGURES[*at])).enumerate();
        let columns = columns.map(|(at, term)| format!("{term} AS c{at}")).collect::<Vec<_>>().join(", ");
        let mut sql = format!("SELECT {columns} FROM {name} x");
        for (at, condition) in conditions.into_iter().enumerate() {
            let _ = write!(sql, " {} ({})", ["WHERE", "AND"][at.min(1)], wheres[condition]);
        }
        if !keys.is_empty() {
            let _ = write!(sql, " GROUP BY {}", keys.join(", "));
            let _ = having.map(|least| write!(sql, " HAVING COUNT(*) > {least}"));
        }
        if outer { format!("WITH inner AS ({sql}) SELECT * FROM inner") } else { sql }
    }
}

#[test]
fn a_question_asked_in_portions_has_the_answer_of_the_whole() {
    let (whole, portions) = (read_log(&lab()), read_with(&lab(), 4_000, Memory(1)));
    let zone = Zone::utc();
    let views =
        [&whole, &portions].map(|run| View::new(&run.facts, &zone, &Scope::ALL, Wanted::all()).expect("a view"));
    let [whole, portions] = [(&whole, &views[0]), (&portions, &views[1])]
        .map(|(run, view)| Asker::new(view, &run.coverage).expect("an asker"));
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }, |(sql in question())| {
        let rows = |asker: &Asker<'_>| {
            let mut rows = asker.ask(&sql).expect("it is answered").rows(usize::MAX);
            rows.sort_by_cached_key(|row| format!("{row:?}"));
            rows
        };
        prop_assert_eq!(rows(&whole), rows(&portions), "{}", sql);
    });
}
