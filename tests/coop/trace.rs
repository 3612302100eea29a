//! What the loop says about itself: recordings that the checker's model accepts, and counts that
//! the promises of the loop fix.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::excessive_nesting,
    reason = "a process, a recording and a loop are three closures before anything happens"
)]

use std::future::{pending, poll_fn};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use trainyard::coop::net::{TcpListener, TcpStream};
use trainyard::coop::{self, Builder};
use trainyard::handle;
use trainyard::trace::check::check;
use trainyard::trace::{self, Kind, Recording};

use crate::alone::alone;

/// Records what `run` does, and the rest of the process: the test that records is [`alone`] in it.
fn record(run: impl FnOnce()) -> Recording {
    let recorder = trace::arm();
    run();
    recorder.finish()
}

#[track_caller]
fn check_is_legal(recording: &Recording) {
    assert_eq!(recording.overwritten(), 0, "the scenario is too large for the ring");
    if let Err(illegal) = check(&recording.events) {
        let from = illegal.index.saturating_sub(10);
        panic!("{illegal}, after {:#?}", &recording.events[from..illegal.index]);
    }
}

fn count(recording: &Recording, kind: Kind) -> usize {
    recording.events.iter().filter(|event| event.kind == kind).count()
}

/// A bit of everything: sockets, timers, other threads, aborts, panics, yields.
async fn scenario() {
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let server = coop::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            drop(coop::spawn(async move {
                let mut buffer = [0; 16];
                let length = stream.read(&mut buffer).await.unwrap();
                coop::sleep(Duration::from_micros(100)).await;
                stream.write_all(&buffer[..length]).await.unwrap();
            }));
        }
    });
    let clients = (0..20).map(|_| {
        coop::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 5);
        })
    });
    coop::join_all(clients.collect::<Vec<_>>()).await.into_iter().for_each(Result::unwrap);
    server.abort();
    let (promise, answer) = handle::job();
    let thread = std::thread::spawn(move || promise.fulfil(Ok(())));
    answer.await.unwrap();
    thread.join().unwrap();
    assert!(coop::spawn(async { panic!("on purpose") }).await.is_err());
    drop(coop::spawn(pending::<()>()));
    coop::yield_now().await;
}

#[test]
fn the_model_accepts_what_a_loop_does() {
    alone("trace::the_model_accepts_what_a_loop_does", || {
        let recording = record(|| coop::run(scenario()));
        check_is_legal(&recording);
        for kind in [
            Kind::TaskSpawn,
            Kind::TaskWake,
            Kind::TaskPollBegin,
            Kind::TaskPollEnd,
            Kind::TaskCancel,
            Kind::LoopPark,
            Kind::LoopUnpark,
            Kind::IoWait,
            Kind::IoReady,
            Kind::TimerSet,
            Kind::TimerFire,
        ] {
            assert!(count(&recording, kind) > 0, "nothing was said of {kind:?}");
        }
        assert_eq!(count(&recording, Kind::LoopPark), count(&recording, Kind::LoopUnpark));
    });
}

#[test]
fn each_outcome_of_a_task_has_its_word() {
    alone("trace::each_outcome_of_a_task_has_its_word", || {
        let recording = record(|| {
            coop::run(async {
                coop::yield_now().await;
                assert!(coop::spawn(async { panic!("on purpose") }).await.is_err());
            });
        });
        let ends = recording.events.iter().filter(|event| event.kind == Kind::TaskPollEnd);
        // Of the main future but for the third: it yields, waits, the task panics, it is done.
        assert!(ends.map(|event| event.b).eq([0, 0, 2, 1]));
        check_is_legal(&recording);
    });
}

async fn nap_and_yield(number: u64) {
    coop::sleep(Duration::from_secs(number % 3)).await;
    coop::yield_now().await;
    assert_ne!(number, 7, "on purpose");
}

#[test]
fn the_model_accepts_every_order_that_a_seed_draws() {
    alone("trace::the_model_accepts_every_order_that_a_seed_draws", || {
        for seed in 0..50 {
            println!("seed {seed}");
            let recording = record(|| {
                let mut runtime = Builder::new().virtual_time(seed).build().unwrap();
                runtime.block_on(async {
                    let tasks: Vec<_> =
                        (0..10).map(|number| coop::spawn(nap_and_yield(number))).collect();
                    tasks[5].abort();
                    coop::join_all(tasks).await;
                });
            });
            check_is_legal(&recording);
        }
    });
}

/// Counts, then wakes, again and again, in a thread of its own.
fn wake_often(times: u32, sent: &Arc<AtomicU32>, waker: &Waker) -> std::thread::JoinHandle<()> {
    let (sent, waker) = (Arc::clone(sent), waker.clone());
    std::thread::spawn(move || {
        for _ in 0..times {
            sent.fetch_add(1, Ordering::Relaxed);
            waker.wake_by_ref();
        }
    })
}

/// Waits until a thread of its own has woken this task so many times.
async fn woken_by_a_thread(times: u32) {
    let (sent, mut thread) = (Arc::default(), None);
    poll_fn(|context| {
        thread.get_or_insert_with(|| wake_often(times, &sent, context.waker()));
        if sent.load(Ordering::Relaxed) == times { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    thread.unwrap().join().unwrap();
}

/// Fails if `push` looks at the flag without lowering it: each thread then rings for the same
/// sleep.
#[test]
fn a_storm_of_wakes_rings_at_most_once_for_each_sleep() {
    alone("trace::a_storm_of_wakes_rings_at_most_once_for_each_sleep", || {
        const THREADS: u32 = 4;
        const TIMES: u32 = 2_000;
        let recording = record(|| {
            coop::run(async {
                let tasks = [(); THREADS as usize].map(|()| coop::spawn(woken_by_a_thread(TIMES)));
                coop::join_all(tasks).await.into_iter().for_each(Result::unwrap);
            });
        });
        check_is_legal(&recording);
        let (rung, saved) = (count(&recording, Kind::BellRung), count(&recording, Kind::BellSaved));
        let sleeps = count(&recording, Kind::LoopPark);
        assert!(rung <= sleeps, "{rung} rings for {sleeps} sleeps");
        assert!(rung + saved <= (THREADS * TIMES) as usize);
        assert!(rung + saved > 0, "the wakes came from other threads");
    });
}

/// Fails if a wake on the loop's own thread goes through the inbox.
#[test]
fn a_wake_from_the_loops_own_thread_rings_nobody() {
    alone("trace::a_wake_from_the_loops_own_thread_rings_nobody", || {
        let recording = record(|| {
            coop::run(async {
                for _ in 0..100 {
                    coop::spawn(coop::yield_now()).await.unwrap();
                }
            });
        });
        assert!(count(&recording, Kind::TaskWake) >= 200);
        assert_eq!(count(&recording, Kind::BellRung) + count(&recording, Kind::BellSaved), 0);
        assert_eq!(count(&recording, Kind::LoopPark), 0, "nothing had to be waited for");
    });
}

/// Fails if the flag of a task that has ended is left clear: a dead inbox then grows for ever.
#[test]
fn a_wake_after_the_end_of_its_task_does_nothing_in_any_thread() {
    alone("trace::a_wake_after_the_end_of_its_task_does_nothing_in_any_thread", || {
        let recording = record(|| {
            let mut runtime = coop::Runtime::new().unwrap();
            let (aborted, ended) = runtime.block_on(async {
                let (aborted, ended) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(None)));
                let task = coop::spawn(give_waker(Arc::clone(&aborted), Poll::Pending));
                coop::spawn(give_waker(Arc::clone(&ended), Poll::Ready(()))).await.unwrap();
                task.abort();
                let take = |slot: &Mutex<Option<Waker>>| slot.lock().unwrap().take().unwrap();
                (take(&aborted), take(&ended))
            });
            runtime.block_on(async {
                aborted.wake_by_ref();
                ended.wake_by_ref();
                std::thread::spawn(move || [aborted, ended].map(Waker::wake)).join().unwrap();
                coop::yield_now().await;
            });
        });
        check_is_legal(&recording);
        assert_eq!(count(&recording, Kind::BellRung) + count(&recording, Kind::BellSaved), 0);
    });
}

/// Leaves its task's waker in `slot` and answers `poll`.
async fn give_waker(slot: Arc<Mutex<Option<Waker>>>, poll: Poll<()>) {
    poll_fn(|context| {
        *slot.lock().unwrap() = Some(context.waker().clone());
        poll
    })
    .await;
}
