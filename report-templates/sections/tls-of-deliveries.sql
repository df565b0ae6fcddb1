-- title = "Encryption of deliveries"
-- group = "Delivery"
-- help = """Over which TLS mail went to other hosts. A row without a version counts deliveries that were not encrypted, or of \
-- which the log does not tell: Postfix does where smtp_tls_loglevel is 1 or more. Which hosts: `mailtrail query tls-to-relays`."""
-- empty = "No mail went to another host."
-- top = 30
-- units = { share = "share" }
-- titles = { tls_version = "version", tls_cipher = "cipher", share = "share of transport" }
WITH counted AS (
    SELECT transport, tls_version, tls_cipher, CAST(COUNT(*) AS BIGINT) AS deliveries, COUNT(DISTINCT relay_host) AS hosts
    FROM deliveries
    WHERE outcome = 'sent' AND relay_ip IS NOT NULL
    GROUP BY transport, tls_version, tls_cipher
)
SELECT
    transport,
    tls_version,
    tls_cipher,
    deliveries,
    hosts,
    1.0 * deliveries / SUM(deliveries) OVER (PARTITION BY transport) AS share
FROM counted
ORDER BY transport NULLS LAST, deliveries DESC, tls_version NULLS LAST, tls_cipher NULLS LAST
