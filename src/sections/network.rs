//! Networks of IP addresses, which SQL does not know.

use std::net::IpAddr;

/// A network: an address and the bits of its prefix (RFC 4632 3.1, RFC 4291 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    /// An address in it, its bits in the order of the net, an IPv4 address in the first 32.
    bits: u128,
    is_v4: bool,
    /// How many bits are those of the network.
    pub len: u32,
}

impl Network {
    /// `192.0.2.0/24`, or an address, which is a network of its own.
    pub fn read(text: &str) -> Option<Self> {
        let (address, len) = parts(text)?;
        let (bits, is_v4) = bits(address);
        let most = longest(is_v4);
        let len = len.map_or(Some(most), |len| len.parse().ok())?;
        (len <= most).then_some(Self { bits, is_v4, len })
    }

    /// Why what begins as a network is none.
    pub fn fault(text: &str) -> Option<String> {
        let (address, len) = parts(text)?;
        let (_, is_v4) = bits(address);
        let name = if is_v4 { "IPv4" } else { "IPv6" };
        let fault = || format!("behind the `/` stand the bits of the prefix, 0 to {} for {name}", longest(is_v4));
        (len.is_some() && Self::read(text).is_none()).then(fault)
    }

    /// Whether an address lies in it; what is none does not.
    pub fn holds(&self, address: &str) -> bool {
        let Some((bits, is_v4)) = address.parse().ok().map(bits) else { return false };
        let differ = (bits ^ self.bits).checked_shr(128 - self.len).unwrap_or(0);
        is_v4 == self.is_v4 && differ == 0
    }
}

/// The address, and what stands behind its `/`.
fn parts(text: &str) -> Option<(IpAddr, Option<&str>)> {
    let (address, len) = text.split_once('/').map_or((text, None), |(address, len)| (address, Some(len)));
    Some((address.parse().ok()?, len))
}

fn longest(is_v4: bool) -> u32 {
    if is_v4 { 32 } else { 128 }
}

fn bits(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, true),
        IpAddr::V6(address) => (address.to_bits(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_lies_in_them() {
        let holds = |network: &str, address: &str| Network::read(network).expect("a network").holds(address);
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.200/25", "192.0.2.129") && !holds("192.0.2.200/25", "192.0.2.1"));
        assert!(holds("192.0.2.1", "::ffff:192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1") && !holds("2001:db8::/33", "2001:db8:8000::1"));
        assert!(holds("2001:db8:0:0::1", "2001:db8::1") && !holds("::/0", "192.0.2.1") && holds("::/0", "::"));
        assert!(holds("0.0.0.0/0", "192.0.2.1") && !holds("0.0.0.0/0", "nonsense"));
        assert_eq!([Network::read("192.0.2.0/33"), Network::read("x"), Network::read("192.0.2.0/")], [None; 3]);
    }

    #[test]
    fn what_begins_as_a_network_and_is_none_has_a_fault() {
        for text in
            ["192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "192.0.2.0/-1", "192.0.2.0/24/8", "2001:db8::/129"]
        {
            assert!(Network::fault(text).is_some(), "{text}");
        }
        for text in ["192.0.2.0/32", "192.0.2.0", "2001:db8::/128", "a/b", "192.0.2/24", "spool/mail"] {
            assert_eq!(Network::fault(text), None, "{text}");
        }
    }
}
