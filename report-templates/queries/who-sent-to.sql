-- title = "Who sent to an address"
-- about = """The senders who wrote to a recipient, with what became of their mail. `mail-to` shows each attempt, \
-- `rejected-to` what was refused before it was accepted."""
-- [parameters.recipient]
-- kind = "address"
-- about = "the recipient, as the sender wrote it or as it was rewritten"
-- example = "zoe@example.org"
SELECT
    sender,
    user,
    COUNT(DISTINCT queue_id) AS messages,
    COUNT(*) FILTER (WHERE outcome IN ('sent', 'forwarded', 'filtered')) AS sent,
    COUNT(*) FILTER (WHERE outcome = 'deferred') AS deferred,
    COUNT(*) FILTER (WHERE outcome IN ('bounced', 'expired')) AS bounced,
    MIN(time) AS first_time,
    MAX(time) AS last_time
FROM deliveries
WHERE LOWER(recipient) = LOWER({recipient}) OR LOWER(original_recipient) = LOWER({recipient})
GROUP BY sender, user
ORDER BY messages DESC, sender NULLS LAST, user NULLS LAST
