-- unit = "count"
-- about = "Final outcomes, for each recipient."
-- by = { host = "host", instance = "instance", domain = "recipient_domain" }
-- values.outcome = ["sent", "bounced", "expired", "discarded", "filtered", "forwarded"]
-- rows = """SELECT source, offset, time, outcome, transport, host, instance, recipient_domain AS domain FROM deliveries \
-- WHERE outcome IN ('sent', 'bounced', 'expired', 'discarded', 'filtered', 'forwarded')"""
SELECT {by}outcome, transport, COUNT(*) AS value
FROM deliveries
WHERE outcome IN ('sent', 'bounced', 'expired', 'discarded', 'filtered', 'forwarded')
GROUP BY {group}outcome, transport
ORDER BY {group}outcome, transport
