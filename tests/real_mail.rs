//! The night's mail through real servers: Postfix writes the log and takes the mail by STARTTLS and AUTH, Dovecot checks
//! the password and hands the mail out by IMAP, Python reads it, Chromium draws it.

use crate::support::program::program;
use crate::support::skip;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

const TEST: &str = "real_mail";

/// The services of Postfix besides its SMTP server: what its own master.cf has.
const MASTER: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
pickup unix n - n 60 1 pickup
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
";

/// Where Dovecot 2.3 finds mail and users.
const DOVECOT_23: &str = "\
mail_location = maildir:FOLDER/mail/%d/%n
disable_plaintext_auth = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN FOLDER/users
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=FOLDER/mail/%d/%n
}
";

/// The same for 2.4.
const DOVECOT_24: &str = "\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
mail_path = FOLDER/mail/%{user | domain}/%{user | username}
auth_allow_cleartext = yes
passdb passwd-file {
  passwd_file_path = FOLDER/users
  default_password_scheme = PLAIN
}
userdb static {
  fields {
    uid = 5000
    gid = 5000
    home = FOLDER/mail/%{user | domain}/%{user | username}
  }
}
";

/// The servers; they end with it.
struct Servers<'a> {
    folder: &'a Path,
    smtp: u16,
    imap: u16,
}

impl Drop for Servers<'_> {
    fn drop(&mut self) {
        let _ = run("postfix", &["-c", &self.path("pf"), "stop"]);
        let _ = run("doveadm", &["-c", &self.path("dovecot.conf"), "stop"]);
    }
}

fn run(command: &str, args: &[&str]) -> std::io::Result<Output> {
    Command::new(command).args(args).stdin(Stdio::null()).output()
}

/// Starts a daemon, which would hold pipes of ours for as long as it runs.
fn start(command: &str, args: &[&str]) {
    let quiet = || Stdio::null();
    let status = Command::new(command).args(args).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    assert!(status.expect("it runs").success(), "{command} {args:?}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("an address").port()
}

fn answers(port: u16) -> bool {
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(100));
    }
    false
}

impl<'a> Servers<'a> {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Starts them; nothing where they are not installed, or this is not root.
    fn start(folder: &'a Path) -> Option<Self> {
        let there =
            |command: &str| run("sh", &["-c", &format!("command -v {command}")]).is_ok_and(|o| o.status.success());
        if !["postfix", "dovecot", "openssl", "python3"].iter().all(|command| there(command)) {
            skip(TEST, "postfix, dovecot, openssl or python3 is not installed");
            return None;
        }
        let id = run("id", &["-u"]).expect("id is there");
        if id.stdout != b"0\n" {
            skip(TEST, "the servers can be started by root only");
            return None;
        }
        let servers = Self { folder, smtp: free_port(), imap: free_port() };
        servers.configure(free_port());
        start("dovecot", &["-c", &servers.path("dovecot.conf")]);
        start("postfix", &["-c", &servers.path("pf"), "start"]);
        assert!(answers(servers.imap) && answers(servers.smtp), "the servers answer");
        Some(servers)
    }

    fn configure(&self, sasl: u16) {
        fs::set_permissions(self.folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
        for name in ["pf", "pfdata", "pfspool", "mail", "log", "dovecot"] {
            fs::create_dir(self.folder.join(name)).expect("a folder");
        }
        let made = run(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "30",
                "-subj",
                "/CN=mx1.test.example",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                &self.path("key.pem"),
                "-out",
                &self.path("cert.pem"),
            ],
        );
        assert!(made.expect("openssl runs").status.success());
        let own = |user: &str, name: &str| {
            let done = run("chown", &["-R", user, &self.path(name)]).expect("chown is there");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        own("postfix", "pfdata");
        own("5000:5000", "mail");
        self.write("pf/main.cf", &self.main_cf(sasl));
        self.write("pf/master.cf", &format!("127.0.0.1:{} inet n - n - - smtpd\n{MASTER}", self.smtp));
        self.write("dovecot.conf", &self.dovecot_conf(sasl));
        self.write("users", "postmaster@test.example:pass-4711:5000:5000::::\n");
        self.write("secret", "pass-4711\n");
        self.write("mailtrail.toml", &self.mailtrail_toml());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).expect("it is written");
    }

    fn main_cf(&self, sasl: u16) -> String {
        let folder = self.folder.display();
        format!(
            "compatibility_level = 3.6
queue_directory = {folder}/pfspool
data_directory = {folder}/pfdata
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = mx1.test.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
virtual_mailbox_domains = test.example
virtual_mailbox_maps = static:test.example/postmaster/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_minimum_uid = 100
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"
        )
    }

    fn dovecot_conf(&self, sasl: u16) -> String {
        let (folder, imap) = (self.folder.display(), self.imap);
        let version = run("dovecot", &["--version"]).expect("it tells its version").stdout;
        let (own, address) =
            if version.starts_with(b"2.3") { (DOVECOT_23, "address") } else { (DOVECOT_24, "listen") };
        let own = own.replace("FOLDER", &folder.to_string());
        format!(
            "{own}base_dir = {folder}/dovecot
log_path = {folder}/log/dovecot.log
protocols = imap
listen = 127.0.0.1
mail_uid = 5000
mail_gid = 5000
first_valid_uid = 100
ssl = no
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service auth {{
  inet_listener sasl {{
    {address} = 127.0.0.1
    port = {sasl}
  }}
}}
"
        )
    }

    fn mailtrail_toml(&self) -> String {
        let folder = self.folder.display();
        format!(
            "timezone = 'UTC'
state = '{folder}/state'
[[inputs]]
paths = ['{folder}/log/mail.log', '{folder}/log/dovecot.log']
[mail]
from = 'mailtrail <postmaster@test.example>'
to = 'Postmaster <postmaster@test.example>'
host = '127.0.0.1'
port = {}
user = 'postmaster@test.example'
password_file = '{folder}/secret'
ca_file = '{folder}/cert.pem'
",
            self.smtp
        )
    }

    fn mailtrail(&self, args: &[&str]) -> Output {
        let config = self.path("mailtrail.toml");
        let mut all = args.to_vec();
        all.extend(["--config", &config]);
        let output = Command::new(program()).args(&all).env("TZ", "UTC").output().expect("it runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// What lies in the mailbox, seen through IMAP and Python's `email`; the HTML parts go to files.
    fn mailbox(&self) -> serde_json::Value {
        const SCRIPT: &str = "import email, email.policy, imaplib, json, sys\n\
            port, folder = int(sys.argv[1]), sys.argv[2]\n\
            c = imaplib.IMAP4('127.0.0.1', port)\n\
            c.login('postmaster@test.example', 'pass-4711')\n\
            c.select('INBOX')\n\
            found = []\n\
            for n in c.search(None, 'ALL')[1][0].split():\n\
            \x20   m = email.message_from_bytes(c.fetch(n, '(RFC822)')[1][0][1], policy=email.policy.default)\n\
            \x20   html = m.get_body(('html',)).get_content()\n\
            \x20   open(f'{folder}/{int(n)}.html', 'w').write(html)\n\
            \x20   found.append({'subject': str(m['subject']), 'id': str(m['message-id']), 'auto': str(m['auto-submitted']),\n\
            \x20       'to': str(m['to']), 'defects': [str(d) for p in m.walk() for d in p.defects],\n\
            \x20       'text': m.get_body(('plain',)).get_content(), 'received': len(m.get_all('received', [])),\n\
            \x20       'attached': [p.get_filename() for p in m.iter_attachments()]})\n\
            c.logout()\n\
            print(json.dumps(found))\n";
        let port = self.imap.to_string();
        let folder = self.folder.display().to_string();
        let output = run("python3", &["-c", SCRIPT, &port, &folder]).expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

#[test]
fn a_night_reports_on_its_servers_by_mail_through_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(servers) = Servers::start(folder.path()) else { return };
    // The first report is mailed, which makes traffic; the night after reports on that.
    fs::write(folder.path().join("log/first.log"), crate::cli::LOG).expect("written");
    let first = folder.path().join("log/first.log").display().to_string();
    servers.mailtrail(&["send", &first, "--on", "2026-11-24"]);
    wait_for(&servers, 1);
    let tomorrow = run("date", &["-u", "-d", "tomorrow 00:20", "+%Y-%m-%dT%H:%M:%SZ"]).expect("date is there");
    let tomorrow = String::from_utf8(tomorrow.stdout).expect("UTF-8").trim().to_owned();
    servers.mailtrail(&["nightly", "--now", &tomorrow]);
    servers.mailtrail(&["nightly", "--now", &tomorrow]);
    let mails = wait_for(&servers, 2);
    assert_eq!(mails.as_array().map(Vec::len), Some(2), "the night's mail came once");
    let mail = &mails[1];
    let today = run("date", &["-u", "+%F"]).expect("date is there");
    let today = String::from_utf8(today.stdout).expect("UTF-8").trim().to_owned();
    let subject = mail["subject"].as_str().expect("a subject");
    assert!(subject.starts_with("[mailtrail] ") && subject.contains(&today), "{subject}");
    assert!(subject.contains(", 1 delivered"), "{subject}");
    assert_eq!(mail["auto"], "auto-generated");
    assert_eq!(mail["to"], "Postmaster <postmaster@test.example>");
    assert_eq!(mail["defects"], serde_json::json!([]));
    assert_eq!(mail["received"], 1, "one server took it");
    assert_eq!(mail["attached"], serde_json::json!([format!("daily-{today}.html")]));
    let text = mail["text"].as_str().expect("text").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("0 unmatched"), "{text}");
    drawn(folder.path());
}

/// Waits until so many mails lie in the mailbox.
fn wait_for(servers: &Servers<'_>, count: usize) -> serde_json::Value {
    for _ in 0..100 {
        let mails = servers.mailbox();
        if mails.as_array().is_some_and(|mails| mails.len() >= count) {
            return mails;
        }
        thread::sleep(Duration::from_millis(200));
    }
    let log = fs::read_to_string(servers.folder.join("log/mail.log")).unwrap_or_default();
    panic!("the mail does not come\n{log}");
}

/// The HTML part in a browser, light and dark: the pictures differ, and the page asks for nothing.
fn drawn(folder: &Path) {
    let picture = |name: &str, scheme: &str| {
        let file = folder.join(name);
        let made = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=680,1200"])
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .arg(format!("--screenshot={}", file.display()))
            .arg(format!("file://{}", folder.join("2.html").display()))
            .output();
        made.is_ok_and(|output| output.status.success()).then(|| fs::read(file).unwrap_or_default())
    };
    let (Some(light), Some(dark)) = (picture("light.png", "1"), picture("dark.png", "0")) else {
        return skip(TEST, "chromium is not there; the mail is not drawn");
    };
    assert!(light.len() > 10_000 && dark.len() > 10_000 && light != dark, "{} {}", light.len(), dark.len());
}
