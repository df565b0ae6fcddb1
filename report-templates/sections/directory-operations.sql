-- title = "Directory operations"
-- group = "Directory"
-- help = """What clients asked of the directory (LDAP), how often the answer was an error, and how long it \
-- took. Half were faster than p50, 95 of 100 were faster than p95. That nothing was compared equal, or a referral, \
-- is no error."""
-- empty = "Nobody asked the directory."
-- top = 20
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
WITH counted AS (
    SELECT
        kind,
        duration_s AS value,
        CAST(COUNT(*) AS BIGINT) AS n,
        SUM(CASE WHEN result_code NOT IN (0, 5, 6, 14) THEN 1 ELSE 0 END) AS errors
    FROM directory_ops
    GROUP BY kind, duration_s
),
ranked AS (
    SELECT
        kind,
        value,
        n,
        errors,
        SUM(CASE WHEN value IS NULL THEN 0 ELSE n END) OVER (PARTITION BY kind ORDER BY value) AS upto,
        SUM(CASE WHEN value IS NULL THEN 0 ELSE n END) OVER (PARTITION BY kind) AS total
    FROM counted
)
SELECT
    kind,
    SUM(n) AS operations,
    SUM(errors) AS errors,
    MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
    MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
    MAX(value) AS max_s
FROM ranked
GROUP BY kind
ORDER BY operations DESC, kind NULLS LAST
