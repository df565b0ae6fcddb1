-- title = "Traffic by hour"
-- group = "Delivery"
-- help = """Messages accepted, and for each recipient: sent, attempts that were deferred (a \
-- message may be deferred often), bounced \
-- (expired ones too), rejected at the door. Each counts in the hour in which it happened."""
-- empty = "No mail passed."
-- titles = { deferred = "deferred attempts", bounced = "bounced or expired" }
-- chart = { kind = "columns", label = "hour", series = ["sent", "deferred", "bounced", "rejected"] }
WITH counted AS (
    SELECT hour, 'accepted' AS what, CAST(COUNT(*) AS BIGINT) AS n
    FROM messages
    WHERE origin IN ('smtp', 'submission', 'local')
    GROUP BY hour
    UNION ALL
    SELECT hour, outcome AS what, CAST(COUNT(*) AS BIGINT) AS n
    FROM deliveries
    WHERE outcome IN ('sent', 'deferred', 'bounced', 'expired')
    GROUP BY hour, outcome
    UNION ALL
    SELECT hour, 'rejected' AS what, CAST(COUNT(*) AS BIGINT) AS n
    FROM rejections
    WHERE permanence <> 'warning'
    GROUP BY hour
)
SELECT
    hour,
    SUM(CASE WHEN what = 'accepted' THEN n ELSE 0 END) AS accepted,
    SUM(CASE WHEN what = 'sent' THEN n ELSE 0 END) AS sent,
    SUM(CASE WHEN what = 'deferred' THEN n ELSE 0 END) AS deferred,
    SUM(CASE WHEN what IN ('bounced', 'expired') THEN n ELSE 0 END) AS bounced,
    SUM(CASE WHEN what = 'rejected' THEN n ELSE 0 END) AS rejected
FROM counted
GROUP BY hour
ORDER BY hour NULLS LAST
