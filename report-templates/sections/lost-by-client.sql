-- title = "Clients that lose connections"
-- group = "Connections"
-- help = """The clients with the most connections that ended without a goodbye. A client that loses nearly all \
-- of its connections is broken, badly connected, or a scanner."""
-- empty = "No client lost a connection."
-- top = 20
-- units = { lost_share = "share" }
-- titles = { client_ip = "client", client_name = "name", lost_share = "share lost" }
SELECT
    client_ip,
    MIN(NULLIF(client_name, 'unknown')) AS client_name,
    service,
    COUNT(*) AS connections,
    SUM(CASE WHEN ended = 'lost' THEN 1 ELSE 0 END) AS lost,
    SUM(CASE WHEN ended = 'timeout' THEN 1 ELSE 0 END) AS timed_out,
    1.0 * SUM(CASE WHEN ended IN ('lost', 'timeout') THEN 1 ELSE 0 END) / COUNT(*) AS lost_share
FROM sessions
WHERE direction = 'in' AND client_ip IS NOT NULL
GROUP BY client_ip, service
HAVING SUM(CASE WHEN ended IN ('lost', 'timeout') THEN 1 ELSE 0 END) > 0
ORDER BY lost DESC, timed_out DESC, client_ip, service NULLS LAST
