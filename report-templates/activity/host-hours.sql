-- unit = "count"
-- about = "Facts of each host, by the hour since the period's start."
WITH facts AS (
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM sessions GROUP BY host, since
    UNION ALL
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM messages GROUP BY host, since
    UNION ALL
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM deliveries GROUP BY host, since
    UNION ALL
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM rejections GROUP BY host, since
    UNION ALL
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM logins GROUP BY host, since
    UNION ALL
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM directory_ops GROUP BY host, since
    UNION ALL
    SELECT host, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS n FROM notices GROUP BY host, since
)
SELECT host, since, SUM(n) AS value
FROM facts
WHERE host IS NOT NULL
GROUP BY host, since
ORDER BY host, since
