#!/usr/bin/env python3
"""Counts the figures of set-a-small.log with plain patterns, as a second opinion that shares nothing with the project.

    python3 count.py < set-a-small.log      # prints the figures of set-a-small.toml
"""
import collections
import re
import sys

figures = collections.Counter()


def add(metric, amount=1, **labels):
    figures[metric, tuple(sorted(labels.items()))] += amount


SERVICES = {"postfix/smtpd": "smtp", "postfix/submission/smtpd": "submission", "postfix/submissions/smtpd": "submissions"}
origin, size, local, accepted, deferred = {}, {}, set(), set(), set()
removed, open_recipients, last_transport = set(), {}, {}
logged_lost, sasl = set(), set()
lines = [line.rstrip("\n") for line in open(0, encoding="utf-8", errors="surrogateescape")]

for line in lines:
    match = re.match(r".{15} mx1 (?P<program>[\w/-]+)(?:\[(?P<pid>\d+)\])?: (?P<text>.*)$", line)
    program, pid, text = match["program"], match["pid"], match["text"]
    entry = re.match(r"([0-9A-F]{10,12}): (.*)$", text)
    queue_id, rest = entry.groups() if entry else (None, text)

    if program in SERVICES:
        service = SERVICES[program]
        if text.startswith("connect from"):
            add("connections", service=service)
            logged_lost.discard((program, pid))
        if m := re.match(r"(lost connection|timeout) after ([A-Z-]+)", text):
            after = {"BDAT": "DATA", "HELO": "EHLO"}.get(m[2], m[2])
            add("connections.lost", service=service, after=after, how="lost" if m[1] != "timeout" else "timeout")
            logged_lost.add((program, pid))
        if text.startswith("too many errors") or "rate limit exceeded" in text:
            logged_lost.add((program, pid))
        if text.startswith("disconnect from") and re.search(r" auth=1\b(?!/)", text):
            add("logins", service=service, outcome="ok")
        if text.startswith("disconnect from") and " quit=" not in text and (program, pid) not in logged_lost:
            add("connections.lost", service=service, after="END-OF-MESSAGE", how="lost")
        if m := re.search(r"(?<!_)reject: ([A-Z-]+) from .*?: ([45])\d\d ", text):
            stage = {"HELO": "EHLO"}.get(m[1], m[1])
            add("messages.rejected", stage=stage)
            add("rejections", permanence="permanent" if m[2] == "5" else "temporary")
            if stage == "CONNECT":
                add("connections.refused", service=service)
        if "Connection rate limit exceeded" in text:
            add("messages.rejected", stage="CONNECT")
            add("rejections", permanence="temporary")
            add("connections.refused", service=service)
        # The server says yes and throws the message away: it never reaches the queue.
        if text.startswith("NOQUEUE: discard: "):
            add("deliveries", outcome="discarded", transport="smtp")
            add("messages.accepted", origin="smtp")
        if "SASL" in text and "authentication failed" in text:
            add("logins", service=service, outcome="failed")
        if m := re.match(r"client=.*?(?:, sasl_method=\w+, sasl_username=(\S+))?$", rest):
            if queue_id:
                origin[queue_id] = "submission" if m[1] else "smtp"
                if m[1]:
                    sasl.add(m[1])
    elif program == "postfix/postscreen":
        if text.startswith("CONNECT from"):
            add("connections", service="smtp")
        # After the handshake the client had been answered, and may go.
        if text.startswith("HANGUP") and text.endswith("before SMTP handshake"):
            add("connections.lost", service="smtp", after="CONNECT", how="lost")
        if m := re.search(r"reject: ([A-Z-]+) from .*?: ([45])\d\d ", text):
            add("messages.rejected", stage=m[1])
            add("rejections", permanence="permanent" if m[2] == "5" else "temporary")
    elif program == "postfix/pickup":
        origin[queue_id] = "local"
        local.add(re.search(r"uid=(\d+)", text)[1])
    elif program == "postfix/qmgr":
        if m := re.match(r"from=<.*>, size=(\d+), nrcpt=(\d+) \(queue active\)", rest):
            if queue_id not in accepted:
                accepted.add(queue_id)
                size[queue_id], open_recipients[queue_id] = int(m[1]), int(m[2])
                add("messages.accepted", origin=origin.get(queue_id, "?"))
                add("messages.bytes", size[queue_id], origin=origin.get(queue_id, "?"))
        if "status=expired" in rest:
            add("deliveries", open_recipients[queue_id], outcome="expired", transport=last_transport[queue_id])
            add("deliveries.bytes", size[queue_id] * open_recipients[queue_id], outcome="expired")
        if rest == "removed":
            removed.add(queue_id)
    elif program == "postfix/cleanup":
        if m := re.match(r"reject: (header|body) .*: ([45])\.", rest):
            add("messages.rejected", stage="END-OF-MESSAGE")
            add("rejections", permanence="permanent" if m[2] == "5" else "temporary")
        if m := re.match(r"discard: ", rest):
            add("deliveries", outcome="discarded", transport="cleanup")
        if queue_id not in origin and "message-id=" in rest:
            origin[queue_id] = "notification"
    elif program == "postfix/bounce":
        add("notifications", kind="non_delivery")
        origin[re.search(r"notification: (\w+)$", rest)[1]] = "notification"
    elif program in ("postfix/smtp", "postfix/lmtp", "postfix/error"):
        if m := re.match(r"to=<.*>, relay=.*, status=(\w+) \(", rest):
            transport, outcome = program.split("/")[1], m[1]
            last_transport[queue_id] = transport
            if outcome == "deferred":
                add("deferrals", transport=transport)
                deferred.add(queue_id)
            else:
                open_recipients[queue_id] -= 1
                add("deliveries", outcome=outcome, transport=transport)
                add("deliveries.bytes", size[queue_id], outcome=outcome)
    elif program == "dovecot":
        if re.match(r"lmtp\(\d+\): Connect from", text):
            add("connections", service="lmtp")
        # Postfix's cache of idle connections says no QUIT.
        if re.match(r"lmtp\(\d+\): Disconnect from .*: Connection closed(?! \(state=READY\))", text):
            add("connections.lost", service="lmtp", after="CONNECT", how="lost")
        if m := re.match(r"(imap|pop3)-login: Login: ", text):
            add("connections", service=m[1])
            add("logins", service=m[1], outcome="ok")
        if m := re.match(r"(imap|pop3)-login: Disconnected: ([^(]*)(?:\((.*?)\))?: user=", text):
            service, how, why = m[1], m[2].strip(), m[3] or ""
            session = re.search(r"session=<([^>]*)>$", text)[1]
            mine = [other for other in lines if session in other]
            add("connections", service=service)
            if how in ("Connection closed", "Too many bad commands", "Inactivity") and "closed" in how:
                add("connections.lost", service=service, after="CONNECT", how="lost")
            attempts = int((re.search(r"(\d+) attempts", why) or [0, 1])[1])
            if any("Plaintext authentication disabled" in other for other in mine):
                outcome = "plaintext_refused"
            elif "user disabled" in why:
                outcome = "disabled"
            elif "no auth attempts" in why:
                outcome = "aborted"
            elif "internal failure" in why:
                outcome = "other"
            elif any("Password mismatch" in other for other in mine):
                outcome = "failed"
            elif any("unknown user" in other or "character disallowed" in other for other in mine):
                outcome = "unknown_user"
            else:
                outcome = "failed"
            add("logins", attempts if outcome in ("failed", "unknown_user") else 1, service=service, outcome=outcome)
        if m := re.match(r"(imap|pop3)\(.*Disconnected: Connection closed", text):
            add("connections.lost", service=m[1], after="LOGIN", how="lost")
    elif program == "slapd":
        if " ACCEPT from " in text:
            add("connections", service="ldap")
        if m := re.search(r"closed \((connection lost|idletimeout)\)", text):
            add("connections.lost", service="ldap", after="CONNECT", how="lost" if "lost" in m[1] else "timeout")
        kinds = {"SRCH base": "search", "MOD dn": "modify", "ADD dn": "add", "DEL dn": "delete", "MODRDN dn": "modrdn",
                 "CMP dn": "compare", "EXT oid": "extended", "ABANDON": "abandon", "UNBIND": "unbind"}
        if m := re.match(r"conn=\d+ op=\d+ (SRCH base|MOD dn|ADD dn|DEL dn|MODRDN dn|CMP dn|EXT oid|ABANDON|UNBIND)", text):
            add("directory.operations", kind=kinds[m[1]])
        if re.match(r'conn=\d+ op=\d+ BIND dn=".*" method=', text):
            add("directory.operations", kind="bind")
        if m := re.match(r"conn=\d+ op=\d+ (?:SEARCH )?RESULT .*?err=(\d+)", text):
            if m[1] == "34" and "SEARCH" in text:
                add("directory.operations", kind="search")
            if m[1] not in ("0", "5", "6", "14"):
                add("directory.errors", code=m[1])

add("messages.deferred", len(deferred))
add("queue.remaining", len(accepted - removed))
add("submitters", len(sasl), kind="sasl")
add("submitters", len(local), kind="local")
print(f"coverage = {{ lines = {len(lines)}, unmatched = 0, damaged = 0, duplicate = 0 }}\nfigures = [")
for (metric, labels), value in sorted(figures.items()):
    words = ", ".join(f'{name} = "{word}"' for name, word in labels)
    print(f'    {{ metric = "{metric}", labels = {{ {words} }}, value = {value} }},')
# Their sizes are not logged.
print('    { metric = "deliveries.bytes", labels = { outcome = "discarded" }, value = "n/a" },\n]')
