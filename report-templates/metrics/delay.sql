-- unit = "seconds"
-- about = "Delays of final deliveries, by nearest rank: `delay.p50_s`, `delay.p95_s`, `delay.p99_s`, `delay.max_s`."
WITH final AS (
    SELECT transport, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s FROM deliveries
    WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
), counted AS (
    SELECT 'total' AS stage, transport, delay_s AS delay, COUNT(*) AS n FROM final GROUP BY transport, delay_s
    UNION ALL
    SELECT 'before_queue' AS stage, transport, before_queue_s AS delay, COUNT(*) AS n FROM final GROUP BY transport, before_queue_s
    UNION ALL
    SELECT 'in_queue' AS stage, transport, in_queue_s AS delay, COUNT(*) AS n FROM final GROUP BY transport, in_queue_s
    UNION ALL
    SELECT 'connect' AS stage, transport, connect_s AS delay, COUNT(*) AS n FROM final GROUP BY transport, connect_s
    UNION ALL
    SELECT 'transmit' AS stage, transport, transmit_s AS delay, COUNT(*) AS n FROM final GROUP BY transport, transmit_s
), both AS (
    SELECT stage, transport, delay, n FROM counted WHERE delay IS NOT NULL
    UNION ALL
    SELECT stage, NULL AS transport, delay, SUM(n) AS n FROM counted WHERE delay IS NOT NULL GROUP BY stage, delay
), ranked AS (
    SELECT stage, transport, COALESCE(transport, '') AS part, delay, n FROM both
), running AS (
    SELECT stage, transport, delay,
        SUM(n) OVER (PARTITION BY stage, part ORDER BY delay) AS rank,
        SUM(n) OVER (PARTITION BY stage, part) AS total
    FROM ranked
), percentiles AS (
    SELECT stage, transport,
        MIN(CASE WHEN rank * 100 >= total * 50 THEN delay END) AS p50,
        MIN(CASE WHEN rank * 100 >= total * 95 THEN delay END) AS p95,
        MIN(CASE WHEN rank * 100 >= total * 99 THEN delay END) AS p99,
        MAX(delay) AS most
    FROM running GROUP BY stage, transport
)
SELECT 'delay.p50_s' AS metric, stage, transport, p50 AS value FROM percentiles
UNION ALL
SELECT 'delay.p95_s' AS metric, stage, transport, p95 AS value FROM percentiles
UNION ALL
SELECT 'delay.p99_s' AS metric, stage, transport, p99 AS value FROM percentiles
UNION ALL
SELECT 'delay.max_s' AS metric, stage, transport, most AS value FROM percentiles
ORDER BY metric, stage, transport
