-- unit = "count"
-- about = "Connections of clients to each service."
SELECT service, COUNT(*) AS value
FROM sessions
WHERE direction = 'in' AND service IS NOT NULL
GROUP BY service
ORDER BY service
