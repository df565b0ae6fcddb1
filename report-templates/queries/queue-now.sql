-- title = "What is left in the queue"
-- about = """Messages that had not left the queue at the end of the logs, the oldest first, and why the last attempt \
-- to deliver each was deferred."""
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
WITH ranked AS (
    SELECT
        host,
        queue_id,
        recipient,
        relay_host,
        reply,
        ROW_NUMBER() OVER (PARTITION BY host, queue_id ORDER BY time, d.source, d.offset, recipient) AS number,
        COUNT(*) OVER (PARTITION BY host, queue_id) AS attempts
    FROM deliveries d
    WHERE outcome = 'deferred'
), latest AS (
    SELECT host, queue_id, recipient, relay_host, reply FROM ranked WHERE number = attempts
)
SELECT m.time, m.queue_id, m.sender, m.recipients, m.deferred, l.recipient, l.relay_host, l.reply
FROM messages m
LEFT JOIN latest l ON m.host = l.host AND m.queue_id = l.queue_id
WHERE m.fate IS NULL
ORDER BY m.time, m.source, m.offset
LIMIT {most}
