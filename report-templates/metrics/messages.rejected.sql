-- unit = "count"
-- about = "Rejections of a transaction; each rejected recipient counts, warnings do not."
-- by = { host = "host", domain = "recipient_domain" }
-- values.stage = ["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "END-OF-MESSAGE", "VRFY", "ETRN", "UNKNOWN", "..."]
-- rows = """SELECT source, offset, time, stage, host, recipient_domain AS domain FROM rejections \
-- WHERE permanence <> 'warning'"""
SELECT {by}stage, COUNT(*) AS value
FROM rejections
WHERE permanence <> 'warning'
GROUP BY {group}stage
ORDER BY {group}stage
