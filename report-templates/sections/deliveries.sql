-- title = "Deliveries by outcome"
-- group = "Delivery"
-- help = """What became of the mail in the end, once for each recipient, and which delivery agent did it. \
-- Filtered: handed to a filter that gives it back. Attempts that were only deferred are under deferrals."""
-- empty = "No delivery was completed."
-- top = 30
-- units = { share = "share", bytes = "bytes" }
WITH counted AS (
    SELECT outcome, transport, CAST(COUNT(*) AS BIGINT) AS deliveries, SUM(size_bytes) AS bytes
    FROM deliveries
    WHERE outcome IN ('sent', 'bounced', 'expired', 'discarded', 'filtered', 'forwarded')
    GROUP BY outcome, transport
)
SELECT outcome, transport, deliveries, 1.0 * deliveries / SUM(deliveries) OVER () AS share, bytes
FROM counted
ORDER BY deliveries DESC, outcome, transport NULLS LAST
