-- title = "Warnings and errors"
-- group = "Health"
-- help = """Warnings, errors, fatal ends and panics that the programs logged, those that look alike together \
-- (variable parts are masked by *). The worst come first."""
-- empty = "No program complained."
-- top = 30
-- titles = { shape = "text", last_time = "last" }
SELECT severity, program, shape, COUNT(*) AS count, MAX(time) AS last_time
FROM notices
GROUP BY severity, program, shape
ORDER BY
    CASE severity WHEN 'panic' THEN 0 WHEN 'fatal' THEN 1 WHEN 'error' THEN 2 ELSE 3 END,
    count DESC,
    program NULLS LAST,
    shape NULLS LAST,
    severity NULLS LAST
