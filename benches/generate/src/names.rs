//! Who writes to whom: mailboxes, far addresses, domains, senders' names and Message-IDs.

use crate::clock::{self, Micros};
use crate::dice::{ALPHANUMERIC, Dice, HEX, HEX_CAPITALS, Kind, LETTERS, Popularity};
use crate::words::{FIRST_NAMES, LARGE_DOMAINS, LAST_NAMES, PLACES, SENDING_ROLES, TRADES};

const MAILBOXES: u32 = 40_000;
const LOCAL_DOMAINS: u64 = 64;
const FAR_ADDRESSES: u32 = 1_500_000;
const FAR_DOMAINS: u32 = 32_000;
/// Share of the far addresses at one of the large domains.
const AT_LARGE_DOMAINS: f64 = 0.36;

/// Share of incoming messages without a sender, and with a sender of its own for each recipient.
const EMPTY_SENDERS: f64 = 0.04;
const VERP_SENDERS: f64 = 0.21;

pub struct Names {
    mailboxes: Popularity,
    far: Popularity,
    domains: Popularity,
}

/// A domain somewhere else: the large ones come first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FarDomain(pub u32);

impl Names {
    pub fn new() -> Self {
        Self {
            mailboxes: Popularity::new(MAILBOXES, 0.75),
            far: Popularity::new(FAR_ADDRESSES, 0.85),
            domains: Popularity::new(FAR_DOMAINS, 0.9),
        }
    }

    /// The number of a mailbox of ours.
    pub fn mailbox(&self, dice: &mut Dice) -> u32 {
        self.mailboxes.rank(dice)
    }

    /// A far address and its domain.
    pub fn far(&self, dice: &mut Dice) -> (String, FarDomain) {
        let rank = self.far.rank(dice);
        let mut own = Dice::of(Kind::FarAddress, rank.into());
        let domain = self.far_domain(&mut own);
        (format!("{}@{}", person(rank, &mut own), domain.name()), domain)
    }

    /// Somebody else's address at the same domain.
    pub fn far_at(&self, domain: FarDomain, dice: &mut Dice) -> String {
        let rank = self.far.rank(dice);
        format!("{}@{}", person(rank, &mut Dice::of(Kind::FarAddress, rank.into())), domain.name())
    }

    pub fn far_domain(&self, dice: &mut Dice) -> FarDomain {
        let large = LARGE_DOMAINS.len() as u32;
        if dice.chance(AT_LARGE_DOMAINS) {
            FarDomain(dice.below(large.into()) as u32)
        } else {
            FarDomain(large + self.domains.rank(dice))
        }
    }

    /// The envelope sender of an incoming message, and its domain.
    pub fn incoming_sender(&self, recipient: &str, dice: &mut Dice) -> (String, FarDomain) {
        let which = dice.unit();
        if which < EMPTY_SENDERS {
            (String::new(), self.far_domain(dice))
        } else if which < EMPTY_SENDERS + VERP_SENDERS {
            self.verp_sender(recipient, dice)
        } else {
            self.far(dice)
        }
    }

    /// An address that tells a bounce of this recipient from all others, 70 to 90 bytes long.
    fn verp_sender(&self, recipient: &str, dice: &mut Dice) -> (String, FarDomain) {
        let (role, domain) = (dice.pick(&SENDING_ROLES), self.far_domain(dice));
        let tail = format!("{}@mail.{}", recipient.replace('@', "="), domain.name());
        let wanted = dice.between(70, 90) as usize;
        let key = wanted.saturating_sub(role.len() + tail.len() + 2).max(6);
        (format!("{role}-{}-{tail}", dice.text(HEX, key)), domain)
    }
}

impl FarDomain {
    pub fn name(self) -> String {
        if let Some(name) = LARGE_DOMAINS.get(self.0 as usize) {
            return name.to_string();
        }
        let number = self.0 as usize - LARGE_DOMAINS.len();
        let place = PLACES[number % PLACES.len()];
        let trade = TRADES[number / PLACES.len() % TRADES.len()];
        let top = if number.is_multiple_of(3) { "test" } else { "example" };
        match number / (PLACES.len() * TRADES.len()) {
            0 => format!("{place}{trade}.{top}"),
            more => format!("{place}-{trade}{more}.{top}"),
        }
    }
}

/// The address of a mailbox of ours.
pub fn mailbox_address(number: u32) -> String {
    let mut own = Dice::of(Kind::Mailbox, number.into());
    format!("{}@{}", person(number, &mut own), local_domain(own.below(LOCAL_DOMAINS)))
}

/// An address in a domain of ours that nobody has.
pub fn unknown_address(dice: &mut Dice) -> String {
    let (first, last) = (dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
    let number = dice.below(10_000);
    format!("{first}{last}{number}@{}", local_domain(dice.below(LOCAL_DOMAINS)))
}

pub fn local_domain(number: u64) -> String {
    let (place, trade) = (number as usize % 8, number as usize / 8 % 8);
    format!("{}{}.example", PLACES[place + 13], TRADES[trade + 16])
}

/// A local part; different numbers give different ones in one style.
fn person(number: u32, own: &mut Dice) -> String {
    let number = number as usize;
    let first = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last = LAST_NAMES[number / FIRST_NAMES.len() % LAST_NAMES.len()];
    let name = match own.below(4) {
        0 => format!("{first}_{last}"),
        1 => format!("{last}.{first}"),
        2 => format!("{first}{last}"),
        _ => format!("{first}.{last}"),
    };
    match number / (FIRST_NAMES.len() * LAST_NAMES.len()) {
        0 => name,
        more => format!("{name}{more}"),
    }
}

/// A Message-ID of someone who writes from this host or domain, in one of seven styles.
pub fn message_id(at: Micros, domain: &str, dice: &mut Dice) -> String {
    let now = clock::digits(at);
    match dice.below(7) {
        0 => format!("<{now}.{}@mail.{domain}>", dice.text(HEX_CAPITALS, 11)),
        1 => format!("<CA{}@mail.{domain}>", dice.text(ALPHANUMERIC, 48)),
        2 => format!("<{}@{domain}>", uuid(dice)),
        3 => format!("<{}.{}.JavaMail.app@node{}.{domain}>", dice.below(1 << 31), unix_millis(at), dice.below(90)),
        4 => exchange_id(dice),
        5 => format!("<1.{}.{}@swift.{domain}>", now, dice.text(HEX, 24)),
        _ => exim_id(domain, dice),
    }
}

fn unix_millis(at: Micros) -> u64 {
    clock::unix_micros(at) / 1000
}

pub fn uuid(dice: &mut Dice) -> String {
    let parts = [8, 4, 4, 4, 12].map(|length| dice.text(HEX, length));
    parts.join("-")
}

fn exchange_id(dice: &mut Dice) -> String {
    let server = format!("AM{}PR{:02}MB{}", dice.below(10), dice.below(90), dice.between(1000, 9999));
    format!(
        "<{server}{}@{server}.eurprd{:02}.prod.officemail.example>",
        dice.text(HEX_CAPITALS, 20),
        dice.below(22)
    )
}

fn exim_id(domain: &str, dice: &mut Dice) -> String {
    let (time, pid, part) = (dice.text(ALPHANUMERIC, 5), dice.text(ALPHANUMERIC, 6), dice.text(LETTERS, 2));
    format!("<E1{time}-{pid}-{part}@web{}.hosting.{domain}>", dice.below(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_address() {
        assert_eq!(mailbox_address(7), mailbox_address(7));
        assert!(mailbox_address(7) != mailbox_address(8));
    }

    #[test]
    fn verp_senders_are_long() {
        let (names, mut dice) = (Names::new(), Dice::new(3));
        for number in 0..50 {
            let (sender, _) = names.verp_sender(&mailbox_address(number), &mut dice);
            assert!((66..100).contains(&sender.len()), "{sender}");
        }
    }
}
