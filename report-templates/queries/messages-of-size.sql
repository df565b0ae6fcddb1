-- title = "Large messages"
-- about = "Messages of at least a size, the largest first."
-- [parameters.bytes]
-- kind = "integer"
-- about = "the smallest size, in bytes"
-- example = "1000"
-- default = "10000000"
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT size_bytes, time, queue_id, origin, user, sender, recipients, end_time, fate
FROM messages m
WHERE size_bytes >= {bytes}
ORDER BY size_bytes DESC, time, m.source, m.offset
LIMIT {most}
