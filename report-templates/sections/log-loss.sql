-- title = "What the logs say they lost"
-- group = "Health"
-- help = """The logs' own confessions: lines that a logging daemon dropped, gaps, clocks that were set. Where \
-- there are some, every count in this report may be too low."""
-- empty = "No log says that it lost anything."
-- top = 20
-- titles = { shape = "text", last_time = "last" }
SELECT class, host, shape, COUNT(*) AS count, MAX(time) AS last_time
FROM notices
WHERE class IN ('log-loss', 'gap', 'clock')
GROUP BY class, host, shape
ORDER BY count DESC, class, host NULLS LAST, shape NULLS LAST
