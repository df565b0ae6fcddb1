-- unit = "bytes"
-- about = "The message's size once for each delivery."
-- by = { host = "host", instance = "instance", domain = "recipient_domain" }
-- values.outcome = ["sent", "bounced", "expired", "discarded", "filtered", "forwarded"]
SELECT {by}outcome, SUM(size_bytes) AS value
FROM deliveries
WHERE outcome IN ('sent', 'bounced', 'expired', 'discarded', 'filtered', 'forwarded')
GROUP BY {group}outcome
ORDER BY {group}outcome
