-- title = "Bounces by reason and destination"
-- group = "Delivery"
-- help = """Deliveries that failed for good, by the reason (variable parts are masked by *) and the recipients'
-- domain. The sender was told. Follow the example with `mailtrail trace`."""
-- empty = "No message bounced."
-- top = 20
-- titles = { recipient_domain = "destination", dsn = "status", example = "example (queue id)" }
SELECT
    reason,
    dsn,
    recipient_domain,
    COUNT(*) AS bounces,
    COUNT(DISTINCT recipient) AS recipients,
    MIN(queue_id) AS example
FROM deliveries
WHERE outcome = 'bounced'
GROUP BY reason, dsn, recipient_domain
ORDER BY bounces DESC, reason NULLS LAST, dsn NULLS LAST, recipient_domain NULLS LAST
