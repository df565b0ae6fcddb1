-- title = "One user logged in from {networks: network|networks}"
-- state = "warning"
-- parameters = { different = "> 5", times = 4, within = "1 h", ignore = [] }
-- labels = ["user"]
-- observed = "{networks: network|networks} in {within}"
-- expected = "at most {different} in {within}, or {times} times as many as other users"
-- message = "{user} logged in from {networks: network|networks} within {within} (addresses: {addresses})."
-- meaning = "People move between home, office and phone, but hardly between so many networks at once. The password may be known to others who use it through many machines. Ask the owner; if in doubt change the password."
-- command = "SELECT client_net, service, COUNT(*) AS logins, MIN(time) AS first_time, MAX(time) AS last_time FROM logins l WHERE user = {user} AND outcome = 'ok' GROUP BY client_net, service ORDER BY logins DESC, client_net, service LIMIT 100"
-- evidence = "SELECT l.source, l.offset FROM logins l WHERE user = {user} AND outcome = 'ok' ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH nets AS (
    SELECT DISTINCT user, client_net FROM logins
    WHERE outcome = 'ok' AND client_net IS NOT NULL AND user IS NOT NULL
), users AS (
    SELECT user, COUNT(*) AS n FROM nets GROUP BY user
), site AS (
    SELECT COUNT(*) AS users, MAX(n) AS widest FROM users WHERE user NOT IN {ignore}
), moving AS (
    -- Nobody, where no user has so many at all. Who has one network has one in each span, and that need not be counted.
    SELECT u.user AS user FROM users u CROSS JOIN site s
    WHERE s.widest {different} AND (u.n > 1 OR u.n {different}) AND u.user NOT IN {ignore}
), moved AS (
    SELECT user, client_net, client_ip, time FROM logins
    WHERE outcome = 'ok' AND client_net IS NOT NULL AND user IN (SELECT user FROM moving)
), spans AS (
    SELECT user, client_net, client_ip, time - time % {within} AS span FROM moved
    UNION ALL
    SELECT user, client_net, client_ip, time - (time + {within/2}) % {within} AS span FROM moved
), counted AS (
    SELECT user, span, COUNT(DISTINCT client_net) AS n, COUNT(DISTINCT client_ip) AS addresses
    FROM spans GROUP BY user, span
), most AS (
    SELECT user, MAX(n) AS networks, MAX(addresses) AS addresses FROM counted GROUP BY user
), whole AS (
    SELECT SUM(networks - 1) AS more FROM most
)
SELECT m.user AS user, m.networks AS networks, m.addresses AS addresses FROM most m CROSS JOIN whole w CROSS JOIN site s
WHERE m.networks {different} AND m.networks * (s.users - 1) >= {times} * (s.users + w.more - m.networks)
ORDER BY networks DESC, user
