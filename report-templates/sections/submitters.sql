-- title = "Submitters"
-- group = "Submission"
-- help = """Who handed in mail: users who logged in, and users and programs of the machine itself (no client). \
-- One user with many senders or many clients may be an account that was taken over."""
-- empty = "Nobody handed in mail."
-- top = 20
-- units = { bytes = "bytes" }
-- titles = { client_ip = "client" }
SELECT
    user,
    sender,
    client_ip,
    COUNT(*) AS messages,
    SUM(recipients) AS recipients,
    SUM(size_bytes) AS bytes
FROM messages
WHERE origin IN ('submission', 'local')
GROUP BY user, sender, client_ip
ORDER BY messages DESC, recipients DESC NULLS LAST, user NULLS LAST, sender NULLS LAST, client_ip NULLS LAST
