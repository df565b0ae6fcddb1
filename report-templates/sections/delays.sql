-- title = "Delivery delays"
-- group = "Delays"
-- help = """How long mail took, from arrival to its final outcome, and in which stage: before the queue, in the \
-- queue, to connect, to transmit. Half of all mail was faster than p50, 95 of 100 were faster than p95; a high p50 \
-- is everybody's problem, a high p99 that of few recipients. Mail that expired is not counted here."""
-- empty = "No delivery with a delay was logged."
-- top = 60
-- units = { p50_s = "seconds", p95_s = "seconds", p99_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", p99_s = "p99", max_s = "longest" }
WITH counted AS (
    SELECT 'total' AS stage, transport, delay_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND delay_s IS NOT NULL
    GROUP BY transport, delay_s
    UNION ALL
    SELECT 'before_queue' AS stage, transport, before_queue_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND before_queue_s IS NOT NULL
    GROUP BY transport, before_queue_s
    UNION ALL
    SELECT 'in_queue' AS stage, transport, in_queue_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND in_queue_s IS NOT NULL
    GROUP BY transport, in_queue_s
    UNION ALL
    SELECT 'connect' AS stage, transport, connect_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND connect_s IS NOT NULL
    GROUP BY transport, connect_s
    UNION ALL
    SELECT 'transmit' AS stage, transport, transmit_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND transmit_s IS NOT NULL
    GROUP BY transport, transmit_s
),
valued AS (
    SELECT FALSE AS each, stage, 'all' AS transport, value, SUM(n) AS n FROM counted GROUP BY stage, value
    UNION ALL
    SELECT TRUE AS each, stage, transport, value, n FROM counted
),
ranked AS (
    SELECT each, stage, transport, value, n,
        SUM(n) OVER (PARTITION BY each, stage, transport ORDER BY value) AS rank,
        SUM(n) OVER (PARTITION BY each, stage, transport) AS deliveries
    FROM valued
)
SELECT
    transport,
    stage,
    SUM(n) AS deliveries,
    MIN(CASE WHEN rank * 100 >= deliveries * 50 THEN value END) AS p50_s,
    MIN(CASE WHEN rank * 100 >= deliveries * 95 THEN value END) AS p95_s,
    MIN(CASE WHEN rank * 100 >= deliveries * 99 THEN value END) AS p99_s,
    MAX(value) AS max_s
FROM ranked
GROUP BY each, transport, stage
ORDER BY
    each,
    transport NULLS LAST,
    CASE stage
        WHEN 'total' THEN 0 WHEN 'before_queue' THEN 1 WHEN 'in_queue' THEN 2 WHEN 'connect' THEN 3 ELSE 4
    END
