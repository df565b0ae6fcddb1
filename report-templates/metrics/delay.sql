-- unit = "seconds"
-- about = "Delays of final deliveries, by nearest rank: `delay.p50_s`, `delay.p95_s`, `delay.p99_s`, `delay.max_s`."
WITH final AS (
    SELECT '' AS transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
    UNION ALL
    SELECT transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND transport IS NOT NULL
),
stages AS (
    SELECT
        'total' AS stage,
        transport,
        QUANTILE_DISC(delay_s, 0.5) AS p50_s,
        QUANTILE_DISC(delay_s, 0.95) AS p95_s,
        QUANTILE_DISC(delay_s, 0.99) AS p99_s,
        MAX(delay_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'before_queue' AS stage,
        transport,
        QUANTILE_DISC(before_queue_s, 0.5) AS p50_s,
        QUANTILE_DISC(before_queue_s, 0.95) AS p95_s,
        QUANTILE_DISC(before_queue_s, 0.99) AS p99_s,
        MAX(before_queue_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'in_queue' AS stage,
        transport,
        QUANTILE_DISC(in_queue_s, 0.5) AS p50_s,
        QUANTILE_DISC(in_queue_s, 0.95) AS p95_s,
        QUANTILE_DISC(in_queue_s, 0.99) AS p99_s,
        MAX(in_queue_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'connect' AS stage,
        transport,
        QUANTILE_DISC(connect_s, 0.5) AS p50_s,
        QUANTILE_DISC(connect_s, 0.95) AS p95_s,
        QUANTILE_DISC(connect_s, 0.99) AS p99_s,
        MAX(connect_s) AS max_s
    FROM final GROUP BY transport
    UNION ALL
    SELECT
        'transmit' AS stage,
        transport,
        QUANTILE_DISC(transmit_s, 0.5) AS p50_s,
        QUANTILE_DISC(transmit_s, 0.95) AS p95_s,
        QUANTILE_DISC(transmit_s, 0.99) AS p99_s,
        MAX(transmit_s) AS max_s
    FROM final GROUP BY transport
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
