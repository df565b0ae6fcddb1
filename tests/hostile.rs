//! What strangers write into logs acts nowhere: not in figures, a terminal, a spreadsheet, a browser, the engine, memory.

use crate::support::figures::assert_balanced;
use crate::support::program::{Done, Test, WRITTEN, write};
use crate::support::{project, skip};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Every payload in every field that a stranger may choose.
const PAYLOADS: &[&str] = &[
    "<script>document.title='pwned'</script>",
    "\"><img src=x onerror=document.title='pwned'>",
    "'><svg onload=document.title='pwned'>",
    "javascript:document.title='pwned'",
    "</script><script>alert(1)</script>",
    "<meta http-equiv=refresh content=0;url=http://pwned.example/>",
    "<img src=http://pwned.example/pixel>",
    "{{7777*7777}}{% raw %}",
    "${7*7}#{7*7}",
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\u{ff1d}1+1",
    "\t=1",
    "\x1b[31mred\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07",
    "\u{9b}31m\u{9d}0;pwned\u{9c}",
    "\x08\x08\x7f\x0b\x0c",
    "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}",
    "\u{85}\u{2028}\u{2029}",
    "'; DROP TABLE messages; --",
    "x> to=<y>, relay=z, status=sent (250 ok)",
    "%s%n%x",
];

/// A log in which each payload stands in each free field.
fn battery() -> Vec<u8> {
    let mut log = String::new();
    for (at, payload) in PAYLOADS.iter().enumerate() {
        let id = format!("4Xk10{at:05}z2");
        let ip = format!("203.0.113.{}", at % 250);
        let head = format!("Nov 24 09:{:02}:00 mx1", at % 60);
        for text in [
            format!("postfix/smtpd[1{at}]: connect from {payload}[{ip}]"),
            format!(
                "postfix/smtpd[1{at}]: {id}: client={payload}[{ip}], sasl_method=PLAIN, sasl_username={payload}"
            ),
            format!("postfix/cleanup[7]: {id}: message-id=<{payload}>"),
            format!(
                "postfix/cleanup[7]: {id}: warning: header Subject: {payload} from {payload}[{ip}]; from=<{payload}> to=<b@local.example> proto=ESMTP helo=<{payload}>"
            ),
            format!("postfix/qmgr[5]: {id}: from=<{payload}>, size=1000, nrcpt=1 (queue active)"),
            format!(
                "postfix/smtp[9]: {id}: to=<{payload}>, relay=mx.far.example[198.51.100.6]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=4.1.1, status=deferred (host mx.far.example[198.51.100.6] said: 450 {payload} (in reply to RCPT TO command))"
            ),
            format!(
                "postfix/smtp[9]: {id}: to=<{payload}>, relay=mx.far.example[198.51.100.6]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=5.1.1, status=bounced (host mx.far.example[198.51.100.6] said: 550 {payload} (in reply to RCPT TO command))"
            ),
            format!(
                "postfix/smtpd[1{at}]: NOQUEUE: reject: RCPT from {payload}[{ip}]: 550 5.1.1 <{payload}>: Recipient address rejected: User unknown; from=<{payload}> to=<{payload}> proto=ESMTP helo=<{payload}>"
            ),
            format!(
                "postfix/smtpd[1{at}]: warning: {payload}[{ip}]: SASL LOGIN authentication failed: {payload}, sasl_username={payload}"
            ),
            format!("postfix/smtpd[1{at}]: {payload}"),
            format!("dovecot: auth: passwd-file({payload},{ip},<aaaaAAAA{at:04}wAAH>): unknown user"),
            format!(
                "dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{payload}>, method=PLAIN, rip={ip}, lip=198.51.100.1, TLS, session=<aaaaAAAA{at:04}wAAH>"
            ),
            format!("dovecot: imap({payload})<4711><x>: Error: Mailbox {payload}: index is corrupted"),
            format!("slapd[2]: conn={at} fd=9 ACCEPT from IP={ip}:35515 (IP=0.0.0.0:389)"),
            format!("slapd[2]: conn={at} op=0 BIND dn=\"{payload}\" method=128"),
            format!("slapd[2]: conn={at} op=0 RESULT tag=97 err=49 text={payload}"),
            format!("slapd[2]: conn={at} op=1 SRCH base=\"{payload}\" scope=2 deref=0 filter=\"({payload})\""),
            format!(
                "slapd[2]: conn={at} op=1 SEARCH RESULT tag=101 err=32 qtime=0.000010 etime=2.000100 nentries=1 text={payload}"
            ),
            format!("{payload}[1]: {payload}"),
        ] {
            log.extend([&head, " ", &text, "\n"]);
        }
        let minute = at % 60;
        let _ =
            writeln!(log, "Nov 24 09:{minute:02}:00 {payload} postfix/smtpd[1]: warning: {payload}\n{payload}");
    }
    let mut log = log.into_bytes();
    log.extend(b"Nov 24 10:00:00 mx1 postfix/smtpd[1]: warning: bad bytes \xff\xfe\xc0\xaf\xed\xa0\x80 and \0\n");
    log
}

/// A name of a file that a stranger chose, as far as a file system lets him.
const HOSTILE_NAME: &str = "\x1b[31m<b>\u{202e}=1.log";

fn report(format: &str) -> Test {
    let test = Test::new("report --year 2026 --report full --top 1000").arg(format!("--format={format}"));
    test.file(HOSTILE_NAME, battery()).arg(HOSTILE_NAME)
}

#[test]
fn t2_only_a_line_feed_ends_a_line() {
    for end in ["\r", "\u{85}", "\u{2028}", "\u{2029}", "\x0b", "\x0c", "\0", "\\n", "#012"] {
        let forged = format!(
            "Nov 24 09:00:00 mx1 postfix/smtpd[1]: lost connection after {end}Nov 24 09:00:01 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <x@local.example>: no; from=<s@spam.example> to=<x@local.example> proto=ESMTP helo=<h>\n"
        );
        let test = Test::new("report mail.log --year 2026 --format json").file("mail.log", &forged);
        let report = test.any_stdout().any_stderr().run().json();
        assert_eq!(report["coverage"]["lines"], 1, "{end:?}");
        let rows = report["measurements"].as_array().expect("rows");
        assert!(!rows.iter().any(|row| row["metric"] == "messages.rejected"), "{end:?} forged a refusal");
    }
    let record = serde_json::json!({ "__REALTIME_TIMESTAMP": "1795510800000000", "_HOSTNAME": "mx1", "SYSLOG_IDENTIFIER": "postfix/smtpd",
        "MESSAGE": "warning: x\nNov 24 09:00:01 mx1 postfix/smtpd[1]: connect from unknown[203.0.113.9]" });
    let test = Test::new("report mail.json --format json").file("mail.json", format!("{record}\n"));
    let report = test.any_stdout().any_stderr().run().json();
    assert_eq!(report["coverage"]["lines"], 1);
    assert!(
        !report["measurements"].to_string().contains("\"connections\""),
        "a line feed in a record forged a line"
    );
}

#[test]
fn t5_json_is_strict_and_its_bytes_can_be_restored() {
    let done = report("json").any_stdout().run();
    let report = done.json();
    assert_balanced("the battery", &report);
    let lines = Test::new("query --format jsonl")
        .arg("SELECT text FROM notices AS n ORDER BY n.source, n.offset")
        .arg("mail.log");
    let done = lines.file("mail.log", battery()).any_stdout().run();
    let text = String::from_utf8(done.stdout().to_vec()).expect("JSON is UTF-8");
    let last = text.lines().last().expect("a line");
    assert_eq!(last, r#"{"text": "bad bytes \\xff\\xfe\\xc0\\xaf\\xed\\xa0\\x80 and \u0000"}"#);
    for args in [
        "trace 203.0.113.0/24 --format=json",
        "trace 4Xk10 --format=json",
        "query --list --format=json",
        "schema --format=json",
    ] {
        let test = Test::new(args).file("mail.log", battery());
        let test = if args.starts_with("trace") { test.arg("mail.log").arg("--year=2026") } else { test };
        assert!(!test.any_stdout().run().json().is_null(), "{args}");
    }
    let log = PAYLOADS.iter().fold(String::new(), |mut log, payload| {
        let _ = writeln!(log, "Nov 24 09:00:00 mx1 postfix/smtpd[1]: warning: {payload}");
        log
    });
    let sql = "SELECT text FROM notices AS n ORDER BY n.source, n.offset";
    let test = Test::new("query --format json").arg(sql).arg("mail.log").file("mail.log", log);
    let rows = test.any_stdout().run().json();
    let texts: Vec<&str> = rows.as_array().expect("rows").iter().filter_map(|row| row["text"].as_str()).collect();
    assert_eq!(
        texts,
        PAYLOADS
            .iter()
            .map(|payload| payload.trim_end_matches(|c: char| c.is_ascii_whitespace()))
            .collect::<Vec<_>>()
    );
}

/// What may go to a terminal: printable characters and line feeds; nothing that steers, hides or turns.
fn assert_tame(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{what}: not UTF-8: {e}"));
    for (at, line) in text.split('\n').enumerate() {
        let wild = line.chars().find(|c| {
            let invisible = matches!(*c as u32, 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff);
            c.is_control() || invisible
        });
        assert!(wild.is_none(), "{what}: line {}: {wild:?} in {line:?}", at + 1);
    }
}

#[test]
fn t6_nothing_steers_a_terminal() {
    let queries = [
        "SELECT sender, message_id, user FROM messages ORDER BY time",
        "SELECT recipient, reply, reason FROM deliveries ORDER BY time",
        "SELECT client_name, helo, reason FROM rejections ORDER BY time",
        "SELECT text, shape, program, host FROM notices ORDER BY time",
        "SELECT base, filter, bind_dn FROM directory_ops ORDER BY time",
    ];
    let mut tests = vec![
        Test::new("report --year 2026 --report full -v"),
        Test::new("report --year 2026 --report security --top 100"),
        Test::new("trace --year 2026 4Xk10"),
        Test::new("trace --year 2026 --format json 203.0.113."),
        Test::new("trace --year 2026 --kind address").arg("\x1b[31m"),
        Test::new("grammar explain"),
        Test::new("report --year 2026 nothere\x1b[31m.log"),
        Test::new("report --report \x1b[31m"),
        Test::new("report --format \x1b]0;x\x07"),
        Test::new("report --timezone \u{202e}x"),
        Test::new("report --on \x1b[31m"),
        Test::new("report --section \x1b[31m --format json"),
        Test::new("query --format table").arg("SELECT \x1b[31m FROM messages"),
        Test::new("query --format table").arg("SELECT x FROM \"\x1b[31m\""),
        Test::new("schema \x1b[31m"),
        Test::new("--library \x1b[31m grammar list"),
        Test::new("--config \x1b[31m grammar list"),
        Test::new("nosuchcommand\x1b[31m"),
        Test::new("headers"),
        Test::new("ingest --store kept"),
        Test::new("config show --timezone \x1b[31m"),
        Test::new("store info --store \x1b[31m"),
        Test::new("query --format csv nosuch\x1b[31m"),
        Test::new("trace --year 2026 --format html 4Xk10"),
    ];
    tests.extend(queries.map(|sql| Test::new("query --format table").arg(sql)));
    for test in tests {
        let test = test.file(HOSTILE_NAME, battery()).arg(HOSTILE_NAME);
        let output = test.command().stdin(Stdio::null()).output().expect("it runs");
        let what = format!("{:?}", test.command());
        assert_tame(&format!("{what}: standard output"), &output.stdout);
        assert_tame(&format!("{what}: standard error"), &output.stderr);
    }
}

/// What `tmux` says, with a server of its own.
fn tmux(socket: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("tmux").arg("-S").arg(socket).args(["-f", "/dev/null"]).args(args).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

#[test]
fn t6_a_real_terminal_keeps_its_title_and_its_clipboard() {
    let test = Test::new("report --year 2026 --report full -v --color always").file(HOSTILE_NAME, battery());
    let socket = test.folder().join("tmux");
    let shown = |args: &[&str]| tmux(&socket, args);
    if shown(&["new-session", "-d", "-x", "200", "-y", "50", "cat"]).is_none() {
        return skip("t6", "tmux is not installed");
    }
    shown(&["set", "-g", "set-clipboard", "on"]);
    let window = |command: &str| {
        let command = format!("{command}; echo the end of it; exec cat");
        shown(&["new-window", "-c", &test.folder().to_string_lossy(), &command]);
        // However long it takes. (What a child that has ended wrote last may never be read: the kernel hands it over later.)
        let has_ended = || shown(&["capture-pane", "-p"]).is_some_and(|screen| screen.ends_with("the end of it"));
        while !has_ended() {
            assert_ne!(shown(&["display", "-p", "#{pane_id}"]).as_deref(), Some(""), "{command}");
            std::thread::sleep(Duration::from_millis(100));
        }
        (shown(&["display", "-p", "#{pane_title}"]), shown(&["list-buffers"]))
    };
    let program = crate::support::program::program();
    let untouched = window("true");
    assert_ne!(window("printf '\\033]2;pwned\\007'"), untouched, "a title that is set is seen");
    for args in [
        "report --year 2026 --report full -v --color always *",
        "grammar explain *",
        "report 'nothing\x1b]2;x\x07*'",
    ] {
        assert_eq!(window(&format!("{program} {args}")), untouched, "{args}");
    }
    shown(&["kill-server"]);
}

/// Cells that a spreadsheet would compute.
fn formulas(csv: &[u8]) -> Vec<String> {
    let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv).into_records();
    let cells = rows.flat_map(|row| row.expect("proper CSV").iter().map(str::to_owned).collect::<Vec<_>>());
    let acts = |cell: &String| {
        let start = cell.trim_start_matches([' ', '\u{a0}', '\u{3000}']).chars().next();
        let formula = matches!(
            start,
            Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
        );
        formula && cell.parse::<f64>().is_err()
    };
    cells.filter(acts).collect()
}

#[test]
fn t7_no_cell_of_any_csv_is_a_formula() {
    let done = report("csv").arg("-o").arg("out").run();
    let mut seen = 0;
    for entry in fs::read_dir(done.path("out")).expect("the folder is read").flatten() {
        let bytes = fs::read(entry.path()).expect("the file is read");
        assert_eq!(formulas(&bytes), Vec::<String>::new(), "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen > 20, "{seen} files");
    for sql in [
        "SELECT sender, message_id AS \"=1+1\", user FROM messages ORDER BY time",
        "SELECT text, -1 AS minus, -0.5 AS less FROM notices ORDER BY time",
    ] {
        let test = Test::new("query --format csv").arg(sql).arg("mail.log").file("mail.log", battery());
        let done = test.any_stdout().run();
        assert_eq!(formulas(done.stdout()), Vec::<String>::new(), "{sql}");
        assert!(
            !sql.contains("minus") || String::from_utf8_lossy(done.stdout()).contains(",-1,-0.5"),
            "numbers stay numbers"
        );
    }
}

/// The HTML part of the battery's mail, which has no policy that would hold anything back.
fn html_of_mail() -> String {
    let done = report("mail").any_stdout().run();
    let mail = mail_parser::MessageParser::default().parse(done.stdout()).expect("a mail");
    mail.body_html(0).expect("a part of HTML").into_owned()
}

/// A browser that can be run, if there is one.
fn browser() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    })
}

/// Opens a page of this run in a browser: its title stays, no script but its own is there, nothing is fetched.
fn assert_inert(browser: &str, done: &Done, name: &str) {
    let page = fs::read_to_string(done.path(name)).expect("the page is there");
    let title = between(&page, "<title>", "</title>").replace("&#x2f;", "/");
    let net_log = done.path("net.json");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", done.path("profile").display()))
        .arg(format!("--log-net-log={}", net_log.display()))
        .arg(format!("file://{}", done.path(name).display()))
        .env("HOME", done.path(""))
        .output()
        .expect("the browser runs");
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("</html>"), "{name} is shown: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(between(&dom, "<title>", "</title>"), title, "{name}: a script changed the title");
    let ours = page.matches("<script").count();
    assert_eq!(dom.matches("<script").count(), ours, "{name}: a script was added");
    let net = fs::read_to_string(net_log).expect("what was fetched is logged");
    assert!(net.contains(name) && !net.contains("pwned.example"), "{name}: something was fetched");
}

/// The battery, and payloads in fields of a megabyte.
fn battery_with_megabytes() -> Vec<u8> {
    let long = |payload: &str| format!("{payload}{}{payload}", "A".repeat(1_000_000));
    let payloads = PAYLOADS.iter().take(7).enumerate();
    let lines = payloads.map(|(at, payload)| {
        let (id, text) = (format!("4Xk20{at:05}z2"), long(payload));
        format!(
            "Nov 24 11:00:00 mx1 postfix/smtpd[1{at}]: {id}: client=unknown[203.0.113.9], sasl_method=PLAIN, sasl_username={text}\n\
             Nov 24 11:00:00 mx1 postfix/cleanup[7]: {id}: message-id=<{text}>\n\
             Nov 24 11:00:00 mx1 postfix/qmgr[5]: {id}: from=<a@b.example>, size=1000, nrcpt=1 (queue active)\n\
             Nov 24 11:00:00 mx1 postfix/smtp[9]: {id}: to=<c@d.example>, relay=mx.far.example[198.51.100.6]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=5.1.1, status=bounced (host mx.far.example[198.51.100.6] said: 550 {text})\n"
        )
    });
    [battery(), lines.collect::<String>().into_bytes()].concat()
}

#[test]
fn t8_no_script_of_a_stranger_runs_and_nothing_is_fetched() {
    let Some(browser) = browser() else {
        return skip("hostile", "chromium is not installed");
    };
    for args in ["report --report full --top 1000", "trace 203.0.113.0/24", "trace 4Xk"] {
        let test = Test::new(args).arg("--year=2026").arg("--format=html").arg("--output=page.html");
        let done = test.file(HOSTILE_NAME, battery_with_megabytes()).arg(HOSTILE_NAME).any_stderr().run();
        assert_inert(browser, &done, "page.html");
    }
    let mailed = Test::new("schema").file("page.html", html_of_mail()).any_stdout().run();
    assert_inert(browser, &mailed, "page.html");
    let mail = PAYLOADS.iter().fold(String::new(), |mut mail, payload| {
        let _ = write!(mail, "From x Mon Nov 23 10:00:00 2026\nReceived: from {payload} ({payload} [203.0.113.9]) by {payload} for <{payload}>;\n\tMon, 23 Nov 2026 09:02:15 +0000\nMessage-ID: <{payload}>\n\nx\n\n");
        mail
    });
    let test = Test::new("headers mail.mbox --output page.html").file("mail.mbox", mail).any_stderr();
    assert_inert(browser, &test.run(), "page.html");
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let after = text.split_once(start).map_or("", |(_, after)| after);
    after.split_once(end).map_or("", |(inner, _)| inner)
}

#[test]
fn t8_a_page_holds_no_markup_of_a_stranger_and_no_outside_address() {
    let done = report("html").any_stdout().run();
    let page = String::from_utf8(done.stdout().to_vec()).expect("a page is UTF-8");
    for markup in [
        "<script>document",
        "<img",
        "<svg onload",
        "<meta http-equiv=refresh",
        "onerror=document.title='",
        "href=\"javascript:",
    ] {
        assert!(!page.contains(markup), "{markup}");
    }
    for start in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(start), "{start}");
    }
    assert!(page.contains("Content-Security-Policy"));
}

/// The trace of every message of the battery, and of every client.
fn traced(format: &str) -> Vec<u8> {
    let traces = ["4Xk10", "203.0.113.0/24"].map(|key| {
        let test = Test::new("trace --year 2026").arg(format!("--format={format}")).arg(key);
        test.file(HOSTILE_NAME, battery()).arg(HOSTILE_NAME).any_stdout().run().stdout().to_vec()
    });
    traces.concat()
}

#[test]
fn t8_the_page_of_a_trace_holds_no_markup_of_a_stranger_and_runs_nothing() {
    let page = String::from_utf8(traced("html")).expect("a page is UTF-8");
    for markup in [
        "<script",
        "<img",
        "<svg onload",
        "<meta http-equiv=refresh",
        "href=\"javascript:",
        "src=\"",
        "href=\"http",
    ] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("{{7777*7777}}") && !page.contains("60481729"));
    assert!(page.contains("default-src &#x27;none&#x27;") && !page.contains("script-src"));
    assert_tame("the page", page.as_bytes());
}

#[test]
fn t1_the_battery_forges_no_step_of_a_trace() {
    let test = Test::new("trace --year 2026 --format json 4Xk10").file("mail.log", battery()).arg("mail.log");
    let trace = test.any_stdout().run().json();
    let messages = trace["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), PAYLOADS.len());
    for message in messages {
        let steps = message["steps"].as_array().expect("steps");
        let whats: Vec<_> = steps.iter().map(|step| step["what"].as_str().expect("a word")).collect();
        assert!(whats.iter().all(|what| *what != "sent"), "{message}");
        // Where the whole payload is the recipient, the line itself is not understood.
        assert!(whats.iter().filter(|what| **what == "bounced").count() <= 1, "{message}");
    }
}

#[test]
fn t9_templates_in_a_log_come_out_as_they_are() {
    let printed = |format| String::from_utf8_lossy(report(format).any_stdout().run().stdout()).into_owned();
    for (format, out) in [("text", printed("text")), ("html", printed("html")), ("mail", html_of_mail())] {
        let out = out.replace("&#123;", "{");
        // A mail is a summary: what it holds of the battery may be none of these.
        assert!(format == "mail" || out.contains("{{7777*7777}}"), "{format} shows the payload");
        assert!(!out.contains("60481729"), "{format} did not compute it");
    }
}

#[test]
fn t11_twenty_statements_that_are_no_question_about_the_facts_are_refused() {
    let statements = [
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM read_ipc('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x')",
        "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM x",
        "SELECT * FROM messages JOIN read_csv('/etc/passwd') ON 1 = 1",
        "SELECT (SELECT COUNT(*) FROM read_csv('/etc/passwd')) FROM messages",
        "SELECT queue_id FROM messages UNION ALL SELECT * FROM read_csv('/etc/passwd')",
        "SELECT queue_id FROM messages WHERE queue_id IN (SELECT * FROM read_csv('/etc/passwd'))",
        "SELECT 1; SELECT 2",
        "DROP TABLE messages",
        "CREATE TABLE x AS SELECT * FROM messages",
        "DELETE FROM messages",
        "INSERT INTO messages VALUES (1)",
        "TRUNCATE TABLE messages",
        "SHOW TABLES",
        "EXPLAIN SELECT * FROM messages",
        "COPY messages TO '/tmp/x'",
        "SELECT pg_read_file('/etc/passwd') FROM messages",
        "SELECT * FROM UNNEST([1, 2])",
        "SELECT * FROM TABLE(read_csv('/etc/passwd'))",
        "",
    ];
    for sql in statements {
        let test = Test::new("query").arg(sql).arg("mail.log").file("mail.log", crate::cli::LOG);
        let output = test.command().output().expect("it runs");
        assert_eq!(output.status.code(), Some(64), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "{sql}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("root:"), "{sql}");
    }
}

#[test]
fn t4_what_turns_or_hides_text_is_shown_by_its_number() {
    let log = crate::cli::LOG.replace("alice@remote.example", "al\u{202e}ice\u{200b}@remote.example");
    let text = "al\\u{202e}ice\\u{200b}@remote.example";
    for format in ["text", "html"] {
        let test = Test::new("report mail.log --year 2026 --report full").arg(format!("--format={format}"));
        let done = test.file("mail.log", &log).any_stdout().run();
        let out = String::from_utf8_lossy(done.stdout()).into_owned();
        assert!(out.contains(text) && !out.contains(['\u{202e}', '\u{200b}']), "{format}");
    }
}

#[test]
fn t4_a_domain_that_looks_like_another_stands_beside_its_a_label() {
    let log = crate::cli::LOG.replace("alice@remote.example", "alice@p\u{430}ypal.example");
    for args in ["report mail.log --year 2026 --report full", "trace 4Xk1000001z2 mail.log --year 2026"] {
        for format in ["text", "html"] {
            let test = Test::new(args).arg(format!("--format={format}")).file("mail.log", &log);
            let done = test.any_stdout().run();
            let out = String::from_utf8_lossy(done.stdout()).split_whitespace().collect::<Vec<_>>().join(" ");
            // A column of a table on a terminal may be too narrow for all of it.
            let told = if args.starts_with("report") && format == "text" {
                "p\u{430}ypal.example (xn-"
            } else {
                "p\u{430}ypal.example (xn--pypal-4ve.example)"
            };
            assert!(out.contains(told) && !out.contains(") (xn--"), "{args} {format}");
        }
    }
}

#[test]
fn t14_many_senders_are_counted_exactly_and_the_table_says_how_many_it_leaves_out() {
    let mut log = String::new();
    for n in 0..30_000 {
        let head = format!("Nov 24 {:02}:{:02}:{:02} mx1 postfix", n / 3600, n / 60 % 60, n % 60);
        let _ = writeln!(log, "{head}/smtpd[9]: 4Xk{n:09}z2: client=unknown[198.51.100.7]");
        let _ = writeln!(
            log,
            "{head}/qmgr[5]: 4Xk{n:09}z2: from=<s{n}@d{}.example>, size=10, nrcpt=1 (queue active)",
            n % 7_000
        );
    }
    let test = Test::new("report mail.log --year 2026 --report full --format json").file("mail.log", log);
    let report = test.any_stdout().run().json();
    let section = |name: &str| {
        let sections = report["sections"].as_array().expect("sections");
        sections.iter().find(|section| section["name"] == name).expect("it is there").clone()
    };
    assert_eq!(section("top-senders")["truncated"]["of"], 30_000);
    assert_eq!(section("sender-domains")["truncated"]["of"], 7_000);
    let accepted =
        report["measurements"].as_array().expect("rows").iter().find(|m| m["metric"] == "messages.accepted");
    assert_eq!(accepted.expect("it is there")["value"], 30_000);
}

#[test]
fn t17_no_expression_takes_forever() {
    let long = format!("Nov 24 09:00:00 mx1 postfix/smtpd[9]: warning: {}!\n", "a".repeat(100_000));
    let ask = |pattern: &str| {
        let sql = format!("SELECT COUNT(*) AS n FROM notices WHERE regexp_like(text, '{pattern}')");
        Test::new("query --year 2026 --format csv").arg(sql).arg("mail.log").file("mail.log", &long)
    };
    for pattern in ["(a+)+$", "^(a|aa)+$", "(.*)*(.*)*(.*)*x", "(a?){500}b"] {
        ask(pattern).stdout("n\r\n0\r\n").run();
    }
    let refused = ask("((x{999}){999}){999}").status(64).any_stderr().run();
    assert!(!refused.stderr().is_empty());
}

#[test]
fn t13_a_field_of_a_megabyte_moves_no_figure_and_bursts_no_page() {
    let log = |helo: &str| crate::cli::LOG.replace("a1@remote.example", helo).replace("alice", helo);
    let of = |helo: &str| {
        let test =
            Test::new("report mail.log --year 2026 --report full --format json").file("mail.log", log(helo));
        test.any_stdout().run().json()["measurements"].clone()
    };
    let long = "a".repeat(1_000_000);
    assert_eq!(of("bob"), of(&long));
    for format in ["html", "text"] {
        let test = Test::new("report mail.log --year 2026 --report full").arg(format!("--format={format}"));
        let done = test.file("mail.log", log(&long)).any_stdout().run();
        assert!(done.stdout().len() < 400_000, "{format}: {} bytes", done.stdout().len());
    }
}

/// The most memory that a run held, in bytes, and its standard output.
fn peak(test: &Test) -> (u64, Vec<u8>) {
    let mut child = test
        .command()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut out = child.stdout.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        io::copy(&mut out, &mut bytes).expect("it is read");
        bytes
    });
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it can be asked").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    (peak, reader.join().expect("it is read"))
}

#[test]
fn t16_a_gigabyte_of_zeros_in_a_small_gz_stays_small_in_memory() {
    let test = Test::new("report --format json mail.log.gz --year 2026").file("mail.log.gz", b"");
    let file = fs::File::create(test.folder().join("mail.log.gz")).expect("the file is made");
    let mut gz = GzEncoder::new(file, Compression::new(1));
    gz.write_all(crate::cli::LOG.as_bytes()).expect("written");
    let zeros = vec![0; 1 << 20];
    (0..1024).for_each(|_| gz.write_all(&zeros).expect("written"));
    gz.write_all(b"\n").expect("written");
    gz.write_all(crate::cli::LOG.as_bytes()).expect("written");
    gz.finish().expect("written");
    let (peak, out) = peak(&test);
    let report: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!([&report["coverage"]["lines"], &report["coverage"]["damaged"]], [15, 1]);
    assert!(peak < 400 << 20, "{} MiB", peak >> 20);
}

#[test]
fn t13_a_line_longer_than_any_limit_is_one_damaged_line() {
    let long = [crate::cli::LOG.as_bytes(), &b"x".repeat(64 << 20), b"\n", crate::cli::LOG.as_bytes()].concat();
    let test = Test::new("report --format json mail.log --year 2026").file("mail.log", &long);
    let (peak, out) = peak(&test);
    let report: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!([&report["coverage"]["lines"], &report["coverage"]["damaged"]], [15, 1]);
    assert_eq!(report["coverage"]["sources"][0]["lines"], 15);
    assert!(out.len() < 200_000, "{} bytes of report", out.len());
    assert!(peak < 500 << 20, "{} MiB", peak >> 20);
}

#[test]
fn t13_lines_that_stand_for_very_many_events_are_counted_in_little_memory() {
    let reject = "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <b@local.example>: Relay access denied; from=<a@remote.example> to=<b@local.example> proto=ESMTP helo=<h>";
    let repeated = format!("Nov 24 09:00:00 mx1 postfix/smtpd[1]: message repeated 99999 times: [ {reject}]\n");
    let attempts = "Nov 24 09:00:01 mx1 dovecot: imap-login: Disconnected (auth failed, 999999 attempts in 9 secs): user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, session=<s>\n";
    let log = repeated.repeat(200) + &attempts.repeat(200);
    let count = |table: &str| {
        let test = Test::new("query --format csv --year 2026").arg(format!("SELECT COUNT(*) AS n FROM {table}"));
        peak(&test.arg("mail.log").file("mail.log", &log))
    };
    let [(peak, rejections), (_, logins)] = ["rejections", "logins"].map(count);
    assert_eq!(
        [rejections, logins].map(|n| String::from_utf8_lossy(&n).into_owned()),
        ["n\r\n2000000\r\n", "n\r\n200000\r\n"]
    );
    assert!(peak < 600 << 20, "{} MiB", peak >> 20);
}

#[test]
fn f25_what_is_no_log_is_told_and_never_waited_for() {
    let test = Test::new("report --year 2026 --section deliveries --format csv mail.log /dev/null /dev/zero")
        .file("mail.log", crate::cli::LOG);
    test.status(2).stdout("outcome,transport,deliveries,share,bytes\r\nsent,lmtp,1,1,1500\r\n").any_stderr().run();
    let odd: [(&str, &[u8]); 4] = [
        ("empty.log", b""),
        ("utf16.log", b"\xff\xfeN\0o\0v\0\n\0"),
        ("bom.log", b"\xef\xbb\xbfNov 24 09:00:00 mx1 postfix/smtpd[1]: warning: x\r\n"),
        ("nul.log", b"\0\0\0\0\0\0\0\0\0\0\0\0"),
    ];
    for (name, bytes) in odd {
        let test = Test::new("report --format json --year 2026").arg(name).file(name, bytes);
        let report = test.any_stdout().any_stderr().run().json();
        assert_balanced(name, &report);
    }
}

#[test]
fn f25_a_pipe_is_read_to_its_end() {
    let test = Test::new("report --year 2026 --section deliveries --format csv pipe.log");
    let pipe = test.folder().join("pipe.log");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let writer = std::thread::spawn(move || fs::write(pipe, crate::cli::LOG));
    test.stdout("outcome,transport,deliveries,share,bytes\r\nsent,lmtp,1,1,1500\r\n").run();
    writer.join().expect("it ends").expect("it is written");
}

#[test]
fn f25_a_pipe_that_nobody_writes_to_is_told_and_left() {
    let test = Test::new("report mail.log pipe.log --year 2026 --section deliveries --format csv");
    let pipe = test.folder().join("pipe.log");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    test.file("mail.log", crate::cli::LOG)
        .status(2)
        .stdout("outcome,transport,deliveries,share,bytes\r\nsent,lmtp,1,1,1500\r\n")
        .stderr("mailtrail: pipe.log: waiting for somebody to write to this pipe\nmailtrail: pipe.log: nobody writes to this pipe\n")
        .run();
}

#[test]
fn f25_a_shells_substitution_is_read_and_an_empty_one_is_empty() {
    for (shell, deliveries) in
        [("cat mail.log", "1"), ("gzip -c mail.log", "1"), ("sleep 2; cat mail.log", "1"), ("true", "0")]
    {
        let test = Test::new("").file("mail.log", crate::cli::LOG);
        let ours = crate::support::program::program();
        let command =
            format!("{ours} query 'SELECT COUNT(*) AS n FROM deliveries' <({shell}) --format csv --year 2026 -q");
        let output =
            Command::new("bash").args(["-c", &command]).current_dir(test.folder()).output().expect("bash");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(told, format!("n\r\n{deliveries}\r\n"), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn f7_standard_input_byte_by_byte_is_as_the_file() {
    let of = |mut command: Command, slow: bool| {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let bytes = crate::cli::LOG.as_bytes();
        for piece in bytes.chunks(if slow { 1 } else { bytes.len() }) {
            stdin.write_all(piece).expect("it is written");
        }
        drop(stdin);
        child.wait_with_output().expect("it ends").stdout
    };
    let test = Test::new("report - --year 2026 --format json --report full");
    assert_eq!(of(test.command(), false), of(test.command(), true));
}

#[test]
fn f25_thousands_of_files_need_few_descriptors() {
    let test = Test::new("report logs --year 2026 --format json");
    for at in 0..2000 {
        let line = format!("Nov 24 09:00:00 mx1 postfix/smtpd[{at}]: connect from unknown[203.0.113.9]\n");
        write(&test.folder().join(format!("logs/{at}.log")), line.as_bytes(), WRITTEN);
    }
    let output = limited(&test, "ulimit -n 128");
    let report: Value = serde_json::from_slice(&output).expect("JSON");
    assert_eq!(report["coverage"]["matched"], 2000);
}

/// Standard output of a test's command under a limit of the shell.
fn limited(test: &Test, limit: &str) -> Vec<u8> {
    let command = test.command();
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("{limit}; exec \"$@\""))
        .arg("sh")
        .arg(command.get_program())
        .args(command.get_args());
    let output = shell.current_dir(test.folder()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn t1_the_battery_itself_is_a_file_that_people_can_look_at() {
    let path = project("tests/golden/hostile.txt");
    let done = report("text").any_stdout().run();
    assert_tame("the text report", done.stdout());
    crate::support::golden::check("hostile.txt", done.stdout());
    assert!(Path::new(&path).exists());
}

#[test]
fn t6_a_place_in_an_error_steers_no_terminal() {
    let test =
        Test::new("report --config").arg("e\u{1b}[31m\u{202e}x.toml").file("e\u{1b}[31m\u{202e}x.toml", "[a\n");
    let done = test.status(78).any_stderr().run();
    let told = String::from_utf8_lossy(done.stderr()).into_owned();
    assert!(told.contains("x.toml:1:3") && !told.contains(['\u{1b}', '\u{202e}']), "{told}");
}
