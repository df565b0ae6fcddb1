//! Machines: mail servers, strangers, the devices of our users, relays.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::dice::{Dice, Kind, Popularity};
use crate::names::FarDomain;
use crate::words::{PLACES, TRADES};

const MAIL_SERVERS: u32 = 60_000;
const STRANGERS: u64 = 3_000_000;
/// Share of the machines that speak IPv6.
const IPV6: f64 = 0.07;
/// Share of the strangers' machines without a name that leads back to their address.
const NAMELESS_STRANGERS: f64 = 0.78;
/// The same of our users' devices.
const NAMELESS_DEVICES: f64 = 0.35;
/// Share of the mail that a domain's second host takes.
const SECOND_HOST: f64 = 0.12;
/// A user has up to this many devices.
const DEVICES: u64 = 3;

/// A machine that connects to us, as Postfix writes it.
#[derive(Clone)]
pub struct Client {
    pub name: String,
    pub address: IpAddr,
}

impl fmt::Display for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}[{}]", self.name, self.address)
    }
}

impl Client {
    pub fn is_nameless(&self) -> bool {
        self.name == "unknown"
    }

    /// The name it gives itself.
    pub fn helo(&self) -> String {
        if self.is_nameless() { format!("host-{}.lan.example", dashed(self.address)) } else { self.name.clone() }
    }
}

/// The mail servers that write to us, some of them often.
pub struct MailServers(Popularity);

impl MailServers {
    pub fn new() -> Self {
        Self(Popularity::new(MAIL_SERVERS, 0.95))
    }

    pub fn any(&self, dice: &mut Dice) -> Client {
        let rank = self.0.rank(dice);
        let mut own = Dice::of(Kind::MailServer, rank.into());
        let address = address(Net::MailServers, rank.into(), &mut own);
        let (place, trade) = (own.pick(&PLACES), own.pick(&TRADES));
        Client { name: format!("out{rank}.{place}{trade}.example"), address }
    }
}

/// A machine that nobody has seen before.
pub fn stranger(dice: &mut Dice) -> Client {
    let number = dice.below(STRANGERS);
    let mut own = Dice::of(Kind::Stranger, number);
    let address = address(Net::Strangers, number, &mut own);
    let name = if own.chance(NAMELESS_STRANGERS) { "unknown".to_owned() } else { access_name(address, &mut own) };
    Client { name, address }
}

/// One of the devices of the user of a mailbox.
pub fn device(mailbox: u32, dice: &mut Dice) -> Client {
    let number = u64::from(mailbox) * DEVICES + dice.below(DEVICES);
    let mut own = Dice::of(Kind::UserDevice, number);
    let address = address(Net::Devices, number, &mut own);
    let name = if own.chance(NAMELESS_DEVICES) { "unknown".to_owned() } else { access_name(address, &mut own) };
    Client { name, address }
}

/// The host that takes mail for a domain.
pub fn relay(domain: FarDomain, dice: &mut Dice) -> Client {
    let number = u64::from(domain.0) * 2 + u64::from(dice.chance(SECOND_HOST));
    let mut own = Dice::of(Kind::Relay, number);
    let address = address(Net::Relays, number, &mut own);
    Client { name: format!("mx{}.{}", number % 2 + 1, domain.name()), address }
}

pub fn port(dice: &mut Dice) -> u16 {
    dice.between(32_768, 60_999) as u16
}

/// The ranges that stand for the networks of the world; all of them are reserved.
#[derive(Clone, Copy)]
enum Net {
    MailServers,
    Relays,
    Devices,
    Strangers,
}

impl Net {
    fn base(self) -> Ipv4Addr {
        match self {
            Self::MailServers => Ipv4Addr::new(10, 16, 0, 0),
            Self::Relays => Ipv4Addr::new(10, 64, 0, 0),
            Self::Devices => Ipv4Addr::new(10, 128, 0, 0),
            Self::Strangers => Ipv4Addr::new(100, 64, 0, 0),
        }
    }
}

fn address(net: Net, number: u64, own: &mut Dice) -> IpAddr {
    if own.chance(IPV6) {
        let (site, host) = (own.bits() as u16, own.bits());
        let segment = |shift: u32| (host >> shift) as u16;
        return Ipv6Addr::new(0x2001, 0xdb8, net as u16, site, segment(0), segment(16), segment(32), segment(48))
            .into();
    }
    Ipv4Addr::from(u32::from(net.base()) + number as u32).into()
}

fn access_name(address: IpAddr, own: &mut Dice) -> String {
    let (place, provider) = (own.pick(&PLACES), own.below(40));
    format!("{}.dyn.{place}.provider{provider}.example", dashed(address))
}

fn dashed(address: IpAddr) -> String {
    address.to_string().replace("::", "-").replace(['.', ':'], "-")
}
