-- title = "Deferrals by destination and reason"
-- group = "Delivery"
-- help = """Attempts that were deferred and will be tried again, by the recipients' domain and the reason \
-- (variable parts are masked by *). `mailtrail trace` follows the example, a queue id."""
-- empty = "No delivery was deferred."
-- top = 20
-- titles = { recipient_domain = "destination" }
WITH put_off AS (
    SELECT recipient_domain, REPLACE(reason, 'host * said: ', '') AS reason, queue_id
    FROM deliveries
    WHERE outcome = 'deferred'
)
SELECT
    recipient_domain,
    reason,
    COUNT(*) AS attempts,
    COUNT(DISTINCT queue_id) AS messages,
    MIN(queue_id) AS example
FROM put_off
GROUP BY recipient_domain, reason
ORDER BY attempts DESC, recipient_domain NULLS LAST, reason NULLS LAST
