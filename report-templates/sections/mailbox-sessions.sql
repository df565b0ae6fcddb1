-- title = "Mailbox sessions"
-- group = "Mailboxes"
-- help = """Sessions of users who read or manage their mailboxes, and how they ended. Half of them were shorter \
-- than p50, 95 of 100 were shorter than p95."""
-- empty = "Nobody opened a mailbox."
-- top = 30
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { p50_s = "p50", p95_s = "p95", max_s = "longest" }
WITH counted AS (
    SELECT service, ended, duration_s AS value, CAST(COUNT(*) AS BIGINT) AS n
    FROM sessions
    WHERE service IN ('imap', 'pop3', 'sieve') AND user IS NOT NULL
    GROUP BY service, ended, duration_s
),
ranked AS (
    SELECT
        service,
        ended,
        value,
        n,
        SUM(CASE WHEN value IS NULL THEN 0 ELSE n END) OVER (PARTITION BY service, ended ORDER BY value) AS upto,
        SUM(CASE WHEN value IS NULL THEN 0 ELSE n END) OVER (PARTITION BY service, ended) AS total
    FROM counted
)
SELECT
    service,
    ended,
    SUM(n) AS sessions,
    MIN(CASE WHEN upto * 100 >= total * 50 THEN value END) AS p50_s,
    MIN(CASE WHEN upto * 100 >= total * 95 THEN value END) AS p95_s,
    MAX(value) AS max_s
FROM ranked
GROUP BY service, ended
ORDER BY service, sessions DESC, ended NULLS LAST
