-- title = "Expired messages"
-- group = "Delivery"
-- help = """Messages that could not be delivered in all the time that the queue keeps them, by destination and the
-- last reason. The senders were told."""
-- empty = "No message expired."
-- top = 20
-- units = { delay_s = "seconds" }
-- titles = { recipient_domain = "destination", delay_s = "longest in queue", example = "example (queue id)" }
SELECT
    recipient_domain,
    reason,
    COUNT(*) AS expired,
    COUNT(DISTINCT recipient) AS recipients,
    MAX(delay_s) AS delay_s,
    MIN(queue_id) AS example
FROM deliveries
WHERE outcome = 'expired'
GROUP BY recipient_domain, reason
ORDER BY expired DESC, recipient_domain NULLS LAST, reason NULLS LAST
