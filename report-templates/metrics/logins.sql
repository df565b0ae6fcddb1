-- unit = "count"
-- about = "Attempts to authenticate."
-- by = { host = "host", domain = "user_domain" }
-- values.outcome = ["ok", "failed", "unknown_user", "disabled", "aborted", "plaintext_refused", "other"]
-- values.service = ["smtp", "submission", "submissions", "lmtp", "imap", "pop3", "sieve", "ldap", "..."]
-- rows = "SELECT source, offset, time, outcome, service, host, user_domain AS domain FROM logins"
SELECT {by}outcome, service, COUNT(*) AS value
FROM logins
GROUP BY {group}outcome, service
ORDER BY {group}service, outcome
