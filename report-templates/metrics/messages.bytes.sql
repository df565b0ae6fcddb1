-- unit = "bytes"
-- about = "Their sizes."
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
-- values.origin = ["smtp", "submission", "local", "notification", "forward", "filter", "requeue", "..."]
SELECT {by}origin, SUM(size_bytes) AS value
FROM messages
WHERE origin IS NOT NULL
GROUP BY {group}origin
ORDER BY {group}origin
