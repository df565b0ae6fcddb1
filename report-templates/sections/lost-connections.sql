-- title = "Lost connections by stage"
-- group = "Connections"
-- help = """Connections that ended without a goodbye: after which step of the protocol, and whether the line \
-- broke (lost) or the client fell silent (timeout). The share is of all connections of the service; many clients \
-- at one stage point to the server or the net, one client points to that client."""
-- empty = "No connection was lost."
-- top = 30
-- units = { share = "share" }
-- titles = { share = "share of service" }
WITH counted AS (
    SELECT service, lost_after, ended, CAST(COUNT(*) AS BIGINT) AS connections, COUNT(DISTINCT client_ip) AS clients
    FROM sessions
    WHERE direction = 'in' AND ended IN ('lost', 'timeout')
    GROUP BY service, lost_after, ended
    UNION ALL
    SELECT service, '' AS lost_after, 'all' AS ended, CAST(COUNT(*) AS BIGINT) AS connections, 0 AS clients
    FROM sessions
    WHERE direction = 'in'
    GROUP BY service
),
shared AS (
    SELECT
        service,
        lost_after,
        ended,
        connections,
        clients,
        1.0 * connections / MAX(connections) OVER (PARTITION BY service) AS share
    FROM counted
)
SELECT service, lost_after AS after, ended AS how, connections, clients, share
FROM shared
WHERE ended IN ('lost', 'timeout')
ORDER BY connections DESC, service NULLS LAST, after NULLS LAST, how
