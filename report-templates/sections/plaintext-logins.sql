-- title = "Logins without encryption"
-- group = "Logins"
-- help = """Passwords that went over the net unencrypted: logins without TLS, and those that the server refused \
-- for that (plaintext_refused). Where a server does not log TLS, its logins stand here too."""
-- empty = "Every login was encrypted."
-- top = 20
-- titles = { client_ip = "client" }
SELECT service, user, client_ip, mechanism, outcome, COUNT(*) AS logins
FROM logins
WHERE tls_version IS NULL AND outcome <> 'aborted' AND (client_ip NOT IN ('127.0.0.1', '::1') OR client_ip IS NULL)
    -- An SMTP server may tell at the end of the session only that it was encrypted.
    AND (session IS NULL OR session NOT IN (
        SELECT session FROM sessions
        WHERE tls_version IS NOT NULL AND service IN ('smtp', 'submission', 'submissions') AND session IS NOT NULL
    ))
GROUP BY service, user, client_ip, mechanism, outcome
ORDER BY
    logins DESC,
    service NULLS LAST,
    user NULLS LAST,
    client_ip NULLS LAST,
    mechanism NULLS LAST,
    outcome NULLS LAST
