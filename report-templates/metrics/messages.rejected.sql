-- unit = "count"
-- about = "Refusals of a transaction; recipient refusals count each, warnings do not."
-- by = { host = "host", domain = "recipient_domain" }
SELECT {by}stage, COUNT(*) AS value
FROM rejections
WHERE permanence <> 'warning'
GROUP BY {group}stage
ORDER BY {group}stage
