//! `Event`: item 19.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use trainyard::threads::{Event, Gil, Mode, Standing, Waited};

use crate::support::{AN_HOUR, INTERVAL, await_standing, eventually, named, without_hanging};

/// Fails if a waiter looks at the flag when it wakes up, and sleeps again over one that is cleared.
#[test]
fn an_event_that_is_set_and_cleared_at_once_wakes_all_who_wait() {
    without_hanging(|| {
        for _ in 0..20 {
            let (gil, event, woken) =
                (Gil::new(Mode::timed(AN_HOUR)), Event::new(), AtomicU32::new(0));
            let is_in = AtomicU32::new(0);
            thread::scope(|scope| {
                let names = ["a", "b", "c", "d", "e"];
                for name in names {
                    named(scope, name, || {
                        gil.attach(|_| {
                            is_in.fetch_add(1, Ordering::Relaxed);
                            event.wait();
                        });
                        woken.fetch_add(1, Ordering::Relaxed);
                    });
                }
                eventually("all are in", || is_in.load(Ordering::Relaxed) == 5);
                for name in names {
                    await_standing(&gil, name, Standing::Detached);
                }
                event.set();
                event.clear();
                eventually("all wake up", || woken.load(Ordering::Relaxed) == 5);
            });
            assert!(!event.is_set());
        }
    });
}

#[test]
fn an_event_that_is_set_is_not_waited_for_and_one_that_is_clear_is_given_up() {
    let event = Event::new();
    let began = Instant::now();
    assert_eq!(event.wait_timeout(INTERVAL), Waited::TooLate);
    assert!(began.elapsed() >= INTERVAL);
    event.set();
    event.set();
    event.wait();
    assert_eq!((event.wait_timeout(AN_HOUR), event.is_set()), (Waited::InTime, true));
    event.clear();
    event.clear();
    assert_eq!((event.wait_timeout(INTERVAL), event.is_set()), (Waited::TooLate, false));
}
