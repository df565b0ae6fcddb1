-- title = "Rejections by hour"
-- group = "Rejections"
-- help = """Rejections by the hour, for good (permanent) and for now (temporary), and from how many clients. A \
-- burst from many clients is a wave of spam; one from a single client is that client's fault."""
-- empty = "Nothing was rejected."
-- chart = { kind = "columns", label = "hour", series = ["permanent", "temporary"] }
SELECT
    hour,
    SUM(CASE WHEN permanence = 'permanent' THEN 1 ELSE 0 END) AS permanent,
    SUM(CASE WHEN permanence = 'temporary' THEN 1 ELSE 0 END) AS temporary,
    COUNT(DISTINCT client_ip) AS clients
FROM rejections
WHERE permanence <> 'warning'
GROUP BY hour
ORDER BY hour NULLS LAST
