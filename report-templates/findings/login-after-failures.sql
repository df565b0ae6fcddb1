-- title = "A login succeeded after {tries} failures"
-- state = "critical"
-- parameters = { failures = "> 10", within = "1 h", ignore = [] }
-- labels = ["client_ip", "user"]
-- times = ["first_ok"]
-- observed = "a login after {tries} failures in {within}"
-- expected = "at most {failures} failures before a login"
-- message = "{client_ip} failed to log in {tries} times within {within} and then logged in as {user} at {first_ok}."
-- meaning = "A password may have been guessed. If the owner of the account does not know this address, change the password now, end the sessions of the account, and look at what it sent since."
-- command = "SELECT time, service, user, outcome FROM logins l WHERE client_ip = {client_ip} ORDER BY time, l.source, l.offset LIMIT 100"
-- evidence = "SELECT l.source, l.offset FROM logins l WHERE client_ip = {client_ip} AND time <= {first_ok} AND (outcome <> 'ok' OR user = {user}) ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH suspects AS (
    SELECT client_ip FROM logins
    WHERE outcome IN ('failed', 'unknown_user', 'disabled') AND client_ip NOT IN {ignore}
    GROUP BY client_ip HAVING COUNT(*) {failures}
), tries AS (
    SELECT l.client_ip, l.user, l.time, l.source, l.offset AS place, l.outcome,
        CASE WHEN l.outcome IN ('failed', 'unknown_user', 'disabled') THEN 1 ELSE 0 END AS bad
    FROM logins l WHERE l.client_ip IN (SELECT client_ip FROM suspects)
), spans AS (
    SELECT client_ip, user, time, source, place, outcome, bad, time - time % {within} AS span FROM tries
    UNION ALL
    SELECT client_ip, user, time, source, place, outcome, bad, time - (time + {within/2}) % {within} AS span FROM tries
), running AS (
    SELECT client_ip, user, time, outcome,
        SUM(bad) OVER (PARTITION BY client_ip, span ORDER BY time, source, place) AS n
    FROM spans
)
SELECT client_ip, user, MAX(n) AS tries, MIN(time) AS first_ok FROM running
WHERE outcome = 'ok' AND n {failures}
GROUP BY client_ip, user
ORDER BY tries DESC, client_ip, user
