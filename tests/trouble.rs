//! What does not work is told by what the programs complain of: which part, how bad, and what can be done.

use crate::support::program::Test;
use std::fmt::Write as _;

/// The classes of trouble that a report finds in lines of one host, with their states.
fn found(lines: &[(&str, usize)]) -> Vec<String> {
    let mut log = String::new();
    for (line, times) in lines {
        for second in 0..*times {
            let _ = writeln!(log, "Nov 24 09:{:02}:{:02} mx1 {line}", second / 60, second % 60);
        }
    }
    let report = Test::new("report mail.log --format json").file("mail.log", log).any_stdout().run().json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let troubles = findings.filter(|finding| finding["rule"] == "component-trouble");
    troubles.map(|one| format!("{} {}", one["state"], one["labels"]["class"]).replace('"', "")).collect()
}

#[test]
fn one_notice_of_a_full_disk_is_critical() {
    let full =
        "postfix/smtpd[1]: warning: not enough free space in mail queue: 8192 bytes < 1.5*message size limit";
    assert_eq!(found(&[(full, 1)]), ["critical disk-full"]);
}

#[test]
fn what_a_restart_leaves_is_told_when_it_goes_on_and_critical_when_it_stays() {
    let auth = "postfix/smtpd[1]: warning: SASL: Connect to Dovecot auth socket 'private/auth' failed: Connection refused";
    assert_eq!(found(&[(auth, 2)]), [""; 0]);
    assert_eq!(found(&[(auth, 3)]), ["warning auth-down"]);
    assert_eq!(found(&[(auth, 21)]), ["critical auth-down"]);
}

#[test]
fn each_system_has_words_of_its_own_for_a_trouble() {
    let lines = [
        (
            "dovecot: lmtp(anna)<7><s>: Error: Mailbox INBOX: Saving mail: write(/srv/a) failed: Read-only file system",
            1,
        ),
        ("dovecot: auth: Error: ldap(anna,192.0.2.7): Can't connect to server: ldap.example.org", 30),
        ("dovecot: master: Error: service(imap-login): command startup failed, throttling for 2.000 secs", 1),
        ("slapd[9]: do_syncrepl: rid=001 rc -1 retrying", 3),
        ("postfix/smtpd[1]: warning: connect to Milter service inet:127.0.0.1:8891: Connection refused", 4),
        ("dovecot: master: Warning: Time moved backwards by 3.000000 seconds", 1),
    ];
    let expected = [
        "critical directory-down",
        "critical does-not-start",
        "critical disk-failed",
        "warning filter-down",
        "warning replication",
        "warning clock",
    ];
    let mut told = found(&lines);
    told.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn what_looks_like_trouble_and_is_none_is_not_told() {
    let lines = [
        (
            "dovecot: doveadm(anna): Error: net_connect_unix(/run/dovecot/stats-writer) failed: Permission denied",
            30,
        ),
        ("dovecot: auth: Error: ldap(ldap://ldap.example.org): Connection lost to LDAP server, reconnecting", 30),
        ("dovecot: master: Warning: Time moved forwards by 0.100052 seconds - adjusting timeouts.", 30),
        ("kernel: [812345.2] I/O error, dev sr0, sector 0", 30),
        ("postfix/smtp[1]: warning: no MX host for example.net has a valid address record", 30),
        (
            "postfix/smtpd[1]: warning: TLS library problem: error:0A000418:SSL routines::tlsv1 alert unknown ca:x.c:1:SSL alert number 48:",
            30,
        ),
    ];
    assert_eq!(found(&lines), [""; 0]);
}

#[test]
fn t1_no_stranger_raises_an_alarm() {
    let lines = [
        "postfix/smtpd[1]: warning: Illegal address syntax from unknown[192.0.2.7] in RCPT command: <a>: No space left on device",
        "postfix/smtpd[1]: warning: non-SMTP command from unknown[192.0.2.7]: connect to Milter service x: Connection refused",
        "postfix/smtpd[1]: warning: hostname watchdog timeout does not resolve to address 192.0.2.7: Name or service not known",
        "postfix/smtpd[1]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: no SASL authentication mechanisms, sasl_username=no SASL authentication mechanisms",
        "postfix/smtpd[1]: warning: Illegal address syntax from unknown[192.0.2.7] in MAIL command: <x: line 1: bad y>",
        "postfix/smtpd[1]: warning: Illegal address syntax from unknown[192.0.2.7] in RCPT command: <x>: table lookup problem",
        "dovecot: lmtp(anna): Error: sieve: msgid=<Disconnected from auth server@example.net>: failed to redirect message to <a@example.net>",
        "dovecot: lmtp(1): Error: lmtp-server: conn unix:pid=1,uid=102 [4]: rcpt \"Disconnected from auth server\"@example.org: Failed to lookup user",
        "postfix/smtp[1]: 3FA1B2C3D4: to=<b@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, delays=0/0/1/0, dsn=4.3.1, status=deferred (host mx.example.net[192.0.2.9] said: 452 4.3.1 No space left on device (in reply to MAIL FROM command))",
        "dovecot: lmtp(1): Error: user \"a: No space left on device\"@example.org: Auth lookup came to nothing",
    ];
    assert_eq!(found(&lines.map(|line| (line, 30))), [""; 0]);
}

#[test]
fn a_grammar_of_ones_own_has_troubles_of_its_own() {
    let grammar = "system = 'queued'\nabout = 'a queue'\n[programs]\nnames = ['queued']\n\n\
        [[trouble]]\nclass = 'brakes'\ntext = 'the brakes are {-:rest}'\nsamples = ['the brakes are hot']\n\n\
        [[pattern]]\nname = 'complaint'\nroles = ['notice']\ntext = '{severity=warning}: {text:rest}'\n\
        samples = [{ line = 'warning: hot', is = { severity = 'warning', text = 'hot' } }]\n";
    let test = Test::new("--library own report mail.log --format text").file("own/grammars/queued.toml", grammar);
    let done =
        test.file("mail.log", "Nov 24 09:00:00 mx1 queued[1]: warning: the brakes are hot\n").any_stdout().run();
    let told = String::from_utf8_lossy(done.stdout()).into_owned();
    for words in
        ["warning  A part of the mail system does not work", "1 line says so on mx1", "the brakes are hot"]
    {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn troubles_prove_themselves() {
    let grammar = "system = 'queued'\nabout = 'a queue'\n[programs]\nnames = ['queued']\n\n\
        [[trouble]]\nclass = 'brakes'\ntext = 'the brakes {-:rest}'\nsamples = ['no brakes']\nnear = ['the brakes hold']\n\n\
        [[trouble]]\nclass = 'wheels'\ntext = 'the brakes {-:rest}'\n";
    let checked =
        Test::new("--library own grammar check").file("own/grammars/queued.toml", grammar).status(78).any_stdout();
    let done = checked.any_stderr().run();
    let told = format!("{}{}", String::from_utf8_lossy(done.stdout()), String::from_utf8_lossy(done.stderr()));
    for words in [
        "own/grammars/queued.toml:7: brakes: its sample `no brakes` does not tell of it",
        "brakes: the near miss `the brakes hold` tells of it",
        "wheels: has no sample",
        "wheels: is never told: the same texts tell of `brakes`",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// What a rule finds in a log: its labels and its message.
fn told(rule: &str, log: &str) -> Vec<String> {
    let report = Test::new("report mail.log --format json").file("mail.log", log).any_stdout().run().json();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .filter(|one| one["rule"] == rule)
        .map(|one| format!("{}: {}", one["labels"], one["message"]))
        .collect()
}

/// Attempts to deliver by an agent, each to a recipient of its own.
fn attempts(agent: &str, domains: usize, count: usize, what: &str) -> String {
    (0..count).fold(String::new(), |mut log, at| {
        let _ = writeln!(
            log,
            "Nov 24 09:02:{:02} mx1 postfix/{agent}[7]: A{at:05}: to=<u{at}@d{}.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, {what}",
            at % 60,
            at % domains,
        );
        log
    })
}

const REFUSED: &str = "status=deferred (connect to mx1.example.org[private/dovecot-lmtp]: Connection refused)";

#[test]
fn an_agent_that_delivers_nothing_is_told_with_the_last_reply() {
    let found = told("no-delivery", &attempts("lmtp", 1, 12, REFUSED));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("private/dovecot-lmtp]: Connection refused") && found[0].contains("lmtp on mx1"),
        "{found:?}"
    );
    let sent = attempts("lmtp", 1, 1, "status=sent (250 2.0.0 Saved)");
    assert_eq!(told("no-delivery", &(attempts("lmtp", 1, 12, REFUSED) + &sent)), [""; 0]);
}

#[test]
fn others_that_are_down_full_or_slow_to_trust_are_no_fault_of_the_agent() {
    let down = "status=deferred (connect to mx.example.net[192.0.2.9]:25: Connection timed out)";
    assert_eq!(told("no-delivery", &attempts("smtp", 1, 30, down)), [""; 0]);
    assert_eq!(told("no-delivery", &attempts("smtp", 3, 30, down)).len(), 1);
    let later = attempts("smtp", 3, 30, down).replace("delay=1,", "delay=90000,");
    assert_eq!(told("no-delivery", &later), [""; 0]);
    for said in ["450 4.2.0 Greylisted", "452 4.2.2 Mailbox full"] {
        let said = format!("status=deferred (host mx.example.net[192.0.2.9] said: {said})");
        let attempts = attempts("smtp", 3, 30, &said).replace("relay=none", "relay=mx.example.net[192.0.2.9]:25");
        assert_eq!(told("no-delivery", &attempts.replace("dsn=4.4.1", "dsn=4.2.0")), [""; 0]);
    }
}

#[test]
fn a_program_that_gave_up_is_named_with_its_last_words() {
    let log = "Nov 24 09:00:00 mx1 postfix/qmgr[7]: fatal: the queue cannot be opened\n";
    let found = told("gave-up", log);
    assert!(
        found.len() == 1 && found[0].contains("qmgr on mx1") && found[0].contains("the queue cannot be opened"),
        "{found:?}"
    );
    let known = "Nov 24 09:00:00 mx1 postfix/smtpd[7]: fatal: no SASL authentication mechanisms\n";
    assert_eq!(told("gave-up", known), [""; 0]);
}

/// Connections that break off after STARTTLS, each at its own minute, of some clients.
fn handshakes(count: usize, clients: usize) -> String {
    (0..count).fold(String::new(), |mut log, at| {
        let (minute, client) = (at % 60, format!("c{0}.example[192.0.2.{0}]", at % clients));
        for (second, text) in [
            (1, format!("connect from {client}")),
            (2, format!("lost connection after STARTTLS from {client}")),
            (2, format!("disconnect from {client} ehlo=1 starttls=0/1 commands=1/2")),
        ] {
            let _ = writeln!(log, "Nov 24 09:{minute:02}:{second:02} mx1 postfix/smtpd[{}]: {text}", 100 + at);
        }
        log
    })
}

#[test]
fn a_service_of_which_nobody_gets_through_starttls_is_told() {
    let found = told("tls-fails", &handshakes(30, 7));
    assert!(
        found.len() == 1 && found[0].contains("30 connections to smtp on mx1") && found[0].contains("7 clients")
    );
    assert_eq!(told("tls-fails", &handshakes(30, 3)), [""; 0], "few clients");
    assert_eq!(told("tls-fails", &handshakes(20, 7)), [""; 0], "few connections");
    let through = "Nov 24 10:00:01 mx1 postfix/smtpd[9]: connect from c.example[192.0.2.99]\nNov 24 10:00:02 mx1 postfix/smtpd[9]: disconnect from c.example[192.0.2.99] ehlo=2 starttls=1 quit=1 commands=4\n";
    assert_eq!(told("tls-fails", &(handshakes(30, 7) + through)), [""; 0], "one of thirty-one got through");
}
