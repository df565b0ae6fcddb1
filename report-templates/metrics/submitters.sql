-- unit = "count"
-- about = "Distinct submitters: authenticated users, users of the machine."
-- values.kind = ["sasl", "local"]
SELECT 'sasl' AS kind, COUNT(DISTINCT user) AS value
FROM messages
WHERE origin = 'submission' AND user IS NOT NULL
UNION ALL
SELECT 'local' AS kind, COUNT(DISTINCT user) AS value
FROM messages
WHERE origin = 'local'
ORDER BY kind
