-- title = "Rejections by reason"
-- group = "Rejections"
-- help = "Rejections in the server's own words, with the reply code (4xx: for now, 5xx: for good)."
-- empty = "Nothing was rejected."
-- top = 30
-- titles = { reply_code = "code" }
-- units = { reply_code = "" }
SELECT
    shape AS reason,
    stage,
    reply_code,
    COUNT(*) AS rejections,
    COUNT(DISTINCT client_ip) AS clients
FROM rejections
GROUP BY shape, stage, reply_code
ORDER BY rejections DESC, reason NULLS LAST, stage NULLS LAST, reply_code NULLS LAST
