-- title = "Hosts that mail was handed to"
-- about = "To which hosts, by which delivery agents, mail went, and how the attempts ended."
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT
    transport,
    relay_host,
    COUNT(*) AS attempts,
    COUNT(*) FILTER (WHERE outcome = 'sent') AS sent,
    COUNT(*) FILTER (WHERE outcome = 'deferred') AS deferred,
    COUNT(*) FILTER (WHERE outcome IN ('bounced', 'expired')) AS bounced,
    MAX(time) AS last_time
FROM deliveries
GROUP BY transport, relay_host
ORDER BY attempts DESC, transport NULLS LAST, relay_host NULLS LAST
LIMIT {most}
