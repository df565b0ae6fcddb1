-- unit = "seconds"
-- about = "Delays of hops by Received headers, by nearest rank: `hops.p50_s`, `hops.p95_s`. The label `hop` is the place on the way, 1 the oldest."
WITH figures AS (
    SELECT 0 AS hop, QUANTILE_DISC(delay_s, 0.5) AS p50_s, QUANTILE_DISC(delay_s, 0.95) AS p95_s
    FROM hops
    UNION ALL
    SELECT hop, QUANTILE_DISC(delay_s, 0.5) AS p50_s, QUANTILE_DISC(delay_s, 0.95) AS p95_s
    FROM hops GROUP BY hop
)
SELECT 'hops.p50_s' AS metric, NULLIF(hop, 0) AS hop, p50_s AS value FROM figures WHERE p50_s IS NOT NULL
UNION ALL
SELECT 'hops.p95_s' AS metric, NULLIF(hop, 0) AS hop, p95_s AS value FROM figures WHERE p95_s IS NOT NULL
ORDER BY metric, hop
