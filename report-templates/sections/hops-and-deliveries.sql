-- title = "Hops beside the log's deliveries"
-- group = "Ways of messages"
-- help = """Hops whose queue id and Message-ID stand in the log too: how long the hop took by its headers, and the delay \
-- that the log tells for the same message to the same host (of several recipients the shortest and the longest). A \
-- difference of more than the second to which headers are exact comes from clocks that disagree, or from time that the \
-- other side spent before it stamped the message. Those that differ most come first."""
-- empty = "No hop's queue id stands in the log."
-- quiet = true
-- top = 20
-- units = { hop_s = "seconds", lowest_s = "seconds", highest_s = "seconds", differ_s = "seconds" }
-- titles = { queue_id = "queue id", by_host = "taken by", hop_s = "by headers", lowest_s = "by log, shortest", highest_s = "by log, longest", differ_s = "difference", message_id = "Message-ID" }
WITH taken AS (
    SELECT message_id, before_queue_id AS queue_id, queue_id AS next_id, by_host, MIN(time) AS time, MIN(delay_s) AS hop_s
    FROM hops
    WHERE delay_s IS NOT NULL AND message_id IS NOT NULL AND before_queue_id IS NOT NULL
    GROUP BY message_id, before_queue_id, queue_id, by_host
),
sent AS (
    SELECT message_id, queue_id, next_queue_id, MIN(delay_s) AS lowest_s, MAX(delay_s) AS highest_s
    FROM deliveries
    WHERE outcome IN ('sent', 'filtered') AND delay_s IS NOT NULL AND message_id IN (SELECT message_id FROM taken)
    GROUP BY message_id, queue_id, next_queue_id
),
joined AS (
    SELECT t.time, t.queue_id, t.by_host, t.hop_s, d.lowest_s, d.highest_s, t.message_id
    FROM taken t
    JOIN sent d ON t.queue_id = d.queue_id AND t.message_id = d.message_id AND t.next_id = d.next_queue_id
    UNION ALL
    SELECT t.time, t.queue_id, t.by_host, t.hop_s, d.lowest_s, d.highest_s, t.message_id
    FROM taken t
    JOIN sent d ON t.queue_id = d.queue_id AND t.message_id = d.message_id
    WHERE d.next_queue_id IS NULL
)
SELECT
    time,
    queue_id,
    by_host,
    hop_s,
    lowest_s,
    highest_s,
    CASE WHEN hop_s < lowest_s THEN lowest_s - hop_s WHEN hop_s > highest_s THEN hop_s - highest_s ELSE 0.0 END AS differ_s,
    message_id
FROM joined
ORDER BY differ_s DESC, hop_s DESC, time, queue_id, by_host NULLS LAST, message_id, lowest_s
