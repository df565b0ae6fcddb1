use super::*;
use crate::headers::message::hop;
use proptest::prelude::*;

/// from, address, helo, looked-up name, by, protocol, TLS, id, for, time; `-` for what is not told.
fn read(text: &str) -> Vec<String> {
    let found = received(text.as_bytes());
    let text = |part: Option<&[u8]>| part.map_or("-".into(), |part| String::from_utf8_lossy(part).into_owned());
    vec![
        text(found.client.from),
        found.client.ip().map_or("-".into(), |ip| ip.to_string()),
        text(found.client.helo()),
        text(found.client.name()),
        text(found.by),
        text(found.protocol),
        found.tls.unwrap_or("-").to_owned(),
        text(found.id),
        text(found.recipient),
        found.time.map_or_else(|| format!("{:?}", found.reason()), Time::rfc3339),
    ]
}

/// The dialects, as they are written by the programs (their sources are named), with what they say.
#[rustfmt::skip]
const DIALECTS: &[(&str, [&str; 10])] = &[
    // Postfix, src/smtpd/smtpd.c
    ("from helo.example (rdns.example [192.0.2.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\r\n\t(No client certificate requested)\r\n\t(Authenticated sender: anna@example.org)\r\n\tby mx.example.org (Postfix) with ESMTPSA id 4F1B22C1\r\n\tfor <ben@example.org>; Mon, 23 Nov 2026 10:00:00 +0100 (CET)",
        ["helo.example", "192.0.2.1", "helo.example", "rdns.example", "mx.example.org", "ESMTPSA", "TLSv1.3", "4F1B22C1", "ben@example.org", "2026-11-23T10:00:00+01:00"]),
    ("by mx.example.org (Postfix, from userid 1000) id 22CC00; Mon, 23 Nov 2026 10:00:00 +0000 (UTC)",
        ["-", "-", "-", "-", "mx.example.org", "-", "-", "22CC00", "-", "2026-11-23T10:00:00+00:00"]),
    // Exim, src/expand.c and the default of received_header_text
    ("from rdns.example ([192.0.2.1]:4711 helo=helo.example)\n\tby mx.example.org with esmtps (TLS1.3:TLS_AES_256_GCM_SHA384:256)\n\t(Exim 4.97)\n\t(envelope-from <a@example.com>)\n\tid 1tABCD-0000Xy-2z\n\tfor ben@example.org;\n\tMon, 23 Nov 2026 10:00:00 +0000",
        ["rdns.example", "192.0.2.1", "helo.example", "rdns.example", "mx.example.org", "esmtps", "TLSv1.3", "1tABCD-0000Xy-2z", "ben@example.org", "2026-11-23T10:00:00+00:00"]),
    ("from [192.0.2.1] (helo=[198.51.100.66] ident=by) by mx.example.org with smtp (Exim 4.97) id 1tABCD-0000Xy-2z; Mon, 23 Nov 2026 10:00:00 +0000",
        ["[192.0.2.1]", "192.0.2.1", "-", "-", "mx.example.org", "smtp", "-", "1tABCD-0000Xy-2z", "-", "2026-11-23T10:00:00+00:00"]),
    // qmail, received.c
    ("from unknown (HELO helo.example) (anna@192.0.2.1)\n  by mx.example.org with SMTP; 23 Nov 2026 09:00:00 -0000",
        ["unknown", "192.0.2.1", "helo.example", "-", "mx.example.org", "SMTP", "-", "-", "-", "2026-11-23T09:00:00-00:00"]),
    ("(qmail 1234 invoked by uid 89); 23 Nov 2026 09:00:00 -0000",
        ["-", "-", "-", "-", "-", "-", "-", "-", "-", "2026-11-23T09:00:00-00:00"]),
    // qmail-scanner, qmail-scanner-queue.pl
    ("from anna@example.com by mx.example.org by uid 64011 with qmail-scanner-1.22 \n (clamdscan: 0.75-1. \n Clear:RC:0(192.0.2.1):. Processed in 1.16 secs); 23 Nov 2026 10:00:00 -0000",
        ["anna@example.com", "-", "-", "-", "mx.example.org", "qmail-scanner-1.22", "-", "-", "-", "2026-11-23T10:00:00-00:00"]),
    // SendGrid, which writes a time as Go does
    ("by filterdrecv-7fd948b676-mhxck with SMTP id filterdrecv-7fd948b676-mhxck-1-64C417C9-BB\n\t2026-11-23 10:00:00.928333532 +0000 UTC m=+6810983.819096959",
        ["-", "-", "-", "-", "filterdrecv-7fd948b676-mhxck", "SMTP", "-", "filterdrecv-7fd948b676-mhxck-1-64C417C9-BB", "-", "2026-11-23T10:00:00.928333+00:00"]),
    // Sendmail, cf/m4/proto.m4 (confRECEIVED_HEADER)
    ("from helo.example (IDENT:u@rdns.example [192.0.2.1] (may be forged))\n\t(authenticated bits=0)\n\tby mx.example.org (8.18.1/8.18.1) with ESMTPS id 4ANA00xx012345\n\t(version=TLSv1.2 cipher=ECDHE-RSA-AES256-GCM-SHA384 bits=256 verify=NO)\n\tfor <ben@example.org>; Mon, 23 Nov 2026 10:00:00 +0100 (CET)\n\t(envelope-from a@example.com)",
        ["helo.example", "192.0.2.1", "helo.example", "rdns.example", "mx.example.org", "ESMTPS", "TLSv1.2", "4ANA00xx012345", "ben@example.org", "2026-11-23T10:00:00+01:00"]),
    ("(from root@localhost) by mx.example.org (8.15.2/8.15.2/Submit) id t3BB0AAA23232; Mon, 23 Nov 2026 10:00:00 +0000",
        ["-", "-", "-", "-", "mx.example.org", "-", "-", "t3BB0AAA23232", "-", "2026-11-23T10:00:00+00:00"]),
    // Google
    ("from rdns.example (rdns.example. [2001:db8::1])\n        by mx.google.example with ESMTPS id ae4sm102pad.16.2026.11.23.02.00.00\n        for <ben@example.org>\n        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\n        Mon, 23 Nov 2026 02:00:00 -0800 (PST)",
        ["rdns.example", "2001:db8::1", "rdns.example", "rdns.example", "mx.google.example", "ESMTPS", "TLSv1.3", "ae4sm102pad.16.2026.11.23.02.00.00", "ben@example.org", "2026-11-23T02:00:00-08:00"]),
    ("by 2002:a05:6402:1:: with SMTP id n3csp117xyz; Mon, 23 Nov 2026 02:00:00 -0800 (PST)",
        ["-", "-", "-", "-", "2002:a05:6402:1::", "SMTP", "-", "n3csp117xyz", "-", "2026-11-23T02:00:00-08:00"]),
    // Exchange
    ("from AM0PR01.PROD.EXAMPLE (2603:10a6::1)\r\n by DB9PR01.PROD.EXAMPLE (2603:10a6::2) with Microsoft SMTP Server (version=TLS1_2,\r\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8182.22; Mon, 23 Nov 2026 10:00:00 +0000",
        ["AM0PR01.PROD.EXAMPLE", "2603:10a6::1", "AM0PR01.PROD.EXAMPLE", "-", "DB9PR01.PROD.EXAMPLE", "Microsoft SMTP Server", "TLSv1.2", "15.20.8182.22", "-", "2026-11-23T10:00:00+00:00"]),
    ("from A.EXAMPLE ([192.0.2.1]) by B.EXAMPLE over TLS secured channel with Microsoft SMTPSVC(8.5.9600.16384);\r\n\t Mon, 23 Nov 2026 10:00:00 +0000",
        ["A.EXAMPLE", "192.0.2.1", "A.EXAMPLE", "-", "B.EXAMPLE", "Microsoft SMTPSVC", "-", "-", "-", "2026-11-23T10:00:00+00:00"]),
    // Sun, Oracle Messaging Server
    ("from [192.0.2.23] (c1.example.ne [192.0.2.135]) by asmtp.example.com\n (Oracle Communications Messaging Server 7.0.5.33.0 64bit (built Aug 27 2014))\n with ESMTPSA id <0NFC008KXMIPY810@asmtp.example.com> for ben@example.org; Mon,\n 23 Nov 2026 10:00:00 +0000 (GMT)",
        ["[192.0.2.23]", "192.0.2.135", "[192.0.2.23]", "c1.example.ne", "asmtp.example.com", "ESMTPSA", "-", "0NFC008KXMIPY810@asmtp.example.com", "ben@example.org", "2026-11-23T10:00:00+00:00"]),
    // Lotus Domino
    ("from helo.example ([192.0.2.1])\n          by domino.example.com (Lotus Domino Release 8.5.3)\n          with ESMTP id 2026112310000012-345 ;\n          Mon, 23 Nov 2026 10:00:00 +0100 ",
        ["helo.example", "192.0.2.1", "helo.example", "-", "domino.example.com", "ESMTP", "-", "2026112310000012-345", "-", "2026-11-23T10:00:00+01:00"]),
    // Courier: the id stands behind the date
    ("from [127.0.0.1] (c1.example [::ffff:192.0.2.20])\n  (AUTH: PLAIN anna, SSL: TLSv1/SSLv3,256bits,AES256-SHA)\n  by mx.example.org with ESMTPSA; Mon, 23 Nov 2026 10:00:00 +0900\n  id 0EFECD4E.4D02EDD9.0000C5BA",
        ["[127.0.0.1]", "192.0.2.20", "[127.0.0.1]", "c1.example", "mx.example.org", "ESMTPSA", "TLSv1", "0EFECD4E.4D02EDD9.0000C5BA", "-", "2026-11-23T10:00:00+09:00"]),
    // OpenSMTPD, DragonFly Mail Agent, IndiMail, Yahoo, Dovecot
    ("from localhost (mx.example.org [local])\n\tby mx.example.org (OpenSMTPD) with ESMTPA id 58588365\n\tfor <ben@example.org>;\n\tMon, 23 Nov 2026 10:00:00 +0000 (UTC)",
        ["localhost", "-", "localhost", "mx.example.org", "mx.example.org", "ESMTPA", "-", "58588365", "ben@example.org", "2026-11-23T10:00:00+00:00"]),
    ("from root (uid 0)\n\t(envelope-from anna@example.org)\n\tid e0726\n\tby mx.example.org (DragonFly Mail Agent v0.13);\n\tMon, 23 Nov 2026 10:00:00 +0900",
        ["root", "-", "-", "-", "mx.example.org", "-", "-", "e0726", "-", "2026-11-23T10:00:00+09:00"]),
    ("indimail-mta queue 76885 by host mx.example.org (invoked by alias); Mon, 23 Nov 2026 10:00:00 +0900",
        ["-", "-", "-", "-", "mx.example.org", "-", "-", "-", "-", "2026-11-23T10:00:00+09:00"]),
    ("from [192.0.2.3] by tm20.example.com with NNFMP; 23 Nov 2026 10:00:00 -0000",
        ["[192.0.2.3]", "192.0.2.3", "-", "-", "tm20.example.com", "NNFMP", "-", "-", "-", "2026-11-23T10:00:00-00:00"]),
    ("from mx1.lab.example ([127.0.0.1])\r\n\tby mx1 with LMTP\r\n\tid HE9xN2eHBWuLAwAAg+zDdQ:T4\r\n\t(envelope-from <a@b.example>); Tue, 24 Nov 2026 12:47:38 +0000",
        ["mx1.lab.example", "127.0.0.1", "mx1.lab.example", "-", "mx1", "LMTP", "-", "HE9xN2eHBWuLAwAAg+zDdQ:T4", "-", "2026-11-24T12:47:38+00:00"]),
    // What is forgotten, cut or broken
    ("from (unknown [192.0.2.4]) by mx.example.org with smtp id ffff; Mon, 23 Nov 2026 10:00:00 +0000",
        ["-", "192.0.2.4", "-", "-", "mx.example.org", "smtp", "-", "ffff", "-", "2026-11-23T10:00:00+00:00"]),
    ("by 192.0.2.80 with SMTP id mf39.31452.5090F3731 Mon, 23 Nov 2026 10:00:00 -0500 (CDT)",
        ["-", "-", "-", "-", "192.0.2.80", "SMTP", "-", "mf39.31452.5090F3731", "-", "2026-11-23T10:00:00-05:00"]),
    ("from a.example (10.0.0.1) by", ["a.example", "10.0.0.1", "a.example", "-", "-", "-", "-", "-", "-", "Some(NoDate)"]),
    ("from a.example by b.example; yesterday", ["a.example", "-", "-", "-", "b.example", "-", "-", "-", "-", "Some(NotADate)"]),
    ("from a.example by b.example; 31 Feb 2026 10:00:00 +0000", ["a.example", "-", "-", "-", "b.example", "-", "-", "-", "-", "Some(NoSuchDate)"]),
    ("from a.example (b by c.example; 23 Nov 2026 10:00:00 +0000", ["a.example", "-", "-", "-", "-", "-", "-", "-", "-", "2026-11-23T10:00:00+00:00"]),
    ("", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "Some(NoHop)"]),
];

#[test]
fn the_dialects_are_read() {
    for (text, expected) in DIALECTS {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn t24_a_stranger_cannot_write_the_hosts_clauses() {
    let of = |helo: &str| {
        read(&format!(
            "from {helo} (rdns.example [192.0.2.1]) by mx.example.org (Postfix) with ESMTP id 4F1B; Mon, 23 Nov 2026 10:00:00 +0000"
        ))
    };
    for helo in
        ["by", "id", "with", "evil by forged.example", "for <x@y.example>", "[198.51.100.66]", "Mon,", "a,b"]
    {
        let found = of(helo);
        assert_eq!(found[4], "mx.example.org", "{helo}");
        assert_eq!(found[7], "4F1B", "{helo}");
        assert_eq!(found[9], "2026-11-23T10:00:00+00:00", "{helo}");
    }
    let forged =
        received(b"from x (HELO a; 1 Jan 1999 00:00:00 +0000) (192.0.2.1) by mx; 23 Nov 2026 10:00:00 +0000");
    assert_eq!(forged.time.map(Time::rfc3339).as_deref(), Some("2026-11-23T10:00:00+00:00"));
}

/// Blanks, folds and comments, any of which may stand between two words.
fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", "\t", "  ", "\r\n\t", "\n ", " (a remark) ", "\r\n (nested (deep \\) one)) "])
}

/// A clause with its value.
fn clauses() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let all = vec![
        ("by", "mx.example.org"),
        ("with", "ESMTPS"),
        ("id", "4F1B22C1"),
        ("for", "<\"b;(n\"@example.org>"),
        ("via", "TCP"),
    ];
    Just(all).prop_shuffle()
}

proptest! {
    #[test]
    fn l10_folds_comments_and_order_change_nothing(
        clauses in clauses(),
        gaps in prop::collection::vec(gap(), 11),
        upper in any::<bool>(),
    ) {
        let mut text = String::from("from helo.example (rdns.example [192.0.2.1])");
        for ((name, value), gap) in clauses.iter().zip(gaps.chunks(2)) {
            let name = if upper { name.to_uppercase() } else { (*name).to_owned() };
            text.extend([gap[0], name.as_str(), gap[1], value]);
        }
        text.extend([gaps[10], ";\r\n\tMon, 23 Nov 2026 10:00:00 +0100"]);
        let expected = ["helo.example", "192.0.2.1", "helo.example", "rdns.example", "mx.example.org", "ESMTPS", "-", "4F1B22C1", "\"b;(n\"@example.org", "2026-11-23T10:00:00+01:00"];
        prop_assert_eq!(read(&text), expected);
    }

    #[test]
    fn l10_hostile_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let found = received(&bytes);
        prop_assert!(found.is_hop() || found.reason().is_some());
        let _ = hop(&found);
    }

    #[test]
    fn l10_hostile_words_do_no_harm(words in prop::collection::vec(prop::sample::select(vec![
        "from", "by", "with", "id", "for", "(", ")", "[", "]", "<", ">", "\"", ";", "\\", "Mon,", "23 Nov 2026 10:00:00",
        "helo=", "HELO", "x.example", "192.0.2.1", "\r\n ", "\0", "\u{202e}", "=1+1", "TLS",
    ]), 0..200)) {
        for glue in ["", " "] {
            let text = words.join(glue);
            let found = received(text.as_bytes());
            let _ = hop(&found);
            prop_assert!(found.is_hop() || found.reason().is_some());
        }
    }
}

#[test]
fn t13_long_headers_take_little_time() {
    for part in ["(", "<", "[", "\"", "(\\", "from ", "; ", "Mon, ", "(()", "<\"", "1 Jan "] {
        let text = part.repeat(LONGEST / part.len());
        let _ = received(text.as_bytes());
    }
}
