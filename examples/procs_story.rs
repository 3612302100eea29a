//! A story of the process pool: what a worker shares with its parent, and what it takes with it
//! when it dies.
//!
//! Run it with `cargo run --release --example procs_story`.
#![expect(clippy::print_stdout, reason = "it tells a story")]

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use trainyard::handle::JobError;
use trainyard::procs::Pool;

/// A global. Each process has its own.
static TICKETS_SOLD: AtomicU64 = AtomicU64::new(0);

/// A job: it is a plain function, because its place in the program is what crosses, not its code.
fn sell(count: u64) -> (u32, u64) {
    let sold = TICKETS_SOLD.fetch_add(count, Ordering::Relaxed) + count;
    (std::process::id(), sold)
}

/// Tells whether the process that runs this has the file open.
fn has_open(path: String) -> bool {
    let path = PathBuf::from(path);
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else { return false };
    descriptors.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|file| file == path))
}

fn derail(_train: u64) -> u64 {
    std::process::abort()
}

fn arrive(train: u64) -> u64 {
    train
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    trainyard::procs::init();
    // The program that runs, also when its file was replaced.
    let open = File::open("/proc/self/exe")?;
    let path = fs::read_link(format!("/proc/self/fd/{}", open.as_raw_fd()))?.display().to_string();
    let pool = Pool::builder().workers(2).build()?;
    println!("I am process {}, and my workers are {:?}.", std::process::id(), pool.pids());

    println!("\nA process has its own memory. Four jobs add 10 to a global:");
    for sold in pool.map(sell, [10; 4]) {
        let (pid, sold) = sold?;
        println!("  in process {pid} it is now {sold}");
    }
    println!("  here it is still {}", TICKETS_SOLD.load(Ordering::Relaxed));

    println!("\nAnd its own open files. I opened this program's file before they were started:");
    let anybody =
        pool.map(has_open, [path.clone(), path.clone()]).any(|open| matches!(open, Ok(true)));
    println!("  I have it open: {}", has_open(path));
    println!("  my workers: they {} it open", if anybody { "have" } else { "do not have" });

    println!("\nA worker that dies takes its own job with it, and no other:");
    let trains: Vec<_> =
        (1..=6).map(|train| pool.submit(if train == 3 { derail } else { arrive }, train)).collect();
    for (train, handle) in (1..).zip(trains) {
        match handle.join() {
            Ok(_) => println!("  train {train} arrives"),
            Err(error @ JobError::WorkerDied { .. }) => println!("  train {train}: {error}"),
            Err(error) => return Err(error.into()),
        }
    }

    for death in pool.deaths() {
        if let Some(event) = death.last_event {
            let (what, job) = (event.kind.sentence(), event.a);
            println!(
                "\nThe flight recorder of worker {} ends with job {job}:\n  {what}",
                death.pid
            );
        }
    }
    // No answer waited for the dead worker's place to be taken; so send trains until it is.
    while pool.pids().len() < pool.workers() {
        pool.submit(arrive, 7).join()?;
    }
    println!("\nIts place is taken; the workers are now {:?}.", pool.pids());
    Ok(())
}
