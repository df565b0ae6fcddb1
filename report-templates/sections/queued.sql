-- title = "Messages still queued"
-- group = "Delivery"
-- help = """Messages that were accepted and had not left the queue at the end of the period, the oldest first, \
-- with how often they were deferred. Many old ones: look at the deferrals. What is on hold waits until somebody \
-- releases it (postsuper -H). Deferrals and status are those of the end of all logs."""
-- empty = "No message was left in the queue."
-- top = 20
-- since_ever = true
-- titles = { queue_id = "queue id", deferred = "deferrals" }
SELECT time, queue_id, sender, recipients, deferred, CASE WHEN fate = 'held' THEN 'on hold' WHEN end_time IS NULL THEN 'waiting' END AS status
FROM messages
WHERE end_time IS NULL OR end_time >= {end}
ORDER BY time, queue_id NULLS LAST, sender NULLS LAST, recipients NULLS LAST, deferred NULLS LAST, status NULLS LAST
