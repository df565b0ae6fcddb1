//! Things that are used by one at a time and then again: processes and file descriptors.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::clock::Micros;
use crate::dice::Dice;

/// The largest process id, and where ids begin again after it.
const PID_MAX: u32 = 4_194_303;
const PID_AFTER_WRAP: u32 = 300;

/// Process ids of a host: they grow.
pub struct Pids(u32);

impl Pids {
    pub fn new(first: u32) -> Self {
        Self(first)
    }

    pub fn next(&mut self, dice: &mut Dice) -> u32 {
        self.0 += dice.between(1, 12) as u32;
        if self.0 > PID_MAX {
            self.0 = PID_AFTER_WRAP;
        }
        self.0
    }
}

/// A process takes this many jobs before it ends (`max_use`).
const MAX_USE: u32 = 100;

/// The processes of one service: each does one job at a time.
#[derive(Default)]
pub struct Processes {
    /// When it is free again, its pid, how many jobs it took.
    busy: BinaryHeap<Reverse<(Micros, u32, u32)>>,
    free: Vec<(u32, u32)>,
}

/// A process at work; give it back with the time at which it is done.
pub struct Process {
    pub pid: u32,
    jobs: u32,
}

impl Processes {
    pub fn take(&mut self, at: Micros, pids: &mut Pids, dice: &mut Dice) -> Process {
        self.release(at);
        let (pid, jobs) = self.free.pop().unwrap_or_else(|| (pids.next(dice), 0));
        Process { pid, jobs: jobs + 1 }
    }

    fn release(&mut self, at: Micros) {
        while let Some(&Reverse((until, pid, jobs))) = self.busy.peek() {
            if until >= at {
                break;
            }
            self.busy.pop();
            if jobs < MAX_USE {
                self.free.push((pid, jobs));
            }
        }
    }

    pub fn give_back(&mut self, process: Process, until: Micros) {
        self.busy.push(Reverse((until, process.pid, process.jobs)));
    }
}

/// File descriptors: the smallest that is free.
#[derive(Default)]
pub struct Descriptors {
    busy: BinaryHeap<Reverse<(Micros, u32)>>,
    free: BTreeSet<u32>,
    known: u32,
}

impl Descriptors {
    /// The first descriptor that is not a log, a database or a listener.
    const FIRST: u32 = 12;

    pub fn take(&mut self, at: Micros) -> u32 {
        while let Some(&Reverse((until, descriptor))) = self.busy.peek() {
            if until >= at {
                break;
            }
            self.busy.pop();
            self.free.insert(descriptor);
        }
        self.free.pop_first().unwrap_or_else(|| self.open())
    }

    fn open(&mut self) -> u32 {
        self.known += 1;
        Self::FIRST + self.known - 1
    }

    pub fn give_back(&mut self, descriptor: u32, until: Micros) {
        self.busy.push(Reverse((until, descriptor)));
    }
}
