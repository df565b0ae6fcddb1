-- title = "Users whose logins fail"
-- group = "Logins"
-- help = """The names for which most logins failed, and from how many clients. A name with some successes and \
-- one client is a forgotten password; one without and with many clients is being guessed."""
-- empty = "No login failed."
-- top = 20
-- titles = { clients = "failing clients", last_time = "last failure" }
SELECT
    user,
    SUM(CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END) AS failed,
    SUM(CASE WHEN outcome = 'unknown_user' THEN 1 ELSE 0 END) AS unknown_user,
    SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS ok,
    COUNT(DISTINCT CASE WHEN outcome <> 'ok' THEN client_ip END) AS clients,
    MAX(CASE WHEN outcome <> 'ok' THEN time END) AS last_time
FROM logins
WHERE user IS NOT NULL AND outcome <> 'aborted'
GROUP BY user
HAVING SUM(CASE WHEN outcome <> 'ok' THEN 1 ELSE 0 END) > 0
ORDER BY failed DESC, user
