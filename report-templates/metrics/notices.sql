-- unit = "count"
-- about = "Warning, error, fatal and panic lines that are no other fact."
-- by = { host = "host" }
-- values.severity = ["warning", "error", "fatal", "panic"]
-- rows = "SELECT source, offset, time, severity, host FROM notices"
SELECT {by}severity, COUNT(*) AS value
FROM notices
GROUP BY {group}severity
ORDER BY {group}severity
