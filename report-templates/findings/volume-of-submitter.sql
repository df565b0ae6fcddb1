-- title = "One user sent to {busiest: recipient|recipients} in an hour"
-- state = "warning"
-- parameters = { recipients = "> 200", times = 5, hours = 4, bounced = "> 10 %", ignore = [] }
-- labels = ["submitter"]
-- observed = "{busiest: recipient|recipients} in the hour from {hour}, {returned} of {told} in all sent back"
-- expected = "at most {recipients} in an hour, or {times} times the other hours; of more than {recipients} in all, at most {bounced} sent back"
-- message = "{submitter} sent to {busiest: recipient|recipients} in the hour from {hour}, and to {others} in {more: other hour|other hours} with mail; of all {told}, {returned} were sent back."
-- meaning = "A sudden wave of mail is often spam sent with a stolen password, the more so where much of it comes back. If the sender did not mean to write to so many people, lock the account, look at the queue, and change the password. A newsletter looks the same, but for its bounces."
-- command = "SELECT time, queue_id, sender, client_ip, recipients, size_bytes FROM messages m WHERE (user = {submitter} OR (user IS NULL AND sender = {submitter})) AND hour = {hour} ORDER BY time, m.source, m.offset LIMIT 100"
-- evidence = "SELECT m.source, m.offset FROM messages m WHERE (user = {submitter} OR (user IS NULL AND sender = {submitter})) AND hour = {hour} ORDER BY time, m.source, m.offset LIMIT 3"
WITH sent AS (
    SELECT COALESCE(user, sender) AS submitter, hour, COALESCE(recipients, 1) AS recipients FROM messages
    WHERE origin IN ('submission', 'local')
), large AS (
    SELECT submitter FROM sent GROUP BY submitter HAVING SUM(recipients) {recipients}
), hourly AS (
    SELECT submitter, hour, SUM(recipients) AS n FROM sent WHERE submitter IN (SELECT submitter FROM large)
    GROUP BY submitter, hour
), whole AS (
    SELECT submitter, SUM(n) AS total, COUNT(*) AS active, MAX(n) AS busiest FROM hourly GROUP BY submitter
), peaks AS (
    SELECT h.submitter AS submitter, MIN(h.hour) AS hour, MIN(w.busiest) AS busiest, MIN(w.total) AS total, MIN(w.active) AS active
    FROM hourly h JOIN whole w ON h.submitter = w.submitter
    WHERE h.n = w.busiest
    GROUP BY h.submitter
), ends AS (
    SELECT COALESCE(user, sender) AS submitter, outcome FROM deliveries
    WHERE origin IN ('submission', 'local') AND outcome IN ('sent', 'bounced', 'expired')
), fates AS (
    SELECT submitter, COUNT(*) AS told, SUM(CASE WHEN outcome = 'sent' THEN 0 ELSE 1 END) AS returned
    FROM ends WHERE submitter IN (SELECT submitter FROM large) GROUP BY submitter
)
SELECT p.submitter AS submitter, p.busiest AS busiest, p.hour AS hour, p.total - p.busiest AS others, p.active - 1 AS more,
    COALESCE(f.told, 0) AS told, COALESCE(f.returned, 0) AS returned,
    CASE WHEN 1.0 * f.returned / f.told {bounced} THEN 'critical' ELSE 'warning' END AS state
FROM peaks p LEFT JOIN fates f ON p.submitter = f.submitter
WHERE p.submitter <> '' AND p.submitter NOT IN {ignore} AND (
    -- A wave: of a few hours, or of one that stands out.
    (p.busiest {recipients} AND (p.active <= {hours} OR p.busiest * (p.active - 1) >= {times} * (p.total - p.busiest)))
    -- As much in a day, evenly, of which much comes back.
    OR (p.total {recipients} AND 1.0 * f.returned / f.told {bounced})
)
ORDER BY state, busiest DESC, submitter
