-- title = "One network tried {names: user name|user names}"
-- state = "warning"
-- parameters = { users = "> 10", within = "10 min", ignore = [] }
-- labels = ["client_net"]
-- observed = "{names: user name|user names} failed in {within}"
-- expected = "at most {users} in {within}"
-- message = "From {client_net}, {names: user name|user names} were tried within {within}, with {failures: failure|failures} (addresses: {addresses})."
-- meaning = "Somebody tries a few passwords with each of many accounts, so that no account is locked. Look for logins from that network that succeeded, change those passwords, and block the network if you do not know it."
-- command = "SELECT client_ip, user, outcome, COUNT(*) AS attempts FROM logins l WHERE client_net = {client_net} GROUP BY client_ip, user, outcome ORDER BY attempts DESC, client_ip, user, outcome LIMIT 100"
-- evidence = "SELECT l.source, l.offset FROM logins l WHERE client_net = {client_net} AND outcome IN ('failed', 'unknown_user', 'disabled') ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH suspects AS (
    SELECT client_net FROM logins
    WHERE outcome IN ('failed', 'unknown_user', 'disabled') AND client_ip NOT IN {ignore}
    GROUP BY client_net HAVING COUNT(*) {users}
), tries AS (
    SELECT client_net, client_ip, user, time, CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END AS good FROM logins
    WHERE outcome IN ('ok', 'failed', 'unknown_user', 'disabled') AND client_ip NOT IN {ignore}
        AND client_net IN (SELECT client_net FROM suspects)
), spans AS (
    SELECT client_net, client_ip, user, good, time - time % {within} AS span FROM tries
    UNION ALL
    SELECT client_net, client_ip, user, good, time - (time + {within/2}) % {within} AS span FROM tries
), counted AS (
    SELECT client_net, span, COUNT(DISTINCT CASE WHEN good = 0 THEN user END) AS n, SUM(1 - good) AS failures, SUM(good) AS successes,
        COUNT(DISTINCT CASE WHEN good = 0 THEN client_ip END) AS addresses
    FROM spans GROUP BY client_net, span
)
SELECT client_net, MAX(n) AS names, MAX(failures) AS failures, MAX(addresses) AS addresses FROM counted
WHERE n {users} AND failures > successes
GROUP BY client_net
ORDER BY names DESC, client_net
