-- unit = "seconds"
-- about = "Operation times where logged, by nearest rank."
-- values.kind = ["bind", "search", "modify", "add", "delete", "modrdn", "compare", "extended", "abandon", "unbind", "..."]
WITH operations AS (
    SELECT '' AS kind, duration_s FROM directory_ops WHERE kind IS NOT NULL
    UNION ALL
    SELECT kind, duration_s FROM directory_ops WHERE kind IS NOT NULL
),
figures AS (
    SELECT kind, QUANTILE_DISC(duration_s, 0.95) AS value FROM operations GROUP BY kind
)
SELECT NULLIF(kind, '') AS kind, value FROM figures
WHERE value IS NOT NULL
ORDER BY kind
