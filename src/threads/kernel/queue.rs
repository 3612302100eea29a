//! The queue: how a thread waits for the lock, asks for it, is called, and gives up.
//!
//! # The life of one wait
//!
//! 1. The lock is not to be had (`State::admits`): the thread queues, and sleeps for as long as
//!    the policy says ([`Policy::patience`]).
//! 2. Its patience is over and the same thread still holds the lock: it asks, and sleeps again.
//! 3. The lock is dropped, and the policy chooses whom to call (`State::call_next`). Being
//!    called is not having it: a thread that came by may have been quicker, and the wake-up was for
//!    nothing.
//! 4. It leaves the queue: with the lock, or because its time is over, the lock was switched off,
//!    or the program has ended. Then whoever is next is called in its place.
//!
//! The invariants GIL-3 to GIL-5 are those of [`lock`](super::lock).
//!
//! Read next: [`world`](super::world).

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::lock::{Lock, State};
use super::policy::{Barging, ForcedSwitching, Party, Policy};
use super::thread::Thread;
use crate::sys::clock;
use crate::sys::prim::{MutexGuard, Wait};
use crate::trace::{self, Kind};

/// How long a waiter sleeps that would ask again at once, having asked already. It is called when
/// the lock is dropped, so this only bounds how late it notices another holder.
const ASKED_ALREADY: Duration = Duration::from_micros(50);

const QUEUED: &str = "a thread is in the queue from its first sleep until it leaves";

/// Who came later has the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// A thread in the queue.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) thread: Arc<Thread>,
    came_at_ns: u64,
    /// The lock was dropped and this waiter was woken for it.
    is_called: bool,
    /// It slept while another took the lock that it had given up: its interval counts from then.
    counts_from_take: bool,
}

/// What a thread that comes into the queue brings along.
#[derive(Default)]
pub(super) struct Wish {
    /// When it gives up.
    pub(super) deadline_ns: Option<u64>,
    /// Whom it has called, having just dropped the lock: to be woken once it is in the queue itself.
    pub(super) called: Option<Arc<Thread>>,
    /// It gave way because it was asked.
    pub(super) was_asked: bool,
}

/// Why a waiter leaves the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    WithTheLock,
    TooLate,
    /// The lock was switched off.
    SwitchedOff,
    /// The program is over, and the thread was a daemon.
    Refused,
}

/// What the policy says, for whoever asks under the mutex.
impl State {
    pub(super) fn ticks(&self) -> Option<NonZeroU32> {
        self.policy.as_ref().and_then(|policy| or_abort(|| policy.ticks()))
    }

    pub(super) fn forces_switches(&self) -> bool {
        let forced = |policy: &Arc<dyn Policy>| or_abort(|| policy.forced_switching());
        self.policy.as_ref().is_some_and(|policy| forced(policy) == ForcedSwitching::Yes)
    }
}

impl State {
    /// Puts `waiter` at the end of the queue.
    fn queue(&mut self, waiter: Waiter) -> Ticket {
        let last = self.waiting.last_key_value();
        let ticket = last.map_or(Ticket(0), |(Ticket(last), _)| Ticket(last + 1));
        self.waiting.insert(ticket, waiter);
        ticket
    }

    pub(super) fn is_waiting(&self, thread: &Arc<Thread>) -> bool {
        self.waiting.values().any(|waiter| Arc::ptr_eq(&waiter.thread, thread))
    }

    /// Tells whether `thread` has to let another go first. See GIL-2.
    fn must_let_pass(&self, thread: &Thread) -> bool {
        let mut others = self.waiting.values().filter(|other| other.thread.number != thread.number);
        self.owes_switch && self.was_last_held_by(thread) && others.next().is_some()
    }

    /// Tells whether `me` may take the lock.
    pub(super) fn admits(&self, me: &Arc<Thread>) -> bool {
        let Some(policy) = &self.policy else { return false };
        let is_free = !self.turn.holds && !self.is_stopped;
        is_free
            && !self.must_let_pass(me)
            && (self.waiting.is_empty()
                || or_abort(|| policy.barging()) == Barging::Allowed
                || self.next.as_ref().is_some_and(|next| Arc::ptr_eq(next, me)))
    }

    /// Chooses who is woken now that the lock is free.
    #[must_use = "a waiter that is called and not woken sleeps over a free lock"]
    pub(super) fn call_next(&mut self) -> Option<Arc<Thread>> {
        let last = self.waiting.len().checked_sub(1)?;
        let policy = self.policy.clone().filter(|_| !self.turn.holds && !self.is_stopped)?;
        let now_ns = clock::now_ns();
        let mut all = self.waiting.values().map(|waiter| waiter.party(now_ns));
        // INVARIANT: [GIL-2] one of them may have to let another go first.
        let barred = self.waiting.values().position(|waiter| self.must_let_pass(&waiter.thread));
        let chosen = match barred {
            None => or_abort(|| policy.choose(&mut all)),
            Some(barred) => {
                let mut others: Vec<Party> = all.collect();
                others.remove(barred);
                let chosen = or_abort(|| policy.choose(&mut others.into_iter()));
                let chosen = chosen.min(self.waiting.len() - 2);
                chosen + usize::from(chosen >= barred)
            }
        };
        // A policy is foreign code; one that points past the end means the last.
        let waiter = self.waiting.values_mut().nth(chosen.min(last))?;
        waiter.is_called = true;
        // Also where barging is allowed: a policy may think otherwise by the time that it is asked.
        self.next = Some(Arc::clone(&waiter.thread));
        Some(Arc::clone(&waiter.thread))
    }

    /// Returns how long `me` sleeps; `None`: until it is called.
    fn patience(&self, me: &Waiter) -> Option<Patience> {
        // A free lock that was promised to another is as good as taken by it.
        let (policy, holder) = (self.policy.as_ref()?, self.holder().or(self.next.as_ref())?);
        let now_ns = clock::now_ns();
        let held_ns = if self.turn.holds { now_ns.saturating_sub(self.taken_at_ns) } else { 0 };
        let held = Duration::from_nanos(held_ns);
        let holding = Party::new(holder.number, holder.last_drop(), held);
        let patience = or_abort(|| policy.patience(me.party(now_ns), holding))?;
        let again = patience.is_zero() && holder.is_asked_to_drop();
        let since = if me.counts_from_take { held } else { Duration::ZERO };
        let sleep = if again { ASKED_ALREADY } else { patience.saturating_sub(since) };
        Some(Patience { sleep, asks: !again })
    }
}

/// How long a waiter sleeps, and whether it asks the holder when nobody has called it by then.
struct Patience {
    sleep: Duration,
    asks: bool,
}

impl Waiter {
    fn party(&self, now_ns: u64) -> Party {
        let waited = Duration::from_nanos(now_ns.saturating_sub(self.came_at_ns));
        Party::new(self.thread.number, self.thread.last_drop(), waited)
    }
}

impl Lock {
    /// Sleeps until `me` may take the lock, and asks for it when its patience is over.
    pub(super) fn wait_until_admitted<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        me: &Arc<Thread>,
        Wish { deadline_ns, called, was_asked }: Wish,
    ) -> (MutexGuard<'a, State>, Left) {
        if state.policy.is_none() {
            return (state, Left::SwitchedOff);
        }
        trace::emit(Kind::GilWait, self.id, 0);
        me.tally.contended.add(1);
        let came_at_ns = clock::now_ns();
        let owed_at = (was_asked && state.must_let_pass(me)).then_some(state.switch_number);
        let thread = Arc::clone(me);
        let ticket =
            state.queue(Waiter { thread, came_at_ns, is_called: false, counts_from_take: false });
        if called.is_some() {
            // Not under the mutex: on one processor the one that was called runs at once, and needs it.
            drop(state);
            wake(called);
            state = self.again();
        }
        let left = loop {
            if state.policy.is_none() {
                break Left::SwitchedOff;
            } else if me.is_refused() {
                break Left::Refused;
            } else if state.admits(me) {
                break Left::WithTheLock;
            } else if deadline_ns.is_some_and(|deadline_ns| clock::now_ns() >= deadline_ns) {
                break Left::TooLate;
            }
            state = self.wait_one_interval(state, me, ticket, deadline_ns);
        };
        me.tally.waited(clock::now_ns() - came_at_ns);
        if left == Left::WithTheLock && owed_at.is_some_and(|then| then < state.switch_number) {
            trace::emit(Kind::GilSwitched, self.id, 0);
        }
        self.leave_queue(&mut state, me, ticket, left);
        (state, left)
    }

    /// Sleeps until called, or until the patience of `me` is over; then it asks the holder.
    fn wait_one_interval<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        me: &Arc<Thread>,
        ticket: Ticket,
        deadline_ns: Option<u64>,
    ) -> MutexGuard<'a, State> {
        let patience = state.patience(state.waiting.get(&ticket).expect(QUEUED));
        let until_deadline = deadline_ns
            .map(|deadline_ns| Duration::from_nanos(deadline_ns.saturating_sub(clock::now_ns())));
        let interval = patience.as_ref().map(|patience| patience.sleep);
        let sleep = interval.into_iter().chain(until_deadline).min();
        // INVARIANT: [GIL-4] a switch that comes while we sleep begins our interval anew.
        let (seen, owes) = (state.switch_number, state.must_let_pass(me));
        // STEP: wait-one-interval, sleep-until-called
        let ended;
        (state, ended) = match sleep {
            Some(sleep) => me.turn.wait_timeout(state, sleep),
            None => (me.turn.wait(state), Wait::Woken),
        };
        self.note_call(&mut state, me, ticket);
        // The one that we owe came first, and the interval began with it.
        let switch_number = state.switch_number;
        let waiter = state.waiting.get_mut(&ticket).expect(QUEUED);
        waiter.counts_from_take = owes && switch_number == seen + 1;
        let is_over = ended == Wait::TimedOut && sleep == interval;
        let asks = is_over && patience.is_some_and(|patience| patience.asks);
        if asks && state.turn.holds && state.switch_number == seen {
            self.ask_the_holder(&state, me);
            state = self.look_after_asking(state, me, ticket);
        }
        state
    }

    /// Notes whether `me` was called in vain.
    fn note_call(&self, state: &mut State, me: &Thread, ticket: Ticket) {
        let waiter = state.waiting.get_mut(&ticket).expect(QUEUED);
        let was_called = std::mem::take(&mut waiter.is_called);
        if was_called && state.turn.holds {
            trace::emit(Kind::GilWakeFailed, self.id, 0);
            me.tally.failed_wakeups.add(1);
        }
    }

    /// Looks for a while whether the holder has dropped the lock: a thread that computes comes to its
    /// next check point sooner than a sleeper wakes up. Only the first in the queue looks.
    fn look_after_asking<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        me: &Thread,
        ticket: Ticket,
    ) -> MutexGuard<'a, State> {
        let is_first = state.waiting.first_key_value().is_some_and(|(first, _)| *first == ticket);
        if !is_first {
            return state;
        }
        drop(state);
        self.after_asking.until(|| self.turn.looks_free() || me.is_refused());
        let mut state = self.again();
        self.note_call(&mut state, me, ticket);
        state
    }

    fn ask_the_holder(&self, state: &State, me: &Thread) {
        let Some(holder) = state.holder() else { return };
        trace::emit(Kind::GilDropRequest, self.id, holder.number);
        // STEP: ask
        // INVARIANT: [GIL-3] the lock is taken, and by this thread.
        holder.ask_to_drop();
        me.tally.drop_requests.add(1);
    }

    /// Takes `me` out of the queue.
    fn leave_queue(&self, state: &mut State, me: &Arc<Thread>, ticket: Ticket, left: Left) {
        // STEP: leave-queue
        state.waiting.remove(&ticket).expect(QUEUED);
        if left == Left::WithTheLock {
            return;
        }
        trace::emit(Kind::GilGiveUp, self.id, 0);
        if state.next.as_ref().is_some_and(|next| Arc::ptr_eq(next, me)) {
            state.next = None;
        }
        // INVARIANT: [GIL-3] nobody is left who asks.
        if state.waiting.is_empty() {
            state.last_holder.iter().for_each(|holder| holder.forget_request());
        }
        // INVARIANT: [GIL-5] perhaps the call was ours.
        wake(state.call_next());
    }
}

/// Asks a policy. One that panics, which the trait forbids, ends the process: the lock would be left
/// in no state that anybody could go on from.
fn or_abort<R>(ask: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| std::process::abort())
}

/// Wakes the thread that was called.
pub(super) fn wake(called: Option<Arc<Thread>>) {
    if let Some(thread) = called {
        thread.turn.notify_one();
    }
}
