-- title = "Mail to an address"
-- about = """Each attempt to deliver mail to a recipient: from whom, how it went, over which TLS, and what the other side said, or why \
-- it was thrown away."""
-- [parameters.recipient]
-- kind = "address"
-- about = "the recipient, as the sender wrote it or as it was rewritten"
-- example = "zoe@example.org"
SELECT time, queue_id, sender, user, recipient, original_recipient, outcome, delay_s, relay_host, tls_version, dsn,
    COALESCE(reply, reason) AS reply
FROM deliveries d
WHERE LOWER(recipient) = LOWER({recipient}) OR LOWER(original_recipient) = LOWER({recipient})
ORDER BY time, d.source, d.offset, recipient NULLS LAST
