//! Time on the loop: nothing fires early, everything fires in order, and on virtual time an hour
//! takes a moment and a seed repeats a run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cell::RefCell;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

#[cfg(not(sanitized))]
use proptest::prelude::*;
use trainyard::coop::{self, Builder, Elapsed};
use trainyard::handle;
use trainyard::sys::{Why, blocking, clock};

const HOUR: Duration = Duration::from_hours(1);
const MS: Duration = Duration::from_millis(1);

/// Runs `future` on virtual time; a test that fails prints the seed.
#[expect(clippy::print_stdout, reason = "the harness shows it if the test fails")]
fn on_virtual_time<F: Future>(seed: u64, future: F) -> F::Output {
    println!("seed {seed}");
    Builder::new().virtual_time(seed).build().unwrap().block_on(future)
}

#[test]
fn a_real_sleep_never_ends_early() {
    coop::run(async {
        for micros in [0, 1, 50, 333, 1_500] {
            let asked = Duration::from_micros(micros);
            let begin_ns = clock::now_ns();
            coop::sleep(asked).await;
            assert!(Duration::from_nanos(clock::now_ns() - begin_ns) >= asked);
        }
    });
}

/// Fails if the sleep is left to epoll's timeout, which counts in milliseconds.
#[test]
fn a_real_sleep_of_100_microseconds_is_late_by_less_than_a_millisecond_at_its_best() {
    let late = |_| {
        let begin_ns = clock::now_ns();
        coop::run(async { coop::sleep(Duration::from_micros(100)).await });
        clock::now_ns() - begin_ns - 100_000
    };
    let best_ns = (0..50).map(late).min().unwrap();
    assert!(best_ns < 800_000, "late by {best_ns} ns at best, loop's start and end included");
}

/// Fails if the kernel's timer is left at the deadline of the sleep before.
#[test]
fn a_deadline_that_comes_up_after_the_loop_slept_to_a_later_one_is_kept() {
    let begin_ns = clock::now_ns();
    coop::run(async {
        let late = coop::spawn(coop::sleep(HOUR));
        // The loop sleeps, to a deadline in an hour, until the other thread answers.
        let (promise, answer) = handle::job();
        let thread = std::thread::spawn(move || {
            blocking(Why::Sleep, || std::thread::park_timeout(20 * MS));
            promise.fulfil(Ok(()));
        });
        answer.await.unwrap();
        thread.join().unwrap();
        coop::sleep(MS).await;
        late.abort();
    });
    assert!(clock::now_ns() - begin_ns < 1_000_000_000, "it waited for the later deadline");
}

/// Fails if a dropped sleep leaves its timer behind: time then jumps to a deadline that nobody
/// waits for.
#[test]
fn a_sleep_that_is_dropped_is_forgotten() {
    let mut runtime = Builder::new().virtual_time(1).build().unwrap();
    let begin = runtime.block_on(async {
        let sleeper = coop::spawn(coop::sleep(HOUR));
        coop::yield_now().await;
        sleeper.abort();
        coop::now()
    });
    let deadlock = catch_unwind(AssertUnwindSafe(|| runtime.block_on(pending::<()>())));
    assert!(deadlock.is_err());
    assert_eq!(runtime.block_on(async { coop::now() }), begin);
}

#[test]
#[should_panic(expected = "the sleep belongs to another event loop")]
fn a_sleep_is_refused_by_a_loop_that_would_not_wake_it() {
    let mut sleep = None;
    coop::run(async { sleep = Some(coop::sleep(HOUR)) });
    coop::run(sleep.unwrap());
}

#[test]
fn an_hour_of_virtual_time_takes_a_moment() {
    let begin_ns = clock::now_ns();
    let passed = on_virtual_time(1, async {
        let begin = coop::now();
        coop::sleep(HOUR).await;
        coop::now() - begin
    });
    assert_eq!(passed, HOUR);
    assert!(clock::now_ns() - begin_ns < 1_000_000_000);
}

#[test]
fn a_sleep_of_the_longest_duration_is_cut_off_and_never_ends() {
    on_virtual_time(1, async {
        let task = coop::spawn(coop::sleep(Duration::MAX));
        coop::sleep(100 * 365 * 24 * HOUR).await;
        assert!(!task.is_finished());
    });
    // The real timer takes it too.
    coop::run(async {
        assert!(coop::timeout(MS, coop::sleep(Duration::MAX)).await.is_err());
    });
}

#[cfg(not(sanitized))]
proptest! {
    /// Fails if a timer fires early, late or out of order: virtual time is exact.
    #[test]
    fn on_virtual_time_every_sleep_ends_at_its_own_nanosecond_and_in_order(
        seed: u64,
        naps in prop::collection::vec((0_u64..50, prop::bool::ANY), 1..60),
    ) {
        let order = Rc::new(RefCell::new(Vec::new()));
        on_virtual_time(seed, async {
            let begin = coop::now();
            let mut tasks = Vec::new();
            for &(nap_ns, cancelled) in &naps {
                let order = Rc::clone(&order);
                let task = coop::spawn(async move {
                    coop::sleep_until(begin + Duration::from_nanos(nap_ns)).await;
                    assert_eq!(coop::now() - begin, Duration::from_nanos(nap_ns));
                    order.borrow_mut().push(nap_ns);
                });
                if cancelled { task.abort() } else { tasks.push(task) }
            }
            coop::join_all(tasks).await.into_iter().for_each(Result::unwrap);
        });
        let mut expected: Vec<u64> =
            naps.iter().filter(|(_, cancelled)| !cancelled).map(|(nap_ns, _)| *nap_ns).collect();
        expected.sort_unstable();
        prop_assert_eq!(&*order.borrow(), &expected);
    }
}

/// Returns the order in which ten tasks that are ready together run on this seed.
fn drawn_order(seed: u64) -> Vec<u32> {
    let order = Rc::new(RefCell::new(Vec::new()));
    on_virtual_time(seed, async {
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let order = Rc::clone(&order);
                coop::spawn(async move { order.borrow_mut().push(number) })
            })
            .collect();
        coop::join_all(tasks).await;
    });
    order.take()
}

#[test]
fn a_seed_draws_an_order_and_draws_it_again() {
    let orders: Vec<_> = (0..20).map(drawn_order).collect();
    assert_eq!(orders, (0..20).map(drawn_order).collect::<Vec<_>>());
    let mut different = orders;
    different.sort();
    different.dedup();
    assert!(different.len() > 10, "twenty seeds draw {} orders", different.len());
}

#[test]
fn tasks_that_are_ready_together_run_in_the_order_they_came_on_real_time() {
    let order = Rc::new(RefCell::new(Vec::new()));
    coop::run(coop::join_all((0..200).map(|number| {
        let order = Rc::clone(&order);
        async move {
            let inner = Rc::clone(&order);
            coop::spawn(async move { inner.borrow_mut().push(number) }).await.unwrap();
        }
    })));
    assert!(order.borrow().iter().copied().eq(0..200));
}

#[test]
fn a_deadlock_on_virtual_time_names_the_tasks_and_the_seed() {
    let payload = catch_unwind(AssertUnwindSafe(|| {
        on_virtual_time(7, async {
            let lost = coop::spawn(pending::<()>());
            lost.await.unwrap();
        });
    }))
    .unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    let mut lines = text.lines();
    let first = lines.next().unwrap();
    assert_eq!(
        first,
        "deadlock on virtual time (seed 7): nothing is ready, no deadline is set, and 2 tasks wait"
    );
    let (root, lost) = (lines.next().unwrap(), lines.next().unwrap());
    assert!(root.contains("coop/time.rs") && root.contains("waits for task"), "{text}");
    assert!(lost.contains("coop/time.rs") && lost.ends_with("waits to be woken"), "{text}");
}

#[test]
fn a_timeout_drops_what_is_late_and_passes_on_what_is_not() {
    struct NotesDrop(Rc<RefCell<bool>>);
    impl Drop for NotesDrop {
        fn drop(&mut self) {
            *self.0.borrow_mut() = true;
        }
    }
    on_virtual_time(1, async {
        assert_eq!(coop::timeout(HOUR, async { 7 }).await, Ok(7));
        let dropped = Rc::default();
        let held = NotesDrop(Rc::clone(&dropped));
        let late = coop::timeout(HOUR, async move {
            let _held = held;
            coop::sleep(2 * HOUR).await;
        });
        let error: Elapsed = late.await.unwrap_err();
        assert!(*dropped.borrow());
        assert_eq!(error.to_string(), "the future was not done within 3600s");
        // Ready at the last moment, and at once.
        assert!(coop::timeout(HOUR, coop::sleep(HOUR)).await.is_ok());
        assert_eq!(coop::timeout(Duration::ZERO, async { 7 }).await, Ok(7));
    });
}

#[test]
fn an_interval_stays_in_step_and_leaves_out_what_was_missed() {
    on_virtual_time(1, async {
        let begin = coop::now();
        let mut interval = coop::interval(10 * MS);
        let mut beats = Vec::new();
        for work in [0, 3, 25, 10, 0] {
            interval.tick().await;
            beats.push((coop::now() - begin).as_millis());
            coop::sleep(work * MS).await;
        }
        // The third beat's work ends at 55: the beat of 40 is late, that of 50 left out. The
        // fourth's ends at 65, late for the beat of 60.
        assert_eq!(beats, [10, 20, 30, 55, 65]);
    });
}

#[test]
fn a_slow_poll_is_named_with_the_line_that_spawned_it() {
    let slow: Rc<RefCell<Vec<(u32, Duration)>>> = Rc::default();
    let report = Rc::clone(&slow);
    let mut runtime = Builder::new()
        .slow_poll(2 * MS, move |poll| {
            report.borrow_mut().push((poll.spawned_at.line(), poll.took));
        })
        .build()
        .unwrap();
    let line = runtime.block_on(async {
        let line = line!() + 1;
        let task = coop::spawn(async {
            let end_ns = clock::now_ns() + 2_000_000;
            while clock::now_ns() < end_ns {}
        });
        task.await.unwrap();
        line
    });
    assert!(slow.borrow().iter().any(|&(at, took)| at == line && took >= 2 * MS), "{slow:?}");
}

#[test]
fn a_report_that_panics_costs_no_task_its_answer() {
    let mut runtime =
        Builder::new().slow_poll(Duration::ZERO, |_| panic!("report")).build().unwrap();
    assert_eq!(runtime.block_on(async { coop::spawn(async { 7 }).await.unwrap() }), 7);
}
