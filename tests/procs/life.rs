//! How a pool and its workers begin and end.
#![expect(unsafe_code, reason = "sets a variable; ignores a signal")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use trainyard::handle::JobError;
use trainyard::procs::{Pool, PoolError, Shutdown};
use trainyard::trace::{self, Kind, check::check};

use crate::belongings::{descriptors, eventually, scaled};
use crate::deaths::end;
use crate::jobs::{pool, sleep_ms};
use crate::runner::tests;

tests![
    a_pool_of_no_workers_is_refused,
    an_initializer_that_panics_breaks_the_pool,
    a_pool_that_broke_later_answers_every_job,
    a_worker_has_its_socket_and_its_ring_and_the_standard_three,
    a_worker_begins_with_default_signals_whatever_its_parent_did,
    dropping_a_pool_ends_the_jobs_that_would_go_on,
    a_pool_that_finishes_answers_every_job_it_has,
    a_pool_may_be_shut_down_twice_and_takes_no_jobs_after,
    a_pool_may_be_dropped_in_its_own_thread,
    many_pools_come_and_go,
    a_recording_shows_the_life_of_each_job_in_order,
];

fn a_pool_of_no_workers_is_refused() {
    assert!(matches!(Pool::builder().workers(0).build(), Err(PoolError::NoWorkers)));
}

fn an_initializer_that_panics_breaks_the_pool() {
    let error = Pool::builder().workers(2).initializer(|| panic!("no luck")).build().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("initializer panicked: no luck"), "{text}");
}

/// Where the next test's workers look whether they may start.
const TRAP: &str = "TRAINYARD_TEST_TRAP";

fn a_pool_that_broke_later_answers_every_job() {
    let trap = tempfile::tempdir().unwrap();
    let path = trap.path().join("sprung");
    let fall_in = || {
        if let Some(path) = std::env::var_os(TRAP) {
            assert!(!std::path::Path::new(&path).exists(), "trapped");
        }
    };
    // SAFETY: tests run one after another, in the only thread there is.
    unsafe { std::env::set_var(TRAP, &path) };
    let pool = Pool::builder().workers(2).initializer(fall_in).build().unwrap();
    std::fs::write(&path, "").unwrap();
    let dies = pool.submit(end, 100);
    let behind: Vec<_> = (0..50).map(|n: u64| pool.submit(sleep_ms, n % 7)).collect();
    assert!(matches!(dies.join(), Err(JobError::WorkerDied { .. })));
    for handle in behind {
        match handle.join() {
            Ok(_) => {}
            Err(JobError::PoolBroken { reason }) => assert!(reason.contains("trapped"), "{reason}"),
            Err(error) => panic!("{error}"),
        }
    }
    let late = || pool.submit(|n: u32| n, 1).join();
    eventually("the pool is broken", || matches!(late(), Err(JobError::PoolBroken { .. })));
}

fn a_worker_has_its_socket_and_its_ring_and_the_standard_three() {
    // Descriptors that a program inherited, or forgot to mark: they must not reach a worker.
    let _careless = nix::unistd::dup(std::io::stderr()).unwrap();
    let seen: Vec<String> =
        pool(1).submit(|()| descriptors().into_iter().collect(), ()).join().unwrap();
    let (numbers, targets): (BTreeSet<_>, Vec<_>) =
        seen.iter().map(|line| line.split_once(" -> ").unwrap()).unzip();
    assert_eq!(numbers, ["0", "1", "2", "3", "4"].into(), "{seen:?}");
    assert_eq!(targets[0], "/dev/null");
    assert!(targets[3].starts_with("socket:") && targets[4].contains("trainyard-ring"), "{seen:?}");
}

fn a_worker_begins_with_default_signals_whatever_its_parent_did() {
    fn set(handler: SigHandler) {
        let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
        // SAFETY: neither ignoring nor the default runs code of ours.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    }
    set(SigHandler::SigIgn);
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGTERM);
    blocked.thread_block().unwrap();
    let read_status = |()| std::fs::read_to_string("/proc/self/status").unwrap();
    let status = pool(1).submit(read_status, ()).join().unwrap();
    blocked.thread_unblock().unwrap();
    set(SigHandler::SigDfl);
    let mask = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        u64::from_str_radix(line.split_once('\t').unwrap().1, 16).unwrap()
    };
    // Rust's start-up ignores SIGPIPE in every program; 32 and 33 belong to the C library.
    let ignored = mask("SigIgn:") & !(0b11 << 31);
    assert_eq!((mask("SigBlk:"), ignored), (0, 1 << (libc::SIGPIPE - 1)));
}

fn dropping_a_pool_ends_the_jobs_that_would_go_on() {
    let grace = Duration::from_millis(50);
    let pool = Pool::builder().workers(1).shutdown_grace(grace).build().unwrap();
    let running = pool.submit(sleep_ms, 600_000);
    let queued = pool.submit(sleep_ms, 600_000);
    let started = Instant::now();
    drop(pool);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(matches!(running.join(), Err(JobError::Shutdown)));
    assert!(matches!(queued.join(), Err(JobError::Shutdown)));
}

fn a_pool_that_finishes_answers_every_job_it_has() {
    let pool = pool(2);
    let answers = pool.map(sleep_ms, [2; 20]);
    pool.shutdown(Shutdown::Finish);
    assert!(pool.pids().is_empty());
    assert_eq!(answers.map(Result::unwrap).sum::<u64>(), 40);
    assert!(pool.deaths().is_empty(), "they were sent home");
}

fn a_pool_may_be_shut_down_twice_and_takes_no_jobs_after() {
    let pool = pool(2);
    std::thread::scope(|scope| {
        for how in [Shutdown::Finish, Shutdown::Cancel, Shutdown::Finish] {
            let pool = &pool;
            scope.spawn(move || pool.shutdown(how));
        }
    });
    assert!(matches!(pool.submit(|n: u32| n, 1).join(), Err(JobError::Shutdown)));
    pool.shutdown(Shutdown::Cancel);
}

/// Fails (hangs) if `shutdown` joins the thread that it runs in.
fn a_pool_may_be_dropped_in_its_own_thread() {
    let owner = Arc::new(Mutex::new(Some(pool(1))));
    let handle = owner.lock().unwrap().as_ref().unwrap().submit(sleep_ms, 20);
    let callback_owner = Arc::clone(&owner);
    handle.on_done(move || drop(callback_owner.lock().unwrap().take()));
    assert_eq!(handle.join().unwrap(), 20);
    eventually("the callback has run", || owner.lock().unwrap().is_none());
}

fn many_pools_come_and_go() {
    for round in 0..scaled(15) {
        let pool = pool(1 + round % 3);
        let answers = pool.map(|n: usize| n, 0..round);
        if round % 2 == 0 {
            assert!(answers.map(Result::unwrap).eq(0..round));
        }
    }
}

fn a_recording_shows_the_life_of_each_job_in_order() {
    let pool = pool(2);
    let recorder = trace::arm();
    let answers = pool.map(|n: u32| n, 0..20).count();
    let recording = recorder.finish();
    assert_eq!((answers, check(&recording.events)), (20, Ok(())));
    let kinds = [
        Kind::JobQueued,
        Kind::FrameSend,
        Kind::WorkerJobBegin,
        Kind::WorkerJobEnd,
        Kind::FrameReceive,
        Kind::JobDone,
    ];
    let queued = recording.events.iter().filter(|event| event.kind == Kind::JobQueued);
    for job in queued.map(|event| event.a) {
        let of_job = |event: &&trace::Event| event.a == job && kinds.contains(&event.kind);
        let life: Vec<Kind> =
            recording.events.iter().filter(of_job).map(|event| event.kind).collect();
        assert_eq!(life, kinds, "job {job}");
    }
    let names: BTreeSet<&str> = recording.tracks.iter().map(|track| track.name.as_str()).collect();
    assert!(names.contains("worker-0") && names.contains("worker-1"), "{names:?}");
}
