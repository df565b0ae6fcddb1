//! The entries of the contents: what a message or a session is known by, and what became of it.

use super::{MOST, Moment, mark, words};
use crate::render::crop;
use crate::render::html::finding::Cropped;
use crate::report::State;
use crate::report::trace::{Message, Recipient, Session};
use crate::text::{Text, shown};
use crate::time::Zone;
use crate::units;
use serde::Serialize;

/// How many characters of a name are shown: an entry is to be one line or two.
const MOST_NAME: usize = 60;

/// An entry.
#[derive(Serialize)]
pub(super) struct Gist {
    time: Option<Moment>,
    title: Cropped,
    about: Cropped,
    fates: Vec<Mark>,
}

/// An outcome, and how often it was met where that was more than once.
#[derive(Serialize)]
struct Mark {
    class: &'static str,
    sign: &'static str,
    text: String,
}

impl Gist {
    /// What is told of a message: when it came, what became of it, whose it is.
    pub fn of_message(message: &Message, zone: &Zone) -> Self {
        let id = message.message_id.as_ref();
        Self {
            time: Moment::whole(message.time.or_else(|| message.steps.first()?.time), zone),
            title: id.map_or_else(|| words("without a Message-ID"), name),
            about: words(&whose(message)),
            fates: fates(&message.recipients),
        }
    }

    /// What is told of a session: when it began, how it ended, whose it is.
    pub fn of_session(session: &Session, title: &Text, zone: &Zone) -> Self {
        let ended = session.ended.iter().filter(|ended| !ended.raw().is_empty());
        let (class, sign) = mark(None, "·");
        Self {
            time: Moment::whole(session.time.or_else(|| session.steps.first()?.time), zone),
            title: name(title),
            about: session.user.as_ref().map_or_else(|| words(""), name),
            fates: ended.map(|ended| Mark { class, sign, text: crop::end(ended.raw(), MOST_NAME) }).collect(),
        }
    }
}

fn name(text: &Text) -> Cropped {
    words(&crop::middle(text.raw(), MOST_NAME))
}

/// `anna@example.org → zoe@example.org and 2 more`.
fn whose(message: &Message) -> String {
    let sender = message.sender.as_ref().map(|sender| format!("<{}>", crop::middle(sender.raw(), MOST_NAME)));
    let mut known = message.recipients.iter().filter_map(|one| one.recipient.as_ref());
    let first = known.next().map(|whom| crop::middle(whom.raw(), MOST_NAME));
    let others = known.count();
    let more = if others > 0 { format!(" and {} more", units::count(others as u64)) } else { String::new() };
    let recipients = first.map(|first| format!("→ {first}{more}"));
    sender.into_iter().chain(recipients).collect::<Vec<_>>().join(" ")
}

/// The outcomes in the order in which they were first met.
fn fates(recipients: &[Recipient]) -> Vec<Mark> {
    let mut fates: Vec<(&str, Option<State>, usize)> = Vec::new();
    for one in recipients {
        let outcome = one.outcome.as_ref().map_or("unknown", Text::raw);
        match fates.iter_mut().find(|(known, ..)| *known == outcome) {
            Some((_, state, times)) => (*state, *times) = (one.state.max(*state), *times + 1),
            None => fates.push((outcome, one.state, 1)),
        }
    }
    fates.into_iter().map(|(outcome, state, times)| Mark::of(outcome, state, times)).collect()
}

impl Mark {
    fn of(outcome: &str, state: Option<State>, times: usize) -> Self {
        let (class, sign) = mark(state, "·");
        let outcome = crop::end(outcome, MOST);
        let text = if times > 1 { format!("{} {outcome}", units::count(times as u64)) } else { outcome };
        Self { class, sign, text: shown(&text).into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_and_the_worst_state_of_each_is_shown() {
        let one = |outcome: &str, state| Recipient {
            recipient: Some(Text::from("a@b.example")),
            outcome: Some(Text::from(outcome)),
            state,
            ..Recipient::default()
        };
        let recipients =
            [one("sent", Some(State::Ok)), one("bounced", Some(State::Critical)), one("sent", Some(State::Ok))];
        let told: Vec<_> = fates(&recipients).iter().map(|fate| (fate.class, fate.text.clone())).collect();
        assert_eq!(told, [("ok", "2 sent".to_owned()), ("critical", "bounced".to_owned())]);
        let message =
            Message { recipients: recipients.into(), sender: Some(Text::default()), ..Message::default() };
        assert_eq!(whose(&message), "<> → a@b.example and 2 more");
    }
}
