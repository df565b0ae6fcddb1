-- title = "Messages still queued"
-- group = "Delivery"
-- help = """Messages that were accepted and had not left the queue at the end of the logs, the oldest first, \
-- with how often they were deferred. Many old ones: look at the deferrals."""
-- empty = "No message was left in the queue."
-- top = 20
-- titles = { queue_id = "queue id", deferred = "deferrals" }
SELECT time, queue_id, sender, recipients, deferred
FROM messages
WHERE fate IS NULL
ORDER BY time, queue_id NULLS LAST, sender NULLS LAST, recipients NULLS LAST, deferred NULLS LAST
