//! What belongs together, and what only looks so.

use super::*;
use crate::assets::Assets;
use crate::facts::{Memory, Scope, View};
use crate::grammar::Grammars;
use crate::{input, run};
use std::sync::LazyLock;

static GRAMMARS: LazyLock<Grammars> =
    LazyLock::new(|| Grammars::load(&Assets::default()).expect("the built-in grammars are right"));

/// Logs, each the lines of a file, without the day.
fn traced_in(logs: &[&str], key: &str, limit: usize) -> Trace {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |at: usize| folder.path().join(format!("{at}.log"));
    for (at, log) in logs.iter().enumerate() {
        let lines: Vec<String> = log.lines().map(|line| format!("Nov 24 {}\n", line.trim())).collect();
        std::fs::write(path(at), lines.concat()).expect("it can be written");
    }
    let options = run::Options {
        zone: Zone::utc(),
        hosts: input::Hosts::default(),
        input: input::Options { now: 0, year: Some(2026), layouts: Vec::new(), tell: |_| {} },
        chunk: run::CHUNK,
        memory: Memory::default(),
    };
    let paths: Vec<_> = (0..logs.len()).map(path).collect();
    let run = run::run(&paths, &GRAMMARS, &options, &|_, _| ()).expect("there is input");
    let view = View::new(&run.facts, &options.zone, &Scope::ALL, wanted()).expect("a view");
    let asker = Asker::new(&view, &run.coverage).expect("an asker");
    let request = Request { key, kind: None, span: Span::ALL, limit };
    trace(&asker, &run.sources, &options.zone, &request).expect("it can be asked")
}

fn traced(log: &str, key: &str) -> Trace {
    traced_in(&[log], key, 50)
}

/// The queue ids of each message, in order.
fn lives(trace: &Trace) -> Vec<Vec<&str>> {
    let messages = trace.messages.iter();
    messages.map(|message| message.queue.iter().map(|life| raw(life.queue_id.as_ref())).collect()).collect()
}

/// The final state of each recipient of a message.
fn fates(message: &Message) -> Vec<(&str, &str)> {
    message.recipients.iter().map(|one| (raw(one.recipient.as_ref()), raw(one.outcome.as_ref()))).collect()
}

fn raw(text: Option<&Text>) -> &str {
    text.map_or("", Text::raw)
}

fn whats(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.what.raw()).collect()
}

/// Lines of a message from an outer client: opened, named, queued.
fn opened(host: &str, id: &str, message_id: &str) -> String {
    format!(
        "09:00:00 {host} postfix/smtpd[1]: {id}: client=mail.a.example[192.0.2.10]\n\
         09:00:00 {host} postfix/cleanup[2]: {id}: message-id=<{message_id}>\n\
         09:00:00 {host} postfix/qmgr[3]: {id}: from=<a@a.example>, size=100, nrcpt=1 (queue active)\n"
    )
}

fn delivered(host: &str, id: &str, to: &str, outcome: &str, reply: &str) -> String {
    format!(
        "09:00:01 {host} postfix/smtp[4]: {id}: to=<{to}>, relay=mx.b.example[198.51.100.2]:25, delay=1, \
         delays=0.1/0/0.4/0.5, dsn=2.0.0, status={outcome} ({reply})\n"
    )
}

fn removed(host: &str, id: &str) -> String {
    format!("09:00:02 {host} postfix/qmgr[3]: {id}: removed\n")
}

/// One child named by its parent.
fn birth(parent: &str, id: &str, said: &str, message_id: &str) -> String {
    format!(
        "09:00:02 mx1 postfix/cleanup[2]: {id}: message-id=<{message_id}>\n\
         09:00:02 mx1 {said}\n\
         09:00:02 mx1 postfix/qmgr[3]: {id}: from=<>, size=100, nrcpt=1 (queue active)\n"
    )
    .replace("PARENT", parent)
    .replace("CHILD", id)
}

/// One child named by its parent, on its way to `to`.
fn child(parent: &str, id: &str, said: &str, message_id: &str, to: &str, outcome: &str) -> String {
    birth(parent, id, said, message_id) + &delivered("mx1", id, to, outcome, "said") + &removed("mx1", id)
}

const BOUNCE: &str = "postfix/bounce[5]: PARENT: sender non-delivery notification: CHILD";
const FORWARD: &str = "postfix/local[6]: PARENT: to=<team@b.example>, relay=local, delay=0.2, delays=0.1/0/0/0.1, \
                       dsn=2.0.0, status=sent (forwarded as CHILD)";

#[test]
fn a_chain_of_forwards_is_one_message() {
    let log = opened("mx1", "AAAA01", "1@a.example")
        + &birth("AAAA01", "AAAA02", FORWARD, "1@a.example")
        + &removed("mx1", "AAAA01")
        + &child("AAAA02", "AAAA03", FORWARD, "1@a.example", "carl@c.example", "sent")
        + &removed("mx1", "AAAA02");
    for key in ["AAAA01", "AAAA02", "AAAA03", "1@a.example", "carl@c.example"] {
        assert_eq!(lives(&traced(&log, key)), [["AAAA01", "AAAA02", "AAAA03"]], "{key}");
    }
    let trace = traced(&log, "AAAA01");
    assert_eq!(fates(&trace.messages[0]), [("carl@c.example", "sent")]);
}

#[test]
fn what_a_message_waited_in_queues_before_counts_for_its_recipients() {
    let late = child("AAAA01", "AAAA02", FORWARD, "1@a.example", "carl@c.example", "sent")
        .replace("09:00:01 mx1 postfix/smtp[4]: AAAA02", "09:30:01 mx1 postfix/smtp[4]: AAAA02");
    let log = opened("mx1", "AAAA01", "1@a.example") + &late;
    let message = &traced(&log, "AAAA01").messages[0];
    assert_eq!(message.recipients[0].delay_s, Some(1801.0));
    // An attempt has the delay that the mail system tells.
    let sent = message.steps.iter().find(|step| step.what.raw() == "sent");
    assert_eq!(sent.and_then(|step| step.delay_s), Some(1.0));
}

#[test]
fn a_bounce_of_a_bounce_is_followed_to_its_end() {
    let log = opened("mx1", "BBBB01", "2@a.example")
        + &delivered("mx1", "BBBB01", "no@b.example", "bounced", "550 no")
        + &child("BBBB01", "BBBB02", BOUNCE, "n1@mx1.example", "a@a.example", "bounced")
        + &child("BBBB02", "BBBB03", BOUNCE, "n2@mx1.example", "postmaster@mx1.example", "sent")
        + &removed("mx1", "BBBB01");
    for key in ["BBBB01", "BBBB02", "BBBB03"] {
        assert_eq!(lives(&traced(&log, key)), [["BBBB01"], ["BBBB02"], ["BBBB03"]], "{key}");
    }
    let trace = traced(&log, "BBBB01");
    assert_eq!(fates(&trace.messages[0]), [("no@b.example", "bounced")]);
    let told = trace.messages[1].notification.as_ref().map(|(kind, of)| (kind.raw(), of.raw()));
    assert_eq!(told, Some(("non_delivery", "BBBB01")));
}

#[test]
fn a_loop_ends() {
    let log = opened("mx1", "CCCC01", "3@a.example")
        + &child("CCCC01", "CCCC02", FORWARD, "3@a.example", "x@b.example", "sent")
        + &child("CCCC02", "CCCC01", FORWARD, "3@a.example", "y@b.example", "sent")
        + &delivered("mx1", "CCCC02", "x@b.example", "sent", "250 Ok: queued as CCCC02");
    let trace = traced(&log, "CCCC01");
    assert!(!trace.messages.is_empty() && lives(&trace).concat().len() <= 3);
}

#[test]
fn the_picture_of_a_chain_has_one_way_into_each_of_its_entries() {
    let id = |at: usize| format!("{:06X}", 0xAB_0000 + at);
    let entry = |at: usize| {
        format!(
            "09:00:00 mx1 postfix/smtpd[{at}]: {0}: client=localhost[127.0.0.1]\n\
             09:00:00 mx1 postfix/cleanup[2]: {0}: message-id=<9@a.example>\n\
             09:00:00 mx1 postfix/qmgr[3]: {0}: from=<a@a.example>, size=120, nrcpt=1 (queue active)\n{1}{2}",
            id(at),
            delivered("mx1", &id(at), "b@b.example", "sent", &format!("250 Ok: queued as {}", id(at + 1))),
            removed("mx1", &id(at)),
        )
    };
    let trace = traced(&(0..40).map(entry).collect::<String>(), &id(0));
    let way = &trace.messages[0].way;
    let mut to: Vec<usize> = way.hops.iter().map(|hop| hop.to).collect();
    to.sort_unstable();
    assert_eq!((trace.messages[0].queue.len(), to), (40, (1..=41).collect()), "{way:?}");
    assert!(way.hops.iter().all(|hop| hop.outcome.raw() != "handed on"));
}

#[test]
fn what_a_filter_gives_back_is_the_same_message() {
    let back = "09:00:01 mx1 postfix/smtpd[7]: DDDD02: client=localhost[127.0.0.1]\n\
                09:00:01 mx1 postfix/cleanup[2]: DDDD02: message-id=<4@a.example>\n\
                09:00:01 mx1 postfix/qmgr[3]: DDDD02: from=<a@a.example>, size=120, nrcpt=1 (queue active)\n";
    let end = delivered("mx1", "DDDD02", "b@b.example", "sent", "250 Ok") + &removed("mx1", "DDDD02");
    for reply in ["250 Ok: queued as DDDD02", "250 Ok"] {
        let log = opened("mx1", "DDDD01", "4@a.example")
            + back
            + &delivered("mx1", "DDDD01", "b@b.example", "sent", reply)
            + &removed("mx1", "DDDD01")
            + &end;
        let trace = traced(&log, "DDDD01");
        assert_eq!(lives(&trace), [["DDDD01", "DDDD02"]], "{reply}");
        assert_eq!(fates(&trace.messages[0]).last(), Some(&("b@b.example", "sent")), "{reply}");
    }
}

#[test]
fn a_message_is_followed_from_host_to_host() {
    let first = opened("mx1", "EEEE01", "5@a.example")
        + &delivered("mx1", "EEEE01", "b@b.example", "sent", "250 2.0.0 Ok: queued as 4FFF02")
        + &removed("mx1", "EEEE01");
    let second = opened("mx2", "4FFF02", "5@a.example").replace("192.0.2.10", "192.0.2.1")
        + &delivered("mx2", "4FFF02", "b@b.example", "bounced", "550 no such user")
        + &removed("mx2", "4FFF02");
    for key in ["EEEE01", "4FFF02", "<5@a.example>", "b@b.example"] {
        let trace = traced_in(&[&first, &second], key, 50);
        assert_eq!(lives(&trace), [["EEEE01", "4FFF02"]], "{key}");
        assert_eq!(fates(&trace.messages[0]), [("b@b.example", "bounced")], "{key}");
    }
}

#[test]
fn the_same_short_id_on_another_host_is_another_message() {
    let first = opened("mx1", "AB12CD", "6@a.example") + &delivered("mx1", "AB12CD", "b@b.example", "sent", "250");
    let second =
        opened("mx2", "AB12CD", "7@a.example") + &delivered("mx2", "AB12CD", "c@b.example", "sent", "250");
    let trace = traced_in(&[&first, &second], "6@a.example", 50);
    assert_eq!(trace.messages.len(), 1);
    assert_eq!(traced_in(&[&first, &second], "AB12CD", 50).messages.len(), 2);
}

#[test]
fn an_id_used_again_within_a_second_is_another_life() {
    let life = |message_id: &str, to: &str| {
        opened("mx1", "ABAB01", message_id)
            + &delivered("mx1", "ABAB01", to, "sent", "250 Ok").replace("09:00:01", "09:00:00")
            + &removed("mx1", "ABAB01").replace("09:00:02", "09:00:00")
    };
    let log = life("8@a.example", "x@b.example") + &life("9@a.example", "y@b.example");
    let trace = traced(&log, "9@a.example");
    assert_eq!(lives(&trace), [["ABAB01"]]);
    assert_eq!(fates(&trace.messages[0]), [("y@b.example", "sent")]);
    assert_eq!(traced(&log, "ABAB01").messages.len(), 2);
}

#[test]
fn t1_a_forged_phrase_makes_no_step_and_no_link() {
    // A server of a stranger's names an entry of ours; a sender puts a whole outcome into the Message-ID.
    let log = opened("mx1", "FACE01", "10@a.example")
        + &opened("mx1", "FACE02", "11@a.example")
        + &delivered("mx1", "FACE01", "b@b.example", "sent", "250 Ok: queued as FACE02")
        + &opened("mx1", "FACE03", "x> FACE01: to=<forged@b.example>, relay=x, delay=1, status=bounced (no)");
    let trace = traced(&log, "FACE01");
    assert_eq!(lives(&trace), [["FACE01"]]);
    assert_eq!(fates(&trace.messages[0]), [("b@b.example", "sent")]);
    assert_eq!(whats(&trace.messages[0].steps), ["accepted", "queued", "sent"]);
    assert!(traced(&log, "forged@b.example").messages.iter().all(|message| message.recipients.is_empty()));
}

#[test]
fn a_stranger_who_uses_a_message_id_again_later_sends_a_message_of_his_own() {
    let log = opened("mx1", "ABCD01", "12@a.example")
        + &delivered("mx1", "ABCD01", "b@b.example", "sent", "250 Ok")
        + &removed("mx1", "ABCD01")
        + &opened("mx1", "ABCD02", "12@a.example").replace("09:00:00", "09:30:00");
    assert_eq!(lives(&traced(&log, "ABCD01")), [["ABCD01"]]);
    assert_eq!(lives(&traced(&log, "12@a.example")), [["ABCD01"], ["ABCD02"]]);
}

const STORE: &str = "09:00:01 store dovecot: lmtp(b@b.example)<7><aBcDeFgHiJkL>: msgid=<13@a.example>: saved mail to INBOX
                     09:00:05 store dovecot: imap-login: Login: user=<b@b.example>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1, mpid=8, TLS, session=<SeSsIoN1>
                     09:00:06 store dovecot: imap(b@b.example)<8><SeSsIoN1>: Logged out in=10 out=20
                     09:00:07 store dovecot: imap-login: Disconnected: Connection closed (auth failed, 2 attempts in 2 secs): user=<b@b.example>, method=PLAIN, rip=203.0.113.8, lip=192.0.2.1, TLS, session=<SeSsIoN2>";

#[test]
fn a_message_is_followed_into_the_mailbox_and_its_owner_with_it() {
    let mx = opened("mx1", "ABBA01", "13@a.example")
        + &delivered("mx1", "ABBA01", "b@b.example", "sent", "250 2.0.0 <b@b.example> aBcDeFgHiJkL Saved")
        + &removed("mx1", "ABBA01");
    let trace = traced_in(&[&mx, STORE], "ABBA01", 50);
    let steps = whats(&trace.messages[0].steps);
    assert!(steps.contains(&"delivered to the mailbox"), "{steps:?}");
    let trace = traced_in(&[&mx, STORE], "b@b.example", 50);
    assert_eq!((trace.messages.len(), trace.sessions.len()), (1, 2));
    assert_eq!(whats(&trace.sessions[0].steps), ["logged in", "disconnected"]);
    assert_eq!(whats(&trace.sessions[1].steps), ["login failed"]);
    assert_eq!(lives(&traced_in(&[&mx, STORE], "aBcDeFgHiJkL", 50)), [["ABBA01"]]);
    assert_eq!(traced_in(&[&mx, STORE], "SeSsIoN1", 50).sessions.len(), 1);
    let alone = traced_in(&[STORE], "<13@a.example>", 50);
    assert_eq!(fates(&alone.messages[0]), [("b@b.example", "saved")]);
}

#[test]
fn a_client_is_followed_by_address_network_and_part() {
    let log = "09:00:00 mx1 postfix/smtpd[1]: connect from mail.a.example[192.0.2.10]\n".to_owned()
        + &opened("mx1", "ACDC01", "14@a.example")
        + "09:00:03 mx1 postfix/smtpd[1]: NOQUEUE: reject: RCPT from mail.a.example[192.0.2.10]: 550 5.1.1 <z@b.example>: Recipient address rejected: User unknown; from=<a@a.example> to=<z@b.example> proto=ESMTP helo=<a.example>\n\
           09:00:04 mx1 postfix/smtpd[1]: lost connection after RCPT from mail.a.example[192.0.2.10]\n\
           09:00:04 mx1 postfix/smtpd[1]: disconnect from mail.a.example[192.0.2.10]\n";
    for key in ["192.0.2.10", "192.0.2.0/24", "192.0.2."] {
        let trace = traced(&log, key);
        assert_eq!(lives(&trace), [["ACDC01"]], "{key}");
        assert_eq!(
            whats(&trace.sessions[0].steps),
            ["connected", "accepted", "rejected", "connection lost"],
            "{key}"
        );
    }
    assert_eq!(whats(&traced(&log, "z@b.example").sessions[0].steps)[2], "rejected");
    assert_eq!(traced(&log, "198.51.100.0/24").kind, None);
}

#[test]
fn a_part_of_a_key_is_enough_where_nothing_has_the_whole() {
    let log = opened("mx1", "DEAD0123BEEF", "15@a.example");
    let trace = traced(&log, "AD0123");
    assert_eq!((trace.exact, trace.kind), (false, Some("queue id")));
    assert_eq!(lives(&trace), [["DEAD0123BEEF"]]);
    assert_eq!(lives(&traced(&log, "15@a")), [["DEAD0123BEEF"]]);
    assert_eq!(lives(&traced(&log, "*@a.example")), [["DEAD0123BEEF"]]);
    assert_eq!(traced(&log, "x' OR 1 = 1 --").kind, None);
}

#[test]
fn a_subject_is_found_where_it_is_logged() {
    let log = opened("mx1", "DADA01", "16@a.example")
        + "09:00:00 mx1 postfix/cleanup[2]: DADA01: info: header Subject: Minutes of Monday from mail.a.example[192.0.2.10]; from=<a@a.example> to=<b@b.example> proto=ESMTP helo=<x>\n";
    assert_eq!(lives(&traced(&log, "minutes of")), [["DADA01"]]);
}

#[test]
fn of_many_the_latest_are_shown() {
    let log: String = (10..30).map(|n| opened("mx1", &format!("ADD{n}"), &format!("{n}@many.example"))).collect();
    let trace = traced_in(&[&log], "a@a.example", 5);
    assert_eq!((trace.messages.len(), trace.total), (5, 20));
    assert_eq!(lives(&trace)[4], ["ADD29"]);
}

#[test]
fn of_more_messages_than_are_followed_none_is_lost_without_a_word() {
    let name = |at: usize| format!("{at}@many.example");
    let arrival =
        |at: usize| opened("mx", &format!("AB{at:05}"), &name(at)) + &removed("mx", &format!("AB{at:05}"));
    let arrivals: String = (0..2_100).map(arrival).collect();
    let all = traced_in(&[&arrivals], "many.example", 5_000);
    assert_eq!((all.messages.len(), all.shown(), all.total), (2_100, 2_100, 2_100));
    let latest = traced_in(&[&arrivals], "many.example", 10);
    assert_eq!((latest.shown(), latest.total), (10, 2_100));
    let births = (0..2_100).map(|at| birth("AB00000", &format!("CD{at:05}"), BOUNCE, &name(at)));
    let of_one = opened("mx1", "AB00000", "list@x") + &births.collect::<String>();
    let list = traced_in(&[&of_one], "list@x", 5_000);
    assert_eq!((list.shown(), list.total), (2_001, 2_101));
    let latest = traced_in(&[&of_one], "a.example", 1);
    assert_eq!((latest.shown(), latest.total), (1, 2_101), "what is tied counts once");
}

#[test]
fn each_step_has_its_line_and_the_delay_of_the_mail_system() {
    let log =
        opened("mx1", "ADA001", "17@a.example") + &delivered("mx1", "ADA001", "b@b.example", "sent", "250 Ok");
    let trace = traced(&log, "ADA001");
    let message = &trace.messages[0];
    for step in &message.steps {
        let line = step.line.as_ref().map_or("", Text::raw);
        assert!(line.contains("ADA001") && step.program.is_some() && step.offset.is_some(), "{step:?}");
    }
    assert_eq!(message.steps.last().and_then(|step| step.delay_s), Some(1.0));
    assert_eq!(message.recipients[0].delay_s, Some(1.0));
    assert!(message.way.hops.iter().any(|hop| hop.outcome.raw() == "sent"));
}

#[test]
fn a_key_that_cannot_be_one_is_refused() {
    let refused = |key: &str, kind: Option<Kind>| {
        check(&Request { key, kind, span: Span::ALL, limit: 1 }).map_err(|error| error.exit())
    };
    assert_eq!(refused(" ", None), Err(Exit::Usage));
    assert_eq!(refused(&"x".repeat(5_000), None), Err(Exit::Usage));
    assert_eq!(refused("192.0.2.1", Some(Kind::Network)), Err(Exit::Usage));
    assert_eq!(refused("192.0.2.1", None), Ok(()));
}
