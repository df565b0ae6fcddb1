-- title = "Rejections by reason"
-- group = "Refusals"
-- help = """Refusals in the server's own words, with the reply code and the class that they belong to."""
-- empty = "Nothing was refused."
-- top = 30
-- titles = { reply_code = "code" }
SELECT
    reason,
    class,
    stage,
    reply_code,
    permanence,
    COUNT(*) AS rejections,
    COUNT(DISTINCT client_ip) AS clients
FROM rejections
GROUP BY reason, class, stage, reply_code, permanence
ORDER BY
    rejections DESC,
    reason NULLS LAST,
    class NULLS LAST,
    stage NULLS LAST,
    reply_code NULLS LAST,
    permanence NULLS LAST
