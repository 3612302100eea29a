//! Foreign code that fails inside the kit: item 30, and what is of its kind. Nothing that was entrusted to
//! the kit is lost with it, and nobody is left waiting.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex};
use std::thread;

use trainyard::handle::JobError;
use trainyard::threads::{self, Local, Order, OrderedQueue};

use crate::support::{eventually, short, without_hanging};

/// Is not put in.
const REFUSED: u32 = 13;
/// Is put in all the same.
const KEPT: u32 = 14;
/// Is not given out the first time.
const STUCK: u32 = 15;
/// Is lost on its way out.
const LOST: u32 = 16;

/// First in, first out; with some items it fails.
#[derive(Default)]
struct Fragile {
    items: VecDeque<u32>,
    has_stuck: bool,
}

impl Order<u32> for Fragile {
    fn push(&mut self, item: u32) {
        assert_ne!(item, REFUSED);
        self.items.push_back(item);
        assert_ne!(item, KEPT);
    }

    fn pop(&mut self) -> Option<u32> {
        let is_stuck = self.items.front() == Some(&STUCK) && !self.has_stuck;
        self.has_stuck |= is_stuck;
        assert!(!is_stuck);
        let item = self.items.pop_front();
        assert_ne!(item, Some(LOST));
        item
    }

    fn len(&self) -> usize {
        self.items.len()
    }
}

type Queue = OrderedQueue<u32, Fragile>;

fn fails<R>(call: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

/// Fails if a panic under the queue's lock leaves it locked, or one of its counts wrong.
#[test]
fn a_put_or_a_get_that_fails_leaves_both_counts_right() {
    let queue = Queue::bounded(3);
    assert!(fails(|| queue.put(REFUSED)) && fails(|| queue.try_put(REFUSED)));
    assert_eq!((queue.len(), queue.unfinished()), (0, 0));
    assert!(fails(|| queue.put(KEPT)));
    assert_eq!((queue.len(), queue.unfinished()), (1, 1));
    queue.put(STUCK).unwrap();
    queue.put(LOST).unwrap();
    assert_eq!(queue.get(), Ok(KEPT));
    assert!(fails(|| queue.get()));
    assert_eq!((queue.len(), queue.unfinished()), (2, 3));
    assert_eq!(queue.get(), Ok(STUCK));
    assert!(fails(|| queue.get()));
    // It was put, so somebody has to say that it is done with.
    assert_eq!((queue.len(), queue.unfinished()), (0, 3));
    (0..3).for_each(|_| queue.task_done().unwrap());
    queue.join();
}

/// Hangs if a call that fails takes along the wake-up that another waits for.
#[test]
fn a_call_that_fails_leaves_nobody_asleep_beside_an_item_or_beside_room() {
    without_hanging(|| {
        let (queue, full) = (Queue::new(), Queue::bounded(1));
        let lines = |queue: &Queue, says: &str| format!("{queue:?}").contains(says);
        thread::scope(|scope| {
            let getters =
                [(); 2].map(|()| scope.spawn(|| catch_unwind(AssertUnwindSafe(|| queue.get()))));
            eventually("both wait", || lines(&queue, "getters: 2"));
            // Woken, and there is nothing to take.
            assert!(fails(|| queue.put(REFUSED)));
            eventually("both wait again", || lines(&queue, "getters: 2"));
            // The one that is called fails, and the other gets it.
            queue.put(STUCK).unwrap();
            let got = getters.map(|getter| getter.join().unwrap());
            assert_eq!(got.iter().filter(|got| got.is_err()).count(), 1);
            assert_eq!(got.iter().filter(|got| matches!(got, Ok(Ok(STUCK)))).count(), 1);
        });
        thread::scope(|scope| {
            full.put(STUCK).unwrap();
            scope.spawn(|| full.put(LOST).unwrap());
            eventually("it waits", || lines(&full, "putters: 1"));
            assert!(fails(|| full.get()), "there is no room yet");
            eventually("it waits again", || lines(&full, "putters: 1"));
            assert_eq!(full.get(), Ok(STUCK));
        });
        thread::scope(|scope| {
            let putter = scope.spawn(|| full.put(1));
            eventually("it waits", || lines(&full, "putters: 1"));
            assert!(fails(|| full.get()), "and now there is");
            putter.join().unwrap().unwrap();
        });
        assert_eq!(full.shutdown_now(), [1]);
    });
}

/// Hangs if the end of a queue calls nobody when its order fails.
#[test]
fn an_end_that_fails_is_an_end() {
    without_hanging(|| {
        let full = Queue::bounded(1);
        full.put(STUCK).unwrap();
        thread::scope(|scope| {
            let putter = scope.spawn(|| full.put(1));
            eventually("it waits", || format!("{full:?}").contains("putters: 1"));
            assert!(fails(|| full.shutdown_now()));
            assert!(putter.join().unwrap().is_err());
        });
        assert_eq!((full.is_shut_down(), full.shutdown_now()), (true, vec![STUCK]));
        full.join();
    });
}

type Names = Arc<Mutex<Vec<&'static str>>>;

/// Says its name when it is dropped; then it asks for another value of the thread's, or fails.
struct Last {
    name: &'static str,
    dropped: Names,
    asks_for: Option<Arc<Local<Last>>>,
}

impl Drop for Last {
    fn drop(&mut self) {
        self.dropped.lock().unwrap().push(self.name);
        if let Some(other) = &self.asks_for {
            other.with(|_| ());
        }
        assert_ne!(self.name, "fails");
    }
}

fn local(name: &'static str, dropped: &Names, asks_for: Option<Arc<Local<Last>>>) -> Local<Last> {
    let dropped = Arc::clone(dropped);
    Local::new(move || Last { name, dropped: Arc::clone(&dropped), asks_for: asks_for.clone() })
}

/// Item 27. Fails if the destructor of one value keeps those of others from running, or its thread from
/// ending; it ends the process if nobody catches what the last to be made panics with.
#[test]
fn a_value_whose_destructor_fails_takes_no_other_along_and_its_thread_ends() {
    let dropped = Names::default();
    let with_all = |locals: &[Local<Last>]| locals.iter().for_each(|local| local.with(|_| ()));
    let locals = || {
        let made_last = Arc::new(local("fails", &dropped, None));
        let mut locals = vec![local("asks", &dropped, Some(made_last))];
        let others = ["fails", "one", "two", "three", "four"];
        locals.extend(others.map(|name| local(name, &dropped, None)));
        locals
    };
    let gone = || {
        let mut names = std::mem::take(&mut *dropped.lock().unwrap());
        names.sort_unstable();
        names
    };
    for _ in 0..10 {
        let ours = locals();
        threads::run(|| {
            let worker = move |_: &mut threads::Attached<'_>| with_all(&ours);
            threads::spawn(&short(), "worker", worker).unwrap().join().unwrap();
        });
        assert_eq!(gone(), ["asks", "fails", "fails", "four", "one", "three", "two"]);
        // A thread that something else has started drops them when it can make no others.
        let ours = locals();
        thread::spawn(move || with_all(&ours)).join().unwrap();
        assert_eq!(gone(), ["asks", "fails", "four", "one", "three", "two"]);
    }
}

/// Fails if whoever asks for a value gets the panic of another.
#[test]
fn a_value_of_a_local_that_is_gone_fails_beside_whoever_asks_for_another() {
    let dropped = Names::default();
    for name in ["fails", "one"] {
        local(name, &dropped, None).with(|_| ());
    }
    assert_eq!(Local::new(|| 7).with(|value| *value), 7);
    let mut names = std::mem::take(&mut *dropped.lock().unwrap());
    names.sort_unstable();
    assert_eq!(names, ["fails", "one"]);
}

/// What a panic carries: to drop it is another panic, and to drop what that carries is a third.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Self(self.0 - 1));
        }
    }
}

/// Fails, or hangs, if what a panic carries is dropped where a panic ends the thread.
#[test]
fn a_thread_ends_whatever_the_panics_of_its_program_and_of_the_hook_carry() {
    without_hanging(|| {
        threads::run(|| {
            threads::set_panic_hook(|_, _| panic_any(Bomb(3)));
            for _ in 0..2 {
                let handle = threads::spawn(&short(), "fails", |_| panic_any(Bomb(3))).unwrap();
                let thread = handle.thread().clone();
                drop::<threads::JoinHandle<()>>(handle);
                thread.join();
                assert_eq!(threads::enumerate().len(), 1);
            }
        });
    });
}

/// Fails if a thread whose answer cannot be dropped is not seen to end.
#[test]
fn a_thread_whose_answer_fails_to_be_dropped_ends_all_the_same() {
    let dropped = Names::default();
    threads::run(|| {
        let answer = Last { name: "fails", dropped: Arc::clone(&dropped), asks_for: None };
        let worker = move |_: &mut threads::Attached<'_>| answer;
        let handle = threads::spawn(&short(), "worker", worker).unwrap();
        let thread = handle.thread().clone();
        drop(handle);
        thread.join();
        let panics = threads::spawn(&short(), "panics", |_| panic!("oh")).unwrap();
        let Err(JobError::Panicked { message, .. }) = panics.join() else { panic!("it panics") };
        assert_eq!(message, "oh");
    });
    assert_eq!(*dropped.lock().unwrap(), ["fails"]);
}
