//! Other engines over the same Parquet: the recipes of the documentation, and the questions of the sections.
//!
//! They need a Python with duckdb, pandas and pyarrow: `MAILTRAIL_PYTHON`, or `python3`. `scripts/test` makes one.

use crate::store::{Site, lives};
use crate::support::{beside, project, skip};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A Python that has these engines.
pub fn python(test: &str) -> Option<String> {
    let python = std::env::var("MAILTRAIL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import duckdb, pandas, pyarrow"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip(test, "no Python with duckdb, pandas and pyarrow is there");
    None
}

/// What a script prints.
fn run(python: &str, folder: &Path, script: &str) -> String {
    let output = Command::new(python).arg("-c").arg(script).current_dir(folder).output().expect("Python runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{script}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The first block of a language in the documentation of the store, behind its heading of other readers.
fn recipe(language: &str) -> String {
    let page = fs::read_to_string(project("docs/store.md")).expect("it is there");
    let from = page.find("## Other readers").expect("the heading");
    let block = page[from..].split(&format!("```{language}\n")).nth(1).expect("a block");
    block.split("```").next().expect("its end").to_owned()
}

/// A store with more than one day and host, and messages that are open.
fn stored(question: &str) -> (Site, String) {
    let site = Site::new();
    site.write("mail.log", &lives(0..13_000));
    site.fine("ingest --store store mail.log");
    let output = site.command("query --store store --format csv").arg(question).output().expect("it runs");
    let answer = String::from_utf8(output.stdout).expect("UTF-8").replace('\r', "");
    (site, answer)
}

const OUTCOMES: &str = "SELECT outcome, COUNT(*) AS n FROM deliveries GROUP BY outcome ORDER BY n DESC, outcome";

#[test]
fn the_recipe_for_duckdb_gives_our_figures() {
    let Some(python) = python("duckdb") else { return };
    let (site, ours) = stored(OUTCOMES);
    let script = format!(
        "import duckdb\nprint('outcome,n')\nfor row in duckdb.sql('''{}''').fetchall(): print(*row, sep=',')",
        recipe("sql").trim().trim_end_matches(';')
    );
    assert_eq!(run(&python, site.folder.path(), &script), ours);
}

#[test]
fn the_recipe_for_pandas_gives_our_figures() {
    let Some(python) = python("pandas") else { return };
    let (site, ours) = stored(OUTCOMES);
    let script = recipe("python") + "\nprint(deliveries['outcome'].value_counts().rename('n').to_csv(), end='')";
    assert_eq!(run(&python, site.folder.path(), &script), ours);
    // A filter is put to the files themselves.
    let filtered =
        recipe("python").replace("read_parquet(file)", "read_parquet(file, filters=[('outcome', '=', 'sent')])");
    let script = filtered + "\nprint('n', len(deliveries), sep='\\n')";
    let (site, ours) = stored("SELECT COUNT(*) AS n FROM deliveries WHERE outcome = 'sent'");
    assert_eq!(run(&python, site.folder.path(), &script), ours);
    let (site, ours) =
        stored("SELECT CAST(MIN(time) AS BIGINT) AS first, CAST(MAX(time) AS BIGINT) AS last FROM deliveries");
    let script = recipe("python")
        + "\ntimes = deliveries['time']\nprint('first,last', f'{times.min().value // 1000},{times.max().value // 1000}', sep='\\n')";
    assert_eq!(run(&python, site.folder.path(), &script), ours);
}

/// Sections that ask of what is not at rest in a store. None differs in dialect.
const APART: &[&str] = &[
    "hop-delays",
    "hop-delays-by-hour",
    "hops-and-deliveries",
    "paths",
    "slowest-hops",
    "source-times",
    "sources",
];

/// Lays our answers beside those of DuckDB over the facts in the folders of a store.
const COMPARE: &str = r#"
import duckdb, glob, json, math, sys
zone = 3_600_000_000
base = duckdb.connect()
for table in json.load(open("tables.json")):
    files = glob.glob(f"st/facts/{table}/*/*/*.parquet") + glob.glob(f"st/open/{table}/*.parquet")
    if files:
        base.sql(f"""CREATE VIEW {table} AS SELECT *, time - time % {zone} AS hour, time - time % (24 * {zone}) AS day
            FROM read_parquet({files}, hive_partitioning = false, union_by_name = true)""")
        if "client_ip" in base.table(table).columns:
            net = r"regexp_replace(client_ip, '\\.[0-9]+$', '.0/24')"
            base.sql(f"CREATE VIEW {table}_net AS SELECT *, {net} AS client_net FROM {table}")
            base.sql(f"DROP VIEW IF EXISTS {table}_bare; ALTER VIEW {table} RENAME TO {table}_bare")
            base.sql(f"CREATE VIEW {table} AS SELECT *, {net} AS client_net FROM {table}_bare")
same = lambda a, b: a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-12))
for name, sql in json.load(open("questions.json")).items():
    try:
        theirs = base.sql(sql).fetchall()
    except Exception as error:
        print(name, "refused", str(error).splitlines()[0], sep=": ")
        continue
    ours = base.sql(f"SELECT * FROM read_parquet('{name}.parquet')").fetchall()
    equal = len(ours) == len(theirs) and all(len(a) == len(b) and all(map(same, a, b)) for a, b in zip(ours, theirs))
    if not equal:
        other = next(((a, b) for a, b in zip(ours, theirs) if not all(map(same, a, b))), (len(ours), len(theirs)))
        print(name, "differs", other, sep=": ")
"#;

#[test]
fn l28_sections_give_the_same_rows_by_a_second_engine() {
    let Some(python) = python("l28") else { return };
    let Some(logs) = beside("lab/logs/set-A", "l28") else { return };
    let site = Site::new();
    // One source: its number is its place.
    let log = [fs::read(logs.join("mail.log")), fs::read(logs.join("slapd.log"))].map(|log| log.expect("read"));
    site.write("mail.log", &log.concat());
    site.fine("ingest --store st --year 2026 mail.log");
    let mut questions = serde_json::Map::new();
    for entry in fs::read_dir(project("report-templates/sections")).expect("sections").flatten() {
        let name = entry.path().file_stem().expect("a stem").to_string_lossy().into_owned();
        if APART.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("read");
        let sql: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
        let sql = sql.join("\n").replace("{end}", &i64::MAX.to_string());
        let mut query = site.command(&format!("query --store st --format parquet -o {name}.parquet"));
        let output = query.arg(&sql).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        questions.insert(name, sql.into());
    }
    let count = questions.len();
    site.write("questions.json", serde_json::Value::from(questions).to_string().as_bytes());
    let tables: Vec<&str> = mailtrail::facts::TABLES.iter().map(|table| table.name).collect();
    site.write("tables.json", serde_json::json!(tables).to_string().as_bytes());
    assert_eq!(run(&python, site.folder.path(), COMPARE), "");
    assert!(count > 40, "{count}");
}
