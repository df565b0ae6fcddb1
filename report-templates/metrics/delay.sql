-- unit = "seconds"
-- about = "Delays of final deliveries, by nearest rank: `delay.p50_s`, `delay.p95_s`, `delay.p99_s`, `delay.max_s`."
WITH final AS (
    SELECT '' AS transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
    UNION ALL
    SELECT transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND transport IS NOT NULL
),
measured AS (
    SELECT
        transport,
        QUANTILE_DISC(delay_s, 0.5) AS total_p50,
        QUANTILE_DISC(delay_s, 0.95) AS total_p95,
        QUANTILE_DISC(delay_s, 0.99) AS total_p99,
        MAX(delay_s) AS total_max,
        QUANTILE_DISC(before_queue_s, 0.5) AS before_queue_p50,
        QUANTILE_DISC(before_queue_s, 0.95) AS before_queue_p95,
        QUANTILE_DISC(before_queue_s, 0.99) AS before_queue_p99,
        MAX(before_queue_s) AS before_queue_max,
        QUANTILE_DISC(in_queue_s, 0.5) AS in_queue_p50,
        QUANTILE_DISC(in_queue_s, 0.95) AS in_queue_p95,
        QUANTILE_DISC(in_queue_s, 0.99) AS in_queue_p99,
        MAX(in_queue_s) AS in_queue_max,
        QUANTILE_DISC(connect_s, 0.5) AS connect_p50,
        QUANTILE_DISC(connect_s, 0.95) AS connect_p95,
        QUANTILE_DISC(connect_s, 0.99) AS connect_p99,
        MAX(connect_s) AS connect_max,
        QUANTILE_DISC(transmit_s, 0.5) AS transmit_p50,
        QUANTILE_DISC(transmit_s, 0.95) AS transmit_p95,
        QUANTILE_DISC(transmit_s, 0.99) AS transmit_p99,
        MAX(transmit_s) AS transmit_max
    FROM final GROUP BY transport
),
stages AS (
    SELECT 'total' AS stage, transport,
        total_p50 AS p50_s, total_p95 AS p95_s, total_p99 AS p99_s, total_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'before_queue' AS stage, transport,
        before_queue_p50 AS p50_s, before_queue_p95 AS p95_s, before_queue_p99 AS p99_s, before_queue_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'in_queue' AS stage, transport,
        in_queue_p50 AS p50_s, in_queue_p95 AS p95_s, in_queue_p99 AS p99_s, in_queue_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'connect' AS stage, transport,
        connect_p50 AS p50_s, connect_p95 AS p95_s, connect_p99 AS p99_s, connect_max AS max_s
    FROM measured
    UNION ALL
    SELECT 'transmit' AS stage, transport,
        transmit_p50 AS p50_s, transmit_p95 AS p95_s, transmit_p99 AS p99_s, transmit_max AS max_s
    FROM measured
),
figures AS (
    SELECT 'delay.p50_s' AS metric, stage, transport, p50_s AS value FROM stages
    UNION ALL
    SELECT 'delay.p95_s' AS metric, stage, transport, p95_s AS value FROM stages
    UNION ALL
    SELECT 'delay.p99_s' AS metric, stage, transport, p99_s AS value FROM stages
    UNION ALL
    SELECT 'delay.max_s' AS metric, stage, transport, max_s AS value FROM stages
)
SELECT metric, stage, NULLIF(transport, '') AS transport, value FROM figures
WHERE value IS NOT NULL
ORDER BY metric, stage, transport
