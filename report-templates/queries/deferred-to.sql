-- title = "Deferred mail to a domain"
-- about = "Why mail to a domain is deferred: the other hosts and what they say, the most frequent first."
-- [parameters.domain]
-- kind = "text"
-- about = "the domain of the recipients"
-- example = "example.org"
SELECT
    relay_host,
    dsn,
    reason,
    COUNT(*) AS attempts,
    COUNT(DISTINCT queue_id) AS messages,
    MIN(time) AS first_time,
    MAX(time) AS last_time
FROM deliveries
WHERE outcome = 'deferred' AND LOWER(recipient_domain) = LOWER({domain})
GROUP BY relay_host, dsn, reason
ORDER BY attempts DESC, relay_host NULLS LAST, dsn NULLS LAST, reason NULLS LAST
