-- title = "One user sent to {busiest: recipient|recipients} in an hour"
-- state = "warning"
-- parameters = { recipients = "> 200", times = 5, ignore = [] }
-- labels = ["submitter"]
-- observed = "{busiest: recipient|recipients} in the hour from {hour}"
-- expected = "at most {recipients} in an hour, or {times} times the other hours"
-- message = "{submitter} sent to {busiest: recipient|recipients} in the hour from {hour}, and to {others} in {hours: other hour|other hours} with mail."
-- meaning = "A sudden wave of mail is often spam sent with a stolen password. If the sender did not mean to write to so many people, lock the account, look at the queue, and change the password. A newsletter looks the same."
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
)
SELECT submitter, busiest, hour, total - busiest AS others, active - 1 AS hours FROM peaks
WHERE submitter <> '' AND submitter NOT IN {ignore} AND busiest {recipients} AND busiest * (active - 1) >= {times} * (total - busiest)
ORDER BY busiest DESC, submitter
