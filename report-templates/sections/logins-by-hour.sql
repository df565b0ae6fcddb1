-- title = "Logins by hour"
-- group = "Logins"
-- help = """Logins that succeeded, failed (for whatever reason) or were not tried \
-- after all (aborted), by the hour. Failures that rise while successes do not are guessing."""
-- empty = "Nobody tried to log in."
-- chart = { kind = "columns", label = "hour", series = ["ok", "failed", "aborted"] }
SELECT
    hour,
    SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS ok,
    SUM(CASE WHEN outcome IN ('ok', 'aborted') THEN 0 ELSE 1 END) AS failed,
    SUM(CASE WHEN outcome = 'aborted' THEN 1 ELSE 0 END) AS aborted
FROM logins
GROUP BY hour
ORDER BY hour NULLS LAST
