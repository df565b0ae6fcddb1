-- title = "What happened to a queue id"
-- about = """Every step of a message in the queue: when it came, each attempt for each recipient, when it left. A \
-- queue id can be used again; then its lives follow one another."""
-- [parameters.id]
-- kind = "text"
-- about = "the queue id"
-- example = "DA335211319"
WITH steps AS (
    SELECT
        time, 1 AS step, host, 'accepted' AS what, sender AS address, client_ip AS peer, origin AS detail, NULL AS delay_s,
        source, m.offset AS place
    FROM messages m WHERE queue_id = {id}
    UNION ALL
    SELECT
        time, 2 AS step, host, outcome AS what, recipient AS address, relay_host AS peer, reply AS detail, delay_s,
        source, d.offset AS place
    FROM deliveries d WHERE queue_id = {id}
    UNION ALL
    SELECT
        end_time AS time, 3 AS step, host,
        CASE WHEN m.end_offset IS NULL THEN 'was last heard of' ELSE 'left the queue' END AS what,
        NULL AS address, NULL AS peer, fate AS detail, NULL AS delay_s, source, m.offset AS place
    FROM messages m WHERE queue_id = {id} AND end_time IS NOT NULL
)
SELECT time, host, what, address, peer, delay_s, detail
FROM steps
ORDER BY time, step, source, place, address NULLS LAST
