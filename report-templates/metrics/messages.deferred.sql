-- unit = "count"
-- about = "Distinct messages deferred at least once."
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
-- zero = true
-- rows = """SELECT source, offset, time, host, instance, sender_domain AS domain FROM (SELECT source, offset, time, host, instance, \
-- sender_domain, ROW_NUMBER() OVER (PARTITION BY entry ORDER BY time DESC, source DESC, offset DESC, recipient DESC) AS nth FROM deliveries \
-- WHERE outcome = 'deferred') attempts WHERE nth = 1"""
SELECT {by}COUNT(DISTINCT entry) AS value
FROM deliveries
WHERE outcome = 'deferred'
{group-by}
