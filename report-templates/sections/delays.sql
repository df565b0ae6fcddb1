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
    SELECT 'all' AS transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
    UNION ALL
    SELECT transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
),
measured AS (
    SELECT
        transport,
        COUNT(delay_s) AS total_n,
        QUANTILE_DISC(delay_s, 0.5) AS total_p50,
        QUANTILE_DISC(delay_s, 0.95) AS total_p95,
        QUANTILE_DISC(delay_s, 0.99) AS total_p99,
        MAX(delay_s) AS total_max,
        COUNT(before_queue_s) AS before_queue_n,
        QUANTILE_DISC(before_queue_s, 0.5) AS before_queue_p50,
        QUANTILE_DISC(before_queue_s, 0.95) AS before_queue_p95,
        QUANTILE_DISC(before_queue_s, 0.99) AS before_queue_p99,
        MAX(before_queue_s) AS before_queue_max,
        COUNT(in_queue_s) AS in_queue_n,
        QUANTILE_DISC(in_queue_s, 0.5) AS in_queue_p50,
        QUANTILE_DISC(in_queue_s, 0.95) AS in_queue_p95,
        QUANTILE_DISC(in_queue_s, 0.99) AS in_queue_p99,
        MAX(in_queue_s) AS in_queue_max,
        COUNT(connect_s) AS connect_n,
        QUANTILE_DISC(connect_s, 0.5) AS connect_p50,
        QUANTILE_DISC(connect_s, 0.95) AS connect_p95,
        QUANTILE_DISC(connect_s, 0.99) AS connect_p99,
        MAX(connect_s) AS connect_max,
        COUNT(transmit_s) AS transmit_n,
        QUANTILE_DISC(transmit_s, 0.5) AS transmit_p50,
        QUANTILE_DISC(transmit_s, 0.95) AS transmit_p95,
        QUANTILE_DISC(transmit_s, 0.99) AS transmit_p99,
        MAX(transmit_s) AS transmit_max
    FROM final GROUP BY transport
),
stages AS (
    SELECT 'total' AS stage, transport, total_n AS deliveries,
        total_p50 AS p50_s, total_p95 AS p95_s, total_p99 AS p99_s, total_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'before_queue' AS stage, transport, before_queue_n AS deliveries,
        before_queue_p50 AS p50_s, before_queue_p95 AS p95_s, before_queue_p99 AS p99_s, before_queue_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'in_queue' AS stage, transport, in_queue_n AS deliveries,
        in_queue_p50 AS p50_s, in_queue_p95 AS p95_s, in_queue_p99 AS p99_s, in_queue_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'connect' AS stage, transport, connect_n AS deliveries,
        connect_p50 AS p50_s, connect_p95 AS p95_s, connect_p99 AS p99_s, connect_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'transmit' AS stage, transport, transmit_n AS deliveries,
        transmit_p50 AS p50_s, transmit_p95 AS p95_s, transmit_p99 AS p99_s, transmit_max AS max_s
    FROM measured
)
SELECT transport, stage, deliveries, p50_s, p95_s, p99_s, max_s FROM stages
WHERE deliveries > 0
ORDER BY
    CASE WHEN transport = 'all' THEN 0 ELSE 1 END,
    transport NULLS LAST,
    CASE stage
        WHEN 'total' THEN 0 WHEN 'before_queue' THEN 1 WHEN 'in_queue' THEN 2 WHEN 'connect' THEN 3 ELSE 4
    END
