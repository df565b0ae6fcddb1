-- title = "Refused connections by client"
-- group = "Connections"
-- help = "Clients that were turned away as soon as they connected: by a limit, an access list or a DNS list."
-- empty = "No connection was refused."
-- top = 20
-- titles = { client_ip = "client", client_name = "name", last_time = "last" }
SELECT
    client_ip,
    MIN(NULLIF(client_name, 'unknown')) AS client_name,
    service,
    COUNT(*) AS refused,
    MAX(time) AS last_time
FROM sessions
WHERE ended = 'refused' AND direction = 'in'
GROUP BY client_ip, service
ORDER BY refused DESC, client_ip NULLS LAST, service NULLS LAST
