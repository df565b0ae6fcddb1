-- unit = "count"
-- about = "Deliveries that each host took."
SELECT relay_host, COUNT(*) AS value
FROM deliveries
WHERE outcome = 'sent' AND relay_host IS NOT NULL AND relay_host <> 'none'
GROUP BY relay_host
ORDER BY relay_host
