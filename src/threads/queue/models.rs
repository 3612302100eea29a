//! What loom explores of the queue: every order in which putters, getters and the end meet.

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use super::{PutError, Queue};
use crate::sys::prim::explore;

/// Fails ("deadlock") if `change` calls no getter, or a getter looks before it stands in line.
#[test]
fn loom_every_item_is_got_once() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let getters = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.get().unwrap())
        });
        (1..=2).for_each(|item| queue.put(item).unwrap());
        let got: u32 = getters.into_iter().map(|getter| getter.join().unwrap()).sum();
        assert_eq!((got, queue.len()), (3, 0));
    });
}

/// Fails ("deadlock") if `change` calls no putter.
#[test]
fn loom_a_full_queue_lets_the_next_in() {
    explore(|| {
        let queue = Arc::new(Queue::bounded(1));
        let putter = Arc::clone(&queue);
        let putter = thread::spawn(move || (1..=2).for_each(|item| putter.put(item).unwrap()));
        assert_eq!([queue.get(), queue.get()], [Ok(1), Ok(2)]);
        putter.join().unwrap();
    });
}

/// Fails ("deadlock") if `shut_down` does not call everybody, or `task_done` not the joiners.
#[test]
fn loom_the_end_wakes_who_waits_for_items_and_for_tasks() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let consumer = Arc::clone(&queue);
        let consumer = thread::spawn(move || {
            let mut got = 0;
            while let Ok(item) = consumer.get() {
                got += item;
                consumer.task_done().unwrap();
            }
            got
        });
        queue.put(1).unwrap();
        queue.join();
        queue.shutdown();
        assert_eq!(consumer.join().unwrap(), 1);
        assert_eq!(queue.try_put(2), Err(PutError::ShutDown(2)));
    });
}

/// Fails ("deadlock") if a getter whose time is over goes though it was called (QUEUE-1): then the other
/// sleeps beside the item. Whoever has got in time puts another one in.
#[test]
fn loom_a_getter_whose_time_is_over_takes_no_call_along() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let [hasty, patient] = [(); 2].map(|()| Arc::clone(&queue));
        let hasty = thread::spawn(move || {
            let got = hasty.get_timeout(Duration::MAX);
            got.map_or(Ok(()), |item| hasty.put(item + 1))
        });
        let patient = thread::spawn(move || patient.get());
        queue.state.lock().getters.fire_timeouts();
        queue.put(1).unwrap();
        assert!(patient.join().unwrap().is_ok() && queue.is_empty());
        queue.shutdown();
        hasty.join().unwrap().unwrap();
    });
}

/// Fails if an item goes in after the end, or ("deadlock") if the end does not call who waits for room.
#[test]
fn loom_whatever_was_put_before_the_end_is_given_back() {
    explore(|| {
        let queue = Arc::new(Queue::bounded(1));
        let putter = Arc::clone(&queue);
        let putter =
            thread::spawn(move || (1..=2).filter(|item| putter.put(*item).is_ok()).count());
        let left = queue.shutdown_now();
        assert_eq!((putter.join().unwrap(), queue.len(), queue.unfinished()), (left.len(), 0, 0));
    });
}
