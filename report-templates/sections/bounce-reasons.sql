-- title = "Bounces by reason"
-- group = "Delivery"
-- help = """Why deliveries failed for good (variable parts are masked by *), and at how many destinations. Many
-- destinations with one reason: look at your own server's name, address and reputation first."""
-- empty = "No message bounced."
-- top = 20
-- titles = { dsn = "status", example = "example (queue id)" }
SELECT
    reason,
    dsn,
    COUNT(*) AS bounces,
    COUNT(DISTINCT recipient_domain) AS destinations,
    COUNT(DISTINCT recipient) AS recipients,
    MIN(queue_id) AS example
FROM deliveries
WHERE outcome = 'bounced'
GROUP BY reason, dsn
ORDER BY bounces DESC, reason NULLS LAST, dsn NULLS LAST
