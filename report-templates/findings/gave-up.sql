-- title = "A program gave up {ends: time|times}"
-- state = "warning"
-- site = true
-- parameters = { least = "> 0", ignore = ["sendmail", "postdrop", "postqueue", "postsuper", "postmap", "postalias", "postconf", "newaliases", "postfix", "script", "postfix-script", "doveadm"] }
-- labels = ["program", "host"]
-- observed = "{ends: fatal end|fatal ends}"
-- expected = "none"
-- message = "{program} on {host} could not go on, first at {first_time}, last at {last_time}: {text}"
-- meaning = "A part of the mail system could not go on. The line says why: often a wrong setting, or a service that it needs and that was away. Mail may have waited meanwhile."
-- command = "SELECT time, severity, text FROM notices n WHERE COALESCE(program, '?') = {program} AND COALESCE(host, '') = {host} AND severity IN ('fatal', 'panic') ORDER BY time DESC, n.source DESC, n.offset DESC LIMIT 50"
-- evidence = "SELECT n.source, n.offset FROM notices n WHERE COALESCE(program, '?') = {program} AND COALESCE(host, '') = {host} AND severity IN ('fatal', 'panic') AND class IS NULL ORDER BY time DESC, n.source DESC, n.offset DESC LIMIT 3"
WITH told AS (
    SELECT COALESCE(program, '?') AS program, COALESCE(host, '') AS host, text, time,
        ROW_NUMBER() OVER (PARTITION BY COALESCE(program, '?'), COALESCE(host, '') ORDER BY time DESC, n.source DESC, n.offset DESC) AS nth
    FROM notices n
    -- One with a class is told as a trouble; what commands say, people have read.
    WHERE severity IN ('fatal', 'panic') AND class IS NULL AND COALESCE(program, '?') NOT IN {ignore}
)
SELECT program, host, COUNT(*) AS ends, MIN(time) AS first_time, MAX(time) AS last_time, MAX(CASE WHEN nth = 1 THEN text END) AS text
FROM told
GROUP BY program, host
HAVING COUNT(*) {least}
ORDER BY ends DESC, program, host
