-- title = "Slowest relays"
-- group = "Delays"
-- help = """How long other servers took to answer and take a message (time to connect and to transmit, not the \
-- time in our queue). Half of the deliveries were faster than p50, 95 of 100 were faster than p95."""
-- empty = "Nothing was handed to another server."
-- top = 20
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { relay_host = "relay", p50_s = "p50", p95_s = "p95", max_s = "longest" }
SELECT
    relay_host,
    COUNT(*) AS deliveries,
    QUANTILE_DISC(connect_s + transmit_s, 0.5) AS p50_s,
    QUANTILE_DISC(connect_s + transmit_s, 0.95) AS p95_s,
    MAX(connect_s + transmit_s) AS max_s
FROM deliveries
WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
    AND relay_ip IS NOT NULL AND connect_s IS NOT NULL AND transmit_s IS NOT NULL
GROUP BY relay_host
ORDER BY p95_s DESC NULLS LAST, max_s DESC NULLS LAST, deliveries DESC, relay_host NULLS LAST
