-- title = "Connections by hour"
-- group = "Connections"
-- help = """Clients' connections to all services by the hour in which they began. A bar that stands out, or one \
-- that is missing, is worth a look; so is an hour in which many were lost or refused."""
-- empty = "No client connected to any service."
-- titles = { closed = "closed or open" }
-- chart = { kind = "columns", label = "hour", series = ["closed", "lost", "timed_out", "refused"] }
SELECT
    hour,
    COUNT(*) AS connections,
    SUM(CASE WHEN ended IN ('lost', 'timeout', 'refused') THEN 0 ELSE 1 END) AS closed,
    SUM(CASE WHEN ended = 'lost' THEN 1 ELSE 0 END) AS lost,
    SUM(CASE WHEN ended = 'timeout' THEN 1 ELSE 0 END) AS timed_out,
    SUM(CASE WHEN ended = 'refused' THEN 1 ELSE 0 END) AS refused
FROM sessions
WHERE direction = 'in'
GROUP BY hour
ORDER BY hour NULLS LAST
