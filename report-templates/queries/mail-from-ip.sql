-- title = "Mail from a client"
-- about = """The messages that an address or a network brought, with sender, size and fate. `rejected-from` shows \
-- what it was refused."""
-- [parameters.ip]
-- kind = "network"
-- about = "the client's address, or its network"
-- example = "192.0.2.0/24"
SELECT time, queue_id, client_ip, client_name, origin, user, sender, recipients, size_bytes, end_time, fate
FROM messages m
WHERE client_ip IN {ip}
ORDER BY time, m.source, m.offset
