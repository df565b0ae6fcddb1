-- title = "Expired messages"
-- group = "Delivery"
-- help = """Messages that could not be delivered in all the time that the queue keeps them, by destination and \
-- the last reason. The senders were told. Each recipient counts."""
-- empty = "No message expired."
-- top = 20
-- units = { delay_s = "seconds" }
-- titles = { recipient_domain = "destination", delay_s = "age" }
WITH failed AS (
    SELECT recipient_domain, REPLACE(reason, 'host * said: ', '') AS reason, delay_s, queue_id
    FROM deliveries
    WHERE outcome = 'expired'
)
SELECT
    recipient_domain,
    reason,
    COUNT(*) AS expired,
    MAX(delay_s) AS delay_s,
    MIN(queue_id) AS example
FROM failed
GROUP BY recipient_domain, reason
ORDER BY expired DESC, recipient_domain NULLS LAST, reason NULLS LAST
