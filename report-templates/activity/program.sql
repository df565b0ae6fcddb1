-- unit = "count"
-- about = "Facts of each program that writes the logs."
WITH facts AS (
    SELECT program, COUNT(*) AS n FROM sessions GROUP BY program
    UNION ALL
    SELECT program, COUNT(*) AS n FROM messages GROUP BY program
    UNION ALL
    SELECT program, COUNT(*) AS n FROM deliveries GROUP BY program
    UNION ALL
    SELECT program, COUNT(*) AS n FROM rejections GROUP BY program
    UNION ALL
    SELECT program, COUNT(*) AS n FROM logins GROUP BY program
    UNION ALL
    SELECT program, COUNT(*) AS n FROM directory_ops GROUP BY program
    UNION ALL
    SELECT program, COUNT(*) AS n FROM notices GROUP BY program
)
SELECT program, SUM(n) AS value
FROM facts
WHERE program IS NOT NULL
GROUP BY program
ORDER BY program
