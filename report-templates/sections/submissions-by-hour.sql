-- title = "Submissions by hour"
-- group = "Submission"
-- help = """Messages that users who logged in (authenticated) and users and programs of the machine itself \
-- (local) handed in, and how many users did. A burst of recipients from few users may be spam from a stolen \
-- account."""
-- empty = "Nobody handed in mail."
-- chart = { kind = "columns", label = "hour", series = ["authenticated", "local"] }
SELECT
    hour,
    SUM(CASE WHEN origin = 'submission' AND user IS NOT NULL THEN 1 ELSE 0 END) AS authenticated,
    SUM(CASE WHEN origin = 'local' THEN 1 ELSE 0 END) AS local,
    COUNT(DISTINCT user) AS users,
    SUM(recipients) AS recipients
FROM messages
WHERE origin IN ('submission', 'local')
GROUP BY hour
ORDER BY hour NULLS LAST
