-- title = "Notifications"
-- group = "Delivery"
-- help = """Messages that the mail system wrote itself: to senders about mail that could not be delivered \
-- (non_delivery) or is late (delay), about success, to the postmaster. Bounced ones could not reach the sender: \
-- often the answer to forged mail."""
-- empty = "No notification was sent."
-- top = 20
-- units = { bytes = "bytes" }
-- titles = { bounced = "bounced or expired" }
SELECT
    notification AS kind,
    COUNT(*) AS notifications,
    SUM(CASE WHEN fate = 'sent' THEN 1 ELSE 0 END) AS sent,
    SUM(CASE WHEN fate IN ('bounced', 'expired') THEN 1 ELSE 0 END) AS bounced,
    SUM(CASE WHEN fate IS NULL THEN 1 ELSE 0 END) AS queued,
    SUM(size_bytes) AS bytes
FROM messages
WHERE origin = 'notification'
GROUP BY notification
ORDER BY notifications DESC, kind NULLS LAST
