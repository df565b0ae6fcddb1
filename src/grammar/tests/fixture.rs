//! Lines as their programs write them, with what strangers chose put in.

use super::{Form, Free, Line, form, unsure};

// --- Postfix ---

/// As it is logged since 3.5 (global/quote_822_local.c): a local part that needs quotes has them, a route has none.
fn quoted(address: &str) -> String {
    let route = if address.starts_with('@') { address.find(':').map_or(0, |at| at + 1) } else { 0 };
    let (route, rest) = address.split_at(route);
    let (local, domain) = rest.split_at(rest.rfind('@').unwrap_or(rest.len()));
    let special = |c: char| c.is_ascii_control() || " ()<>@,;:\\\"[]".contains(c);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    if address.is_empty() || !(local.is_empty() || dots || local.contains(special)) {
        return address.to_owned();
    }
    format!("{route}\"{}\"{domain}", local.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether its route is logged without quotes.
fn has_route(address: &str) -> bool {
    address.starts_with('@') && address.contains(':')
}

/// A name after HELO as it is kept (smtpd/smtpd.c).
fn neutered(helo: &str) -> String {
    helo.replace([' ', '<', '>', '(', ')', '\\', '"', ';', '@'], "?")
}

impl Line {
    /// A refusal: whom it is about, why, and of whom it tells.
    fn refused(self, free: &Free, address: fn(&str) -> String, has_recipient: bool) -> Self {
        let helo = neutered(&free.helo);
        let (about, reason) = match free.way % 6 {
            0 if has_recipient => (free.recipient.as_str(), "Relay access denied"),
            1 => (free.sender.as_str(), "Sender address rejected: Domain not found"),
            2 => (helo.as_str(), "Helo command rejected: need fully-qualified hostname"),
            3 => ("mx.example.net[198.51.100.7]", "Client host rejected: Access denied"),
            4 => ("DATA", "Data command rejected: Improper use of SMTP command pipelining"),
            _ => (
                "",
                "Service unavailable; Client host [198.51.100.7] blocked using bl.example; see http://bl.example/?q=1",
            ),
        };
        let mut told = if about.is_empty() { reason.to_owned() } else { format!("<{about}>: {reason}") };
        told.truncate((0..=500).rev().find(|at| told.is_char_boundary(*at)).unwrap_or(0).min(told.len()));
        let cut = told.len() - told.len().min(if about.is_empty() { 0 } else { about.len() + 4 });
        let line = self.is("reply_code", "554").own(" ").is("dsn", "5.7.1").own(" ").own(&told).whom(
            free,
            address,
            has_recipient,
        );
        let reason = &reason[..cut.min(reason.len())];
        let mut line = line.own(" proto=ESMTP helo=<").is("helo", &helo).own(">");
        line.is.insert("reason", if about.is_empty() { told } else { reason.to_owned() });
        line
    }

    fn whom(self, free: &Free, address: fn(&str) -> String, has_recipient: bool) -> Self {
        let line = self.own("; from=<").is("sender", &address(&free.sender)).own(">");
        if has_recipient { line.own(" to=<").is("recipient", &address(&free.recipient)).own(">") } else { line }
    }

    fn login(self, way: usize) -> Self {
        match way / 6 % 4 {
            0 => self
                .own(" sasl_method=")
                .is("mechanism", "PLAIN")
                .own(" sasl_username=")
                .is("user", "anna@example.org"),
            1 => self.own(" sasl_username=<").is("user", "anna@example.org").own(">"),
            _ => self,
        }
    }
}

fn head(what: &str, stage: &str) -> Line {
    let line = Line::default().is("queue_id", "3FA1B2C3D4").own(what).is("stage", stage).own(" from ");
    line.client().own(": ")
}

fn raw(address: &str) -> String {
    address.to_owned()
}

/// An address whose route is logged as it came is no address here: nothing could tell its end.
fn without_route(free: &Free) -> Free {
    let of = |address: &str| if has_route(address) { "a@example.net".to_owned() } else { address.to_owned() };
    Free { sender: of(&free.sender), recipient: of(&free.recipient), ..free.clone() }
}

fn reject(free: &Free) -> Line {
    head(": reject: ", "RCPT").refused(&without_route(free), quoted, true).login(free.way)
}

fn reject_with_route(free: &Free) -> Line {
    head(": reject: ", "RCPT").refused(free, quoted, true)
}

fn reject_before_3_5(free: &Free) -> Line {
    head(": reject: ", "RCPT").refused(free, raw, true)
}

fn reject_sender(free: &Free) -> Line {
    head(": reject: ", "MAIL").refused(&without_route(free), quoted, false)
}

fn reject_sender_before_3_5(free: &Free) -> Line {
    head(": reject: ", "MAIL").refused(free, raw, false)
}

fn reject_message(free: &Free) -> Line {
    head(": milter-reject: ", "END-OF-MESSAGE").refused(&without_route(free), quoted, true).login(6)
}

fn reject_message_to_several(free: &Free) -> Line {
    head(": reject: ", "END-OF-MESSAGE").refused(&without_route(free), quoted, false)
}

fn reject_warning(free: &Free) -> Line {
    head(": reject_warning: ", "RCPT").refused(&without_route(free), quoted, true)
}

/// As the name after HELO is kept only when nothing refused it, it comes as it was.
fn reject_helo(free: &Free) -> Line {
    let reason = "Helo command rejected: Invalid name";
    let line =
        head(": reject: ", "EHLO").is("reply_code", "501").own(" ").is("dsn", "5.5.2").own(" <").own(&free.helo);
    let mut line = line.own(">: ").own(reason).own("; proto=SMTP helo=<").is("helo", &free.helo).own(">");
    line.is.insert("reason", reason.to_owned());
    line
}

fn discard(free: &Free) -> Line {
    let free = without_route(free);
    let line = head(": discard: ", "RCPT")
        .own("<")
        .own(&free.sender)
        .own(">: ")
        .is("reason", "Sender address triggers DISCARD action");
    line.whom(&free, quoted, true).own(" proto=ESMTP helo=<").is("helo", &neutered(&free.helo)).own(">")
}

fn content(free: &Free, what: &str, answer: &str) -> Line {
    let free = without_route(free);
    let content = free.text.chars().take(200).collect::<String>();
    let line = Line::default().is("queue_id", "3FA1B2C3D4").own(what).own(&content).own(" from ");
    let line = match free.way % 3 {
        0 => line.is("client_name", "local").whom(&free, quoted, true),
        1 => line.client().whom(&free, quoted, true),
        _ => line
            .client()
            .whom(&free, quoted, true)
            .own(" proto=ESMTP helo=<")
            .is("helo", &neutered(&free.helo))
            .own(">"),
    };
    match (free.way / 3 % 4, answer) {
        (0, _) | (_, "") => line,
        (1, answer) => line.own(": ").is("reason", answer),
        (_, answer) => line.own(": ").is("dsn", "5.7.1").own(" ").is("reason", answer),
    }
}

fn content_reject(free: &Free) -> Line {
    content(free, ": reject: header Subject: ", "no mail from you")
}

/// The last `>` of the line is the answer's.
fn content_with_brackets(free: &Free) -> Line {
    content(&Free { way: 5, ..free.clone() }, ": reject: header Subject: ", "see <http://x>")
}

fn content_of_milter(free: &Free) -> Line {
    let way = if free.way.is_multiple_of(3) { free.way + 1 } else { free.way };
    content(&Free { way, ..free.clone() }, ": milter-header-reject: header ", "no")
}

fn mime_error(free: &Free) -> Line {
    content(free, ": reject: mime-error improper use of 8-bit data in message header: ", "")
}

fn content_discard(free: &Free) -> Line {
    content(free, ": discard: body ", "dropped")
}

fn content_subject(free: &Free) -> Line {
    let mut line = content(free, ": warning: header Subject: ", "odd");
    line.is.retain(|field, _| *field == "queue_id");
    line.is.insert("subject", free.text.chars().take(200).collect());
    line
}

fn milter_reject(free: &Free) -> Line {
    let free = without_route(free);
    let line = head(": milter-reject: ", "END-OF-MESSAGE")
        .is("dsn", "5.7.1")
        .own(" ")
        .is("reason", &format!("no: {}", free.text));
    line.whom(&free, quoted, true).own(" proto=ESMTP helo=<").is("helo", &neutered(&free.helo)).own(">")
}

fn queued(free: &Free) -> Line {
    let line = Line::default()
        .is("queue_id", "3FA1B2C3D4")
        .own(": from=<")
        .is("sender", &quoted(&free.sender))
        .own(">, size=");
    line.is("size_bytes", "1500").own(", nrcpt=").is("recipients", "2").own(" (queue active)")
}

fn queued_before_3_5(free: &Free) -> Line {
    let line =
        Line::default().is("queue_id", "3FA1B2C3D4").own(": from=<").is("sender", &free.sender).own(">, size=");
    line.is("size_bytes", "1500").own(", nrcpt=").is("recipients", "2").own(" (queue active)")
}

fn expired(free: &Free) -> Line {
    let line = Line::default().is("queue_id", "3FA1B2C3D4").own(": from=<").is("sender", &quoted(&free.sender));
    line.own(">, status=expired, returned to sender")
}

fn delivery(free: &Free) -> Line {
    let line = Line::default()
        .is("queue_id", "3FA1B2C3D4")
        .own(": to=<")
        .is("recipient", &quoted(&free.recipient))
        .own(">");
    let line = if free.way.is_multiple_of(2) {
        line
    } else {
        line.own(", orig_to=<").is("original_recipient", &quoted(&free.sender)).own(">")
    };
    let line = line.own(", relay=").is("relay_host", "mx.example.org");
    let line = line.own("[").is("relay_ip", "2001:db8::6").own("]:").is("relay_port", "25");
    let line = line
        .own(", delay=")
        .is("delay", "1.4")
        .own(", delays=")
        .is("before_queue", "0.1")
        .own("/")
        .is("in_queue", "0.02");
    let line = line.own("/").is("connect", "0.3").own("/").is("transmit", "0.98").own(", dsn=").is("dsn", "5.0.0");
    line.own(", status=").is("outcome", "bounced").own(" (").is("reply", &free.text).own(")")
}

fn forwarded(free: &Free) -> Line {
    let line = Line::default()
        .is("queue_id", "3FA1B2C3D4")
        .own(": to=<")
        .is("recipient", &quoted(&free.recipient))
        .own(">");
    let line = line
        .own(", orig_to=<")
        .is("original_recipient", &quoted(&free.sender))
        .own(">, relay=")
        .is("relay_host", "local");
    let line = line
        .own(", delay=")
        .is("delay", "1")
        .own(", delays=")
        .is("before_queue", "1")
        .own("/")
        .is("in_queue", "0");
    let line = line.own("/").is("connect", "0").own("/").is("transmit", "0").own(", dsn=").is("dsn", "2.0.0");
    line.own(", status=sent (forwarded as ").is("child_queue_id", "5AB1B2C3D4").own(")")
}

/// Of a name after HELO it takes what stands before the first blank, as it came.
fn postscreen(free: &Free) -> Line {
    let free = without_route(free);
    let line = Line::default()
        .own("NOQUEUE: reject: ")
        .is("stage", "RCPT")
        .own(" from [")
        .is("client_ip", "203.0.113.9")
        .own("]:");
    let line =
        line.is("client_port", "4444").own(": ").is("reply_code", "550").own(" ").is("dsn", "5.7.1").own(" ");
    let line = line.is("reason", "Service unavailable; client [203.0.113.9] blocked using bl.example");
    let line = line
        .own("; from=<")
        .is("sender", &quoted(&free.sender))
        .own(">, to=<")
        .is("recipient", &quoted(&free.recipient));
    line.own(">, proto=ESMTP, helo=<").is("helo", free.helo.split(' ').next().unwrap_or_default()).own(">")
}

fn sasl_failed(free: &Free) -> Line {
    let line = Line::default()
        .own("warning: ")
        .client()
        .own(": SASL ")
        .is("mechanism", "LOGIN")
        .own(" authentication failed: ");
    let line = line.is("reason", "UGFzc3dvcmQ6").own(", sasl_username=");
    if free.way.is_multiple_of(4) {
        line.own("(unavailable)")
    } else {
        line.is("user", &format!("x{}", free.text))
    }
}

fn proxy_reject(free: &Free) -> Line {
    Line::default().own("proxy-reject: ").is("stage", "END-OF-MESSAGE").own(": ").refused(
        &without_route(free),
        quoted,
        true,
    )
}

fn client(free: &Free) -> Line {
    let line = Line::default()
        .is("queue_id", "3FA1B2C3D4")
        .own(": client=")
        .client()
        .own(", sasl_method=")
        .is("mechanism", "PLAIN");
    line.own(", sasl_username=").is("user", "anna@example.org").own(", sasl_sender=").own(&free.text)
}

fn message_id(free: &Free) -> Line {
    Line::default()
        .is("queue_id", "3FA1B2C3D4")
        .own(": message-id=<")
        .is("message_id", &free.text.chars().take(500).collect::<String>())
        .own(">")
}

fn postscreen_come_back(free: &Free) -> Line {
    let mut line = postscreen(free);
    let reason = line.is["reason"].clone();
    line.text = line.text.replacen(&format!("550 5.7.1 {reason}"), "450 4.3.2 Service currently unavailable", 1);
    line.is.extend([
        ("reply_code", "450".into()),
        ("dsn", "4.3.2".into()),
        ("reason", "Service currently unavailable".into()),
    ]);
    line
}

fn pickup(free: &Free) -> Line {
    Line::default()
        .is("queue_id", "3FA1B2C3D4")
        .own(": ")
        .is("user", "uid=1000")
        .own(" from=<")
        .own(&format!("{}@evil.example>", quoted(&free.sender)))
}

// --- Dovecot ---

/// As a name is shown (lib/str-sanitize.c): so many bytes at most.
fn sanitized(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let end = (0..=most - 3).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!("{}...", &name[..end])
}

impl Line {
    /// The elements of a login line.
    fn who(self, name: &str) -> Self {
        let name = sanitized(name, 80);
        let line =
            if name.is_empty() { self.own("user=<>, ") } else { self.own("user=<").is("user", &name).own(">, ") };
        let line = line.own("method=").is("mechanism", "PLAIN").own(", rip=").is("client_ip", "192.0.2.7");
        line.own(", lip=198.51.100.1, ")
            .is("tls_version", "TLS")
            .own(", session=<")
            .is("session_id", "Nas+AmiHBWuR")
            .own(">")
    }
}

fn login_process(service: &str) -> Line {
    Line::default().is("service", service).own("-login: ")
}

fn login(free: &Free) -> Line {
    login_process("imap").own("Login: ").who(&free.text)
}

fn login_failed(free: &Free) -> Line {
    let line = match free.way % 3 {
        0 => login_process("imap").is("ended", "Disconnected: Connection closed"),
        1 => login_process("pop3").is("ended", "Aborted login"),
        _ => login_process("submission").is("ended", "Login aborted: Connection closed"),
    };
    let line =
        line.own(" (").is("outcome", "auth failed").own(", ").is("attempts", "2").own(" attempts in 9 secs)");
    let line = if free.way % 3 == 2 { line.own(" (auth_failed)") } else { line };
    line.own(": ").who(&free.text)
}

fn login_without_tls(free: &Free) -> Line {
    let line = login_process("imap").is("ended", "Disconnected: ").own("Too many invalid commands (");
    line.is("outcome", "tried to use disallowed").own(" plaintext auth): ").who(&free.text)
}

fn too_many(free: &Free) -> Line {
    login_process("imap")
        .is("reason", "Maximum number of connections from user+IP exceeded")
        .own(" (mail_max_userip_connections=10): ")
        .who(&free.text)
}

fn old_login_failed(free: &Free) -> Line {
    let line =
        login_process("pop3").is("ended", "Aborted login").own(": user=<").is("user", &sanitized(&free.text, 80));
    line.own(">, method=")
        .is("mechanism", "PLAIN")
        .own(", rip=")
        .is("client_ip", "192.0.2.7")
        .own(", lip=198.51.100.1")
}

fn proxied(free: &Free, what: &str) -> Line {
    login_process("imap").own("proxy(x").own(&free.text).own(",198.51.100.9:143): ").own(what)
}

fn proxy_end(free: &Free) -> Line {
    let line = proxied(free, "")
        .own("Disconnected by ")
        .is("ended", "server")
        .own(" (5s idle, in=")
        .is("bytes_in", "235");
    line.own(", out=").is("bytes_out", "1034").own("): ").who(&format!("x{}", free.text))
}

fn old_proxy_end(free: &Free) -> Line {
    let line = login_process("imap").own("proxy(x").own(&free.text).own("): disconnecting 192.0.2.7");
    let line = match free.way % 2 {
        0 => line.own(": "),
        _ => line
            .own(" (Disconnected by ")
            .is("ended", "client")
            .own("(0s idle, in=")
            .is("bytes_in", "235")
            .own(", out=")
            .is("bytes_out", "1034")
            .own(")): "),
    };
    line.who(&format!("x{}", free.text))
}

fn proxy_failed(free: &Free) -> Line {
    let mut line = proxied(free, "Login failed to store.example:143: no: ").who(&format!("x{}", free.text));
    line.is.retain(|field, _| *field == "service");
    line
}

fn proxy_login(free: &Free) -> Line {
    proxied(free, "Started proxying to <198.51.100.9> (0.004 secs): ").who(&format!("x{}", free.text))
}

const ONWARD: [&str; 3] = [
    "remote host (0.004 secs): ",
    "remote host (master proxy) (0.004 secs, 2 reconnects): ",
    "<198.51.100.9> (<store.example>) as user ben (0.004 secs): ",
];

fn proxy_login_onward(free: &Free) -> Line {
    let onward = format!("Started proxying to {}", ONWARD[free.way % 3]);
    proxied(free, &onward).who(&format!("x{}", free.text))
}

const NO: [&str; 4] = ["unknown user", "Password mismatch", "pam_authenticate() failed: ", "Login failed"];

fn login_note(free: &Free) -> Line {
    let user = sanitized(&free.text, 64);
    let line = Line::default().own("auth: sql(").is("user", &user).own(",").is("client_ip", "192.0.2.7").own(",<");
    let line = line.is("session_id", "Nas+AmiHBWuR").own(">): ").is("outcome", NO[free.way % 4]);
    if free.way % 8 == 1 { line.own(" (given password: x)") } else { line }
}

/// With `auth_verbose_passwords` a password is told, and always a name that has what no name may have.
fn login_note_behind(free: &Free) -> Line {
    let line = Line::default().own("auth: sql(");
    let line = if free.way.is_multiple_of(2) { line.is("user", "anna") } else { line.is("user", "?") };
    let line = line.own(",").is("client_ip", "192.0.2.7").own(",<").is("session_id", "Nas+AmiHBWuR").own(">): ");
    match free.way % 2 {
        0 => line.is("outcome", "Password mismatch").own(" (given password: ").own(&free.text).own(")"),
        _ => line
            .is("outcome", "Username character disallowed")
            .own(" by auth_username_chars: 0x3e (username: ")
            .own(&free.text)
            .own(")"),
    }
}

fn auth_24(free: &Free) -> Line {
    let line = Line::default().own("auth(").is("user", &sanitized(&free.text, 64)).own(",");
    line.is("client_ip", "192.0.2.7").own(",sasl:").is("mechanism", "plain")
}

fn login_note_24(free: &Free) -> Line {
    let line = auth_24(free).own(")<").is("session_id", "Nas+AmiHBWuR").own(">: ");
    line.own("Info: sql: ").is("outcome", NO[free.way % 2])
}

fn login_info(free: &Free) -> Line {
    let user = sanitized(&free.text, 64);
    let line =
        Line::default().own("auth: sql(").is("user", &user).own(",").is("client_ip", "192.0.2.7").own("): ");
    line.is("outcome", NO[free.way % 4])
}

fn login_info_24(free: &Free) -> Line {
    auth_24(free).own("): ").own("sql: ").is("outcome", NO[free.way % 2])
}

fn lmtp() -> Line {
    let line =
        Line::default().is("service", "lmtp").own("(").is("user", "anna").own(")<").is("pid", "4711").own("><");
    line.is("session_id", "Nas+AmiHBWuR").own(">: ")
}

fn message(free: &Free, sieve: &str, what: &str, to: &str) -> Line {
    let line = lmtp().own(sieve);
    if free.way.is_multiple_of(2) {
        return with_id(line, free, what, to);
    }
    line.own("msgid=").is("message_id", &format!("x{}", free.text)).own(": ").own(what).is("text", to)
}

fn with_id(line: Line, free: &Free, what: &str, to: &str) -> Line {
    line.own("msgid=<").is("message_id", &free.text).own(">: ").own(what).is("text", to)
}

fn saved(free: &Free) -> Line {
    message(free, "", "saved mail to ", "INBOX")
}

fn save_failed(free: &Free) -> Line {
    message(free, "", "save failed to ", "INBOX: Quota exceeded (mailbox for user is full)")
}

fn stored(free: &Free) -> Line {
    message(free, "sieve: ", "stored mail into ", "mailbox 'Lists'")
}

fn forwarded_by_sieve(free: &Free) -> Line {
    message(free, "sieve: ", "", "forwarded to <ben@example.org>")
}

fn rejected(free: &Free) -> Line {
    message(free, "", "", "rejected").own(": no")
}

/// With a `deliver_log_format` that tells of the header.
fn letter(free: &Free) -> Line {
    letter_of(free, ">, size=1500, delivery_time=12ms, saved mail to ")
}

/// With one of one's own, which does so before the Message-ID.
fn letter_of_own_format(free: &Free) -> Line {
    letter_of(free, ">, session_time=3, saved mail to ")
}

fn letter_of(free: &Free, rest: &str) -> Line {
    let line = lmtp().own("from=").own(&free.sender).own(", subject=").own(&free.text).own(", msgid=<");
    line.is("message_id", "1@example.org").own(rest).is("text", "INBOX")
}

fn of_plesk() -> Line {
    let line = Line::default().own("service=").is("service", "lmtp").own(", user=").is("user", "anna");
    line.own(", ip=[").is("client_ip", "192.0.2.7").own("]. ")
}

fn saved_at_plesk(free: &Free) -> Line {
    with_id(of_plesk(), free, "saved mail to ", "INBOX")
}

fn save_failed_at_plesk(free: &Free) -> Line {
    with_id(of_plesk(), free, "save failed to ", "INBOX: Quota exceeded")
}

/// Before 2.3.
fn by_old(service: &str) -> Line {
    Line::default().is("service", service).own("(").is("user", "anna").own("): ")
}

fn by_old_lmtp() -> Line {
    by_old("lmtp").is("session_id", "+Nu/EBVlDVp6fQAABvoInA").own(": ")
}

fn saved_by_old_lmtp(free: &Free) -> Line {
    with_id(by_old_lmtp(), free, "saved mail to ", "INBOX")
}

fn save_failed_by_old_lmtp(free: &Free) -> Line {
    with_id(by_old_lmtp(), free, "save failed to ", "INBOX: Quota exceeded")
}

fn saved_by_old_lda(free: &Free) -> Line {
    with_id(by_old("lda"), free, "saved mail to ", "INBOX")
}

fn stored_by_old_lda(free: &Free) -> Line {
    with_id(by_old("lda").own("sieve: "), free, "stored mail into ", "mailbox 'Lists'")
}

// --- OpenLDAP: a DN is written in normal form, in which a quote is `\22` ---

fn op() -> Line {
    Line::default().own("conn=").is("connection", "1002").own(" op=").is("op", "7").own(" ")
}

fn dn(free: &Free) -> String {
    free.text.replace('"', "\\22")
}

fn bind(free: &Free) -> Line {
    op().own("BIND dn=\"").is("base", &dn(free)).own("\" method=128")
}

fn bound(free: &Free) -> Line {
    op().own("BIND dn=\"").is("base", &dn(free)).own("\" mech=").is("mechanism", "SIMPLE").own(" bind_ssf=0 ssf=0")
}

fn authcid(free: &Free) -> Line {
    op().own("BIND authcid=\"").is("user", &free.text).own("\" authzid=\"").own(&free.helo).own("\"")
}

fn search(free: &Free) -> Line {
    let line =
        op().own("SRCH base=\"").is("base", &dn(free)).own("\" scope=").is("scope", "2").own(" deref=0 filter=\"");
    line.is("filter", &free.helo).own("\"")
}

fn modify(free: &Free) -> Line {
    op().own("MOD dn=\"").is("base", &free.text).own("\"")
}

fn compare(free: &Free) -> Line {
    op().own("CMP dn=\"").is("base", &dn(free)).own("\" attr=\"").is("filter", &free.helo).own("\"")
}

fn extended(free: &Free) -> Line {
    op().own("EXT oid=").is("filter", &free.text)
}

fn result(free: &Free) -> Line {
    let line = op()
        .own("RESULT tag=")
        .is("kind", "97")
        .own(" err=")
        .is("result_code", "49")
        .own(" qtime=")
        .is("queue_time", "0.000008");
    line.own(" etime=").is("duration", "0.000213").own(" text=").own(&free.text)
}

fn search_result(free: &Free) -> Line {
    let line =
        op().own("SEARCH RESULT tag=").is("kind", "101").own(" err=").is("result_code", "32").own(" qtime=");
    let line = line
        .is("queue_time", "0.000008")
        .own(" etime=")
        .is("duration", "0.000213")
        .own(" nentries=")
        .is("entries", "1");
    line.own(" text=").own(&free.text)
}

#[rustfmt::skip]
pub(super) static FORMS: &[Form] = &[
    form("postfix", "smtpd", "reject", reject),
    unsure(form("postfix", "smtpd", "reject", reject_with_route), &["reject"]),
    unsure(form("postfix", "smtpd", "reject", reject_before_3_5), &["reject"]),
    form("postfix", "smtpd", "reject", reject_sender),
    unsure(form("postfix", "smtpd", "reject", reject_sender_before_3_5), &["reject"]),
    form("postfix", "smtpd", "reject-message", reject_message),
    form("postfix", "smtpd", "reject-message", reject_message_to_several),
    form("postfix", "smtpd", "reject-warning", reject_warning),
    unsure(form("postfix", "smtpd", "reject-early", reject_helo), &["reject-early"]),
    form("postfix", "smtpd", "discard", discard),
    form("postfix", "cleanup", "content-reject", content_reject),
    form("postfix", "cleanup", "content-reject", content_of_milter),
    unsure(form("postfix", "cleanup", "content-reject", content_with_brackets), &[]),
    form("postfix", "cleanup", "content-reject", mime_error),
    form("postfix", "cleanup", "content-discard", content_discard),
    form("postfix", "cleanup", "content-subject", content_subject),
    unsure(form("postfix", "cleanup", "milter-reject", milter_reject), &[]),
    form("postfix", "qmgr", "queued", queued),
    form("postfix", "qmgr", "queued", queued_before_3_5),
    form("postfix", "qmgr", "expired", expired),
    form("postfix", "smtp", "delivery", delivery),
    Form { unsure: &["delivery"], ..form("postfix", "local", "forwarded", forwarded) },
    unsure(form("postfix", "postscreen", "postscreen-reject", postscreen), &["postscreen-reject"]),
    form("postfix", "smtpd", "sasl-failed", sasl_failed),
    form("postfix", "smtpd", "proxy-reject", proxy_reject),
    form("postfix", "smtpd", "client", client),
    form("postfix", "cleanup", "message-id", message_id),
    unsure(form("postfix", "postscreen", "postscreen-come-back", postscreen_come_back), &[]),
    form("postfix", "pickup", "pickup", pickup),
    unsure(form("dovecot", "", "login", login), &[]),
    unsure(form("dovecot", "", "login-failed", login_failed), &[]),
    unsure(form("dovecot", "", "login-without-tls", login_without_tls), &[]),
    unsure(form("dovecot", "", "too-many-connections", too_many), &[]),
    form("dovecot", "", "old-login-failed", old_login_failed),
    unsure(form("dovecot", "", "proxy-end", proxy_end), &["login-details"]),
    unsure(form("dovecot", "", "proxy-end", old_proxy_end), &["login-details"]),
    unsure(form("dovecot", "", "login-details", proxy_failed), &["proxy-unsure"]),
    unsure(form("dovecot", "", "proxy-login", proxy_login), &["proxy-unsure", "login-details"]),
    unsure(
        form("dovecot", "", "proxy-login-onward", proxy_login_onward),
        &["proxy-unsure", "login-details"],
    ),
    unsure(form("dovecot", "", "login-note", login_note), &["auth-details"]),
    unsure(form("dovecot", "", "login-note", login_note_behind), &["auth-details"]),
    unsure(form("dovecot", "", "login-note", login_note_24), &["no pattern", "session-words", "auth-details", "login-note-unsure"]),
    unsure(form("dovecot", "", "login-info", login_info), &["auth-details"]),
    unsure(form("dovecot", "", "login-info", login_info_24), &["no pattern", "session-words", "auth-details", "login-note-unsure"]),
    form("dovecot", "", "saved", saved),
    form("dovecot", "", "save-failed", save_failed),
    form("dovecot", "", "sieve-stored", stored),
    form("dovecot", "", "sieve-action", forwarded_by_sieve),
    form("dovecot", "", "rejected", rejected),
    form("dovecot", "", "saved", letter),
    unsure(form("dovecot", "", "saved", letter_of_own_format), &["session-words", "save-failed"]),
    form("dovecot", "", "saved", saved_at_plesk),
    form("dovecot", "", "save-failed", save_failed_at_plesk),
    form("dovecot", "", "saved", saved_by_old_lmtp),
    form("dovecot", "", "save-failed", save_failed_by_old_lmtp),
    form("dovecot", "", "saved", saved_by_old_lda),
    form("dovecot", "", "sieve-stored", stored_by_old_lda),
    form("openldap", "slapd", "bind", bind),
    form("openldap", "slapd", "bound", bound),
    unsure(form("openldap", "slapd", "bound", authcid), &["bound"]),
    form("openldap", "slapd", "search", search),
    form("openldap", "slapd", "modify", modify),
    form("openldap", "slapd", "compare", compare),
    form("openldap", "slapd", "extended", extended),
    form("openldap", "slapd", "result", result),
    form("openldap", "slapd", "search-result", search_result),
];
