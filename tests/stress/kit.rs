//! What threads wait with: each orders plain data that nothing else protects.

use std::sync::Arc;
use std::time::Duration;

use trainyard::threads::{
    Attached, Barrier, BoundedSemaphore, Condition, Event, Gil, Lock, Mode, Queue, RLock,
};

use crate::runner::tests;
use crate::unguarded::Unguarded;
use crate::{in_threads, turns};

tests![
    stress_locks_and_permits_protect_plain_data_across_check_points,
    stress_a_queue_hands_plain_data_over_and_back,
    stress_a_barrier_and_an_event_order_plain_data,
    stress_a_condition_hands_plain_data_round,
];

/// Takes so many turns in each of `threads` threads, with the global lock on, and then with it off.
fn on_and_off(
    threads: usize,
    times: u64,
    turn: impl Fn(usize, u64, &mut Attached<'_>) + Send + Sync + 'static,
) {
    let turn = Arc::new(turn);
    for mode in [Mode::timed(Duration::from_micros(50)), Mode::Off] {
        let (gil, turn) = (Gil::new(mode), Arc::clone(&turn));
        in_threads(threads, move |me| {
            gil.attach(|at| (0..times).for_each(|number| turn(me, number, at)));
        });
    }
}

fn one_more(count: &Unguarded) {
    count.set(count.get() + 1);
}

/// `ThreadSanitizer` reports a race if one of the three lets two threads in, or hands nothing over.
fn stress_locks_and_permits_protect_plain_data_across_check_points() {
    let (lock, rlock, seat) = (Lock::new(()), RLock::new(), BoundedSemaphore::new(1));
    let counts = Arc::new([(); 3].map(|()| Unguarded::default()));
    let shared = Arc::clone(&counts);
    on_and_off(4, turns(5_000), move |_, _, at| {
        let held = lock.acquire();
        one_more(&shared[0]);
        at.checkpoint();
        drop(held);
        let (outer, inner) = (rlock.acquire(), rlock.acquire());
        one_more(&shared[1]);
        at.checkpoint();
        drop((outer, inner));
        let sits = seat.acquire();
        one_more(&shared[2]);
        at.checkpoint();
        drop(sits);
    });
    assert!(counts.iter().all(|count| count.get() == 8 * turns(5_000)));
}

/// `ThreadSanitizer` reports a race if a getter does not see what was done before the put.
fn stress_a_queue_hands_plain_data_over_and_back() {
    let (there, back) = (Queue::bounded(2), Queue::new());
    (0..4).for_each(|_| back.put(Unguarded::default()).expect("it is open"));
    let queues = Arc::new([there, back]);
    let shared = Arc::clone(&queues);
    on_and_off(4, turns(5_000), move |me, _, _| {
        let number = shared[(me + 1) % 2].get().expect("it is open");
        one_more(&number);
        shared[me % 2].put(number).expect("it is open");
    });
    let left = queues.each_ref().map(Queue::shutdown_now);
    assert_eq!(left.iter().flatten().map(Unguarded::get).sum::<u64>(), 8 * turns(5_000));
}

/// `ThreadSanitizer` reports a race if who passes does not see what others did before they came.
fn stress_a_barrier_and_an_event_order_plain_data() {
    let (barrier, event) = (Barrier::new(3), Event::new());
    let numbers = [(); 3].map(|()| Unguarded::default());
    on_and_off(3, turns(1_000), move |me, turn, _| {
        numbers[me].set(turn);
        barrier.wait().expect("nobody breaks it");
        assert!(numbers.iter().all(|number| number.get() == turn));
        barrier.wait().expect("nobody breaks it");
        if me == 0 {
            one_more(&numbers[0]);
            event.set();
        }
        event.wait();
        assert_eq!(numbers[0].get(), turn + 1);
        if barrier.wait() == Ok(2) {
            event.clear();
        }
        barrier.wait().expect("nobody breaks it");
    });
}

/// `ThreadSanitizer` reports a race if a wait comes back without the lock.
fn stress_a_condition_hands_plain_data_round() {
    let (lock, changed) = (Lock::new(0_u64), Condition::new());
    let count = Arc::new(Unguarded::default());
    let shared = Arc::clone(&count);
    on_and_off(3, turns(1_000), move |me, _, _| {
        let mut turn = lock.acquire();
        changed.wait_for(&mut turn, |turn| *turn % 3 == me as u64);
        one_more(&shared);
        *turn += 1;
        drop(turn);
        changed.notify_all();
    });
    assert_eq!(count.get(), 6 * turns(1_000));
}
