-- title = "Encryption of a service"
-- about = "Which TLS versions and ciphers the clients of a service used, and how many connections had none."
-- [parameters.service]
-- kind = "text"
-- about = "smtp, submission, submissions, lmtp, imap, pop3, sieve or ldap"
-- example = "imap"
-- default = "smtp"
SELECT
    tls_version,
    tls_cipher,
    COUNT(*) AS connections,
    COUNT(DISTINCT client_ip) AS clients,
    MAX(time) AS last_time
FROM sessions
WHERE direction = 'in' AND service = LOWER({service})
GROUP BY tls_version, tls_cipher
ORDER BY connections DESC, tls_version NULLS LAST, tls_cipher NULLS LAST
