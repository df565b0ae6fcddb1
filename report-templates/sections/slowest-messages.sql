-- title = "Slowest deliveries"
-- group = "Delays"
-- help = """The deliveries that took longest from the message's arrival, of those that took 5 seconds or more \
-- (without those that expired). `mailtrail trace` follows one by its queue id."""
-- empty = "No delivery took 5 seconds or more."
-- top = 20
-- units = { delay_s = "seconds" }
-- titles = { delay_s = "delay", queue_id = "queue id", relay_host = "relay" }
SELECT time, delay_s, queue_id, recipient, relay_host
FROM deliveries
WHERE delay_s >= 5 AND outcome IN ('sent', 'bounced', 'filtered', 'forwarded')
ORDER BY delay_s DESC, time, queue_id NULLS LAST, recipient NULLS LAST, relay_host NULLS LAST
