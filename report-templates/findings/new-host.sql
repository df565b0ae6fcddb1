-- title = "A host is new in the logs: {value: fact|facts}"
-- state = "warning"
-- site = true
-- parameters = { least = "> 0" }
-- labels = ["host"]
-- observed = "{value: fact|facts}"
-- expected = "what wrote in earlier weeks too"
-- message = "The logs hold {value: fact|facts} of {host}, and none in the same span of the day before, of the week before, or of most of {spans: week|weeks}."
-- meaning = """A host was added or has a new name; then what its messages and sessions left open under the old name stays open. \
-- Or somebody writes lines in the name of a host that is not yours: syslog over the net asks nobody who he is."""
-- command = "SELECT program, COUNT(*) AS sessions, MIN(time) AS first_time, MAX(time) AS last_time FROM sessions WHERE host = {host} GROUP BY program ORDER BY sessions DESC, program LIMIT 100"
-- evidence = "SELECT h.source, h.offset FROM (SELECT d.host, d.source, d.offset, d.time FROM deliveries d UNION ALL SELECT l.host, l.source, l.offset, l.time FROM logins l UNION ALL SELECT r.host, r.source, r.offset, r.time FROM rejections r UNION ALL SELECT n.host, n.source, n.offset, n.time FROM notices n UNION ALL SELECT m.host, m.source, m.offset, m.time FROM messages m UNION ALL SELECT s.host, s.source, s.offset, s.time FROM sessions s UNION ALL SELECT o.host, o.source, o.offset, o.time FROM directory_ops o) AS h WHERE h.host = {host} ORDER BY h.time, h.source, h.offset LIMIT 3"
SELECT label AS host, value, spans
FROM usual
WHERE metric = 'host' AND spans >= 3 AND usual = 0 AND spread = 0
    AND COALESCE(day_before, 0) = 0 AND COALESCE(week_before, 0) = 0 AND value {least}
ORDER BY value DESC, label
