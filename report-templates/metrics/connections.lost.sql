-- unit = "count"
-- about = "Of these, ended by the client or the net without a goodbye."
-- by = { host = "host" }
-- values.service = ["smtp", "submission", "submissions", "lmtp", "imap", "pop3", "sieve", "ldap", "..."]
-- values.after = ["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "END-OF-MESSAGE", "RSET", "QUIT", "UNKNOWN",
--     "LOGIN", "BIND", "SEARCH", "MODIFY", "ADD", "DELETE", "MODRDN", "COMPARE", "EXTENDED", "..."]
-- values.how = ["lost", "timeout"]
-- rows = """SELECT source, offset, time, lost_after AS after, ended AS how, service, host FROM sessions \
-- WHERE direction = 'in' AND (ended = 'lost' OR ended = 'timeout')"""
SELECT {by}lost_after AS after, ended AS how, service, COUNT(*) AS value
FROM sessions
WHERE direction = 'in' AND (ended = 'lost' OR ended = 'timeout')
GROUP BY {group}lost_after, ended, service
ORDER BY {group}service, lost_after, ended
