-- title = "Messages still queued"
-- group = "Delivery"
-- help = """Messages that were accepted and had not left the queue at the end of the logs, the oldest first. Many old
-- ones with many deferrals: look at the deferrals."""
-- empty = "No message was left in the queue."
-- top = 20
-- units = { size_bytes = "bytes" }
-- titles = { queue_id = "queue id", size_bytes = "size", deferred = "deferrals" }
SELECT time, queue_id, origin, sender, recipients, size_bytes, deferred
FROM messages
WHERE fate IS NULL
ORDER BY time, queue_id NULLS LAST, sender NULLS LAST, origin NULLS LAST
