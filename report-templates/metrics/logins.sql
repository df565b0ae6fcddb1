-- unit = "count"
-- about = "Attempts to authenticate."
-- by = { host = "host", domain = "user_domain" }
SELECT {by}outcome, service, COUNT(*) AS value
FROM logins
GROUP BY {group}outcome, service
ORDER BY {group}service, outcome
