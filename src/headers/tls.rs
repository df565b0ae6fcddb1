//! The TLS version that a comment or a protocol's name tells.

/// The versions as most programs write them, by their digits.
const VERSIONS: [(&[u8], &str); 9] = [
    (b"tls13", "TLSv1.3"),
    (b"tls12", "TLSv1.2"),
    (b"tls11", "TLSv1.1"),
    (b"tls10", "TLSv1"),
    (b"tls1", "TLSv1"),
    (b"tls", "TLS"),
    (b"ssl3", "SSLv3"),
    (b"ssl2", "SSLv2"),
    (b"ssl", "TLS"),
];

/// The version that a comment names: `TLSv1.3`, `version=TLS1_2`, `TLS1.2:ECDHE-...`, `using TLSv1.3 with cipher`; `TLS`
/// where only its use is told. The name that a client gave tells nothing.
pub(super) fn version(comment: &[u8]) -> Option<&'static str> {
    if !may_name_one(comment) {
        return None;
    }
    let is_greeting = |greeting: &[u8]| comment.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(greeting));
    if is_greeting(b"HELO") || is_greeting(b"EHLO") {
        return None;
    }
    // `TLSv1/SSLv3` is what one library calls its protocol, whichever of them was spoken.
    let is_mark = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'=' | b',' | b':' | b';' | b'/' | b'(' | b')');
    let words = comment.split(is_mark);
    let versions = words.filter_map(of_word);
    versions.reduce(|best, next| if best == "TLS" { next } else { best })
}

/// Whether an L stands beside an S: most comments end here.
fn may_name_one(comment: &[u8]) -> bool {
    let is_s = |at: usize| comment.get(at).is_some_and(|b| b.eq_ignore_ascii_case(&b's'));
    memchr::memchr2_iter(b'l', b'L', comment).any(|at| is_s(at + 1) || is_s(at.wrapping_sub(1)))
}

fn of_word(word: &[u8]) -> Option<&'static str> {
    let head = word.get(..3)?;
    if word.len() > 8 || !(head.eq_ignore_ascii_case(b"tls") || head.eq_ignore_ascii_case(b"ssl")) {
        return None;
    }
    let plain = word.iter().filter(|b| !b"vV._".contains(b)).map(u8::to_ascii_lowercase);
    VERSIONS.iter().find(|(name, _)| plain.clone().eq(name.iter().copied())).map(|(_, version)| *version)
}

/// Whether a protocol is spoken over TLS (RFC 3848, RFC 6531 4.3): ESMTPS, LMTPSA, UTF8SMTPS.
pub(super) fn is_protocol(protocol: &[u8]) -> bool {
    let name = protocol.strip_suffix(b"A").or(protocol.strip_suffix(b"a")).unwrap_or(protocol);
    let known: [&[u8]; 6] = [b"ESMTPS", b"LMTPS", b"UTF8SMTPS", b"UTF8LMTPS", b"SMTPS", b"HTTPS"];
    known.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_however_they_are_written() {
        for (comment, expected) in [
            ("using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)", Some("TLSv1.3")),
            ("version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P256", Some("TLSv1.2")),
            ("version=TLSv1/SSLv3 cipher=RC4-MD5", Some("TLSv1")),
            ("TLS1.2:ECDHE-RSA-AES256-GCM-SHA384:256", Some("TLSv1.2")),
            ("TLS", Some("TLS")),
            ("cipher=TLS_AES_256_GCM_SHA384", None),
            ("HELO TLSv1.3", None),
            ("tlsv1.3.example [192.0.2.1]", None),
            ("No client certificate requested", None),
        ] {
            assert_eq!(version(comment.as_bytes()), expected, "{comment}");
        }
        assert!(
            is_protocol(b"esmtpsa") && is_protocol(b"LMTPS") && !is_protocol(b"ESMTPA") && !is_protocol(b"ESMTP")
        );
    }
}
