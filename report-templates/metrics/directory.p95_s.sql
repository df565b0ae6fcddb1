-- unit = "seconds"
-- about = "Operation times where logged, by nearest rank."
WITH counted AS (
    SELECT kind, duration_s AS duration, COUNT(*) AS n FROM directory_ops
    WHERE kind IS NOT NULL AND duration_s IS NOT NULL GROUP BY kind, duration_s
), both AS (
    SELECT kind, duration, n FROM counted
    UNION ALL
    SELECT NULL AS kind, duration, SUM(n) AS n FROM counted GROUP BY duration
), ranked AS (
    SELECT kind, COALESCE(kind, '') AS part, duration, n FROM both
), running AS (
    SELECT kind, duration,
        SUM(n) OVER (PARTITION BY part ORDER BY duration) AS rank,
        SUM(n) OVER (PARTITION BY part) AS total
    FROM ranked
)
SELECT kind, MIN(CASE WHEN rank * 100 >= total * 95 THEN duration END) AS value
FROM running
GROUP BY kind
ORDER BY kind
