//! What SQL is answered rightly, and what is refused because it would not be: each question in memory and in portions.

use crate::query::{lab, read_with};
use mailtrail::facts::{Memory, Scope, View, Wanted};
use mailtrail::report::Cell;
use mailtrail::run;
use mailtrail::sections::Asker;
use mailtrail::time::Zone;

/// Questions with their answers; the figures were compared with those of another engine.
const RIGHT: &[(&str, &str)] = &[
    // A column of a group beside a figure.
    (
        "SELECT service || '-' || COUNT(*) AS g FROM sessions GROUP BY service HAVING COUNT(*) > 12 ORDER BY g",
        "imap-13 smtp-21 submission-17",
    ),
    (
        "SELECT CASE WHEN COUNT(*) > 15 THEN service ELSE 'other' END AS g, COUNT(*) AS n FROM sessions s GROUP BY s.service HAVING service <> 'smtp' ORDER BY n DESC, g LIMIT 2",
        "submission,17 other,13",
    ),
    ("SELECT g + 1 AS h FROM (SELECT source * COUNT(*) AS g FROM sessions GROUP BY source) x", "1"),
    // Terms of one column.
    ("SELECT COUNT(DISTINCT LOWER(user)) AS a, COUNT(DISTINCT user) AS b FROM logins", "20,20"),
    (
        "SELECT LOWER(user) AS l, user, COUNT(*) AS n FROM logins GROUP BY l, user ORDER BY n DESC, l LIMIT 1",
        "anna@example.org,anna@example.org,73",
    ),
    ("SELECT 'x' AS k, COUNT(*) AS n FROM sessions GROUP BY k", "x,83"),
    (
        "SELECT FLOOR(delay_s) AS f, QUANTILE_DISC(delay_s, 0.5) AS p, COUNT(*) AS n FROM deliveries GROUP BY f ORDER BY f NULLS LAST LIMIT 2",
        "0,0.02,15 1,1.2,3",
    ),
    // What is written once more.
    (r"SELECT COUNT(*) AS n FROM sessions WHERE service <> 'a''''b' AND service <> '''' AND service <> '\'", "83"),
    ("SELECT 'a''''b' AS a, COUNT(*) AS n FROM sessions WHERE 'a''''b' || service LIKE 'a''''bsm%'", "a''b,21"),
    ("SELECT MAX(- -source) AS k, COUNT(1) AS n FROM sessions", "0,83"),
    // Numbers with a sign and with room.
    ("SELECT SUM(service = 'smtp') - SUM(service = 'imap') - 10 AS d FROM sessions", "-2"),
    ("SELECT SUM(bad) - 100 AS d FROM (SELECT service = 'smtp' AS bad FROM sessions) x", "-79"),
    ("SELECT SUM(CASE WHEN service = 'smtp' THEN 2000000000 ELSE -1 END) AS s FROM sessions", "41999999938"),
    ("SELECT SUM(a) AS s FROM (SELECT 2000000000 AS a FROM sessions) x", "166000000000"),
    ("SELECT CHAR_LENGTH(MIN(service)) - 10 AS a, POWER(2, 40) AS b FROM sessions", "-6,1099511627776"),
    (
        "SELECT DATE_PART('hour', CAST(MIN(time) AS TIMESTAMP)) * 60 AS a, EXTRACT(hour FROM CAST(MIN(time) AS TIMESTAMP)) - 20 AS b FROM sessions",
        "720,-8",
    ),
    // Rows of which no column is asked.
    ("SELECT COUNT(*) AS n FROM (SELECT MAX(time) AS a FROM deliveries) x", "1"),
    (
        "WITH a AS (SELECT MAX(time) AS t FROM deliveries UNION ALL SELECT MIN(time) AS t FROM logins), b AS (SELECT t FROM a) SELECT COUNT(*) AS n FROM b",
        "2",
    ),
    (
        "SELECT d.n AS n FROM (SELECT COUNT(*) AS n, SUM(c) AS s FROM (SELECT COUNT(*) AS c FROM sessions) x) d",
        "1",
    ),
    // Terms that rows are sorted by.
    (
        "SELECT SUBSTR(service, 2) AS l, COUNT(*) AS n FROM sessions GROUP BY SUBSTR(service, 2) ORDER BY SUBSTR(service, 2) LIMIT 2",
        "dap,12 map,13",
    ),
    // A value in ON.
    ("SELECT COUNT(*) AS n FROM sessions s JOIN logins l ON s.session = l.session AND l.service = 'imap'", "13"),
    (
        "SELECT COUNT(*) AS n, COUNT(l.time) AS m FROM sessions s LEFT JOIN logins l ON s.session = l.session AND l.service = 'imap'",
        "83,13",
    ),
    (
        "SELECT COUNT(*) AS n, COUNT(l.time) AS m FROM sessions s LEFT JOIN logins l ON 'imap' = s.service AND s.session = l.session",
        "83,13",
    ),
    // A time under its own name.
    (
        "SELECT MIN(time) AS time FROM sessions WHERE time > '2026-11-24' AND time < '2026-11-25'",
        "1795524455000000",
    ),
];

/// Questions that are refused, and what the refusal begins with.
const WRONG: &[(&str, &str)] = &[
    (
        "SELECT COUNT(*) AS n FROM logins WHERE outcome = 'failed' AND COUNT(*) > 100",
        "`COUNT` cannot stand in WHERE",
    ),
    ("SELECT COUNT(*) AS n FROM logins WHERE LAG(time) OVER (ORDER BY time) > 1", "`LAG` cannot stand in WHERE"),
    (
        "SELECT s.time FROM sessions s JOIN logins l ON s.session = l.session AND MAX(l.time) > 1",
        "`MAX` cannot stand in ON",
    ),
    ("SELECT COUNT(*) AS n FROM logins GROUP BY COUNT(*)", "`COUNT` cannot stand in GROUP BY"),
    ("SELECT COUNT(*) AS n FROM logins GROUP BY n", "`COUNT` cannot stand in GROUP BY"),
    ("SELECT MAX(SUM(source)) AS n FROM logins GROUP BY host", "`SUM` cannot stand in another one"),
    ("SELECT MIN(MAX(time)) AS n FROM logins", "`MAX` cannot stand in another one"),
    (
        "SELECT MAX(time - LAG(time) OVER (ORDER BY time)) AS n FROM logins",
        "`LAG` OVER cannot stand beside groups",
    ),
    ("SELECT COUNT(*) FILTER (WHERE MAX(time) > 5) AS n FROM logins", "`MAX` cannot stand in FILTER"),
    ("SELECT COUNT(1 + 1) AS n FROM logins", "`COUNT` of what is the same in all rows"),
    ("SELECT COUNT(DISTINCT 1) AS n FROM logins", "`COUNT` of what is the same in all rows"),
    ("SELECT SUM(1) AS n FROM logins", "`SUM` of what is the same in all rows"),
    ("SELECT host FROM logins ORDER BY COUNT(*)", "`COUNT` cannot stand in ORDER BY here"),
    (
        "SELECT QUANTILE_DISC(delay_s, 0.5) AS p, COUNT(*) AS n FROM deliveries ORDER BY n",
        "`QUANTILE_DISC` is one row",
    ),
    (
        "SELECT FLOOR(delay_s) AS f, QUANTILE_DISC(delay_s, 0.5) AS p FROM deliveries GROUP BY FLOOR(delay_s)",
        "`QUANTILE_DISC` of a column that a term of GROUP BY",
    ),
    ("SELECT CORR(source, time) OVER (PARTITION BY host) AS p FROM logins", "`CORR` cannot look over rows"),
    (
        "SELECT COUNT(*) AS n FROM sessions s LEFT JOIN logins l ON s.session = l.session AND l.time > s.time",
        "only `=` can stand in ON here",
    ),
    (
        "SELECT COUNT(*) AS n FROM sessions s JOIN logins l ON s.session = l.session AND outcome = 'ok'",
        "a side of this has no column",
    ),
    (
        "SELECT COUNT(*) AS n FROM sessions s JOIN logins l ON s.session = l.session AND s.user = s.service",
        "this equality joins nothing",
    ),
    (
        "SELECT COUNT(*) AS n FROM sessions s JOIN logins l ON s.time - l.time < 60 AND s.user = l.user",
        "a side of this names two tables",
    ),
    (
        "SELECT COUNT(*) AS n FROM sessions s JOIN logins l ON s.user = l.user OR s.session = l.session",
        "this cannot stand in ON",
    ),
    ("SELECT COUNT(*) AS n FROM sessions NATURAL JOIN logins", "NATURAL JOIN cannot be used"),
    ("SELECT COUNT(*) AS n FROM sessions FULL JOIN logins USING (session)", "USING cannot be used here"),
    ("SELECT COUNT(*) AS n FROM sessions a, logins a", "two tables have the name `a` here"),
    ("WITH a AS (SELECT 1 AS x), a AS (SELECT 2 AS x) SELECT x FROM a", "two common tables have the name `a`"),
    (
        "WITH a AS (SELECT 1 AS x) SELECT x FROM (WITH a AS (SELECT 2 AS x) SELECT x FROM a) t",
        "two common tables have the name `a`",
    ),
    (
        "WITH logins AS (SELECT * FROM logins) SELECT COUNT(*) AS n FROM logins",
        "the common table `logins` is made of",
    ),
    ("SELECT CAST(source AS SMALLINT) AS x FROM logins", "CAST to SMALLINT cannot be used"),
    ("SELECT LN(CAST(host AS BLOB)) AS x FROM logins", "CAST to BLOB cannot be used"),
    ("SELECT host, LOWER(user) AS u, COUNT(*) AS n FROM logins GROUP BY host", "`\"user\"` stands beside groups"),
    (
        "SELECT LOWER(host) AS l, LENGTH(LOWER(host)) AS n FROM logins GROUP BY l",
        "`lower(host)` stands inside another term",
    ),
    (
        "SELECT COUNT(*) AS n FROM logins GROUP BY LOWER(host) ORDER BY LOWER(host)",
        "rows are sorted by what they are grouped by",
    ),
    ("SELECT SUBSTR(host, 1) AS host, time FROM logins l ORDER BY l.host", "rows cannot be sorted by `l.host`"),
    ("SELECT -source AS source FROM logins ORDER BY source + 0", "rows cannot be sorted by `source`"),
    (
        "SELECT l.time FROM sessions s JOIN logins l ON s.session = l.session ORDER BY s.time",
        "rows cannot be sorted by `s.time`",
    ),
    ("SELECT host, SUM(1) OVER (PARTITION BY host) AS n FROM logins", "`SUM` of what is the same in all rows"),
    ("SELECT RIGHT(host, 9) AS x FROM logins", "the function `right` cannot be used"),
    ("SELECT STRPOS(host, 'x') AS x FROM logins", "the function `strpos` cannot be used"),
    ("SELECT POSITION('x' IN host) AS x FROM logins", "`POSITION` cannot be used"),
    ("SELECT INITCAP(host) AS x FROM logins", "the function `initcap` cannot be used"),
    ("SELECT LOG(time) AS x FROM logins", "the function `log` cannot be used"),
    ("SELECT COUNT(*) AS n FROM logins WHERE (user = 'x') IS NOT TRUE", "`IS NOT TRUE` cannot be used"),
    ("SELECT AVG(source) OVER (ORDER BY time) AS a FROM logins", "`AVG` cannot run over rows"),
    (
        "SELECT RANK() OVER (ORDER BY user NULLS LAST) AS r FROM logins",
        "`RANK` cannot look over rows by NULLS FIRST",
    ),
    (
        "SELECT LAST_VALUE(time) OVER (PARTITION BY host) AS r FROM logins",
        "`LAST_VALUE` looks over rows in no order",
    ),
    ("SELECT ROW_NUMBER() AS r FROM logins", "`ROW_NUMBER` stands without OVER"),
    ("SELECT COUNT(*) OVER () AS r FROM logins", "a figure over all rows stands alone"),
    (
        "SELECT host, SUM(SUM(source)) OVER () AS r FROM logins GROUP BY host",
        "`SUM` OVER cannot stand beside groups",
    ),
    ("SELECT 1 AS a WHERE 1 = 0", "WHERE stands without FROM"),
    ("FROM logins", "FROM stands before SELECT"),
];

#[test]
fn what_is_answered_is_right_in_memory_and_in_portions_and_all_else_is_refused() {
    let runs = [(run::CHUNK, Memory::default()), (4_000, Memory(1))]
        .map(|(chunk, memory)| read_with(&lab(), chunk, memory));
    let zone = Zone::utc();
    for run in &runs {
        let view = View::new(&run.facts, &zone, &Scope::ALL, Wanted::all()).expect("a view");
        let asker = Asker::new(&view, &run.coverage).expect("an asker");
        for (sql, expected) in RIGHT {
            let answer = asker.ask(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
            let rows = answer.rows(usize::MAX).iter().map(|row| shown(row)).collect::<Vec<_>>();
            assert_eq!(rows.join(" "), *expected, "{sql}");
        }
        for (sql, expected) in WRONG {
            let error = asker.ask(sql).map(|answer| answer.rows(9)).expect_err(sql).to_string();
            assert!(error.starts_with(&format!("error: {expected}")), "{sql}\n{error}");
            assert!(error.contains("= help: "), "{sql}\n{error}");
        }
    }
}

fn shown(row: &[Cell]) -> String {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => text.raw().to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Number(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    row.iter().map(cell).collect::<Vec<_>>().join(",")
}

#[test]
fn what_is_nested_too_deep_is_refused_and_what_is_not_is_answered() {
    let run = read_with(&lab(), 4_000, Memory(1));
    let zone = Zone::utc();
    let view = View::new(&run.facts, &zone, &Scope::ALL, Wanted::all()).expect("a view");
    let asker = Asker::new(&view, &run.coverage).expect("an asker");
    let brackets = format!("SELECT {} time = 1 {} AS x FROM sessions", "NOT (".repeat(45), ")".repeat(45));
    assert!(asker.ask(&brackets).is_err());
    let chain = |first: &str, next: &str, count: usize| first.to_owned() + &next.repeat(count);
    for (terms, answered) in [(50, true), (100, false), (600, false), (2_000, false)] {
        for sql in [
            format!("SELECT COUNT(*) AS n FROM sessions WHERE {}", chain("time = 1", " OR time = 2", terms)),
            format!("SELECT {} AS x FROM sessions", chain("time", " + 1", terms)),
            format!("SELECT {} AS x FROM sessions", chain("host", " || 'a'", terms)),
        ] {
            let answer = asker.ask(&sql);
            assert_eq!(answer.is_ok(), answered, "{terms}: {:?}", answer.err().map(|e| e.to_string()));
        }
    }
}
