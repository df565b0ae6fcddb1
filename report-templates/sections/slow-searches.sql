-- title = "Slow directory searches"
-- group = "Directory"
-- help = """Searches of the directory (LDAP) that took 0.1 seconds or more, the slowest first. Many entries \
-- explain the time; few entries and a long time point to an index that is missing."""
-- empty = "No search took 0.1 seconds or more."
-- top = 20
-- units = { duration_s = "seconds" }
-- titles = { duration_s = "duration", client_ip = "client" }
SELECT time, duration_s, entries, client_ip, base, filter
FROM directory_ops
WHERE kind = 'search' AND duration_s >= 0.1
ORDER BY
    duration_s DESC, time, client_ip NULLS LAST, base NULLS LAST, filter NULLS LAST, entries DESC NULLS LAST
