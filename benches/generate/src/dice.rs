//! Every random choice of the generator: one seeded stream, and choices that depend on a number alone.

use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal, Zipf};
use rand_pcg::Pcg64Mcg;

/// A seeded source of choices. The same seed makes the same choices on every machine.
pub struct Dice(Pcg64Mcg);

/// A choice among weighted things; the weights need not add up to anything.
pub type Weighted<T> = [(f64, T)];

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// A source for the properties of the thing with this number: always the same ones.
    pub fn of(kind: Kind, number: u64) -> Self {
        Self::new(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ ((kind as u64) << 56))
    }

    /// A number in 0.0..1.0.
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number in 0..end.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }

    /// A number in low..=high.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.0);
        median * (sigma * normal).exp()
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    pub fn weighted<T: Copy>(&mut self, table: &Weighted<T>) -> T {
        let total: f64 = table.iter().map(|(weight, _)| weight).sum();
        let mut left = self.unit() * total;
        for &(weight, item) in table {
            if left < weight {
                return item;
            }
            left -= weight;
        }
        table[table.len() - 1].1
    }

    /// `count` characters of an alphabet.
    pub fn text(&mut self, alphabet: &str, count: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..count).map(|_| char::from(self.pick(letters))).collect()
    }
}

pub const HEX: &str = "0123456789abcdef";
pub const HEX_CAPITALS: &str = "0123456789ABCDEF";
pub const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The kinds of things that have properties of their own; see [`Dice::of`].
#[derive(Clone, Copy)]
pub enum Kind {
    Mailbox = 1,
    FarAddress,
    MailServer,
    Stranger,
    UserDevice,
    Relay,
}

/// How often the things of a kind turn up: Zipf's law, rank 0 the most frequent.
pub struct Popularity(Zipf<f64>);

impl Popularity {
    /// `things` must be at least one and `exponent` not negative.
    pub fn new(things: u32, exponent: f64) -> Self {
        Self(Zipf::new(f64::from(things), exponent).expect("a constant that is valid"))
    }

    pub fn rank(&self, dice: &mut Dice) -> u32 {
        self.0.sample(&mut dice.0) as u32 - 1
    }
}
