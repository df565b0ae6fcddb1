-- title = "A {what} did next to nothing for {silence_s}"
-- state = "warning"
-- site = true
-- parameters = { silent = ">= 2 h", missing = ">= 30", quiet = "< 5 %", least = "> 20" }
-- units = { silence_s = "seconds" }
-- labels = ["what", "name", "host", "from_time"]
-- words = ["what"]
-- observed = "{seen_events: event|events} in {silence_s}, where some {usual_events} are usual"
-- expected = "some in such hours, as in the weeks before"
-- message = "The {what} {subject} was all but silent from {from_time} to {until_time}: {seen_events: event|events}, where some {usual_events} are usual (the medians of {spans: week|weeks})."
-- meaning = """It did much at such hours before: a host that went down or whose log arrives no more, a service or a \
-- delivery agent that stopped. See whether it runs now; the command shows what was done on that host before. \
-- A holiday, or a machine that was switched off, looks the same."""
-- command = "SELECT h.time, h.program, h.what FROM (SELECT time, host, program, service AS what FROM sessions UNION ALL SELECT time, host, program, transport AS what FROM deliveries UNION ALL SELECT time, host, program, class AS what FROM rejections UNION ALL SELECT time, host, program, service AS what FROM logins UNION ALL SELECT time, host, program, kind AS what FROM directory_ops UNION ALL SELECT time, host, program, text AS what FROM notices) AS h WHERE h.host = {host} AND h.time < {from_time} + 3600000000 ORDER BY h.time DESC, h.program, h.what LIMIT 50"
-- evidence = "SELECT h.source, h.offset FROM (SELECT source, offset, time, host, 'service' AS what, service AS name FROM sessions WHERE direction = 'in' UNION ALL SELECT source, offset, time, host, 'delivery agent' AS what, transport AS name FROM deliveries UNION ALL SELECT source, offset, time, host, 'host' AS what, class AS name FROM rejections UNION ALL SELECT source, offset, time, host, 'host' AS what, service AS name FROM logins UNION ALL SELECT source, offset, time, host, 'host' AS what, kind AS name FROM directory_ops UNION ALL SELECT source, offset, time, host, 'host' AS what, class AS name FROM notices) AS h WHERE h.host = {host} AND ({what} = 'host' OR h.what = {what} AND h.name = {name}) ORDER BY CASE WHEN h.time < {from_time} THEN {from_time} - h.time WHEN h.time >= {until_time} THEN h.time - {until_time} ELSE 0 END, h.time, h.source, h.offset LIMIT 3"
WITH hours AS (
    SELECT metric, label, host, hour, until_time, value, usual, spread, spans
    FROM usual
    WHERE metric IN ('host-hours', 'service-hours', 'transport-hours') AND spans >= 3
), elsewhere AS (
    -- What is done at hours at which nothing is usual was put off to them.
    SELECT metric, label, SUM(value) AS n FROM hours WHERE usual = 0 GROUP BY metric, label
), quiet AS (
    -- Hours in a row lie as far from their place among the quiet ones.
    SELECT metric, label, host, hour, until_time, value, usual, spread, spans,
        hour - 3600000000 * ROW_NUMBER() OVER (PARTITION BY metric, label ORDER BY hour) AS run
    FROM hours WHERE usual > 0 AND value / usual {quiet}
), runs AS (
    SELECT metric, label, host, run, MIN(hour) AS from_time, MAX(until_time) AS until_time, SUM(value) AS seen_events,
        SUM(usual) AS usual_events, SUM(usual - spread - value) AS missing_events, MIN(spans) AS spans
    FROM quiet GROUP BY metric, label, host, run
), stops AS (
    SELECT r.metric AS metric, r.host AS host, r.from_time AS from_time, r.until_time AS until_time, r.seen_events AS seen_events,
        r.usual_events AS usual_events, r.spans AS spans,
        CASE WHEN r.metric = 'host-hours' THEN r.host ELSE SUBSTR(r.label, CHAR_LENGTH(r.host) + 3) END AS name
    FROM runs r LEFT JOIN elsewhere e ON r.metric = e.metric AND r.label = e.label
    WHERE r.until_time - r.from_time {silent} AND r.missing_events {missing} AND 2 * COALESCE(e.n, 0) < r.usual_events
), silent AS (
    -- Told by `silence`.
    SELECT metric || '-hours' AS metric, label FROM usual
    WHERE metric IN ('host', 'service', 'transport') AND spans >= 3 AND usual {least} AND value / usual {quiet}
), hosts AS (
    SELECT host, from_time, until_time FROM stops WHERE metric = 'host-hours'
), hidden AS (
    -- What stops with its host.
    SELECT s.metric AS metric, s.host AS host, s.name AS name, s.from_time AS from_time
    FROM stops s JOIN hosts h ON s.host = h.host
    WHERE s.metric <> 'host-hours' AND h.from_time - s.from_time <= 3600000000 AND s.until_time - h.until_time <= 3600000000
    GROUP BY s.metric, s.host, s.name, s.from_time
), told AS (
    SELECT s.metric AS metric, s.host AS host, s.name AS name, s.from_time AS from_time, s.until_time AS until_time,
        s.seen_events AS seen_events, s.usual_events AS usual_events, s.spans AS spans
    FROM stops s
    LEFT JOIN hidden h ON s.metric = h.metric AND s.host = h.host AND s.name = h.name AND s.from_time = h.from_time
    LEFT JOIN silent q ON s.metric = q.metric AND s.name = q.label
    LEFT JOIN silent o ON o.metric = 'host-hours' AND s.host = o.label
    WHERE h.metric IS NULL AND q.metric IS NULL AND o.metric IS NULL
)
SELECT CASE metric WHEN 'host-hours' THEN 'host' WHEN 'service-hours' THEN 'service' ELSE 'delivery agent' END AS what,
    host, name, CASE WHEN metric = 'host-hours' THEN name ELSE name || ' on ' || host END AS subject, from_time, until_time,
    (until_time - from_time) / 1000000 AS silence_s, seen_events, usual_events, spans
FROM told
ORDER BY usual_events DESC, what, name, host, from_time
