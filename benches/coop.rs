//! What do a task, a turn and a wake-up of the event loop cost?
//!
//! - `spawn_join`: create 10 000 tasks that end at once, and join them.
//! - `yield`: 200 tasks make room for each other 1 000 times each.
//! - `ping_pong`: two tasks of one loop wake each other 1 000 times.
//! - `wake_across_threads`: a task asks another thread and sleeps until it answers, 100 times.
//!
//! What would mislead. A loop without sockets never asks the kernel for news while it is busy, so
//! the first three have no system call in them; a loop that serves sockets asks once in 61 polls.
//! The last one measures the kernel's way of waking a thread more than ours: a loop that is awake
//! when the answer comes saves the ring.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use trainyard::coop::{self, Runtime};
use trainyard::handle::{self, Promise};

const TASKS: u64 = 10_000;
const YIELDERS: u64 = 200;
const YIELDS: u64 = 1_000;
const ROUNDS: u64 = 1_000;
const QUESTIONS: u64 = 100;

fn runtime() -> Runtime {
    Runtime::new().expect("a bench has descriptors")
}

fn spawn_join(criterion: &mut Criterion) {
    let (mut group, mut runtime) = (criterion.benchmark_group("spawn_join"), runtime());
    group.throughput(Throughput::Elements(TASKS));
    group.bench_function("coop/10000", |bencher| {
        bencher.iter(|| runtime.block_on(sum_of((0..TASKS).map(|number| async move { number }))));
    });
}

/// Spawns a task for each future, and adds up what they answer.
async fn sum_of<F: Future<Output = u64> + 'static>(futures: impl Iterator<Item = F>) -> u64 {
    let (tasks, mut sum): (Vec<_>, _) = (futures.map(coop::spawn).collect(), 0);
    for task in tasks {
        sum += task.await.expect("it does not fail");
    }
    sum
}

fn yields(criterion: &mut Criterion) {
    let (mut group, mut runtime) = (criterion.benchmark_group("yield"), runtime());
    group.throughput(Throughput::Elements(YIELDERS * YIELDS));
    group.sample_size(20);
    group.bench_function("coop/200x1000", |bencher| {
        bencher.iter(|| runtime.block_on(sum_of((0..YIELDERS).map(|_| yield_often()))));
    });
}

async fn yield_often() -> u64 {
    for _ in 0..YIELDS {
        coop::yield_now().await;
    }
    YIELDS
}

/// Whose turn it is, and how to wake the other.
#[derive(Default)]
struct Table {
    turn: Cell<usize>,
    waiting: RefCell<[Option<Waker>; 2]>,
}

/// Plays `ROUNDS` balls from `side` of the table.
async fn play(table: Rc<Table>, side: usize) {
    for _ in 0..ROUNDS {
        poll_fn(|context| {
            if table.turn.get() == side {
                return Poll::Ready(());
            }
            table.waiting.borrow_mut()[side] = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        table.turn.set(1 - side);
        let other = table.waiting.borrow_mut()[1 - side].take();
        if let Some(other) = other {
            other.wake();
        }
    }
}

fn ping_pong(criterion: &mut Criterion) {
    let (mut group, mut runtime) = (criterion.benchmark_group("ping_pong"), runtime());
    group.throughput(Throughput::Elements(ROUNDS));
    group.bench_function("coop/1", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let table = Rc::new(Table::default());
                let ping = coop::spawn(play(Rc::clone(&table), 0));
                play(table, 1).await;
                ping.await.expect("it does not fail");
            });
        });
    });
}

fn wake_across_threads(criterion: &mut Criterion) {
    let (questions, asked) = mpsc::channel::<Promise<u64>>();
    let answerer = std::thread::spawn(move || {
        for promise in asked {
            promise.fulfil(Ok(42));
        }
    });
    let (mut group, mut runtime) = (criterion.benchmark_group("wake_across_threads"), runtime());
    group.throughput(Throughput::Elements(QUESTIONS));
    group.bench_function("coop/1", |bencher| {
        bencher.iter(|| runtime.block_on(ask(&questions)));
    });
    drop(questions);
    answerer.join().expect("it does not fail");
}

async fn ask(questions: &mpsc::Sender<Promise<u64>>) -> u64 {
    let mut sum = 0;
    for _ in 0..QUESTIONS {
        let (promise, answer) = handle::job();
        questions.send(promise).expect("the other thread listens");
        sum += answer.await.expect("it does not fail");
    }
    sum
}

criterion_group!(benches, spawn_join, yields, ping_pong, wake_across_threads);
criterion_main!(benches);
