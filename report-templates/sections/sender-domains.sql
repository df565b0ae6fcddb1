-- title = "Sender domains"
-- group = "Delivery"
-- help = """The domains that the envelope senders of accepted mail belong to. A row without a domain is mail \
-- without a sender: notifications of other servers."""
-- empty = "No message was accepted."
-- top = 20
-- units = { bytes = "bytes" }
-- titles = { sender_domain = "sender domain" }
SELECT
    sender_domain,
    COUNT(*) AS messages,
    SUM(recipients) AS recipients,
    SUM(size_bytes) AS bytes
FROM messages
WHERE origin IN ('smtp', 'submission', 'local')
GROUP BY sender_domain
ORDER BY messages DESC, sender_domain NULLS LAST
