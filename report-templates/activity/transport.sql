-- unit = "count"
-- about = "Deliveries of each delivery agent."
SELECT transport, COUNT(*) AS value
FROM deliveries
WHERE outcome IN ('sent', 'filtered', 'forwarded') AND transport IS NOT NULL
GROUP BY transport
ORDER BY transport
