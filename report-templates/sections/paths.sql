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
    SELECT
        path,
        COUNT(*) AS messages,
        QUANTILE_DISC(total_s, 0.5) AS p50_s,
        QUANTILE_DISC(total_s, 0.95) AS p95_s,
        MAX(total_s) AS max_s
    FROM hops
    WHERE hop = hop_count
    GROUP BY path
)
SELECT w.path AS path, w.messages AS messages, w.p50_s AS p50_s, w.p95_s AS p95_s, w.max_s AS max_s, o.gaps AS gaps, o.loops AS loops, o.forged AS forged
FROM ways w
JOIN odd o ON w.path = o.path
ORDER BY messages DESC, path
