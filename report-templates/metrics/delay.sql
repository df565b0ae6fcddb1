-- unit = "seconds"
-- about = "Delays of final deliveries, by nearest rank: `delay.p50_s`, `delay.p95_s`, `delay.p99_s`, `delay.max_s`."
-- apart = true
-- by = { host = "host", instance = "instance", domain = "recipient_domain" }
-- values.stage = ["total", "before_queue", "in_queue", "connect", "transmit"]
WITH counted AS (
    SELECT {by}'total' AS stage, transport, delay_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND delay_s IS NOT NULL
    GROUP BY {group}transport, delay_s
    UNION ALL
    SELECT {by}'before_queue' AS stage, transport, before_queue_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND before_queue_s IS NOT NULL
    GROUP BY {group}transport, before_queue_s
    UNION ALL
    SELECT {by}'in_queue' AS stage, transport, in_queue_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND in_queue_s IS NOT NULL
    GROUP BY {group}transport, in_queue_s
    UNION ALL
    SELECT {by}'connect' AS stage, transport, connect_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND connect_s IS NOT NULL
    GROUP BY {group}transport, connect_s
    UNION ALL
    SELECT {by}'transmit' AS stage, transport, transmit_s AS value, COUNT(*) AS n
    FROM deliveries WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND transmit_s IS NOT NULL
    GROUP BY {group}transport, transmit_s
),
valued AS (
    SELECT FALSE AS each, {labels}stage, '' AS transport, value, SUM(n) AS n FROM counted GROUP BY {labels}stage, value
    UNION ALL
    SELECT TRUE AS each, {labels}stage, transport, value, n FROM counted WHERE transport IS NOT NULL
),
ranked AS (
    SELECT each, {labels}stage, transport, value, n,
        SUM(n) OVER (PARTITION BY each, {labels}stage, transport ORDER BY value) AS rank,
        SUM(n) OVER (PARTITION BY each, {labels}stage, transport) AS deliveries
    FROM valued
),
measured AS (
    SELECT
        {labels}stage,
        transport,
        MIN(CASE WHEN rank * 100 >= deliveries * 50 THEN value END) AS p50_s,
        MIN(CASE WHEN rank * 100 >= deliveries * 95 THEN value END) AS p95_s,
        MIN(CASE WHEN rank * 100 >= deliveries * 99 THEN value END) AS p99_s,
        MAX(value) AS max_s
    FROM ranked
    GROUP BY each, {labels}stage, transport
),
figures AS (
    SELECT 'delay.p50_s' AS metric, {labels}stage, transport, p50_s AS value FROM measured
    UNION ALL
    SELECT 'delay.p95_s' AS metric, {labels}stage, transport, p95_s AS value FROM measured
    UNION ALL
    SELECT 'delay.p99_s' AS metric, {labels}stage, transport, p99_s AS value FROM measured
    UNION ALL
    SELECT 'delay.max_s' AS metric, {labels}stage, transport, max_s AS value FROM measured
)
SELECT {labels}metric, stage, NULLIF(transport, '') AS transport, value FROM figures
ORDER BY {labels}metric, stage, transport
