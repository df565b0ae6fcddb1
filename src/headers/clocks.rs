//! Clocks that are wrong: found from many messages, and corrected for.
//!
//! A hop takes at least no time. So where the hops between two hosts take less than none, again and again and by about
//! the same amount, their clocks disagree by at least that much. Each such pair, and each pair that bounds it from the
//! other side, says of two clocks how far one may be ahead of the other. The clocks that meet all of this and are
//! furthest ahead (a shortest path, as for any difference constraints) are taken, and every hop is corrected by them.
//!
//! Who sends one message can move nothing: a pair must have [`LEAST`] messages, and a tenth of them is not looked at.

use super::{Hop, Message};
use crate::text::Text;
use crate::time::SECOND;
use std::collections::BTreeMap;

/// Messages that a pair of hosts must have before its clocks are judged.
const LEAST: usize = 5;

/// How far the middle hop of a pair may lie from its fastest: if further, no one offset explains them.
const SPREAD: i64 = 300 * SECOND;

/// Rounds of the search for the clocks; where it has not settled by then, the pairs contradict each other.
const ROUNDS: usize = 64;

type Pair<'a> = (&'a Text, &'a Text);

/// Corrects the delays of all messages' hops.
pub(super) fn correct(messages: &mut [(usize, Message)]) {
    let ahead = ahead(&bounds(messages));
    if ahead.is_empty() {
        return;
    }
    for (_, message) in messages {
        for at in 1..message.hops.len() {
            let by = |hop: &Hop| hop.by_host.as_ref().and_then(|host| ahead.get(host)).copied();
            let (before, own) = (by(&message.hops[at - 1]), by(&message.hops[at]));
            let hop = &mut message.hops[at];
            let offset = own.unwrap_or(0) - before.unwrap_or(0);
            if let Some(raw) = hop.raw.filter(|_| offset != 0) {
                hop.skewed = true;
                hop.delay = Some(raw - offset).filter(|delay| *delay >= 0);
            }
        }
    }
}

/// The shortest time from host to host, of the pairs that have enough messages and an offset that explains them.
fn bounds(messages: &[(usize, Message)]) -> BTreeMap<(Text, Text), i64> {
    let mut pairs: BTreeMap<Pair<'_>, Vec<i64>> = BTreeMap::new();
    for pair in
        messages.iter().filter(|(_, message)| !message.copy).flat_map(|(_, message)| message.hops.windows(2))
    {
        if let (Some(before), Some(by), Some(raw)) = (&pair[0].by_host, &pair[1].by_host, pair[1].raw)
            && !pair[0].forged
            && before != by
        {
            pairs.entry((before, by)).or_default().push(raw);
        }
    }
    let bound = |((before, by), raws): (Pair<'_>, Vec<i64>)| Some(((before.clone(), by.clone()), fastest(raws)?));
    pairs.into_iter().filter_map(bound).collect()
}

/// The nearest rank of a tenth; nothing where the messages are too few or too far apart.
fn fastest(mut raws: Vec<i64>) -> Option<i64> {
    raws.sort_unstable();
    let rank = |percent: usize| raws.get((raws.len() * percent).div_ceil(100).max(1) - 1).copied();
    let (fastest, middle) = (rank(10)?, rank(50)?);
    (raws.len() >= LEAST && middle - fastest <= SPREAD).then_some(fastest)
}

/// By how much the clock of each host is ahead (or, negative, behind): none, if no pair says that any is.
fn ahead(bounds: &BTreeMap<(Text, Text), i64>) -> BTreeMap<Text, i64> {
    let mut ahead: BTreeMap<Text, i64> = BTreeMap::new();
    if bounds.values().all(|bound| *bound >= 0) {
        return ahead;
    }
    for _ in 0..ROUNDS {
        let mut settled = true;
        for ((before, by), bound) in bounds {
            let most = ahead.get(before).copied().unwrap_or(0) + bound;
            if most < ahead.get(by).copied().unwrap_or(0) {
                ahead.insert(by.clone(), most);
                settled = false;
            }
        }
        if settled {
            return ahead;
        }
    }
    BTreeMap::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::date::Time;
    use crate::headers::way;

    /// Messages over these hosts, each hop of which takes so many seconds by the clocks of the hosts.
    fn messages(hosts: &[&str], ways: &[&[i64]]) -> Vec<(usize, Message)> {
        let message = |seconds: &&[i64]| {
            let mut time = 1_000_000;
            let mut hops: Vec<Hop> = Vec::new();
            for (host, step) in hosts.iter().zip([0].iter().chain(*seconds)) {
                time += step;
                let time = Some(Time { micros: time * SECOND, east: Some(0) });
                hops.push(Hop { by_host: Some(Text::from(*host)), time, ..Hop::default() });
            }
            way::follow(&mut hops);
            (0, Message { hops, ..Message::default() })
        };
        ways.iter().map(message).collect()
    }

    fn corrected(hosts: &[&str], ways: &[&[i64]]) -> Vec<Vec<(Option<i64>, bool)>> {
        let mut messages = messages(hosts, ways);
        correct(&mut messages);
        let delay = |hop: &Hop| (hop.delay.map(|delay| delay / SECOND), hop.skewed);
        messages.iter().map(|(_, message)| message.hops[1..].iter().map(delay).collect()).collect()
    }

    #[test]
    fn a_host_that_is_behind_is_corrected_on_both_sides() {
        let ways: [&[i64]; 6] = [&[-30, 31], &[-29, 30], &[-30, 30], &[-28, 35], &[-25, 30], &[10, 30]];
        let found = corrected(&["a", "b", "c"], &ways);
        assert_eq!(found[0], [(Some(0), true), (Some(1), true)]);
        assert_eq!(found[3], [(Some(2), true), (Some(5), true)]);
        assert_eq!(found[5], [(Some(40), true), (Some(0), true)]);
    }

    #[test]
    fn few_messages_move_no_clock() {
        let ways: [&[i64]; 4] = [&[-30, 31], &[-29, 30], &[-30, 30], &[-28, 35]];
        assert_eq!(corrected(&["a", "b", "c"], &ways)[0], [(None, true), (Some(31), false)]);
    }

    #[test]
    fn t24_one_message_moves_no_clock_of_many() {
        let mut ways: Vec<&[i64]> = vec![&[2, 1]; 20];
        ways.push(&[-3000, 1]);
        let found = corrected(&["a", "b", "c"], &ways);
        assert_eq!(found[0], [(Some(2), false), (Some(1), false)]);
        assert_eq!(found[20], [(None, true), (Some(1), false)]);
    }

    #[test]
    fn clocks_that_contradict_each_other_correct_nothing() {
        let ways: [&[i64]; 5] = [&[-30, -30]; 5];
        assert_eq!(corrected(&["a", "b", "a"], &ways)[0], [(None, true), (None, true)]);
    }

    #[test]
    fn clocks_that_agree_are_left_alone() {
        let ways: [&[i64]; 6] = [&[0, 1]; 6];
        assert_eq!(corrected(&["a", "b", "c"], &ways)[0], [(Some(0), false), (Some(1), false)]);
    }
}
