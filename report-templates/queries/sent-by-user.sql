-- title = "To whom a user sent"
-- about = """Each attempt to deliver mail that a user handed in after a login, whatever its sender address: to whom, how it went, and \
-- what the other side said."""
-- [parameters.user]
-- kind = "text"
-- about = "the name that the user logs in with"
-- example = "anna@example.org"
SELECT time, queue_id, sender, recipient, outcome, delay_s, relay_host, tls_version, dsn, COALESCE(reply, reason) AS reply
FROM deliveries d
WHERE LOWER(user) = LOWER({user})
ORDER BY time, d.source, d.offset, recipient NULLS LAST
