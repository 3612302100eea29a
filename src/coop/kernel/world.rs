//! The world outside the loop: time, and news from the kernel. A real one and a virtual one.
//!
//! In the virtual world no real time passes. When nothing is ready, the clock jumps to the next
//! deadline; when there is none, nobody can ever wake the loop again, and that is a
//! [`News::Deadlock`]. Together with a drawn order of ready tasks (see
//! [`run_queue`](super::run_queue)) a run depends on its seed alone, and an hour takes a moment.
//!
//! # Not here
//!
//! Sockets in the virtual world: their peers live in real time. Making one is an error.
//!
//! Read next: [`scheduler`](super::scheduler).
#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::task::Waker;

use super::inbox::Bell;
use super::reactor::{Patience, Reactor};
use super::run_queue::{Order, Random};
use super::settings::Time;
use crate::sys::clock;

/// Where time and news come from.
pub(super) enum World {
    Real(RefCell<Reactor>),
    Virtual { now_ns: Cell<u64>, seed: u64 },
}

/// What came of a wait.
#[must_use = "a deadlock has to be reported"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// So many events; what they woke is in the caller's list.
    Events(u64),
    /// Nothing can happen any more. The seed repeats the run.
    Deadlock { seed: u64 },
}

impl World {
    /// Creates a world, and the bell that other threads ring.
    pub(super) fn new(time: Time) -> io::Result<(Self, Bell)> {
        match time {
            Time::Real => {
                let (reactor, bell) = Reactor::new()?;
                Ok((Self::Real(RefCell::new(reactor)), Bell::Eventfd(bell)))
            }
            Time::Virtual { seed } => {
                Ok((Self::Virtual { now_ns: Cell::new(0), seed }, Bell::Silent))
            }
        }
    }

    /// Returns the order in which ready tasks run in this world.
    pub(super) fn order(&self) -> Order {
        match self {
            Self::Real(_) => Order::Fifo,
            Self::Virtual { seed, .. } => Order::Drawn(Random::new(*seed)),
        }
    }

    pub(super) fn now_ns(&self) -> u64 {
        match self {
            Self::Real(_) => clock::now_ns(),
            Self::Virtual { now_ns, .. } => now_ns.get(),
        }
    }

    /// Returns what sockets register with.
    pub(super) fn reactor(&self) -> io::Result<&RefCell<Reactor>> {
        match self {
            Self::Real(reactor) => Ok(reactor),
            Self::Virtual { .. } => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a loop on virtual time has no sockets: their peers live in real time",
            )),
        }
    }

    /// Waits for news, and collects the wakers to call in `ready`.
    ///
    /// # Panics
    ///
    /// Panics if the kernel's poller is broken: without it the loop would hang without a word.
    pub(super) fn wait(&self, patience: Patience, ready: &mut Vec<Waker>) -> News {
        match (self, patience) {
            (Self::Real(reactor), _) => match reactor.borrow_mut().poll(patience, ready) {
                Ok(count) => News::Events(count as u64),
                Err(error) => panic!("the event loop cannot poll: {error}"),
            },
            (Self::Virtual { .. }, Patience::Look) => News::Events(0),
            (Self::Virtual { now_ns, .. }, Patience::Until(Some(deadline_ns))) => {
                now_ns.set(now_ns.get().max(deadline_ns));
                News::Events(0)
            }
            (Self::Virtual { seed, .. }, Patience::Until(None)) => News::Deadlock { seed: *seed },
        }
    }
}
