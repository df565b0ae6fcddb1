-- title = "Mail for one domain waits: {unserved: recipient|recipients}"
-- state = "warning"
-- parameters = { waiting = "> 20", share = "> 50 %", age = "> 1 h", ignore = [] }
-- labels = ["recipient_domain"]
-- observed = "{unserved} of {told: recipient|recipients} put off for {age}, and not served since"
-- expected = "at most {share}"
-- message = "{unserved} of {told: recipient|recipients} in {recipient_domain} were put off for {age} and did not get their mail: {reply}"
-- meaning = "One destination takes next to nothing from this server. The reply says why: it is down, greets nobody, or limits this server for its reputation (spam that went out, or was forwarded). What waits too long comes back to the senders."
-- command = "SELECT time, queue_id, recipient, relay_host, reply FROM deliveries d WHERE recipient_domain = {recipient_domain} AND outcome = 'deferred' ORDER BY time DESC, d.source DESC, d.offset DESC LIMIT 50"
-- evidence = "SELECT d.source, d.offset FROM deliveries d WHERE recipient_domain = {recipient_domain} AND outcome = 'deferred' ORDER BY time DESC, d.source DESC, d.offset DESC LIMIT 3"
WITH late AS (
    SELECT recipient_domain, recipient, entry, MAX(reply) AS reply FROM deliveries
    WHERE outcome = 'deferred' AND COALESCE(origin, '') <> 'notification' AND delay_s * 1000000 {age} AND recipient_domain IS NOT NULL AND recipient_domain NOT IN {ignore}
    GROUP BY recipient_domain, recipient, entry
), done AS (
    SELECT DISTINCT entry, recipient FROM deliveries WHERE outcome <> 'deferred' AND entry IN (SELECT entry FROM late)
), waiting AS (
    SELECT l.recipient_domain AS recipient_domain, COUNT(*) AS unserved, MAX(l.reply) AS reply
    FROM late l LEFT JOIN done d ON l.entry = d.entry AND l.recipient = d.recipient
    WHERE d.entry IS NULL
    GROUP BY l.recipient_domain HAVING COUNT(*) {waiting}
), served AS (
    SELECT recipient_domain, COUNT(*) AS n FROM deliveries
    WHERE outcome <> 'deferred' AND recipient_domain IN (SELECT recipient_domain FROM waiting) GROUP BY recipient_domain
)
SELECT w.recipient_domain AS recipient_domain, w.unserved AS unserved, w.unserved + COALESCE(s.n, 0) AS told, w.reply AS reply
FROM waiting w LEFT JOIN served s ON w.recipient_domain = s.recipient_domain
WHERE 1.0 * w.unserved / (w.unserved + COALESCE(s.n, 0)) {share}
ORDER BY unserved DESC, recipient_domain
