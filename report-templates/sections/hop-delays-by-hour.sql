-- title = "Delays from host to host by hour"
-- group = "Ways of messages"
-- help = """How long hops took, by the hour in which the message arrived: half of them were faster than p50, 95 of \
-- 100 were faster than p95."""
-- empty = "No message was read that came over two hosts."
-- quiet = true
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
-- chart = { kind = "lines", label = "hour", series = ["p50_s", "p95_s"] }
SELECT
    hour,
    COUNT(*) AS hops,
    QUANTILE_DISC(delay_s, 0.5) AS p50_s,
    QUANTILE_DISC(delay_s, 0.95) AS p95_s,
    MAX(delay_s) AS max_s
FROM hops
WHERE delay_s IS NOT NULL
GROUP BY hour
ORDER BY hour NULLS LAST
