-- title = "A program is new in the logs: {value: fact|facts}"
-- state = "warning"
-- site = true
-- parameters = { least = "> 0" }
-- labels = ["program"]
-- observed = "{value: fact|facts}"
-- expected = "what wrote in earlier weeks too"
-- message = "The logs hold {value: fact|facts} of {program}, and none in the same span of the day before, of the week before, or of most of {spans: week|weeks}."
-- meaning = """A service was added, or renamed. Or somebody writes lines in the name of a program (`logger -t`, syslog over the \
-- net): whoever can write to the log can write in any name, and the figures count it. See which host and process it is."""
-- command = "SELECT host, COUNT(*) AS sessions, MIN(time) AS first_time, MAX(time) AS last_time FROM sessions WHERE program = {program} GROUP BY host ORDER BY sessions DESC, host LIMIT 100"
-- evidence = "SELECT h.source, h.offset FROM (SELECT d.program, d.source, d.offset, d.time FROM deliveries d UNION ALL SELECT l.program, l.source, l.offset, l.time FROM logins l UNION ALL SELECT r.program, r.source, r.offset, r.time FROM rejections r UNION ALL SELECT n.program, n.source, n.offset, n.time FROM notices n UNION ALL SELECT m.program, m.source, m.offset, m.time FROM messages m UNION ALL SELECT s.program, s.source, s.offset, s.time FROM sessions s UNION ALL SELECT o.program, o.source, o.offset, o.time FROM directory_ops o) AS h WHERE h.program = {program} ORDER BY h.time, h.source, h.offset LIMIT 3"
SELECT label AS program, value, spans
FROM usual
WHERE metric = 'program' AND spans >= 3 AND usual = 0 AND spread = 0
    AND COALESCE(day_before, 0) = 0 AND COALESCE(week_before, 0) = 0 AND value {least}
ORDER BY value DESC, label
