-- title = "Volume by hour"
-- about = "Messages accepted, deliveries, deferrals, bounces and rejections of each hour."
WITH counted AS (
    SELECT hour, 1 AS accepted, 0 AS sent, 0 AS deferred, 0 AS bounced, 0 AS refused
    FROM messages WHERE origin IN ('smtp', 'submission', 'local')
    UNION ALL
    SELECT
        hour,
        0 AS accepted,
        CASE WHEN outcome = 'sent' THEN 1 ELSE 0 END AS sent,
        CASE WHEN outcome = 'deferred' THEN 1 ELSE 0 END AS deferred,
        CASE WHEN outcome IN ('bounced', 'expired') THEN 1 ELSE 0 END AS bounced,
        0 AS refused
    FROM deliveries
    UNION ALL
    SELECT hour, 0 AS accepted, 0 AS sent, 0 AS deferred, 0 AS bounced, 1 AS refused
    FROM rejections WHERE permanence <> 'warning'
)
SELECT
    hour,
    SUM(accepted) AS accepted,
    SUM(sent) AS sent,
    SUM(deferred) AS deferred,
    SUM(bounced) AS bounced,
    SUM(refused) AS refused
FROM counted
GROUP BY hour
ORDER BY hour
