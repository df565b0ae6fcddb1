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
        // The clock of a host that delivers is taken to be right within a day: a larger step back means that the older header
        // was made up.
        hops[at - 1].forged |= raw < -DAY;
    }
}

/// A hop that does not take over from where the one before it ended. Only full names can tell: one that has no dot, or
/// is an address, is known inside its site alone.
fn gaps(hops: &mut [Hop]) {
    for at in 1..hops.len() {
        let Some(by) = full_name(hops[at - 1].by_host.as_ref()) else { continue };
        let hop = &hops[at];
        let names = [&hop.from_host, &hop.helo, &hop.client_name].map(|name| full_name(name.as_ref()));
        let is_named = names.iter().any(Option::is_some);
        let joins = names.into_iter().flatten().any(|name| same_site(name, by) || same_machine(name, by));
        hops[at].gap = is_named && !joins && !is_inside(&hops[at]);
    }
}

/// A name with an inner dot that is no address, of a host or of a person.
fn full_name(name: Option<&Text>) -> Option<&str> {
    let name = name?.raw();
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_host = name.as_bytes().contains(&b'.') && !name.as_bytes().contains(&b'@');
    (is_host && super::client::address(name.as_bytes()).is_none()).then_some(name)
}

/// A hop from the machine itself, over its loopback: it goes on where it was.
fn is_inside(hop: &Hop) -> bool {
    hop.from_ip.is_some_and(|ip| ip.is_loopback())
}

/// Whether two names are of one site: alike in their last two labels.
fn same_site(a: &str, b: &str) -> bool {
    let end = |name: &'_ str| {
        let mut dots = (0..name.len()).rev().filter(|at| name.as_bytes()[*at] == b'.');
        dots.nth(1).map_or(0, |dot| dot + 1)
    };
    a.as_bytes()[end(a)..].eq_ignore_ascii_case(&b.as_bytes()[end(b)..])
}

/// Whether two names are of one machine, in two domains of who runs it: it has a name as no two operators give, with several
/// numbers in it.
fn same_machine(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|name| name.split('.').next().unwrap_or(name));
    let numbers = a.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()).count();
    a.len() >= 8 && numbers >= 2 && a.eq_ignore_ascii_case(b)
}

/// A hop whose two ends a hop before it had already, with another id: the message goes round.
fn loops(hops: &mut [Hop]) {
    let mut seen = BTreeSet::new();
    // Who goes round comes back by a third hop.
    for hop in if hops.len() > 2 { hops } else { &mut [] } {
        if let (Some(from), Some(by), false) = (full_name(hop.from_host.as_ref()), &hop.by_host, is_inside(hop)) {
            hop.looped = !seen.insert((from.to_lowercase(), hop.from_ip, by.clone()));
        }
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
            hop("", "a.test", 0),
            hop("mx.other.example", "b.example", 1),
            hop("b.example", "filter", 2),
            hop("out.c.example", "b.example", 3),
            hop("B.example.", "filter", 4),
        ];
        follow(&mut hops);
        assert_eq!(hops.clone().map(|hop| hop.gap), [false, true, false, false, false]);
        assert_eq!(hops.map(|hop| hop.looped), [false, false, false, false, true]);
    }

    #[test]
    fn one_machine_in_two_domains_is_no_gap() {
        for (by, from, gap) in [
            ("BN0PR03CA0023.outlook.example", "BN0PR03CA0023.prod.example.net", false),
            ("mx1.a.example.org", "mx1.b.example.net", true),
            ("mailserver.example.org", "mailserver.example.net", true),
            ("exchange01.example.org", "exchange01.example.net", true),
        ] {
            let mut hops = [hop("", by, 0), hop(from, "b.example", 1)];
            follow(&mut hops);
            assert_eq!(hops[1].gap, gap, "{by} {from}");
        }
    }
}
