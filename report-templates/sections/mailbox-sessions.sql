-- title = "Mailbox sessions"
-- group = "Mailboxes"
-- help = """Sessions of users who read or manage their mailboxes, and how they ended. Half of them were shorter \
-- than p50, 95 of 100 were shorter than p95."""
-- empty = "Nobody opened a mailbox."
-- top = 30
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
SELECT
    service,
    ended,
    COUNT(*) AS sessions,
    QUANTILE_DISC(duration_s, 0.5) AS p50_s,
    QUANTILE_DISC(duration_s, 0.95) AS p95_s,
    MAX(duration_s) AS max_s
FROM sessions
WHERE service IN ('imap', 'pop3', 'sieve') AND user IS NOT NULL
    -- Who failed to log in opened no mailbox: such a session moved nothing.
    AND (bytes_out IS NOT NULL OR ended IN ('open', 'dropped'))
GROUP BY service, ended
ORDER BY service, sessions DESC, ended NULLS LAST
