-- title = "Encryption of mail to other hosts"
-- about = """Over which TLS mail went to each host, and how much went without, or without a word of the log about it. Postfix tells \
-- where smtp_tls_loglevel is 1 or more."""
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "100"
SELECT relay_host, tls_version, tls_cipher, COUNT(*) AS deliveries, MAX(time) AS last_time
FROM deliveries
WHERE outcome = 'sent' AND relay_ip IS NOT NULL
GROUP BY relay_host, tls_version, tls_cipher
ORDER BY deliveries DESC, relay_host NULLS LAST, tls_version NULLS LAST, tls_cipher NULLS LAST
LIMIT {most}
