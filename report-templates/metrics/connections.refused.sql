-- unit = "count"
-- about = "Of these, turned away at CONNECT."
-- by = { host = "host" }
-- values.service = ["smtp", "submission", "submissions", "lmtp", "imap", "pop3", "sieve", "ldap", "..."]
-- rows = "SELECT source, offset, time, service, host FROM sessions WHERE direction = 'in' AND ended = 'refused'"
SELECT {by}service, COUNT(*) AS value
FROM sessions
WHERE direction = 'in' AND ended = 'refused'
GROUP BY {group}service
ORDER BY {group}service
