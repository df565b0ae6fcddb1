-- unit = "count"
-- about = "Delivery attempts deferred."
-- by = { host = "host", instance = "instance", domain = "recipient_domain" }
-- rows = """SELECT source, offset, time, transport, host, instance, recipient_domain AS domain FROM deliveries \
-- WHERE outcome = 'deferred'"""
SELECT {by}transport, COUNT(*) AS value
FROM deliveries
WHERE outcome = 'deferred'
GROUP BY {group}transport
ORDER BY {group}transport
