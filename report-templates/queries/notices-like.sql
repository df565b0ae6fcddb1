-- title = "Warnings and errors that say something"
-- about = """Warnings, errors, fatal ends and panics in whose text some words stand, whatever the case of their \
-- letters."""
-- [parameters.pattern]
-- kind = "text"
-- about = "the words, as they stand in the text"
-- example = "timeout"
-- [parameters.most]
-- kind = "integer"
-- about = "how many rows at most"
-- example = "10"
-- default = "50"
SELECT time, host, program, severity, class, text
FROM notices n
WHERE LENGTH(REPLACE(LOWER(text), LOWER({pattern}), '')) < LENGTH(LOWER(text))
ORDER BY time DESC, n.source DESC, n.offset DESC
LIMIT {most}
