-- unit = "seconds"
-- about = "Delays of hops by Received headers, by nearest rank: `hops.p50_s`, `hops.p95_s`. The label `hop` is the place on the way, 1 the oldest."
WITH counted AS (
    SELECT hop, delay_s AS delay, COUNT(*) AS n FROM hops WHERE delay_s IS NOT NULL GROUP BY hop, delay_s
), both AS (
    SELECT hop, delay, n FROM counted
    UNION ALL
    SELECT 0 AS hop, delay, SUM(n) AS n FROM counted GROUP BY delay
), running AS (
    SELECT hop, delay,
        SUM(n) OVER (PARTITION BY hop ORDER BY delay) AS rank,
        SUM(n) OVER (PARTITION BY hop) AS total
    FROM both
), percentiles AS (
    SELECT hop,
        MIN(CASE WHEN rank * 100 >= total * 50 THEN delay END) AS p50,
        MIN(CASE WHEN rank * 100 >= total * 95 THEN delay END) AS p95
    FROM running GROUP BY hop
)
SELECT 'hops.p50_s' AS metric, NULLIF(hop, 0) AS hop, p50 AS value FROM percentiles
UNION ALL
SELECT 'hops.p95_s' AS metric, NULLIF(hop, 0) AS hop, p95 AS value FROM percentiles
ORDER BY metric, hop
