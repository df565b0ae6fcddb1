-- title = "Logins by outcome"
-- group = "Logins"
-- help = """Attempts to log in, by the service that was used. Failed: wrong password, or the log tells no more; \
-- unknown_user: no such user; aborted: the client left without trying. Many users from few clients is guessing."""
-- empty = "Nobody tried to log in."
-- top = 40
-- units = { share = "share" }
-- titles = { share = "share of service" }
WITH counted AS (
    SELECT
        service,
        outcome,
        CAST(COUNT(*) AS BIGINT) AS logins,
        COUNT(DISTINCT user) AS users,
        COUNT(DISTINCT client_ip) AS clients
    FROM logins
    GROUP BY service, outcome
)
SELECT
    service,
    outcome,
    logins,
    1.0 * logins / SUM(logins) OVER (PARTITION BY service) AS share,
    users,
    clients
FROM counted
ORDER BY service NULLS LAST, logins DESC, outcome NULLS LAST
