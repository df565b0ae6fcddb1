-- title = "Delays from host to host"
-- group = "Ways of messages"
-- help = """How long messages took from one host to the next, by their Received headers. Half of them were faster \
-- than p50, 95 of 100 were faster than p95. Skewed are those where the clocks of the two disagree: their delays are \
-- corrected where enough messages show by how much, else left out."""
-- empty = "No message was read that came over two hosts."
-- quiet = true
-- top = 30
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { before_host = "from", by_host = "to", p50_s = "p50", p95_s = "p95", max_s = "longest" }
WITH pairs AS (
    SELECT before_host, by_host, CAST(COUNT(*) AS BIGINT) AS messages, SUM(CASE WHEN skewed THEN 1 ELSE 0 END) AS skewed
    FROM hops
    WHERE before_host IS NOT NULL AND by_host IS NOT NULL
    GROUP BY before_host, by_host
),
counted AS (
    SELECT before_host, by_host, delay_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM hops
    WHERE before_host IS NOT NULL AND by_host IS NOT NULL AND delay_s IS NOT NULL
    GROUP BY before_host, by_host, delay_s
),
ranked AS (
    SELECT
        before_host,
        by_host,
        value,
        SUM(n) OVER (PARTITION BY before_host, by_host ORDER BY value) AS upto,
        SUM(n) OVER (PARTITION BY before_host, by_host) AS total
    FROM counted
),
percentiles AS (
    SELECT
        before_host,
        by_host,
        MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
        MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
        MAX(value) AS max_s
    FROM ranked
    GROUP BY before_host, by_host
)
SELECT p.before_host AS before_host, p.by_host AS by_host, p.messages AS messages, p.skewed AS skewed, q.p50_s AS p50_s, q.p95_s AS p95_s, q.max_s AS max_s
FROM pairs p
LEFT JOIN percentiles q ON p.before_host = q.before_host AND p.by_host = q.by_host
ORDER BY messages DESC, before_host, by_host
