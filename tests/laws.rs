//! Laws that hold for every input, tried on many. Each test is named by its law.

use crate::support::lines::{
    Action, FRAMINGS, Framing, Free, HARMLESS, Line, START, actions, count, dirty, framed, is_count, lines,
    scenario, shown,
};
use crate::support::program::{Test, WRITTEN, write};
use crate::support::report::{Reading, measurements, render_all};
use crate::support::{project, skip};
use flate2::Compression;
use flate2::write::GzEncoder;
use mailtrail::report::Report;
use mailtrail::text::{Text, utf8};
use mailtrail::time::{SECOND, Span, Zone};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Tries a law on so many cases, always the same ones; `MAILTRAIL_CASES` multiplies them.
fn law<S: Strategy>(cases: u32, strategy: &S, holds: impl Fn(S::Value)) {
    let more = std::env::var("MAILTRAIL_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let config =
        Config { cases: cases * more, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(strategy, |value| {
        holds(value);
        Ok::<(), TestCaseError>(())
    });
    result.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn l2_what_is_given_up_together_is_told_in_the_order_of_its_lines() {
    let clients: Vec<String> = (1..=12).map(|n| format!("192.0.2.{n}")).collect();
    let lines = |line: &dyn Fn(&str, usize) -> String| -> String {
        clients.iter().zip(100..).map(|(client, pid)| line(client, pid)).collect()
    };
    let opened =
        |client: &str, pid| format!("Nov  1 09:00:00 mx postfix/smtpd[{pid}]: connect from unknown[{client}]\n");
    let cut_off = lines(&opened)
        + "Nov  1 09:00:01 mx postfix/master[9]: daemon started -- version 3.7.11, configuration /etc/postfix\n";
    let met = |client: &str, pid| {
        format!("Nov  1 09:00:00 mx postfix/postscreen[8]: CONNECT from [{client}]:{pid} to [192.0.2.99]:25\n")
            + &format!("Nov  1 09:00:00 mx postfix/postscreen[8]: PASS OLD [{client}]:{pid}\n")
    };
    let later = "Nov 10 09:00:00 mx postfix/smtpd[7]: connect from unknown[192.0.2.77]\n".to_owned()
        + "Nov 10 09:00:00 mx postfix/smtpd[7]: disconnect from unknown[192.0.2.77] ehlo=1 quit=1 commands=2\n";
    let expected = clients.join("\r\n");
    for log in [cut_off, lines(&met)] {
        Test::new("query --format csv --year 2026 --timezone UTC")
            .arg("SELECT client_ip FROM sessions")
            .arg("mail.log")
            .file("mail.log", log + &later)
            .stdout(&format!("client_ip\r\n{expected}\r\n192.0.2.77\r\n"))
            .run();
    }
}

/// Two reports are the same bytes in every format.
fn same(what: &str, expected: &[u8], found: &[u8]) {
    crate::support::golden::same(what, expected, found);
}

#[test]
fn l1_the_size_of_chunks_changes_nothing() {
    law(24, &(dirty(), 64..4000_usize), |(log, chunk)| {
        let whole = Reading::of(&log).bytes();
        same(&format!("chunks of {chunk}"), &whole, &Reading::of(&log).chunk(chunk).bytes());
        same("chunks of 64", &whole, &Reading::of(&log).chunk(64).bytes());
    });
}

/// A log in pieces: by program, and the mail log rotated.
fn pieces(lines: &[Line]) -> Vec<(&'static str, Vec<u8>)> {
    let of =
        |wanted: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| wanted(line)).cloned().collect::<Vec<_>>();
    let mail = of(&|line| line.program.starts_with("postfix"));
    let (old, new) = mail.split_at(mail.len() / 2);
    let all = [
        ("mail.log.1", framed(old, Framing::Rfc3164)),
        ("mail.log", framed(new, Framing::Rfc3164)),
        ("dovecot.log", framed(&of(&|line| line.program == "dovecot"), Framing::Rfc3164)),
        ("slapd.log", framed(&of(&|line| line.program == "slapd"), Framing::Rfc3164)),
    ];
    all.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect()
}

#[test]
fn l2_neither_threads_nor_the_order_of_names_changes_anything() {
    law(16, &(scenario(), 1..5_usize, any::<u64>()), |(lines, jobs, order)| {
        let pieces = pieces(&lines);
        let reading = |jobs: usize| {
            let files = pieces.iter().fold(Reading::empty(), |reading, (name, bytes)| reading.with(name, bytes));
            files.jobs(jobs)
        };
        if pieces.is_empty() {
            return;
        }
        let expected = reading(1).bytes();
        let turned = reading(jobs).reordered(|paths| {
            let by = usize::try_from(order % 24).unwrap_or(0) % paths.len();
            paths.rotate_left(by);
            if order % 2 == 0 {
                paths.reverse();
            }
        });
        same(&format!("{jobs} jobs, order {order}"), &expected, &turned.chunk(300).bytes());
    });
}

#[test]
fn l3_a_log_in_two_pieces_has_the_figures_of_the_whole() {
    law(24, &(scenario(), 0..100_usize), |(lines, cut)| {
        let (old, new) = lines.split_at(lines.len() * cut / 100);
        let [old, new] = [old, new].map(|lines| framed(lines, Framing::Rfc3164));
        let whole = measurements(&Reading::of(&framed(&lines, Framing::Rfc3164)).report());
        let pieces = Reading::empty().with("mail.log.1", &old).with("mail.log", &new);
        assert_eq!(measurements(&pieces.report()), whole);
    });
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn l4_what_is_there_twice_counts_once() {
    law(12, &(dirty(), 0..5_usize, any::<u16>()), |(log, way, cut)| {
        let once = Reading::of(&log).report();
        let prefix = log[..usize::from(cut) % log.len().max(1)].to_vec();
        let prefix = prefix[..prefix.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)].to_vec();
        let reading = Reading::of(&log);
        let (twice, duplicate) = match way {
            0 => (reading.with("again.log", &log), count(&log)),
            1 => (reading.and("again.log", |f, to| fs::hard_link(f, to).expect("a link")), count(&log)),
            2 => (reading.and("again.log", |f, to| symlink(f, to).expect("a link")), count(&log)),
            3 => (reading.with("again.log.gz", &gz(&log)), count(&log)),
            _ => (reading.with("start.log", &prefix), count(&prefix)),
        };
        let twice = twice.report();
        assert_eq!(measurements(&once), measurements(&twice), "way {way}: {}", shown(&log));
        assert_eq!(twice.coverage.counts.duplicate, duplicate, "way {way}: {}", shown(&log));
        assert_eq!(twice.coverage.counts.lines, once.coverage.counts.lines + duplicate, "way {way}");
    });
}

#[test]
fn l5_two_equal_lines_are_two_events() {
    let reject = "Nov 24 09:00:00 mx1 postfix/smtpd[101]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 5.1.1 <x@local.example>: Recipient address rejected: User unknown; from=<s@spam.example> to=<x@local.example> proto=ESMTP helo=<h>\n";
    for (times, expected) in [(1, 1.0), (2, 2.0), (7, 7.0)] {
        let report = Reading::of(reject.repeat(times).as_bytes()).report();
        assert_eq!(report.total("messages.rejected", &[("stage", "RCPT")]), Some(expected));
    }
}

#[test]
fn l6_a_gz_of_several_members_cut_anywhere_is_as_the_plain_file() {
    law(16, &(dirty(), vec(any::<u16>(), 0..4)), |(log, cuts)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| usize::from(*cut) % (log.len() + 1)).collect();
        cuts.extend([0, log.len()]);
        cuts.sort_unstable();
        let members: Vec<u8> = cuts.windows(2).flat_map(|cut| gz(&log[cut[0]..cut[1]])).collect();
        let plain = Reading::of(&log).bytes();
        same("gz", &plain, &Reading::of(&members).bytes());
    });
}

#[test]
fn l6_every_compression_is_as_the_plain_file() {
    let log = framed(&lines(&[(0, 1, 2, 3), (4, 4, 4, 4), (5, 5, 5, 5)], &HARMLESS), Framing::Rfc3164);
    let plain = Reading::of(&log).bytes();
    let zst = zstd::stream::encode_all(log.as_slice(), 3).expect("memory");
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 3);
    xz.write_all(&log).expect("memory");
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz2.write_all(&log).expect("memory");
    let packed = [zst, xz.finish().expect("memory"), bz2.finish().expect("memory")];
    packed.iter().for_each(|packed| same("packed", &plain, &Reading::of(packed).bytes()));
}

#[test]
fn l7_every_framing_gives_equal_figures() {
    law(16, &scenario(), |lines| {
        let of = |framing| measurements(&Reading::of(&framed(&lines, framing)).report());
        let expected = of(Framing::Rfc3164);
        for framing in FRAMINGS {
            assert_eq!(expected, of(framing), "{framing:?}: {}", shown(&framed(&lines, Framing::Rfc3164)));
        }
    });
}

#[test]
fn l7_a_program_whose_name_is_cut_at_its_slash_is_told_by_what_it_writes() {
    let log = fs::read_to_string(project("sample-logs/lab/set-a-small.log")).expect("the sample is read");
    let cut =
        regex::Regex::new(r" postfix/[a-z/-]+\[").expect("a pattern").replace_all(&log, " postfix[").into_owned();
    assert_ne!(log, cut);
    let of = |log: &str| {
        let figures = measurements(&Reading::of(log.as_bytes()).report());
        // Who listens where and which agent delivers is in the name alone.
        let told = |figure: &String| !figure.contains("service") && !figure.contains("transport");
        figures.into_iter().filter(told).collect::<Vec<_>>()
    };
    assert_eq!(of(&log), of(&cut));
}

#[test]
fn l8_every_line_of_any_bytes_is_accounted_for() {
    let bytes = vec(any::<u8>(), 1..3000).prop_map(|mut bytes| {
        // A digit could begin a frame that counts its octets, and then LF ends no line.
        bytes.insert(0, b'x');
        bytes
    });
    law(200, &(bytes, 64..500_usize), |(bytes, chunk)| {
        let counts = Reading::of(&bytes).chunk(chunk).run().coverage.counts;
        assert!(counts.balances(), "{counts:?}");
        assert!(is_count(&bytes, counts.lines), "{counts:?}: {}", shown(&bytes));
    });
    law(100, &dirty(), |log| {
        let coverage = Reading::of(&log).run().coverage;
        assert!(coverage.counts.balances() && coverage.sources.iter().all(|source| source.counts.balances()));
        assert_eq!(coverage.counts.lines, count(&log));
    });
}

#[test]
fn l9_each_byte_is_in_exactly_one_line() {
    use mailtrail::input::{self, Chunks};
    law(200, &(vec(any::<u8>(), 1..2000), 1..300_usize), |(bytes, target)| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.log");
        write(&path, &bytes, WRITTEN);
        let inputs = input::open(
            &[path],
            &input::Options { now: i64::MAX / 4, year: None, layouts: Vec::new(), tell: |_| {} },
        )
        .expect("it is read");
        let mut at = 0;
        for source in inputs.streams.iter().flat_map(|stream| &stream.sources) {
            let mut chunks = Chunks::open(source, target).expect("it opens");
            while let Some(chunk) = chunks.next().expect("it is read") {
                for (offset, line) in chunk.lines() {
                    let start = usize::try_from(offset).expect("small");
                    assert!(start >= at && start - at <= 8, "line at {start} after {at}: {}", shown(&bytes));
                    assert_eq!(&bytes[start..start + line.len()], line, "at {start}: {}", shown(&bytes));
                    at = start + line.len();
                }
            }
        }
        assert!(bytes.len() - at <= 1, "{at} of {}: {}", bytes.len(), shown(&bytes));
    });
}

/// A sample log with some bytes changed, taken out or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let samples =
        ["lab/set-a-small.log", "postfix/reject-taxonomy.log", "dovecot/logins.log", "openldap/restart.log"];
    let read = |name: &str| fs::read(project("sample-logs").join(name)).expect("the sample is read");
    let logs: Vec<Vec<u8>> = samples.iter().map(|name| read(name)).collect();
    let changes = vec((any::<u32>(), any::<u8>(), 0..4_u8, 1..40_usize), 1..60);
    (0..logs.len(), Just(logs), changes).prop_map(|(which, logs, changes)| {
        let mut log = logs[which].clone();
        for (at, byte, kind, len) in changes {
            let at = at as usize % log.len().max(1);
            match kind {
                0 if at < log.len() => log[at] = byte,
                1 => log.insert(at, byte),
                2 => drop(log.drain(at..(at + len).min(log.len()))),
                _ => log.truncate(log.len() - len.min(log.len())),
            }
        }
        log
    })
}

#[test]
fn l10_no_input_panics_or_loops() {
    law(150, &mutated(), |log| {
        let run = Reading::of(&log).chunk(4096).run();
        assert!(run.coverage.counts.balances(), "{:?}", run.coverage.counts);
    });
    law(8, &mutated(), |log| drop(Reading::of(&log).bytes()));
}

/// What a stranger may write where he may write something.
fn battery() -> impl Strategy<Value = Free> {
    let helo = proptest::sample::select(vec![
        "x> proto=SMTP helo=<y",
        "connect from unknown[198.51.100.9]",
        "a, relay=x, dsn=2.0.0, status=sent (250 ok)",
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "{{7*7}}",
        "'; DROP TABLE messages;--",
        "\u{202e}evil",
    ]);
    let sender = proptest::sample::select(vec![
        "\"a>, size=9, nrcpt=9 (queue active)\"@remote.example",
        "\"x\\\" to=<y>\"@remote.example",
        "status=sent@remote.example",
        "=1+1@remote.example",
        "<b>@remote.example",
    ]);
    let reply = proptest::sample::select(vec![
        "250 ok) status=bounced (550 no",
        "250 2.0.0 to=<x@y>, relay=none, status=deferred",
        "250 <script>",
        "250 ) ) (",
        "250 queued as",
    ]);
    let user = proptest::sample::select(vec![
        "x>, method=PLAIN, rip=198.51.100.99, lip=198.51.100.1",
        "a,b",
        "<>",
        "x): unknown user",
        "auth failed, 99 attempts",
    ]);
    let filter = proptest::sample::select(vec![
        "(cn=x\" err=32 nentries=7)",
        "(cn=conn=1 op=1 UNBIND)",
        "(&(uid=*)(cn=\\22))",
        "",
    ]);
    let id = proptest::sample::select(vec!["x>@y", "a b@c", "@", "from=<z>"]);
    (helo, sender, reply, user, filter, id).prop_map(|(helo, sender, reply, user, filter, message_id)| Free {
        helo,
        sender,
        message_id,
        reply,
        user,
        filter,
    })
}

#[test]
fn l11_what_strangers_write_moves_no_figure() {
    law(40, &(actions(), battery()), |(actions, free): (Vec<Action>, Free)| {
        let log = framed(&lines(&actions, &free), Framing::Rfc3164);
        let expected = Reading::of(&framed(&lines(&actions, &HARMLESS), Framing::Rfc3164)).report();
        let found = Reading::of(&log).report();
        assert_eq!(measurements(&expected), measurements(&found), "{free:?}\n{}", shown(&log));
        assert_eq!(expected.coverage.counts, found.coverage.counts, "{free:?}");
    });
}

#[test]
fn l12_the_order_of_lines_of_one_second_that_have_no_key_in_common_does_not_matter() {
    law(24, &scenario(), |lines| {
        let directory = |line: &Line| line.program == "slapd";
        let mut other = lines.clone();
        // Within a second the directory's lines move before or behind all others; their own order stays.
        other.sort_by_key(|line| (line.time, directory(line)));
        let mut before = lines.clone();
        before.sort_by_key(|line| (line.time, !directory(line)));
        let of = |lines: &[Line]| measurements(&Reading::of(&framed(lines, Framing::Rfc3339)).report());
        assert_eq!(of(&lines), of(&other));
        assert_eq!(of(&lines), of(&before));
    });
}

#[test]
fn l13_a_log_moved_by_days_moves_its_facts_and_nothing_else() {
    law(12, &(scenario(), -400..400_i64), |(lines, days)| {
        let moved: Vec<Line> =
            lines.iter().map(|line| Line { time: line.time + days * 86_400, ..line.clone() }).collect();
        let reports = [&lines, &moved].map(|lines| Reading::of(&framed(lines, Framing::Rfc3339)).report());
        assert_eq!(measurements(&reports[0]), measurements(&reports[1]));
        let start = |report: &Report| report.period.start.expect("there are lines");
        assert_eq!(start(&reports[1]) - start(&reports[0]), days * 86_400 * SECOND);
    });
}

/// The times of all facts.
fn instants(reading: &Reading) -> Vec<i64> {
    let run = reading.run();
    let mut times: Vec<i64> =
        run.facts.tables().iter().flat_map(|table| table.numbers("time", None).unwrap_or_default()).collect();
    times.sort_unstable();
    times
}

#[test]
fn l14_a_zone_moves_the_times_of_stamps_without_one_and_no_others() {
    let zones =
        [("Asia/Kolkata", 19_800), ("America/New_York", -18_000), ("Pacific/Kiritimati", 50_400), ("UTC", 0)];
    law(6, &scenario(), |lines| {
        for (name, offset) in zones {
            let in_zone = |framing| {
                let mut reading = Reading::of(&framed(&lines, framing));
                reading.options.zone = Zone::named(name).expect("it is known");
                instants(&reading)
            };
            let utc = instants(&Reading::of(&framed(&lines, Framing::Rfc3339)));
            assert_eq!(in_zone(Framing::Rfc3339), utc, "{name}");
            let moved: Vec<i64> = utc.iter().map(|time| time - offset * SECOND).collect();
            assert_eq!(in_zone(Framing::Rfc3164), moved, "{name}");
        }
    });
}

#[test]
fn l12_what_two_processes_say_of_one_attempt_may_stand_in_any_order() {
    const TRIED: &str = "postfix/submission/smtpd[5]: warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: \
                         (reason unavailable), sasl_username=anna@a.example";
    const UNKNOWN: &str = "dovecot: auth(anna@a.example,192.0.2.7,sasl:plain): deny: unknown user";
    const WRONG: &str = "dovecot: auth(anna@a.example,192.0.2.7,sasl:plain): passwd-file: Password mismatch";
    let of = |minute: u32, text: &str| format!("Nov 24 09:{minute:02}:00 mx1 {text}\n");
    let logins = |log: &str| {
        let all = measurements(&Reading::of(log.as_bytes()).report());
        all.into_iter().filter(|row| row.contains("logins")).collect::<Vec<_>>()
    };
    let outcomes = |lines: &[&str]| {
        let log: String = lines.iter().map(|text| of(0, text)).collect();
        logins(&(log + &of(1, "postfix/smtpd[6]: connect from unknown[192.0.2.8]")))
    };
    let wrong = outcomes(&[UNKNOWN, WRONG, TRIED]);
    assert!(wrong.iter().any(|row| row.contains("failed")), "{wrong:?}");
    assert_eq!(outcomes(&[UNKNOWN, TRIED, WRONG]), wrong);
    assert_eq!(outcomes(&[TRIED, UNKNOWN, WRONG]), wrong);
    let unknown = outcomes(&[UNKNOWN, TRIED]);
    assert!(unknown.iter().any(|row| row.contains("unknown_user")), "{unknown:?}");
    assert_eq!(outcomes(&[TRIED, UNKNOWN]), unknown);
    let of_each = logins(&(of(0, TRIED) + &of(30, UNKNOWN) + &of(30, TRIED))).join("\n");
    assert!(
        of_each.contains("failed") && of_each.contains("unknown_user"),
        "what is said later is of another: {of_each}"
    );
}

#[test]
fn f12_two_hosts_whose_clocks_differ_by_seconds_give_the_same_figures() {
    law(8, &scenario(), |lines| {
        let of = |wanted: fn(&Line) -> bool, skew: i64| {
            let lines = lines.iter().filter(|line| wanted(line));
            let late: Vec<Line> = lines.map(|line| Line { time: line.time + skew, ..line.clone() }).collect();
            framed(&late, Framing::Rfc3339)
        };
        let figures = |skew: i64| {
            let of_mail = of(|line| line.program.starts_with("postfix"), 0);
            let others = of(|line| !line.program.starts_with("postfix"), skew);
            measurements(&Reading::of(&of_mail).with("store.log", &others).report())
        };
        let expected = figures(0);
        for skew in [-5, 5] {
            assert_eq!(figures(skew), expected, "{skew} s");
        }
    });
}

#[test]
fn l15_more_lines_never_make_a_count_of_the_account_smaller() {
    law(60, &(dirty(), any::<u16>()), |(log, cut)| {
        let ends: Vec<usize> =
            log.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
        let Some(end) = ends.get(usize::from(cut) % ends.len().max(1)) else { return };
        let (a, all) = (Reading::of(&log[..*end]).run().coverage.counts, Reading::of(&log).run().coverage.counts);
        let counts =
            |c: mailtrail::report::Counts| [c.lines, c.matched, c.ignored, c.unmatched, c.damaged, c.duplicate];
        assert!(counts(a).iter().zip(counts(all)).all(|(a, all)| *a <= all), "{a:?} then {all:?}");
    });
}

/// Undoes `\xNN`, `\u{N}` and `\\`.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escaped = |start: &str| rest.strip_prefix(start);
        if let Some(after) =
            escaped("\\x").filter(|after| u8::from_str_radix(after.get(..2).unwrap_or(""), 16).is_ok())
        {
            let code = u32::from_str_radix(&after[..2], 16).expect("checked");
            out.push(u8::try_from(code).expect("two digits"));
            rest = &after[2..];
        } else if let Some((code, after)) = escaped("\\u{").and_then(|after| after.split_once('}')) {
            let c = u32::from_str_radix(code, 16).ok().and_then(char::from_u32).expect("a character");
            out.extend(c.to_string().bytes());
            rest = after;
        } else if let Some(after) = escaped("\\\\").filter(|after| after.starts_with(['x', 'u', '\\'])) {
            out.push(b'\\');
            rest = after;
            // What was guarded stands for itself.
            if let Some(c) = rest.chars().next().filter(|c| *c != '\\') {
                out.extend(c.to_string().bytes());
                rest = &rest[c.len_utf8()..];
            }
        } else {
            out.extend(c.to_string().bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn unescaped_html(text: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#96;", "`"), ("&#123;", "{")];
    entities.iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c)).replace("&amp;", "&")
}

/// Any bytes, and those that encoders must look at.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let special = proptest::sample::select(vec![
        &b"\\x41"[..],
        b"\\\\",
        b"\\u{41}",
        b"\\",
        b"=1+1",
        b"'",
        b"\x1b]0;x\x07",
        b"\r\n",
        b"\t",
        b"<b>",
        b"&amp;",
        b"{{7*7}}",
        b"\xff",
        b"\xe2\x80\xae",
        b"\xc2\x9b31m",
        b"\xef\xbb\xbf",
        b"\xf3\xa0\x81\x81",
        b"-2",
        b"@x",
        b" +1",
        b"\0",
        b"\x7f",
        b"j\xc3\xb6rg",
    ]);
    let any_bytes = vec(any::<u8>(), 0..6);
    vec(proptest::prop_oneof![special.prop_map(<[u8]>::to_vec), any_bytes], 0..8).prop_map(|parts| parts.concat())
}

#[test]
fn l19_every_encoder_can_be_undone_and_leaves_no_active_byte() {
    law(3000, &texts(), |bytes| {
        let text = Text::from_bytes(&bytes);
        let ways = [
            ("raw", text.raw().to_owned()),
            ("tty", text.tty().into_owned()),
            ("csv", text.csv().strip_prefix('\'').unwrap_or(&text.csv()).to_owned()),
            ("html", unescaped_html(&text.html())),
        ];
        for (way, encoded) in &ways {
            assert_eq!(decoded(encoded), bytes, "{way}: {encoded:?} of {}", shown(&bytes));
        }
        let steers = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
        };
        assert!(!text.tty().chars().any(steers), "{:?}", text.tty());
        assert!(!text.html().contains(['<', '>', '"', '\'', '`', '{']), "{:?}", text.html());
        assert!(!text.csv().starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?}", text.csv());
    });
}

#[test]
fn l19_two_texts_that_differ_never_look_the_same() {
    law(2000, &(texts(), texts()), |(a, b)| {
        if a != b {
            assert_ne!(Text::from_bytes(&a).tty(), Text::from_bytes(&b).tty(), "{} and {}", shown(&a), shown(&b));
        }
    });
    assert_ne!(utf8(b"\\xff"), utf8(b"\xff"));
}

/// The sum of each metric that adds up.
fn sums(report: &Report) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for m in &report.measurements {
        let ratio = ["delay.", "directory.p95", "hops."].iter().any(|start| m.metric.starts_with(start));
        if !ratio && m.value != Some(0.0) {
            *sums.entry(m.metric.clone()).or_insert(0.0) += m.value.unwrap_or(f64::NAN);
        }
    }
    sums
}

#[test]
fn l20_refusals_by_stage_and_by_permanence_have_the_same_sum() {
    law(24, &scenario(), |lines| {
        let report = Reading::of(&framed(&lines, Framing::Rfc3164)).report();
        let stages = report.total("messages.rejected", &[]).unwrap_or(0.0);
        let permanent = report.total("rejections", &[("permanence", "permanent")]).unwrap_or(0.0);
        let temporary = report.total("rejections", &[("permanence", "temporary")]).unwrap_or(0.0);
        assert!((stages - permanent - temporary).abs() < f64::EPSILON, "{stages} {permanent} {temporary}");
    });
}

#[test]
fn l20_figures_by_host_sum_up_to_the_whole() {
    let json = |test: Test| test.file("mail.log", two_hosts()).any_stdout().run().json();
    let whole = json(Test::new("report mail.log --year 2026 --format json"));
    let by_host = json(Test::new("report mail.log --year 2026 --format json --by host"));
    let sum = |report: &serde_json::Value, metric: &str| {
        let rows = report["measurements"].as_array().expect("rows").iter();
        rows.filter(|row| row["metric"] == metric).filter_map(|row| row["value"].as_f64()).sum::<f64>()
    };
    let metrics =
        ["connections", "messages.accepted", "deliveries", "messages.rejected", "logins", "directory.operations"];
    for metric in metrics {
        assert!((sum(&whole, metric) - sum(&by_host, metric)).abs() < f64::EPSILON, "{metric}");
        assert!(sum(&whole, metric) > 0.0, "{metric} is tried");
    }
}

#[test]
fn what_does_not_add_up_is_told_by_host_and_as_a_whole() {
    let log = String::from_utf8(two_hosts()).expect("text");
    let figures = |log: &str, args: &str| -> Vec<serde_json::Value> {
        let test = Test::new(&format!("report mail.log --year 2026 --format json {args}"));
        let report = test.file("mail.log", log).any_stdout().run().json();
        let is_apart = |row: &&serde_json::Value| {
            row["metric"]
                .as_str()
                .is_some_and(|name| name.starts_with("delay.") || matches!(name, "submitters" | "directory.p95_s"))
        };
        report["measurements"].as_array().expect("rows").iter().filter(is_apart).cloned().collect()
    };
    let (own, whole): (Vec<_>, Vec<_>) =
        figures(&log, "--by host").into_iter().partition(|row| row["labels"]["host"].is_string());
    assert_eq!(whole, figures(&log, ""));
    for host in ["mx1", "mx2"] {
        let of_host: String = log.split_inclusive('\n').filter(|line| line.contains(host)).collect();
        let mut rows: Vec<_> = own.iter().filter(|row| row["labels"]["host"] == host).cloned().collect();
        for row in &mut rows {
            row["labels"].as_object_mut().expect("labels").remove("host");
        }
        // A host without submitters has no row, a site without any has 0.
        let is_known = |row: &serde_json::Value| row["metric"] != "submitters" || row["value"] != 0;
        let known: Vec<_> = figures(&of_host, "").into_iter().filter(is_known).collect();
        assert!(rows.len() > 10, "{host}: {rows:?}");
        assert_eq!(rows, known, "{host}");
    }
}

fn two_hosts() -> Vec<u8> {
    let actions: Vec<Action> = (0..40_u8).map(|n| (n, n.wrapping_mul(7), n.wrapping_mul(13), 1)).collect();
    let mut all = lines(&actions, &HARMLESS);
    let twins: Vec<Line> = all.iter().map(|line| Line { host: "mx2", ..line.clone() }).collect();
    all.extend(twins);
    all.sort_by_key(|line| line.time);
    framed(&all, Framing::Rfc3164)
}

#[test]
fn l21_each_message_has_a_fate_or_is_still_queued() {
    let test = Test::new("query --format csv --year 2026")
        .arg("SELECT COUNT(*) AS n, COUNT(fate) AS ended FROM messages");
    let done = test.arg("mail.log").file("mail.log", two_hosts()).any_stdout().run();
    let text = String::from_utf8(done.stdout().to_vec()).expect("CSV is UTF-8");
    let numbers: Vec<f64> =
        text.lines().nth(1).expect("a row").split(',').map(|n| n.parse().expect("a number")).collect();
    let report = Test::new("report mail.log --year 2026 --format json")
        .file("mail.log", two_hosts())
        .any_stdout()
        .run()
        .json();
    let rows = report["measurements"].as_array().expect("rows");
    let of = |metric: &str| {
        rows.iter().filter(|row| row["metric"] == metric).filter_map(|row| row["value"].as_f64()).sum::<f64>()
    };
    assert_eq!(numbers, [of("messages.accepted"), of("messages.accepted") - of("queue.remaining")]);
}

/// The library that moves the clock (Debian's package `libfaketime`).
fn faketime() -> Option<&'static str> {
    let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let libraries = places.map(|place| format!("{place}/faketime/libfaketime.so.1"));
    libraries.into_iter().find(|library| Path::new(library).exists()).map(|library| &*library.leak())
}

#[test]
fn l22_a_report_depends_on_its_input_and_its_flags_alone() {
    let log = two_hosts();
    let of = |env: &[(&str, &str)], home: &str| {
        let mut test = Test::new("report --timezone UTC --year 2026 --format json --report full");
        for (name, value) in env {
            test = test.env(name, value);
        }
        let test = test.env("HOME", home).file("mail.log", &log).arg("mail.log");
        test.any_stdout().run().stdout().to_vec()
    };
    let expected = of(&[], "/");
    for env in [
        &[("TZ", "Australia/Lord_Howe"), ("LANG", "de_DE.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")][..],
        &[("TZ", ":/nonexistent"), ("COLUMNS", "250"), ("NO_COLOR", "1"), ("RAYON_NUM_THREADS", "7")],
        &[("TZ", "America/New_York"), ("TERM", "dumb"), ("RUST_BACKTRACE", "1")],
    ] {
        same(&format!("{env:?}"), &expected, &of(env, "/nonexistent"));
    }
    match faketime() {
        Some(library) => {
            let fake = [("LD_PRELOAD", library), ("FAKETIME", "@2031-02-03 04:05:06"), ("TZ", "Asia/Tokyo")];
            same("another day", &expected, &of(&fake, "/"));
        }
        None => skip("l22", "libfaketime is not installed; the clock is not moved"),
    }
    let absolute = |folder: &Path| {
        let path = folder.join("mail.log");
        write(&path, &log, WRITTEN);
        let test = Test::new("report --timezone UTC --year 2026 --format json").arg(path.to_string_lossy());
        let mut command = test.command();
        let output = command.current_dir("/").output().expect("it runs");
        String::from_utf8(output.stdout).expect("UTF-8").replace(&*folder.to_string_lossy(), "")
    };
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    assert_eq!(absolute(folders[0].path()), absolute(folders[1].path()));
}

#[test]
fn l25_counts_of_two_periods_sum_up_to_those_of_both() {
    law(12, &(scenario(), 0..120_i64), |(lines, cut)| {
        let reading = Reading::of(&framed(&lines, Framing::Rfc3339));
        let at = |seconds: i64| Some((START + seconds) * SECOND);
        let of = |start, end| sums(&reading.report_on(Span { start, end }, &[]));
        let (first, second, both) = (of(at(0), at(cut)), of(at(cut), at(1000)), of(at(0), at(1000)));
        for (metric, whole) in both.iter().filter(|(metric, _)| !is_distinct(metric)) {
            let sum = first.get(metric).unwrap_or(&0.0) + second.get(metric).unwrap_or(&0.0);
            assert!(
                (sum - whole).abs() < 1e-9,
                "{metric}: {sum}, whole {whole}, cut {cut}\n{}",
                shown(&framed(&lines, Framing::Rfc3339))
            );
        }
    });
}

/// Figures that count different things, and what is left at the end.
fn is_distinct(metric: &str) -> bool {
    ["submitters", "messages.deferred", "queue.remaining"].contains(&metric)
}

#[test]
fn l26_no_byte_of_one_domain_is_in_the_report_of_another() {
    // Mail of both domains at once is of both: no mail from one to the other, no queue id that is used again.
    let apart = |(kind, a, b, step): Action| {
        (if kind % 8 == 6 { 0 } else { kind }, a, if b % 3 == 0 { b ^ 1 } else { b }, step)
    };
    law(16, &actions(), |actions| {
        let lines = lines(&actions.into_iter().map(apart).collect::<Vec<_>>(), &HARMLESS);
        let log = framed(&lines, Framing::Rfc3164);
        let domains = ["local.example".to_owned(), "other.example".to_owned()];
        let reading = Reading::of(&log);
        let report = reading.report_on(Span { start: None, end: None }, &domains[1..]);
        let bytes = String::from_utf8(render_all(&report)).expect("UTF-8");
        for leak in ["@local.example", "anna", "c0.spam.example"] {
            assert!(!bytes.contains(leak), "{leak} in the report of other.example: {}", shown(&log));
        }
        let deliveries = |domains: &[String]| {
            reading.report_on(Span { start: None, end: None }, domains).total("deliveries", &[]).unwrap_or(0.0)
        };
        let parts = deliveries(&domains[..1]) + deliveries(&domains[1..]);
        assert!(parts >= deliveries(&[]), "the parts {parts} are at least the whole");
    });
}
