//! Small programs that a test starts and watches from outside. They are this same program: a
//! variable says which story it is to tell.
#![expect(unsafe_code, reason = "sets a variable; ignores a signal")]

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use trainyard::procs::{Pool, init};

use crate::belongings::eventually;
use crate::deaths::end;
use crate::jobs::sleep_ms;

/// Names the story.
const STORY: &str = "TRAINYARD_TEST_STORY";
/// Set in a worker; a name that a program should not rely on, and a test may.
const WORKER: &str = "TRAINYARD_WORKER";

fn command(story: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(STORY, story).stdin(Stdio::null());
    command
}

/// Runs a story in a copy of this program.
pub(crate) fn tell_in_copy(story: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    Command::new(copy).env(STORY, story).output().unwrap()
}

/// Runs a story to its end.
pub(crate) fn tell(story: &str) -> Output {
    command(story).output().unwrap()
}

/// Starts a story that does not end by itself.
pub(crate) fn begin(story: &str) -> Child {
    command(story).stdout(Stdio::piped()).spawn().unwrap()
}

/// The stories of programs that do not call `init` first.
pub(crate) fn before_init() {
    let Ok(story) = std::env::var(STORY) else { return };
    println!("main runs");
    let is_worker = std::env::var_os(WORKER).is_some();
    match story.as_str() {
        "forgets init" => make_pool(),
        "leaves before init" if is_worker => trainyard::sys::process::exit_now(3),
        "dawdles before init" if is_worker => drop(sleep_ms(600_000)),
        _ => {}
    }
}

/// The other stories; answers whether one was told.
pub(crate) fn after_init() -> bool {
    let Ok(story) = std::env::var(STORY) else { return false };
    match story.as_str() {
        "leaves before init" | "dawdles before init" => make_pool(),
        "has few descriptors" => {
            limit_descriptors(14);
            make_pool();
        }
        "runs out of descriptors" => run_out_of_descriptors(),
        "cannot even poll" => cannot_poll(),
        "has a huge environment" => {
            // SAFETY: the program has no other thread.
            unsafe { std::env::set_var("HUGE", "x".repeat(200_000)) };
            make_pool();
        }
        "is deleted" => {
            std::fs::remove_file(std::env::current_exe().unwrap()).unwrap();
            make_pool();
        }
        "waits to be killed" => wait_to_be_killed(),
        "never drops its pool" => {
            Box::leak(Box::new(announced_pool()));
        }
        "prints" => print_twice(),
        "ignores children" => ignore_children(),
        other => panic!("no story of this name: {other}"),
    }
    true
}

/// Lets no descriptor have this number or a higher one.
fn limit_descriptors(number: u64) {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, number, hard).unwrap();
}

/// A worker cannot be replaced for a while; the other one goes on.
fn run_out_of_descriptors() {
    let pool = Pool::builder().workers(2).build().unwrap();
    limit_descriptors(8);
    assert!(pool.submit(end, 99).join().is_err());
    let answers = pool.map(sleep_ms, [100; 30]);
    assert!(answers.map(Result::unwrap).all(|duration| duration == 100));
    println!("workers {}", pool.pids().len());
    limit_descriptors(100);
    eventually("the slot is filled again", || pool.pids().len() == 2);
    println!("workers {}", pool.pids().len());
}

/// The pool's thread cannot go on.
fn cannot_poll() {
    let pool = Pool::builder().workers(2).build().unwrap();
    limit_descriptors(2);
    match pool.submit(|n: u32| n, 1).join() {
        // The thread may have been asleep in its last good call.
        Ok(_) => println!("{:?}", pool.submit(|n: u32| n, 1).join()),
        error => println!("{error:?}"),
    }
}

/// Makes a pool, and ends with exit code 2 if that fails.
fn make_pool() {
    let timeout = Duration::from_millis(300);
    match Pool::builder().workers(4).hello_timeout(timeout).build() {
        Ok(pool) => println!("made a pool: {pool:?}"),
        Err(error) => {
            eprintln!("{error}");
            trainyard::sys::process::exit_now(2);
        }
    }
}

fn announced_pool() -> Pool {
    let pool = Pool::builder().workers(3).build().unwrap();
    let pids: Vec<String> = pool.pids().iter().map(u32::to_string).collect();
    println!("pids {}", pids.join(" "));
    pool
}

fn wait_to_be_killed() {
    let pool = announced_pool();
    // Two of the three are busy when it happens, and one is idle.
    let jobs = [1, 2].map(|_| pool.submit(sleep_ms, 600_000));
    for job in jobs {
        drop(job.join());
    }
}

/// Leaves half a line in its buffer while workers are started.
fn print_twice() {
    print!("half a line, ");
    let pool = Pool::builder().workers(2).build().unwrap();
    let print = |()| print!("from a job, ");
    pool.submit(print, ()).join().unwrap();
    drop(pool);
    println!("and the rest");
}

fn ignore_children() {
    use nix::sys::signal::{SigHandler, Signal, raise, signal};
    // SAFETY: ignoring a signal runs no code.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.unwrap();
    init();
    let pool = Pool::builder().workers(1).build().unwrap();
    let error = pool.submit(|()| raise(Signal::SIGKILL).unwrap(), ()).join().unwrap_err();
    println!("{error}");
}
