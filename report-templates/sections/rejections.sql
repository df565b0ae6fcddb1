-- title = "Rejections by class"
-- group = "Rejections"
-- help = """Mail that was rejected before it was accepted: why, whether for good (permanent), for now \
-- (temporary) or not at all (warning: it would have been rejected, but was let pass), and at which step of the \
-- protocol. Each rejected recipient counts."""
-- empty = "Nothing was rejected."
-- top = 40
-- units = { share = "share" }
WITH counted AS (
    SELECT
        class,
        permanence,
        stage,
        CAST(COUNT(*) AS BIGINT) AS rejections,
        COUNT(DISTINCT client_ip) AS clients
    FROM rejections
    GROUP BY class, permanence, stage
)
SELECT
    class,
    permanence,
    stage,
    rejections,
    1.0 * rejections / SUM(rejections) OVER () AS share,
    clients
FROM counted
ORDER BY rejections DESC, class NULLS LAST, permanence NULLS LAST, stage NULLS LAST
