-- title = "Failed logins of a user"
-- about = """From which addresses somebody tried to log in as a user and failed, how often, and between which times."""
-- [parameters.user]
-- kind = "text"
-- about = "the name that was tried"
-- example = "anna@example.org"
SELECT client_ip, service, outcome, COUNT(*) AS attempts, MIN(time) AS first_time, MAX(time) AS last_time
FROM logins
WHERE LOWER(user) = LOWER({user}) AND outcome NOT IN ('ok', 'aborted')
GROUP BY client_ip, service, outcome
ORDER BY attempts DESC, client_ip NULLS LAST, service NULLS LAST, outcome
