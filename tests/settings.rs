//! What the configuration sets: it works as on the command line, and gives way to what is typed.

use crate::store::Site;
use crate::support::program::Test;
use crate::support::project;

/// A login that a file of its own tells, without a host.
fn login(user: &str) -> String {
    format!(
        "2026-11-24T10:00:00.000000+00:00 imap-login: Info: Login: user=<{user}>, method=PLAIN, rip=192.0.2.7, \
         lip=192.0.2.1, mpid=1, session=<{user}AAAAAAAAAA>\n"
    )
}

/// Two hosts that write what they do into files of their own, one in the midst of the other's folder.
const HOSTS: &str = r#"
[[inputs]]
paths = ["logs"]
host  = "mx1"

[[inputs]]
paths = ["logs/other/*.log"]
host  = "mx2"

[[inputs]]
paths = ["nameless.log"]
"#;

const WHO: &str = "SELECT host, user FROM logins ORDER BY user";

#[test]
fn each_input_has_a_host_of_its_own_for_lines_that_name_none() {
    let hosts = |paths: &[&str], told: &str| {
        let test = Test::new("query --config c.toml --format csv").file("c.toml", HOSTS).arg(WHO);
        let test = test.file("logs/a.log", login("anna")).file("logs/other/b.log", login("ben"));
        let test = test.file("nameless.log", login("carl")).file("elsewhere.log", login("dora"));
        paths.iter().fold(test, |test, path| test.arg(*path)).stdout(told).run();
    };
    hosts(&[], "host,user\r\nmx1,anna\r\nmx2,ben\r\n,carl\r\n");
    hosts(&["logs/other", "elsewhere.log"], "host,user\r\nmx2,ben\r\nmx1,dora\r\n");
}

#[test]
fn the_store_knows_the_host_of_each_input() {
    let site = Site::new();
    for folder in ["logs", "logs/other"] {
        std::fs::create_dir(site.path(folder)).expect("it is made");
    }
    site.write("c.toml", HOSTS.as_bytes());
    for (log, user) in [("logs/a.log", "anna"), ("logs/other/b.log", "ben"), ("nameless.log", "carl")] {
        site.write(log, login(user).as_bytes());
    }
    site.fine("ingest --config c.toml --store st --quiet");
    site.append("logs/other/b.log", login("dora").as_bytes());
    site.fine("ingest --config c.toml --store st --quiet logs/other");
    site.write("q.sql", WHO.as_bytes());
    let told = site.fine("query --store st --format csv --file q.sql");
    assert_eq!(String::from_utf8_lossy(&told), "host,user\r\nmx1,anna\r\nmx2,ben\r\n,carl\r\nmx2,dora\r\n");
}

const LOG: &str = include_str!("../sample-logs/postfix/expiry.log");

/// Whether a text is JSON, or HTML, or what else.
fn kind(bytes: &[u8]) -> &'static str {
    match String::from_utf8_lossy(bytes).trim_start() {
        text if text.starts_with('{') || text.starts_with('[') => "json",
        text if text.starts_with("<!") => "html",
        "" => "nothing",
        _ => "text",
    }
}

#[test]
fn what_is_typed_of_an_output_goes_before_what_is_set() {
    let run = |args: &str, set: &str| {
        let test = Test::new(args).file("mail.log", LOG).file("c.toml", set);
        let done = test.any_stdout().any_stderr().run();
        let file = |name: &str| std::fs::read(done.path(name)).map_or("none", |bytes| kind(&bytes));
        (kind(done.stdout()), file("z.html"), file("cfg.html"))
    };
    let report = "report mail.log --year 2026 --config c.toml";
    assert_eq!(run(report, "[report]\nformat = 'json'"), ("json", "none", "none"));
    assert_eq!(run(&format!("{report} -o z.html"), "[report]\nformat = 'json'"), ("nothing", "html", "none"));
    let set = "[report]\noutput = 'cfg.html'";
    assert_eq!(run(report, set), ("nothing", "none", "html"));
    assert_eq!(run(&format!("{report} --format json"), set), ("json", "none", "none"));
    assert_eq!(run(&format!("{report} --format html"), set), ("nothing", "none", "html"));
    let trace = "trace @ mail.log --year 2026 --config c.toml";
    let set = "[trace]\nformat = 'json'\nlimit = 1";
    assert_eq!(run(trace, set), ("json", "none", "none"));
    assert_eq!(run(&format!("{trace} -o z.html"), set), ("nothing", "html", "none"));
}

#[test]
fn every_command_has_its_settings() {
    let set = "[query]\nformat = 'csv'\non = '2026-11-24'\n[schema]\nformat = 'json'\n";
    let test = |args: &str| Test::new(args).file("mail.log", LOG).file("c.toml", set);
    let ask = "SELECT COUNT(*) AS n FROM messages";
    test("query --year 2026 --config c.toml").arg(ask).arg("mail.log").stdout("n\r\n0\r\n").run();
    let typed =
        test("query --year 2026 --config c.toml --format json --since 2000-01-01").arg(ask).arg("mail.log");
    typed.stdout("[\n  {\"n\": 2}\n]\n").run();
    assert_eq!(kind(test("schema --config c.toml messages").any_stdout().run().stdout()), "json");
}

#[test]
fn the_mail_whose_ways_are_shown_can_be_set() {
    let mail = project("sample-logs/headers/ways.mbox").display().to_string();
    let set = format!("[headers]\npaths = ['{mail}']\nformat = 'json'\n");
    let done = Test::new("headers --config c.toml").file("c.toml", set).any_stdout().any_stderr().run();
    assert_eq!(kind(done.stdout()), "json");
    let done = Test::new("headers").status(66).any_stderr().run();
    assert!(String::from_utf8_lossy(done.stderr()).contains("no mail is named"));
}

#[test]
fn the_ending_of_an_answers_file_tells_its_format() {
    let test = Test::new("query -o n.csv --year 2026").arg("SELECT COUNT(*) AS n FROM messages").arg("mail.log");
    let done = test.file("mail.log", LOG).run();
    assert_eq!(std::fs::read(done.path("n.csv")).expect("it is there"), b"n\r\n2\r\n");
}

#[test]
fn what_is_told_beside_the_results_can_be_set() {
    let run = |args: &str, set: &str| {
        let test =
            Test::new(args).file("logs/mail.log", LOG).file("logs/notes.txt", "no log\n").file("c.toml", set);
        let done = test.arg("SELECT COUNT(*) AS n FROM messages").arg("logs").any_stdout().any_stderr().run();
        String::from_utf8_lossy(done.stderr()).contains("passed over")
    };
    let ask = "query --year 2026 --config c.toml";
    assert!(!run(ask, "") && run(ask, "verbose = true") && !run(&format!("{ask} -q"), "verbose = true"));
    assert!(!run(ask, "quiet = true\nverbose = true") && run(&format!("{ask} -v"), "quiet = true"));
}

#[test]
fn colours_can_be_set_for_errors_too() {
    let run = |args: &str| {
        let test = Test::new(args).file("c.toml", "color = 'always'").status(64).any_stderr();
        test.run().stderr().contains(&0x1b)
    };
    assert!(run("report --on never --config c.toml") && !run("report --on never --config c.toml --color never"));
}

#[test]
fn a_format_that_there_is_not_is_told_with_its_place_whatever_is_run() {
    let test = Test::new("trace x mail.log --config c.toml").file("c.toml", "[query]\nformat = 'jsno'").status(78);
    let done = test.any_stderr().run();
    let told = String::from_utf8_lossy(done.stderr()).into_owned();
    assert!(told.contains("c.toml:2:10") && told.contains("did you mean `json`?"), "{told}");
}

#[test]
fn all_that_is_set_is_shown_with_its_place() {
    let set = "color = 'never'\nquiet = true\n[query]\nformat = 'csv'\n[ingest]\nwait = 3\n";
    let done = Test::new("config show --config c.toml --year 2024").file("c.toml", set).any_stdout().run();
    let told = String::from_utf8_lossy(done.stdout()).into_owned();
    for (setting, place) in [
        ("color = 'never'", "c.toml:1"),
        ("quiet = true", "c.toml:2"),
        ("format = 'csv'", "c.toml:4"),
        ("wait = 3", "c.toml:6"),
        ("year = 2024", "command line"),
    ] {
        assert!(told.contains(&format!("{setting:<48} # {place}\n")), "{setting}: {told}");
    }
}

#[test]
fn each_value_is_shown_with_the_line_on_which_it_stands() {
    let set = "[[inputs]]\npaths = ['a', 'b']\nhost = 'mx1'\n[schedules]\nbusiness = 'Mon'\n[[thresholds]]\n\
               metric = 'delay.p95_s'\nwhere = { stage = 'total' }\nwarning = '> 30'\ncritical = '> 120'\n\
               during = { business = '> 60' }\ntitle = 'Slow'\n";
    let done = Test::new("config show --config c.toml").file("c.toml", set).any_stdout().run();
    let told = String::from_utf8_lossy(done.stdout()).into_owned();
    for (setting, line) in [
        ("paths = [\"a\", \"b\"]", 2),
        ("host = \"mx1\"", 3),
        ("metric = \"delay.p95_s\"", 7),
        ("where = { stage = [\"total\"] }", 8),
        ("warning = '> 30'", 9),
        ("critical = '> 120'", 10),
        ("during = { business = '> 60' }", 11),
        ("title = \"Slow\"", 12),
    ] {
        assert!(told.contains(&format!("{setting:<48} # c.toml:{line}\n")), "{setting}: {told}");
    }
    assert!(!told.contains("\nevidence = "), "words that ship are not shown");
}

/// The words that metrics say their labels can have, where there are no others.
fn words_of_labels() -> Vec<(String, String, Vec<String>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(project("report-templates/metrics")).expect("the metrics").flatten() {
        let sql = std::fs::read_to_string(entry.path()).expect("a metric");
        let head =
            sql.lines().take_while(|line| line.starts_with("--")).map(|line| line.trim_start_matches("--").trim());
        let head: toml::Table = head.collect::<Vec<_>>().join("\n").parse().expect("TOML");
        let name = entry.path().file_stem().expect("a name").to_string_lossy().into_owned();
        let values = head.get("values").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        for (label, words) in values {
            let words =
                words.as_array().expect("a list").iter().filter_map(|word| word.as_str().map(str::to_owned));
            all.push((name.clone(), label, words.collect()));
        }
    }
    all
}

#[test]
fn the_words_of_labels_are_those_that_figures_have() {
    let logs = project("sample-logs").display().to_string();
    let report = Test::new("report --year 2026 --format json").arg(logs).any_stdout().any_stderr().run().json();
    let figures = report["measurements"].as_array().expect("measurements");
    let mut seen = 0;
    for (metric, label, words) in words_of_labels() {
        let of_metric = |name: &str| name == metric || (metric == "delay" && name.starts_with("delay."));
        for figure in figures.iter().filter(|figure| of_metric(figure["metric"].as_str().expect("a name"))) {
            let Some(value) = figure["labels"][&label].as_str() else { continue };
            assert!(words.iter().any(|word| word == value), "{metric}: {label} = {value}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_limit_of_ones_own_in_the_place_of_one_that_ships_is_proved_as_that_is() {
    let set = "[[thresholds]]\nmetric = 'delay.p95_s'\nwhere = { stage = 'total' }\nwarning = '> 1'\n";
    let test = Test::new("report mail.log --year 2026 --format json --config c.toml").file("mail.log", LOG);
    let report = test.file("c.toml", set).any_stdout().any_stderr().run().json();
    let findings = report["findings"].as_array().expect("findings");
    let slow = findings.iter().find(|finding| finding["metric"] == "delay.p95_s").expect("it is found");
    assert_eq!(slow["state"], "warning");
    assert!(slow["evidence"].as_array().is_some_and(|lines| !lines.is_empty()), "{slow}");
}
