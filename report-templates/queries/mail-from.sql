-- title = "Mail from an address"
-- about = """Each attempt to deliver mail of an envelope sender: to whom, how it went, over which TLS, and what the other side \
-- said, or why it was thrown away."""
-- [parameters.sender]
-- kind = "address"
-- about = "the envelope sender; `<>` for notifications"
-- example = "anna@example.org"
SELECT time, queue_id, user, recipient, outcome, delay_s, relay_host, tls_version, dsn,
    COALESCE(reply, reason) AS reply
FROM deliveries d
WHERE LOWER(sender) = LOWER({sender})
ORDER BY time, d.source, d.offset, recipient NULLS LAST
