-- title = "{unread} of {read} lines were not understood"
-- state = "warning"
-- site = true
-- parameters = { share = "> 5 %", lines = "> 100" }
-- labels = ["path"]
-- units = { unread_share = "share" }
-- observed = "{unread: line|lines}, {unread_share} of the file"
-- expected = "at most {share} of the lines"
-- message = "No pattern fits {unread} of the {read} lines of {path}; nothing that they tell is in this report."
-- meaning = "The file holds lines of a program that mailtrail does not know, or of a version that writes differently. Their shapes stand in the account at the end of the report; a grammar of your own can read them."
-- command = "SELECT path, lines, matched, ignored, unmatched, damaged FROM coverage ORDER BY unmatched DESC, path LIMIT 100"
WITH files AS (
    SELECT path, SUM(lines) AS read, SUM(unmatched + damaged) AS unread FROM coverage GROUP BY path
)
SELECT path, read, unread, unread * 1.0 / read AS unread_share FROM files
WHERE unread {lines} AND unread * 1.0 / read {share}
ORDER BY unread DESC, path
