-- unit = "count"
-- about = "Inbound connections; one TCP connection counts once."
-- by = { host = "host" }
-- values.service = ["smtp", "submission", "submissions", "lmtp", "imap", "pop3", "sieve", "ldap", "..."]
-- rows = "SELECT source, offset, time, service, host FROM sessions WHERE direction = 'in'"
SELECT {by}service, COUNT(*) AS value
FROM sessions
WHERE direction = 'in'
GROUP BY {group}service
ORDER BY {group}service
