-- title = "Rejections by client"
-- group = "Rejections"
-- help = """The clients that were rejected most, and for how many recipients. A real server that stands here may \
-- be blocked wrongly; warnings are not counted."""
-- empty = "Nothing was rejected."
-- top = 20
-- titles = { client_ip = "client", client_name = "name", last_time = "last" }
SELECT
    client_ip,
    MIN(NULLIF(client_name, 'unknown')) AS client_name,
    COUNT(*) AS rejections,
    COUNT(DISTINCT recipient) AS recipients,
    MAX(time) AS last_time
FROM rejections
WHERE permanence <> 'warning'
GROUP BY client_ip
ORDER BY rejections DESC, client_ip NULLS LAST
