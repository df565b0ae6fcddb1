-- title = "Logins from a client"
-- about = "Which users an address or a network logged in as, or tried to, and how that went."
-- [parameters.ip]
-- kind = "network"
-- about = "the client's address, or its network"
-- example = "192.0.2.0/24"
SELECT client_ip, user, service, outcome, COUNT(*) AS attempts, MIN(time) AS first_time, MAX(time) AS last_time
FROM logins
WHERE client_ip IN {ip}
GROUP BY client_ip, user, service, outcome
ORDER BY attempts DESC, client_ip NULLS LAST, user NULLS LAST, service NULLS LAST, outcome NULLS LAST
