-- title = "Nothing for {silence_s}, where some {missing_events} would be usual"
-- state = "warning"
-- site = true
-- parameters = { silent = ">= 2 h", missing = ">= 30", long_gap = "> 500", left = ">= 5 %" }
-- units = { silence_s = "seconds" }
-- labels = ["what", "name", "host"]
-- observed = "nothing for {silence_s}, where some {missing_events} would be usual"
-- expected = "some in such hours, as in the weeks before"
-- message = "The {what} {subject} was silent from {from_time} to {until_time}; in these hours of {spans: earlier week|earlier weeks} there were some {missing_events}."
-- meaning = """It did much before, and then nothing at all: a host that went down or whose log arrives no more, a service or a \
-- delivery agent that stopped. See whether it runs now; the command shows what was said on that host around then. \
-- A holiday, or a machine that was switched off, looks the same."""
-- command = "SELECT time, program, severity, text FROM notices n WHERE host = {host} AND time >= {from_time} - 3600000000 AND time < {until_time} ORDER BY time, n.source, n.offset LIMIT 100"
-- evidence = "SELECT h.source, h.offset FROM (SELECT source, offset, time, host, 'service' AS what, service AS name FROM sessions WHERE direction = 'in' UNION ALL SELECT source, offset, time, host, 'transport' AS what, transport AS name FROM deliveries) AS h WHERE h.host = {host} AND ({what} = 'host' OR h.what = {what} AND h.name = {name}) AND h.time < {from_time} ORDER BY h.time DESC, h.source DESC, h.offset DESC LIMIT 2"
WITH hours AS (
    SELECT metric, label, host, hour, value, usual, spans,
        ROW_NUMBER() OVER (PARTITION BY metric, label ORDER BY hour) AS nth
    FROM usual
    WHERE metric IN ('host-hours', 'service-hours', 'transport-hours') AND spans >= 3 AND (usual > 0 OR value > 0)
), ends AS (
    SELECT MAX(hour) AS last_hour FROM hours
), whole AS (
    SELECT metric, label, SUM(value) AS seen, SUM(usual) AS expected FROM hours GROUP BY metric, label
), silent AS (
    -- Hours in a row have the same distance between their place among all and their place among the silent ones.
    SELECT metric, label, host, hour, usual, spans,
        nth - ROW_NUMBER() OVER (PARTITION BY metric, label ORDER BY hour) AS run
    FROM hours WHERE value = 0
), runs AS (
    SELECT metric, label, host, run, MIN(hour) AS from_time, MAX(hour) + 3600000000 AS until_time,
        SUM(usual) AS missing_events, MIN(spans) AS spans
    FROM silent GROUP BY metric, label, host, run
), long_ones AS (
    SELECT r.metric AS metric, r.label AS label, r.host AS host, r.from_time AS from_time, r.until_time AS until_time,
        r.missing_events AS missing_events, r.spans AS spans
    FROM runs r JOIN whole w ON r.metric = w.metric AND r.label = w.label
    -- What is silent all day long is told by `silence`.
    WHERE r.until_time - r.from_time {silent} AND r.missing_events {missing} AND w.seen / w.expected {left}
), hosts AS (
    SELECT host, from_time, until_time FROM long_ones WHERE metric = 'host-hours'
), hidden AS (
    -- What stops with its host.
    SELECT s.metric AS metric, s.label AS label, s.from_time AS from_time
    FROM long_ones s JOIN hosts h ON s.host = h.host
    WHERE s.metric <> 'host-hours' AND h.from_time - s.from_time <= 3600000000 AND s.until_time - h.until_time <= 3600000000
    GROUP BY s.metric, s.label, s.from_time
), told AS (
    SELECT l.metric AS metric, l.label AS label, l.host AS host, l.from_time AS from_time, l.until_time AS until_time,
        l.missing_events AS missing_events, l.spans AS spans
    FROM long_ones l LEFT JOIN hidden h ON l.metric = h.metric AND l.label = h.label AND l.from_time = h.from_time
    WHERE h.metric IS NULL
)
SELECT REPLACE(t.metric, '-hours', '') AS what, t.host AS host, t.from_time AS from_time, t.until_time AS until_time,
    CASE WHEN t.metric = 'host-hours' THEN t.label ELSE SUBSTR(t.label, CHAR_LENGTH(t.host) + 3) END AS name,
    CASE WHEN t.metric = 'host-hours' THEN t.label ELSE SUBSTR(t.label, CHAR_LENGTH(t.host) + 3) || ' on ' || t.host END AS subject,
    (t.until_time - t.from_time) / 1000000 AS silence_s, t.missing_events AS missing_events, t.spans AS spans
FROM told t CROSS JOIN ends e
-- A gap in the midst of much is told by `log-gap`, by the minute.
WHERE t.metric <> 'host-hours' OR t.until_time > e.last_hour OR NOT t.missing_events {long_gap}
ORDER BY t.missing_events DESC, what, name, host
