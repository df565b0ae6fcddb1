-- title = "A login from a network that tried {names: user name|user names}"
-- state = "critical"
-- parameters = { users = "> 5", times = 5, sure = "> 20", ignore = [] }
-- labels = ["client_net", "user"]
-- times = ["first_ok"]
-- observed = "{failures: failed login|failed logins} with {names: name|names}, and one that succeeded after"
-- expected = "no login from a network that failed with {users} names"
-- message = "From {client_net}, {names: user name|user names} failed ({failures: time|times}), and {user} logged in at {first_ok} from {client_ip}."
-- meaning = "A password was probably guessed: however slowly it went, and by whichever address of the network. If the owner of the account does not know this address, change the password now, end the sessions of the account, and look at what it sent since."
-- command = "SELECT time, client_ip, user, outcome FROM logins l WHERE client_net = {client_net} ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 100"
-- evidence = "SELECT l.source, l.offset FROM logins l WHERE client_net = {client_net} AND (outcome <> 'ok' OR user = {user}) AND time <= {first_ok} ORDER BY time DESC, l.source DESC, l.offset DESC LIMIT 3"
WITH bad AS (
    SELECT client_net, COUNT(*) AS failures, COUNT(DISTINCT user) AS names, MIN(time) AS first_failed FROM logins
    WHERE outcome IN ('failed', 'unknown_user', 'disabled') AND client_net IS NOT NULL AND client_ip NOT IN {ignore}
    GROUP BY client_net HAVING COUNT(DISTINCT user) {users}
), good AS (
    SELECT client_net, user, MIN(time) AS first_ok, MIN(client_ip) AS client_ip FROM logins
    WHERE outcome = 'ok' AND user IS NOT NULL AND client_net IN (SELECT client_net FROM bad) GROUP BY client_net, user
), whole AS (
    SELECT client_net, COUNT(*) AS owners FROM good GROUP BY client_net
), guessers AS (
    SELECT DISTINCT client_ip FROM logins
    WHERE outcome IN ('failed', 'unknown_user', 'disabled') AND client_net IN (SELECT client_net FROM bad)
)
SELECT b.client_net AS client_net, g.user AS user, b.names AS names, b.failures AS failures, g.first_ok AS first_ok, g.client_ip AS client_ip,
    -- A neighbour of a guesser, in a mobile or rented network, may be who he is.
    CASE WHEN f.client_ip IS NOT NULL OR b.names {sure} THEN 'critical' ELSE 'warning' END AS state
FROM bad b JOIN good g ON b.client_net = g.client_net JOIN whole w ON b.client_net = w.client_net
LEFT JOIN guessers f ON g.client_ip = f.client_ip
WHERE b.names > {times} * w.owners AND g.first_ok > b.first_failed
ORDER BY state, failures DESC, client_net, user
