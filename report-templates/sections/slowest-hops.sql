-- title = "Slowest hops"
-- group = "Ways of messages"
-- help = """The hops of messages that took 1 second or more, by their Received headers: from the host that had the \
-- message to the one that took it. The time between them was spent in the queue of the first. A delay that is \
-- corrected for clocks that disagree is marked."""
-- empty = "No hop took 1 second or more."
-- quiet = true
-- top = 20
-- units = { delay_s = "seconds", hop = "" }
-- titles = { delay_s = "delay", before_host = "from", by_host = "taken by", message_id = "Message-ID", before_queue_id = "queue id", skewed = "corrected" }
SELECT time, delay_s, before_host, by_host, before_queue_id, hop, skewed, message_id
FROM hops h
WHERE delay_s >= 1
ORDER BY delay_s DESC, time, message_id NULLS LAST, hop, h.source, file NULLS LAST, h.offset
