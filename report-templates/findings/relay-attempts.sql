-- title = "One address tried {tries: time|times} to relay through this server"
-- state = "warning"
-- parameters = { attempts = "> 10", within = "1 h", ignore = [] }
-- labels = ["client_ip"]
-- observed = "{tries: attempt|attempts} in {within}"
-- expected = "at most {attempts} in {within}"
-- message = "{client_ip} tried {tries: time|times} within {within} to send mail to others through this server (recipients: {recipients}, such as {recipient}). All of it was rejected."
-- meaning = "Somebody looks for an open relay, or a client of yours forgot to log in before it sends. The server refused, so no harm was done; a client of yours needs its settings corrected."
-- trace = "{client_ip}"
-- evidence = "SELECT r.source, r.offset FROM rejections r WHERE client_ip = {client_ip} AND class = 'relay_denied' AND permanence <> 'warning' ORDER BY time DESC, r.source DESC, r.offset DESC LIMIT 3"
WITH suspects AS (
    SELECT client_ip FROM rejections
    WHERE class = 'relay_denied' AND permanence <> 'warning'
    GROUP BY client_ip HAVING COUNT(*) {attempts}
), denied AS (
    SELECT client_ip, recipient, time FROM rejections
    WHERE class = 'relay_denied' AND permanence <> 'warning' AND client_ip IN (SELECT client_ip FROM suspects)
), spans AS (
    SELECT client_ip, recipient, time - time % {within} AS span FROM denied
    UNION ALL
    SELECT client_ip, recipient, time - (time + {within/2}) % {within} AS span FROM denied
), counted AS (
    SELECT client_ip, span, COUNT(*) AS n, COUNT(DISTINCT recipient) AS recipients, MIN(recipient) AS recipient
    FROM spans GROUP BY client_ip, span
)
SELECT client_ip, MAX(n) AS tries, MAX(recipients) AS recipients, MIN(recipient) AS recipient FROM counted
WHERE n {attempts} AND client_ip NOT IN {ignore}
GROUP BY client_ip
ORDER BY tries DESC, client_ip
