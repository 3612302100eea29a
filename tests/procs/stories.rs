//! Small programs that a test starts and watches from outside. They are this same program: a
//! variable says which story it is to tell.

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use trainyard::procs::{Pool, init};

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
            use nix::sys::resource::{Resource, setrlimit};
            setrlimit(Resource::RLIMIT_NOFILE, 14, 14).unwrap();
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
    #[expect(unsafe_code, reason = "ignores a signal")]
    // SAFETY: ignoring a signal runs no code.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.unwrap();
    init();
    let pool = Pool::builder().workers(1).build().unwrap();
    let error = pool.submit(|()| raise(Signal::SIGKILL).unwrap(), ()).join().unwrap_err();
    println!("{error}");
}
