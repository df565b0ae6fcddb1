-- title = "Ways that messages took"
-- group = "Ways of messages"
-- help = """The hosts that messages passed, the oldest first, and how long they were on the way from the first to the \
-- last. A gap is a hop that does not take over where the one before ended, a loop one that the message was on before; \
-- forged are headers that were made up."""
-- empty = "No message was read."
-- quiet = true
-- top = 20
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { path = "way", p50_s = "p50", p95_s = "p95", max_s = "longest" }
WITH odd AS (
    SELECT
        path,
        SUM(CASE WHEN gap THEN 1 ELSE 0 END) AS gaps,
        SUM(CASE WHEN loops THEN 1 ELSE 0 END) AS loops,
        SUM(CASE WHEN forged THEN 1 ELSE 0 END) AS forged
    FROM hops
    GROUP BY path
),
ways AS (
    SELECT path, CAST(COUNT(*) AS BIGINT) AS messages FROM hops WHERE hop = hop_count GROUP BY path
),
counted AS (
    SELECT path, total_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM hops
    WHERE hop = hop_count AND total_s IS NOT NULL
    GROUP BY path, total_s
),
ranked AS (
    SELECT
        path,
        value,
        SUM(n) OVER (PARTITION BY path ORDER BY value) AS upto,
        SUM(n) OVER (PARTITION BY path) AS total
    FROM counted
),
percentiles AS (
    SELECT
        path,
        MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
        MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
        MAX(value) AS max_s
    FROM ranked
    GROUP BY path
)
SELECT w.path AS path, w.messages AS messages, q.p50_s AS p50_s, q.p95_s AS p95_s, q.max_s AS max_s, o.gaps AS gaps, o.loops AS loops, o.forged AS forged
FROM ways w
JOIN odd o ON w.path = o.path
LEFT JOIN percentiles q ON w.path = q.path
ORDER BY messages DESC, path
