-- title = "Top recipients"
-- group = "Delivery"
-- help = """The recipients of the most deliveries. Bounced includes expired; deferred counts every attempt that \
-- was deferred."""
-- empty = "No delivery was tried."
-- top = 20
-- units = { bytes = "bytes" }
-- titles = { bytes = "bytes sent", bounced = "bounced or expired" }
SELECT
    recipient,
    SUM(CASE WHEN outcome = 'sent' THEN 1 ELSE 0 END) AS sent,
    SUM(CASE WHEN outcome = 'deferred' THEN 1 ELSE 0 END) AS deferred,
    SUM(CASE WHEN outcome IN ('bounced', 'expired') THEN 1 ELSE 0 END) AS bounced,
    SUM(CASE WHEN outcome = 'sent' THEN size_bytes ELSE 0 END) AS bytes
FROM deliveries
WHERE outcome IN ('sent', 'deferred', 'bounced', 'expired')
GROUP BY recipient
ORDER BY sent DESC, deferred DESC, bounced DESC, recipient NULLS LAST
