-- title = "A login succeeded after {tries: failure|failures}"
-- state = "critical"
-- parameters = { failures = "> 10", office = "> 20", within = "1 h", ignore = [] }
-- labels = ["client_ip", "user"]
-- times = ["first_ok"]
-- observed = "a login after {tries: failure|failures} in a row"
-- expected = "at most {failures: failure|failures} in a row before a login"
-- message = "{client_ip} failed to log in {tries: time|times} in a row within {within} (user names tried: {names}) and then logged in as {user} at {first_ok}."
-- meaning = "A password may have been guessed; a device whose old password was put right looks the same, but tries one name only; so do right passwords while the users' database cannot be asked, which the report tells too. If the owner of the account does not know this address, change the password now, end the sessions of the account, and look at what it sent since."
-- trace = "{client_ip}"
-- evidence = "SELECT l.source, l.offset FROM logins l WHERE client_ip = {client_ip} AND time <= {first_ok} AND (outcome <> 'ok' OR user = {user}) ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH failed AS (
    SELECT client_ip, time FROM logins WHERE outcome IN ('failed', 'unknown_user', 'disabled')
), suspects AS (
    SELECT client_ip FROM failed GROUP BY client_ip HAVING COUNT(*) {failures}
), failed_spans AS (
    SELECT client_ip, time - time % {within} AS span FROM failed WHERE client_ip IN (SELECT client_ip FROM suspects)
    UNION ALL
    SELECT client_ip, time - (time + {within/2}) % {within} AS span FROM failed WHERE client_ip IN (SELECT client_ip FROM suspects)
), bad_spans AS (
    SELECT client_ip, span FROM failed_spans GROUP BY client_ip, span HAVING COUNT(*) {failures}
), tries AS (
    SELECT l.client_ip, l.user, l.time, l.source, l.offset AS place, CASE WHEN l.outcome = 'ok' THEN 1 ELSE 0 END AS good
    FROM logins l
    WHERE l.outcome IN ('ok', 'failed', 'unknown_user', 'disabled') AND l.client_ip IN (SELECT client_ip FROM bad_spans)
), spans AS (
    SELECT client_ip, user, time, source, place, good, time - time % {within} AS span FROM tries
    UNION ALL
    SELECT client_ip, user, time, source, place, good, time - (time + {within/2}) % {within} AS span FROM tries
), counted AS (
    SELECT s.client_ip, s.user, s.time, s.good, s.span,
        SUM(s.good) OVER (PARTITION BY s.client_ip, s.span ORDER BY s.time, s.source, s.place) - s.good AS streak
    FROM spans s JOIN bad_spans b ON s.client_ip = b.client_ip AND s.span = b.span
), shared AS (
    -- An office: several people log in, and no more fail.
    SELECT client_ip FROM tries GROUP BY client_ip
    HAVING COUNT(DISTINCT CASE WHEN good = 1 THEN user END) > 2
        AND COUNT(DISTINCT CASE WHEN good = 1 THEN user END) >= COUNT(DISTINCT CASE WHEN good = 0 THEN user END)
), streaks AS (
    SELECT client_ip, span, streak, SUM(1 - good) AS n, COUNT(DISTINCT CASE WHEN good = 0 THEN user END) AS names,
        MIN(CASE WHEN good = 1 THEN user END) AS user, MIN(CASE WHEN good = 1 THEN time END) AS first_ok
    FROM counted GROUP BY client_ip, span, streak
)
SELECT t.client_ip AS client_ip, t.user AS user, MAX(t.n) AS tries, MAX(t.names) AS names, MIN(t.first_ok) AS first_ok,
    CASE WHEN MAX(CASE WHEN s.client_ip IS NULL THEN t.names ELSE 1 END) > 1 THEN 'critical' ELSE 'warning' END AS state
FROM streaks t LEFT JOIN shared s ON t.client_ip = s.client_ip
WHERE t.first_ok IS NOT NULL AND t.n {failures} AND t.client_ip NOT IN {ignore} AND (s.client_ip IS NULL OR t.n {office})
GROUP BY t.client_ip, t.user
ORDER BY tries DESC, client_ip, user
