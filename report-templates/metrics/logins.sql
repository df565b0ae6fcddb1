-- unit = "count"
-- about = "Attempts to authenticate."
-- by = { host = "host", domain = "user_domain" }
-- rows = "SELECT source, offset, time, outcome, service, host, user_domain AS domain FROM logins"
SELECT {by}outcome, service, COUNT(*) AS value
FROM logins
GROUP BY {group}outcome, service
ORDER BY {group}service, outcome
