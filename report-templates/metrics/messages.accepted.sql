-- unit = "count"
-- about = "Messages accepted into a queue."
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
SELECT {by}origin, COUNT(*) AS value
FROM messages
WHERE origin IS NOT NULL
GROUP BY {group}origin
ORDER BY {group}origin
