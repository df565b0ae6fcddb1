-- title = "Relay attempts"
-- group = "Rejections"
-- help = """Clients that tried to send mail through this server to domains that are not its own, and were \
-- rejected. Some are users who did not log in; most look for an open relay."""
-- empty = "Nobody tried to relay."
-- top = 20
-- titles = { client_ip = "client", client_name = "name", last_time = "last" }
SELECT
    client_ip,
    MIN(NULLIF(client_name, 'unknown')) AS client_name,
    COUNT(*) AS attempts,
    COUNT(DISTINCT recipient_domain) AS domains,
    MAX(time) AS last_time
FROM rejections
WHERE class = 'relay_denied' AND permanence <> 'warning'
GROUP BY client_ip
ORDER BY attempts DESC, client_ip NULLS LAST
