-- title = "Rejections of mail to an address"
-- about = "Mail to a recipient that was refused before it was accepted: from which client and sender, and why."
-- [parameters.recipient]
-- kind = "address"
-- about = "the recipient"
-- example = "zoe@example.org"
SELECT time, service, client_ip, client_name, sender, stage, permanence, reply_code, class, reason
FROM rejections r
WHERE LOWER(recipient) = LOWER({recipient})
ORDER BY time, r.source, r.offset
