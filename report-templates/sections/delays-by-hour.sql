-- title = "Delivery delays by hour"
-- group = "Delays"
-- help = """How long mail took from arrival to its final outcome, by the hour of the outcome. Half of all mail \
-- was faster than p50, 95 of 100 were faster than p95. Mail that expired is not counted here."""
-- empty = "No delivery with a delay was logged."
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
-- chart = { kind = "lines", label = "hour", series = ["p50_s", "p95_s"] }
SELECT
    hour,
    COUNT(*) AS deliveries,
    QUANTILE_DISC(delay_s, 0.5) AS p50_s,
    QUANTILE_DISC(delay_s, 0.95) AS p95_s,
    MAX(delay_s) AS max_s
FROM deliveries
WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded') AND delay_s IS NOT NULL
GROUP BY hour
ORDER BY hour NULLS LAST
