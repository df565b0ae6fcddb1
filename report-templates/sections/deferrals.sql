-- title = "Deferrals by destination and reason"
-- group = "Delivery"
-- help = """Attempts that were put off and will be tried again, by the recipients' domain and the reason (variable
-- parts are masked by *). Follow the example with `mailtrail trace`."""
-- empty = "No delivery was put off."
-- top = 20
-- titles = { recipient_domain = "destination", example = "example (queue id)" }
SELECT
    recipient_domain,
    reason,
    COUNT(*) AS attempts,
    COUNT(DISTINCT queue_id) AS messages,
    COUNT(DISTINCT recipient) AS recipients,
    MIN(queue_id) AS example
FROM deliveries
WHERE outcome = 'deferred'
GROUP BY recipient_domain, reason
ORDER BY attempts DESC, recipient_domain NULLS LAST, reason NULLS LAST
