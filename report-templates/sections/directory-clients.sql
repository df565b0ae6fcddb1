-- title = "Directory clients"
-- group = "Directory"
-- help = """Who asks the directory (LDAP) most, under how many names each was bound, and how much of the \
-- directory's time it took (busy)."""
-- empty = "Nobody asked the directory."
-- top = 20
-- units = { busy_s = "seconds" }
-- titles = { client_ip = "client", names = "bound as", busy_s = "busy" }
SELECT
    client_ip,
    COUNT(DISTINCT bind_dn) AS names,
    COUNT(*) AS operations,
    SUM(CASE WHEN kind = 'search' THEN 1 ELSE 0 END) AS searches,
    SUM(CASE WHEN result_code NOT IN (0, 5, 6, 14) THEN 1 ELSE 0 END) AS errors,
    CASE
        WHEN COUNT(duration_s) > 0 THEN SUM(CAST(ROUND(duration_s * 1000000) AS BIGINT)) / 1000000.0
    END AS busy_s
FROM directory_ops
GROUP BY client_ip
ORDER BY operations DESC, client_ip NULLS LAST
