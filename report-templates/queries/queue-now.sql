-- title = "What is left in the queue"
-- about = """Messages that had not left the queue at the end of the logs, or at another time, the oldest first: each recipient who \
-- waits, and why the last attempt was deferred. What is on hold waits until somebody releases it."""
-- [parameters.at]
-- kind = "time"
-- about = "the point in time; the end of the logs where none is named"
-- example = "2026-11-24 14:00"
-- default = "2999-12-31"
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
WITH attempts AS (
    SELECT entry, recipient, relay_host, reply, outcome,
        ROW_NUMBER() OVER (PARTITION BY entry, recipient ORDER BY time DESC, d.source DESC, d.offset DESC) AS nth,
        COUNT(*) OVER (PARTITION BY entry, recipient) AS deferrals
    FROM deliveries d
    WHERE time <= {at}
), waiting AS (
    SELECT entry, recipient, relay_host, reply, deferrals FROM attempts WHERE nth = 1 AND outcome = 'deferred'
)
SELECT m.time AS time, m.queue_id AS queue_id, m.sender AS sender, m.recipients AS recipients,
    CASE WHEN m.fate = 'held' THEN 'on hold' ELSE 'waiting' END AS status,
    w.deferrals AS deferrals, w.recipient AS recipient, w.relay_host AS relay_host, w.reply AS reply
FROM messages m
LEFT JOIN waiting w ON m.entry = w.entry
WHERE m.time <= {at} AND (m.end_time IS NULL OR m.end_time > {at})
ORDER BY m.time, m.source, m.offset, w.recipient NULLS LAST
LIMIT {most}
