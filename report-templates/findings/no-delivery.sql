-- title = "A delivery agent delivers nothing: {failed: attempt|attempts} failed"
-- state = "warning"
-- site = true
-- parameters = { deferred = "> 4", within = "10 min", long = "3 h", recipients = "> 2", domains = "> 2", ignore = [] }
-- units = { width_s = "seconds" }
-- labels = ["transport", "host"]
-- observed = "{failed: deferred attempt|deferred attempts} and none that came through"
-- expected = "some that succeed, or are refused, in each {within} of much mail, {long} of little"
-- message = "{transport} on {host} delivered nothing in {spans: span|spans} of {width_s}, first at {first_time}, last at {last_time}; {failed: attempt|attempts} for {mails: recipient|recipients} failed, the last with: {reply}"
-- meaning = "What this agent hands mail to is down, refuses all, or cannot be found: the mailbox server, a filter, the relay host, name resolution, the disk. The reply says which. The mail waits and goes out by itself when that works again (postqueue -f, where it should not wait)."
-- command = "SELECT time, queue_id, recipient, relay_host, reply FROM deliveries d WHERE transport = {transport} AND COALESCE(host, '') = {host} AND outcome = 'deferred' AND time >= {first_time} AND time <= {last_time} ORDER BY time DESC, d.source DESC, d.offset DESC LIMIT 50"
-- evidence = "SELECT d.source, d.offset FROM deliveries d WHERE transport = {transport} AND COALESCE(host, '') = {host} AND outcome = 'deferred' AND time >= {first_time} AND time <= {last_time} ORDER BY time DESC, d.source DESC, d.offset DESC LIMIT 3"
WITH spans AS (
    SELECT COALESCE(host, '') AS host, transport, time - time % {within} AS span,
        -- What came back unseen by any server is no answer.
        SUM(CASE WHEN outcome = 'sent' OR outcome <> 'deferred' AND relay_host <> 'none' THEN 1 ELSE 0 END) AS answered,
        SUM(CASE WHEN delay_s * 1000000 <= {within} THEN unanswered ELSE 0 END) AS deferred,
        -- Of notifications to forged senders nothing else is expected.
        SUM(CASE WHEN delay_s * 1000000 <= {long} AND origin <> 'notification' THEN unanswered ELSE 0 END) AS deferred_long
    FROM (
        SELECT host, transport, time, outcome, delay_s, COALESCE(relay_host, 'none') AS relay_host, COALESCE(origin, '') AS origin,
            -- New mail that nobody took or answered for: no answer, no route (RFC 3463: X.4), no credentials or trust (X.7.8, X.7.5).
            CASE WHEN outcome = 'deferred' AND (relay_host = 'none' OR dsn LIKE '4.4.%' OR dsn IN ('4.7.8', '4.7.5')) THEN 1 ELSE 0 END AS unanswered
        FROM deliveries
        -- Of error nothing else is expected.
        WHERE transport IS NOT NULL AND transport NOT IN ('error', 'retry') AND transport NOT IN {ignore}
    ) attempts
    GROUP BY COALESCE(host, ''), transport, span
), stuck AS (
    SELECT host, transport, {within} AS width, span FROM spans WHERE answered = 0 AND deferred {deferred}
    UNION ALL
    SELECT host, transport, {long} AS width, span - span % {long} AS span FROM spans
    GROUP BY host, transport, span - span % {long} HAVING SUM(answered) = 0 AND SUM(deferred_long) {deferred}
), widths AS (
    SELECT host, transport, MIN(width) AS width FROM stuck GROUP BY host, transport
), deferred AS (
    SELECT COALESCE(d.host, '') AS host, d.transport AS transport, w.width AS width, d.time - d.time % w.width AS span, d.time AS time,
        d.recipient AS recipient, d.recipient_domain AS recipient_domain, d.reply AS reply, d.source AS source, d.offset AS place
    FROM deliveries d JOIN widths w ON COALESCE(d.host, '') = w.host AND d.transport = w.transport
    WHERE d.outcome = 'deferred' AND d.delay_s * 1000000 <= w.width
), tries AS (
    SELECT d.host AS host, d.transport AS transport, d.width AS width, d.span AS span, d.time AS time, d.recipient AS recipient,
        d.recipient_domain AS recipient_domain, d.reply AS reply,
        ROW_NUMBER() OVER (PARTITION BY d.host, d.transport ORDER BY d.time DESC, d.source DESC, d.place DESC) AS nth
    FROM deferred d JOIN stuck s ON d.host = s.host AND d.transport = s.transport AND d.width = s.width AND d.span = s.span
), counted AS (
    SELECT host, transport, MIN(width) AS width, COUNT(DISTINCT span) AS spans, COUNT(*) AS failed, COUNT(DISTINCT recipient) AS mails,
        COUNT(DISTINCT recipient_domain) AS destinations, MIN(time) AS first_time, MAX(time) AS last_time
    FROM tries GROUP BY host, transport
), newest AS (
    SELECT host, transport, reply FROM tries WHERE nth = 1
)
SELECT c.host AS host, c.transport AS transport, c.spans AS spans, c.width / 1000000 AS width_s, c.failed AS failed, c.mails AS mails,
    c.first_time AS first_time, c.last_time AS last_time, n.reply AS reply,
    CASE WHEN c.spans > 2 THEN 'critical' ELSE 'warning' END AS state
FROM counted c JOIN newest n ON c.host = n.host AND c.transport = n.transport
-- A full mailbox, and a domain of others that is down for hours, are nothing of the agent's.
WHERE c.mails {recipients} AND (c.transport <> 'smtp' OR c.destinations {domains})
ORDER BY state, failed DESC, transport, host
