-- unit = "count"
-- about = "Rejections of a transaction; each rejected recipient counts, warnings do not."
-- by = { host = "host", domain = "recipient_domain" }
SELECT {by}stage, COUNT(*) AS value
FROM rejections
WHERE permanence <> 'warning'
GROUP BY {group}stage
ORDER BY {group}stage
