//! T1 for every pattern that holds something that a stranger chose: the line is written as its program writes it, with
//! hostile values, and read back. No other field, and no other pattern, may come of it.

mod fixture;

use self::fixture::FORMS;
use super::{Explained, Grammars, Pattern};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A line of a program, and what stands in it.
#[derive(Clone, Debug, Default)]
struct Line {
    text: String,
    is: BTreeMap<&'static str, String>,
}

impl Line {
    /// What the program itself writes.
    fn own(mut self, text: &str) -> Self {
        self.text += text;
        self
    }

    /// What is to be read as this field.
    fn is(mut self, field: &'static str, value: &str) -> Self {
        self.text += value;
        self.is.insert(field, value.to_owned());
        self
    }

    /// The client, as Postfix names it.
    fn client(self) -> Self {
        self.is("client_name", "mx.example.net").own("[").is("client_ip", "198.51.100.7").own("]")
    }
}

/// What a stranger chose.
#[derive(Clone, Debug)]
struct Free {
    sender: String,
    recipient: String,
    helo: String,
    text: String,
    /// Which of several ways a program goes.
    way: usize,
}

/// How sure a line can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Every field is told, as it was put in.
    All,
    /// What cannot be told beyond doubt is not told, or by the second pattern.
    Sure,
}

/// A form of lines: who writes it, the pattern that reads it, another that may where it is not sure, and how it is written.
#[derive(Clone, Copy)]
struct Form {
    system: &'static str,
    program: &'static str,
    pattern: &'static str,
    unsure: &'static [&'static str],
    told: Told,
    write: fn(&Free) -> Line,
}

const fn form(
    system: &'static str,
    program: &'static str,
    pattern: &'static str,
    write: fn(&Free) -> Line,
) -> Form {
    Form { system, program, pattern, unsure: &[], told: Told::All, write }
}

const fn unsure(form: Form, unsure: &'static [&'static str]) -> Form {
    Form { unsure, told: Told::Sure, ..form }
}

static GRAMMARS: LazyLock<Grammars> = LazyLock::new(|| {
    let mut all = Grammars { list: Vec::new(), patterns: Vec::new() };
    for name in ["postfix", "dovecot", "openldap"] {
        let path = format!("{}/grammars/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        all.add(&path, &std::fs::read_to_string(&path).expect("the grammar is read")).expect("it is one");
    }
    all
});

fn read(form: &Form, text: &str) -> Explained {
    let at = GRAMMARS.list.iter().position(|grammar| grammar.system == form.system).expect("the system");
    GRAMMARS.explain_text(at, form.program, text.as_bytes())
}

/// What is wrong with how a line is read, if anything.
fn wrong(form: &Form, line: &Line) -> Option<String> {
    // Postfix cuts its lines at 2000 bytes (util/msg_syslog.c); nothing goes by the end of one that may be cut.
    let most = if form.system == "postfix" { 2000 } else { usize::MAX };
    let end = (0..=most.min(line.text.len())).rev().find(|at| line.text.is_char_boundary(*at)).unwrap_or(0);
    let (whole, is_cut) = (line.text.len() < most - 100, line.text.len() > end);
    let found = read(form, &line.text[..end]);
    let name = found.taken_by.map_or_else(|| "no pattern".to_owned(), |(_, name)| name);
    if name != form.pattern {
        let is_silent = |pattern: &Pattern| pattern.name == name && pattern.is_silent();
        let silent = name == "no pattern" || GRAMMARS.patterns.iter().any(is_silent);
        let unsure = form.unsure.contains(&name.as_str()) && (form.told == Told::Sure || is_cut);
        return (!unsure && (whole || !silent)).then(|| format!("it is taken by {name}, not {}", form.pattern));
    }
    let fields: BTreeMap<&str, String> =
        found.fields.iter().map(|(f, value)| (*f, String::from_utf8_lossy(value).into_owned())).collect();
    let is_own = |field: &str, value: &String| {
        line.is
            .get(field)
            .is_some_and(|own| own == value || (is_cut && (own.starts_with(value) || value.starts_with(own))))
    };
    if let Some((field, value)) = fields.iter().find(|(field, value)| !is_own(field, value)) {
        return Some(format!("{field} is {value:?}, and was {:?}", line.is.get(field)));
    }
    let is_missing = |(field, value): &(&&str, &String)| !value.is_empty() && !fields.contains_key(**field);
    let missing = line.is.iter().find(is_missing).filter(|_| whole && form.told == Told::All);
    missing.map(|(field, _)| format!("{field} is not told"))
}

#[test]
fn every_grammar_proves_itself() {
    let complaints: Vec<String> = super::check(&GRAMMARS).iter().map(ToString::to_string).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

// --- What strangers choose ---

/// The values of a line that a forger would like to be read.
/// Where a name that is cut tells a line to a pattern that plays another part, or sets other fields, than its own.
fn misled(grammars: &Grammars) -> Vec<String> {
    let of = |name: &str| grammars.patterns.iter().find(|pattern| pattern.name == name);
    let mut found = Vec::new();
    for pattern in grammars.patterns.iter().filter(|p| grammars.list[p.grammar].system == "postfix") {
        for sample in &pattern.samples {
            let line = format!("Nov 20 09:00:01 mx postfix[7]: {}", sample.line);
            let layouts = grammars.layouts_of(b"");
            let taken = grammars.explain(&layouts, line.as_bytes()).and_then(|told| told.taken_by);
            let other = taken.and_then(|(_, name)| of(&name));
            if other.is_none_or(|other| other.roles != pattern.roles || other.set != pattern.set) {
                found.push(format!("{} as {}", pattern.name, other.map_or("nothing", |other| &other.name)));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What a text alone cannot tell: who stands in for an agent or throws mail away says what an agent says. Programs that few
/// sites run, and those that may say anything, are not asked.
const MISLED: [&str; 18] = [
    "delivery-stand-in as bounced-by-cleanup",
    "delivery-stand-in as delivery",
    "delivery-to-program as delivery",
    "discarded as delivery",
    "milter-reject as milter-rejects-client",
    "notice as too-big",
    "policy-server as nothing",
    "qmqp as connect",
    "qmqp as nothing",
    "qmqp-client as client",
    "tables-and-scripts as nothing",
    "tlsmgr as nothing",
    "tlsproxy as nothing",
    "tlsproxy as postscreen-disconnect",
    "tlsproxy as postscreen-note",
    "tlsproxy as smtpd-note",
    "tlsproxy as tls-out",
    "tlsproxy-in as nothing",
];

#[test]
fn a_name_that_is_cut_misleads_where_a_text_alone_cannot_tell() {
    assert_eq!(misled(&GRAMMARS), MISLED);
}

fn wanted() -> Vec<Free> {
    let free = |sender: &str, way| Free {
        sender: sender.into(),
        recipient: "v@corp.example".into(),
        helo: "h.example".into(),
        text: "boss".into(),
        way,
    };
    (0..12).map(|way| free(["boss@corp.example", "b c@corp.example"][way % 2], way)).collect()
}

/// Pieces of a line: each begins or ends where something other than letters stands.
fn pieces(text: &str) -> Vec<String> {
    let edges: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| *at == 0 || !c.is_ascii_alphanumeric())
        .flat_map(|(at, c)| [at, at + c.len_utf8()])
        .chain([text.len()])
        .filter(|at| text.is_char_boundary(*at))
        .collect();
    edges.iter().flat_map(|a| edges.iter().filter(move |b| a < b).map(move |b| text[*a..*b].to_owned())).collect()
}

/// Pieces of a form's lines as a forger would write them, in his order of length.
fn pieces_of(form: &Form) -> Vec<String> {
    let mut all: Vec<String> = wanted().iter().flat_map(|free| pieces(&(form.write)(free).text)).collect();
    all.sort_by_key(|piece| (piece.len(), piece.clone()));
    all.dedup();
    all
}

const SIGNS: [&str; 28] = [
    "<",
    ">",
    "\"",
    "\\",
    ",",
    ";",
    ":",
    " ",
    ": ",
    "[",
    "]",
    "(",
    ")",
    "@",
    "?",
    "\"@",
    ">: ",
    "): ",
    "; ",
    ", ",
    "=",
    "x",
    "9",
    "-",
    "@x.example:",
    "\u{f6}",
    "a b",
    "\\\"",
];

/// A text of pieces of the form's own lines and of signs.
fn text(pieces: &[String], signs: usize) -> BoxedStrategy<String> {
    let long = (1..12_usize, 0..190_usize).prop_map(|(tens, more)| "a".repeat(160 * tens + more));
    let piece = proptest::sample::select(pieces.to_vec());
    let sign = proptest::sample::select(SIGNS[..signs].to_vec()).prop_map(str::to_owned);
    vec(prop_oneof![40 => piece, 60 => sign, 1 => long], 0..7).prop_map(|parts| parts.concat()).boxed()
}

/// An address before it is quoted.
fn address(pieces: &[String]) -> BoxedStrategy<String> {
    let domain = proptest::sample::select(vec![
        "@evil.example",
        "@[192.0.2.1]",
        "@[IPv6:2001:db8::1]",
        "",
        "@",
        "@a.example@",
    ]);
    let plain = Just("a@example.net".to_owned());
    // What stands behind the last `@` is looked at: only a domain can be there.
    let whole =
        |(local, domain): (String, &str)| if domain.is_empty() { local.replace('@', "x") } else { local + domain };
    prop_oneof![4 => (text(pieces, SIGNS.len()), domain).prop_map(whole), 1 => plain].boxed()
}

fn free(form: &Form) -> BoxedStrategy<Free> {
    let pieces = pieces_of(form);
    (address(&pieces), address(&pieces), text(&pieces, SIGNS.len()), text(&pieces, SIGNS.len()), 0..60_usize)
        .prop_map(|(sender, recipient, helo, text, way)| Free { sender, recipient, helo, text, way })
        .boxed()
}

#[test]
fn t1_no_field_of_a_stranger_forges_another() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let only = std::env::var("FORM").ok();
    let mut complaints = Vec::new();
    for (at, form) in FORMS.iter().enumerate().filter(|(_, f)| only.as_ref().is_none_or(|only| f.pattern == only))
    {
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let tried = runner.run(&free(form), |free| {
            let line = (form.write)(&free);
            let wrong = wrong(form, &line);
            prop_assert!(wrong.is_none(), "{}\n  {}", wrong.unwrap_or_default(), line.text);
            Ok(())
        });
        if let Err(error) = tried {
            complaints.push(format!("form {at}, {}: {error}", form.pattern));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

#[test]
fn a_table_that_cannot_be_asked_refuses_nobody_by_name() {
    let postfix = GRAMMARS.list.iter().find(|grammar| grammar.system == "postfix").expect("a grammar");
    for (reason, class) in [
        ("Sender address rejected: Server configuration error", "resources"),
        ("Client host rejected: Temporary lookup failure", "resources"),
        ("Helo command rejected: Server configuration problem", "resources"),
        ("Sender address rejected: not wanted", "sender_blocked"),
        ("Recipient address rejected: Access denied", "recipient_blocked"),
        ("Helo command rejected: Host not found", "helo"),
        ("Recipient address rejected: Greylisted because reverse DNS is missing", "greylisted"),
        ("Your server does not have a valid reverse DNS entry. MagicSpam", "client_no_rdns"),
    ] {
        assert_eq!(postfix.classes.find(reason.as_bytes(), b"4.3.5"), Some(class), "{reason}");
    }
}
