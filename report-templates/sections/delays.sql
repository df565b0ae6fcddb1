-- title = "Delivery delays"
-- group = "Delays"
-- help = """How long mail took, from arrival to its final outcome, and in which stage: before the queue, in the \
-- queue, to connect, to transmit. Half of all mail was faster than p50, 95 of 100 were faster than p95; a high p50 \
-- is everybody's problem, a high p99 that of few recipients. Mail that expired is not counted here."""
-- empty = "No delivery with a delay was logged."
-- top = 60
-- units = { p50_s = "seconds", p95_s = "seconds", p99_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", p99_s = "p99", max_s = "longest" }
WITH final AS (
    SELECT transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries
    WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
),
counted AS (
    SELECT 'total' AS stage, transport, delay_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM final WHERE delay_s IS NOT NULL GROUP BY transport, delay_s
    UNION ALL
    SELECT 'before_queue' AS stage, transport, before_queue_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM final WHERE before_queue_s IS NOT NULL GROUP BY transport, before_queue_s
    UNION ALL
    SELECT 'in_queue' AS stage, transport, in_queue_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM final WHERE in_queue_s IS NOT NULL GROUP BY transport, in_queue_s
    UNION ALL
    SELECT 'connect' AS stage, transport, connect_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM final WHERE connect_s IS NOT NULL GROUP BY transport, connect_s
    UNION ALL
    SELECT 'transmit' AS stage, transport, transmit_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM final WHERE transmit_s IS NOT NULL GROUP BY transport, transmit_s
),
widened AS (
    SELECT stage, 'all' AS transport, value, SUM(n) AS n FROM counted GROUP BY stage, value
    UNION ALL
    SELECT stage, transport, value, n FROM counted
),
ranked AS (
    SELECT
        stage,
        transport,
        value,
        n,
        SUM(n) OVER (PARTITION BY stage, transport ORDER BY value) AS upto,
        SUM(n) OVER (PARTITION BY stage, transport) AS total
    FROM widened
)
SELECT
    transport,
    stage,
    SUM(n) AS deliveries,
    MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
    MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
    MIN(CASE WHEN upto * 100 >= total * 99 THEN value END) AS p99_s,
    MAX(value) AS max_s
FROM ranked
GROUP BY transport, stage
ORDER BY
    CASE WHEN transport = 'all' THEN 0 ELSE 1 END,
    transport NULLS LAST,
    CASE stage
        WHEN 'total' THEN 0 WHEN 'before_queue' THEN 1 WHEN 'in_queue' THEN 2 WHEN 'connect' THEN 3 ELSE 4
    END
