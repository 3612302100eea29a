//! The end of a queue: item 32.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use trainyard::threads::{Attached, GetError, Gil, Mode, PutError, Queue, ShutDown};

use crate::support::{INTERVAL, eventually, short, without_hanging};

const MESSAGES: u64 = 65_536;
const WRITERS: u64 = 4;
const READERS: u64 = 6;
const JOINERS: u64 = 2;

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
    /// How many were got.
    count: AtomicU64,
}

impl Sums {
    fn read(&self, queue: &Queue<u64>) {
        while let Ok(item) = queue.get() {
            self.got.fetch_add(item, Ordering::Relaxed);
            self.count.fetch_add(1, Ordering::Relaxed);
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

/// Waits for the end of all tasks, again and again, until nobody puts any more.
fn join(queue: &Queue<u64>, at: &mut Attached<'_>) {
    while !queue.is_shut_down() {
        queue.join();
        at.checkpoint();
    }
    queue.join();
}

/// Ends a queue, and returns the sum of what was left in it.
type End = fn(&Queue<u64>) -> u64;

/// 4 writers, 6 readers and 2 who wait for the end of all tasks, all at once; after so many messages
/// the queue is ended.
fn end_after(gil: &Gil, messages: u64, end: End) {
    let (queue, sums, all) = (Queue::bounded(64), Sums::default(), Barrier::new(13));
    let (queue, sums, all) = (&queue, &sums, &all);
    let left = thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                all.wait();
                gil.attach(|_| sums.read(queue));
            });
        }
        let writers = [0, 1, 2, 3].map(|writer| {
            scope.spawn(move || {
                all.wait();
                gil.attach(|_| sums.write(queue, writer));
            })
        });
        for _ in 0..JOINERS {
            scope.spawn(|| {
                all.wait();
                gil.attach(|at| join(queue, at));
            });
        }
        all.wait();
        if messages == MESSAGES {
            for writer in writers {
                writer.join().unwrap();
            }
            queue.join();
        } else {
            eventually("half are got", || sums.count.load(Ordering::Relaxed) >= messages);
        }
        gil.attach(|_| end(queue))
    });
    let [put, got] = [&sums.put, &sums.got].map(|sum| sum.load(Ordering::Relaxed));
    assert_eq!((put, queue.unfinished()), (got + left, 0), "nothing is lost or got twice");
    let count = sums.count.load(Ordering::Relaxed);
    assert!(count >= messages, "{count} messages were got");
}

const GENTLY: End = |queue| {
    queue.shutdown();
    0
};

const NOW: End = |queue| queue.shutdown_now().iter().sum();

/// Hangs if a wake-up is lost; fails if a message is lost, or got twice.
#[test]
fn four_writers_six_readers_and_two_joiners_come_to_an_end_over_65_536_messages() {
    without_hanging(|| {
        for mode in [Mode::timed(INTERVAL), Mode::Off] {
            end_after(&Gil::new(mode), MESSAGES, GENTLY);
        }
    });
}

/// The same, ended in the middle.
#[test]
fn a_queue_that_is_shut_down_under_load_lets_everybody_go_and_loses_nothing() {
    without_hanging(|| {
        for mode in [Mode::timed(INTERVAL), Mode::Off] {
            for end in [GENTLY, NOW] {
                end_after(&Gil::new(mode.clone()), MESSAGES / 2, end);
            }
        }
    });
}
