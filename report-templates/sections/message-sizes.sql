-- title = "Message sizes"
-- group = "Delivery"
-- help = "New mail by its size. Few large messages often make most of the bytes."
-- empty = "No message with a size was accepted."
-- top = 20
-- units = { share = "share", bytes = "bytes", bytes_share = "share" }
-- titles = { bytes_share = "share of bytes" }
-- chart = { kind = "bars", label = "size", series = ["messages"] }
WITH sized AS (
    SELECT
        CASE
            WHEN size_bytes < 4096 THEN 'up to 4 KiB'
            WHEN size_bytes < 16384 THEN '4 to 16 KiB'
            WHEN size_bytes < 65536 THEN '16 to 64 KiB'
            WHEN size_bytes < 262144 THEN '64 to 256 KiB'
            WHEN size_bytes < 1048576 THEN '256 KiB to 1 MiB'
            WHEN size_bytes < 4194304 THEN '1 to 4 MiB'
            WHEN size_bytes < 16777216 THEN '4 to 16 MiB'
            ELSE '16 MiB or more'
        END AS size,
        size_bytes
    FROM messages
    WHERE size_bytes IS NOT NULL AND origin IN ('smtp', 'submission', 'local')
),
counted AS (
    SELECT size, MIN(size_bytes) AS least, CAST(COUNT(*) AS BIGINT) AS messages, SUM(size_bytes) AS bytes
    FROM sized
    GROUP BY size
)
SELECT
    size,
    messages,
    1.0 * messages / SUM(messages) OVER () AS share,
    bytes,
    CASE WHEN bytes > 0 THEN 1.0 * bytes / SUM(bytes) OVER () END AS bytes_share
FROM counted
ORDER BY least
