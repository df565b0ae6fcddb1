-- title = "One address was turned away {refusals: time|times} for coming too often"
-- state = "warning"
-- parameters = { refused = "> 20", within = "10 min", ignore = [] }
-- labels = ["client_ip"]
-- observed = "{refusals: rejection by limits|rejections by limits} in {within}"
-- expected = "at most {refused} in {within}"
-- message = "{client_ip} went over the limits of this server {refusals: time|times} within {within}."
-- meaning = "A client opens more connections, or sends more, than the server allows to one client. The limit holds; if the client is one of yours, find out what it does, and if not, block it."
-- command = "SELECT time, service, stage, reason FROM rejections r WHERE client_ip = {client_ip} AND class = 'rate_limit' AND permanence <> 'warning' ORDER BY time, r.source, r.offset LIMIT 100"
-- evidence = "SELECT r.source, r.offset FROM rejections r WHERE client_ip = {client_ip} AND class = 'rate_limit' AND permanence <> 'warning' ORDER BY time DESC, r.source DESC, r.offset DESC LIMIT 3"
WITH limited AS (
    SELECT client_ip, time FROM rejections WHERE class = 'rate_limit' AND permanence <> 'warning'
), spans AS (
    SELECT client_ip, time - time % {within} AS span FROM limited
    UNION ALL
    SELECT client_ip, time - (time + {within/2}) % {within} AS span FROM limited
), counted AS (
    SELECT client_ip, span, COUNT(*) AS n FROM spans GROUP BY client_ip, span
)
SELECT client_ip, MAX(n) AS refusals FROM counted
WHERE n {refused} AND client_ip NOT IN {ignore}
GROUP BY client_ip
ORDER BY refusals DESC, client_ip
