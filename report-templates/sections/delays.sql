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
stages AS (
    SELECT
        'total' AS stage,
        transport,
        COUNT(delay_s) AS deliveries,
        QUANTILE_DISC(delay_s, 0.5) AS p50_s,
        QUANTILE_DISC(delay_s, 0.95) AS p95_s,
        QUANTILE_DISC(delay_s, 0.99) AS p99_s,
        MAX(delay_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'before_queue' AS stage,
        transport,
        COUNT(before_queue_s) AS deliveries,
        QUANTILE_DISC(before_queue_s, 0.5) AS p50_s,
        QUANTILE_DISC(before_queue_s, 0.95) AS p95_s,
        QUANTILE_DISC(before_queue_s, 0.99) AS p99_s,
        MAX(before_queue_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'in_queue' AS stage,
        transport,
        COUNT(in_queue_s) AS deliveries,
        QUANTILE_DISC(in_queue_s, 0.5) AS p50_s,
        QUANTILE_DISC(in_queue_s, 0.95) AS p95_s,
        QUANTILE_DISC(in_queue_s, 0.99) AS p99_s,
        MAX(in_queue_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'connect' AS stage,
        transport,
        COUNT(connect_s) AS deliveries,
        QUANTILE_DISC(connect_s, 0.5) AS p50_s,
        QUANTILE_DISC(connect_s, 0.95) AS p95_s,
        QUANTILE_DISC(connect_s, 0.99) AS p99_s,
        MAX(connect_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'transmit' AS stage,
        transport,
        COUNT(transmit_s) AS deliveries,
        QUANTILE_DISC(transmit_s, 0.5) AS p50_s,
        QUANTILE_DISC(transmit_s, 0.95) AS p95_s,
        QUANTILE_DISC(transmit_s, 0.99) AS p99_s,
        MAX(transmit_s) AS max_s
    FROM final GROUP BY transport
)
SELECT transport, stage, deliveries, p50_s, p95_s, p99_s, max_s FROM stages
WHERE deliveries > 0
ORDER BY
    CASE WHEN transport = 'all' THEN 0 ELSE 1 END,
    transport NULLS LAST,
    CASE stage
        WHEN 'total' THEN 0 WHEN 'before_queue' THEN 1 WHEN 'in_queue' THEN 2 WHEN 'connect' THEN 3 ELSE 4
    END
