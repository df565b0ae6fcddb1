-- title = "Searches without an index"
-- group = "Directory"
-- help = """Searches for which the directory (LDAP) has no index, so that it reads every entry: the server's \
-- own words, or the attribute. An index for an attribute that is asked for often makes the directory faster."""
-- empty = "The directory missed no index."
-- top = 20
-- titles = { missed = "missed index", last_time = "last" }
WITH found AS (
    SELECT host, shape AS missed, time FROM notices WHERE class = 'unindexed'
    UNION ALL
    SELECT host, unindexed AS missed, time FROM directory_ops WHERE unindexed IS NOT NULL
)
SELECT missed, host, COUNT(*) AS searches, MAX(time) AS last_time
FROM found
GROUP BY missed, host
ORDER BY searches DESC, missed NULLS LAST, host NULLS LAST
