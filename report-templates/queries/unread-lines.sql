-- title = "Lines that were not understood"
-- about = """How many lines of each source nothing took, and how many were damaged. `mailtrail grammar explain \
-- --unmatched` shows the lines."""
SELECT path, lines, matched, ignored, unmatched, damaged, 1.0 * unmatched / lines AS share
FROM coverage
WHERE lines > 0
ORDER BY unmatched DESC, damaged DESC, path
