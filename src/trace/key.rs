//! Keys: what a key can be, told by its form, and where it is looked for.

use super::ask::{DELIVERIES, FILINGS, LOGINS, MESSAGES, REJECTIONS, SESSIONS, Table};
use crate::sections::{Network, text_literal};
use std::net::IpAddr;

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A queue id.
    Queue,
    /// A Message-ID.
    Message,
    /// A mail address, or the name of a user.
    Address,
    /// A domain.
    Domain,
    /// An IP address.
    Ip,
    /// A network, as an address and the bits of its prefix (RFC 4632, RFC 4291 2.3).
    Network,
    /// A host: a client by its name, or one that mail was handed to.
    Host,
    /// The id that a server gave a session.
    Session,
    /// A subject.
    Subject,
}

impl Kind {
    /// The kind in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Queue => "queue id",
            Self::Message => "Message-ID",
            Self::Address => "address",
            Self::Domain => "domain",
            Self::Ip => "IP address",
            Self::Network => "network",
            Self::Host => "host",
            Self::Session => "session id",
            Self::Subject => "subject",
        }
    }

    /// Whether the case of letters tells nothing (RFC 5321 2.4: in practice it does not for local parts either).
    fn ignores_case(self) -> bool {
        matches!(self, Self::Address | Self::Domain | Self::Host | Self::Subject)
    }
}

/// Where each kind of key is looked for.
#[rustfmt::skip]
static PLACES: &[(Kind, &Table, &[&str])] = &[
    (Kind::Queue, &MESSAGES, &["queue_id"]),
    (Kind::Queue, &DELIVERIES, &["queue_id", "next_queue_id"]),
    (Kind::Queue, &REJECTIONS, &["queue_id"]),
    (Kind::Message, &MESSAGES, &["message_id"]),
    (Kind::Message, &DELIVERIES, &["message_id"]),
    (Kind::Message, &FILINGS, &["message_id"]),
    (Kind::Message, &REJECTIONS, &["message_id"]),
    (Kind::Address, &MESSAGES, &["sender", "user"]),
    (Kind::Address, &DELIVERIES, &["recipient", "original_recipient", "sender"]),
    (Kind::Address, &REJECTIONS, &["sender", "recipient", "user"]),
    (Kind::Address, &LOGINS, &["user"]),
    (Kind::Address, &SESSIONS, &["user"]),
    (Kind::Address, &FILINGS, &["user"]),
    (Kind::Domain, &MESSAGES, &["sender_domain", "user_domain"]),
    (Kind::Domain, &DELIVERIES, &["recipient_domain", "sender_domain"]),
    (Kind::Domain, &REJECTIONS, &["sender_domain", "recipient_domain"]),
    (Kind::Domain, &LOGINS, &["user_domain"]),
    (Kind::Domain, &SESSIONS, &["user_domain"]),
    (Kind::Ip, &MESSAGES, &["client_ip"]),
    (Kind::Ip, &REJECTIONS, &["client_ip"]),
    (Kind::Ip, &LOGINS, &["client_ip"]),
    (Kind::Ip, &SESSIONS, &["client_ip"]),
    (Kind::Host, &MESSAGES, &["client_name"]),
    (Kind::Host, &DELIVERIES, &["relay_host", "relay_ip"]),
    (Kind::Host, &REJECTIONS, &["client_name"]),
    (Kind::Host, &SESSIONS, &["client_name"]),
    (Kind::Session, &LOGINS, &["session_id"]),
    (Kind::Session, &FILINGS, &["session_id"]),
    (Kind::Subject, &MESSAGES, &["subject"]),
];

/// One reading of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// What it is taken for.
    pub kind: Kind,
    /// What is looked for.
    pub text: String,
    /// Whether that must be the whole of what is looked at; a part will do otherwise.
    pub exact: bool,
}

impl Reading {
    fn new(kind: Kind, text: &str, exact: bool) -> Self {
        Self { kind, text: text.to_owned(), exact }
    }

    /// The tables in which it is looked for, each with the condition on a row.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static Table, String)> + '_ {
        // A network is looked up by the addresses of it that there are.
        let kind = if self.kind == Kind::Network { Kind::Ip } else { self.kind };
        let places = PLACES.iter().filter(move |(of, ..)| *of == kind);
        places.map(|(_, table, columns)| {
            let each: Vec<String> = columns.iter().map(|column| self.condition(column)).collect();
            (*table, format!("({})", each.join(" OR ")))
        })
    }

    fn condition(&self, column: &str) -> String {
        let lower = self.kind.ignores_case() || !self.exact;
        let (column, text) = if lower {
            (format!("LOWER(x.{column})"), text_literal(&self.text.to_lowercase()))
        } else {
            (format!("x.{column}"), text_literal(&self.text))
        };
        match (self.exact, self.kind) {
            (false, Kind::Ip) => format!("STARTS_WITH({column}, {text})"),
            (false, _) => {
                format!("REGEXP_LIKE({column}, {})", text_literal(&regex::escape(&self.text.to_lowercase())))
            }
            // A server that takes several messages in one session numbers them behind a colon.
            (true, Kind::Session) => {
                let several = text_literal(&format!("{}:", self.text));
                format!("{column} = {text} OR STARTS_WITH({column}, {several})")
            }
            (true, _) => format!("{column} = {text}"),
        }
    }
}

/// The readings of a key, the likeliest first; with a kind only those.
pub(super) fn readings(key: &str, kind: Option<Kind>) -> Vec<Reading> {
    let plain = unwrapped(key);
    if let Some(kind) = kind {
        let text = stripped(plain, kind);
        let whole = canonical(text, kind);
        let exact = if kind == Kind::Subject { None } else { Some(Reading::new(kind, &whole, true)) };
        let part = (kind != Kind::Network).then(|| Reading::new(kind, text, false));
        return exact.into_iter().chain(part).collect();
    }
    let kinds: &[(Kind, bool)] = &form(plain);
    kinds
        .iter()
        .map(|(kind, exact)| Reading::new(*kind, &canonical(stripped(plain, *kind), *kind), *exact))
        .collect()
}

/// A key as it may be copied out of a line or a mail: without what stands around it. Of a name with an address (RFC 5322
/// 3.4) the address counts.
fn unwrapped(key: &str) -> &str {
    let key = key.trim().trim_end_matches([',', ';']);
    let key = if key.parse::<IpAddr>().is_ok() {
        key
    } else {
        key.strip_suffix(':').filter(|id| is_id(id)).unwrap_or(key)
    };
    let in_brackets = key.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
    let in_brackets = in_brackets.map(|inner| inner.strip_prefix("IPv6:").unwrap_or(inner));
    if let Some(address) = in_brackets.filter(|inner| inner.parse::<IpAddr>().is_ok()) {
        return address;
    }
    let named = key.rfind(" <").filter(|_| key.ends_with('>')).map(|at| &key[at + 1..]);
    named.filter(|address| address.contains('@')).unwrap_or(key)
}

/// Whether a text looks like the id of a queue entry, and not like the beginning of an address of a host.
fn is_id(text: &str) -> bool {
    text.len() > 4 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// An address of a host as facts hold it (RFC 5952; RFC 4291 2.5.5.2 as IPv4); all else as it is.
fn canonical(text: &str, kind: Kind) -> String {
    let address = text.parse::<IpAddr>().ok().filter(|_| matches!(kind, Kind::Ip | Kind::Host));
    address.map_or_else(|| text.to_owned(), |address| address.to_canonical().to_string())
}

/// What a key of this form may be.
fn form(key: &str) -> Vec<(Kind, bool)> {
    use Kind::{Address, Domain, Host, Ip, Message, Network, Queue, Session, Subject};
    let both = |kinds: &[Kind]| {
        let whole = kinds.iter().map(|kind| (*kind, true));
        let part = kinds.iter().map(|kind| (*kind, false));
        whole.chain(part).collect::<Vec<_>>()
    };
    if key.starts_with('<') {
        return both(&[Message, Address]);
    }
    if key.starts_with("*@") || key.starts_with('@') {
        return both(&[Domain]);
    }
    if network(key).is_some() {
        return vec![(Network, true)];
    }
    if key.parse::<IpAddr>().is_ok() {
        return vec![(Ip, true), (Host, true)];
    }
    let begins_address =
        key.len() > 3 && key.bytes().all(|b| b.is_ascii_digit() || b == b'.') && key.contains('.');
    if begins_address || key.ends_with(':') && key.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') {
        return vec![(Ip, false)];
    }
    if key.contains('@') {
        return both(&[Message, Address]);
    }
    if key.contains(' ') {
        return vec![(Subject, false), (Message, true), (Address, true)];
    }
    let mut kinds = both(&[Queue, Session, Message, Domain, Address, Host]);
    kinds.push((Subject, false));
    kinds
}

/// The key without the signs that tell its kind.
fn stripped(key: &str, kind: Kind) -> &str {
    match kind {
        Kind::Message | Kind::Address | Kind::Session => {
            key.strip_prefix('<').map_or(key, |key| key.strip_suffix('>').unwrap_or(key))
        }
        Kind::Domain => key.trim_start_matches('*').trim_start_matches('@'),
        _ => key,
    }
}

/// A network, written as one.
pub(super) fn network(text: &str) -> Option<Network> {
    Network::read(text).filter(|_| text.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(key: &str) -> (Kind, bool, String) {
        let reading = readings(key, None).remove(0);
        (reading.kind, reading.exact, reading.text)
    }

    #[test]
    fn the_form_of_a_key_tells_its_kind() {
        let told = |key: &str| first(key).0;
        for (key, kind) in [
            ("360FE210CBD", Kind::Queue),
            ("4Xk1000001z2", Kind::Queue),
            ("1rAbcd-0001Xy-2Z", Kind::Queue),
            ("<1@example.org>", Kind::Message),
            ("1@example.org", Kind::Message),
            ("*@example.org", Kind::Domain),
            ("@example.org", Kind::Domain),
            ("192.0.2.7", Kind::Ip),
            ("2001:db8::7", Kind::Ip),
            ("192.0.2.", Kind::Ip),
            ("192.0.2.0/24", Kind::Network),
            ("2001:db8::/32", Kind::Network),
            ("Minutes of Monday", Kind::Subject),
        ] {
            assert_eq!(told(key), kind, "{key}");
        }
        assert_eq!(first("<1@example.org>").2, "1@example.org");
        for (copied, key) in [
            ("4Xk1000001z2:", "4Xk1000001z2"),
            ("Anna <anna@example.org>,", "anna@example.org"),
            ("[192.0.2.7]", "192.0.2.7"),
            ("[IPv6:2001:db8::7]", "2001:db8::7"),
            ("2001:DB8:0::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:", "2001:db8:"),
        ] {
            assert_eq!(first(copied).2, key, "{copied}");
        }
        assert_eq!(first("*@example.org").2, "example.org");
        assert!(!first("192.0.2.").1);
    }

    #[test]
    fn an_address_is_tried_where_no_message_id_is_so() {
        let kinds: Vec<_> = readings("a@example.org", None).into_iter().map(|r| (r.kind, r.exact)).collect();
        let (message, address) = (Kind::Message, Kind::Address);
        assert_eq!(kinds, [(message, true), (address, true), (message, false), (address, false)]);
    }

    #[test]
    fn a_kind_that_is_asked_for_is_the_only_one() {
        let kinds: Vec<_> = readings("<x>", Some(Kind::Session)).into_iter().map(|r| (r.text, r.exact)).collect();
        assert_eq!(kinds, [("x".to_owned(), true), ("x".to_owned(), false)]);
        assert_eq!(readings("10.0.0.0/8", Some(Kind::Network)).len(), 1);
    }

    #[test]
    fn t10_a_key_stays_a_literal() {
        let reading = Reading::new(Kind::Queue, "x' OR 1 = 1 --", true);
        let (_, condition) = reading.conditions().next().expect("a table");
        assert_eq!(condition, "(x.queue_id = 'x'' OR 1 = 1 --')");
    }
}
