-- title = "Sessions of a user"
-- about = """The connections on which a user was logged in: to which service, from where, how long, and how they \
-- ended."""
-- [parameters.user]
-- kind = "text"
-- about = "the name that the user logs in with"
-- example = "anna@example.org"
SELECT time, end_time, duration_s, service, client_ip, tls_version, bytes_in, bytes_out, ended, lost_after
FROM sessions s
WHERE LOWER(user) = LOWER({user})
ORDER BY time, s.source, s.offset
