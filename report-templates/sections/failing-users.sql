-- title = "Users whose logins fail"
-- group = "Logins"
-- help = """The names for which most logins failed, and from how many clients. A name with some successes and \
-- one client is a forgotten password; one without and with many clients is being guessed."""
-- empty = "No login failed."
-- top = 20
-- titles = { clients = "failing clients", last_time = "last failure" }
WITH failures AS (
    SELECT
        user,
        COUNT(*) AS failed,
        SUM(CASE WHEN outcome = 'unknown_user' THEN 1 ELSE 0 END) AS unknown_user,
        COUNT(DISTINCT client_ip) AS clients,
        MAX(time) AS last_time
    FROM logins
    WHERE user IS NOT NULL AND outcome NOT IN ('ok', 'aborted')
    GROUP BY user
),
successes AS (
    SELECT user, COUNT(*) AS ok FROM logins WHERE user IS NOT NULL AND outcome = 'ok' GROUP BY user
)
SELECT
    f.user AS user,
    f.failed AS failed,
    f.unknown_user AS unknown_user,
    COALESCE(s.ok, 0) AS ok,
    f.clients AS clients,
    f.last_time AS last_time
FROM failures f
LEFT JOIN successes s ON f.user = s.user
ORDER BY failed DESC, user
