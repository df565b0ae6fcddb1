-- title = "Recipients by deliveries"
-- about = "Who received the most."
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT recipient, COUNT(*) AS deliveries, COUNT(DISTINCT sender) AS senders, SUM(size_bytes) AS bytes
FROM deliveries
WHERE outcome = 'sent'
GROUP BY recipient
ORDER BY deliveries DESC, recipient NULLS LAST
LIMIT {most}
