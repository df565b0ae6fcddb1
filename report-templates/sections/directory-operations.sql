-- title = "Directory operations"
-- group = "Directory"
-- help = """What clients asked of the directory (LDAP), how often the answer was an error, and how long it \
-- took. Half were faster than p50, 95 of 100 were faster than p95. That nothing was compared equal \
-- is no error."""
-- empty = "Nobody asked the directory."
-- top = 20
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
SELECT
    kind,
    COUNT(*) AS operations,
    SUM(CASE WHEN result_code NOT IN (0, 5, 6, 14) THEN 1 ELSE 0 END) AS errors,
    QUANTILE_DISC(duration_s, 0.5) AS p50_s,
    QUANTILE_DISC(duration_s, 0.95) AS p95_s,
    MAX(duration_s) AS max_s
FROM directory_ops
GROUP BY kind
ORDER BY operations DESC, kind NULLS LAST
