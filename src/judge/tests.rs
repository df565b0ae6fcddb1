//! Figures and facts judged, and how each kind of mistake in what is to be judged reads.

use super::*;
use crate::config::tests::assert_golden;
use crate::error::Exit;
use crate::event::NO_TEXT;
use crate::facts::schema::{Delivery, DirectoryOp, Login, Message, Notice, Rejection, Session};
use crate::facts::{Facts, Scope, View, Wanted};
use crate::report::{Coverage, State};
use crate::text::Text;
use crate::time::{DAY, HOUR, SECOND, Zone};
use crate::units::with_plain_spaces;
use proptest::prelude::*;
use std::fs;

fn config(text: &str) -> Result<Config> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mailtrail.toml");
    fs::write(&path, text).expect("it can be written");
    Config::read(&[path])
}

fn judge(text: &str) -> Judge {
    let config = config(text).expect("a configuration");
    Judge::new(&config, &Assets::default()).expect("a judge")
}

fn figure(metric: &str, labels: &[(&str, &str)], value: Option<f64>, unit: Unit) -> Measurement {
    Measurement {
        past: None,
        metric: metric.to_owned(),
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), Text::from(*value))).collect(),
        value,
        unit,
        state: State::Ok,
    }
}

fn period(start: i64, end: i64) -> Period {
    Period { start: Some(start), end: Some(end), zone: Zone::utc() }
}

/// Judges facts and figures, of a view with no more than the judge asks for.
fn judged(judge: &Judge, facts: &Facts, figures: &mut [Measurement], period: &Period) -> Vec<Finding> {
    let zone = Zone::utc();
    let view = View::new(facts, &zone, &Scope::ALL, Wanted::of(judge.questions())).expect("a view");
    let asker = Asker::new(&view, &Coverage::default()).expect("an asker");
    let case =
        Case { asker: &asker, sources: &[], again: &Again::default(), period, whole_site: true, weeks: &[] };
    judge.judge(&case, figures).expect("all can be asked")
}

fn states(text: &str, figures: &mut [Measurement]) -> Vec<State> {
    judged(&judge(text), &Facts::default(), figures, &period(0, HOUR));
    figures.iter().map(|figure| figure.state).collect()
}

const DELAY: &str = "[[thresholds]]\nmetric = 'delay.p95_s'\nwhere = { stage = 'total' }\nwarning = '> 30'\ncritical = '> 2 min'\n";

#[test]
fn l23_values_at_the_limits_have_the_better_state() {
    let state = |value: Option<f64>| {
        let mut figures = [figure("delay.p95_s", &[("stage", "total")], value, Unit::Seconds)];
        states(DELAY, &mut figures)[0]
    };
    let values = [Some(29.9), Some(30.0), Some(30.1), Some(120.0), Some(120.1)];
    assert_eq!(values.map(state), [State::Ok, State::Ok, State::Warning, State::Warning, State::Critical]);
    assert_eq!(state(None), State::Ok, "a figure that cannot be told keeps the state that it came with");
}

#[test]
fn a_whole_is_judged_alone_and_parts_where_they_are_asked_for() {
    let parts = |value| {
        [
            figure("delay.p95_s", &[("stage", "total")], Some(value), Unit::Seconds),
            figure("delay.p95_s", &[("stage", "total"), ("transport", "smtp")], Some(100.0), Unit::Seconds),
            figure("delay.p95_s", &[("stage", "connect")], Some(999.0), Unit::Seconds),
        ]
    };
    assert_eq!(states(DELAY, &mut parts(10.0)), [State::Ok, State::Ok, State::Ok]);
    assert_eq!(states(DELAY, &mut parts(31.0)), [State::Warning, State::Ok, State::Ok]);
    let smtp = DELAY.replace("stage = 'total'", "stage = 'total', transport = 'smtp'");
    assert_eq!(states(&smtp, &mut parts(10.0)), [State::Ok, State::Warning, State::Ok]);
}

fn lost() -> [Measurement; 5] {
    [
        figure("connections", &[("service", "imap")], Some(100.0), Unit::Count),
        figure("connections", &[("service", "smtp")], Some(100.0), Unit::Count),
        figure("connections.lost", &[("after", "AUTH"), ("service", "imap")], Some(1.0), Unit::Count),
        figure("connections.lost", &[("after", "AUTH"), ("service", "smtp")], Some(4.0), Unit::Count),
        figure("connections.lost", &[("after", "DATA"), ("service", "smtp")], Some(4.0), Unit::Count),
    ]
}

#[test]
fn what_does_not_add_up_is_judged_as_a_whole_or_by_the_labels_that_are_asked_for() {
    let mut figures = [
        figure("submitters", &[("kind", "sasl")], Some(2.0), Unit::Count),
        figure("submitters", &[("host", "mx1"), ("kind", "sasl")], Some(2.0), Unit::Count),
        figure("submitters", &[("host", "mx2"), ("kind", "sasl")], Some(1.0), Unit::Count),
    ];
    for (limit, by, expected) in
        [("> 2", "", 0), ("> 1", "", 1), ("> 1", "by = ['host']", 1), ("> 0", "by = ['host']", 2)]
    {
        let text = format!(
            "[[thresholds]]\nmetric = 'submitters'\nwhere = {{ kind = 'sasl' }}\nwarning = '{limit}'\n{by}\n"
        );
        let findings = judged(&judge(&text), &Facts::default(), &mut figures, &period(0, HOUR));
        assert_eq!(findings.len(), expected, "{limit} {by}: {findings:?}");
    }
}

#[test]
fn counts_are_summed_and_their_share_is_judged() {
    let share = "[[thresholds]]\nmetric = 'connections.lost'\nper = 'connections'\nwarning = '> 4 %'\n";
    let mut figures = lost();
    let findings = judged(&judge(share), &Facts::default(), &mut figures, &period(0, HOUR));
    assert_eq!(findings.len(), 1);
    assert_eq!(with_plain_spaces(&findings[0].observed), "4.5 % (9 of 200)");
    assert_eq!(with_plain_spaces(&findings[0].expected), "at most 4 %");

    let each = share.to_owned() + "by = ['service']\n";
    let mut figures = lost();
    let findings = judged(&judge(&each), &Facts::default(), &mut figures, &period(0, HOUR));
    let labels: Vec<&str> = findings.iter().map(|f| f.labels[0].1.raw()).collect();
    assert_eq!(labels, ["smtp"]);
    let states = figures.map(|figure| figure.state == State::Warning);
    assert_eq!(states, [false, false, false, true, true]);

    let small = share.to_owned() + "least = 201\n";
    assert!(judged(&judge(&small), &Facts::default(), &mut lost(), &period(0, HOUR)).is_empty());
}

#[test]
fn a_share_of_the_same_metric_is_of_all_its_rows() {
    let text = "[[thresholds]]\nmetric = 'deliveries'\nper = 'deliveries'\nwhere = { outcome = ['bounced', 'expired'] }\nwarning = '> 9 %'\n";
    let row = |outcome: &str, value| figure("deliveries", &[("outcome", outcome)], Some(value), Unit::Count);
    let mut figures = [row("bounced", 6.0), row("expired", 4.0), row("sent", 90.0)];
    assert_eq!(states(text, &mut figures), [State::Warning, State::Warning, State::Ok]);
}

#[test]
fn schedules_replace_limits_for_periods_that_lie_in_them() {
    let text = format!("[schedules]\nnight = '22:00-06:00'\n{DELAY}during = {{ night = '> 90' }}\n");
    let judge = judge(&text);
    let crossed = |start: i64, end: i64| {
        let mut figures = [figure("delay.p95_s", &[("stage", "total")], Some(60.0), Unit::Seconds)];
        !judged(&judge, &Facts::default(), &mut figures, &period(start * HOUR, end * HOUR)).is_empty()
    };
    assert!(crossed(8, 9) && !crossed(22, 30) && crossed(22, 31) && crossed(21, 23));
}

#[test]
fn what_a_grammar_of_ones_own_may_say_is_taken() {
    let text = "[[thresholds]]\nmetric = 'connections'\nwhere = { service = 'webmail' }\nwarning = '> 3'\n";
    assert!(Judge::new(&config(text).expect("a configuration"), &Assets::default()).is_ok());
}

#[test]
fn a_default_that_is_replaced_keeps_its_words_and_not_its_limits() {
    let slow = |more: &str| {
        let text = format!(
            "[[thresholds]]\nmetric = 'delay.p95_s'\nwhere = {{ stage = 'total' }}\nwarning = '> 30'\n{more}"
        );
        let mut facts = Made::default();
        facts.delivery(7200, "a@far.example", "sent", "2.0.0", 7000);
        let mut figures = [figure("delay.p95_s", &[("stage", "total")], Some(7000.0), Unit::Seconds)];
        let all = judged(&judge(&text), &facts.0, &mut figures, &period(0, 3 * HOUR));
        all.into_iter().find(|finding| finding.rule == "threshold").expect("it is found")
    };
    let found = slow("");
    assert_eq!((found.title.as_str(), found.state), ("Mail is slow", State::Warning), "it has no `critical`");
    assert!(found.meaning.starts_with("One delivery in twenty"));
    assert!(found.command.is_some_and(|command| command.raw().contains("slowest_s")));
    assert_eq!(slow("title = 'Too slow'\n").title, "Too slow");
}

#[test]
fn words_about_too_much_are_not_said_of_too_little() {
    let text = "[[thresholds]]\nmetric = 'queue.remaining'\nwarning = '< 5'\n";
    let mut figures = [figure("queue.remaining", &[], Some(1.0), Unit::Count)];
    let found = judged(&judge(text), &Facts::default(), &mut figures, &period(0, HOUR));
    assert_eq!(found[0].title, "queue.remaining is 1");
}

#[test]
fn the_most_special_schedule_holds_also_where_a_threshold_does_not_name_it() {
    let text = "[schedules]\nbusiness = 'Mon..Fri 08:00-18:00'\nweekend = 'Sat,Sun'\nholidays = ['2026-12-25', '2026-12-26']\n\
                [[thresholds]]\nmetric = 'delay.p95_s'\nwhere = { stage = 'total' }\nwarning = '> 30'\ncritical = '> 120'\n\
                during = { business = '> 60', weekend = '> 15' }\n";
    let judge = judge(text);
    // 2026-12-25 is a Friday.
    let limit = |day: u32| {
        let start = crate::time::civil_day(2026, 12, day).expect("a date") * DAY + 10 * HOUR;
        let mut figures = [figure("delay.p95_s", &[("stage", "total")], Some(100.0), Unit::Seconds)];
        let found = judged(&judge, &Facts::default(), &mut figures, &period(start, start + HOUR));
        with_plain_spaces(&found[0].expected)
    };
    assert_eq!(
        [25, 26].map(limit),
        ["at most 30.0 s", "at most 30.0 s"],
        "holidays, for which there is no other limit"
    );
    assert_eq!([18, 19].map(limit), ["at most 1 min", "at most 15.0 s"], "an ordinary Friday and Saturday");
}

#[test]
fn of_equally_special_schedules_the_one_that_a_threshold_names_holds() {
    let schedules = "[schedules]\nearly = '08:00-12:00'\nnight = '22:00-06:00'\nrush = '10:00-11:00'\n";
    let judge = judge(&format!("{schedules}{DELAY}during = {{ rush = '> 90' }}\n"));
    let mut figures = [figure("delay.p95_s", &[("stage", "total")], Some(60.0), Unit::Seconds)];
    assert!(judged(&judge, &Facts::default(), &mut figures, &period(10 * HOUR, 11 * HOUR)).is_empty());
}

#[test]
fn a_default_can_be_replaced_and_taken_away() {
    let mut figures = [figure("queue.remaining", &[], Some(501.0), Unit::Count)];
    let queue = "[[thresholds]]\nmetric = 'queue.remaining'\n";
    assert_eq!(states("", &mut figures), [State::Warning]);
    figures[0].state = State::Ok;
    assert_eq!(states(&format!("{queue}enabled = false"), &mut figures), [State::Ok]);
    assert_eq!(states(&format!("{queue}critical = '> 0'"), &mut figures), [State::Critical]);
}

proptest! {
    #[test]
    fn l23_a_worse_value_never_has_a_better_state(
        warning in 0_u32..50, critical in 0_u32..50, a in 0_u32..60, b in 0_u32..60, less in any::<bool>(),
    ) {
        let sign = if less { '<' } else { '>' };
        let text = format!("[[thresholds]]\nmetric = 'delay.p95_s'\nwarning = '{sign} {warning}'\ncritical = '{sign} {critical}'\n");
        let judge = judge(&text);
        let state = |value: u32| {
            let mut figures = [figure("delay.p95_s", &[("stage", "total")], Some(f64::from(value)), Unit::Seconds)];
            if let Some(limit) = judge.limits.last() {
                let zone = Zone::utc();
                let facts = Facts::default();
                let view = View::new(&facts, &zone, &Scope::ALL, Wanted::all()).expect("a view");
                let asker = Asker::new(&view, &Coverage::default()).expect("an asker");
                let case = Case {
                    asker: &asker,
                    sources: &[],
                    again: &Again::default(),
                    period: &period(0, HOUR),
                    whole_site: true,
                    weeks: &[],
                };
                limit.judge(&case, &mut figures).expect("it can be judged");
            }
            figures[0].state
        };
        let (better, worse) = if (a < b) == less { (b, a) } else { (a, b) };
        prop_assert!(state(better) <= state(worse));
    }
}

/// Facts made by hand.
#[derive(Default)]
struct Made(Facts);

impl Made {
    fn text(&mut self, text: &str) -> u32 {
        if text.is_empty() { NO_TEXT } else { self.0.texts.add_one(text.as_bytes()) }
    }

    fn login(&mut self, second: i64, client: &str, user: &str, outcome: &str) {
        let login = Login {
            time: second * SECOND,
            client_ip: self.text(client),
            user: self.text(user),
            outcome: self.text(outcome),
            service: self.text("imap"),
            source: 0,
            offset: second,
            ..Login::default()
        };
        self.0.push(&login);
    }

    fn bind(&mut self, second: i64, client: &str, base: &str, result_code: i64) {
        let operation = DirectoryOp {
            time: second * SECOND,
            client_ip: self.text(client),
            kind: self.text("bind"),
            base: self.text(base),
            result_code,
            source: 0,
            offset: second,
            ..DirectoryOp::default()
        };
        self.0.push(&operation);
    }

    fn rejection(&mut self, second: i64, client: &str, recipient: &str, class: &str) {
        self.refusal(second, client, recipient, class, "permanent");
    }

    fn refusal(&mut self, second: i64, client: &str, recipient: &str, class: &str, permanence: &str) {
        let rejection = Rejection {
            time: second * SECOND,
            client_ip: self.text(client),
            recipient: self.text(recipient),
            class: self.text(class),
            permanence: self.text(permanence),
            source: 0,
            offset: second,
            ..Rejection::default()
        };
        self.0.push(&rejection);
    }

    /// An attempt to deliver what anna submitted, so many seconds after it came.
    fn delivery(&mut self, second: i64, recipient: &str, outcome: &str, dsn: &str, delay: i64) {
        let delivery = Delivery {
            time: second * SECOND,
            entry: second - delay,
            origin: self.text("submission"),
            user: self.text("anna"),
            recipient: self.text(recipient),
            recipient_domain: self.text(recipient.split('@').next_back().unwrap_or_default()),
            transport: self.text("smtp"),
            relay_host: self.text(if dsn.starts_with("4.4") { "none" } else { "mx.far.example" }),
            delay_s: delay * SECOND,
            dsn: self.text(dsn),
            outcome: self.text(outcome),
            source: 0,
            offset: second,
            ..Delivery::default()
        };
        self.0.push(&delivery);
    }

    /// A message that anna submitted, to so many recipients.
    fn message(&mut self, second: i64, recipients: i64) {
        let message = Message {
            time: second * SECOND,
            origin: self.text("submission"),
            user: self.text("anna"),
            recipients,
            source: 0,
            offset: second,
            ..Message::default()
        };
        self.0.push(&message);
    }

    fn found(&self) -> Vec<(String, Vec<String>)> {
        let findings = judged(&judge(""), &self.0, &mut [], &period(0, 1000 * HOUR));
        let labels = |finding: &Finding| finding.labels.iter().map(|(_, value)| value.raw().to_owned()).collect();
        findings.iter().map(|finding| (finding.rule.clone(), labels(finding))).collect()
    }
}

fn found(rule: &str, labels: &[&str]) -> (String, Vec<String>) {
    (rule.to_owned(), labels.iter().map(|label| (*label).to_owned()).collect())
}

#[test]
fn guessing_is_found_and_forgetting_is_not() {
    let mut facts = Made::default();
    (0..21).for_each(|n| facts.login(n, "192.0.2.1", "anna", "failed"));
    (0..20).for_each(|n| facts.login(n, "192.0.2.2", "ben", "failed"));
    (0..30).for_each(|n| facts.login(n * 3600, "192.0.2.3", "carla", "failed"));
    assert_eq!(facts.found(), [found("brute-force", &["192.0.2.1"])]);
}

#[test]
fn guessing_against_the_directory_is_found_but_for_a_service_on_the_machine() {
    let mut facts = Made::default();
    for n in 0..21 {
        facts.bind(n, "192.0.2.1", &format!("uid=user{n},dc=example"), 49);
        facts.bind(n, "127.0.0.1", &format!("uid=user{n},dc=example"), 49);
        facts.bind(n, "192.0.2.2", "uid=anna,dc=example", 0);
        facts.bind(n, "192.0.2.3", "uid=anna,dc=example", if n == 0 { 0 } else { 49 });
        facts.bind(n, "192.0.2.4", "uid=anna,dc=example", 49);
        facts.bind(n, "192.0.2.5", "uid=anna,dc=example", 49);
    }
    // An office; and who binds anonymously too is none.
    ["uid=ben", "uid=carl", "uid=dora"].iter().for_each(|user| facts.bind(30, "192.0.2.4", user, 0));
    ["uid=ben", "uid=carl", ""].iter().for_each(|user| facts.bind(30, "192.0.2.5", user, 0));
    let all = ["192.0.2.1", "192.0.2.5"].map(|client| found("directory-brute-force", &[client]));
    assert_eq!(facts.found(), all);
}

#[test]
fn a_guess_across_the_edge_of_a_span_is_found() {
    let mut facts = Made::default();
    (0..21).for_each(|n| facts.login(590 + n, "192.0.2.1", "anna", "failed"));
    assert_eq!(facts.found(), [found("brute-force", &["192.0.2.1"])]);
}

#[test]
fn a_spray_is_found_over_the_addresses_of_a_network_and_an_office_is_not_one() {
    let mut facts = Made::default();
    for n in 0..11 {
        facts.login(n, &format!("192.0.2.{n}"), &format!("user{n}"), "unknown_user");
        facts.login(n, &format!("2001:db8:0:{n}::1"), &format!("user{n}"), "failed");
        facts.login(n, "198.51.100.7", &format!("user{n}"), "failed");
        facts.login(n + 20, "198.51.100.7", &format!("user{n}"), "ok");
    }
    let sprays: Vec<_> = facts.found().into_iter().filter(|(rule, _)| rule == "password-spray").collect();
    assert_eq!(sprays, [found("password-spray", &["192.0.2.0/24"]), found("password-spray", &["2001:db8::/48"])]);
}

#[test]
fn a_login_after_many_failures_in_a_row_is_found() {
    let mut facts = Made::default();
    (0..11).for_each(|n| facts.login(n, "192.0.2.1", "anna", "failed"));
    facts.login(12, "192.0.2.1", "ben", "failed");
    facts.login(30, "192.0.2.1", "ben", "ok");
    facts.login(0, "192.0.2.2", "carla", "ok");
    (1..20).for_each(|n| facts.login(n, "192.0.2.2", "carla", "failed"));
    // Many people behind one address: failures, but never many in a row.
    (0..40).for_each(|n| {
        facts.login(n, "198.51.100.3", &format!("user{n}"), if n % 2 == 0 { "ok" } else { "failed" });
    });
    (0..11).for_each(|n| facts.login(n, "192.0.2.4", "dina", "failed"));
    facts.login(30, "192.0.2.4", "dina", "ok");
    let all = judged(&judge(""), &facts.0, &mut [], &period(0, HOUR));
    let told: Vec<_> = all.iter().map(|f| (f.rule.as_str(), f.labels[0].1.raw(), f.state)).collect();
    let expected = [
        ("login-after-failures", "192.0.2.1", State::Critical),
        ("login-after-failures", "192.0.2.4", State::Warning),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_password_that_was_guessed_slowly_is_found_and_an_office_is_not() {
    let mut facts = Made::default();
    (0..36).for_each(|n| facts.login(n * 3600, &format!("192.0.2.{n}"), &format!("user{}", n % 6), "failed"));
    facts.login(37 * 3600, "192.0.2.99", "anna", "ok");
    (0..6).for_each(|n| facts.login(n * 3600, "198.51.100.7", &format!("user{n}"), "failed"));
    (0..9).for_each(|n| facts.login(n * 3600, "198.51.100.7", &format!("user{n}"), "ok"));
    assert_eq!(facts.found(), [found("guessed", &["192.0.2.0/24", "anna"])]);
}

#[test]
fn a_domain_whose_mail_waits_is_found_and_one_that_took_it_later_is_not() {
    let mut facts = Made::default();
    for n in 0..25 {
        facts.delivery(9000 + n, &format!("{n}@far.example"), "deferred", "4.7.1", 7200);
        facts.delivery(9100 + n, &format!("{n}@near.example"), "deferred", "4.7.1", 7200);
        facts.delivery(9200 + n, &format!("{n}@near.example"), "sent", "2.0.0", 7300);
    }
    assert_eq!(facts.found(), [found("destination-waits", &["far.example"])]);
}

#[test]
fn other_servers_that_refuse_this_one_are_found_and_dead_addresses_are_not() {
    let mut facts = Made::default();
    let send = |facts: &mut Made, dsn: &str| {
        for n in 0..40 {
            facts.delivery(n, &format!("{n}@d{}.example", n % 5), "bounced", dsn, 1);
            facts.delivery(100 + n, &format!("{n}@d{}.example", n % 5), "sent", "2.0.0", 1);
        }
    };
    send(&mut facts, "5.1.1");
    assert_eq!(facts.found(), []);
    send(&mut facts, "5.7.1");
    assert_eq!(facts.found(), [found("refused-by-others", &[""])]);
}

#[test]
fn a_block_list_that_refuses_to_answer_is_found() {
    let mut facts = Made::default();
    let refused = |facts: &mut Made, class: &str, what: &str| {
        for n in 0..5 {
            let rejection = Rejection {
                time: n * SECOND,
                class: facts.text(class),
                permanence: facts.text("permanent"),
                reason: facts.text(&format!("Service unavailable; {what}")),
                source: 0,
                offset: n,
                ..Rejection::default()
            };
            facts.0.push(&rejection);
        }
    };
    refused(&mut facts, "dnsbl_client", "Client host [192.0.2.7] blocked using bl.example; listed");
    refused(
        &mut facts,
        "dnsbl_domain",
        "Sender address [open resolver@evil.example] blocked using dbl.example; listed",
    );
    assert_eq!(facts.found(), []);
    refused(&mut facts, "dnsbl_client", "Client host [192.0.2.7] blocked using bl.example; Error: open resolver");
    assert_eq!(facts.found(), [found("blocklist-refuses", &[""])]);
}

#[test]
fn a_stolen_account_is_found_by_its_waves_and_by_what_comes_back() {
    let state = |facts: &Made| {
        let all = judged(&judge(""), &facts.0, &mut [], &period(0, 100 * HOUR));
        all.iter().map(|f| (f.rule.clone(), f.state)).collect::<Vec<_>>()
    };
    let volume = |state| vec![("volume-of-submitter".to_owned(), state)];
    let mut even = Made::default();
    (0..12).for_each(|hour| even.message(hour * 3600, 100));
    (0..20).for_each(|n| even.delivery(n, "a@far.example", "sent", "2.0.0", 1));
    assert_eq!(state(&even), []);
    (0..5).for_each(|n| even.delivery(50 + n, "b@far.example", "bounced", "5.1.1", 1));
    assert_eq!(state(&even), volume(State::Critical));
    let mut waves = Made::default();
    (0..3).for_each(|hour| waves.message(hour * 3600, 201));
    assert_eq!(state(&waves), volume(State::Warning));
}

#[test]
fn an_agent_of_a_small_site_that_delivers_nothing_for_hours_is_found() {
    let mut facts = Made::default();
    (0..6).for_each(|n| facts.delivery(1800 * n, &format!("a@d{}.example", n % 3), "deferred", "4.4.1", 60));
    assert_eq!(facts.found(), [found("no-delivery", &["smtp", ""])]);
    facts.delivery(6000, "a@d4.example", "sent", "2.0.0", 1);
    assert_eq!(facts.found(), []);
}

#[test]
fn a_user_in_many_places_at_once_is_found() {
    let mut facts = Made::default();
    (0..6).for_each(|n| facts.login(n, &format!("192.0.{n}.1"), "anna", "ok"));
    (0..5).for_each(|n| facts.login(n, &format!("192.0.{n}.1"), "dina", "ok"));
    (0..6).for_each(|n| facts.login(n * 3600, &format!("192.0.{n}.1"), "ben", "ok"));
    (0..9).for_each(|n| facts.login(n, "192.0.2.1", &format!("user{n}"), "ok"));
    assert_eq!(facts.found(), [found("user-from-many-networks", &["anna"])]);
}

#[test]
fn refusals_are_told_apart() {
    let mut facts = Made::default();
    for n in 0..11 {
        facts.rejection(n, "192.0.2.1", &format!("{n}@a.example"), "recipient_unknown");
        facts.rejection(n, "192.0.2.2", "same@a.example", "recipient_unknown");
        facts.rejection(n, "192.0.2.3", "x@b.example", "relay_denied");
    }
    (0..21).for_each(|n| facts.rejection(n, "192.0.2.4", "", "rate_limit"));
    // What would have been refused, and was let pass.
    for n in 0..21 {
        facts.refusal(n, "192.0.2.5", &format!("{n}@a.example"), "recipient_unknown", "warning");
        facts.refusal(n, "192.0.2.6", "x@b.example", "relay_denied", "warning");
        facts.refusal(n, "192.0.2.7", "", "rate_limit", "warning");
    }
    let expected = [
        found("address-harvesting", &["192.0.2.1"]),
        found("connection-flood", &["192.0.2.4"]),
        found("relay-attempts", &["192.0.2.3"]),
    ];
    assert_eq!(facts.found(), expected);
}

#[test]
fn gaps_and_jumps_of_the_log_are_found() {
    let mut facts = Made::default();
    for hour in (0..5).chain(8..12) {
        for n in 0..300 {
            let notice = Notice {
                time: (hour * 3600 + n * 12) * SECOND,
                host: facts.text("mx1"),
                program: facts.text("p"),
                severity: facts.text("warning"),
                source: 0,
                offset: hour * 1000 + n,
                ..Notice::default()
            };
            facts.0.push(&notice);
        }
    }
    let back = Notice {
        time: 9 * HOUR,
        host: facts.text("mx1"),
        class: facts.text("log-loss"),
        source: 0,
        offset: 1_000_000,
        ..Notice::default()
    };
    facts.0.push(&back);
    let rules: Vec<String> = facts.found().into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["clock", "log-gap", "log-loss"]);
}

#[test]
fn connections_of_known_clients_that_break_off_are_found_and_those_of_strangers_are_not() {
    let mut facts = Made::default();
    let lost = |facts: &mut Made, net: &str, stage: &str| {
        for n in 0..60 {
            let session = Session {
                time: n * SECOND,
                service: facts.text("smtp"),
                direction: facts.text("in"),
                client_ip: facts.text(&format!("{net}.{}", n % 6)),
                ended: facts.text("lost"),
                lost_after: facts.text(stage),
                source: 0,
                offset: n,
                ..Session::default()
            };
            facts.0.push(&session);
        }
    };
    lost(&mut facts, "203.0.113", "CONNECT");
    for n in 0..6 {
        let message = Message {
            time: n * SECOND,
            origin: facts.text("smtp"),
            client_ip: facts.text(&format!("192.0.2.{n}")),
            source: 0,
            offset: n,
            ..Message::default()
        };
        facts.0.push(&message);
    }
    lost(&mut facts, "192.0.2", "RCPT");
    assert_eq!(facts.found(), []);
    lost(&mut facts, "192.0.2", "EHLO");
    assert_eq!(facts.found(), [found("lost-connections", &["smtp"])]);
}

#[test]
fn a_guesser_who_is_refused_and_goes_was_not_cut_off() {
    let mut facts = Made::default();
    for n in 0..60 {
        facts.login(n, &format!("192.0.2.{}", n % 6), &format!("user{n}"), "ok");
        let session = Session {
            time: n * SECOND,
            service: facts.text("pop3"),
            direction: facts.text("in"),
            client_ip: facts.text(&format!("192.0.2.{}", n % 6)),
            ended: facts.text("lost"),
            lost_after: facts.text("CONNECT"),
            session: n,
            source: 0,
            offset: n,
            ..Session::default()
        };
        facts.0.push(&session);
    }
    let broken = facts.found();
    for n in 0..60 {
        let login = Login {
            time: n * SECOND,
            service: facts.text("pop3"),
            outcome: facts.text("failed"),
            session: n,
            source: 0,
            offset: n,
            ..Login::default()
        };
        facts.0.push(&login);
    }
    assert_eq!((broken, facts.found()), (vec![found("lost-connections", &["pop3"])], vec![]));
}

#[test]
fn the_worst_findings_come_first_and_very_many_are_summed_up() {
    let mut facts = Made::default();
    for client in 0..25 {
        (0..22).for_each(|n| facts.login(n, &format!("192.0.{client}.1"), "anna", "failed"));
    }
    facts.login(39, "192.0.7.1", "ben", "failed");
    facts.login(40, "192.0.7.1", "anna", "ok");
    let all = judged(&judge(""), &facts.0, &mut [], &period(0, HOUR));
    assert_eq!(all[0].state, State::Critical);
    assert_eq!(all.last().map(|f| f.title.as_str()), Some("5 more of this kind"));
    assert_eq!(all.len(), 22);
}

#[test]
fn what_a_stranger_wrote_is_looked_for_as_it_is_and_no_more() {
    let mut facts = Made::default();
    let user = "x' OR '1'='1{client_ip}<b>";
    (0..6).for_each(|n| facts.login(n, &format!("192.0.{n}.1"), user, "ok"));
    let all = judged(&judge(""), &facts.0, &mut [], &period(0, HOUR));
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].labels[0].1.raw(), user);
    assert!(all[0].message.raw().starts_with(user) && !all[0].title.contains(user));
    let command = all[0].command.as_ref().map(|c| c.raw().to_owned()).unwrap_or_default();
    assert!(command.contains("user = 'x'' OR ''1''=''1{client_ip}<b>'"), "{command}");
}

/// Each kind of mistake, by name.
const MISTAKES: &[(&str, &str)] = &[
    ("unknown metric", "[[thresholds]]\nmetric = \"delay.p95\"\nwarning = \"> 3\""),
    ("unknown whole", "[[thresholds]]\nmetric = \"connections.lost\"\nper = \"conections\"\nwarning = \"> 3 %\""),
    (
        "a share without %",
        "[[thresholds]]\nmetric = \"connections.lost\"\nper = \"connections\"\nwarning = \"> 3\"",
    ),
    ("% without a whole", "[[thresholds]]\nmetric = \"connections.lost\"\nwarning = \"> 3 %\""),
    ("a size for a duration", "[[thresholds]]\nmetric = \"delay.p95_s\"\nwarning = \"> 3 MiB\""),
    (
        "schedules that meet",
        "[schedules]\nbusiness = \"Mon..Fri 08:00-18:00\"\nfriday = \"Fri 16:00-20:00\"\n[[thresholds]]\nmetric = \"connections\"\nwarning = \"> 3\"\nduring = { business = \"> 5\", friday = \"> 9\" }",
    ),
    (
        "unknown label",
        "[[thresholds]]\nmetric = \"delay.p95_s\"\nwhere = { stgae = \"total\" }\nwarning = \"> 3\"",
    ),
    (
        "unknown value",
        "[[thresholds]]\nmetric = \"logins\"\nwhere = { outcome = [\"ok\", \"fialed\"] }\nwarning = \"> 3\"",
    ),
    (
        "unknown value, nothing near",
        "[[thresholds]]\nmetric = \"deliveries\"\nwhere = { outcome = \"lost\" }\nwarning = \"> 3\"",
    ),
    (
        "a value nearly known",
        "[[thresholds]]\nmetric = \"connections\"\nwhere = { service = \"imaps\" }\nwarning = \"> 3\"",
    ),
    ("unknown rule", "[[anomalies]]\nrule = \"pasword-spray\""),
    ("unknown rule, nothing near", "[[anomalies]]\nrule = \"aliens\""),
    ("unknown parameter", "[[anomalies]]\nrule = \"password-spray\"\nuser = \"> 10\""),
    ("a parameter that is a number", "[[anomalies]]\nrule = \"password-spray\"\nusers = 10"),
    ("a parameter that is no comparison", "[[anomalies]]\nrule = \"password-spray\"\nusers = \"> ten\""),
    ("a parameter of the other direction", "[[anomalies]]\nrule = \"password-spray\"\nusers = \"< 10\""),
    ("a duration without unit", "[[anomalies]]\nrule = \"password-spray\"\nwithin = \"10\""),
];

#[test]
fn mistakes_read_as_they_should() {
    let mut all = String::new();
    for (name, text) in MISTAKES {
        let config = config(text).expect("it can be read");
        let error = Judge::new(&config, &Assets::default()).expect_err(name);
        assert_eq!(error.exit(), Exit::Config, "{name}");
        let folder = config.files[0].parent().expect("a folder").display().to_string();
        let _ = writeln!(all, "=== {name}\n{}\n", error.render(false).replace(&format!("{folder}/"), ""));
    }
    assert_golden("src/judge/mistakes.txt", &all);
}

#[test]
fn the_rules_of_the_house_fill_all_that_they_name() {
    let judge = judge("");
    let zone = Zone::utc();
    let facts = Facts::default();
    let view = View::new(&facts, &zone, &Scope::ALL, Wanted::all()).expect("a view");
    let asker = Asker::new(&view, &Coverage::default()).expect("an asker");
    for limit in &judge.limits {
        known_labels(&limit.threshold, &limit.metric).expect("the labels are known");
        known_values(&limit.threshold, &limit.metric).expect("the values are known");
        let sql = [&limit.threshold.command, &limit.threshold.evidence];
        sql.into_iter().flatten().for_each(|sql| drop(asker.ask(sql).expect("it can be asked")));
    }
    for rule in &judge.rules {
        rule.prove(&asker);
    }
}
