//! Workers that die, or have to: what is lost, and what is not.
#![expect(
    unsafe_code,
    reason = "names a descriptor by its number, as a bug would; ignores a signal"
)]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, kill, raise};
use nix::unistd::Pid;
use trainyard::handle::{JobError, JobHandle, WaitFor, wait};
use trainyard::procs::{JobOptions, Pool};
use trainyard::trace::Kind;

use crate::belongings::{eventually, field_of, is_gone, scaled};
use crate::jobs::{pool, sleep_ms};
use crate::runner::tests;

tests![
    only_the_job_of_a_killed_worker_fails,
    a_wait_for_the_first_error_is_over_when_a_worker_dies,
    every_way_to_end_without_an_answer_is_reported_as_it_was,
    an_answer_that_came_before_the_death_counts,
    an_answer_counts_though_sending_to_its_worker_failed_first,
    a_worker_that_dies_while_its_parent_writes_loses_no_answer,
    a_job_that_a_dead_worker_had_not_begun_runs_elsewhere,
    rubbish_in_the_socket_ends_that_worker_only,
    a_worker_that_closes_its_socket_is_ended,
    an_idle_worker_that_dies_is_replaced,
    the_processes_that_a_job_started_end_with_their_worker,
    a_job_that_runs_too_long_is_ended_whatever_it_does,
    a_storm_of_kills_loses_no_job_and_runs_none_twice,
];

fn send(signal: Signal, pid: u32) {
    // One that is gone by now does not mind.
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
}

/// Leaves a mark that the test can see, and goes on for longer than any test.
fn mark_and_stay(path: String) {
    File::create(path).unwrap();
    sleep_ms(600_000);
}

fn wait_for(path: &Path) {
    eventually("the job begins", || path.exists());
}

#[track_caller]
fn died<T: std::fmt::Debug>(handle: JobHandle<T>) -> (u32, ExitStatus) {
    let id = handle.id();
    match handle.join() {
        Err(JobError::WorkerDied { pid, status, job }) => {
            assert_eq!(job, id);
            (pid, status)
        }
        other => panic!("{other:?}"),
    }
}

fn only_the_job_of_a_killed_worker_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let pool = pool(2);
    let victim = pool.submit(mark_and_stay, mark.to_str().unwrap().to_owned());
    wait_for(&mark);
    let id = victim.id();
    // The other worker is the one that answers this.
    let other = pool.submit(|()| std::process::id(), ()).join().unwrap();
    let others = pool.map(sleep_ms, [5; 20]);
    let pid = *pool.pids().iter().find(|pid| **pid != other).unwrap();
    send(Signal::SIGKILL, pid);
    let (dead, status) = died(victim);
    assert_eq!((dead, status.signal()), (pid, Some(9)));
    assert!(others.map(Result::unwrap).all(|duration| duration == 5));
    eventually("the slot is filled again", || pool.pids().len() == 2);
    assert!(!pool.pids().contains(&pid));
    let deaths = pool.deaths();
    let last = deaths[0].last_event.unwrap();
    assert_eq!((deaths.len(), deaths[0].pid, deaths[0].job), (1, pid, Some(id)));
    assert_eq!((last.kind, last.a), (Kind::WorkerJobBegin, id.0), "its flight recorder");
}

fn a_wait_for_the_first_error_is_over_when_a_worker_dies() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let pool = pool(2);
    let long = pool.submit(mark_and_stay, mark.to_str().unwrap().to_owned());
    wait_for(&mark);
    let dies = pool.submit(|()| _ = end(100), ());
    let both = wait([&long, &dies], WaitFor::FirstError, None);
    let ids = |jobs: &[&JobHandle<()>]| jobs.iter().map(|job| job.id()).collect::<Vec<_>>();
    assert_eq!((ids(&both.done), ids(&both.not_done)), (vec![dies.id()], vec![long.id()]));
    assert_eq!(died(dies).1.signal(), Some(6));
    for pid in pool.pids() {
        send(Signal::SIGKILL, pid);
    }
    assert_eq!(died(long).1.signal(), Some(9));
}

/// Ends the worker in one of many ways; none of them is an answer.
pub(crate) fn end(way: u8) -> u64 {
    match way {
        #[expect(clippy::disallowed_methods, reason = "what a job must not do")]
        0 | 1 | 99 => std::process::exit(way.into()),
        100 => std::process::abort(),
        101 => trainyard::sys::process::exit_now(0),
        // Rust's own handler lets the first one pass.
        102 => {
            for _ in 0..2 {
                raise(Signal::SIGSEGV).unwrap();
            }
            unreachable!("the default is to end")
        }
        103 => overflow(0),
        _ => {
            raise(Signal::SIGTERM).unwrap();
            unreachable!("the default is to end")
        }
    }
}

#[expect(unconditional_recursion, reason = "it is to overflow the stack")]
fn overflow(depth: u64) -> u64 {
    let page = std::hint::black_box([depth; 512]);
    overflow(depth + 1) + page[0]
}

fn every_way_to_end_without_an_answer_is_reported_as_it_was() {
    let pool = pool(1);
    let ends = [
        (0, Some(0), None),
        (1, Some(1), None),
        (99, Some(99), None),
        (100, None, Some(libc::SIGABRT)),
        (101, Some(0), None),
        (102, None, Some(libc::SIGSEGV)),
        (103, None, Some(libc::SIGABRT)),
        (104, None, Some(libc::SIGTERM)),
    ];
    for (way, code, signal) in ends {
        let (_, status) = died(pool.submit(end, way));
        assert_eq!((status.code(), status.signal()), (code, signal), "way {way}");
    }
    assert_eq!(pool.submit(|n: u32| n, 8).join().unwrap(), 8);
    assert_eq!(pool.deaths().len(), ends.len());
}

/// Fails if the supervisor buries a worker without reading its socket to the end.
fn an_answer_that_came_before_the_death_counts() {
    let pool = Pool::builder().workers(1).prefetch(1).build().unwrap();
    for round in 0..u64::try_from(scaled(100)).unwrap() {
        let answered = pool.submit(|n: u64| vec![n; 1_000], round);
        let dies = pool.submit(|()| raise(Signal::SIGKILL).unwrap(), ());
        assert_eq!(answered.join().unwrap(), [round; 1_000]);
        assert_eq!(died(dies).1.signal(), Some(9));
    }
}

/// Answers, and takes the worker down when the answer is sent.
fn answer_and_die(n: u32) -> u32 {
    std::thread::spawn(|| {
        // The main thread sleeps when it has sent its answer and waits for more.
        let stat = format!("/proc/self/task/{}/stat", std::process::id());
        while !std::fs::read_to_string(&stat).unwrap().contains(") S ") {}
        raise(Signal::SIGKILL)
    });
    n
}

/// The pool's thread is held up, by a callback, until the worker has answered and died. Then it
/// sends to the dead worker before it has read from it.
///
/// Fails if an error in sending ends the receiving as well, and if `distribute` answers a job that
/// had not begun.
fn an_answer_counts_though_sending_to_its_worker_failed_first() {
    let pool = Arc::new(Pool::builder().workers(2).prefetch(1).build().unwrap());
    let first = pool.pids()[0];
    let answered = pool.submit(
        |n: u32| {
            sleep_ms(100);
            answer_and_die(n)
        },
        7,
    );
    let held_up = pool.submit(sleep_ms, 10);
    let behind = Arc::new(Mutex::new(Vec::new()));
    let (callback_pool, callback_behind) = (Arc::clone(&pool), Arc::clone(&behind));
    held_up.on_done(move || {
        // One for each worker.
        let jobs = [1, 2].map(|n| callback_pool.submit(|n: u32| n, n));
        callback_behind.lock().unwrap().extend(jobs);
        eventually("the first worker is dead", || is_gone(first));
    });
    assert_eq!(answered.join().unwrap(), 7);
    let behind = std::mem::take(&mut *behind.lock().unwrap());
    assert_eq!(behind.into_iter().map(|handle| handle.join().unwrap()).sum::<u32>(), 3);
    assert_eq!((pool.deaths().len(), pool.deaths()[0].pid), (1, first));
}

fn a_worker_that_dies_while_its_parent_writes_loses_no_answer() {
    let pool = Pool::builder().workers(1).prefetch(1).build().unwrap();
    for round in 0..u32::try_from(scaled(30)).unwrap() {
        let deaths = pool.deaths().len();
        let answered = pool.submit(answer_and_die, round);
        let large = pool.submit(|bytes: Vec<u8>| bytes.len(), vec![0; (4 << 20) + 1]);
        assert_eq!(answered.join().unwrap(), round);
        match large.join() {
            Ok(len) => assert_eq!(len, (4 << 20) + 1),
            Err(JobError::WorkerDied { status, .. }) => assert_eq!(status.signal(), Some(9)),
            Err(error) => panic!("{error}"),
        }
        // It may take the large job before it dies, and must not take the next round's first.
        eventually("the worker has died", || pool.deaths().len() > deaths);
    }
}

/// Fails if `distribute` answers all jobs of a dead worker.
fn a_job_that_a_dead_worker_had_not_begun_runs_elsewhere() {
    let pool = Pool::builder().workers(1).prefetch(3).build().unwrap();
    let before = pool.submit(sleep_ms, 50);
    let dies = pool.submit(end, 99);
    let behind = [1, 2].map(|n| pool.submit(|n: u64| n, n));
    assert_eq!(before.join().unwrap(), 50);
    died(dies);
    assert_eq!(behind.map(|handle| handle.join().unwrap()), [1, 2]);
    assert_eq!(pool.deaths().len(), 1);
}

/// Writes bytes into the worker's own socket, as a stray descriptor in a job might.
#[expect(clippy::needless_pass_by_value, reason = "the argument of a job")]
fn write_rubbish(bytes: Vec<u8>) {
    // SAFETY: the descriptor is open for as long as this process is a worker.
    let socket = unsafe { std::os::fd::BorrowedFd::borrow_raw(3) };
    nix::unistd::write(socket, &bytes).unwrap();
}

fn rubbish_in_the_socket_ends_that_worker_only() {
    let pool = pool(2);
    let mut huge = b"TRYD\x01\x05\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff".to_vec();
    huge.resize(100, 0xff);
    let blobs = [vec![0], b"TRYD".to_vec(), vec![0xff; 28], vec![7; 100_000], huge];
    for blob in blobs {
        let busy = pool.submit(sleep_ms, 20);
        let error = pool.submit(write_rubbish, blob).join().unwrap_err();
        let JobError::Protocol { pid, .. } = error else { panic!("{error}") };
        assert_eq!(busy.join().unwrap(), 20);
        eventually("the slot is filled again", || pool.pids().len() == 2);
        assert!(!pool.pids().contains(&pid));
    }
}

fn a_worker_that_closes_its_socket_is_ended() {
    let close_and_stay = |()| {
        nix::unistd::close(3).unwrap();
        sleep_ms(600_000);
    };
    let (_, status) = died(pool(1).submit(close_and_stay, ()));
    assert_eq!(status.signal(), Some(9));
}

fn an_idle_worker_that_dies_is_replaced() {
    let pool = pool(2);
    let before = pool.pids();
    send(Signal::SIGKILL, before[0]);
    eventually("the slot is filled again", || {
        let now = pool.pids();
        now.len() == 2 && !now.contains(&before[0])
    });
    assert!(pool.pids().contains(&before[1]));
    assert_eq!(pool.deaths()[0].job, None);
}

fn the_processes_that_a_job_started_end_with_their_worker() {
    let start_and_return = |()| {
        #[expect(clippy::zombie_processes, reason = "what a careless job does")]
        let child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        child.id()
    };
    let pool = pool(1);
    let grandchild = pool.submit(start_and_return, ()).join().unwrap();
    assert!(field_of(grandchild, "PPid:").is_some());
    died(pool.submit(end, 99));
    eventually("the grandchild is gone", || is_gone(grandchild));
}

fn a_job_that_runs_too_long_is_ended_whatever_it_does() {
    let stubborn = |()| {
        // SAFETY: ignoring a signal runs no code.
        unsafe { nix::sys::signal::signal(Signal::SIGTERM, SigHandler::SigIgn) }.unwrap();
        sleep_ms(600_000)
    };
    let stopped = |()| {
        raise(Signal::SIGSTOP).unwrap();
        0
    };
    let sleeping = |()| sleep_ms(600_000);
    let pool = Pool::builder().workers(1).kill_grace(Duration::from_millis(50)).build().unwrap();
    let options = JobOptions::default().with_deadline(Duration::from_millis(100));
    let behind = pool.map(|n: u32| n, [1, 2]);
    for job in [sleeping, stubborn, stopped] {
        let started = Instant::now();
        let error = pool.submit_with(options, job, ()).join().unwrap_err();
        assert!(matches!(error, JobError::DeadlineExceeded), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(behind.map(Result::unwrap).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(pool.submit_with(options, |n: u32| n, 3).join().unwrap(), 3);
}

/// Notes in a file that it ran, and takes a moment.
fn run_noted((path, number): (String, u32)) -> u32 {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(format!("{number}\n").as_bytes()).unwrap();
    sleep_ms(u64::from(number % 3));
    number
}

fn a_storm_of_kills_loses_no_job_and_runs_none_twice() {
    let kills = scaled(200);
    let notes = tempfile::NamedTempFile::new().unwrap();
    let path = notes.path().to_str().unwrap();
    let pool = Pool::builder().workers(4).prefetch(2).build().unwrap();
    let (mut answered, mut lost, mut number) = (Vec::new(), 0, 0_u32);
    let mut random = 0x5eed_usize;
    while pool.deaths().len() < kills.min(1_000) {
        let numbers = number..number + 50;
        number += 50;
        let jobs = pool.map(run_noted, numbers.clone().map(|number| (path.to_owned(), number)));
        for (expected, answer) in numbers.zip(jobs) {
            match answer {
                Ok(number) => {
                    assert_eq!(number, expected);
                    answered.push(number);
                }
                Err(JobError::WorkerDied { .. }) => lost += 1,
                Err(error) => panic!("{error}"),
            }
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            if let Some(pid) = pool.pids().get((random >> 33) % 8) {
                send(Signal::SIGKILL, *pid);
            }
        }
    }
    assert_eq!(answered.len() + lost, usize::try_from(number).unwrap());
    let mut ran: Vec<u32> =
        std::fs::read_to_string(path).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    let all = ran.len();
    ran.sort_unstable();
    ran.dedup();
    assert_eq!(ran.len(), all, "a job ran twice");
    assert!(answered.iter().all(|number| ran.binary_search(number).is_ok()));
}
