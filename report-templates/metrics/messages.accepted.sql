-- unit = "count"
-- about = "Messages accepted into a queue."
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
-- values.origin = ["smtp", "submission", "local", "notification", "forward", "filter", "requeue", "..."]
-- rows = """SELECT source, offset, time, origin, host, instance, sender_domain AS domain FROM messages \
-- WHERE origin IS NOT NULL"""
SELECT {by}origin, COUNT(*) AS value
FROM messages
WHERE origin IS NOT NULL
GROUP BY {group}origin
ORDER BY {group}origin
