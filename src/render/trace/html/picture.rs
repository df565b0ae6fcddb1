//! The picture of a message's way: places as columns, moves as arrows between them, later ones below.
//!
//! Only the geometry is worked out here; the template draws it. Beside each picture its moves are told in a list, for
//! where there is no room to draw it at a size that can be read: a phone, and a sheet of paper if there are many places.

use crate::render::crop;
use crate::report::State;
use crate::report::trace::{Hop, Message, Node};
use crate::text::{Text, shown};
use crate::time::Zone;
use crate::units;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// Moves that are drawn at most.
const MOST: usize = 40;

/// Places that are drawn at most.
const MOST_PLACES: usize = 12;

/// Places of a picture that A4 upright takes at a size that can be read: of its 688 pixels each takes 190.
const MOST_ON_PAPER: usize = 4;

/// Pixels: a column, the room for times at the left, the heads of the columns, a row.
const COLUMN: usize = 190;
const LEFT: usize = 100;
const HEAD: usize = 80;
const ROW: usize = 48;

/// The lines of a head: the last of the name, what is between two, and what the place is.
const NAME: usize = 34;
const LINE: usize = 15;
const ABOUT: usize = 51;

/// About how wide a character is, also in a wide font; one of a name is larger and bold.
const CHARACTER: usize = 7;
const BOLD: usize = 9;

/// Characters of what is told in the list, where there is room.
const MOST_TOLD: usize = 200;

#[derive(Serialize)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    /// Where the line of a place begins.
    head: usize,
    fits_paper: bool,
    title: String,
    places: Vec<Place>,
    arrows: Vec<Arrow>,
    more: Option<String>,
}

#[derive(Serialize)]
struct Place {
    x: usize,
    /// The lines of its name, each with its height.
    name: Vec<(usize, String)>,
    about: String,
    about_y: usize,
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
    /// What was met and who it was for, as far as there is room between the places, and in full.
    label: String,
    whom: String,
    label_told: String,
    whom_told: String,
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
            head: ABOUT + LINE,
            fits_paper: way.nodes.len() <= MOST_ON_PAPER,
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
        let lines = in_two(node.name.raw(), COLUMN / BOLD - 1);
        let first = NAME - LINE * (lines.len() - 1);
        let name = lines.into_iter().enumerate().map(|(line, text)| (first + LINE * line, text));
        let about = crop::middle(node.about.raw(), COLUMN / (CHARACTER + 1));
        Self { x: x(at), name: name.collect(), about, about_y: ABOUT }
    }
}

/// A name in one line, or in two about equal ones, broken behind a dot or the like; its middle is left out where it does
/// not fit.
fn in_two(name: &str, room: usize) -> Vec<String> {
    let whole = crop::middle(name, 2 * room);
    if whole.width() <= room {
        return vec![whole];
    }
    let ends = whole.char_indices().filter(|(_, c)| ".-_:@…".contains(*c)).map(|(at, c)| at + c.len_utf8());
    let longer = |at: usize| {
        let (first, last) = whole.split_at(at);
        first.width().max(last.width())
    };
    match ends.min_by_key(|at| longer(*at)).filter(|at| longer(*at) <= room) {
        Some(at) => [&whole[..at], &whole[at..]].map(str::to_owned).into(),
        None => vec![crop::middle(name, room)],
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
        let (label, whom_told) = (format!("{outcome}{times}{delay}"), whom(&hop.recipients, MOST_TOLD));
        let time = hop.time.map(|time| zone.format(time, "%H:%M:%S")).unwrap_or_default();
        let said = format!("{time} {}: {label} to {} {whom_told}", name(hop.from), name(hop.to));
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
            label: crop::end(&label, room),
            whom: whom(&hop.recipients, room),
            label_told: crop::end(&label, MOST_TOLD),
            whom_told,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_stands_in_two_lines_broken_behind_a_dot_or_the_like() {
        assert_eq!(in_two("mx1", 20), ["mx1"]);
        assert_eq!(in_two("mx.content-remote.example", 20), ["mx.content-", "remote.example"]);
        assert_eq!(in_two("2001:db8:1:2:3:4:5:6:7:8", 20), ["2001:db8:1:", "2:3:4:5:6:7:8"]);
        assert_eq!(in_two(&"x".repeat(30), 20), [format!("{}…{}", "x".repeat(10), "x".repeat(9))]);
        let lines = in_two(&"host.".repeat(30), 20);
        assert!(lines.len() == 2 && lines.iter().all(|line| line.width() <= 20), "{lines:?}");
    }

    #[test]
    fn what_is_told_of_a_move_is_whole_and_what_is_drawn_fits_between_the_places() {
        let nodes = ["a", "b"].map(|name| Node { name: Text::from(name), about: Text::default() });
        let whom = "a-name-of-more-letters-than-a-column-takes@example.org";
        let hop = Hop {
            from: 0,
            to: 1,
            time: None,
            outcome: Text::from("sent"),
            state: None,
            recipients: vec![Text::from(whom)],
            times: 1,
            delay_s: None,
        };
        let arrow = Arrow::of(&hop, 0, &nodes, &Zone::utc());
        assert_eq!(arrow.whom_told, whom);
        assert!(arrow.whom.width() <= COLUMN / CHARACTER && arrow.said.ends_with(whom));
    }
}
