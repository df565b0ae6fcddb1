-- title = "Mail to an address"
-- about = "Each attempt to deliver mail to a recipient: from whom, how it went, and what the other side said."
-- [parameters.recipient]
-- kind = "address"
-- about = "the recipient, as the sender wrote it or as it was rewritten"
-- example = "zoe@example.org"
SELECT time, queue_id, sender, user, recipient, outcome, delay_s, relay_host, dsn, reply
FROM deliveries d
WHERE LOWER(recipient) = LOWER({recipient}) OR LOWER(original_recipient) = LOWER({recipient})
ORDER BY time, d.source, d.offset, recipient NULLS LAST
