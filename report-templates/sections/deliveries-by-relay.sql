-- title = "Deliveries by relay"
-- group = "Delivery"
-- help = """The servers that mail was handed to, and what they did with it, once for each recipient. A row \
-- without a name is mail for which no server could be reached or none was needed."""
-- empty = "No delivery was tried."
-- top = 20
-- units = { bytes = "bytes" }
-- titles = { relay_host = "relay", bytes = "bytes sent", bounced = "bounced or expired" }
SELECT
    NULLIF(relay_host, 'none') AS relay_host,
    SUM(CASE WHEN outcome = 'sent' THEN 1 ELSE 0 END) AS sent,
    SUM(CASE WHEN outcome = 'deferred' THEN 1 ELSE 0 END) AS deferred,
    SUM(CASE WHEN outcome IN ('bounced', 'expired') THEN 1 ELSE 0 END) AS bounced,
    SUM(CASE WHEN outcome = 'sent' THEN size_bytes ELSE 0 END) AS bytes
FROM deliveries
WHERE outcome IN ('sent', 'deferred', 'bounced', 'expired')
GROUP BY NULLIF(relay_host, 'none')
ORDER BY sent DESC, deferred DESC, bounced DESC, relay_host NULLS LAST
