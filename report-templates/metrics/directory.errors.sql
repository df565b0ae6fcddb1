-- unit = "count"
-- about = "Results that are errors, by LDAP result code (not 0, 5, 6, 14)."
-- by = { host = "host" }
-- rows = """SELECT source, offset, time, CAST(result_code AS STRING) AS code, host FROM directory_ops \
-- WHERE result_code IS NOT NULL AND result_code NOT IN (0, 5, 6, 14)"""
SELECT {by}result_code AS code, COUNT(*) AS value
FROM directory_ops
WHERE result_code IS NOT NULL AND result_code NOT IN (0, 5, 6, 14)
GROUP BY {group}result_code
ORDER BY {group}result_code
