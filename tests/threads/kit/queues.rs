//! The queues, as long as they are open: items 29 to 31 and 33.

use std::cmp::Ordering as Compared;
use std::collections::BTreeSet;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use trainyard::sys::{Why, blocking};
use trainyard::threads::{
    GetError, LifoQueue, Order, OrderedQueue, PriorityQueue, PutError, Queue, SimpleQueue,
    TooManyDone, Waited,
};

use crate::support::{AN_HOUR, INTERVAL, eventually, panic_of, short, without_hanging};

#[track_caller]
fn check_order<O: Order<u32>>(queue: &OrderedQueue<u32, O>, expected: [u32; 4]) {
    for item in [3, 1, 4, 2] {
        queue.put(item).unwrap();
    }
    assert_eq!([(); 4].map(|()| queue.get().unwrap()), expected);
}

#[test]
fn items_come_out_in_the_order_that_the_queue_is_named_after() {
    check_order(&Queue::new(), [3, 1, 4, 2]);
    check_order(&LifoQueue::new(), [2, 4, 1, 3]);
    check_order(&PriorityQueue::new(), [1, 2, 3, 4]);
}

#[test]
fn a_full_queue_gives_the_item_back_and_an_empty_one_says_so() {
    let queue = Queue::bounded(2);
    assert_eq!(queue.try_get(), Err(GetError::Empty));
    queue.put("a").unwrap();
    assert!(!queue.is_full() && !queue.is_empty());
    queue.put("b").unwrap();
    assert!(
        queue.is_full() && queue.capacity() == Some(2) && Queue::<u8>::new().capacity().is_none()
    );
    let began = Instant::now();
    assert_eq!(queue.try_put("c"), Err(PutError::Full("c")));
    assert_eq!(queue.put_timeout("c", INTERVAL), Err(PutError::Full("c")));
    assert_eq!([queue.get(), queue.get()], [Ok("a"), Ok("b")]);
    assert_eq!(queue.get_timeout(INTERVAL), Err(GetError::Empty));
    assert!(began.elapsed() >= INTERVAL * 2);
    assert_eq!(queue.len(), 0);
}

/// Fails if a putter is let in while the queue is full, or left asleep when there is room.
#[test]
fn a_bounded_queue_never_holds_more_than_it_may() {
    let (gil, queue, most) = (short(), Queue::bounded(3), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| gil.attach(|_| (0..250).for_each(|item| queue.put(item).unwrap())));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                gil.attach(|at| {
                    for _ in 0..500 {
                        let len = queue.len();
                        let mut most = most.lock().unwrap();
                        *most = len.max(*most);
                        drop(most);
                        queue.get().unwrap();
                        at.checkpoint();
                    }
                });
            });
        }
    });
    assert!(queue.is_empty() && (1..=3).contains(&most.into_inner().unwrap()));
}

/// Item 31. Fails if a joiner comes back while a task is under way.
#[test]
fn who_joins_a_queue_waits_until_every_item_is_done_with() {
    let (gil, queue) = (short(), Queue::new());
    (0..20).for_each(|item| queue.put(item).unwrap());
    assert_eq!((queue.join_timeout(INTERVAL), queue.unfinished()), (Waited::TooLate, 20));
    thread::scope(|scope| {
        let joiners = [(); 2].map(|()| scope.spawn(|| gil.attach(|_| queue.join())));
        (0..19).for_each(|_| queue.task_done().unwrap());
        assert!(joiners.iter().all(|joiner| !joiner.is_finished()));
        queue.task_done().unwrap();
    });
    assert_eq!(queue.task_done(), Err(TooManyDone));
    queue.join();
}

/// Compares, unless it is told not to.
#[derive(PartialEq, Eq)]
struct Moody(u32);

impl Ord for Moody {
    fn cmp(&self, other: &Self) -> Compared {
        assert!(self.0 != 13 && other.0 != 13, "13 is compared with nothing");
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Moody {
    fn partial_cmp(&self, other: &Self) -> Option<Compared> {
        Some(self.cmp(other))
    }
}

/// Item 30. Fails if a panic under the queue's lock leaves it locked, or the count of tasks wrong.
#[test]
fn a_put_that_panics_leaves_a_queue_that_works() {
    let queue = PriorityQueue::new();
    queue.put(Moody(1)).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| queue.put(Moody(13)))).is_err());
    // Python's list has kept the item, and so has Rust's heap; what is in counts.
    assert_eq!(queue.unfinished(), queue.len());
    thread::scope(|scope| {
        let (left, queue) = (queue.len(), &queue);
        let drained = scope.spawn(move || (0..left).for_each(|_| drop(queue.get())));
        assert!(drained.join().is_ok());
    });
    queue.put(Moody(2)).unwrap();
    assert_eq!(queue.get().unwrap().0, 2);
}

/// Item 33. Fails if an item is lost, or got twice.
#[test]
fn a_hundred_consumers_get_each_item_of_a_simple_queue_once() {
    let (gil, queue, got) = (short(), SimpleQueue::new(), Mutex::new(BTreeSet::new()));
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                gil.attach(|_| {
                    for _ in 0..50 {
                        let item = queue.get();
                        assert!(got.lock().unwrap().insert(item), "{item} came twice");
                    }
                });
            });
        }
        for feeder in 0..5 {
            let (gil, queue) = (&gil, &queue);
            scope.spawn(move || {
                gil.attach(|_| (0..1000).for_each(|item| queue.put(feeder * 1000 + item)));
            });
        }
    });
    assert_eq!((got.into_inner().unwrap().len(), queue.try_get()), (5000, None));
}

/// Puts a word into a queue when it is dropped.
struct LastWord(Arc<SimpleQueue<Option<LastWord>>>);

impl Drop for LastWord {
    fn drop(&mut self) {
        self.0.put(None);
    }
}

/// Item 33. Hangs if an item is dropped under the queue's lock.
#[test]
fn a_destructor_may_put_into_the_queue_that_its_item_comes_from() {
    let queue = Arc::new(SimpleQueue::new());
    queue.put(Some(LastWord(Arc::clone(&queue))));
    drop(queue.get());
    assert!(queue.get().is_none());
    let bounded = Queue::bounded(1);
    bounded.put(LastWord(Arc::clone(&queue))).unwrap();
    drop(bounded.try_put(LastWord(Arc::clone(&queue))));
    drop(bounded.shutdown_now());
    assert_eq!(queue.len(), 2);
}

/// Fails if the first to come is not the first to be served, where nobody comes by.
#[test]
fn getters_are_served_in_the_order_in_which_they_came() {
    let (queue, served) = (Queue::new(), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for number in 0..4 {
            let (queue, served) = (&queue, &served);
            scope.spawn(move || {
                let item = queue.get_timeout(AN_HOUR).unwrap();
                served.lock().unwrap().push((number, item));
            });
            eventually("it waits", || {
                format!("{queue:?}").contains(&format!("getters: {}", number + 1))
            });
        }
        for item in 0..4 {
            queue.put(item).unwrap();
            eventually("it is served", || served.lock().unwrap().len() == item + 1);
        }
    });
    assert_eq!(served.into_inner().unwrap(), [(0, 0), (1, 1), (2, 2), (3, 3)]);
}

#[test]
fn a_queue_without_room_is_a_mistake() {
    let says = panic_of("no room", || drop(Queue::<u8>::bounded(0)));
    assert_eq!(says, "a queue has room for one item or more");
}

/// An item whose comparison waits for a moment, with the global lock given up.
#[derive(PartialEq, Eq)]
struct Waits(u32);

impl PartialOrd for Waits {
    fn partial_cmp(&self, other: &Self) -> Option<Compared> {
        Some(self.cmp(other))
    }
}

impl Ord for Waits {
    fn cmp(&self, other: &Self) -> Compared {
        blocking(Why::Io, thread::yield_now);
        self.0.cmp(&other.0)
    }
}

/// Hangs if a thread waits for the queue, and keeps the lock that the one inside it needs.
#[test]
fn a_comparison_may_give_the_global_lock_up() {
    without_hanging(|| {
        let (gil, queue) = (short(), PriorityQueue::new());
        thread::scope(|scope| {
            for first in 0..3 {
                let (gil, queue) = (&gil, &queue);
                let put = move |n: u32| queue.put(Waits(3 * n + first)).unwrap();
                scope.spawn(move || gil.attach(|_| (0..50).rev().for_each(put)));
            }
        });
        let got: Vec<u32> = iter::from_fn(|| queue.try_get().ok()).map(|item| item.0).collect();
        assert_eq!(got, (0..150).collect::<Vec<_>>());
    });
}
