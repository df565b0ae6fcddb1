//! A message's way: the delay of each hop, and where the way does not join.

use super::Hop;
use crate::text::Text;
use crate::time::DAY;
use std::collections::BTreeSet;

/// Follows the hops of one message, the oldest first.
pub(super) fn follow(hops: &mut [Hop]) {
    delays(hops);
    gaps(hops);
    loops(hops);
}

/// The time between each hop and the one before it. A negative one is none: one of the two clocks is wrong, or the
/// older header was made up.
fn delays(hops: &mut [Hop]) {
    for at in 1..hops.len() {
        let (Some(before), Some(time)) = (hops[at - 1].time, hops[at].time) else { continue };
        let raw = time.micros - before.micros;
        let hop = &mut hops[at];
        (hop.raw, hop.delay, hop.skewed) = (Some(raw), Some(raw).filter(|raw| *raw >= 0), raw < 0);
        // No clock that delivers mail is wrong by a day; who makes up a header may be.
        hops[at - 1].forged |= raw < -DAY;
    }
}

/// A hop that does not take over from where the one before it ended. One that names no client says nothing.
fn gaps(hops: &mut [Hop]) {
    for at in 1..hops.len() {
        let (before, hop) = (&hops[at - 1], &hops[at]);
        let names: Vec<&str> =
            [&hop.from_host, &hop.helo, &hop.client_name].into_iter().flatten().map(Text::raw).collect();
        let joins = before.by_host.as_ref().is_none_or(|by| {
            names.is_empty() || names.iter().any(|name| same_site(name, by.raw())) || is_address(hop, by.raw())
        });
        hops[at].gap = !joins && !hop_is_inside(&hops[at]);
    }
}

/// A hop from the machine itself, or over its loopback, goes on where it was.
fn hop_is_inside(hop: &Hop) -> bool {
    hop.from_ip.is_some_and(|ip| ip.is_loopback())
        || hop.from_host.as_ref().is_some_and(|host| !host.raw().contains('.'))
}

fn is_address(hop: &Hop, by: &str) -> bool {
    hop.from_ip.is_some_and(|ip| super::client::address(by.as_bytes()) == Some(ip))
}

/// Whether two names are of one site: the same, one the other's first label, or alike in their last two labels.
fn same_site(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_end_matches('.').to_lowercase(), b.trim_end_matches('.').to_lowercase());
    let label = |name: &str, other: &str| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let tail = |name: &str| name.rsplit('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    a == b || label(&a, &b) || label(&b, &a) || (tail(&a).len() == 2 && tail(&a) == tail(&b))
}

/// A hop whose two ends a hop before it had already, with another id: the message goes round.
fn loops(hops: &mut [Hop]) {
    let mut seen = BTreeSet::new();
    for hop in hops {
        let ends = (hop.from_host.clone(), hop.from_ip, hop.by_host.clone());
        let is_known = ends.0.is_some() && ends.2.is_some();
        hop.looped = is_known && !seen.insert(ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::date::Time;
    use crate::time::SECOND;

    fn hop(from: &str, by: &str, second: i64) -> Hop {
        let text = |text: &str| Some(Text::from(text)).filter(|text| !text.raw().is_empty());
        let time = Some(Time { micros: second * SECOND, east: Some(0) });
        Hop { from_host: text(from), by_host: text(by), time, ..Hop::default() }
    }

    #[test]
    fn f13_a_negative_delay_is_skewed_and_never_0() {
        let mut hops =
            [hop("", "a.example", 10), hop("a.example", "b.example", 4), hop("b.example", "c.example", 4)];
        follow(&mut hops);
        assert_eq!((hops[1].delay, hops[1].skewed), (None, true));
        assert_eq!((hops[2].delay, hops[2].skewed), (Some(0), false));
        assert!(!hops[0].forged);
    }

    #[test]
    fn t24_a_header_from_the_future_was_made_up() {
        let mut hops = [hop("", "a.example", 900_000), hop("a.example", "b.example", 4)];
        follow(&mut hops);
        assert!(hops[0].forged && !hops[1].forged);
    }

    #[test]
    fn gaps_and_loops_are_seen() {
        let mut hops = [
            hop("", "a.example", 0),
            hop("mx.other.test", "b.example", 1),
            hop("b", "c.example", 2),
            hop("out.c.example", "b.example", 3),
            hop("b", "c.example", 4),
        ];
        follow(&mut hops);
        assert_eq!(hops.clone().map(|hop| hop.gap), [false, true, false, false, false]);
        assert_eq!(hops.map(|hop| hop.looped), [false, false, false, false, true]);
    }
}
