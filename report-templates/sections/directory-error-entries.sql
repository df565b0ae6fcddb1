-- title = "Directory errors by entry"
-- group = "Directory"
-- help = """Which entries of the directory (LDAP) the errors were about, and as whom the client was bound. For \
-- a bind, the entry is the name that was tried."""
-- empty = "The directory gave no error."
-- top = 20
-- units = { result_code = "" }
-- titles = { result_code = "code", base = "entry", bind_dn = "bound as" }
SELECT
    result_code,
    kind,
    base,
    bind_dn,
    COUNT(*) AS errors
FROM directory_ops
WHERE result_code NOT IN (0, 5, 6, 14)
GROUP BY result_code, kind, base, bind_dn
ORDER BY errors DESC, result_code, kind NULLS LAST, base NULLS LAST, bind_dn NULLS LAST
