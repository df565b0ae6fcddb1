-- title = "One address tried {unknown: mailbox|mailboxes} that do not exist"
-- state = "warning"
-- parameters = { recipients = "> 10", within = "10 min", ignore = [] }
-- labels = ["client_ip"]
-- observed = "{unknown: unknown recipient|unknown recipients} in {within}"
-- expected = "at most {recipients} in {within}"
-- message = "{client_ip} tried {unknown: mailbox|mailboxes} within {within} that do not exist, such as {recipient}."
-- meaning = "Somebody guesses addresses to find those that exist, or sends to a very old list. If it is not a mailing list server that you know, block the address or limit the unknown recipients of one connection."
-- command = "SELECT time, client_ip, sender, recipient FROM rejections r WHERE client_ip = {client_ip} AND class = 'recipient_unknown' AND permanence <> 'warning' ORDER BY time, r.source, r.offset LIMIT 100"
-- evidence = "SELECT r.source, r.offset FROM rejections r WHERE client_ip = {client_ip} AND class = 'recipient_unknown' AND permanence <> 'warning' ORDER BY time DESC, r.source DESC, r.offset DESC LIMIT 3"
WITH suspects AS (
    SELECT client_ip FROM rejections
    WHERE class = 'recipient_unknown' AND permanence <> 'warning'
    GROUP BY client_ip HAVING COUNT(*) {recipients}
), refused AS (
    SELECT client_ip, recipient, time FROM rejections
    WHERE class = 'recipient_unknown' AND permanence <> 'warning' AND client_ip IN (SELECT client_ip FROM suspects)
), spans AS (
    SELECT client_ip, recipient, time - time % {within} AS span FROM refused
    UNION ALL
    SELECT client_ip, recipient, time - (time + {within/2}) % {within} AS span FROM refused
), counted AS (
    SELECT client_ip, span, COUNT(DISTINCT recipient) AS n, MIN(recipient) AS recipient
    FROM spans GROUP BY client_ip, span
)
SELECT client_ip, MAX(n) AS unknown, MIN(recipient) AS recipient FROM counted
WHERE n {recipients} AND client_ip NOT IN {ignore}
GROUP BY client_ip
ORDER BY unknown DESC, client_ip
