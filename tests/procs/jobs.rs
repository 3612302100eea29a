//! Jobs that end well, or fail by themselves.
#![expect(unsafe_code, reason = "makes a function of a library's address")]

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use trainyard::handle::{JobError, as_completed};
use trainyard::procs::{Pool, Reader, Wire, WireError, Writer};

use crate::runner::tests;

tests![
    a_job_runs_in_another_process_and_its_answer_comes_back,
    the_answers_of_a_map_come_in_the_order_of_its_arguments,
    a_map_that_is_dropped_cancels_what_has_not_started,
    a_global_that_a_job_changes_does_not_change_here,
    a_panic_fails_its_own_job,
    the_initializer_has_run_before_a_workers_first_job,
    large_payloads_cross_both_ways_on_all_workers,
    a_value_that_is_too_large_fails_its_own_job,
    a_value_that_does_not_decode_fails_its_own_job,
    an_answer_whose_decoding_panics_fails_its_own_job,
    a_function_of_a_library_is_refused,
    jobs_that_wait_in_the_socket_are_answered_in_order,
    a_queued_job_can_be_cancelled,
    a_worker_cannot_have_a_pool,
    any_thread_may_submit,
    jobs_are_returned_as_they_end,
];

pub(crate) fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().unwrap()
}

/// A job that holds its worker for a while.
pub(crate) fn sleep_ms(duration: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a job that takes time")]
    std::thread::sleep(std::time::Duration::from_millis(duration));
    duration
}

fn a_job_runs_in_another_process_and_its_answer_comes_back() {
    let pool = pool(1);
    let pid = pool.submit(|()| std::process::id(), ()).join().unwrap();
    assert_eq!(pool.pids(), [pid]);
    assert_ne!(pid, std::process::id());
    assert_eq!(pool.submit(|n: u64| n + 1, 41).join().unwrap(), 42);
}

fn the_answers_of_a_map_come_in_the_order_of_its_arguments() {
    let pool = pool(3);
    let squares: Vec<u64> = pool.map(|n: u64| n * n, 0..100).map(Result::unwrap).collect();
    assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<_>>());
    assert_eq!(pool.map(|n: u64| n, []).count(), 0);
}

fn a_map_that_is_dropped_cancels_what_has_not_started() {
    let pool = pool(1);
    let mut map = pool.map(sleep_ms, std::iter::repeat_n(1, 1_000));
    assert_eq!(map.next().unwrap().unwrap(), 1);
    drop(map);
    // At 1 ms each, a pool that still ran all of them would answer this one a second later.
    let started = std::time::Instant::now();
    assert_eq!(pool.submit(|n: u64| n, 7).join().unwrap(), 7);
    assert!(started.elapsed().as_millis() < 500);
}

fn a_global_that_a_job_changes_does_not_change_here() {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let pool = pool(1);
    let count = |()| COUNTER.fetch_add(1, Ordering::Relaxed) + 1;
    assert_eq!(pool.submit(count, ()).join().unwrap(), 1);
    assert_eq!(pool.submit(count, ()).join().unwrap(), 2);
    assert_eq!(COUNTER.load(Ordering::Relaxed), 0);
}

fn a_panic_fails_its_own_job() {
    let pool = pool(1);
    let pids = pool.pids();
    let failed = pool.submit(|n: u32| -> u32 { panic!("job {n}") }, 7);
    let next = pool.submit(|n: u32| n, 8);
    match failed.join() {
        Err(JobError::Panicked { message, .. }) => assert_eq!(message, "job 7"),
        other => panic!("{other:?}"),
    }
    assert_eq!(next.join().unwrap(), 8);
    assert_eq!(pool.pids(), pids, "the worker goes on");
}

static PREPARED: AtomicU32 = AtomicU32::new(0);

fn the_initializer_has_run_before_a_workers_first_job() {
    let prepare = || {
        PREPARED.fetch_add(1, Ordering::Relaxed);
    };
    let pool = Pool::builder().workers(2).initializer(prepare).build().unwrap();
    let seen = pool.map(|()| PREPARED.load(Ordering::Relaxed), [(); 10]);
    assert!(seen.map(Result::unwrap).all(|count| count == 1));
    assert_eq!(PREPARED.load(Ordering::Relaxed), 0);
}

fn large_payloads_cross_both_ways_on_all_workers() {
    const LEN: usize = (4 << 20) + 1;
    let pool = pool(3);
    let reverse = |mut bytes: Vec<u8>| {
        bytes.reverse();
        bytes
    };
    let large = |last: u8| {
        let mut bytes = vec![0; LEN];
        bytes[LEN - 1] = last;
        bytes
    };
    let answers: Vec<Vec<u8>> = pool.map(reverse, (1..=6).map(large)).map(Result::unwrap).collect();
    for (last, answer) in (1..).zip(answers) {
        assert_eq!((answer.len(), answer[0], answer[LEN - 1]), (LEN, last, 0));
    }
}

fn a_value_that_is_too_large_fails_its_own_job() {
    const TOO_LARGE: usize = (64 << 20) + 1;
    let pool = pool(1);
    let argument = pool.submit(|bytes: Vec<u8>| bytes.len(), vec![0; TOO_LARGE]);
    let answer = pool.submit(|len: usize| vec![0_u8; len], TOO_LARGE);
    for reason in [argument.join().unwrap_err(), answer.join().unwrap_err()] {
        assert!(matches!(&reason, JobError::Refused { .. }), "{reason}");
        assert!(reason.to_string().contains("bytes"), "{reason}");
    }
    assert_eq!(pool.submit(|n: u32| n, 8).join().unwrap(), 8);
    assert!(pool.deaths().is_empty());
}

/// A type whose `decode` does not understand what its `encode` writes.
struct Garbled;

impl Wire for Garbled {
    fn encode(&self, out: &mut Writer) {
        out.put(&[1]);
    }

    fn decode(_: &mut Reader<'_>) -> Result<Self, WireError> {
        Err(WireError::new("garbled"))
    }
}

fn a_value_that_does_not_decode_fails_its_own_job() {
    let pool = pool(1);
    let argument = pool.submit(|_: Garbled| (), Garbled).join().unwrap_err();
    let Err(answer) = pool.submit(|()| Garbled, ()).join() else { panic!("decoded") };
    for reason in [argument, answer] {
        assert!(reason.to_string().contains("garbled"), "{reason}");
    }
    assert_eq!(pool.submit(|n: u32| n, 8).join().unwrap(), 8);
}

/// A type whose `decode` panics, with what cannot be dropped either.
struct Explosive;

/// What a panic carries: to drop it is another panic, and to drop what that carries is a third.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::panic_any(Self(self.0 - 1));
        }
    }
}

impl Wire for Explosive {
    fn encode(&self, out: &mut Writer) {
        out.put(&[1]);
    }

    fn decode(_: &mut Reader<'_>) -> Result<Self, WireError> {
        std::panic::panic_any(Bomb(3))
    }
}

/// Fails if what the panic carries is dropped where a panic ends the pool.
fn an_answer_whose_decoding_panics_fails_its_own_job() {
    let pool = pool(1);
    assert!(pool.submit(|()| Explosive, ()).join().is_err());
    assert_eq!(pool.submit(|n: u32| n, 8).join().unwrap(), 8);
}

fn a_function_of_a_library_is_refused() {
    fn library_function() -> fn(u32) -> u32 {
        let address: unsafe extern "C" fn(libc::c_int) -> libc::c_int = libc::abs;
        // SAFETY: it is never called: the pool has to notice that it is not the program's.
        unsafe { std::mem::transmute(address) }
    }
    let error = pool(1).submit(library_function(), 1).join().unwrap_err();
    assert!(error.to_string().contains("not in this program's own file"), "{error}");
}

fn jobs_that_wait_in_the_socket_are_answered_in_order() {
    let pool = Pool::builder().workers(2).prefetch(8).build().unwrap();
    let answers: Vec<u64> = pool.map(|n: u64| n * 3, 0..500).map(Result::unwrap).collect();
    assert_eq!(answers, (0..500).map(|n| n * 3).collect::<Vec<_>>());
}

fn a_queued_job_can_be_cancelled() {
    let pool = pool(1);
    let first = pool.submit(sleep_ms, 200);
    let second = pool.submit(sleep_ms, 0);
    assert!(second.cancel());
    assert!(matches!(second.join(), Err(JobError::Cancelled)));
    assert_eq!(first.join().unwrap(), 200);
}

fn a_worker_cannot_have_a_pool() {
    let make_pool = |()| match Pool::builder().workers(1).build() {
        Ok(_) => "made one".to_owned(),
        Err(error) => error.to_string(),
    };
    let answer = pool(1).submit(make_pool, ()).join().unwrap();
    assert!(answer.contains("worker"), "{answer}");
}

fn any_thread_may_submit() {
    let pool = pool(2);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let pool = &pool;
            scope.spawn(move || {
                let echo = pool.map(|n: u64| n, thread * 100..thread * 100 + 100);
                assert!(echo.map(Result::unwrap).eq(thread * 100..thread * 100 + 100));
            });
        }
    });
}

/// The first job ends when it is told to, by a file.
fn jobs_are_returned_as_they_end() {
    fn until_there_is(path: String) -> u64 {
        let path = PathBuf::from(path);
        while !path.exists() {
            sleep_ms(1);
        }
        1
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told");
    let pool = pool(2);
    let slow = pool.submit(until_there_is, path.to_str().unwrap().to_owned());
    let mut ended = as_completed([slow, pool.submit(sleep_ms, 2)], None);
    let mut next = || ended.next().map(|job| job.unwrap().join().unwrap());
    assert_eq!(next(), Some(2));
    File::create(path).unwrap();
    assert_eq!((next(), next()), (Some(1), None));
}
