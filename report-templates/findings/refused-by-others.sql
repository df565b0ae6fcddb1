-- title = "Other servers refuse {refused} of {told} recipients"
-- state = "warning"
-- site = true
-- parameters = { share = "> 20 %", least = "> 30", domains = "> 4" }
-- units = { refused_share = "share" }
-- labels = ["host"]
-- observed = "{refused_share} refused for policy, by {places: domain|domains}"
-- expected = "at most {share}"
-- message = "{host} sent to {told} recipients elsewhere; {refused}, in {places: domain|domains}, were refused for no fault of the address, such as: {reply}"
-- meaning = "The address of this server stands on a block list, or its name, SPF, DKIM or DMARC are wrong, or spam goes out. The reply says which, and often where to ask to be taken off. Look first whether somebody sends spam through this server."
-- command = "SELECT recipient_domain, reason, COUNT(*) AS deliveries FROM deliveries WHERE outcome = 'bounced' AND dsn NOT LIKE '5.1.%' AND dsn NOT LIKE '5.2.%' AND dsn NOT LIKE '5.4.%' AND transport = 'smtp' AND origin IN ('submission', 'local') AND COALESCE(host, '') = {host} GROUP BY recipient_domain, reason ORDER BY deliveries DESC, recipient_domain, reason LIMIT 20"
-- evidence = "SELECT d.source, d.offset FROM deliveries d WHERE outcome = 'bounced' AND dsn NOT LIKE '5.1.%' AND dsn NOT LIKE '5.2.%' AND dsn NOT LIKE '5.4.%' AND transport = 'smtp' AND origin IN ('submission', 'local') AND COALESCE(host, '') = {host} ORDER BY time DESC, d.source DESC, d.offset DESC LIMIT 3"
WITH told AS (
    SELECT COALESCE(host, '') AS host, recipient_domain, reply,
        CASE WHEN outcome = 'bounced' AND dsn NOT LIKE '5.1.%' AND dsn NOT LIKE '5.2.%' AND dsn NOT LIKE '5.4.%' THEN 1 ELSE 0 END AS bad
    FROM deliveries
    -- What is sent from here: of forwards and notifications strangers choose what they are and where they go.
    WHERE transport = 'smtp' AND outcome IN ('sent', 'bounced') AND origin IN ('submission', 'local')
)
SELECT host, COUNT(*) AS told, SUM(bad) AS refused, COUNT(DISTINCT CASE WHEN bad = 1 THEN recipient_domain END) AS places,
    MIN(CASE WHEN bad = 1 THEN reply END) AS reply, 1.0 * SUM(bad) / COUNT(*) AS refused_share,
    CASE WHEN 2 * SUM(bad) > COUNT(*) THEN 'critical' ELSE 'warning' END AS state
FROM told GROUP BY host
HAVING SUM(bad) {least} AND 1.0 * SUM(bad) / COUNT(*) {share} AND COUNT(DISTINCT CASE WHEN bad = 1 THEN recipient_domain END) {domains}
ORDER BY refused DESC, host
