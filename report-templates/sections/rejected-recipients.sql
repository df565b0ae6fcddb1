-- title = "Rejected recipients"
-- group = "Rejections"
-- help = """The recipients for whom mail was rejected most, and why. One that does not exist but is asked for by \
-- many clients may be an old address, or one on a spammer's list."""
-- empty = "No recipient was rejected."
-- top = 20
SELECT
    recipient,
    class,
    COUNT(*) AS rejections,
    COUNT(DISTINCT client_ip) AS clients,
    COUNT(DISTINCT sender) AS senders
FROM rejections
WHERE recipient IS NOT NULL AND permanence <> 'warning'
GROUP BY recipient, class
ORDER BY rejections DESC, recipient, class NULLS LAST
