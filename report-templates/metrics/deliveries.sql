-- unit = "count"
-- about = "Final outcomes, for each recipient."
-- by = { host = "host", instance = "instance", domain = "recipient_domain" }
SELECT {by}outcome, transport, COUNT(*) AS value
FROM deliveries
WHERE outcome IN ('sent', 'bounced', 'expired', 'discarded', 'filtered', 'forwarded')
GROUP BY {group}outcome, transport
ORDER BY {group}outcome, transport
