-- title = "The log holds nothing for {silence_s}"
-- state = "warning"
-- site = true
-- parameters = { silent = "> 2 h", missing = "> 500" }
-- units = { silence_s = "seconds" }
-- labels = ["host", "from_time"]
-- observed = "nothing for {silence_s}, where some {expected_events} events would be usual"
-- expected = "some events in that time"
-- message = "Between {from_time} and {until_time} the log of {host} tells of nothing; at its usual pace there would be some {expected_events} events."
-- meaning = "A file is missing, logging stood still, or the server was down. If the server was up, look for a rotated file that was not read; the figures of that time are too low."
-- command = "SELECT source, path, first_time, last_time FROM coverage ORDER BY first_time, source LIMIT 100"
-- evidence = """SELECT source, offset FROM (SELECT h.source AS source, h.offset AS offset, h.time AS time, \
-- ROW_NUMBER() OVER (PARTITION BY h.time ORDER BY h.source, h.offset) AS nth FROM (\
-- SELECT d.source, d.offset, d.time, d.host FROM deliveries d \
-- UNION ALL SELECT l.source, l.offset, l.time, l.host FROM logins l \
-- UNION ALL SELECT r.source, r.offset, r.time, r.host FROM rejections r \
-- UNION ALL SELECT n.source, n.offset, n.time, n.host FROM notices n \
-- UNION ALL SELECT s.open_source AS source, s.open_offset AS offset, s.time, s.host FROM sessions s \
-- UNION ALL SELECT m.source, m.offset, m.time, m.host FROM messages m \
-- UNION ALL SELECT o.source, o.offset, o.time, o.host FROM directory_ops o) AS h \
-- WHERE h.host = {host} AND h.time IN ({from_time}, {until_time}) AND h.offset IS NOT NULL) AS e \
-- WHERE e.nth = 1 ORDER BY time LIMIT 2"""
WITH happened AS (
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM deliveries GROUP BY host, time - time % 3600000000
    UNION ALL
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM logins GROUP BY host, time - time % 3600000000
    UNION ALL
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM rejections GROUP BY host, time - time % 3600000000
    UNION ALL
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM notices GROUP BY host, time - time % 3600000000
    UNION ALL
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM sessions GROUP BY host, time - time % 3600000000
    UNION ALL
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM messages GROUP BY host, time - time % 3600000000
    UNION ALL
    SELECT host, time - time % 3600000000 AS span, COUNT(*) AS n, MIN(time) AS first_time, MAX(time) AS last_time
    FROM directory_ops GROUP BY host, time - time % 3600000000
), hourly AS (
    SELECT host, span, SUM(n) AS n, MIN(first_time) AS first_time, MAX(last_time) AS last_time
    FROM happened WHERE host IS NOT NULL AND span IS NOT NULL
    GROUP BY host, span
), pace AS (
    SELECT host, SUM(n) AS events, COUNT(*) AS active FROM hourly GROUP BY host
), dated AS (
    SELECT host, span - span % 86400000000 AS date_of, span % 86400000000 AS hour_of_day, n FROM hourly
), days AS (
    SELECT host, COUNT(DISTINCT date_of) AS days FROM dated GROUP BY host
), clock_sum AS (
    SELECT host, hour_of_day, SUM(n) AS total, COUNT(*) AS busy FROM dated GROUP BY host, hour_of_day
), clock AS (
    -- Hours of the day that are busy on four days of five. Nights, and Sundays of an office, are not.
    SELECT c.host AS host, c.hour_of_day AS hour_of_day, 1.0 * c.total / d.days AS usual
    FROM clock_sum c JOIN days d ON c.host = d.host
    WHERE c.busy * 5 >= d.days * 4
), steps AS (
    SELECT host, first_time AS until_time, LAG(last_time) OVER (PARTITION BY host ORDER BY span) AS from_time FROM hourly
), gaps AS (
    SELECT s.host AS host, s.from_time AS from_time, s.until_time AS until_time, s.until_time - s.from_time AS silence,
        d.days AS days, 1.0 * (s.until_time - s.from_time) * p.events / (p.active * 3600000000) AS flat
    FROM steps s JOIN pace p ON s.host = p.host JOIN days d ON s.host = d.host
    WHERE s.from_time IS NOT NULL AND s.until_time - s.from_time {silent}
), times AS (
    SELECT g.host AS host, g.from_time AS from_time, c.usual AS usual, g.until_time - 3600000000 - c.hour_of_day AS a, g.from_time - 1 - c.hour_of_day AS b
    FROM gaps g JOIN clock c ON g.host = c.host
), by_clock AS (
    SELECT host, from_time, SUM(usual * ((a - a % 86400000000) - (b - b % 86400000000)) / 86400000000) AS expected FROM times GROUP BY host, from_time
), told AS (
    SELECT g.host AS host, g.from_time AS from_time, g.until_time AS until_time, g.silence AS silence,
        CASE WHEN g.days > 3 THEN COALESCE(b.expected, 0.0) ELSE g.flat END AS expected
    FROM gaps g LEFT JOIN by_clock b ON g.host = b.host AND g.from_time = b.from_time
)
SELECT host, from_time, until_time, silence / 1000000 AS silence_s, ROUND(expected) AS expected_events FROM told
WHERE expected {missing}
ORDER BY silence DESC, host, from_time
