-- title = "Senders by messages"
-- about = """Who sent the most: messages that were accepted, their recipients and sizes. Notifications, and what \
-- filters hand back, are left out."""
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT sender, COUNT(*) AS messages, SUM(recipients) AS recipients, SUM(size_bytes) AS bytes
FROM messages
WHERE origin IN ('smtp', 'submission', 'local')
GROUP BY sender
ORDER BY messages DESC, recipients DESC NULLS LAST, sender NULLS LAST
LIMIT {most}
