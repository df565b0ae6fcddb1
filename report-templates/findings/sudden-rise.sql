-- title = "A figure is far above what is usual: {value} in the place of {usual}"
-- state = "warning"
-- parameters = { times = 5, spreads = 10, least = "> 100" }
-- labels = ["figure", "part"]
-- observed = "{value}, where {usual} are usual"
-- expected = "at most {times} times what is usual"
-- message = "{figure} ({part}) is {value}, where {usual} are usual in such a span ({spans: week|weeks})."
-- meaning = """More than {times} times what is usual, and far outside of what differs from week to week. Look at the \
-- section that tells of the figure: an attack, a mailing, a loop, or a host that is used for the first time."""
-- site = true
SELECT metric AS figure, label AS part, value, usual, spans
FROM usual
WHERE metric IN (
        'connections', 'connections.refused', 'deferrals', 'deliveries', 'directory.errors',
        'logins', 'messages.accepted', 'messages.rejected', 'notices'
    )
    -- What is a part of another figure, or follows from it, is told once.
    AND label NOT LIKE '%notification%'
    AND spans >= 3 AND value {least} AND value > usual * {times} AND value > usual + spread * {spreads}
ORDER BY value / (usual + 1) DESC, metric, label
