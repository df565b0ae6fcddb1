-- unit = "count"
-- about = "Directory operations."
-- by = { host = "host" }
-- rows = "SELECT source, offset, time, kind, host FROM directory_ops WHERE kind IS NOT NULL"
SELECT {by}kind, COUNT(*) AS value
FROM directory_ops
WHERE kind IS NOT NULL
GROUP BY {group}kind
ORDER BY {group}kind
