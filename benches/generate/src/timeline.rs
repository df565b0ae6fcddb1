//! What is still to come: lines that will be written and tasks that will be done, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Micros;
use crate::truth::Count;

/// The hosts that write the log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Host {
    Mx1,
    Mx2,
    Store1,
    Ldap1,
}

impl Host {
    pub fn name(self) -> &'static str {
        ["mx1", "mx2", "store1", "ldap1"][self as usize]
    }

    pub fn address(self) -> &'static str {
        ["192.0.2.11", "192.0.2.12", "192.0.2.21", "192.0.2.31"][self as usize]
    }
}

/// A line without its time, and what it adds to the truth.
pub struct Line {
    pub host: Host,
    pub text: String,
    pub counts: Vec<Count>,
}

pub enum What<T> {
    Line(Line),
    Task(T),
}

struct Event<T> {
    key: (Micros, u64),
    what: Box<What<T>>,
}

/// A queue of events; those of the same microsecond keep the order in which they were planned.
pub struct Timeline<T> {
    events: BinaryHeap<Reverse<Event<T>>>,
    planned: u64,
}

impl<T> Timeline<T> {
    pub fn new() -> Self {
        Self { events: BinaryHeap::new(), planned: 0 }
    }

    /// Plans a line.
    pub fn say(&mut self, at: Micros, host: Host, text: String, counts: &[Count]) {
        self.plan(at, What::Line(Line { host, text, counts: counts.to_vec() }));
    }

    /// Plans a task.
    pub fn later(&mut self, at: Micros, task: T) {
        self.plan(at, What::Task(task));
    }

    fn plan(&mut self, at: Micros, what: What<T>) {
        self.planned += 1;
        self.events.push(Reverse(Event { key: (at, self.planned), what: Box::new(what) }));
    }

    pub fn next(&mut self) -> Option<(Micros, What<T>)> {
        self.events.pop().map(|Reverse(event)| (event.key.0, *event.what))
    }
}

impl<T> PartialEq for Event<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Event<T> {}

impl<T> PartialOrd for Event<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Event<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}
