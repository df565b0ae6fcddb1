-- title = "{trouble}"
-- state = "warning"
-- site = true
-- words = ["trouble", "advice"]
-- parameters = { repeated = "> 20", ignore = [] }
-- labels = ["class", "host"]
-- observed = "{notices: notice|notices}"
-- expected = "none"
-- message = "{notices: line says|lines say} so on {host}, first at {first_time}, last at {last_time} by {program}: {text}"
-- meaning = "{advice}"
-- command = "SELECT time, program, severity, text FROM notices n WHERE class = {class} AND COALESCE(host, '') = {host} ORDER BY time DESC, n.source DESC, n.offset DESC LIMIT 50"
-- evidence = "SELECT n.source, n.offset FROM notices n WHERE class = {class} AND COALESCE(host, '') = {host} ORDER BY time DESC, n.source DESC, n.offset DESC LIMIT 3"
WITH lines AS (
    SELECT class, COALESCE(host, '') AS host, program, text, time,
        ROW_NUMBER() OVER (PARTITION BY class, COALESCE(host, '') ORDER BY time DESC, n.source DESC, n.offset DESC) AS nth
    FROM notices n
    -- What is no trouble, or told elsewhere.
    WHERE class IS NOT NULL AND class NOT IN ('harmless', 'log-loss', 'unindexed') AND class NOT IN {ignore}
        -- Clocks are set by parts of a second all day.
        AND NOT (class = 'clock' AND text LIKE '% by 0.%')
), counted AS (
    SELECT class, host, COUNT(*) AS notices, MIN(time) AS first_time, MAX(time) AS last_time FROM lines GROUP BY class, host
), newest AS (
    SELECT class, host, program, text FROM lines WHERE nth = 1
),
-- The state: what it is always, or nothing where it goes by how often the lines say so. At least so many lines make a finding: a restart
-- makes one or two notices of some kinds, and single questions to a list are lost every day.
kinds AS (
    SELECT 'disk-full' AS class, 'critical' AS state, 1 AS least, 'A disk or a database is full' AS trouble,
        'Mail cannot be stored: it waits, or is refused. Make room on the disk of the path in the line (df -h; df -i where files are many); old logs and the queue are the usual suspects. Where a line says MDB_MAP_FULL, raise maxsize of that database of slapd.' AS advice
    UNION ALL SELECT 'disk-failed' AS class, 'critical' AS state, 1 AS least, 'A disk cannot be read or written' AS trouble,
        'A file system went read-only, a disk fails, or a network share is gone. Look at what the kernel says (dmesg) and at the health of the disk before anything else; mail may be at risk.' AS advice
    UNION ALL SELECT 'disk-errors' AS class, '' AS state, 1 AS least, 'A disk has errors' AS trouble,
        'The kernel could not read or write a part of a disk, or a network share does not answer. See its health (smartctl -a, dmesg), and that there is a backup.' AS advice
    UNION ALL SELECT 'out-of-memory' AS class, '' AS state, 1 AS least, 'Memory runs out' AS trouble,
        'A process got no memory, by its own limit (vsz_limit of Dovecot, a limit of systemd) or because the machine has none left. See what takes it (free -m, top), then raise the limit that the line names or add memory.' AS advice
    UNION ALL SELECT 'out-of-files' AS class, '' AS state, 1 AS least, 'A program may not open more files' AS trouble,
        'The limit of open files is reached, and new connections fail. Raise it (LimitNOFILE of the systemd unit, ulimit -n), and see whether one client holds very many connections.' AS advice
    UNION ALL SELECT 'process-limit' AS class, '' AS state, 1 AS least, 'A service has reached its limit of processes or clients' AS trouble,
        'Clients wait or are turned away. If they are your own, raise the limit that the line names (process count in master.cf of Postfix; process_limit or client_limit of Dovecot). If they are not, see who connects so often.' AS advice
    UNION ALL SELECT 'queue-busy' AS class, 'warning' AS state, 1 AS least, 'One destination fills the queue' AS trouble,
        'Mail to one destination takes most of the places of the active queue, and other mail waits behind it. Look at the relay of that destination and at who sends so much to it.' AS advice
    UNION ALL SELECT 'crash' AS class, '' AS state, 1 AS least, 'A process was killed or crashed' AS trouble,
        'Its client was cut off, and mail may have waited. Signal 9 is mostly the kernel out of memory, or somebody; 6 and 11 are faults of the program: look for an update, and keep the lines before it for the report of the fault.' AS advice
    UNION ALL SELECT 'does-not-start' AS class, 'critical' AS state, 1 AS least, 'A service does not start' AS trouble,
        'It is started over and over and gives up. The reason stands in the lines just before, of the same program: often a setting, a missing file or a permission. postfix check, doveconf -n and slaptest look at the settings.' AS advice
    UNION ALL SELECT 'ends-with-error' AS class, 'warning' AS state, 3 AS least, 'Processes of a service end with an error' AS trouble,
        'What they could not do stands in the lines just before, of the same program. One user''s mailbox or script may be behind it; if it is every client, see the settings.' AS advice
    UNION ALL SELECT 'certificate-refused' AS class, 'warning' AS state, 21 AS least, 'Clients or servers say that our certificate has expired' AS trouble,
        'See whether it has (openssl x509 -enddate -noout -in FILE), and whether the service was reloaded after it was renewed. If it has not, the clocks of these clients are wrong, or somebody scans.' AS advice
    UNION ALL SELECT 'filter-down' AS class, '' AS state, 3 AS least, 'A mail filter does not answer' AS trouble,
        'A milter or a filter before the queue is down or hangs, and mail is put off or passes unseen, as milter_default_action says. See whether the filter that the line names runs, and whether it listens where Postfix looks for it.' AS advice
    UNION ALL SELECT 'auth-down' AS class, '' AS state, 3 AS least, 'The authentication service does not answer' AS trouble,
        'Users cannot log in, whatever their password. See whether Dovecot (or saslauthd) runs, and whether its socket is where the line says, with the right owner.' AS advice
    UNION ALL SELECT 'directory-down' AS class, '' AS state, 3 AS least, 'The LDAP directory cannot be asked' AS trouble,
        'Users and addresses that stand in LDAP are not found: logins fail and mail is put off. See whether the server that the line names runs and can be reached, and whether the password and certificate used for it are still right.' AS advice
    UNION ALL SELECT 'database-down' AS class, '' AS state, 3 AS least, 'The SQL database cannot be asked' AS trouble,
        'Users and addresses that stand in the database are not found: logins fail and mail is put off. See whether the server runs, whether it takes more connections, and whether the password is still right.' AS advice
    UNION ALL SELECT 'table-down' AS class, '' AS state, 3 AS least, 'A lookup table cannot be asked' AS trouble,
        'Aliases, users or domains of this table are not found, and mail for them is put off. If the line names a file, it is missing or was not made (postmap, newaliases); if a server, see the lines before.' AS advice
    UNION ALL SELECT 'table-old' AS class, 'warning' AS state, 1 AS least, 'A lookup table is older than its source' AS trouble,
        'Somebody changed the file and did not run postmap (or newaliases): the change does not hold yet.' AS advice
    UNION ALL SELECT 'service-down' AS class, '' AS state, 3 AS least, 'A service that others need does not answer' AS trouble,
        'A socket or port that the line names takes no connection: a policy server, a service of Postfix or Dovecot, or a server behind them is down, or its name in the settings is wrong.' AS advice
    UNION ALL SELECT 'blocklist-down' AS class, 'warning' AS state, 21 AS least, 'A DNS block list does not answer' AS trouble,
        'Each question to it costs time, and spam passes. See whether name resolution works at all; many lists refuse those who ask by a public resolver or very often.' AS advice
    UNION ALL SELECT 'certificate' AS class, '' AS state, 1 AS least, 'The server''s own certificate cannot be used' AS trouble,
        'Clients and servers cannot encrypt, or warn their users. See whether it has expired (openssl x509 -enddate -noout -in FILE), whether key and certificate belong together, and whether the service was reloaded after they were renewed.' AS advice
    UNION ALL SELECT 'permission' AS class, '' AS state, 3 AS least, 'A program may not read or write its files' AS trouble,
        'The owner or the mode of a file or a folder is wrong, often after a restore or a copy as root, or SELinux or AppArmor forbids it. The line names the path; postfix set-permissions mends those of Postfix.' AS advice
    UNION ALL SELECT 'locked' AS class, 'warning' AS state, 3 AS least, 'A mailbox is locked for long' AS trouble,
        'Programs wait for each other at one mailbox: a slow disk or network share, a very large mailbox, or a process that hangs.' AS advice
    UNION ALL SELECT 'damaged' AS class, 'warning' AS state, 1 AS least, 'Files of a mailbox, a queue or a directory are damaged' AS trouble,
        'Indexes of Dovecot mend themselves: one line after a crash is no harm, but many are (a network share without proper locks, two servers at one mailbox). Messages in the corrupt queue of Postfix need a look by hand; a directory needs slapcat, or its backup.' AS advice
    UNION ALL SELECT 'settings' AS class, 'warning' AS state, 1 AS least, 'A setting is wrong' AS trouble,
        'The line says which. postfix check, doveconf -n and slaptest find such errors before a restart does.' AS advice
    UNION ALL SELECT 'replication' AS class, '' AS state, 3 AS least, 'A copy of the directory does not follow' AS trouble,
        'This server does not get the changes of its provider, and who asks it gets old answers. See whether the provider runs and can be reached, and whether the credentials of the copy are right.' AS advice
    UNION ALL SELECT 'clock' AS class, 'warning' AS state, 1 AS least, 'The clock of a host jumped' AS trouble,
        'The clock was set by a large step, and programs wait or stop for it. Keep it by NTP (chrony, systemd-timesyncd); on a virtual machine, see what its host does.' AS advice
)
SELECT c.class AS class, c.host AS host, c.notices AS notices, c.first_time AS first_time, c.last_time AS last_time,
    n.program AS program, n.text AS text,
    CASE WHEN COALESCE(k.state, '') <> '' THEN k.state WHEN c.notices {repeated} THEN 'critical' ELSE 'warning' END AS state,
    COALESCE(k.trouble, 'A part of the mail system does not work') AS trouble, COALESCE(k.advice, 'The line says what is wrong.') AS advice
FROM counted c JOIN newest n ON c.class = n.class AND c.host = n.host LEFT JOIN kinds k ON c.class = k.class
WHERE c.notices >= COALESCE(k.least, 1)
ORDER BY state, notices DESC, class, host
