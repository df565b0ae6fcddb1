-- title = "Mail that a user submitted"
-- about = """The messages that a user handed in after a login, with client, sender, recipients and fate. Many senders \
-- or many clients may be a sign that the account was taken over."""
-- [parameters.user]
-- kind = "text"
-- about = "the name that the user logs in with"
-- example = "anna@example.org"
SELECT time, queue_id, client_ip, sender, recipients, size_bytes, deferred, end_time, fate
FROM messages m
WHERE LOWER(user) = LOWER({user})
ORDER BY time, m.source, m.offset
