//! The machines and everything that happens on them: starts, tasks, the end of the log.

use std::collections::HashSet;

use crate::clock::{Arrivals, DAY, HOUR, MINUTE, Micros};
use crate::dice::{Dice, Weighted};
use crate::directory::Directory;
use crate::names::Names;
use crate::network::{Client, MailServers};
use crate::pools::Pids;
use crate::postfix::Exchanger;
use crate::postfix::inbound::Visit;
use crate::postfix::message::Message;
use crate::timeline::{Host, Line, Timeline, What};

/// What can be planned besides lines.
pub enum Task {
    /// Something new starts.
    Start,
    /// A client that passed postscreen's tests is handed over.
    Passed(Client, Visit),
    /// A message enters the active queue.
    Activate(Box<Message>),
    /// A connection to the mailbox server was not used since it was used so often.
    LinkIdle { host: Host, link: u32, uses: u32 },
    /// Statistics of Postfix.
    Statistics(Host),
    /// The administrator reloads Postfix.
    Reload(Host),
    /// Old queue ids are forgotten.
    Forget,
}

/// The systems on which something can start.
#[derive(Clone, Copy)]
enum System {
    Postfix,
    Mailbox,
    Directory,
}

/// Starts by system.
const STARTS: &Weighted<System> =
    &[(360.0, System::Postfix), (515.0, System::Mailbox), (162.0, System::Directory)];

/// Mean bytes of log for each start, found by counting.
const BYTES_PER_START: f64 = 970.0;
/// A day of the log has about this size.
const BYTES_PER_DAY: u64 = 1_000_000_000;
/// Nothing starts so shortly before the end.
const QUIET_END: Micros = 5 * MINUTE;
/// How often Postfix tells its statistics, where there is something to tell all the time.
const STATISTICS_EVERY: Micros = 10 * MINUTE;

pub struct World {
    pub dice: Dice,
    pub names: Names,
    pub servers: MailServers,
    pub out: Timeline<Task>,
    pub directory: Directory,
    /// Users and machines' users that submitted something.
    pub submitters: HashSet<String>,
    pub store_pids: Pids,
    pub exchangers: [Exchanger; 2],
    arrivals: Arrivals,
    statistics_every: Micros,
    end: Micros,
}

impl World {
    /// A world that will write about so many bytes.
    pub fn new(seed: u64, bytes: u64) -> Self {
        let days = (bytes as f64 / BYTES_PER_DAY as f64).round().max(1.0);
        let end = days as u64 * DAY;
        let starts_per_day = bytes as f64 / BYTES_PER_START / days;
        let quietness = (BYTES_PER_DAY as f64 * days / bytes.max(1) as f64).max(1.0);
        let mut dice = Dice::new(seed);
        Self {
            names: Names::new(),
            servers: MailServers::new(),
            out: Timeline::new(),
            directory: Directory::new(&mut dice),
            submitters: HashSet::new(),
            store_pids: Pids::new(20_000),
            exchangers: [Exchanger::new(Host::Mx1, &mut dice), Exchanger::new(Host::Mx2, &mut dice)],
            arrivals: Arrivals::new(starts_per_day, end - QUIET_END),
            statistics_every: (STATISTICS_EVERY as f64 * quietness) as Micros,
            end,
            dice,
        }
    }

    /// Plans what every log has.
    pub fn begin(&mut self) {
        self.open_staying_connections();
        self.out.later(0, Task::Start);
        self.out.later(MINUTE, Task::Forget);
        for host in [Host::Mx1, Host::Mx2] {
            let hour = self.dice.between(6, 18);
            self.out.later(hour * HOUR + self.dice.below(HOUR), Task::Reload(host));
            self.out.later(self.statistics_every, Task::Statistics(host));
        }
    }

    /// The next line, until the log ends.
    pub fn next_line(&mut self) -> Option<(Micros, Line)> {
        loop {
            let (at, what) = self.out.next().filter(|(at, _)| *at < self.end)?;
            match what {
                What::Line(line) => return Some((at, line)),
                What::Task(task) => self.perform(at, task),
            }
        }
    }

    fn perform(&mut self, at: Micros, task: Task) {
        match task {
            Task::Start => self.start(at),
            Task::Passed(client, visit) => self.visit(at, Host::Mx1, client, visit, true),
            Task::Activate(message) => self.activate(at, message),
            Task::LinkIdle { host, link, uses } => self.close_idle_link(at, host, link, uses),
            Task::Statistics(host) => {
                self.tell_statistics(at, host);
                self.out.later(at + self.statistics_every, Task::Statistics(host));
            }
            Task::Reload(host) => self.reload(at, host),
            Task::Forget => self.forget(at),
        }
    }

    fn start(&mut self, at: Micros) {
        if let Some(next) = self.arrivals.next(at, &mut self.dice) {
            self.out.later(next, Task::Start);
        }
        match self.dice.weighted(STARTS) {
            System::Postfix => self.start_postfix(at),
            System::Mailbox => self.start_mailbox(at),
            System::Directory => self.start_directory(at),
        }
    }

    fn forget(&mut self, at: Micros) {
        for exchanger in &mut self.exchangers {
            exchanger.ids.forget(at);
        }
        self.out.later(at + MINUTE, Task::Forget);
    }

    /// Whether this submitter is seen for the first time.
    pub fn is_new_submitter(&mut self, name: &str) -> bool {
        !self.submitters.contains(name) && self.submitters.insert(name.to_owned())
    }
}
