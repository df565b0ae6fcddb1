-- title = "Delays from host to host by hour"
-- group = "Ways of messages"
-- help = """How long hops took, by the hour in which the message arrived: half of them were faster than p50, 95 of \
-- 100 were faster than p95."""
-- empty = "No message was read that came over two hosts."
-- quiet = true
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
-- chart = { kind = "lines", label = "hour", series = ["p50_s", "p95_s"] }
WITH counted AS (
    SELECT hour, delay_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM hops
    WHERE delay_s IS NOT NULL
    GROUP BY hour, delay_s
),
ranked AS (
    SELECT
        hour,
        value,
        n,
        SUM(n) OVER (PARTITION BY hour ORDER BY value) AS upto,
        SUM(n) OVER (PARTITION BY hour) AS total
    FROM counted
)
SELECT
    hour,
    SUM(n) AS hops,
    MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
    MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
    MAX(value) AS max_s
FROM ranked
GROUP BY hour
ORDER BY hour NULLS LAST
