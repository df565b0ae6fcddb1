use super::*;
use crate::assets::Assets;
use crate::render::fixture::{self, HOSTILE};
use crate::report::Report;
use crate::text::Text;
use std::collections::BTreeSet;
use unicode_width::UnicodeWidthStr;

/// No message can be asked to be smaller (`max_size`): a summary without rows and with few findings still has to fit.
const LEAST: usize = 64 * 1024;

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).expect("an address")
}

fn letter() -> Letter {
    Letter {
        from: Some(mailbox("mailtrail <mailtrail@mx1.example>")),
        to: vec![mailbox("Jörg <postmaster@example.org>"), mailbox("info@münchen.example")],
        date: Some(fixture::MIDNIGHT),
        prefix: "[mailtrail]".into(),
        before: Some(Figures::default()),
        ..Letter::DRAFT
    }
}

fn message(report: &Report, letter: &Letter) -> Result<Message> {
    let assets = Assets::default();
    let options = Options { assets: &assets, width: 80, color: false, section: None };
    Mail::new(letter.clone()).message(report, &options)
}

fn sent(report: &Report, letter: &Letter) -> String {
    let bytes = message(report, letter).expect("it is made").bytes;
    String::from_utf8(bytes).expect("a message is ASCII")
}

/// The parts of a report's mail: in plain words, and in HTML.
fn parts_of(report: &Report, letter: &Letter) -> (String, String) {
    let sheet = Sheet::of(report, letter, &Plan::WHOLE);
    (text::part(&sheet), page::part(&sheet, &Assets::default()).expect("it renders"))
}

fn headers(message: &str) -> Vec<&str> {
    let (head, _) = message.split_once("\r\n\r\n").expect("headers and a body");
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.filter_map(|line| line.split_once(": ").map(|(name, _)| name)).collect()
}

#[test]
fn the_whole_message() {
    fixture::golden(file!(), "expected.eml", &sent(&fixture::report(), &letter()).replace("\r\n", "\n"));
}

#[test]
fn t12_nothing_in_a_name_makes_a_header() {
    let mut report = fixture::report();
    let evil = "x\r\nBcc: victim@example.net\r\n\r\n<b>\0body";
    report.hosts = vec![Text::from(evil)];
    report.domains = vec![evil.into(), "\u{85}a\u{2028}b".into()];
    report.title = evil.into();
    report.name = evil.into();
    let letter = Letter { prefix: evil.into(), thread: true, ..letter() };
    let message = sent(&report, &letter);
    let expected = [
        "From",
        "Subject",
        "Date",
        "To",
        "Message-ID",
        "Auto-Submitted",
        "List-Id",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
    ];
    let names = headers(&message);
    assert_eq!(names.iter().collect::<BTreeSet<_>>(), expected.iter().collect::<BTreeSet<_>>());
    assert_eq!(names.len(), expected.len());
    assert!(message.bytes().all(|b| matches!(b, b'\r' | b'\n' | b'\t' | b' '..=b'~')));
    assert!(message.split("\r\n").all(|line| line.len() < 998 && !line.contains(['\r', '\n'])));
}

#[test]
fn the_subject_has_the_verdict_and_the_figures() {
    let mut report = fixture::report();
    report.hosts.truncate(1);
    report.measurements.push(crate::report::Measurement {
        metric: "deliveries".into(),
        labels: vec![("outcome".into(), Text::from("sent"))],
        value: Some(12_345.0),
        unit: crate::report::Unit::Count,
        state: State::Ok,
        past: None,
    });
    let subject = words::subject(&report, "[mailtrail]");
    let expected =
        "[mailtrail] mx1 example.org 2026-11-23: critical, 12 345 delivered, 1 critical finding, 1 warning";
    assert_eq!(subject, expected);
    assert_eq!(words::subject(&fixture::nothing(), ""), ": unknown");
}

#[test]
fn a_repeat_is_the_same_message_and_other_content_is_another() {
    let (report, letter) = (fixture::report(), letter());
    let id = |report: &Report, letter: &Letter| message(report, letter).expect("it is made").id;
    let later = Letter { date: Some(fixture::MIDNIGHT + 1), attach: vec![Attachment::Page], ..letter.clone() };
    assert_eq!(id(&report, &letter), id(&report, &later));
    let mut other = report.clone();
    other.coverage.counts.lines += 1;
    assert_ne!(id(&report, &letter), id(&other, &letter));
    let to_another = Letter { to: vec![mailbox("a@b.example")], ..letter.clone() };
    assert_ne!(id(&report, &letter), id(&report, &to_another));
}

#[test]
fn no_line_of_the_text_is_wider_than_72_columns() {
    let mut report = fixture::report();
    report.hosts = vec![Text::from("h".repeat(300))];
    report.findings[0].title = "a very long title ".repeat(20);
    report.findings[0].labels[0].1 = Text::from("w".repeat(500));
    report.findings[0].command =
        Some(Text::from("mailtrail query 'SELECT * FROM deliveries' --format csv ".repeat(9)));
    let before = Figures { period: "a long time ago ".repeat(30), ..Figures::of(&fixture::report()) };
    for letter in [letter(), Letter { before: Some(before), ..letter() }, Letter::DRAFT] {
        let (text, _) = parts_of(&report, &letter);
        let wide: Vec<&str> = text.lines().filter(|line| line.width() > 72).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn figures_stand_below_each_other_however_long_their_titles_are() {
    let (text, _) = parts_of(&fixture::report(), &Letter::DRAFT);
    let rows = text.lines().skip_while(|line| *line != "Key figures").skip(1).take(8);
    let title = |line: &str| line.get(2..22).is_some_and(|title| title.ends_with("  "));
    let rows: Vec<&str> = rows.collect();
    assert!(rows.iter().all(|row| title(row)), "{rows:#?}");
    assert!(rows.iter().any(|row| row.contains("Bounced or expired")));
}

#[test]
fn nothing_out_of_a_log_acts_in_the_mail() {
    let (text, html) = parts_of(&fixture::report(), &letter());
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)"));
    assert!(html.contains("{{7*7}}") && text.contains("{{7*7}}"));
    for part in [&text, &html] {
        assert!(!part.contains(['\x1b', '\x07', '\u{202e}']));
    }
    assert!(HOSTILE.iter().all(|hostile| !html.contains(hostile) || !hostile.contains(['<', '\x1b'])));
}

/// Tags and properties that docs/mail.md lists, each in its own table row.
fn listed(heading: &str) -> BTreeSet<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mail.md");
    let text = std::fs::read_to_string(path).expect("docs/mail.md is there");
    let start = text.find(heading).expect("the heading is there");
    let rows = text[start..].lines().skip(1).take_while(|line| !line.starts_with('#'));
    let first = rows.filter_map(|line| line.strip_prefix("| `")?.split(" | ").next().map(str::to_owned));
    first.flat_map(|cell| cell.split('`').map(|name| name.trim().to_owned()).collect::<Vec<_>>()).collect()
}

#[test]
fn only_what_mail_programs_know_is_used() {
    let mut report = fixture::report();
    report.coverage.counts.lines += 1;
    let link = Some("https://reports.example/{report}/{date}.html".into());
    let (_, html) = parts_of(&report, &Letter { link, ..letter() });
    let (tags, attributes, properties) =
        (listed("### Elements"), listed("### Attributes"), listed("### Properties"));
    for tag in html.split('<').skip(1).map(|rest| rest.split_once('>').expect("a tag ends").0) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        assert!(tags.contains(name) || name == "!doctype", "<{name}>");
        let names: Vec<&str> = tag.split("=\"").filter_map(|part| part.rsplit(' ').next()).collect();
        for attribute in names.split_last().map_or(&[][..], |(_, names)| names) {
            assert!(attributes.contains(*attribute), "{attribute}= in <{tag}>");
        }
        let style = tag.split_once("style=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap_or_default());
        let style = style.replace("&#x27;", "'");
        for property in style.split(';').filter(|part| !part.trim().is_empty()) {
            let property = property.split(':').next().unwrap_or_default().trim();
            assert!(properties.contains(property), "{property} in <{tag}>");
        }
    }
    for reach in ["src=", "url(", "@import", "data:", "<svg", "<img", "<script", "<form"] {
        assert!(!html.contains(reach), "{reach}");
    }
    assert_eq!(html.matches("href=\"").count(), 1);
    assert!(html.contains("href=\"https:&#x2f;&#x2f;reports.example&#x2f;daily&#x2f;2026-11-23.html\""));
}

#[test]
fn a_mail_that_would_be_too_large_loses_attachments_first_and_says_so() {
    let mut report = fixture::report();
    report.sections[1].rows = vec![report.sections[1].rows[0].clone(); 5_000];
    let all = Letter { attach: vec![Attachment::Page, Attachment::Tables(vec!["rejected".into()])], ..letter() };
    let whole = sent(&report, &all);
    assert!(whole.contains("daily-2026-11-23.html") && whole.contains("daily-2026-11-23-rejected.csv"));
    let smaller = Letter { max_size: whole.len() - 1, ..all.clone() };
    let less = sent(&report, &smaller);
    assert!(less.len() < whole.len() && less.contains("daily-2026-11-23.html") && !less.contains("rejected.csv"));
    assert!(less.contains("Not attached, since the mail would exceed"));
    let least = sent(&report, &Letter { max_size: LEAST, ..all });
    assert!(least.len() <= LEAST && !least.contains("filename"), "{} bytes", least.len());
    assert!(message(&report, &Letter { max_size: 100, ..letter() }).is_err());
}

#[test]
fn t13_megabytes_in_every_field_still_make_a_small_mail() {
    let mut report = fixture::report();
    let long = "&<\"'\u{202e}".repeat(20_000);
    report.findings = vec![report.findings[0].clone(); 200];
    for finding in &mut report.findings {
        finding.message = Text::from(long.as_str());
        finding.evidence.iter_mut().for_each(|evidence| evidence.line = Text::from("\u{202e}".repeat(9_000)));
        finding.command = Some(Text::from("x".repeat(10_000)));
    }
    report.coverage.problems = vec![Text::from(long.as_str()); 300];
    report.hosts = vec![Text::from(long.as_str())];
    for section in &mut report.sections {
        section.rows.iter_mut().flatten().for_each(|cell| {
            if let crate::report::Cell::Text(text) = cell {
                *text = Text::from("&".repeat(10_000));
            }
        });
    }
    let message = sent(&report, &Letter { max_size: LEAST * 2, ..letter() });
    assert!(message.len() <= LEAST * 2);
    assert!(message.contains("findings are not shown here"));
}

#[test]
fn an_empty_report_makes_a_mail() {
    let message = sent(&fixture::nothing(), &letter());
    assert!(message.contains("Nothing was read"));
}
