-- title = "Login mechanisms"
-- group = "Logins"
-- help = """How users proved who they are (SASL mechanism), over which version of TLS. A row without a version \
-- is not encrypted, or the log does not tell."""
-- empty = "Nobody tried to log in."
-- top = 30
-- titles = { tls_version = "TLS version" }
SELECT
    service,
    mechanism,
    tls_version,
    COUNT(*) AS logins,
    SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS ok
FROM logins
WHERE outcome <> 'aborted'
GROUP BY service, mechanism, tls_version
ORDER BY service NULLS LAST, logins DESC, mechanism NULLS LAST, tls_version NULLS LAST
