-- unit = "count"
-- about = "Attempts of each delivery agent of a host, by the hour since the period's start."
SELECT host, transport, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS value
FROM deliveries
WHERE transport IS NOT NULL AND host IS NOT NULL
GROUP BY host, transport, since
ORDER BY host, transport, since
