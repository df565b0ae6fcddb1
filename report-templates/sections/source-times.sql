-- title = "Times of the sources"
-- group = "Health"
-- help = """The first and the last line of each log. A log that begins late or ends early leaves a hole in this \
-- report."""
-- empty = "No log was read."
-- top = 50
-- titles = { path = "source", first_time = "first line", last_time = "last line" }
SELECT path, first_time, last_time, lines
FROM coverage
ORDER BY source
