//! A message in the queue: who it is for and what will become of it.

use crate::clock::{Micros, as_seconds};
use crate::dice::{Dice, Weighted};
use crate::names::FarDomain;
use crate::queue_ids::QueueId;
use crate::timeline::Host;

/// A message from its first line to its removal.
pub struct Message {
    pub host: Host,
    pub id: QueueId,
    /// The word for its origin in the truth.
    pub origin: &'static str,
    pub sender: String,
    /// Where the sender's mailbox is, if it is not ours.
    pub sender_domain: Option<FarDomain>,
    pub message_id: String,
    pub size: u64,
    pub recipients: Vec<Recipient>,
    /// When the queue file was opened.
    pub arrived: Micros,
    /// How often it entered the active queue.
    pub rounds: u32,
    pub was_deferred: bool,
}

impl Message {
    pub fn is_open(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.open)
    }
}

pub struct Recipient {
    pub address: String,
    /// The address that an alias led away from.
    pub original: Option<String>,
    pub route: Route,
    pub fate: Fate,
    pub open: bool,
    /// The transport of the last attempt.
    pub transport: &'static str,
}

impl Recipient {
    pub fn new(address: String, route: Route, fate: Fate) -> Self {
        Self { address, original: None, route, fate, open: true, transport: "" }
    }
}

/// How a recipient is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Mailbox,
    Far(FarDomain),
    /// A user's `.forward` file sends it elsewhere.
    Forward,
    Command,
    Pipe,
}

/// What becomes of a recipient.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// So many attempts fail for a while, then it is sent.
    Deferred(u32, Trouble),
    Bounced,
    /// No attempt succeeds.
    Never(Trouble),
}

/// Why attempts fail for a while.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Greylisted,
    Busy,
    MailboxFull,
    Refused,
    Silent,
    NoName,
}

impl Trouble {
    /// Whether the host cannot be reached at all.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Refused | Self::Silent)
    }
}

/// The kinds of fates.
#[derive(Clone, Copy)]
enum FateKind {
    Sent,
    Deferred,
    Bounced,
    Never,
}

const FAR_FATES: &Weighted<FateKind> =
    &[(70.0, FateKind::Sent), (21.0, FateKind::Deferred), (5.0, FateKind::Bounced), (4.0, FateKind::Never)];
const LOCAL_FATES: &Weighted<FateKind> =
    &[(97.2, FateKind::Sent), (1.9, FateKind::Deferred), (0.9, FateKind::Bounced)];

/// Deferrals before success: lowest and highest number.
const DEFERRALS: &Weighted<(u64, u64)> = &[(50.0, (1, 1)), (30.0, (2, 3)), (20.0, (4, 8))];

/// Troubles that end, and troubles that do not.
const PASSING_TROUBLES: &Weighted<Trouble> = &[
    (45.0, Trouble::Greylisted),
    (15.0, Trouble::Busy),
    (8.0, Trouble::MailboxFull),
    (6.0, Trouble::Refused),
    (18.0, Trouble::Silent),
    (8.0, Trouble::NoName),
];
const LASTING_TROUBLES: &Weighted<Trouble> =
    &[(10.0, Trouble::MailboxFull), (20.0, Trouble::Refused), (60.0, Trouble::Silent), (10.0, Trouble::NoName)];

/// The fate of a message's last recipient; all others are sent.
pub fn last_fate(far: bool, dice: &mut Dice) -> Fate {
    match dice.weighted(if far { FAR_FATES } else { LOCAL_FATES }) {
        FateKind::Sent => Fate::Sent,
        FateKind::Bounced => Fate::Bounced,
        FateKind::Never => Fate::Never(dice.weighted(LASTING_TROUBLES)),
        FateKind::Deferred => {
            let (low, high) = dice.weighted(DEFERRALS);
            Fate::Deferred(dice.between(low, high) as u32, dice.weighted(PASSING_TROUBLES))
        }
    }
}

/// Recipients of a message: lowest and highest number; of many, the fewer are the more frequent.
const RECIPIENTS: &Weighted<(u64, u64)> = &[(83.0, (1, 1)), (8.0, (2, 2)), (7.5, (3, 6)), (1.5, (7, 50))];

pub fn recipient_count(dice: &mut Dice) -> u64 {
    let (low, high) = dice.weighted(RECIPIENTS);
    let limit = dice.between(low, high);
    if high > 6 { dice.between(low, limit) } else { limit }
}

/// Size of a message in bytes.
pub fn size(dice: &mut Dice) -> u64 {
    dice.log_normal(9_700.0, 1.5).clamp(300.0, 50_000_000.0) as u64
}

/// The four parts of a delay, in seconds.
#[derive(Clone, Copy, Default)]
pub struct Delays {
    pub before_queue: f64,
    pub in_queue: f64,
    pub connect: f64,
    pub transmit: f64,
}

impl Delays {
    /// The parts of an attempt that begins when the message enters the active queue.
    pub fn starting(message: &Message, at: Micros, in_queue: f64) -> Self {
        Self { before_queue: as_seconds(at - message.arrived), in_queue, ..Self::default() }
    }

    pub fn since_active(&self) -> f64 {
        self.in_queue + self.connect + self.transmit
    }

    /// `delay=…, delays=a/b/c/d`
    pub fn text(&self) -> String {
        let [a, b, c, d] = [self.before_queue, self.in_queue, self.connect, self.transmit].map(two_digits);
        format!("delay={}, delays={a}/{b}/{c}/{d}", two_digits(self.before_queue + self.since_active()))
    }
}

/// Seconds with two significant digits and not more than two after the point.
fn two_digits(seconds: f64) -> String {
    let digits = if seconds >= 9.95 {
        0
    } else if seconds >= 0.995 {
        1
    } else {
        2
    };
    let text = format!("{seconds:.digits$}");
    if digits == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_two_digits() {
        let shown = [0.0, 0.004, 0.096, 0.24, 1.0, 1.26, 9.96, 30.2, 12_345.6].map(two_digits);
        assert_eq!(shown, ["0", "0", "0.1", "0.24", "1", "1.3", "10", "30", "12346"]);
    }
}
