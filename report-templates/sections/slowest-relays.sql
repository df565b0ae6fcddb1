-- title = "Slowest relays"
-- group = "Delays"
-- help = """How long other servers took to answer and take a message (time to connect and to transmit, not the \
-- time in our queue). Half of the deliveries were faster than p50, 95 of 100 were faster than p95."""
-- empty = "Nothing was handed to another server."
-- top = 20
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { relay_host = "relay", p50_s = "p50", p95_s = "p95", max_s = "longest" }
WITH counted AS (
    SELECT relay_host, connect_s + transmit_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM deliveries
    WHERE outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
        AND relay_ip IS NOT NULL AND connect_s IS NOT NULL AND transmit_s IS NOT NULL
    GROUP BY relay_host, connect_s + transmit_s
),
ranked AS (
    SELECT
        relay_host,
        value,
        n,
        SUM(n) OVER (PARTITION BY relay_host ORDER BY value) AS upto,
        SUM(n) OVER (PARTITION BY relay_host) AS total
    FROM counted
)
SELECT
    relay_host,
    SUM(n) AS deliveries,
    MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
    MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
    MAX(value) AS max_s
FROM ranked
GROUP BY relay_host
ORDER BY p95_s DESC NULLS LAST, max_s DESC NULLS LAST, deliveries DESC, relay_host NULLS LAST
