//! What a configuration means, and how each kind of mistake in one reads.

use super::*;
use std::fmt::Write as _;

fn read(text: &str) -> Result<Config> {
    let mut config = Config::default();
    config.add("mailtrail.toml".to_owned(), text.to_owned())?;
    config.check()?;
    Ok(config)
}

/// The example of the documentation.
const EXAMPLE: &str = r#"
timezone = "Europe/Berlin"

[[inputs]]
paths = ["/var/log/mail.log*", "/var/log/slapd.log*"]
host  = "mx1"

[schedules]
business = "Mon..Fri 08:00-18:00"
weekend  = "Sat,Sun"
holidays = ["2026-12-25", "2026-12-26"]

[[thresholds]]
metric   = "delay.p95_s"
where    = { stage = "total" }
warning  = "> 30"
critical = "> 120"
during   = { business = "> 60", weekend = "> 15" }

[[thresholds]]
metric   = "connections.lost"
per      = "connections"
warning  = "> 5 %"

[[anomalies]]
rule     = "password-spray"
users    = "> 10"
within   = "10 min"
"#;

#[test]
fn the_example_is_read() {
    let config = read(EXAMPLE).expect("it is right");
    assert_eq!(config.timezone.as_deref(), Some("Europe/Berlin"));
    assert_eq!(config.inputs[0].host.as_deref(), Some("mx1"));
    assert_eq!(config.paths().len(), 2);
    assert_eq!(config.schedules["holidays"].entries.len(), 2);
    assert_eq!((config.thresholds.len(), config.thresholds[0].during.len()), (2, 2));
    assert_eq!(config.anomalies[0].parameters.len(), 2);
    assert_eq!(config.spot("timezone").map(Spot::origin).as_deref(), Some("mailtrail.toml:2"));
}

#[test]
fn later_files_go_before_earlier_ones() {
    let mut config = read(EXAMPLE).expect("it is right");
    let later = "timezone = 'UTC'\n[[thresholds]]\nmetric = 'delay.p95_s'\nwhere = { stage = 'total' }\nwarning = '> 1 h'\n[[inputs]]\npaths = 'x'";
    config.add("conf.d/20.toml".into(), later.into()).expect("it is right");
    assert_eq!(config.timezone.as_deref(), Some("UTC"));
    assert_eq!((config.thresholds.len(), config.inputs.len()), (2, 2));
    assert!(config.thresholds[0].critical.is_none(), "a threshold is replaced whole");
}

#[test]
fn the_machines_files_go_before_the_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let (machine, user) = (folder.path().join("etc"), folder.path().join("home"));
    fs::create_dir_all(machine.join("conf.d")).expect("a folder");
    fs::create_dir_all(&user).expect("a folder");
    let write = |path: PathBuf| fs::write(path, "").expect("it can be written");
    assert!(found(&machine, Some(&user)).is_empty());
    write(user.join("mailtrail.toml"));
    assert_eq!(found(&machine, Some(&user)), [user.join("mailtrail.toml")]);
    write(machine.join("conf.d/20.toml"));
    write(machine.join("conf.d/10.toml"));
    write(machine.join("conf.d/notes.txt"));
    write(machine.join("mailtrail.toml"));
    let names: Vec<String> = found(&machine, Some(&user)).iter().map(|p| p.display().to_string()).collect();
    let ends = ["etc/mailtrail.toml", "etc/conf.d/10.toml", "etc/conf.d/20.toml"];
    assert!(names.len() == 3 && names.iter().zip(ends).all(|(name, end)| name.ends_with(end)), "{names:?}");
}

/// Each kind of mistake, by name.
const MISTAKES: &[(&str, &str)] = &[
    ("no TOML", "timezone = Europe/Berlin"),
    ("unknown setting", "timezon = \"UTC\""),
    ("unknown setting, nothing near", "sound = \"loud\""),
    ("unknown setting of a table", "[report]\nfromat = \"html\""),
    ("wrong kind", "timezone = 1"),
    ("wrong kind of table", "inputs = \"/var/log/mail.log\""),
    ("unknown zone", "timezone = \"Europe/Berlim\""),
    ("a library that is not there", "libraries = [\"/\", \"/nonexistent\"]"),
    ("a wish that is none", "color = \"yes\""),
    ("number out of range", "[report]\ntop = -3"),
    ("unknown word", "[report]\nfail_on = \"critcal\""),
    ("input without paths", "[[inputs]]\nhost = \"mx1\""),
    ("wrong comparison", "[[thresholds]]\nmetric = \"delay.p95_s\"\nwarning = \"> thirty\""),
    ("comparison without operator", "[[thresholds]]\nmetric = \"delay.p95_s\"\nwarning = \"30\""),
    ("unknown unit", "[[thresholds]]\nmetric = \"delay.p95_s\"\nwarning = \"> 30 parsecs\""),
    ("usual values", "[[thresholds]]\nmetric = \"connections\"\nwarning = \"> 3x what\""),
    ("threshold without metric", "[[thresholds]]\nwarning = \"> 3\""),
    ("threshold without limit", "[[thresholds]]\nmetric = \"connections\""),
    (
        "limits of two directions",
        "[[thresholds]]\nmetric = \"connections\"\nwarning = \"> 3\"\ncritical = \"< 1\"",
    ),
    ("wrong weekday", "[schedules]\nbusiness = \"Mon..Fry 08:00-18:00\""),
    ("wrong times", "[schedules]\nbusiness = \"Mon..Fri 8-18\""),
    ("no such date", "[schedules]\nholidays = [\"2026-12-25\", \"2026-02-30\"]"),
    (
        "unknown schedule",
        "[schedules]\nbusiness = \"Mon..Fri\"\n[[thresholds]]\nmetric = \"connections\"\nwarning = \"> 3\"\nduring = { busines = \"> 9\" }",
    ),
    (
        "no schedules",
        "[[thresholds]]\nmetric = \"connections\"\nwarning = \"> 3\"\nduring = { business = \"> 9\" }",
    ),
    ("anomaly without rule", "[[anomalies]]\nusers = \"> 3\""),
    ("wrong address", "[mail]\nto = [\"root@example.org\", \"nobody at home\"]"),
    ("an address that ends its line", "[mail]\nfrom = \"a@b.example\\r\\nBcc: c@d.example\""),
    ("a prefix that ends its line", "[mail]\nprefix = \"x\\nBcc: c@d.example\""),
    ("a password", "[mail]\nuser = \"mx1\"\npassword = \"hunter2\""),
    ("a password in the open", "[mail]\nuser = \"mx1\"\ntls = \"none\""),
    ("a time that is a size", "[nightly]\nkeep = \"10 MiB\""),
    ("how long reports are kept without a unit", "[nightly]\nkeep = \"400\""),
    ("how long facts are kept without a unit", "[nightly]\nkeep_facts = \" 1.5 \""),
    ("a time without end", "[nightly]\nkeep = \"99999999 d\""),
    ("a size that is a time", "[mail]\nmax_size = \"10 min\""),
    ("no such attachment", "[mail]\nattach = \"pdf\""),
    ("no link", "[mail]\nlink = \"javascript:alert(1)\""),
    ("unknown state", "[[anomalies]]\nrule = \"password-spray\"\nstate = \"bad\""),
];

#[test]
fn every_unit_of_time_is_known_wherever_times_are_set() {
    for (keep, days) in [("8 w", 56), ("8w", 56), ("2 weeks", 14), ("48 hours", 2), ("400 d", 400)] {
        let config = read(&format!("[nightly]\nkeep = \"{keep}\"")).expect(keep);
        assert_eq!(config.nightly.keep, Some(days * crate::time::DAY), "{keep}");
    }
}

#[test]
fn mistakes_read_as_they_should() {
    let mut all = String::new();
    for (name, text) in MISTAKES {
        let error = read(text).expect_err(name);
        assert_eq!(error.exit(), Exit::Config, "{name}");
        assert!(!error.render(false).contains("hunter2"), "{name}: a secret is shown");
        let _ = writeln!(all, "=== {name}\n{}\n", error.render(false));
    }
    assert_golden("src/config/mistakes.txt", &all);
}

/// Compares with a file of the project; with `BLESS` set, writes it.
pub(crate) fn assert_golden(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, text).expect("it can be written");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, expected, "{path} differs; BLESS=1 cargo test writes it anew");
}
