-- title = "Recipient domains"
-- group = "Delivery"
-- help = """Where mail went, and what became of it: deliveries, bounces (expired ones too) and bytes once for \
-- each recipient; deferred counts every attempt that was deferred."""
-- empty = "No delivery was tried."
-- top = 20
-- units = { bytes = "bytes", longest_s = "seconds" }
-- titles = { recipient_domain = "recipient domain", bytes = "bytes sent", longest_s = "longest delay", bounced = "bounced or expired" }
WITH counted AS (
    SELECT
        recipient_domain,
        outcome,
        CAST(COUNT(*) AS BIGINT) AS attempts,
        SUM(size_bytes) AS bytes,
        MAX(delay_s) AS longest_s
    FROM deliveries
    WHERE outcome IN ('sent', 'deferred', 'bounced', 'expired')
    GROUP BY recipient_domain, outcome
)
SELECT
    recipient_domain,
    SUM(CASE WHEN outcome = 'sent' THEN attempts ELSE 0 END) AS sent,
    SUM(CASE WHEN outcome = 'deferred' THEN attempts ELSE 0 END) AS deferred,
    SUM(CASE WHEN outcome IN ('bounced', 'expired') THEN attempts ELSE 0 END) AS bounced,
    SUM(CASE WHEN outcome = 'sent' THEN bytes ELSE 0 END) AS bytes,
    MAX(CASE WHEN outcome = 'sent' THEN longest_s END) AS longest_s
FROM counted
GROUP BY recipient_domain
ORDER BY sent DESC, deferred DESC, bounced DESC, recipient_domain NULLS LAST
