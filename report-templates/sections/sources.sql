-- title = "Sources"
-- group = "Health"
-- help = """What became of every line of every log. Unmatched: no grammar knows the line; damaged: cut, or no \
-- log line at all; duplicate: of a log that is a copy of another. The counts add up to the lines."""
-- empty = "No log was read."
-- top = 50
-- titles = { path = "source" }
SELECT path, lines, matched, ignored, unmatched, damaged, duplicate
FROM coverage
ORDER BY source
