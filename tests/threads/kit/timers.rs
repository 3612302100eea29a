//! `Timer`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use trainyard::threads::{self, Timer};

use crate::support::{AN_HOUR, INTERVAL, short};

/// Fails if a timer fires early, twice, or not at all; `run` waits for it.
#[test]
fn a_timer_fires_once_and_not_before_its_time() {
    let (fired, began) = (Arc::new(AtomicU32::new(0)), Instant::now());
    threads::run(|| {
        let count = Arc::clone(&fired);
        let fire = move |_: &mut threads::Attached<'_>| {
            assert!(began.elapsed() >= INTERVAL * 5);
            count.fetch_add(1, Ordering::Relaxed);
        };
        drop(Timer::start(&short(), INTERVAL * 5, fire).unwrap());
    });
    assert_eq!(fired.load(Ordering::Relaxed), 1);
}

/// Hangs, for an hour, if a cancelled timer waits on.
#[test]
fn a_timer_that_is_cancelled_ends_at_once_and_one_that_has_fired_says_that_it_is_too_late() {
    threads::run(|| {
        let late = Timer::start(&short(), AN_HOUR, |_| unreachable!("it is cancelled")).unwrap();
        assert!(late.cancel() && !late.cancel());
        let soon = Timer::start(&short(), Duration::ZERO, |_| ()).unwrap();
        soon.thread().join();
        assert!(!soon.cancel() && !soon.thread().is_alive());
    });
}
