//! What a line claims to have happened many times: how often that is believed.
//!
//! A line of a hundred bytes may stand for ten thousand events (`message repeated N times`) or a thousand attempts. No
//! system writes so many of such lines that they outweigh all others by far; who wants to fill our memory and our disk
//! does. So there is an end to what all such lines of a run may claim together.

/// Repetitions believed in one run, beyond one event a line: about as many as a log of a gigabyte has lines.
const MOST: u64 = 10_000_000;

/// After so many it is asked whether memory holds what came of them.
const OFTEN: u64 = 1 << 17;

/// The claims of a run.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    left: u64,
    /// Events that were claimed and not believed.
    refused: u64,
    since: u64,
}

impl Default for Claims {
    fn default() -> Self {
        Self { left: MOST, refused: 0, since: 0 }
    }
}

impl Claims {
    /// A line told an event: one more may be claimed.
    #[inline]
    pub fn line(&mut self) {
        self.left += 1;
    }

    /// How many of so many events are believed: the first in any case.
    pub fn of(&mut self, claimed: u64) -> u64 {
        let more = claimed.saturating_sub(1);
        let believed = more.min(self.left);
        self.left -= believed;
        self.refused += more - believed;
        self.since += believed;
        claimed - (more - believed)
    }

    /// Whether so much was believed that memory should be looked at.
    #[inline]
    pub fn is_much(&mut self) -> bool {
        let much = self.since >= OFTEN;
        if much {
            self.since = 0;
        }
        much
    }

    /// Events that were claimed and not believed.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_claims_have_an_end_and_lines_have_none() {
        let mut claims = Claims::default();
        assert_eq!([0, 1, MOST + 1].map(|claimed| claims.of(claimed)), [0, 1, MOST + 1]);
        assert_eq!((claims.of(5), claims.refused()), (1, 4));
        claims.line();
        assert_eq!((claims.of(5), claims.of(0), claims.refused()), (2, 0, 7));
        assert!(claims.is_much() && !claims.is_much());
    }
}
