//! Deliveries on the exchanger itself: programs, and `.forward` files that lead elsewhere.

use super::Daemon;
use super::inbound::Envelope;
use super::message::{Delays, Message, Route};
use super::queue::{Attempt, Round, Verdict};
use crate::clock::{Micros, seconds};
use crate::queue_ids::QueueId;
use crate::world::World;

impl World {
    pub fn deliver_here(&mut self, at: Micros, message: &mut Message, index: usize, round: &mut Round) {
        let mut delays = Delays::starting(message, at, self.dice.log_normal(0.012, 1.0));
        delays.transmit = self.dice.log_normal(0.05, 1.0);
        let end = at + seconds(delays.since_active());
        let route = message.recipients[index].route;
        let (daemon, relay) =
            if route == Route::Pipe { (Daemon::Pipe, "vacation") } else { (Daemon::Local, "local") };
        let (outcome, reply) = match route {
            Route::Forward => ("forwarded", format!("forwarded as {}", self.forward(end, message))),
            Route::Pipe => ("sent", "delivered via vacation service".to_owned()),
            _ => ("sent", "delivered to command: /usr/bin/procmail".to_owned()),
        };
        let attempt = Attempt { end, daemon, pid: None, relay: relay.to_owned(), uses: 1, delays };
        self.conclude(message, index, &attempt, &Verdict { outcome, dsn: "2.0.0", reply }, round);
    }

    /// The message goes on to a far address as a new one.
    fn forward(&mut self, at: Micros, message: &Message) -> QueueId {
        let opened = at - 2_000;
        let id = self.new_queue_id(opened, message.host);
        let text = format!("{id}: message-id={}", message.message_id);
        self.postfix(opened, message.host, Daemon::Cleanup, &text, &[]);
        let envelope = Envelope {
            sender: message.sender.clone(),
            sender_domain: message.sender_domain,
            recipients: vec![self.far_recipient(true)],
            domain: String::new(),
        };
        let mut forwarded =
            self.message(message.host, id, "forward", envelope, message.message_id.clone(), opened);
        forwarded.size = message.size + 400;
        self.enqueue(at + 2_000, forwarded);
        id
    }
}
