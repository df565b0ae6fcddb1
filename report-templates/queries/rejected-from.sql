-- title = "Rejections of a client"
-- about = "What an address or a network was refused, at which stage, and why."
-- [parameters.ip]
-- kind = "network"
-- about = "the client's address, or its network"
-- example = "203.0.113.0/24"
SELECT time, service, client_ip, client_name, stage, permanence, reply_code, class, sender, recipient, reason
FROM rejections r
WHERE client_ip IN {ip}
ORDER BY time, r.source, r.offset
