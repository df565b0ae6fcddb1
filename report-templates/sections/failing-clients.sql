-- title = "Clients whose logins fail"
-- group = "Logins"
-- help = """The clients with the most failed logins, and how many names they tried. Many names and no success: \
-- somebody is guessing passwords. A success after many failures deserves a look."""
-- empty = "No login failed."
-- top = 20
-- titles = { client_ip = "client", users = "names tried", first_time = "first failure", last_time = "last failure" }
WITH failures AS (
    SELECT
        client_ip,
        COUNT(*) AS failed,
        COUNT(DISTINCT user) AS users,
        MIN(time) AS first_time,
        MAX(time) AS last_time
    FROM logins
    WHERE client_ip IS NOT NULL AND outcome NOT IN ('ok', 'aborted')
    GROUP BY client_ip
),
successes AS (
    SELECT client_ip, COUNT(*) AS ok FROM logins WHERE client_ip IS NOT NULL AND outcome = 'ok' GROUP BY client_ip
)
SELECT
    f.client_ip AS client_ip,
    f.failed AS failed,
    f.users AS users,
    COALESCE(s.ok, 0) AS ok,
    f.first_time AS first_time,
    f.last_time AS last_time
FROM failures f
LEFT JOIN successes s ON f.client_ip = s.client_ip
ORDER BY failed DESC, client_ip
