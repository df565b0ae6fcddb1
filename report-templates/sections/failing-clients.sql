-- title = "Clients whose logins fail"
-- group = "Logins"
-- help = """The clients with the most failed logins, and how many names they tried. Many names and no success: \
-- somebody is guessing passwords. A success after many failures deserves a look."""
-- empty = "No login failed."
-- top = 20
-- titles = { client_ip = "client", users = "names tried", first_time = "first failure", last_time = "last failure" }
SELECT
    client_ip,
    SUM(CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END) AS failed,
    COUNT(DISTINCT CASE WHEN outcome <> 'ok' THEN user END) AS users,
    SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS ok,
    MIN(CASE WHEN outcome <> 'ok' THEN time END) AS first_time,
    MAX(CASE WHEN outcome <> 'ok' THEN time END) AS last_time
FROM logins
WHERE client_ip IS NOT NULL AND outcome <> 'aborted'
GROUP BY client_ip
HAVING SUM(CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END) > 0
ORDER BY failed DESC, client_ip
