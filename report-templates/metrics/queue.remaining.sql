-- unit = "count"
-- about = "Messages accepted and without a final fate at the end of the period."
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
-- zero = true
-- since_ever = true
-- rows = "SELECT source, offset, time, host, instance, sender_domain AS domain FROM messages WHERE end_time IS NULL OR end_time >= {end}"
SELECT {by}SUM(CASE WHEN end_time IS NULL OR end_time >= {end} THEN 1 ELSE 0 END) AS value
FROM messages
{group-by}
