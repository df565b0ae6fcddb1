//! What the configuration sets: it works as on the command line, and gives way to what is typed.

use crate::store::Site;
use crate::support::program::Test;

/// A login that a file of its own tells, without a host.
fn login(user: &str) -> String {
    format!(
        "2026-11-24T10:00:00.000000+00:00 imap-login: Info: Login: user=<{user}>, method=PLAIN, rip=192.0.2.7, \
         lip=192.0.2.1, mpid=1, session=<{user}AAAAAAAAAA>\n"
    )
}

/// Two hosts that write what they do into files of their own, one in the midst of the other's folder.
const HOSTS: &str = r#"
[[inputs]]
paths = ["logs"]
host  = "mx1"

[[inputs]]
paths = ["logs/other/*.log"]
host  = "mx2"

[[inputs]]
paths = ["nameless.log"]
"#;

const WHO: &str = "SELECT host, user FROM logins ORDER BY user";

#[test]
fn each_input_has_a_host_of_its_own_for_lines_that_name_none() {
    let hosts = |paths: &[&str], told: &str| {
        let test = Test::new("query --config c.toml --format csv").file("c.toml", HOSTS).arg(WHO);
        let test = test.file("logs/a.log", login("anna")).file("logs/other/b.log", login("ben"));
        let test = test.file("nameless.log", login("carl")).file("elsewhere.log", login("dora"));
        paths.iter().fold(test, |test, path| test.arg(*path)).stdout(told).run();
    };
    hosts(&[], "host,user\r\nmx1,anna\r\nmx2,ben\r\n,carl\r\n");
    hosts(&["logs/other", "elsewhere.log"], "host,user\r\nmx2,ben\r\nmx1,dora\r\n");
}

#[test]
fn the_store_knows_the_host_of_each_input() {
    let site = Site::new();
    for folder in ["logs", "logs/other"] {
        std::fs::create_dir(site.path(folder)).expect("it is made");
    }
    site.write("c.toml", HOSTS.as_bytes());
    for (log, user) in [("logs/a.log", "anna"), ("logs/other/b.log", "ben"), ("nameless.log", "carl")] {
        site.write(log, login(user).as_bytes());
    }
    site.fine("ingest --config c.toml --store st --quiet");
    site.append("logs/other/b.log", login("dora").as_bytes());
    site.fine("ingest --config c.toml --store st --quiet logs/other");
    site.write("q.sql", WHO.as_bytes());
    let told = site.fine("query --store st --format csv --file q.sql");
    assert_eq!(String::from_utf8_lossy(&told), "host,user\r\nmx1,anna\r\nmx2,ben\r\n,carl\r\nmx2,dora\r\n");
}
