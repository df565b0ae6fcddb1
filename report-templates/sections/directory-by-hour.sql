-- title = "Directory operations by hour"
-- group = "Directory"
-- help = "What clients asked of the directory (LDAP) by the hour, and how many answers were errors."
-- empty = "Nobody asked the directory."
-- chart = { kind = "columns", label = "hour", series = ["searches", "binds", "changes", "other"] }
SELECT
    hour,
    SUM(CASE WHEN kind = 'search' THEN 1 ELSE 0 END) AS searches,
    SUM(CASE WHEN kind = 'bind' THEN 1 ELSE 0 END) AS binds,
    SUM(CASE WHEN kind IN ('modify', 'add', 'delete', 'modrdn') THEN 1 ELSE 0 END) AS changes,
    SUM(CASE WHEN kind IN ('search', 'bind', 'modify', 'add', 'delete', 'modrdn') THEN 0 ELSE 1 END) AS other,
    SUM(CASE WHEN result_code NOT IN (0, 5, 6, 14) THEN 1 ELSE 0 END) AS errors
FROM directory_ops
GROUP BY hour
ORDER BY hour NULLS LAST
