-- title = "Some {lines} lines count twice"
-- state = "warning"
-- site = true
-- parameters = { lines = "> 0" }
-- labels = ["holder"]
-- observed = "{files} files with some {repeated} lines of {holder}"
-- expected = "each line in one log"
-- message = "Some {repeated} lines stand in {holder} and in {path} too ({files} such files); what they tell counts twice."
-- meaning = "The syslog service writes the same lines to several files, or a folder holds a log in two forms. Read one of them: name it alone, or give its paths in `[[inputs]]` of the configuration."
-- command = "SELECT path, lines, matched, repeats, repeated_lines FROM coverage WHERE repeats IS NOT NULL ORDER BY repeated_lines DESC, path LIMIT 100"
SELECT repeats AS holder, MIN(path) AS path, COUNT(*) AS files, SUM(repeated_lines) AS repeated
FROM coverage
WHERE repeats IS NOT NULL
GROUP BY repeats
ORDER BY repeated DESC, holder
