-- title = "Connections by service"
-- group = "Connections"
-- help = """Clients' connections to each service, and how they ended. Lost: the client or the net ended it \
-- without a goodbye. Timed out: the client fell silent. Refused: turned away at once. TLS share: how many were \
-- encrypted."""
-- empty = "No client connected to any service."
-- top = 20
-- units = { tls_share = "share" }
-- titles = { tls_share = "TLS share" }
-- chart = { kind = "bars", label = "service", series = ["connections"] }
SELECT
    service,
    COUNT(*) AS connections,
    SUM(CASE WHEN ended = 'lost' THEN 1 ELSE 0 END) AS lost,
    SUM(CASE WHEN ended = 'timeout' THEN 1 ELSE 0 END) AS timed_out,
    SUM(CASE WHEN ended = 'refused' THEN 1 ELSE 0 END) AS refused,
    1.0 * COUNT(tls_version) / COUNT(*) AS tls_share
FROM sessions
WHERE direction = 'in'
GROUP BY service
ORDER BY connections DESC, service NULLS LAST
