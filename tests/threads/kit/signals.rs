//! Signals: item 23. A handler runs in the thread that waits, and the wait goes on.
#![expect(unsafe_code, reason = "handles a signal")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use nix::sys::pthread::{pthread_kill, pthread_self};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use trainyard::threads::{
    self, Barrier, Condition, Event, Lock, Queue, RLock, Semaphore, Standing, Waited,
};

use crate::support::{INTERVAL, await_standing, eventually, named, short, without_hanging};

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: i32) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Runs `wait` in a thread, and meanwhile `act` with a way to send it a signal, and to see it done.
fn beside(wait: impl FnOnce() + Send, act: impl FnOnce(&dyn Fn(), &dyn Fn() -> bool)) {
    let (is_done, may_end) = (AtomicBool::new(false), Event::new());
    thread::scope(|scope| {
        let (sends, receives) = mpsc::channel();
        let (done, may_end) = (&is_done, &may_end);
        scope.spawn(move || {
            sends.send(pthread_self()).unwrap();
            wait();
            done.store(true, Ordering::Relaxed);
            // A thread that has ended can be sent no signal.
            may_end.wait();
        });
        let waiter = receives.recv().unwrap();
        act(&|| pthread_kill(waiter, Signal::SIGUSR2).unwrap(), &|| done.load(Ordering::Relaxed));
        eventually("it ends", || done.load(Ordering::Relaxed));
        may_end.set();
    });
}

/// Sends signals to the thread that waits, and ends the wait when ten were handled.
fn check_goes_on(wait: impl FnOnce() + Send, end: impl FnOnce()) {
    beside(wait, |signal, is_done| {
        let before = HANDLED.load(Ordering::Relaxed);
        eventually("ten signals were handled", || {
            signal();
            HANDLED.load(Ordering::Relaxed) >= before + 10
        });
        assert!(!is_done(), "a signal has ended the wait");
        end();
    });
}

fn handle_signals() {
    let action = SigAction::new(SigHandler::Handler(count), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler adds to an atomic number, which is allowed at any moment.
    unsafe { sigaction(Signal::SIGUSR2, &action) }.unwrap();
}

/// Fails if a wait ends because a signal was handled.
#[test]
fn a_signal_that_is_handled_ends_no_wait() {
    handle_signals();
    without_hanging(|| {
        let (lock, permits, event) = (Lock::new(()), Semaphore::new(0), Event::new());
        let guard = lock.acquire();
        check_goes_on(|| drop(lock.acquire()), || drop(guard));
        check_goes_on(|| permits.acquire().forget(), || permits.release(1));
        check_goes_on(|| event.wait(), || event.set());
        let (queue, changed, barrier) = (Queue::new(), Condition::new(), Barrier::new(2));
        check_goes_on(|| assert_eq!(queue.get(), Ok(1)), || queue.put(1).unwrap());
        let notify = || {
            eventually("it waits", || changed.waiting() == 1);
            changed.notify_one();
        };
        check_goes_on(|| changed.wait(&mut lock.acquire()), notify);
        check_goes_on(|| assert_eq!(barrier.wait(), Ok(0)), || assert_eq!(barrier.wait(), Ok(1)));
        let (rlock, full) = (RLock::new(), Queue::bounded(1));
        let guard = rlock.acquire();
        check_goes_on(|| drop(rlock.acquire()), || drop(guard));
        full.put(1).unwrap();
        check_goes_on(|| full.put(2).unwrap(), || assert_eq!(full.get(), Ok(1)));
        let done = || (0..2).for_each(|_| full.task_done().unwrap());
        check_goes_on(|| full.join(), done);
        threads::run(|| {
            let stop = Arc::new(Event::new());
            let stopped = Arc::clone(&stop);
            let worker = threads::spawn(&short(), "worker", move |_| stopped.wait()).unwrap();
            check_goes_on(|| worker.join().unwrap(), || stop.set());
        });
    });
}

/// The same for the global lock: fails if a signal lets the waiter in beside the holder, or out.
#[test]
fn a_signal_that_is_handled_ends_no_wait_for_the_global_lock() {
    handle_signals();
    without_hanging(|| {
        let (gil, leave, is_inside) = (short(), std::sync::Barrier::new(2), AtomicBool::new(false));
        thread::scope(|scope| {
            named(scope, "holder", || {
                gil.attach(|_| {
                    leave.wait();
                    assert!(!is_inside.load(Ordering::Relaxed), "two are inside");
                });
            });
            await_standing(&gil, "holder", Standing::Running);
            let wait = || gil.attach(|_| is_inside.store(true, Ordering::Relaxed));
            check_goes_on(wait, || _ = leave.wait());
        });
        assert_eq!(gil.counters().acquisitions, 2);
    });
}

/// Hangs if a wait begins its time anew after each signal; fails if it comes back before its time.
#[test]
fn a_wait_that_signals_interrupt_ends_when_its_time_is_over() {
    handle_signals();
    without_hanging(|| {
        let (event, began) = (Event::new(), Instant::now());
        let wait = || {
            assert_eq!(event.wait_timeout(INTERVAL * 20), Waited::TooLate);
            assert!(began.elapsed() >= INTERVAL * 20);
        };
        beside(wait, |signal, is_done| {
            eventually("its time is over", || {
                signal();
                is_done()
            });
        });
    });
}
