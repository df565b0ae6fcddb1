-- title = "Slow directory searches"
-- about = """Searches of the directory that took long, the slowest first. Few entries and a long time point to an \
-- index that is missing."""
-- [parameters.longer]
-- kind = "duration"
-- about = "what counts as slow"
-- example = "10 ms"
-- default = "100 ms"
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT time, duration_s, queue_s, entries, client_ip, bind_dn, base, filter, unindexed
FROM directory_ops o
WHERE kind = 'search' AND duration_s * 1000000 > {longer}
ORDER BY duration_s DESC, time, o.source, o.offset
LIMIT {most}
