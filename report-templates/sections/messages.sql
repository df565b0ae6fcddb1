-- title = "Accepted messages"
-- group = "Delivery"
-- help = """Messages accepted into the queue, by where they came from: other servers (smtp), users who logged \
-- in (submission), the machine itself (local). Notifications, forwarded copies and messages that come back from a \
-- filter are not new mail."""
-- empty = "No message was accepted."
-- top = 20
-- units = { bytes = "bytes", mean_bytes = "bytes", max_bytes = "bytes" }
-- titles = { mean_bytes = "mean size", max_bytes = "largest" }
-- chart = { kind = "share", label = "origin", series = ["messages"] }
SELECT
    origin,
    COUNT(*) AS messages,
    SUM(recipients) AS recipients,
    SUM(size_bytes) AS bytes,
    CASE WHEN COUNT(size_bytes) > 0 THEN ROUND(1.0 * SUM(size_bytes) / COUNT(size_bytes)) END AS mean_bytes,
    MAX(size_bytes) AS max_bytes
FROM messages
GROUP BY origin
ORDER BY messages DESC, origin NULLS LAST
