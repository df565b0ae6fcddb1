-- unit = "count"
-- about = "Rejections by permanence and class, warnings included."
-- by = { host = "host", domain = "recipient_domain" }
SELECT {by}class, permanence, COUNT(*) AS value
FROM rejections
GROUP BY {group}class, permanence
ORDER BY {group}class, permanence
