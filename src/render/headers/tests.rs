use super::*;
use crate::assets::Assets;
use crate::headers::of_message;
use crate::render::Options;

/// A message in whose header a stranger wrote what could act somewhere.
const HOSTILE: &str = "Received: from =cmd|'/c (<script>alert(1)</script> [192.0.2.1])\n\
    \tby \x1b]0;owned\x07mx.example.org with ESMTP id @SUM(1+1)\n\
    \tfor <\u{202e}gpj@example.org>; Tue, 24 Nov 2026 12:00:05 +0000\n\
    Received: <img src=x onerror=alert(1)>; {{7*7}} {% raw %}\n\
    Received: by a.example with HTTP; Tue, 24 Nov 2026 12:00:07 +0000\n\
    Message-ID: <\"><script>{{7*7}}</script>@x>\n\n";

fn rendered(name: &str, width: usize) -> String {
    let mut messages = Messages::default();
    messages.list.push((0, of_message(HOSTILE.as_bytes())));
    let format = FORMATS.iter().find(|format| format.name == name).expect("the format is known");
    let options = Options { assets: &Assets::default(), width, color: false, section: None };
    String::from_utf8((format.render)(&messages, &options).expect("it renders")).expect("it is UTF-8")
}

#[test]
fn formats_are_in_order_of_name() {
    assert!(FORMATS.is_sorted_by_key(|format| format.name));
}

#[test]
fn t6_nothing_steers_a_terminal() {
    for format in FORMATS {
        let text = rendered(format.name, 80);
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{}", format.name);
    }
}

#[test]
fn t7_no_cell_is_a_formula() {
    let text = rendered("csv", 80);
    assert!(text.contains("'=cmd") && text.contains("'@SUM"), "{text}");
}

#[test]
fn t8_t9_markup_and_templates_are_inert() {
    let text = rendered("html", 80);
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains(">49<"), "{text}");
    assert!(text.contains("default-src &#x27;none&#x27;") || text.contains("default-src 'none'"), "{text}");
}

#[test]
fn no_line_is_wider_than_the_page_and_skew_is_no_0() {
    let text = rendered("text", 80);
    assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 80), "{text}");
    assert!(text.contains("skewed"), "{text}");
}

#[test]
fn between_a_long_protocol_and_the_version_of_tls_is_a_blank() {
    let block = "Received: from a.example (192.0.2.1) by b.example (192.0.2.2) with Microsoft SMTP Server\n \
        (version=TLS1_2, cipher=X) id 15.1; Tue, 24 Nov 2026 12:00:05 +0000\n\n";
    let mut messages = Messages::default();
    messages.list.push((0, of_message(block.as_bytes())));
    let options = Options { assets: &Assets::default(), width: 80, color: false, section: None };
    let text = String::from_utf8(text::write(&messages, &options).expect("it renders")).expect("UTF-8");
    assert!(text.contains("Microso… TLSv1.2  12:00:05"), "{text}");
}

#[test]
fn the_keys_are_those_of_the_contract() {
    let value: serde_json::Value = serde_json::from_str(&rendered("jsonl", 80)).expect("it is JSON");
    let text = rendered("jsonl", 80);
    let keys =
        ["source", "offset", "message_id", "date", "total_s", "hops", "hop", "from_host", "from_ip", "helo"];
    let more = [
        "client_name",
        "by_host",
        "protocol",
        "tls",
        "id",
        "for",
        "time",
        "delay_s",
        "skewed",
        "gap",
        "loop",
        "forged",
    ];
    let places: Vec<_> =
        keys.iter().chain(&more).map(|key| text.find(&format!("\"{key}\":")).expect(key)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(
        (&value["hops"][1]["delay_s"], &value["hops"][1]["skewed"]),
        (&serde_json::Value::Null, &true.into())
    );
    assert_eq!(value["unparsed"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_date_stands_where_it_changes() {
    let block = "Received: from a.example by b.example with ESMTP; Wed, 25 Nov 2026 03:10:00 +0000\n\
        Received: from c.example by a.example with ESMTP; Mon, 23 Nov 2026 23:59:58 +0000\n\n";
    let mut messages = Messages::default();
    messages.list.push((0, of_message(block.as_bytes())));
    let options = Options { assets: &Assets::default(), width: 80, color: false, section: None };
    let text = String::from_utf8(text::write(&messages, &options).expect("it renders")).expect("UTF-8");
    let (first, last) = (text.find("2026-11-23 "), text.find(" 2026-11-25\n 2 b.example"));
    assert!(first.is_some() && first < last && text.matches("2026-11").count() == 2, "{text}");
}
