-- title = "Delays from host to host"
-- group = "Ways of messages"
-- help = """How long messages took from one host to the next, by their Received headers. Half of them were faster \
-- than p50, 95 of 100 were faster than p95. Skewed are those where the clocks of the two disagree: their delays are \
-- corrected where enough messages show by how much, else left out."""
-- empty = "No message was read that came over two hosts."
-- quiet = true
-- top = 30
-- units = { p50_s = "seconds", p95_s = "seconds", max_s = "seconds" }
-- titles = { before_host = "from", by_host = "to", p50_s = "p50", p95_s = "p95", max_s = "longest" }
SELECT
    before_host,
    by_host,
    COUNT(*) AS messages,
    SUM(CASE WHEN skewed THEN 1 ELSE 0 END) AS skewed,
    QUANTILE_DISC(delay_s, 0.5) AS p50_s,
    QUANTILE_DISC(delay_s, 0.95) AS p95_s,
    MAX(delay_s) AS max_s
FROM hops
WHERE before_host IS NOT NULL AND by_host IS NOT NULL
GROUP BY before_host, by_host
ORDER BY messages DESC, before_host, by_host
