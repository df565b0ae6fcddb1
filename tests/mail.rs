//! Mailing a report: the message, its way to a server, and what happens when that fails.

use crate::cli::LOG;
use crate::support::program::{Test, program, write};
use crate::support::sink::{Manner, Sink};
use crate::support::skip;
use mailtrail::address::Mailbox;
use mailtrail::deliver::smtp;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

/// A machine with a log, a configuration and a state folder, on which mails are sent one after the other.
struct Machine {
    test: Test,
}

const SEND: &str = "send mail.log --config mailtrail.toml --state state --on 2026-11-24";

impl Machine {
    fn new(args: &str, mail: &str) -> Self {
        let config = format!("[mail]\nfrom = 'mailtrail@mx1.example'\nto = 'postmaster@example.org'\n{mail}\n");
        Self { test: Test::new(args).file("mail.log", LOG).file("mailtrail.toml", config) }
    }

    fn to(sink: &Sink, more: &str) -> Self {
        Self::new(SEND, &format!("host = '127.0.0.1'\nport = {}\n{more}", sink.port))
    }

    fn run(&self) -> Output {
        self.test.command().output().expect("the program runs")
    }

    fn configure(&self, mail: &str) {
        let config = format!("[mail]\nfrom = 'mailtrail@mx1.example'\nto = 'postmaster@example.org'\n{mail}\n");
        fs::write(self.test.folder().join("mailtrail.toml"), config).expect("it is written");
    }

    fn in_spool(&self, part: &str) -> usize {
        fs::read_dir(self.test.folder().join("state/mail").join(part)).map_or(0, Iterator::count)
    }
}

fn ends_with(output: &Output, status: i32, said: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{told}");
    assert!(told.contains(said), "{said:?} is not in {told:?}");
}

fn header<'a>(message: &'a [u8], name: &str) -> &'a str {
    let text = std::str::from_utf8(message).expect("it is ASCII");
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let line = head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
}

#[test]
fn a_report_is_sent_once() {
    let sink = Sink::new(Manner::Takes);
    let machine = Machine::to(&sink, "tls = 'none'");
    ends_with(&machine.run(), 0, "");
    ends_with(&machine.run(), 0, "");
    let messages = sink.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(header(&messages[0], "Subject"), "[mailtrail] mx1 2026-11-24: ok, 1 delivered");
    assert_eq!(header(&messages[0], "To"), "postmaster@example.org");
    assert_eq!(header(&messages[0], "Auto-Submitted"), "auto-generated");
    assert_eq!((machine.in_spool("waiting"), machine.in_spool("sent")), (0, 1));
}

#[test]
fn what_is_sent_is_what_a_dry_run_shows() {
    let sink = Sink::new(Manner::Takes);
    let machine = Machine::to(&sink, "tls = 'none'");
    ends_with(&machine.run(), 0, "");
    let shown = machine.test.command().arg("--dry-run").output().expect("it runs").stdout;
    let without_date = |message: &[u8]| {
        let text = String::from_utf8(message.to_vec()).expect("it is ASCII");
        text.split("\r\n").filter(|line| !line.starts_with("Date: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    // What was sent is not compared with itself: the figures of the run are those of a report that has none before.
    assert_eq!(without_date(&sink.messages()[0]), without_date(&shown));
}

#[test]
fn a_message_that_would_not_be_sent_is_shown_with_the_reason() {
    let dry = |more: &str, told: &str| {
        let test = Test::new(&format!("send mail.log --state state --dry-run --to a@b.example {more}"));
        test.file("mail.log", LOG).any_stdout().stderr(told).run();
    };
    let why = "its verdict is ok, and mail is wanted from critical on";
    dry("--when critical", &format!("mailtrail: this would not be sent: {why}\n"));
    dry("--when critical --quiet", "");
    dry("--when critical --on 2026-11-20", "");
    dry("", "");
}

#[test]
fn a_mail_waits_for_a_server_that_is_down_and_goes_out_once() {
    let machine = Machine::new(SEND, "host = '127.0.0.1'\nport = 1\ntls = 'none'");
    ends_with(&machine.run(), 69, "could not be sent, and waits: 127.0.0.1:1: connect:");
    assert_eq!(machine.in_spool("waiting"), 1);
    let sink = Sink::new(Manner::Takes);
    machine.configure(&format!("host = '127.0.0.1'\nport = {}\ntls = 'none'", sink.port));
    ends_with(&machine.run(), 0, "");
    ends_with(&machine.run(), 0, "");
    assert_eq!((sink.messages().len(), machine.in_spool("waiting")), (1, 0));
}

#[test]
fn a_crash_between_acceptance_and_record_sends_the_same_message_again() {
    let client = Arc::new(Mutex::new(None));
    let sink = Sink::new(Manner::Kills(client.clone()));
    let machine = Machine::to(&sink, "tls = 'none'");
    let held = client.lock();
    let mut child = machine.test.command().spawn().expect("it starts");
    *held.expect("nobody panicked") = Some(child.id());
    assert!(!child.wait().expect("it ends").success());
    assert_eq!((sink.messages().len(), machine.in_spool("waiting")), (1, 1));
    ends_with(&machine.run(), 0, "");
    ends_with(&machine.run(), 0, "");
    let messages = sink.messages();
    assert_eq!(messages.len(), 2, "once before the crash, once after it");
    assert_eq!(header(&messages[0], "Message-ID"), header(&messages[1], "Message-ID"));
    assert_eq!(messages[0], messages[1]);
}

#[test]
fn a_refusal_is_told_and_does_not_loop() {
    let sink = Sink::new(Manner::Refuses("550 5.1.1 \x1b[31m no such user"));
    let machine = Machine::to(&sink, "tls = 'none'");
    let output = machine.run();
    ends_with(&output, 65, "was refused");
    assert!(!output.stderr.contains(&0x1b));
    assert_eq!((machine.in_spool("waiting"), machine.in_spool("failed")), (0, 1));
}

#[test]
fn t22_servers_that_drip_or_babble_are_left() {
    for manner in [Manner::Drips, Manner::Babbles] {
        let machine = Machine::to(&Sink::new(manner), "tls = 'none'\ntimeout = '2 s'");
        ends_with(&machine.run(), 69, "greeting:");
    }
}

#[test]
fn t23_nothing_is_sent_where_starttls_is_missing_or_interrupted() {
    let stripped = Sink::new(Manner::Takes);
    ends_with(&Machine::to(&stripped, "tls = 'starttls'").run(), 69, "does not offer it; nothing was sent");
    let injected = Sink::new(Manner::Interrupts);
    ends_with(&Machine::to(&injected, "tls = 'starttls'").run(), 69, "before the connection was secret");
    for sink in [stripped, injected] {
        assert!(sink.messages().is_empty() && sink.heard().iter().all(|line| !line.starts_with("MAIL")));
    }
}

#[test]
fn without_tls_only_this_machine_is_spoken_to() {
    let machine = Machine::new(SEND, "host = '192.0.2.1'\ntls = 'none'");
    ends_with(&machine.run(), 69, "192.0.2.1 is not this machine, and `tls` is `none`");
}

/// A certificate for a name and its key, made by openssl; nothing where that is not there.
fn certificate(folder: &Path, name: &str, test: &str) -> Option<Arc<ServerConfig>> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=sink", "-addext"])
        .arg(format!("subjectAltName={name}"))
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&cert)
        .arg("-keyout")
        .arg(&key)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        skip(test, "openssl is not there");
        return None;
    }
    let certs = vec![CertificateDer::from_pem_file(cert).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth().with_single_cert(certs, key);
    Some(Arc::new(config.expect("they fit")))
}

const SECRET: &str = "marker-7f3a-secret";

#[test]
fn t20_a_password_goes_over_tls_and_nowhere_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(tls) = certificate(folder.path(), "IP:127.0.0.1", "t20") else { return };
    let sink = Sink::with(Manner::Takes, Some(tls));
    let ca = folder.path().join("cert.pem");
    let machine =
        Machine::to(&sink, &format!("user = 'mx1'\npassword_file = 'secret'\nca_file = '{}'", ca.display()));
    write(&machine.test.folder().join("secret"), format!("{SECRET}\n").as_bytes(), 0);
    let credentials = machine.test.folder().to_owned();
    let sent =
        machine.test.command().env("CREDENTIALS_DIRECTORY", credentials).arg("-vv").output().expect("it runs");
    ends_with(&sent, 0, "was sent");
    assert_eq!(sink.messages().len(), 1);
    let auth = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("\0mx1\0{SECRET}"));
    let heard = sink.heard();
    let at = |what: &str| heard.iter().position(|line| line.starts_with(what)).expect(what);
    assert_eq!(heard[at("AUTH")], format!("AUTH PLAIN {auth}"));
    assert!(at("STARTTLS") < at("AUTH"), "no password before TLS");
    let show = Command::new(machine.test.command().get_program())
        .args(["config", "show", "--config", "mailtrail.toml"])
        .current_dir(machine.test.folder())
        .output()
        .expect("it runs");
    let mut told = [sent.stdout, sent.stderr, show.stdout, show.stderr].concat();
    told.extend(fs::read(machine.test.folder().join("mailtrail.toml")).expect("it is there"));
    for part in ["waiting", "sent", "failed"] {
        for entry in fs::read_dir(machine.test.folder().join("state/mail").join(part)).expect("a folder").flatten()
        {
            told.extend(fs::read(entry.path()).expect("it is read"));
        }
    }
    let told = String::from_utf8_lossy(&told);
    assert!(!told.contains(SECRET) && !told.contains(&auth), "the password stands somewhere");
}

#[test]
fn t23_a_certificate_is_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(tls) = certificate(folder.path(), "DNS:other.example", "t23") else { return };
    let ca = folder.path().join("cert.pem");
    let unknown = Sink::with(Manner::Takes, Some(tls.clone()));
    ends_with(&Machine::to(&unknown, "tls = 'starttls'").run(), 69, "its certificate is of no known authority");
    let other = Sink::with(Manner::Takes, Some(tls));
    let machine = Machine::to(&other, &format!("tls = 'starttls'\nca_file = '{}'", ca.display()));
    ends_with(&machine.run(), 69, "its certificate is for another name");
    assert!(unknown.messages().is_empty() && other.messages().is_empty());
}

/// A command that takes mail: it keeps its arguments and what it is given, and ends so.
fn sendmail(folder: &Path, status: i32) {
    use std::os::unix::fs::PermissionsExt;
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" > '{0}/args'\ncat > '{0}/message'\necho 'said so' >&2\nexit {status}\n",
        folder.display()
    );
    let path = folder.join("sendmail");
    fs::write(&path, script).expect("it is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
}

#[test]
fn the_machines_own_command_takes_mail_too() {
    let machine = Machine::new(SEND, "sendmail = './sendmail'");
    sendmail(machine.test.folder(), 75);
    ends_with(&machine.run(), 69, "could not be sent, and waits: ./sendmail: said so");
    sendmail(machine.test.folder(), 0);
    ends_with(&machine.run(), 0, "");
    let read = |name: &str| fs::read_to_string(machine.test.folder().join(name)).expect("it was run");
    assert_eq!(read("args"), "-i\n-t\n-f\nmailtrail@mx1.example\n");
    assert!(read("message").contains("\nTo: postmaster@example.org\n") && !read("message").contains('\r'));
    sendmail(machine.test.folder(), 67);
    fs::remove_dir_all(machine.test.folder().join("state")).expect("it is there");
    ends_with(&machine.run(), 65, "was refused");
}

#[test]
fn nothing_is_mailed_that_is_not_wanted() {
    let sink = Sink::new(Manner::Takes);
    let machine = Machine::to(&sink, "tls = 'none'\nwhen = 'warning'");
    ends_with(&machine.run(), 0, "");
    assert!(sink.messages().is_empty());
}

#[test]
fn without_a_recipient_nothing_is_read() {
    Test::new("send no-such.log --state state").status(64).stderr_golden("cli/send-to-nobody.stderr.txt").run();
}

/// What Python's `email` sees of a message: its headers, and its parts with their types.
fn seen_by_python(message: &[u8], test: &str) -> Option<serde_json::Value> {
    const SCRIPT: &str = "import email, email.policy, json, sys\n\
        m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)\n\
        parts = [p.get_content_type() for p in m.walk()]\n\
        text = m.get_body(('plain',)).get_content()\n\
        print(json.dumps({'names': m.keys(), 'to': str(m['to']), 'subject': str(m['subject']), 'parts': parts,\n\
        'defects': [str(d) for p in m.walk() for d in p.defects], 'text': text}))\n";
    let child = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        skip(test, "python3 is not there");
        return None;
    };
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), message).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Some(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}

#[test]
fn t12_another_parser_sees_only_the_headers_that_we_meant() {
    let evil = "x\r\nBcc: victim@example.net\r\n\r\nbody";
    let log = LOG.replace(" mx1 ", " mx1=?utf-8?q?=0d=0aBcc:v@x.example?= ");
    let test =
        Test::new("send mail.log --state state --dry-run --to Jörg<jörg@münchen.example> --from a@b.example")
            .arg("--domain")
            .arg(evil)
            .file("mail.log", log)
            .any_stdout()
            .any_stderr();
    let done = test.run();
    let Some(seen) = seen_by_python(done.stdout(), "t12") else { return };
    let names = [
        "From",
        "Subject",
        "Date",
        "To",
        "Message-ID",
        "Auto-Submitted",
        "List-Id",
        "MIME-Version",
        "Content-Type",
    ];
    let mut seen_names: Vec<&str> =
        seen["names"].as_array().expect("a list").iter().filter_map(serde_json::Value::as_str).collect();
    seen_names.sort_unstable();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(seen_names, expected);
    assert_eq!(seen["to"], "Jörg <jörg@xn--mnchen-3ya.example>");
    assert_eq!(
        seen["parts"],
        serde_json::json!(["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/html"])
    );
    assert_eq!(seen["defects"], serde_json::json!([]));
    let text = seen["text"].as_str().expect("it is text");
    let wide: Vec<&str> = text.lines().filter(|line| unicode_width::UnicodeWidthStr::width(*line) > 72).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn t12_what_looks_like_an_encoded_word_arrives_as_it_stands() {
    let prefix = "=?utf-8?q?forged?= ü =?utf-8?b?Zm9yZ2Vk?=";
    let machine = Machine::new(SEND, &format!("prefix = '{prefix}'"));
    let shown = machine.test.command().arg("--dry-run").output().expect("it runs").stdout;
    assert!(shown.split(|b| *b == b'\n').take(4).all(|line| line.len() <= 78));
    let Some(seen) = seen_by_python(&shown, "t12") else { return };
    assert_eq!(seen["subject"], format!("{prefix} mx1 2026-11-24: ok, 1 delivered"));
}

#[test]
fn t12_no_body_ends_its_message_or_says_a_command() {
    use mailtrail::deliver::Carrier as _;
    let sink = Sink::new(Manner::Takes);
    let carrier = smtp::Smtp {
        host: "127.0.0.1".into(),
        port: sink.port,
        tls: smtp::Tls::None,
        login: None,
        ca_file: None,
        timeout: std::time::Duration::from_mins(1),
        hello: "mx1.example".into(),
    };
    let address = |text: &str| Mailbox::parse(text).expect("an address").address().clone();
    let body = b"Subject: x\n\n.\r\n..\rMAIL FROM:<x@y.example>\n.\nRCPT TO:<v@z.example>\r\0\n\0.\r\r\nQUIT\n.";
    let outcome = carrier.carry(body, &address("a@b.example"), &[address("c@d.example")]);
    assert_eq!(outcome.accepted.len(), 1, "{outcome:?}");
    let expected =
        "Subject: x\r\n\r\n.\r\n..MAIL FROM:<x@y.example>\r\n.\r\nRCPT TO:<v@z.example>\r\n.\r\nQUIT\r\n.\r\n";
    assert_eq!(sink.messages(), [expected.as_bytes()]);
    let words: Vec<String> =
        sink.heard().iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(words[..4], ["EHLO", "MAIL", "RCPT", "DATA"]);
    assert!(words[4..].iter().all(|word| word == "QUIT"), "{words:?}");
}

/// Calls that make, move or start something.
const TRACED: &str =
    "trace=openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,execve";

#[test]
fn t21_names_lead_to_no_place_and_run_nothing() {
    let machine = Machine::new("x", "sendmail = './sendmail'\nattach = ['html', 'csv']");
    let folder = machine.test.folder();
    sendmail(folder, 0);
    let names = [
        "../../x",
        "/etc/x",
        "-rf",
        "$(touch${IFS}pwned)",
        "`touch${IFS}pwned`",
        "|touch${IFS}pwned",
        "a;touch${IFS}pwned",
    ];
    let log: String =
        names.iter().map(|name| LOG.replace(" mx1 ", &format!(" {name} ")).replace("alice", name)).collect();
    fs::write(folder.join("mail.log"), log).expect("it is written");
    let domains = names.join(",");
    let config = ["--config", "mailtrail.toml", "--state", "state"];
    for args in [
        vec!["report", "mail.log", "--year", "2026", "--format", "csv", "-o", "tables", "--domain", &domains],
        [&["send", "mail.log", "--on", "2026-11-24", "--domain", &domains][..], &config].concat(),
        [&["nightly", "mail.log", "--now", "2026-11-25T01:00:00Z", "--to", "a@b.example"][..], &config].concat(),
    ] {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-s", "4096", "-o", "calls", "-e", TRACED]).arg(program()).args(&args);
        let Ok(output) = strace.current_dir(folder).env("TZ", "UTC").output() else {
            return skip("t21", "strace is not there");
        };
        ends_with(&output, 0, "");
        let calls = String::from_utf8_lossy(&fs::read(folder.join("calls")).expect("strace wrote")).into_owned();
        calls.lines().filter(|call| !call.contains("openat(") || call.contains("O_CREAT")).for_each(|call| {
            let own = folder.display().to_string();
            let paths = call.split('"').skip(1).step_by(2).take(if call.contains("execve(") { 1 } else { 2 });
            for path in paths {
                let inside = !path.starts_with('/')
                    || path.starts_with(&own)
                    || path.starts_with("/tmp/")
                    || path.starts_with("/var/tmp");
                let started = call.contains("execve(") && !call.contains("\"-c\"");
                assert!(!path.contains("..") && (inside || started), "{args:?}: {call}");
            }
        });
    }
    assert!(!folder.join("pwned").exists());
    assert_eq!(
        fs::read_to_string(folder.join("args")).expect("it was run"),
        "-i\n-t\n-f\nmailtrail@mx1.example\n"
    );
}

#[test]
fn what_the_settings_name_is_looked_for() {
    use std::os::unix::fs::PermissionsExt;
    let check = |mail: &str, mode: u32| {
        let test = Test::new("config check --config mailtrail.toml");
        let test = test.file("mailtrail.toml", format!("[mail]\n{mail}\n")).file("secret", "hunter2\n");
        let secret = test.folder().join("secret");
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).expect("it is ours");
        let config = format!("[mail]\n{}\n", mail.replace("FOLDER", &test.folder().display().to_string()));
        fs::write(test.folder().join("mailtrail.toml"), config).expect("it is written");
        test.command().output().expect("it runs")
    };
    let file = "user = 'x'\npassword_file = 'FOLDER/secret'";
    for (mail, mode, told) in [
        ("attach = ['html', 'csv:rejectd']", 0o600, "the report `daily` has no table `rejectd`"),
        ("user = 'x'\npassword_file = 'FOLDER/no-secret'", 0o600, "no-secret cannot be used: No such file"),
        (file, 0o644, "secret: its mode is 0644"),
    ] {
        let output = check(mail, mode);
        ends_with(&output, 78, told);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("mailtrail.toml:") && error.contains("^^^") && error.contains("help: "), "{error}");
    }
    ends_with(&check(file, 0o640), 0, "");
    ends_with(&check("attach = ['html', 'csv:rejections']", 0o600), 0, "");
    ends_with(&check("user = 'x'\npassword_file = 'smtp-password'", 0o600), 0, "");
}

#[test]
fn t12_an_address_that_ends_its_line_is_refused() {
    for option in ["--to", "--from"] {
        let test = Test::new("send mail.log --state state --dry-run --to a@b.example").file("mail.log", LOG);
        let output = test.command().args([option, "a@b.example\r\nBcc: c@d.example"]).output().expect("it runs");
        ends_with(&output, 64, "is no mail address");
        assert!(!output.stderr.windows(5).any(|bytes| bytes == b"\nBcc:"));
    }
}
