//! The two mail exchangers, which run Postfix.

use crate::clock::{Micros, SECOND};
use crate::dice::{Dice, Weighted};
use crate::pools::{Pids, Process, Processes};
use crate::queue_ids::{QueueId, QueueIds};
use crate::timeline::Host;
use crate::truth::Count;
use crate::world::World;

pub mod inbound;
mod lmtp;
mod local;
pub mod message;
mod nothing;
mod postscreen;
mod queue;
mod refusals;
mod remote;
mod smtpd;
mod submission;
mod upkeep;

/// The programs of Postfix.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Daemon {
    Smtpd,
    Submission,
    Submissions,
    Cleanup,
    Smtp,
    Lmtp,
    Error,
    Bounce,
    Local,
    Pipe,
    Pickup,
    Dnsblog,
    Anvil,
    Scache,
    Qmgr,
    Postscreen,
    Master,
}

const DAEMONS: usize = Daemon::Master as usize + 1;

impl Daemon {
    fn name(self) -> &'static str {
        match self {
            Self::Smtpd => "smtpd",
            Self::Submission => "submission/smtpd",
            Self::Submissions => "submissions/smtpd",
            Self::Cleanup => "cleanup",
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Error => "error",
            Self::Bounce => "bounce",
            Self::Local => "local",
            Self::Pipe => "pipe",
            Self::Pickup => "pickup",
            Self::Dnsblog => "dnsblog",
            Self::Anvil => "anvil",
            Self::Scache => "scache",
            Self::Qmgr => "qmgr",
            Self::Postscreen => "postscreen",
            Self::Master => "master",
        }
    }

    /// Whether one process does all the work.
    fn is_single(self) -> bool {
        self as usize >= Self::Qmgr as usize
    }

    pub fn line(self, pid: u32, text: &str) -> String {
        format!("postfix/{}[{pid}]: {text}", self.name())
    }
}

/// A host that runs Postfix.
pub struct Exchanger {
    pub ids: QueueIds,
    pub links: Vec<lmtp::Link>,
    pids: Pids,
    processes: [Processes; DAEMONS],
    /// The pids of the programs that run once.
    singles: [u32; DAEMONS],
}

impl Exchanger {
    pub fn new(host: Host, dice: &mut Dice) -> Self {
        let mut pids = Pids::new(700 + 100 * host as u32);
        Self {
            ids: QueueIds::new(host == Host::Mx2),
            links: Vec::new(),
            singles: std::array::from_fn(|_| pids.next(dice)),
            pids,
            processes: Default::default(),
        }
    }
}

/// How long a process is busy with a job that takes next to no time.
const SHORT_JOB: Micros = SECOND / 200;

/// What begins at an exchanger.
#[derive(Clone, Copy)]
enum Start {
    Port25,
    Submission,
    PasswordGuesser,
    Pickup,
}

const STARTS: &Weighted<Start> =
    &[(70.0, Start::Port25), (19.0, Start::Submission), (8.0, Start::PasswordGuesser), (3.0, Start::Pickup)];

/// How the starts are shared by the exchangers.
const HOSTS: &Weighted<Host> = &[(57.0, Host::Mx1), (43.0, Host::Mx2)];

impl World {
    pub fn start_postfix(&mut self, at: Micros) {
        let host = self.dice.weighted(HOSTS);
        match self.dice.weighted(STARTS) {
            Start::Port25 => self.start_port_25(at, host),
            Start::Submission => self.submit(at, host),
            Start::PasswordGuesser => self.guess_passwords(at, host),
            Start::Pickup => self.pick_up(at, host),
        }
    }

    pub fn exchanger(&mut self, host: Host) -> &mut Exchanger {
        &mut self.exchangers[host as usize]
    }

    /// Takes a process for a job that begins now; see [`Processes`].
    fn take_process(&mut self, at: Micros, host: Host, daemon: Daemon) -> Process {
        let exchanger = &mut self.exchangers[host as usize];
        exchanger.processes[daemon as usize].take(at, &mut exchanger.pids, &mut self.dice)
    }

    fn give_back(&mut self, host: Host, daemon: Daemon, process: Process, until: Micros) {
        self.exchanger(host).processes[daemon as usize].give_back(process, until);
    }

    /// A line of a program that has nothing else to do.
    fn postfix(&mut self, at: Micros, host: Host, daemon: Daemon, text: &str, counts: &[Count]) {
        let pid = if daemon.is_single() {
            self.exchanger(host).singles[daemon as usize]
        } else {
            let process = self.take_process(at, host, daemon);
            let pid = process.pid;
            self.give_back(host, daemon, process, at + SHORT_JOB);
            pid
        };
        self.out.say(at, host, daemon.line(pid, text), counts);
    }

    fn new_queue_id(&mut self, at: Micros, host: Host) -> QueueId {
        self.exchangers[host as usize].ids.open(at, &mut self.dice)
    }
}
