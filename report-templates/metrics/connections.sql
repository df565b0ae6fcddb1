-- unit = "count"
-- about = "Inbound connections; one TCP connection counts once."
-- by = { host = "host" }
-- rows = "SELECT source, offset, time, service, host FROM sessions WHERE direction = 'in'"
SELECT {by}service, COUNT(*) AS value
FROM sessions
WHERE direction = 'in'
GROUP BY {group}service
ORDER BY {group}service
