-- title = "Some {repeated} lines count twice"
-- state = "warning"
-- site = true
-- parameters = { least = "> 0" }
-- labels = ["holder"]
-- observed = "some {repeated} lines, in {files: file|files}"
-- expected = "each line in one log"
-- message = "Some {repeated} lines of {others} stand in {holder} too; what they tell counts twice."
-- meaning = "The syslog service writes the same lines to several files, or a folder holds a log in two forms. Read one of them: name it alone, or give its paths in `[[inputs]]` of the configuration."
-- command = "SELECT path, lines, matched, repeats, repeated_lines FROM coverage WHERE repeats IS NOT NULL ORDER BY repeated_lines DESC, path LIMIT 100"
WITH files AS (
    SELECT repeats AS holder, MIN(path) AS path, COUNT(*) AS files, SUM(repeated_lines) AS repeated
    FROM coverage WHERE repeats IS NOT NULL GROUP BY repeats
)
SELECT holder, CASE WHEN files = 1 THEN path ELSE CONCAT(CAST(files AS VARCHAR), ' files, such as ', path, ',') END AS others, files, repeated FROM files
WHERE repeated {least}
ORDER BY repeated DESC, holder
