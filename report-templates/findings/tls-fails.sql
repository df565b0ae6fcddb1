-- title = "No client gets through STARTTLS"
-- state = "critical"
-- site = true
-- parameters = { failed = "> 20", clients = "> 4", through = "< 2 %" }
-- labels = ["service", "host"]
-- observed = "{failures: connection|connections} of {addresses: client|clients} broken off in the handshake, {encrypted} got through"
-- expected = "at least {through} that get through"
-- message = "{failures: connection|connections} to {service} on {host} broke off after STARTTLS, of {addresses: client|clients}; {encrypted} of all {tried} were encrypted."
-- meaning = "The certificate has expired, does not fit its name or its key, or lacks the ones above it; or client and server know no common version or cipher. `openssl s_client -starttls smtp -connect HOST:25` shows what clients see. Servers of others may hold their mail back, and people cannot log in."
-- command = "SELECT time, client_name, client_ip, ended FROM sessions s WHERE direction = 'in' AND service = {service} AND COALESCE(host, '') = {host} AND lost_after = 'STARTTLS' ORDER BY time DESC, s.source DESC, s.offset DESC LIMIT 50"
-- evidence = "SELECT s.source, s.offset FROM sessions s WHERE direction = 'in' AND service = {service} AND COALESCE(host, '') = {host} AND ended IN ('lost', 'timeout') AND lost_after = 'STARTTLS' ORDER BY time DESC, s.source DESC, s.offset DESC LIMIT 3"
WITH counted AS (
    SELECT COALESCE(host, '') AS host, service,
        SUM(CASE WHEN ended IN ('lost', 'timeout') AND lost_after = 'STARTTLS' THEN 1 ELSE 0 END) AS failures,
        COUNT(DISTINCT CASE WHEN ended IN ('lost', 'timeout') AND lost_after = 'STARTTLS' THEN client_ip END) AS addresses,
        COUNT(tls_version) AS encrypted, COUNT(*) AS tried
    FROM sessions WHERE direction = 'in' AND service IS NOT NULL
    GROUP BY COALESCE(host, ''), service
)
SELECT host, service, failures, addresses, encrypted, tried FROM counted
WHERE failures {failed} AND addresses {clients} AND 1.0 * encrypted / (encrypted + failures) {through}
ORDER BY failures DESC, service, host
