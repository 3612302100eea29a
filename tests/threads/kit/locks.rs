//! `Lock` and `RLock`: items 14 to 18.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::threads::{Condition, Gil, Lock, Mode, RLock};

use crate::support::{AN_HOUR, INTERVAL, Inside, eventually, short, turns};

/// Items 14 and 16. Fails if a thread that gives up leaves the lock taken, or comes back too early.
#[test]
fn an_acquire_that_gives_up_waits_for_its_time_and_leaves_the_lock_as_it_was() {
    let lock = Lock::new(7);
    let guard = lock.acquire();
    assert!(lock.try_acquire().is_none() && lock.is_locked());
    let began = Instant::now();
    assert!(lock.acquire_timeout(INTERVAL * 3).is_none());
    assert!(began.elapsed() >= INTERVAL * 3);
    drop(guard);
    assert!(!lock.is_locked());
    assert_eq!(*lock.acquire_timeout(Duration::ZERO).expect("it is free"), 7);
    assert_eq!(*lock.try_acquire().expect("it is free"), 7);
}

/// Item 15. Fails if two threads are inside at once, with the global lock on or off.
#[test]
fn many_threads_enter_one_at_a_time_and_each_as_often_as_it_wants() {
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let (gil, lock, inside) = (Gil::new(mode), Lock::new(0), Inside::default());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    gil.attach(|at| {
                        for _ in 0..turns(500) {
                            let mut count = lock.acquire();
                            inside.visit();
                            at.checkpoint();
                            *count += 1;
                            drop(count);
                            at.checkpoint();
                        }
                    });
                });
            }
        });
        assert_eq!((inside.most(), lock.into_inner()), (1, 8 * turns(500)));
    }
}

/// Item 17. Fails to compile if a guard cannot be sent.
#[test]
fn a_lock_is_released_by_whichever_thread_has_its_guard() {
    let lock = Lock::new(());
    let guard = lock.acquire();
    thread::scope(|scope| scope.spawn(move || drop(guard)).join().unwrap());
    assert!(lock.try_acquire().is_some());
}

#[test]
fn a_panic_leaves_the_lock_free_and_the_value_as_it_is() {
    let lock = Arc::new(Lock::new(0));
    let theirs = Arc::clone(&lock);
    let thread = thread::spawn(move || {
        *theirs.acquire() += 1;
        let _held = theirs.acquire();
        panic!("under the lock");
    });
    assert!(thread.join().is_err());
    assert_eq!(*lock.acquire(), 1);
}

/// Item 18. Fails if a guard that is dropped releases the whole lock, or the last one does not.
#[test]
fn a_reentrant_lock_is_its_owners_until_the_last_guard_is_gone() {
    let lock = RLock::new();
    let refused = || {
        thread::scope(|scope| {
            scope.spawn(|| lock.try_acquire().is_none() && !lock.is_mine()).join().unwrap()
        })
    };
    let [first, second, third] = [(); 3].map(|()| lock.acquire());
    assert_eq!((lock.depth(), lock.is_locked(), lock.is_mine()), (3, true, true));
    drop(first);
    drop(third);
    assert!(refused() && lock.depth() == 1);
    drop(second);
    assert!(!refused() && !lock.is_locked());
}

/// Fails if the count of an owner that was contended for is another's.
#[test]
fn a_reentrant_lock_that_threads_fight_for_counts_for_each() {
    let (gil, lock, inside) = (short(), RLock::new(), Inside::default());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                gil.attach(|at| {
                    for _ in 0..turns(300) {
                        let outer = lock.acquire();
                        at.checkpoint();
                        let inner = lock.acquire_timeout(AN_HOUR).expect("it is ours");
                        assert_eq!(lock.depth(), 2);
                        inside.visit();
                        drop((outer, inner));
                        at.checkpoint();
                    }
                });
            });
        }
    });
    assert_eq!((inside.most(), lock.is_locked()), (1, false));
}

/// Item 18. Fails if a condition releases one guard of several: nobody could notify.
#[test]
fn a_condition_releases_a_reentrant_lock_whole_and_gives_it_back_as_deep() {
    let (lock, changed, notified) = (RLock::new(), Condition::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        let _outer = lock.acquire();
        let mut inner = lock.acquire();
        scope.spawn(|| {
            let _held = lock.acquire();
            notified.store(true, Ordering::Relaxed);
            changed.notify_one();
        });
        changed.wait(&mut inner);
        assert!(notified.load(Ordering::Relaxed));
        assert_eq!(lock.depth(), 2);
    });
}

/// Fails if a thread that waits for a `Lock` keeps the global one: its holder never comes back.
#[test]
fn a_holder_that_loses_the_global_lock_at_a_check_point_gets_it_back_from_those_who_wait() {
    let (gil, lock, waits) = (short(), Lock::new(()), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            gil.attach(|at| {
                let held = lock.acquire();
                eventually("both others have been here", || {
                    at.checkpoint();
                    waits.load(Ordering::Relaxed) == 2
                });
                drop(held);
            });
        });
        eventually("it is held", || lock.is_locked());
        for _ in 0..2 {
            scope.spawn(|| {
                gil.attach(|_| {
                    waits.fetch_add(1, Ordering::Relaxed);
                    drop(lock.acquire());
                });
            });
        }
    });
}
