-- unit = "count"
-- about = "Directory operations."
-- by = { host = "host" }
-- values.kind = ["bind", "search", "modify", "add", "delete", "modrdn", "compare", "extended", "abandon", "unbind", "..."]
-- rows = "SELECT source, offset, time, kind, host FROM directory_ops WHERE kind IS NOT NULL"
SELECT {by}kind, COUNT(*) AS value
FROM directory_ops
WHERE kind IS NOT NULL
GROUP BY {group}kind
ORDER BY {group}kind
