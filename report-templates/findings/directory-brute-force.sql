-- title = "One address failed to bind to the directory {failures: time|times}"
-- state = "warning"
-- parameters = { attempts = "> 20", office = "> 100", within = "10 min", ignore = [] }
-- labels = ["client_ip"]
-- observed = "{failures: failed bind|failed binds} in {within}"
-- expected = "at most {attempts} in {within}"
-- message = "{client_ip} failed to bind {failures: time|times} within {within} (names tried: {names}, such as {user})."
-- meaning = "Somebody guesses passwords, or a device or a program still has an old one. If it is a server of yours that checks the passwords of its users here, its own log tells who tries. If you do not know the address, block it: a directory need not be open to the world."
-- command = "SELECT base, result_code, COUNT(*) AS binds, MIN(time) AS first_time, MAX(time) AS last_time FROM directory_ops WHERE client_ip = {client_ip} AND kind = 'bind' GROUP BY base, result_code ORDER BY binds DESC, base, result_code LIMIT 50"
-- evidence = "SELECT l.source, l.offset FROM directory_ops l WHERE client_ip = {client_ip} AND kind = 'bind' AND result_code = 49 ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH failed AS (
    SELECT client_ip, NULLIF(base, '') AS user, time FROM directory_ops
    -- What asks from the machine itself is a service that checks its users' passwords; its own log tells of them.
    WHERE kind = 'bind' AND result_code = 49 AND client_ip IS NOT NULL AND client_ip NOT LIKE '127.%' AND client_ip <> '::1'
), suspects AS (
    SELECT client_ip FROM failed GROUP BY client_ip HAVING COUNT(*) {attempts}
), tries AS (
    SELECT client_ip, user, time FROM failed WHERE client_ip IN (SELECT client_ip FROM suspects)
), spans AS (
    SELECT client_ip, user, time - time % {within} AS span FROM tries
    UNION ALL
    SELECT client_ip, user, time - (time + {within/2}) % {within} AS span FROM tries
), counted AS (
    SELECT client_ip, span, COUNT(*) AS n, COUNT(DISTINCT user) AS names, MIN(user) AS user FROM spans
    GROUP BY client_ip, span
), failing AS (
    SELECT client_ip, COUNT(DISTINCT user) AS names FROM tries GROUP BY client_ip
), good AS (
    SELECT client_ip, COUNT(DISTINCT NULLIF(base, '')) AS owners FROM directory_ops
    WHERE kind = 'bind' AND result_code = 0 AND client_ip IN (SELECT client_ip FROM suspects) GROUP BY client_ip
)
SELECT c.client_ip AS client_ip, MAX(c.n) AS failures, MAX(c.names) AS names, MIN(c.user) AS user
FROM counted c JOIN failing f ON c.client_ip = f.client_ip LEFT JOIN good g ON c.client_ip = g.client_ip
WHERE c.n {attempts} AND c.client_ip NOT IN {ignore}
    -- Where several people log in, and no more fail, it is an office, and one of its devices has an old password.
    AND (COALESCE(g.owners, 0) <= 2 OR g.owners < f.names OR c.n {office})
GROUP BY c.client_ip
ORDER BY failures DESC, client_ip
