-- unit = "seconds"
-- about = "Operation times where logged, by nearest rank."
-- apart = true
-- by = { host = "host" }
-- values.kind = ["bind", "search", "modify", "add", "delete", "modrdn", "compare", "extended", "abandon", "unbind", "..."]
WITH operations AS (
    SELECT {by}'' AS kind, duration_s FROM directory_ops WHERE kind IS NOT NULL
    UNION ALL
    SELECT {by}kind, duration_s FROM directory_ops WHERE kind IS NOT NULL
),
figures AS (
    SELECT {labels}kind, QUANTILE_DISC(duration_s, 0.95) AS value FROM operations GROUP BY {labels}kind
)
SELECT {labels}NULLIF(kind, '') AS kind, value FROM figures
WHERE value IS NOT NULL
ORDER BY {labels}kind
