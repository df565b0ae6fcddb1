-- unit = "count"
-- about = "Distinct messages deferred at least once."
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
-- zero = true
-- rows = "SELECT source, offset, time, host, instance, sender_domain AS domain FROM messages WHERE deferred > 0"
SELECT {by}SUM(CASE WHEN deferred > 0 THEN 1 ELSE 0 END) AS value
FROM messages
{group-by}
