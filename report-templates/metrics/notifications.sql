-- unit = "count"
-- about = "Notifications queued."
-- by = { host = "host", instance = "instance" }
-- values.kind = ["non_delivery", "delay", "success", "postmaster"]
-- rows = """SELECT source, offset, time, notification AS kind, host, instance FROM messages \
-- WHERE origin = 'notification'"""
SELECT {by}notification AS kind, COUNT(*) AS value
FROM messages
WHERE origin = 'notification'
GROUP BY {group}notification
ORDER BY {group}notification
