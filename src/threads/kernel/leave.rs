//! Giving the lock up: of one's own accord, and at a check point.
//!
//! In both cases the lock is marked free, and who waits is called. A thread that gives way at a check
//! point wants the lock again at once: it queues in the same turn of the mutex in which it marks the lock
//! free, so that whoever was called finds it waiting.
//!
//! The invariants GIL-1 to GIL-6 are those of [`lock`](super::lock).
//!
//! Read next: [`queue`](super::queue).

use std::sync::Arc;

use super::lock::{Lock, State, Taken, sleep_for_ever};
use super::policy::Cause;
use super::queue::{Wish, wake};
use super::thread::{Exit, Thread};
use crate::sys::{clock, errno};
use crate::trace::{self, Kind};

impl Lock {
    /// Gives the lock up, for as long as the thread likes.
    ///
    /// Nobody waits here for the switch that the thread may owe, unlike in CPython, where a system call
    /// can begin one hand-off late: the thread waits for it when it wants the lock again.
    #[inline]
    pub(super) fn leave(&self, me: &Arc<Thread>, cause: Cause) {
        let may_leave = self.turn.may_leave(me.number);
        if may_leave {
            self.note_drop(cause);
            // STEP: leave-the-turn
            if self.turn.leave(me.number) {
                me.dropped(cause, 0);
                return;
            }
        }
        self.leave_closed(me, cause, may_leave);
    }

    #[cold]
    fn leave_closed(&self, me: &Arc<Thread>, cause: Cause, is_told: bool) {
        // At a check point nobody expects it to change.
        let _errno = errno::keep();
        if !self.is_on() {
            trace::emit(Kind::GilLeave, self.id, 0);
            self.exit(me);
            return;
        }
        let mut state = self.state();
        let called = self.mark_free(&mut state, me, cause, is_told);
        self.release(state);
        // Not under the mutex: on one processor the waiter runs at once, and needs it.
        wake(called);
    }

    /// Gives the lock up at a check point, and takes it again.
    pub(super) fn give_way(&self, me: &Arc<Thread>, cause: Cause) {
        let _errno = errno::keep();
        let mut called = None;
        let mut taken = None;
        if self.is_on() {
            let mut state = self.state();
            called = self.mark_free(&mut state, me, cause, false);
            if me.is_refused() {
                self.release(state);
                wake(called);
                sleep_for_ever();
            } else if state.admits(me) {
                // Whoever was called is woken even if I take the lock straight back, and may find it
                // taken.
                self.release(state);
            } else {
                let was_asked = cause == Cause::Asked;
                let wish = Wish { called: called.take(), was_asked, deadline_ns: None };
                taken = self.take_turn(state, me, wish);
            }
        } else {
            self.leave(me, cause);
        }
        wake(called);
        let taken = taken.unwrap_or_else(|| self.take(me, None));
        assert_eq!(taken, Taken::Yes, "without a deadline nobody comes too late");
    }

    #[inline]
    fn note_drop(&self, cause: Cause) {
        trace::emit(Kind::GilDrop, self.id, cause as u64);
    }

    /// Marks the lock free, and chooses who is called. Under the mutex.
    fn mark_free(
        &self,
        state: &mut State,
        me: &Arc<Thread>,
        cause: Cause,
        is_told: bool,
    ) -> Option<Arc<Thread>> {
        assert!(
            state.turn.holds && state.was_last_held_by(me),
            "GIL-1: thread {} drops a lock that {} holds",
            me.name,
            state.holder().map_or("nobody", |holder| &holder.name)
        );
        if !is_told {
            self.note_drop(cause);
        }
        // STEP: mark-free, leave-turn, pass-the-turn-on
        state.turn.holds = false;
        self.turn.set(state.turn);
        let hold_ns = if state.keeps_time { clock::now_ns() - state.taken_at_ns } else { 0 };
        me.dropped(cause, hold_ns);
        if state.is_stopped {
            self.halted.notify_all();
        }
        // INVARIANT: [GIL-2]
        state.owes_switch = me.is_asked_to_drop() && state.forces_switches();
        // INVARIANT: [GIL-3] it was asked for, and here it is.
        me.forget_request();
        state.call_next()
    }

    /// Ceases to run attached while the lock is off.
    pub(super) fn exit(&self, me: &Thread) {
        if me.exit() == Exit::TellTheStopper {
            // STEP: tell-the-stopper
            // Under the mutex, so that whoever stops the world is asleep, or has yet to look.
            let state = self.again();
            self.halted.notify_all();
            drop(state);
        }
    }
}
