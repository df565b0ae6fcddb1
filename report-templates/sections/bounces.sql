-- title = "Bounces by destination and reason"
-- group = "Delivery"
-- help = """Deliveries that failed for good, by the recipients' domain and the reason (variable parts are \
-- masked by *). The sender was told. `mailtrail trace` follows the example, a queue id."""
-- empty = "No message bounced."
-- top = 20
-- titles = { recipient_domain = "destination" }
WITH failed AS (
    SELECT recipient_domain, REPLACE(reason, 'host * said: ', '') AS reason, recipient, queue_id
    FROM deliveries
    WHERE outcome = 'bounced'
)
SELECT
    recipient_domain,
    reason,
    COUNT(*) AS bounces,
    COUNT(DISTINCT recipient) AS recipients,
    MIN(queue_id) AS example
FROM failed
GROUP BY recipient_domain, reason
ORDER BY bounces DESC, recipient_domain NULLS LAST, reason NULLS LAST
