-- unit = "count"
-- about = "Connections of clients to each service of a host, by the hour since the period's start."
SELECT host, service, (time - {start}) - (time - {start}) % 3600000000 AS since, COUNT(*) AS value
FROM sessions
WHERE direction = 'in' AND service IS NOT NULL AND host IS NOT NULL
GROUP BY host, service, since
ORDER BY host, service, since
