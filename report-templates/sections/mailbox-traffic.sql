-- title = "Mailbox traffic by user"
-- group = "Mailboxes"
-- help = """What users moved to and from their mailboxes (bytes out: what they read), and how long they were \
-- connected. A user who reads far more than before may be a new device, or a stranger who copies the mailbox."""
-- empty = "Nobody opened a mailbox."
-- top = 20
-- units = { bytes_in = "bytes", bytes_out = "bytes", connected_s = "seconds" }
-- titles = { connected_s = "connected" }
SELECT
    user,
    COUNT(*) AS sessions,
    COUNT(DISTINCT client_ip) AS clients,
    SUM(bytes_in) AS bytes_in,
    SUM(bytes_out) AS bytes_out,
    CASE
        WHEN COUNT(duration_s) > 0 THEN SUM(CAST(ROUND(duration_s * 1000000) AS BIGINT)) / 1000000.0
    END AS connected_s
FROM sessions
WHERE service IN ('imap', 'pop3') AND user IS NOT NULL
    -- Who failed to log in opened no mailbox: such a session moved nothing.
    AND (bytes_out IS NOT NULL OR ended IN ('open', 'dropped'))
GROUP BY user
ORDER BY bytes_out DESC NULLS LAST, sessions DESC, user
