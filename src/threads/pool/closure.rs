//! A closure of any type that fits into the queue's own memory.
//!
//! `Box<dyn FnOnce>` costs an allocation by whoever submits, and a release by the worker, which in most
//! allocators is a turn in a lock that the two share. So a closure of a few words is queued as it is, beside
//! the two functions that know its type; a larger one is boxed first.
//!
//! # Invariants
//!
//! - **CLOSURE-1** `room` holds a value of the type that `calls` was made for, until `run` or the
//!   destructor takes it out.
#![expect(unsafe_code, reason = "a value whose type is known to two functions only")]

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};

use crate::threads::kernel::attach::Attached;

/// Room for a job's number, and a closure of two words that may be gone already.
type Room = [MaybeUninit<usize>; 4];

/// A program that runs once.
pub(super) struct Closure {
    room: Room,
    calls: &'static Calls,
}

/// What can be done with the closure in a room. Each takes it out.
struct Calls {
    run: unsafe fn(*mut Room, &mut Attached<'_>),
    drop: unsafe fn(*mut Room),
}

/// The calls for one type.
struct CallsOf<F>(PhantomData<F>);

impl<F: FnOnce(&mut Attached<'_>)> CallsOf<F> {
    const FITS: bool = size_of::<F>() <= size_of::<Room>() && align_of::<F>() <= align_of::<Room>();

    const CALLS: &'static Calls = &Calls {
        // SAFETY: [CLOSURE-1] is what a caller promises.
        run: |room, at| unsafe { room.cast::<F>().read()(at) },
        // SAFETY: as above.
        drop: |room| unsafe { room.cast::<F>().drop_in_place() },
    };
}

impl Closure {
    pub(super) fn new<F>(program: F) -> Self
    where
        F: FnOnce(&mut Attached<'_>) + Send + 'static,
    {
        // SAFETY: it borrows nothing.
        unsafe { Self::unbounded(program) }
    }

    /// As [`new`](Self::new), for a program that borrows.
    ///
    /// # Safety
    ///
    /// It must be run or dropped before what it borrows ends.
    pub(super) unsafe fn unbounded<F>(program: F) -> Self
    where
        F: FnOnce(&mut Attached<'_>) + Send,
    {
        if CallsOf::<F>::FITS { Self::in_place(program) } else { Self::in_place(Box::new(program)) }
    }

    fn in_place<F: FnOnce(&mut Attached<'_>) + Send>(program: F) -> Self {
        assert!(CallsOf::<F>::FITS, "whoever calls has looked");
        let mut room: Room = [MaybeUninit::uninit(); _];
        // SAFETY: it is large enough, and aligned.
        unsafe { room.as_mut_ptr().cast::<F>().write(program) };
        // INVARIANT: [CLOSURE-1]
        Self { room, calls: CallsOf::<F>::CALLS }
    }

    pub(super) fn run(self, at: &mut Attached<'_>) {
        let mut this = ManuallyDrop::new(self);
        let calls = this.calls;
        // SAFETY: [CLOSURE-1], and the destructor will not take it again.
        unsafe { (calls.run)(&raw mut this.room, at) };
    }
}

impl Drop for Closure {
    fn drop(&mut self) {
        // SAFETY: [CLOSURE-1]
        unsafe { (self.calls.drop)(&raw mut self.room) };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::threads::{Gil, Mode};

    /// A closure that counts as one more user of `token` while it exists, and holds so many words.
    fn holding<const WORDS: usize>(token: &Arc<()>) -> Closure {
        let (token, words) = (Arc::clone(token), [7_usize; WORDS]);
        Closure::new(move |_| {
            assert_eq!(words.iter().sum::<usize>() + Arc::strong_count(&token), 7 * WORDS + 2);
        })
    }

    #[test]
    fn a_closure_small_or_large_is_run_or_dropped_once() {
        let token = Arc::new(());
        for make in [holding::<0>, holding::<3>, holding::<4>, holding::<100>] {
            let (run, dropped) = (make(&token), make(&token));
            drop(dropped);
            Gil::new(Mode::Off).attach(|at| run.run(at));
            assert_eq!(Arc::strong_count(&token), 1);
        }
    }

    #[test]
    fn a_closure_that_wants_a_coarse_alignment_is_boxed() {
        #[repr(align(64))]
        struct Line(u8);
        let line = Line(5);
        let closure = Closure::new(move |_| {
            assert_eq!((&raw const line).addr() % 64 + usize::from(line.0), 5);
        });
        Gil::new(Mode::Off).attach(|at| closure.run(at));
    }
}
