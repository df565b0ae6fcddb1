//! Lines that Postfix writes about itself.

use super::Daemon;
use crate::clock::{Micros, stamp};
use crate::timeline::Host;
use crate::world::World;

impl World {
    /// The statistics of anvil and of the connection cache.
    pub fn tell_statistics(&mut self, at: Micros, host: Host) {
        let client = self.servers.any(&mut self.dice).address;
        let since = stamp(at.saturating_sub(self.dice.between(60, 500) * 1_000_000));
        for (what, most) in [("connection rate", 12), ("connection count", 6)] {
            let number = self.dice.between(1, most);
            let per = if what == "connection rate" { "/60s" } else { "" };
            let text = format!("statistics: max {what} {number}{per} for (smtp:{client}) at {since}");
            self.postfix(at, host, Daemon::Anvil, &text, &[]);
        }
        let text = format!("statistics: max cache size {} at {since}", self.dice.between(3, 40));
        self.postfix(at, host, Daemon::Anvil, &text, &[]);
        self.tell_connection_cache(at, host, &since);
    }

    fn tell_connection_cache(&mut self, at: Micros, host: Host, since: &str) {
        let (hits, misses) = (self.dice.between(1, 300), self.dice.between(1, 60));
        let success = hits * 100 / (hits + misses);
        let most = self.dice.between(1, 4);
        for text in [
            format!("statistics: start interval {since}"),
            format!("statistics: domain lookup hits={hits} miss={misses} success={success}%"),
            format!("statistics: max simultaneous domains=1 addresses={most} connection={most}"),
        ] {
            self.postfix(at + 30_000, host, Daemon::Scache, &text, &[]);
        }
    }

    pub fn reload(&mut self, at: Micros, host: Host) {
        let text = "reload -- version 3.7.11, configuration /etc/postfix";
        self.postfix(at, host, Daemon::Master, text, &[]);
    }
}
