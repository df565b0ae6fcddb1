-- unit = "count"
-- about = "Notifications queued."
-- by = { host = "host", instance = "instance" }
SELECT {by}notification AS kind, COUNT(*) AS value
FROM messages
WHERE origin = 'notification'
GROUP BY {group}notification
ORDER BY {group}notification
