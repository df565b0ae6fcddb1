-- title = "One address failed to log in {failures: time|times}"
-- state = "warning"
-- parameters = { attempts = "> 20", within = "10 min", ignore = [] }
-- labels = ["client_ip"]
-- observed = "{failures: failed login|failed logins} in {within}"
-- expected = "at most {attempts} in {within}"
-- message = "{client_ip} failed to log in {failures: time|times} within {within} (user names tried: {names}, such as {user})."
-- meaning = "Somebody guesses passwords, or a device still has an old one. If you do not know the address, block it (a firewall, fail2ban). See that the accounts it tried have strong passwords."
-- trace = "{client_ip}"
-- evidence = "SELECT l.source, l.offset FROM logins l WHERE client_ip = {client_ip} AND outcome IN ('failed', 'unknown_user', 'disabled') ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH failed AS (
    SELECT client_ip, user, time FROM logins WHERE outcome IN ('failed', 'unknown_user', 'disabled')
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
)
SELECT client_ip, MAX(n) AS failures, MAX(names) AS names, MIN(user) AS user FROM counted
WHERE n {attempts} AND client_ip NOT IN {ignore}
GROUP BY client_ip
ORDER BY failures DESC, client_ip
