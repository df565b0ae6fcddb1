-- title = "Many connections broke off in one hour"
-- state = "warning"
-- site = true
-- parameters = { lost = "> 50", times = 5, hours = 3 }
-- labels = ["service"]
-- observed = "{most} in the hour from {hour}"
-- expected = "at most {times} times as many as in the other hours"
-- message = "In the hour from {hour}, {most} of {connections} connections to {service} broke off; in the {others: other hour|other hours} together it was {rest}."
-- meaning = "Something happened to the network, to the server or to its certificate in that hour, or somebody probed it. Look at the warnings of the same hour, and at which stage and whose connections broke."
-- command = "SELECT lost_after, ended, client_net, COUNT(*) AS connections FROM sessions s WHERE direction = 'in' AND service = {service} AND hour = {hour} AND ended IN ('lost', 'timeout') GROUP BY lost_after, ended, client_net ORDER BY connections DESC, lost_after, ended, client_net LIMIT 100"
-- evidence = "SELECT s.source, s.offset FROM sessions s WHERE direction = 'in' AND service = {service} AND hour = {hour} AND ended IN ('lost', 'timeout') ORDER BY time, s.source, s.offset LIMIT 3"
WITH hourly AS (
    SELECT service, hour, COUNT(*) AS connections,
        CAST(COUNT(CASE WHEN ended = 'lost' OR ended = 'timeout' THEN 1 END) AS BIGINT) AS n
    FROM sessions WHERE direction = 'in' AND service IS NOT NULL
    GROUP BY service, hour
), whole AS (
    SELECT service, SUM(n) AS total, COUNT(*) AS active FROM hourly GROUP BY service
)
SELECT h.service AS service, h.hour AS hour, h.n AS most, h.connections AS connections, w.total - h.n AS rest, w.active - 1 AS others
FROM hourly h JOIN whole w ON h.service = w.service
WHERE h.n {lost} AND w.active > {hours} AND h.n * (w.active - 1) > {times} * (w.total - h.n)
ORDER BY most DESC, service, hour
