//! What the formats of a trace have in common.

use super::*;
use crate::assets::Assets;
use crate::render::Options;
use crate::report::State;
use crate::report::trace::{Hop, Life, Message, Node, Recipient, Session, Step, Way};
use crate::text::Text;
use crate::time::Zone;

#[expect(clippy::unnecessary_wraps, reason = "all that it is for may be unknown")]
fn text(text: &str) -> Option<Text> {
    Some(Text::from(text))
}

/// A trace with everything in it, some of it unknown, some of it a stranger's.
fn full() -> Trace {
    let step = |what: &str, detail: Option<Text>| Step {
        time: Some(1_795_521_600_250_000),
        host: text("mx1"),
        what: Text::from(what),
        state: (what == "sent").then_some(State::Critical),
        detail,
        delay_s: Some(0.5),
        source: text("mail.log"),
        offset: Some(7),
        line: text("Nov 24 12:00:00 mx1 x[1]: \u{202e}<b>"),
        ..Step::default()
    };
    let nodes = ["client", "mx1", "far"].map(|name| Node { name: Text::from(name), about: Text::default() });
    let hop = |from, to, outcome: &str| Hop {
        from,
        to,
        time: None,
        outcome: Text::from(outcome),
        state: None,
        recipients: vec![Text::from("a@b.example"), Text::from("c@b.example")],
        times: 3,
        delay_s: Some(2.0),
    };
    let message = Message {
        sender: text("<script>"),
        queue: vec![Life::default()],
        recipients: vec![Recipient { outcome: text("deferred"), state: Some(State::Ok), ..Recipient::default() }],
        steps: vec![step("accepted", None), step("sent", text("{{1+1}} \x1b[31m"))],
        way: Way {
            nodes: nodes.to_vec(),
            hops: vec![hop(0, 1, "accepted"), hop(1, 2, "deferred"), hop(2, 1, "sent")],
        },
        ..Message::default()
    };
    let session = Session { steps: vec![step("connected", None)], ..Session::default() };
    Trace {
        key: Text::from("<b>"),
        kind: Some("queue id"),
        exact: true,
        zone: Zone::utc(),
        messages: vec![message],
        sessions: vec![session],
        total: 9,
    }
}

fn by_name(name: &str) -> Option<&'static Format<Trace>> {
    FORMATS.iter().find(|format| format.name == name)
}

fn rendered(trace: &Trace, format: &Format<Trace>) -> String {
    let assets = Assets::default();
    let options = Options { assets: &assets, width: 80, color: false, section: None };
    String::from_utf8((format.render)(trace, &options).expect("it renders")).expect("UTF-8")
}

#[test]
fn formats_are_found_by_name_and_listed_in_order() {
    assert!(FORMATS.is_sorted_by_key(|format| format.name));
    assert!(FORMATS.iter().all(|format| by_name(format.name).is_some_and(|found| found.name == format.name)));
}

#[test]
fn what_a_stranger_wrote_acts_in_no_format() {
    for format in FORMATS {
        let text = rendered(&full(), format);
        assert!(!text.contains('\x1b') && !text.contains('\u{202e}'), "{}: {text}", format.name);
        assert!(format.name != "html" || !text.contains("<script>") && text.contains("{{1+1}}"), "{text}");
    }
}

#[test]
fn no_line_of_the_text_is_wider_than_the_terminal() {
    use unicode_width::UnicodeWidthStr;
    let text = rendered(&full(), by_name("text").expect("text"));
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    assert!(text.contains("The latest 2 of 9 are shown."));
}

#[test]
fn the_picture_is_told_in_words_too() {
    let page = rendered(&full(), by_name("html").expect("html"));
    assert!(page.contains("mx1: deferred 3× after 2.0\u{202f}s to far a@b.example and 1 more"), "{page}");
}

#[test]
fn on_a_phone_moves_are_a_list_and_cells_carry_their_heading() {
    let page = rendered(&full(), by_name("html").expect("html"));
    let list = page.split("class=\"moves\"").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("a list");
    assert_eq!(list.matches("<li ").count(), 3, "{list}");
    assert!(list.contains("<bdi>client</bdi> → <bdi>mx1</bdi>"), "{list}");
    for body in page.split("<tbody>").skip(1).filter_map(|rest| rest.split("</tbody>").next()) {
        let cells = body.matches("<td").count() + body.matches("<th ").count();
        assert_eq!(body.matches("data-label=").count(), cells, "{body}");
    }
}

#[test]
fn a_page_of_many_has_contents_and_a_page_of_one_has_none() {
    let page = rendered(&full(), by_name("html").expect("html"));
    let contents = page.split("<nav ").nth(1).and_then(|rest| rest.split("</nav>").next()).expect("contents");
    for anchor in ["message-1", "session-1"] {
        assert!(contents.contains(&format!("href=\"#{anchor}\"")), "{contents}");
        assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1);
    }
    let one = Trace { sessions: Vec::new(), ..full() };
    assert!(!rendered(&one, by_name("html").expect("html")).contains("href=\"#contents\""));
}

#[test]
fn no_level_of_headings_is_left_out() {
    let page = rendered(&full(), by_name("html").expect("html"));
    let levels = page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10));
    let levels: Vec<u32> = levels.collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn the_model_judges_and_the_words_do_not() {
    let page = rendered(&full(), by_name("html").expect("html"));
    let marks = ["<span class=\"badge ok\">", "<li class=\"critical\">", "<li class=\"warning\">"];
    let classes = marks.map(|mark| page.contains(mark));
    assert_eq!(classes, [true, true, false], "{page}");
}

#[test]
fn a_part_of_a_key_has_its_article() {
    let of = |kind| headline(&Trace { kind: Some(kind), exact: false, ..full() });
    assert!(of("IP address").ends_with("by part of an IP address") && of("address").ends_with("of an address"));
    assert!(of("Message-ID").ends_with("by part of a Message-ID"));
}
