//! What does the thread pool add to a job, and the lock to a turn?
//!
//! Ids are `what/model/parameter`.
//!
//! What would mislead: `submit_join` is decided by how long the kernel takes to wake a thread on
//! another processor, some 20 µs in a virtual machine, and not by the queue; so is `switch`, two
//! hand-offs. `attach` and `checkpoint` are those of a lock that nobody else wants.

use std::hint::black_box;
use std::sync::mpsc;
use std::thread;

use criterion::{Criterion, criterion_group, criterion_main};
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Attached, Gil, Mode, ThreadPool};

fn modes() -> [(&'static str, Mode); 2] {
    [("threads_gil_on", Mode::default()), ("threads_gil_off", Mode::Off)]
}

fn submit(criterion: &mut Criterion) {
    for (name, mode) in modes() {
        let pool = ThreadPool::builder().workers(2).gil(Gil::new(mode)).build().expect("threads");
        criterion.bench_function(&format!("submit_join/{name}/1"), |bencher| {
            bencher.iter(|| pool.submit(|_| black_box(1)).join().expect("the job returns"));
        });
        criterion.bench_function(&format!("map/{name}/1000"), |bencher| {
            bencher.iter(|| black_box(pool.map(0..1000, |_, n| n).len()));
        });
    }
}

fn lock(criterion: &mut Criterion) {
    for (name, mode) in modes() {
        let gil = Gil::new(mode);
        criterion.bench_function(&format!("attach/{name}/1"), |bencher| {
            bencher.iter(|| gil.attach(|_| black_box(1)));
        });
        let turns = |at: &mut Attached<'_>| {
            for _ in 0..black_box(1000) {
                at.checkpoint();
            }
        };
        criterion.bench_function(&format!("checkpoint/{name}/1000"), |bencher| {
            gil.attach(|at| bencher.iter(|| turns(at)));
        });
    }
}

/// A token goes to another thread and back; each that waits for it gives the lock up.
fn switch(criterion: &mut Criterion) {
    for (name, mode) in modes() {
        let gil = Gil::new(mode);
        let (to, from_us) = mpsc::channel::<()>();
        let (to_us, back) = mpsc::channel();
        let theirs = gil.clone();
        let answer = move || {
            while blocking(Why::Lock, || from_us.recv()).is_ok() {
                to_us.send(()).expect("whoever asks waits for the answer");
            }
        };
        let partner = thread::spawn(move || theirs.attach(|_| answer()));
        let round_trip = || {
            to.send(()).expect("the partner listens");
            blocking(Why::Lock, || back.recv()).expect("the partner answers");
        };
        criterion.bench_function(&format!("switch/{name}/2"), |bencher| {
            gil.attach(|_| bencher.iter(round_trip));
        });
        drop(to);
        partner.join().expect("the partner ends when nobody asks");
    }
}

criterion_group!(benches, submit, lock, switch);
criterion_main!(benches);
