-- unit = "count"
-- about = "Rejections by permanence and class, warnings included."
-- by = { host = "host", domain = "recipient_domain" }
-- values.permanence = ["permanent", "temporary", "warning"]
-- rows = "SELECT source, offset, time, class, permanence, host, recipient_domain AS domain FROM rejections"
SELECT {by}class, permanence, COUNT(*) AS value
FROM rejections
GROUP BY {group}class, permanence
ORDER BY {group}class, permanence
