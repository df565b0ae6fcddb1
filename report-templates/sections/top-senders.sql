-- title = "Top senders"
-- group = "Delivery"
-- help = "The envelope senders of the most accepted mail. `<>` is the empty sender of other servers' notifications."
-- empty = "No message was accepted."
-- top = 20
-- units = { bytes = "bytes" }
SELECT
    sender,
    COUNT(*) AS messages,
    SUM(recipients) AS recipients,
    SUM(size_bytes) AS bytes
FROM messages
WHERE origin IN ('smtp', 'submission', 'local')
GROUP BY sender
ORDER BY messages DESC, recipients DESC NULLS LAST, sender NULLS LAST
