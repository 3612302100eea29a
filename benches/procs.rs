//! What does it cost to run a function in another process?
//!
//! `submit_join` is one job there and back, with both sides asleep before: two wake-ups each way.
//! `map` is a thousand jobs in a row, where the wake-ups are shared; with `prefetch` the worker
//! never waits for its next job. `pool_start` is two processes started and sent home.
//!
//! Misleading if the machine has one processor: then every wake-up is a switch as well.

use criterion::Criterion;
use trainyard::procs::Pool;

fn echo(n: u64) -> u64 {
    n
}

fn pool(workers: usize, prefetch: usize) -> Pool {
    let pool = Pool::builder().workers(workers).prefetch(prefetch).build();
    pool.expect("a pool can be made where the bench runs")
}

fn submit_join(criterion: &mut Criterion) {
    let pool = pool(1, 0);
    criterion.bench_function("submit_join/procs/1", |bencher| {
        bencher.iter(|| pool.submit(echo, 7).join().expect("an echo does not fail"));
    });
}

fn map(criterion: &mut Criterion) {
    for (id, prefetch) in [("map/procs/1000", 0), ("map/procs_prefetch_8/1000", 8)] {
        let pool = pool(2, prefetch);
        criterion.bench_function(id, |bencher| {
            bencher.iter(|| pool.map(echo, 0..1000).flatten().count());
        });
    }
}

fn payload(criterion: &mut Criterion) {
    let pool = pool(1, 0);
    criterion.bench_function("echo_bytes/procs/1048576", |bencher| {
        let len = |bytes: Vec<u8>| bytes;
        bencher.iter(|| pool.submit(len, vec![7; 1 << 20]).join().expect("an echo does not fail"));
    });
}

fn pool_start(criterion: &mut Criterion) {
    criterion.bench_function("pool_start/procs/2", |bencher| bencher.iter(|| pool(2, 0)));
}

fn main() {
    trainyard::procs::init();
    let mut criterion = Criterion::default().configure_from_args();
    submit_join(&mut criterion);
    map(&mut criterion);
    payload(&mut criterion);
    pool_start(&mut criterion);
    criterion.final_summary();
}
