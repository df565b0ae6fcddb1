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
WITH failed AS (
    SELECT client_net, client_ip, user, time FROM logins WHERE outcome IN ('failed', 'unknown_user', 'disabled')
), suspects AS (
    SELECT client_net FROM failed GROUP BY client_net HAVING COUNT(*) {users}
), tries AS (
    SELECT client_net, client_ip, user, time FROM failed
    WHERE client_net IN (SELECT client_net FROM suspects) AND client_ip NOT IN {ignore}
), spans AS (
    SELECT client_net, client_ip, user, time - time % {within} AS span FROM tries
    UNION ALL
    SELECT client_net, client_ip, user, time - (time + {within/2}) % {within} AS span FROM tries
), counted AS (
    SELECT client_net, span, COUNT(DISTINCT user) AS n, COUNT(*) AS failures, COUNT(DISTINCT client_ip) AS addresses
    FROM spans GROUP BY client_net, span HAVING COUNT(DISTINCT user) {users}
), good AS (
    SELECT client_net, client_ip, time FROM logins
    WHERE outcome = 'ok' AND client_net IN (SELECT client_net FROM counted)
), good_spans AS (
    SELECT client_net, time - time % {within} AS span FROM good WHERE client_ip NOT IN {ignore}
    UNION ALL
    SELECT client_net, time - (time + {within/2}) % {within} AS span FROM good WHERE client_ip NOT IN {ignore}
), succeeded AS (
    SELECT client_net, span, COUNT(*) AS n FROM good_spans GROUP BY client_net, span
)
SELECT c.client_net AS client_net, MAX(c.n) AS names, MAX(c.failures) AS failures, MAX(c.addresses) AS addresses
FROM counted c LEFT JOIN succeeded s ON c.client_net = s.client_net AND c.span = s.span
WHERE c.failures > COALESCE(s.n, 0)
GROUP BY c.client_net
ORDER BY names DESC, client_net
