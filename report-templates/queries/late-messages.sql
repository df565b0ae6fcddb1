-- title = "Late messages"
-- about = """Deliveries that took long, the latest first, and where the time went: before the active queue \
-- (receiving, filters, waiting for the next try), in it (load), to connect (network, DNS), to transmit \
-- (the other side)."""
-- [parameters.longer]
-- kind = "duration"
-- about = "what counts as late"
-- example = "30 s"
-- default = "5 min"
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT time, queue_id, recipient, relay_host, outcome, delay_s, before_queue_s, in_queue_s, connect_s, transmit_s
FROM deliveries d
WHERE delay_s * 1000000 > {longer} AND outcome <> 'deferred'
ORDER BY delay_s DESC, time, d.source, d.offset, recipient NULLS LAST
LIMIT {most}
