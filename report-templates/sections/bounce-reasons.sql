-- title = "Bounces by reason"
-- group = "Delivery"
-- help = """Why deliveries failed for good (variable parts are masked by *), and at how many destinations. Many \
-- destinations with one reason: look at your own server's name, address and reputation first."""
-- empty = "No message bounced."
-- top = 20
-- titles = { dsn = "status" }
WITH failed AS (
    SELECT REPLACE(reason, 'host * said: ', '') AS reason, dsn, recipient_domain, recipient
    FROM deliveries
    WHERE outcome = 'bounced'
)
SELECT
    dsn,
    reason,
    COUNT(*) AS bounces,
    COUNT(DISTINCT recipient) AS recipients,
    COUNT(DISTINCT recipient_domain) AS destinations
FROM failed
GROUP BY dsn, reason
ORDER BY bounces DESC, reason NULLS LAST, dsn NULLS LAST
