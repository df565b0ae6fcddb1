//! The picture of a message's way: places as columns, moves as arrows between them, later ones below.
//!
//! Only the geometry is worked out here; the template draws it.

use crate::render::crop;
use crate::report::State;
use crate::report::trace::{Hop, Message, Node};
use crate::text::{Text, shown};
use crate::time::Zone;
use crate::units;
use serde::Serialize;

/// Moves that are drawn at most.
const MOST: usize = 40;

/// Places that are drawn at most.
const MOST_PLACES: usize = 12;

/// Pixels: a column, the room for times at the left, the heads of the columns, a row.
const COLUMN: usize = 190;
const LEFT: usize = 100;
const HEAD: usize = 64;
const ROW: usize = 48;

/// About how wide a character is.
const CHARACTER: usize = 7;

#[derive(Serialize)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    title: String,
    places: Vec<Place>,
    arrows: Vec<Arrow>,
    more: Option<String>,
}

#[derive(Serialize)]
struct Place {
    x: usize,
    name: String,
    about: String,
}

#[derive(Serialize)]
struct Arrow {
    from: usize,
    to: usize,
    y: usize,
    middle: usize,
    /// The point of its head, and where that begins.
    tip: usize,
    back: usize,
    /// The names of the places, for where the picture has no room and is told.
    start: String,
    end: String,
    time: String,
    label: String,
    whom: String,
    class: &'static str,
    said: String,
}

impl Picture {
    /// The picture of a message's way; nothing where it went nowhere, or to too many places to be drawn.
    pub fn of(message: &Message, zone: &Zone) -> Option<Self> {
        let way = &message.way;
        if way.hops.is_empty() || way.nodes.len() > MOST_PLACES {
            return None;
        }
        let shown: Vec<&Hop> = way.hops.iter().take(MOST).collect();
        let arrows: Vec<Arrow> =
            shown.iter().enumerate().map(|(row, hop)| Arrow::of(hop, row, &way.nodes, zone)).collect();
        let left = way.hops.len() - shown.len();
        Some(Self {
            width: LEFT + COLUMN * way.nodes.len(),
            height: HEAD + ROW * arrows.len() + 16,
            title: "The way of the message".to_owned(),
            places: way.nodes.iter().enumerate().map(|(at, node)| Place::of(at, node)).collect(),
            arrows,
            more: (left > 0).then(|| format!("{} more are not drawn.", units::count(left as u64))),
        })
    }
}

fn x(node: usize) -> usize {
    LEFT + COLUMN * node + COLUMN / 2
}

impl Place {
    fn of(at: usize, node: &Node) -> Self {
        let room = COLUMN / (CHARACTER + 1);
        Self { x: x(at), name: crop::middle(node.name.raw(), room), about: crop::middle(node.about.raw(), room) }
    }
}

impl Arrow {
    fn of(hop: &Hop, row: usize, nodes: &[Node], zone: &Zone) -> Self {
        let (from, to) = (x(hop.from), x(hop.to));
        let right = to >= from;
        let room = from.abs_diff(to).max(COLUMN) / CHARACTER - 2;
        let delay = hop.delay_s.map(|delay| format!(" after {}", units::seconds(delay))).unwrap_or_default();
        let outcome = shown(hop.outcome.raw()).into_owned();
        let again = hop.times > hop.recipients.len().max(1);
        let times = if again { format!(" {}×", hop.times) } else { String::new() };
        let name = |at: usize| nodes.get(at).map_or_else(String::new, |node| crop::middle(node.name.raw(), 80));
        let whom = whom(&hop.recipients, room);
        let time = hop.time.map(|time| zone.format(time, "%H:%M:%S")).unwrap_or_default();
        let said = format!("{time} {}: {outcome}{times}{delay} to {} {whom}", name(hop.from), name(hop.to));
        Self {
            from,
            to,
            y: HEAD + ROW * row + ROW / 2 + 8,
            middle: usize::midpoint(from, to),
            tip: if right { to - 1 } else { to + 1 },
            back: if right { to - 9 } else { to + 9 },
            start: name(hop.from),
            end: name(hop.to),
            time,
            label: crop::end(&format!("{outcome}{times}{delay}"), room),
            whom,
            class: hop.state.map_or("plain", State::word),
            said: said.trim_end().to_owned(),
        }
    }
}

fn whom(recipients: &[Text], room: usize) -> String {
    match recipients {
        [] => String::new(),
        [one] => crop::middle(one.raw(), room),
        [first, rest @ ..] => {
            let more = format!(" and {} more", rest.len());
            format!("{}{more}", crop::middle(first.raw(), room.saturating_sub(more.len())))
        }
    }
}
