-- title = "Deferrals by reason"
-- group = "Delivery"
-- help = """Why attempts were deferred (variable parts are masked by *), and at how many destinations. \
-- Greylisting goes away by itself; one reason at many destinations is a fault near you: the net, the name service, \
-- your address."""
-- empty = "No delivery was deferred."
-- top = 20
WITH put_off AS (
    SELECT REPLACE(reason, 'host * said: ', '') AS reason, recipient_domain, queue_id
    FROM deliveries
    WHERE outcome = 'deferred'
)
SELECT
    reason,
    COUNT(*) AS attempts,
    COUNT(DISTINCT queue_id) AS messages,
    COUNT(DISTINCT recipient_domain) AS destinations
FROM put_off
GROUP BY reason
ORDER BY attempts DESC, reason NULLS LAST
