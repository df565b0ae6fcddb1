//! What goes wrong with files: cut short, copied, given twice, gone, no log at all.

use crate::cli::LOG;
use crate::support::figures::assert_balanced;
use crate::support::program::{Test, WRITTEN, write};
use crate::support::report::Reading;
use flate2::Compression;
use flate2::write::GzEncoder;
use mailtrail::run;
use mailtrail::text::Text;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::thread;
use std::time::Duration;

/// Connections, one every ten seconds from midnight on.
fn connections(count: u32) -> String {
    (0..count).fold(String::new(), |log, n| {
        let (h, m, s) = (n / 360, n / 6 % 60, n * 10 % 60);
        log + &format!(
            "Nov 24 {h:02}:{m:02}:{s:02} mx1 postfix/smtpd[{}]: connect from unknown[192.0.2.1]\n",
            1000 + n
        )
    })
}

/// Reads a log that somebody cuts to this length once its first bytes are read; finished long ago, or still written to.
fn cut_while_read(log: &[u8], len: u64, live: bool) -> run::Run {
    let mut reading = Reading::of(log).chunk(16 << 10).jobs(1);
    if live {
        reading.options.input.now = 0;
    }
    let once = Once::new();
    reading.run_with(&|path| {
        once.call_once(|| {
            let file = fs::OpenOptions::new().write(true).open(path).expect("it is there");
            file.set_len(len).expect("it is cut");
        });
    })
}

#[test]
fn f8_a_file_that_is_cut_short_while_it_is_read_is_told_and_nothing_else() {
    let log = connections(4_000);
    let pages = log.len() as u64 / 4096;
    assert!(pages > 60);
    for live in [false, true] {
        for page in (0..pages).step_by(7) {
            let run = cut_while_read(log.as_bytes(), page * 4096, live);
            let told: Vec<&str> = run.coverage.problems.iter().map(Text::raw).collect();
            assert!(
                matches!(told[..], [told] if told.ends_with("mail.log: the file became shorter while it was read"))
            );
            assert!(!run.complete && run.coverage.counts.balances());
            let whole =
                log.as_bytes()[..usize::try_from(page * 4096).expect("small")].split(|b| *b == b'\n').count();
            assert!(run.coverage.counts.lines + 1 >= whole as u64, "page {page}: {:?}", run.coverage.counts);
        }
    }
}

#[test]
fn f8_standard_input_which_is_mapped_gives_what_the_file_gives() {
    let log = connections(8_000);
    let test = || {
        Test::new("query --year 2026 --format csv")
            .arg("SELECT s.time, s.client_ip, s.offset FROM sessions s ORDER BY s.offset")
            .any_stdout()
    };
    let by_name = test().arg("mail.log").file("mail.log", &log).run();
    assert!(test().arg("-").stdin(&log).run().stdout() == by_name.stdout());
}

#[test]
fn f6_a_copy_with_blocks_of_nuls_counts_as_many_lines_as_what_it_copies() {
    let log = format!("{LOG}\0\0\0\0\0\0{LOG}Nov 24 09:00:02 mx1 postf\0\0\0\0\0\0{LOG}\0\0\0\n");
    let test = Test::new("report mail.log copy.log --year 2026 --format json").file("mail.log", &log);
    let report = test.file("copy.log", &log).any_stdout().any_stderr().run().json();
    assert_balanced("NULs", &report);
    let sources = report["coverage"]["sources"].as_array().expect("sources");
    assert_eq!(sources[0]["lines"], sources[1]["duplicate"]);
}

#[test]
fn f6_a_log_of_which_every_line_stands_in_another_counts_once() {
    let other = |n: u32| format!("Nov 24 09:0{}:0{} mx1 CRON[{n}]: (root) CMD (true)\n", n / 10, n % 10);
    let mail = LOG.repeat(40);
    let warnings: Vec<&str> = mail.lines().skip(5).step_by(3).collect();
    let syslog: Vec<String> = mail
        .lines()
        .enumerate()
        .map(|(n, line)| format!("{line}\n{}", other(u32::try_from(n % 10).expect("small"))))
        .collect();
    let test = Test::new("report logs --year 2026 --format json --report full")
        .file("logs/mail.log", &mail)
        .file("logs/mail.warn", warnings.join("\n") + "\n")
        .file("logs/mail.err", "")
        .file("logs/syslog", syslog.concat());
    let told = "mailtrail: logs/mail.log: holds nothing that logs/syslog does not hold; counted once\n\
         mailtrail: logs/mail.warn: holds nothing that logs/mail.log does not hold; counted once\n";
    let twice = test.stderr(told).any_stdout().run().json();
    let once = Test::new("report syslog --year 2026 --format json --report full").file("syslog", syslog.concat());
    assert_eq!(twice["measurements"], once.any_stdout().run().json()["measurements"]);
    assert_balanced("contained", &twice);
}

#[test]
fn f6_a_line_that_the_other_log_does_not_hold_keeps_a_log_apart() {
    let own = "Nov 24 09:00:05 mx1 postfix/smtpd[101]: warning: own\n";
    let test = Test::new("query --year 2026 --format csv")
        .arg("SELECT COUNT(*) AS n FROM notices")
        .arg("mail.log")
        .arg("mail.warn")
        .file("mail.log", LOG.repeat(9))
        .file("mail.warn", LOG.to_owned() + own);
    test.stdout("n\r\n1\r\n").run();
}

#[test]
fn f6_lines_that_two_logs_share_in_part_are_a_finding() {
    let all = connections(2_000);
    let (lines, half): (Vec<&str>, usize) = (all.lines().collect(), 1_000);
    let test = Test::new("report --year 2026 --format json mail.log syslog")
        .file("mail.log", lines[..half + 500].join("\n") + "\n")
        .file("syslog", lines[half..].join("\n") + "\n");
    let report = test.any_stdout().run().json();
    let findings = report["findings"].as_array().expect("findings");
    let found: Vec<_> = findings.iter().filter(|finding| finding["rule"] == "lines-counted-twice").collect();
    assert_eq!(found.len(), 1, "{findings:?}");
    assert_eq!(found[0]["labels"]["holder"], "mail.log");
    assert!(found[0]["observed"].as_str().expect("text").contains("500"), "{}", found[0]);
}

#[test]
fn f6_the_rotated_pieces_of_one_log_share_nothing() {
    let log = connections(2_000);
    let (old, new) = log.split_at(log.find("Nov 24 02:00:00").expect("it is there"));
    let test = Test::new("report --year 2026 --format json mail.log mail.log.1");
    let report = test.file("mail.log", new).file("mail.log.1", old).any_stdout().run().json();
    assert_eq!(report["findings"], serde_json::json!([]));
}

#[test]
fn f11_a_missing_piece_is_found_with_both_its_ends() {
    let log = connections(8_000);
    let (start, end) = (log.find("Nov 24 09:00:00").expect("there"), log.find("Nov 24 14:00:00").expect("there"));
    let test = Test::new("report mail.log --year 2026 --timezone UTC --format json");
    let report = test.file("mail.log", format!("{}{}", &log[..start], &log[end..])).any_stdout().run().json();
    let gap = &report["findings"][0];
    assert_eq!(gap["rule"], "log-gap");
    let message = gap["message"].as_str().expect("text");
    assert!(message.contains("08:59:50") && message.contains("14:00:00"), "{message}");
    let lines: Vec<&str> =
        gap["evidence"].as_array().expect("lines").iter().filter_map(|e| e["line"].as_str()).collect();
    assert!(lines[0].contains(" 08:59:50 ") && lines[1].contains(" 14:00:00 "), "{lines:?}");
}

#[test]
fn f25_a_pipe_that_a_pattern_matches_is_not_waited_for() {
    let test = Test::new("report *.log --year 2026 --section deliveries --format csv -v").file("mail.log", LOG);
    let pipe = test.folder().join("pipe.log");
    assert!(Command::new("mkfifo").arg(pipe).status().expect("mkfifo runs").success());
    test.stdout("outcome,transport,deliveries,share,bytes\r\nsent,lmtp,1,1,1500\r\n")
        .stderr("mailtrail: pipe.log: passed over, a pipe is read only where it is named\n")
        .run();
}

#[test]
fn f25_what_of_a_folder_is_not_entered_is_told() {
    let test = Test::new("report logs --year 2026 --section deliveries --format csv -v")
        .file("logs/mail.log", LOG)
        .file("else/mail.log", LOG);
    let logs = test.folder().join("logs");
    symlink("../else", logs.join("linked")).expect("a link");
    symlink("nowhere", logs.join("lost.log")).expect("a link");
    assert!(Command::new("mkfifo").arg(logs.join("pipe.log")).status().expect("mkfifo runs").success());
    test.stdout("outcome,transport,deliveries,share,bytes\r\nsent,lmtp,1,1,1500\r\n")
        .stderr(
            "mailtrail: logs/linked: passed over, a link to a folder is followed only where it is named\n\
             mailtrail: logs/lost.log: passed over, its link leads nowhere\n\
             mailtrail: logs/pipe.log: passed over, a pipe is read only where it is named\n",
        )
        .run();
}

#[test]
fn f25_what_is_not_there_is_told_and_the_rest_is_reported() {
    let test = Test::new("report mail.log nothing*.log ~/mail.log ~other/*.log empty notes --section deliveries");
    test.file("mail.log", LOG)
        .file("notes/a.txt", "no log\n")
        .file("empty/.keep/x", "")
        .status(2)
        .any_stdout()
        .stderr(
            "mailtrail: nothing*.log: no file matches\n\
             mailtrail: ~/mail.log: No such file or directory (os error 2) (a `~` stands for a home folder in a shell only, and there without quotes)\n\
             mailtrail: ~other/*.log: no file matches (a `~` stands for a home folder in a shell only, and there without quotes)\n\
             mailtrail: notes: no file in it is a log\n",
        )
        .run();
}

#[test]
fn f25_an_output_never_overwrites_what_was_read() {
    for args in
        ["report mail.log -o mail.log", "report mail.log copy.log -o copy.log", "report mail.log -o link.log"]
    {
        let test = Test::new(args).file("mail.log", LOG).file("copy.log", LOG).status(64).any_stderr();
        symlink("mail.log", test.folder().join("link.log")).expect("a link");
        let done = test.run();
        let told = String::from_utf8_lossy(done.stderr()).into_owned();
        assert!(told.contains("is one of the inputs, and would be overwritten"), "{told}");
        assert_eq!(fs::read_to_string(done.path("mail.log")).expect("read"), LOG);
        assert_eq!(fs::read_to_string(done.path("copy.log")).expect("read"), LOG);
    }
}

#[test]
fn f25_an_output_never_overwrites_mail_that_was_read() {
    let mail = "From a@example.org Tue Nov 24 09:00:00 2026\nReceived: from a by b; Tue, 24 Nov 2026 09:00:00 +0000\n\nx\n";
    for args in ["report mail.log box.mbox -o box.mbox", "headers box.mbox -o box.mbox"] {
        let test = Test::new(args).file("mail.log", LOG).file("box.mbox", mail).status(64).any_stderr();
        let done = test.run();
        assert_eq!(fs::read_to_string(done.path("box.mbox")).expect("read"), mail, "{args}");
    }
}

#[test]
fn f27_a_copy_that_breaks_off_is_told() {
    let whole = LOG.repeat(200);
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(whole.as_bytes()).expect("it is compressed");
    let mut gz = gz.finish().expect("it is compressed");
    gz.truncate(gz.len() - 8);
    let test =
        Test::new("report mail.log mail.log.gz --format json").file("mail.log", &whole).file("mail.log.gz", gz);
    let report = test.status(2).any_stderr().any_stdout().run().json();
    let problems = report["coverage"]["problems"].to_string();
    assert!(problems.contains("mail.log.gz"), "{problems}");
}

#[test]
fn f25_where_nothing_can_be_read_there_is_no_input_and_nothing_is_kept() {
    let broken = b"\x1f\x8b\x08\x00 this is no gzip".as_slice();
    for inputs in ["absent.log", "bad.gz", "bad.gz absent.log nothing*.log"] {
        for command in ["report", "query queue-now", "trace x", "ingest --store st"] {
            let test = Test::new(&format!("{command} {inputs}")).file("bad.gz", broken);
            let done = test.status(66).any_stderr().run();
            let told = String::from_utf8_lossy(done.stderr()).into_owned();
            assert!(
                told.starts_with("mailtrail: ") && told.ends_with("error: none of the inputs could be read\n"),
                "{told}"
            );
            assert!(!done.path("st/facts").exists() && !done.path("st/state").exists(), "{command}");
        }
        for command in ["report", "ingest --store st"] {
            let test = Test::new(&format!("{command} {inputs} mail.log")).file("bad.gz", broken);
            test.file("mail.log", LOG).status(2).any_stdout().any_stderr().run();
            let test = Test::new(&format!("{command} {inputs} empty.log")).file("bad.gz", broken);
            test.file("empty.log", "").status(2).any_stdout().any_stderr().run();
        }
    }
}

#[test]
fn f25_a_report_in_the_folder_of_its_logs_is_written_anew() {
    let test =
        Test::new("report logs -o logs/day.html").file("logs/mail.log", LOG).file("logs/day.html", "<html>");
    let done = test.run();
    assert!(fs::read_to_string(done.path("logs/day.html")).expect("read").starts_with("<!doctype html>"));
}

#[test]
fn l26_what_cannot_be_told_by_domain_is_left_out_and_named() {
    let test =
        Test::new("report mail.log --domain local.example --report full --format json").file("mail.log", LOG);
    let done = test.any_stderr().any_stdout().run();
    let told = String::from_utf8_lossy(done.stderr()).into_owned();
    assert!(told.starts_with("mailtrail: left out, since it cannot be told by domain: "), "{told}");
    let report = done.json();
    let names: Vec<_> =
        report["sections"].as_array().expect("sections").iter().map(|s| s["name"].clone()).collect();
    assert!(names.contains(&"deliveries".into()) && !names.contains(&"directory-operations".into()), "{names:?}");
    let metrics = report["measurements"].as_array().expect("measurements");
    assert!(metrics.iter().all(|m| !m["metric"].as_str().expect("a name").starts_with("directory.")));
}

#[test]
fn f25_a_file_is_read_by_its_name_even_if_that_is_a_pattern() {
    let test = Test::new("report a*.log --year 2026 --section deliveries --format csv");
    write(&test.folder().join("a*.log"), LOG.as_bytes(), WRITTEN);
    test.stdout("outcome,transport,deliveries,share,bytes\r\nsent,lmtp,1,1,1500\r\n").run();
}

#[test]
fn f9_a_last_line_without_its_end_is_one_line() {
    for len in (1..LOG.len()).step_by(17) {
        let cut = &LOG.as_bytes()[..len];
        let counts = Reading::of(cut).run().coverage.counts;
        let whole = memchr::memchr_iter(b'\n', cut).count() as u64;
        assert_eq!(counts.lines, whole + u64::from(!cut.ends_with(b"\n")), "{len} bytes");
        assert!(counts.balances() && counts.matched >= whole, "{len} bytes: {counts:?}");
    }
}

#[test]
fn f10_a_block_of_nuls_is_one_damaged_line_and_what_stands_behind_it_is_read() {
    let nuls = "\0".repeat(5_000);
    let (head, tail) = LOG.split_at(LOG.find("Nov 24 09:00:01").expect("it is there"));
    for log in [format!("{nuls}{LOG}"), format!("{head}{nuls}{tail}"), format!("{LOG}{nuls}")] {
        let coverage = Reading::of(log.as_bytes()).run().coverage;
        assert_eq!((coverage.counts.matched, coverage.counts.damaged), (7, 1));
        assert_eq!(coverage.unmatched_shapes[0].shape.raw(), "NUL × 5000");
    }
}

#[test]
fn f10_a_line_of_very_many_blocks_of_nuls_is_read_part_by_part() {
    let removed = "Nov 24 09:00:00 mx1 postfix/qmgr[1]: 3FA1B2C3D4: removed\0\0\0\0";
    for part in ["record\0\0\0\0", "Nov 24 09:00:00 mx1 other: x\0\0\0\0", removed] {
        let counts = Reading::of(part.repeat(100_000).as_bytes()).run().coverage.counts;
        assert!(counts.balances() && counts.damaged > 0, "{part:?}: {counts:?}");
    }
}

#[test]
fn f17_two_hosts_in_one_file_are_kept_apart() {
    let twin = LOG.replace(" mx1 ", " mx2 ");
    let both: Vec<&str> = LOG.lines().zip(twin.lines()).flat_map(|(a, b)| [a, "\n", b, "\n"]).collect();
    let both = both.concat();
    let figures = |log: &str| {
        let report = Reading::of(log.as_bytes()).report();
        ["messages.accepted", "deliveries", "connections"].map(|metric| report.total(metric, &[]))
    };
    assert_eq!(figures(LOG), [Some(1.0); 3]);
    assert_eq!(figures(&both), [Some(2.0); 3]);
    assert_eq!(Reading::of(both.as_bytes()).report().hosts.len(), 2);
}

#[test]
fn f20_a_log_that_says_it_lost_lines_is_a_finding() {
    let loss = "Nov 24 09:00:02 mx1 rsyslogd: imjournal: 62 messages lost due to rate-limiting (20000 allowed within 600 seconds)\n";
    let report = Reading::of(format!("{LOG}{loss}").as_bytes()).report();
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(found, ["log-loss"]);
}

#[test]
fn f27_what_stands_before_a_break_of_a_gz_counts_and_the_break_is_told() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(connections(2_000).as_bytes()).expect("memory");
    let gz = gz.finish().expect("memory");
    for len in (20..gz.len()).step_by(gz.len() / 40) {
        let run = Reading::empty().with("mail.log.gz", &gz[..len]).run();
        assert!(!run.complete && run.coverage.problems.len() == 1, "cut at {len}");
        assert!(run.coverage.counts.balances());
    }
    for at in (20..gz.len()).step_by(gz.len() / 40) {
        let mut flipped = gz.clone();
        flipped[at] ^= 0x10;
        let run = Reading::empty().with("mail.log.gz", &flipped).run();
        assert!(!run.complete && run.coverage.counts.balances(), "flipped at {at}");
    }
    let half = Reading::empty().with("mail.log.gz", &gz[..gz.len() / 2]).run().coverage.counts;
    assert!((500..1_500).contains(&half.matched), "{half:?}");
}

#[test]
fn f30_a_signal_ends_it_and_leaves_nothing_behind() {
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        let test = Test::new("report - --year 2026 -o day.html");
        // What runs the tests may have signals ignored, and what is ignored stays so in children.
        let plain = test.command();
        let mut command = Command::new("env");
        command
            .arg("--default-signal")
            .arg(plain.get_program())
            .args(plain.get_args())
            .current_dir(test.folder())
            .env("HOME", test.folder());
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(LOG.as_bytes()).expect("it is written");
        // The first may come while they still are.
        let status = loop {
            let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
            assert!(kill.expect("kill runs").success());
            thread::sleep(Duration::from_millis(20));
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                break status;
            }
        };
        assert_eq!(status.signal(), Some(number));
        assert_eq!(fs::read_dir(test.folder()).expect("a folder").count(), 0);
    }
}
