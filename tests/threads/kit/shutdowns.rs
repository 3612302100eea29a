//! The end of a queue: item 32.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use trainyard::threads::{GetError, Gil, Mode, PutError, Queue, ShutDown};

use crate::support::{INTERVAL, eventually, short, without_hanging};

const MESSAGES: u64 = 65_536;
const WRITERS: u64 = 4;
const READERS: u64 = 6;

#[test]
fn a_queue_that_is_shut_down_takes_nothing_gives_what_is_left_and_then_fails() {
    let queue = Queue::new();
    queue.put(1).unwrap();
    queue.shutdown();
    queue.shutdown();
    assert!(queue.is_shut_down());
    assert_eq!(queue.put(2), Err(ShutDown(2)));
    assert_eq!(queue.try_put(3), Err(PutError::ShutDown(3)));
    assert_eq!(queue.put_timeout(4, INTERVAL), Err(PutError::ShutDown(4)));
    assert_eq!(queue.get(), Ok(1));
    assert_eq!(queue.get(), Err(ShutDown(())));
    assert_eq!(queue.try_get(), Err(GetError::ShutDown));
    assert_eq!(queue.get_timeout(INTERVAL), Err(GetError::ShutDown));
    assert_eq!(queue.unfinished(), 1, "it was got, and is not done with");
    queue.task_done().unwrap();
    queue.join();
}

#[test]
fn a_queue_that_is_shut_down_now_gives_back_what_is_left_and_counts_it_as_done() {
    let queue = Queue::new();
    (1..=4).for_each(|item| queue.put(item).unwrap());
    assert_eq!(queue.get(), Ok(1));
    assert_eq!(queue.shutdown_now(), [2, 3, 4]);
    assert_eq!((queue.shutdown_now(), queue.unfinished()), (vec![], 1));
    assert_eq!(queue.get(), Err(ShutDown(())));
    queue.task_done().unwrap();
    queue.join();
}

/// Hangs if `shut_down` leaves getters, putters or joiners asleep.
#[test]
fn the_end_of_a_queue_wakes_all_who_wait() {
    without_hanging(|| {
        for ends_now in [false, true] {
            let (gil, full, empty) = (short(), Queue::bounded(1), Queue::<u64>::new());
            full.put(0).unwrap();
            thread::scope(|scope| {
                let putters = [1, 2].map(|item| {
                    scope.spawn({
                        let (gil, full) = (&gil, &full);
                        move || gil.attach(|_| full.put(item))
                    })
                });
                let getters = [(); 2].map(|()| scope.spawn(|| gil.attach(|_| empty.get())));
                let joiner = scope.spawn(|| gil.attach(|_| full.join()));
                eventually("all wait", || {
                    let [full, empty] = [format!("{full:?}"), format!("{empty:?}")];
                    full.contains("putters: 2, joiners: 1") && empty.contains("getters: 2")
                });
                if ends_now {
                    assert_eq!((full.shutdown_now(), empty.shutdown_now()), (vec![0], vec![]));
                } else {
                    full.shutdown();
                    empty.shutdown();
                    assert_eq!(full.get(), Ok(0));
                    full.task_done().unwrap();
                }
                for (item, putter) in [1, 2].into_iter().zip(putters) {
                    assert_eq!(putter.join().unwrap(), Err(ShutDown(item)));
                }
                for getter in getters {
                    assert_eq!(getter.join().unwrap(), Err(ShutDown(())));
                }
                joiner.join().unwrap();
            });
        }
    });
}

/// What became of all messages.
#[derive(Default)]
struct Sums {
    put: AtomicU64,
    got: AtomicU64,
}

impl Sums {
    fn read(&self, queue: &Queue<u64>) {
        while let Ok(item) = queue.get() {
            self.got.fetch_add(item, Ordering::Relaxed);
            queue.task_done().unwrap();
        }
    }

    /// Puts a writer's share in, or as much of it as the queue takes.
    fn write(&self, queue: &Queue<u64>, writer: u64) {
        let mut share = (1..=MESSAGES).filter(|item| item % WRITERS == writer);
        let put = |item| {
            queue.put(item).is_ok() && self.put.fetch_add(item, Ordering::Relaxed) < u64::MAX
        };
        let _all = share.all(put);
    }
}

/// 4 writers, 6 readers, 2 who wait for the end of all tasks.
fn end_after(gil: &Gil, end: impl Fn(&Queue<u64>) -> u64 + Sync) {
    let (queue, sums) = (Queue::bounded(64), Sums::default());
    let (queue, sums) = (&queue, &sums);
    let left = thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| gil.attach(|_| sums.read(queue)));
        }
        let writers = [0, 1, 2, 3]
            .map(|writer| scope.spawn(move || gil.attach(|_| sums.write(queue, writer))));
        let ending = scope.spawn(|| gil.attach(|_| end(queue)));
        for writer in writers {
            writer.join().unwrap();
        }
        for _ in 0..2 {
            scope.spawn(|| gil.attach(|_| queue.join()));
        }
        queue.join();
        queue.shutdown();
        ending.join().unwrap()
    });
    let [put, got] = [&sums.put, &sums.got].map(|sum| sum.load(Ordering::Relaxed));
    assert_eq!((put, queue.unfinished()), (got + left, 0), "nothing is lost or got twice");
}

/// Hangs if a wake-up is lost; fails if a message is lost, or got twice.
#[test]
fn four_writers_six_readers_and_two_joiners_come_to_an_end_over_65_536_messages() {
    without_hanging(|| {
        for mode in [Mode::timed(INTERVAL), Mode::Off] {
            end_after(&Gil::new(mode), |_| 0);
        }
    });
}

/// The same, ended in the middle.
#[test]
fn a_queue_that_is_shut_down_under_load_lets_everybody_go_and_loses_nothing() {
    without_hanging(|| {
        for mode in [Mode::timed(INTERVAL), Mode::Off] {
            end_after(&Gil::new(mode), |queue| {
                (0..5_000).for_each(|_| assert!(queue.len() <= 64));
                queue.shutdown_now().iter().sum()
            });
        }
    });
}
