-- unit = "count"
-- about = "Distinct submitters: authenticated users, users of the machine."
-- apart = true
-- by = { host = "host", instance = "instance", domain = "sender_domain" }
-- values.kind = ["sasl", "local"]
WITH authenticated AS (
    SELECT {by}'sasl' AS kind, COUNT(DISTINCT user) AS value
    FROM messages
    WHERE origin = 'submission' AND user IS NOT NULL
    {group-by}
),
own AS (
    SELECT {by}'local' AS kind, COUNT(DISTINCT user) AS value
    FROM messages
    WHERE origin = 'local'
    {group-by}
)
SELECT {labels}kind, value FROM authenticated
UNION ALL
SELECT {labels}kind, value FROM own
ORDER BY {labels}kind
