//! The networks of clients' addresses, as a column.

use super::columns::internal;
use super::view::CLIENT_NET;
use crate::error::Result;
use foldhash::fast::RandomState;
use polars::prelude::{ChunkTake, IdxCa, IdxSize, NamedFrom, Series, StringChunked};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks, of which each gets its text once. Each address is read once.
#[derive(Debug)]
pub(super) struct Networks<'a> {
    known: HashMap<&'a str, IdxSize, RandomState>,
    places: HashMap<IpAddr, IdxSize, RandomState>,
    /// Their texts by place. The first is none: that of what is no address.
    texts: Vec<Option<String>>,
}

impl Default for Networks<'_> {
    fn default() -> Self {
        Self { known: HashMap::default(), places: HashMap::default(), texts: vec![None] }
    }
}

impl<'a> Networks<'a> {
    /// The place of an address's network.
    pub fn place(&mut self, address: Option<&'a str>) -> IdxSize {
        let Some(address) = address else { return 0 };
        if let Some(place) = self.known.get(address) {
            return *place;
        }
        let place = address.parse().map_or(0, |address| self.of(address));
        self.known.insert(address, place);
        place
    }

    fn of(&mut self, address: IpAddr) -> IdxSize {
        let (network, length) = network(address);
        *self.places.entry(network).or_insert_with(|| {
            self.texts.push(Some(format!("{network}/{length}")));
            IdxSize::try_from(self.texts.len() - 1).unwrap_or(0)
        })
    }

    /// The column of the networks at these places.
    pub fn series(self, places: Vec<IdxSize>) -> Result<Series> {
        let texts = StringChunked::new(CLIENT_NET.into(), self.texts);
        let taken = texts.take(&IdxCa::from_vec("".into(), places)).map_err(|e| internal(&e))?;
        Ok(taken.with_name(CLIENT_NET.into()).into())
    }
}

/// The network that an address is taken to be of, and the length of its prefix: who has one address of it can often
/// have others too.
fn network(address: IpAddr) -> (IpAddr, u8) {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            (Ipv4Addr::new(a, b, c, 0).into(), 24)
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into(), 48)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_have_one_place() {
        let mut networks = Networks::default();
        let addresses = ["192.0.2.1", "192.0.2.254", "::ffff:192.0.2.9", "2001:db8:7::1", "unknown"];
        let mut places: Vec<IdxSize> = addresses.iter().map(|address| networks.place(Some(address))).collect();
        places.push(networks.place(None));
        assert_eq!(places, [1, 1, 1, 2, 0, 0]);
        let series = networks.series(places).expect("a column");
        let texts = series.str().expect("texts").iter().map(|text| text.unwrap_or("-")).collect::<Vec<_>>();
        assert_eq!(texts.join(" "), "192.0.2.0/24 192.0.2.0/24 192.0.2.0/24 2001:db8:7::/48 - -");
    }
}
