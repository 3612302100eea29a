//! The reactor: how the kernel's news about sockets becomes wake-ups.
//!
//! # The life of one wait
//!
//! 1. A task's read says `EWOULDBLOCK`. The direction's `ready` is lowered, and the task's waker
//!    is left with it ([`Reactor::wait`]).
//! 2. The loop asks `epoll` what is new ([`Reactor::poll`]), or sleeps on it.
//! 3. Bytes arrive. The event's token names the source; `ready` is raised and the waker called.
//! 4. The task runs and reads until the kernel says `EWOULDBLOCK` again.
//!
//! # Invariants
//!
//! - **REACTOR-1** `ready` is a hint: true means "try". The truth is what the system call says.
//! - **REACTOR-2** `ready` is lowered only after `EWOULDBLOCK`. The edge-triggered `epoll` reports
//!   whatever arrives after that, so nothing that arrives is missed.
//! - **REACTOR-3** A token names one registration: its generation is never used again with its
//!   slot, so an event that was on its way when a socket was closed wakes nobody else. (Today none
//!   can be: events are taken in before any task runs, and a socket leaves `epoll` as it closes.)
//! - **REACTOR-4** A direction has one waiter; who waits borrows the direction mutably.
//!
//! # Why one thread makes this simple
//!
//! Between the system call of step 1 and the lowering nothing else runs, and events are taken in
//! only at step 2. What became ready in between is still with the kernel and comes with the next
//! look. Reactors that are shared between threads need a tick in each direction for this.
//!
//! # Not here
//!
//! Regular files: they are always "ready" and `epoll` refuses them (`EPERM`). Reading one blocks,
//! so it belongs on a thread.
//!
//! Read next: [`source`](super::source), the task's side of this.
#![forbid(unsafe_code)]

use std::io;
use std::task::Waker;
use std::time::Duration;

use mio::event::{Event, Source};
use mio::unix::SourceFd;
use mio::{Events, Interest, Token};
use slab::Slab;

use super::task::TaskId;
use crate::sys::timerfd::TimerFd;
use crate::sys::{Why, blocking, limits};
use crate::trace::{self, Kind};

/// The bell's and the timer's tokens: generations that a slot would reach last of all.
const BELL: Token = Token(usize::MAX);
const TIMER: Token = Token(usize::MAX - 1);

/// How many events one look takes in: libuv's number. What does not fit comes with the next.
const EVENTS_AT_ONCE: usize = 1024;

/// A direction of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// How long to wait for news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Not at all.
    Look,
    /// Until this moment, or for ever.
    Until(Option<u64>),
}

/// Names one registration: a slot, and which of its registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SourceId {
    slot: u32,
    generation: u32,
}

const _: () = assert!(usize::BITS == 64, "a token has room for a slot and a generation");

impl SourceId {
    fn token(self) -> Token {
        Token((self.generation as usize) << 32 | self.slot as usize)
    }

    #[expect(clippy::cast_possible_truncation, reason = "takes the packed token apart")]
    fn of(token: Token) -> Self {
        Self { slot: token.0 as u32, generation: (token.0 >> 32) as u32 }
    }
}

/// Everything that the loop waits for outside of itself.
pub(super) struct Reactor {
    poll: mio::Poll,
    events: Events,
    sources: Slab<Entry>,
    generations: u32,
    timer: TimerFd,
    /// What the timer is set to, until it has expired.
    timer_set_ns: Option<u64>,
}

struct Entry {
    generation: u32,
    read: Readiness,
    write: Readiness,
}

#[derive(Default)]
struct Readiness {
    ready: bool,
    waiter: Option<Waker>,
}

impl Reactor {
    /// Creates a reactor, and the bell that ends its sleep from other threads.
    pub(super) fn new() -> io::Result<(Self, mio::Waker)> {
        let poll = mio::Poll::new().map_err(limits::of_call("epoll_create1"))?;
        let bell = mio::Waker::new(poll.registry(), BELL).map_err(limits::of_call("eventfd"))?;
        let timer = TimerFd::new()?;
        poll.registry().register(&mut SourceFd(&timer.raw()), TIMER, Interest::READABLE)?;
        let events = Events::with_capacity(EVENTS_AT_ONCE);
        let (sources, generations, timer_set_ns) = (Slab::new(), 0, None);
        Ok((Self { poll, events, sources, generations, timer, timer_set_ns }, bell))
    }

    /// Starts to watch `source` in both directions.
    pub(super) fn add(&mut self, source: &mut impl Source) -> io::Result<SourceId> {
        let vacant = self.sources.vacant_entry();
        let slot = u32::try_from(vacant.key()).expect("no process has 2^32 descriptors");
        // INVARIANT: [REACTOR-3] 2^32 registrations pass before a pair repeats.
        self.generations = self.generations.wrapping_add(1) % (u32::MAX - 1);
        let id = SourceId { slot, generation: self.generations };
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(source, id.token(), interest)?;
        // INVARIANT: [REACTOR-1] nothing is known, so the first call may as well try.
        let readiness = || Readiness { ready: true, waiter: None };
        vacant.insert(Entry { generation: id.generation, read: readiness(), write: readiness() });
        Ok(id)
    }

    /// Forgets `source`; the wakers come back to be dropped when the reactor is free.
    pub(super) fn remove(&mut self, id: SourceId, source: &mut impl Source) -> [Option<Waker>; 2] {
        // A failure means that the descriptor is not registered, which is what we want.
        drop(self.poll.registry().deregister(source));
        let entry = self.sources.remove(id.slot as usize);
        [entry.read.waiter, entry.write.waiter]
    }

    /// Tells whether a call in this direction is worth trying.
    pub(super) fn is_ready(&mut self, id: SourceId, direction: Direction) -> bool {
        self.readiness(id, direction).ready
    }

    /// Notes that the kernel said `EWOULDBLOCK`.
    pub(super) fn clear(&mut self, id: SourceId, direction: Direction) {
        // INVARIANT: [REACTOR-2]
        self.readiness(id, direction).ready = false;
    }

    /// Leaves `waker` for the next event; the one before comes back, to be dropped outside.
    #[must_use]
    pub(super) fn wait(
        &mut self,
        id: SourceId,
        direction: Direction,
        waker: Waker,
        task: TaskId,
    ) -> Option<Waker> {
        trace::emit(Kind::IoWait, task.0, id.token().0 as u64);
        // INVARIANT: [REACTOR-4] whoever waited before has given up.
        self.readiness(id, direction).waiter.replace(waker)
    }

    /// Takes in the kernel's news, collects the wakers to call, and returns how many events came.
    ///
    /// # Errors
    ///
    /// Fails only if the poller itself is broken; an interrupted wait is one without events.
    pub(super) fn poll(&mut self, patience: Patience, ready: &mut Vec<Waker>) -> io::Result<usize> {
        match patience {
            // The bell and the timer have nothing to tell to a loop that is awake.
            Patience::Look if self.sources.is_empty() => return Ok(0),
            Patience::Look => self.wait_for_events(Some(Duration::ZERO))?,
            Patience::Until(deadline_ns) => {
                self.set_timer(deadline_ns)?;
                let why = if self.sources.is_empty() { Why::Sleep } else { Why::Io };
                // STEP: block
                blocking(why, || self.wait_for_events(None))?;
            }
        }
        Ok(self.take_in(ready))
    }

    /// Raises flags by the events that came, and returns how many came.
    fn take_in(&mut self, ready: &mut Vec<Waker>) -> usize {
        for event in &self.events {
            match event.token() {
                BELL => {}
                TIMER => self.timer_set_ns = None,
                _ => raise(&mut self.sources, event, ready),
            }
        }
        self.events.iter().count()
    }

    fn wait_for_events(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            // A signal is none of the kernel's news: mio has emptied `events` before the call.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            outcome => outcome,
        }
    }

    /// Makes the sleep end at `deadline_ns` at the latest.
    ///
    /// A timer that is set to an earlier moment stays: waking once for nothing costs less than a
    /// system call for each deadline that is cancelled in time, as most timeouts are.
    fn set_timer(&mut self, deadline_ns: Option<u64>) -> io::Result<()> {
        let Some(deadline_ns) = deadline_ns else { return Ok(()) };
        if self.timer_set_ns.is_none_or(|set_ns| deadline_ns < set_ns) {
            self.timer.set(deadline_ns)?;
            self.timer_set_ns = Some(deadline_ns);
        }
        Ok(())
    }

    fn readiness(&mut self, id: SourceId, direction: Direction) -> &mut Readiness {
        let entry = self.sources.get_mut(id.slot as usize);
        let entry = entry.filter(|entry| entry.generation == id.generation);
        let entry = entry.expect("REACTOR-3: a source is registered until it is dropped");
        match direction {
            Direction::Read => &mut entry.read,
            Direction::Write => &mut entry.write,
        }
    }
}

/// Raises the flags of one event's source.
fn raise(sources: &mut Slab<Entry>, event: &Event, ready: &mut Vec<Waker>) {
    let id = SourceId::of(event.token());
    let entry = sources.get_mut(id.slot as usize);
    // INVARIANT: [REACTOR-3] news for a socket that is closed meanwhile is dropped here.
    let Some(entry) = entry.filter(|entry| entry.generation == id.generation) else { return };
    trace::emit(Kind::IoReady, event.token().0 as u64, 0);
    // An error or a hang-up is for whoever asks next, in either direction.
    if event.is_readable() || event.is_read_closed() || event.is_error() {
        entry.read.ready = true;
        ready.extend(entry.read.waiter.take());
    }
    if event.is_writable() || event.is_write_closed() || event.is_error() {
        entry.write.ready = true;
        ready.extend(entry.write.waiter.take());
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    /// Returns a socket with a byte to read, and its peer.
    fn readable() -> (mio::net::UnixStream, UnixStream) {
        let (socket, mut peer) = UnixStream::pair().expect("a test has descriptors");
        socket.set_nonblocking(true).expect("a socket can be made so");
        io::Write::write_all(&mut peer, b"x").expect("there is room for a byte");
        (mio::net::UnixStream::from_std(socket), peer)
    }

    /// Fails if `raise` looks sources up by their slot alone.
    #[test]
    fn news_for_a_closed_socket_is_not_for_the_next_owner_of_its_slot() {
        let (mut reactor, _bell) = Reactor::new().unwrap();
        let (mut closed, _peer) = readable();
        let closed_id = reactor.add(&mut closed).unwrap();
        reactor.wait_for_events(None).unwrap();
        drop(reactor.remove(closed_id, &mut closed));

        let (mut next, _peer) = readable();
        let next_id = reactor.add(&mut next).unwrap();
        assert_eq!((next_id.slot, next_id != closed_id), (closed_id.slot, true));
        reactor.clear(next_id, Direction::Read);
        assert!(reactor.wait(next_id, Direction::Read, Waker::noop().clone(), TaskId(1)).is_none());
        let mut ready = Vec::new();
        assert_eq!(reactor.take_in(&mut ready), 1);
        assert!(ready.is_empty() && !reactor.is_ready(next_id, Direction::Read));

        // Its own news arrives.
        reactor.poll(Patience::Until(None), &mut ready).unwrap();
        assert!(ready.len() == 1 && reactor.is_ready(next_id, Direction::Read));
    }

    /// Fails (hangs) if `set_timer` believes a setting that has expired.
    #[test]
    fn a_sleep_ends_at_its_deadline_each_time() {
        let (mut reactor, _bell) = Reactor::new().unwrap();
        for _ in 0..3 {
            let deadline_ns = crate::sys::clock::now_ns() + 1_000_000;
            let news = reactor.poll(Patience::Until(Some(deadline_ns)), &mut Vec::new()).unwrap();
            assert_eq!(news, 1);
            assert!(crate::sys::clock::now_ns() >= deadline_ns);
        }
    }
}
