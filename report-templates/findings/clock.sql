-- title = "The clock of a host jumped back by {largest_s}"
-- state = "warning"
-- site = true
-- parameters = { back = "> 10 min" }
-- units = { largest_s = "seconds" }
-- labels = ["host"]
-- observed = "{jumps: jump back|jumps back}, the largest of {largest_s}"
-- expected = "times that go on"
-- message = "In the log of {host} times jump back {jumps: time|times}, by {largest_s} at most, first at {jump_time}."
-- meaning = "The clock was set, or lines of another machine or an older time stand in between. Durations and hours around the jumps cannot be trusted. Keep the clock by NTP (chrony, systemd-timesyncd)."
-- command = "SELECT time, host, program, text FROM notices n WHERE class = 'clock' ORDER BY time, n.source, n.offset LIMIT 100"
-- evidence = "SELECT h.source, h.offset FROM (SELECT d.source, d.offset, d.time FROM deliveries d UNION ALL SELECT l.source, l.offset, l.time FROM logins l UNION ALL SELECT r.source, r.offset, r.time FROM rejections r UNION ALL SELECT n.source, n.offset, n.time FROM notices n) AS h WHERE h.source = {at_source} AND h.offset >= {from_offset} AND h.offset <= {until_offset} ORDER BY h.offset LIMIT 3"
WITH parts AS (
    SELECT d.source, d.offset - d.offset % 65536 AS block, MIN(d.time) AS first_time, MAX(d.time) AS last_time
    FROM deliveries d GROUP BY d.source, block
    UNION ALL
    SELECT l.source, l.offset - l.offset % 65536 AS block, MIN(l.time) AS first_time, MAX(l.time) AS last_time
    FROM logins l GROUP BY l.source, block
    UNION ALL
    SELECT r.source, r.offset - r.offset % 65536 AS block, MIN(r.time) AS first_time, MAX(r.time) AS last_time
    FROM rejections r GROUP BY r.source, block
    UNION ALL
    SELECT n.source, n.offset - n.offset % 65536 AS block, MIN(n.time) AS first_time, MAX(n.time) AS last_time
    FROM notices n GROUP BY n.source, block
), blocks AS (
    SELECT source, block, MIN(first_time) AS first_time, MAX(last_time) AS last_time FROM parts GROUP BY source, block
), reached AS (
    SELECT source, first_time, MAX(last_time) OVER (PARTITION BY source ORDER BY block) AS last_time FROM blocks
), suspects AS (
    -- Where no block holds a time so long before one of the same or of an earlier block, no host of the source jumped.
    SELECT DISTINCT source FROM reached WHERE last_time - first_time {back}
), happened AS (
    SELECT d.host, d.source, d.offset AS place, d.time FROM deliveries d
    WHERE d.source IN (SELECT source FROM suspects)
    UNION ALL SELECT l.host, l.source, l.offset AS place, l.time FROM logins l
    WHERE l.source IN (SELECT source FROM suspects)
    UNION ALL SELECT r.host, r.source, r.offset AS place, r.time FROM rejections r
    WHERE r.source IN (SELECT source FROM suspects)
    UNION ALL SELECT n.host, n.source, n.offset AS place, n.time FROM notices n
    WHERE n.source IN (SELECT source FROM suspects)
), steps AS (
    SELECT host, source, place, time,
        LAG(time) OVER (PARTITION BY host, source ORDER BY place) AS before,
        LAG(place) OVER (PARTITION BY host, source ORDER BY place) AS before_place
    FROM happened WHERE host IS NOT NULL AND time IS NOT NULL
), jumps AS (
    SELECT host, source, place, time, before_place, before - time AS back FROM steps
    WHERE before IS NOT NULL AND before - time {back}
), first_jump AS (
    SELECT host, MIN(source) AS at_source FROM jumps GROUP BY host
), told AS (
    SELECT j.host AS host, MIN(j.source) AS at_source, MIN(j.before_place) AS from_offset, MIN(j.place) AS until_offset, MIN(j.time) AS jump_time
    FROM jumps j JOIN first_jump f ON j.host = f.host
    WHERE j.source = f.at_source
    GROUP BY j.host
), whole AS (
    SELECT host, COUNT(*) AS jumps, MAX(back) AS largest FROM jumps GROUP BY host
)
SELECT w.host AS host, w.jumps AS jumps, w.largest / 1000000 AS largest_s, t.jump_time AS jump_time,
    t.at_source AS at_source, t.from_offset AS from_offset, t.until_offset AS until_offset
FROM whole w JOIN told t ON w.host = t.host
ORDER BY largest_s DESC, host
