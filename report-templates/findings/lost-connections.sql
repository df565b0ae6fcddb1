-- title = "Clients that are known break off: {broken: connection|connections}"
-- state = "warning"
-- site = true
-- parameters = { lost = "> 50", share = "> 20 %", clients = "> 4" }
-- labels = ["service"]
-- units = { broken_share = "share" }
-- observed = "{broken} of {tries} connections of clients that else logged in or brought mail"
-- expected = "at most {share}"
-- message = "{broken} of {tries} connections to {service}, by {addresses} clients that logged in or brought mail in the same time, broke off before that; most in the hour from {hour} ({most})."
-- meaning = "These are no scanners: each of them got through at another time. Look at the certificate (has it expired?), at the TLS settings, at the network and the firewall, and at the warnings of that hour."
-- command = "SELECT lost_after, ended, client_net, COUNT(*) AS connections FROM sessions s LEFT JOIN (SELECT DISTINCT session FROM logins WHERE outcome NOT IN ('ok', 'aborted') AND session IS NOT NULL) a ON s.session = a.session WHERE direction = 'in' AND service = {service} AND hour = {hour} AND ended IN ('lost', 'timeout') AND lost_after IN ('CONNECT', 'EHLO', 'STARTTLS', 'DATA') AND a.session IS NULL GROUP BY lost_after, ended, client_net ORDER BY connections DESC, lost_after, ended, client_net LIMIT 100"
-- evidence = "SELECT s.source, s.offset FROM sessions s LEFT JOIN (SELECT DISTINCT session FROM logins WHERE outcome NOT IN ('ok', 'aborted') AND session IS NOT NULL) a ON s.session = a.session WHERE direction = 'in' AND service = {service} AND hour = {hour} AND ended IN ('lost', 'timeout') AND lost_after IN ('CONNECT', 'EHLO', 'STARTTLS', 'DATA') AND a.session IS NULL ORDER BY time, s.source, s.offset LIMIT 3"
WITH known AS (
    SELECT DISTINCT client_ip FROM logins WHERE outcome = 'ok' AND client_ip IS NOT NULL
    UNION ALL
    SELECT DISTINCT client_ip FROM messages WHERE origin = 'smtp' AND client_ip IS NOT NULL
), answered AS (
    -- Whose password is refused, and who goes then without a goodbye, was not cut off.
    SELECT DISTINCT session FROM logins WHERE outcome NOT IN ('ok', 'aborted') AND session IS NOT NULL
), tries AS (
    -- A phone that goes away after its login, a spammer or a guesser that is refused and goes, an LDAP client without UNBIND: all day long.
    SELECT service, hour, COUNT(*) AS tries,
        CASE WHEN ended IN ('lost', 'timeout') AND lost_after IN ('CONNECT', 'EHLO', 'STARTTLS', 'DATA') AND a.session IS NULL THEN client_ip END AS breaker
    FROM sessions s LEFT JOIN answered a ON s.session = a.session
    WHERE direction = 'in' AND service IS NOT NULL AND service NOT IN ('ldap', 'lmtp') AND client_ip IN (SELECT client_ip FROM known)
    GROUP BY service, hour, breaker
), hourly AS (
    SELECT service, hour, SUM(CASE WHEN breaker IS NOT NULL THEN tries ELSE 0 END) AS n FROM tries GROUP BY service, hour
), ranked AS (
    SELECT service, hour, n, ROW_NUMBER() OVER (PARTITION BY service ORDER BY n DESC, hour DESC) AS nth FROM hourly
), whole AS (
    SELECT service, SUM(tries) AS tries, SUM(CASE WHEN breaker IS NOT NULL THEN tries ELSE 0 END) AS broken, COUNT(DISTINCT breaker) AS addresses
    FROM tries GROUP BY service
)
SELECT w.service AS service, w.tries AS tries, w.broken AS broken, w.addresses AS addresses, r.hour AS hour, r.n AS most, 1.0 * w.broken / w.tries AS broken_share
FROM whole w JOIN ranked r ON w.service = r.service
WHERE r.nth = 1 AND w.broken {lost} AND w.addresses {clients} AND 1.0 * w.broken / w.tries {share}
ORDER BY broken DESC, service
