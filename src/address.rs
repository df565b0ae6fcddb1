//! Mail addresses, read in one place, so that a setting, a header and an envelope mean the same by one.
//!
//! Comes in: what a person typed. Goes out: a mailbox that can end no header and no command early. A domain in its own
//! script becomes its A-label (RFC 5890), which every server takes; a local part in one needs SMTPUTF8 (RFC 6531).

use crate::text::shown;
use lettre::Address;

/// An address of a column as it is written: an empty envelope sender, that of notifications, is `<>` (RFC 5321 4.5.5).
pub fn as_written<'t>(column: &str, address: &'t str) -> &'t str {
    if address.is_empty() && column == "sender" { "<>" } else { address }
}

/// Bytes of a name at most, so that a header's line stays within what RFC 5322 2.1.1 allows.
const MOST_NAME: usize = 200;

/// An address, with the name of whose it is where that was given: `Postmaster <postmaster@example.org>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: Address,
}

impl Mailbox {
    /// Reads `user@domain` or `Name <user@domain>`.
    ///
    /// # Errors
    ///
    /// Where it is none: why, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if shown(text) != text {
            return Err("it holds a control or an invisible character".to_owned());
        }
        let text = text.trim();
        let bare = || text.parse().map(|address| lettre::message::Mailbox::new(None, address));
        let read: lettre::message::Mailbox = text
            .parse()
            .or_else(|_| bare())
            .map_err(|_| "expected `user@example.org` or `Name <user@example.org>`".to_owned())?;
        if read.email.user().starts_with('-') {
            return Err("it begins with a hyphen, as options do".to_owned());
        }
        if read.name.as_ref().is_some_and(|name| name.len() > MOST_NAME) {
            return Err("its name is too long".to_owned());
        }
        let domain = ascii(read.email.domain())?;
        let address = Address::new(read.email.user(), domain).map_err(|e| e.to_string())?;
        Ok(Self { name: read.name.filter(|name| !name.trim().is_empty()), address })
    }

    /// The mailbox of this user at a host, as a machine names itself; nothing where that makes no address.
    pub fn at(user: &str, host: &str) -> Option<Self> {
        Self::parse(&format!("{user}@{host}")).ok()
    }

    /// The address alone.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its domain, in ASCII.
    pub fn domain(&self) -> &str {
        self.address.domain()
    }

    /// As a header holds it.
    pub fn to_header(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(self.name.clone(), self.address.clone())
    }
}

/// A domain in ASCII; nothing where it is none.
pub(crate) fn to_ascii(domain: &str) -> Option<String> {
    idna::domain_to_ascii(domain).ok()
}

/// A domain in ASCII; a literal such as `[192.0.2.1]` stays as it is.
fn ascii(domain: &str) -> Result<String, String> {
    if domain.starts_with('[') {
        return Ok(domain.to_owned());
    }
    idna::domain_to_ascii_strict(domain).map_err(|_| format!("`{domain}` is no domain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<String> {
        Mailbox::parse(text).ok().map(|mailbox| mailbox.address().to_string())
    }

    #[test]
    fn addresses_are_read_with_and_without_a_name() {
        assert_eq!(address("postmaster@example.org").as_deref(), Some("postmaster@example.org"));
        assert_eq!(address("\"Post, Master\" <a.b+c@example.org>").as_deref(), Some("a.b+c@example.org"));
        assert_eq!(address("root@[192.0.2.1]").as_deref(), Some("root@[192.0.2.1]"));
        assert!(
            ["", "nobody", "a@", "@b", "a b@example.org", "a@b c", "-f@b.example"]
                .into_iter()
                .all(|text| address(text).is_none())
        );
    }

    #[test]
    fn a_domain_in_its_own_script_becomes_its_a_label() {
        assert_eq!(address("jörg@münchen.example").as_deref(), Some("jörg@xn--mnchen-3ya.example"));
        assert_eq!(Mailbox::at("mailtrail", "mx1").map(|m| m.domain().to_owned()).as_deref(), Some("mx1"));
    }

    #[test]
    fn nothing_in_an_address_ends_a_line() {
        for text in
            ["a@b.example\r\nBcc: c@d.example", "x\n <a@b.example>", "a\0@b.example", "\u{202e}<a@b.example>"]
        {
            assert!(address(text).is_none(), "{text:?}");
        }
    }
}
