//! What loom explores of the queue: every order in which putters, getters and the end meet.

use loom::sync::Arc;
use loom::thread;

use super::{PutError, Queue};

fn model(body: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    // Two is what tokio's continuous integration uses; three threads unbounded take minutes.
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(body);
}

/// Fails ("deadlock") if `change` calls no getter, or a getter looks before it stands in line.
#[test]
fn loom_every_item_is_got_once() {
    model(|| {
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
    model(|| {
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
    model(|| {
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
