-- title = "What went wrong around a time"
-- about = """Warnings and errors, rejections, failed logins, lost connections and mail that was not delivered, shortly \
-- before and after a point in time; of too many, the nearest."""
-- [parameters.time]
-- kind = "time"
-- about = "the point in time"
-- example = "2026-11-24 09:00"
-- [parameters.within]
-- kind = "duration"
-- about = "how long before and after it"
-- example = "30 s"
-- default = "5 min"
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "200"
WITH happened AS (
    SELECT time, host, severity AS what, program AS who, text AS detail, source, n.offset AS place FROM notices n
    UNION ALL
    SELECT time, host, 'refused' AS what, client_ip AS who, reason AS detail, source, r.offset AS place
    FROM rejections r
    UNION ALL
    SELECT time, host, 'login failed' AS what, client_ip AS who, user AS detail, source, l.offset AS place
    FROM logins l WHERE outcome NOT IN ('ok', 'aborted')
    UNION ALL
    SELECT end_time AS time, host, 'lost connection' AS what, client_ip AS who, service AS detail, source, s.offset AS place
    FROM sessions s WHERE ended IN ('lost', 'timeout') AND end_time IS NOT NULL
    UNION ALL
    SELECT time, host, outcome AS what, recipient AS who, reply AS detail, source, d.offset AS place
    FROM deliveries d WHERE outcome IN ('deferred', 'bounced', 'expired')
), nearest AS (
    SELECT time, host, what, who, detail, source, place,
        ROW_NUMBER() OVER (ORDER BY ABS(time - {time}), source, place, what, COALESCE(who, ''), COALESCE(detail, '')) AS nth
    FROM happened
    WHERE time >= {time} - {within} AND time <= {time} + {within}
)
SELECT time, host, what, who, detail
FROM nearest
WHERE nth <= {most}
ORDER BY time, source, place, what, who NULLS LAST, detail NULLS LAST
