//! `Semaphore` and `BoundedSemaphore`: item 21.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use trainyard::sys::Why;
use trainyard::threads::{BoundedSemaphore, Gil, Mode, Semaphore};

use crate::support::{INTERVAL, eventually, panic_of, short, turns};

#[test]
fn a_permit_that_is_not_there_is_refused_in_time() {
    let permits = Semaphore::default();
    let held = permits.acquire();
    let began = Instant::now();
    assert!(permits.try_acquire().is_none() && permits.acquire_timeout(INTERVAL).is_none());
    assert!(began.elapsed() >= INTERVAL);
    drop(held);
    assert_eq!((permits.available(), permits.acquire_timeout(INTERVAL).is_some()), (1, true));
}

/// Fails if a thread goes on without a permit, with the global lock on or off.
#[test]
fn no_more_threads_are_inside_than_there_are_permits() {
    for mode in [Mode::timed(INTERVAL), Mode::Off] {
        let (gil, permits) = (Gil::new(mode), Semaphore::new(3));
        let (now, most) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    gil.attach(|at| {
                        for _ in 0..turns(300) {
                            let permit = permits.acquire();
                            // ORDER: SeqCst, all: a witness owes its sight to nobody.
                            let inside = now.fetch_add(1, Ordering::SeqCst) + 1;
                            most.fetch_max(inside, Ordering::SeqCst);
                            // Others come meanwhile.
                            at.detach(Why::Native, thread::yield_now);
                            now.fetch_sub(1, Ordering::SeqCst);
                            drop(permit);
                            at.checkpoint();
                        }
                    });
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        assert_eq!(permits.available(), 3);
    }
}

/// Fails if a release of several wakes one, and nobody passes it on.
#[test]
fn a_release_of_several_wakes_as_many() {
    let (gil, permits, woken) = (short(), Semaphore::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                gil.attach(|_| permits.acquire().forget());
                woken.fetch_add(1, Ordering::Relaxed);
            });
        }
        permits.release(2);
        eventually("two wake up", || woken.load(Ordering::Relaxed) == 2);
        permits.release(3);
    });
    assert_eq!((woken.into_inner(), permits.available()), (5, 0));
}

#[test]
fn a_bounded_semaphore_refuses_what_it_never_had() {
    let seats = BoundedSemaphore::new(2);
    let held = seats.acquire();
    assert!(seats.release(2).is_err(), "all or none");
    assert_eq!((seats.release(1), seats.available()), (Ok(()), 2));
    // Somebody has released in its stead.
    drop(held);
    assert_eq!(seats.available(), 2);
    let error = seats.release(1).unwrap_err().to_string();
    assert_eq!(error, "a semaphore of 2 permits was released once too often");
}

#[test]
fn a_release_of_nothing_and_too_many_permits_are_mistakes() {
    let says = panic_of("nothing", || Semaphore::new(1).release(0));
    assert_eq!(says, "a semaphore releases one permit or more");
    let says = panic_of("too many", || _ = Semaphore::new(u32::MAX));
    assert_eq!(says, "a semaphore holds 2147483647 permits at most");
    let says = panic_of("one too many", || Semaphore::new(2_147_483_647).release(1));
    assert_eq!(says, "a semaphore holds 2147483647 permits at most");
}
