-- unit = "count"
-- about = "Facts of each host that writes the logs."
WITH facts AS (
    SELECT host, COUNT(*) AS n FROM sessions GROUP BY host
    UNION ALL
    SELECT host, COUNT(*) AS n FROM messages GROUP BY host
    UNION ALL
    SELECT host, COUNT(*) AS n FROM deliveries GROUP BY host
    UNION ALL
    SELECT host, COUNT(*) AS n FROM rejections GROUP BY host
    UNION ALL
    SELECT host, COUNT(*) AS n FROM logins GROUP BY host
    UNION ALL
    SELECT host, COUNT(*) AS n FROM directory_ops GROUP BY host
    UNION ALL
    SELECT host, COUNT(*) AS n FROM notices GROUP BY host
)
SELECT host, SUM(n) AS value
FROM facts
WHERE host IS NOT NULL
GROUP BY host
ORDER BY host
