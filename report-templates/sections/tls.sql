-- title = "Encryption of connections"
-- group = "Connections"
-- help = """Which TLS versions and ciphers clients used. A row without a version counts connections that were \
-- not encrypted, or of which the log does not tell. `TLS`: encrypted, but the log does not name the version."""
-- empty = "No client connected to any service."
-- top = 30
-- units = { share = "share" }
-- titles = { tls_version = "version", tls_cipher = "cipher", share = "share of service" }
WITH counted AS (
    SELECT service, tls_version, tls_cipher, CAST(COUNT(*) AS BIGINT) AS connections
    FROM sessions
    WHERE direction = 'in' AND (ended <> 'refused' OR ended IS NULL)
    GROUP BY service, tls_version, tls_cipher
)
SELECT
    service,
    tls_version,
    tls_cipher,
    connections,
    1.0 * connections / SUM(connections) OVER (PARTITION BY service) AS share
FROM counted
ORDER BY service NULLS LAST, connections DESC, tls_version NULLS LAST, tls_cipher NULLS LAST
