-- title = "Bounces of a sender"
-- about = "Mail of a sender that could not be delivered and went back: to whom, and why."
-- [parameters.sender]
-- kind = "address"
-- about = "the envelope sender"
-- example = "anna@example.org"
SELECT time, queue_id, recipient, outcome, dsn, relay_host, reply
FROM deliveries d
WHERE outcome IN ('bounced', 'expired') AND LOWER(sender) = LOWER({sender})
ORDER BY time, d.source, d.offset, recipient NULLS LAST
