-- title = "The log itself lost lines"
-- state = "warning"
-- site = true
-- labels = ["host", "program"]
-- observed = "{times: report of loss|reports of loss}"
-- expected = "none"
-- message = "{program} on {host} said {times: time|times} that lines were dropped, first at {first_time}, last at {last_time}."
-- meaning = "The figures of that time are lower bounds: what was dropped cannot be counted. Raise the rate limits of the logging service (rsyslog: imuxsock SysSock.RateLimit.Interval, journald: RateLimitBurst), or find out what floods the log."
-- command = "SELECT time, host, program, text FROM notices n WHERE class = 'log-loss' ORDER BY time, n.source, n.offset LIMIT 100"
-- evidence = "SELECT n.source, n.offset FROM notices n WHERE class = 'log-loss' AND COALESCE(program, '') = {program} AND COALESCE(host, '') = {host} ORDER BY time, n.source, n.offset LIMIT 3"
SELECT COALESCE(host, '') AS host, COALESCE(program, '') AS program, COUNT(*) AS times, MIN(time) AS first_time, MAX(time) AS last_time
FROM notices
WHERE class = 'log-loss'
GROUP BY COALESCE(host, ''), COALESCE(program, '')
ORDER BY times DESC, host, program
