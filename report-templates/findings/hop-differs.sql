-- title = "Headers and log disagree about {messages: delivery|deliveries}"
-- state = "warning"
-- parameters = { differ = "> 10 s" }
-- units = { largest_s = "seconds" }
-- labels = ["before_host", "by_host"]
-- observed = "differences of up to {largest_s}"
-- expected = "at most {differ}"
-- message = "From {before_host} to {by_host} {messages: message|messages} took another time by their Received headers than by the log, by up to {largest_s}; one of them is {at_queue_id}."
-- meaning = "The log tells how long the sending host needed, the headers what the clocks of both hosts said. If they differ, one clock is wrong, or the other host kept the message before it stamped it (filters, greylisting). Keep the clocks by NTP (chrony, systemd-timesyncd); else look at the host that took the messages."
-- command = "SELECT time, before_queue_id, by_host, delay_s, skewed, message_id FROM hops h WHERE before_host = {before_host} AND by_host = {by_host} ORDER BY delay_s DESC NULLS LAST, time, h.source, file, h.offset LIMIT 100"
-- evidence = "SELECT p.source AS source, p.offset AS offset, p.file AS file FROM (SELECT d.source, d.offset, '' AS file, 1 AS part, ROW_NUMBER() OVER (ORDER BY d.time DESC, d.source DESC, d.offset DESC) AS nth FROM deliveries d WHERE d.queue_id = {at_queue_id} AND d.outcome IN ('sent', 'filtered') UNION ALL SELECT h.source, h.offset, h.file, 2 AS part, ROW_NUMBER() OVER (ORDER BY h.time DESC, h.source DESC, h.file DESC, h.offset DESC) AS nth FROM hops h WHERE h.before_queue_id = {at_queue_id} AND h.before_host = {before_host} AND h.by_host = {by_host}) AS p ORDER BY p.nth, p.part LIMIT 3"
WITH taken AS (
    SELECT message_id, before_host, before_queue_id AS queue_id, queue_id AS next_id, by_host, MIN(delay_s) AS hop_s
    FROM hops
    WHERE delay_s IS NOT NULL AND message_id IS NOT NULL AND before_queue_id IS NOT NULL AND before_host IS NOT NULL AND by_host IS NOT NULL
    GROUP BY message_id, before_host, before_queue_id, queue_id, by_host
), sent AS (
    SELECT message_id, queue_id, next_queue_id, MIN(delay_s) AS lowest, MAX(delay_s) AS highest
    FROM deliveries
    WHERE outcome IN ('sent', 'filtered') AND delay_s IS NOT NULL AND message_id IN (SELECT message_id FROM taken)
    GROUP BY message_id, queue_id, next_queue_id
), joined AS (
    SELECT t.before_host, t.by_host, t.queue_id, t.hop_s, d.lowest, d.highest
    FROM taken t
    JOIN sent d ON t.queue_id = d.queue_id AND t.message_id = d.message_id AND t.next_id = d.next_queue_id
    UNION ALL
    SELECT t.before_host, t.by_host, t.queue_id, t.hop_s, d.lowest, d.highest
    FROM taken t
    JOIN sent d ON t.queue_id = d.queue_id AND t.message_id = d.message_id
    WHERE d.next_queue_id IS NULL
), differing AS (
    SELECT before_host, by_host, queue_id,
        CASE WHEN hop_s < lowest THEN lowest - hop_s WHEN hop_s > highest THEN hop_s - highest ELSE 0.0 END AS differ_s
    FROM joined
)
SELECT before_host, by_host, COUNT(*) AS messages, MAX(differ_s) AS largest_s, MIN(queue_id) AS at_queue_id
FROM differing
WHERE differ_s * 1000000 {differ}
GROUP BY before_host, by_host
ORDER BY messages DESC, before_host, by_host
