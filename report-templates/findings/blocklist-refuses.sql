-- title = "A block list refuses this server's questions, and {refused: mail is|mails are} refused for it"
-- state = "critical"
-- site = true
-- parameters = { least = "> 4" }
-- labels = ["host"]
-- observed = "{refused: rejection|rejections} of {addresses: client|clients}"
-- expected = "none"
-- message = "{host} refused {refused: recipient|recipients} since the block list answers that it does not answer, first at {first_time}, last at {last_time}: {reason}"
-- meaning = "Spamhaus and others answer who asks by a public resolver (8.8.8.8, 1.1.1.1), or too often, with a code that means so; Postfix takes each such answer for a listed client and refuses ALL mail. Let a resolver of your own ask (unbound), name the codes that count (zen.spamhaus.org=127.0.0.[2..11]), or take the list out until then."
-- evidence = "SELECT r.source, r.offset FROM rejections r WHERE class = 'dnsbl_client' AND COALESCE(host, '') = {host} AND permanence <> 'warning' AND (reason ILIKE '%] blocked using %open resolver%' OR reason ILIKE '%] blocked using %excessive number of queries%' OR reason ILIKE '%] blocked using %/returnc/%') ORDER BY time DESC, r.source DESC, r.offset DESC LIMIT 3"
SELECT COALESCE(host, '') AS host, COUNT(*) AS refused, COUNT(DISTINCT client_ip) AS addresses, MIN(time) AS first_time, MAX(time) AS last_time, MIN(reason) AS reason
FROM rejections
WHERE permanence <> 'warning' AND class = 'dnsbl_client'
    -- Nothing of what stands before is a client's own word.
    AND (reason ILIKE '%] blocked using %open resolver%' OR reason ILIKE '%] blocked using %excessive number of queries%'
        OR reason ILIKE '%] blocked using %/returnc/%')
GROUP BY COALESCE(host, '') HAVING COUNT(*) {least}
ORDER BY refused DESC, host
