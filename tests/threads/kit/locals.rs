//! `Local`: item 27.

use std::cell::Cell;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread as std_thread;

use trainyard::threads::{self, Local, Standing, Thread, ThreadPool};

use crate::support::{panic_of, short, standing};

/// Says when, and in which thread, it is dropped.
struct Witness(Arc<Mutex<Vec<Thread>>>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(threads::current());
    }
}

/// Fails if a value outlives its thread, as the joiner sees it, or is dropped by another.
#[test]
fn a_threads_value_is_dropped_in_the_thread_before_anybody_has_joined_it() {
    let dropped = Arc::new(Mutex::new(Vec::new()));
    threads::run(|| {
        let witness = Arc::clone(&dropped);
        let local = Arc::new(Local::new(move || Witness(Arc::clone(&witness))));
        for round in 1..=10 {
            let local = Arc::clone(&local);
            let worker = threads::spawn(&short(), "worker", move |_| local.with(|_| ())).unwrap();
            let thread = worker.thread().clone();
            worker.join().unwrap();
            let dropped = dropped.lock().unwrap();
            assert_eq!((dropped.len(), dropped.last()), (round, Some(&thread)));
        }
    });
}

/// Fails if the values go when the thread has left the lock: CPython's destructors run with it.
#[test]
fn a_threads_value_is_dropped_while_the_thread_is_attached() {
    struct Looks(threads::Gil, Arc<AtomicBool>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.1.store(standing(&self.0, "worker") == Some(Standing::Running), Ordering::Relaxed);
        }
    }
    let was_attached = Arc::new(AtomicBool::new(false));
    threads::run(|| {
        let (gil, seen) = (short(), Arc::clone(&was_attached));
        let inner = gil.clone();
        let local = Local::new(move || Looks(inner.clone(), Arc::clone(&seen)));
        threads::spawn(&gil, "worker", move |_| local.with(|_| ())).unwrap().join().unwrap();
    });
    assert!(was_attached.load(Ordering::Relaxed));
}

/// Fails if threads share a value, or one thread's value is made anew.
#[test]
fn each_of_many_threads_has_one_value_of_its_own() {
    let made = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&made);
    let local = Local::new(move || Cell::new(count.fetch_add(1, Ordering::Relaxed)));
    std_thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let first = local.with(|value| value.get());
                (0..100).for_each(|_| local.with(|value| assert_eq!(value.get(), first)));
            });
        }
    });
    assert_eq!(made.load(Ordering::Relaxed), 20);
}

/// Fails if values are kept by type, or by place in the program.
#[test]
fn two_locals_of_one_type_have_two_values_and_one_may_ask_for_the_other() {
    let inner = Arc::new(Local::new(|| 1));
    let seen = Arc::clone(&inner);
    let outer = Local::new(move || seen.with(|value| *value + 1));
    outer.with(|outer| inner.with(|inner| assert_eq!((*outer, *inner), (2, 1))));
    inner.with(|value| *value = 7);
    assert_eq!((outer.with(|value| *value), inner.with(|value| *value)), (2, 7));
}

/// Fails if a thread keeps the values of all that there ever were.
#[test]
fn a_local_that_is_gone_takes_its_value_along_when_the_thread_asks_for_another() {
    let dropped = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..10 {
        let witness = Arc::clone(&dropped);
        Local::new(move || Witness(Arc::clone(&witness))).with(|_| ());
    }
    Local::new(|| ()).with(|()| ());
    assert_eq!(dropped.lock().unwrap().len(), 10);
}

#[test]
fn a_default_local_begins_in_each_thread_with_the_default_of_its_type() {
    let local = Local::<Vec<u32>>::default();
    local.with(|value| value.push(1));
    std_thread::scope(|scope| {
        scope.spawn(|| local.with(|value| assert!(value.is_empty())));
    });
    assert_eq!(local.with(|value| value.clone()), [1]);
}

#[test]
fn a_value_is_not_handed_out_twice_at_once() {
    let says = panic_of("twice", || {
        let local = Local::new(|| 0);
        local.with(|_| local.with(|_| ()));
    });
    assert!(says.contains("already borrowed") || says.contains("BorrowMutError"), "{says}");
}

/// A destructor that panics, but not in a thread that panics already.
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        if !std_thread::panicking() {
            panic::resume_unwind(Box::new("a value's destructor"));
        }
    }
}

/// Fails if one value's destructor takes the others' along, in a program's thread, a pool's, or another.
#[test]
fn a_destructor_that_panics_takes_no_other_along() {
    let destroyed = Arc::new(AtomicU32::new(0));
    let locals = || -> Vec<Local<Bomb>> {
        let make = || {
            let destroyed = Arc::clone(&destroyed);
            Local::new(move || Bomb(Arc::clone(&destroyed)))
        };
        (0..10).map(|_| make()).collect()
    };
    let ask = |locals: &[Local<Bomb>]| locals.iter().for_each(|local| local.with(|_| ()));
    threads::run(|| {
        let locals = locals();
        threads::spawn(&short(), "worker", move |_| ask(&locals)).unwrap().join().unwrap();
    });
    let in_a_program = destroyed.swap(0, Ordering::Relaxed);
    let (pool, locals_of_a_job) = (ThreadPool::builder().workers(1).build().unwrap(), locals());
    pool.submit(move |_| ask(&locals_of_a_job)).join().unwrap();
    drop(pool);
    let in_a_pool = destroyed.swap(0, Ordering::Relaxed);
    let locals = locals();
    std_thread::spawn(move || ask(&locals)).join().unwrap();
    let elsewhere = destroyed.load(Ordering::Relaxed);
    assert_eq!([in_a_program, in_a_pool, elsewhere], [10; 3]);
}

/// Fails if the locals of a pool's thread go when it has left the lock.
#[test]
fn a_value_of_a_pools_thread_is_dropped_while_the_thread_is_attached() {
    struct Looks(threads::Gil, Arc<AtomicBool>);
    impl Drop for Looks {
        fn drop(&mut self) {
            let is_attached = standing(&self.0, "worker-0") == Some(Standing::Running);
            self.1.store(is_attached, Ordering::Relaxed);
        }
    }
    let (gil, was_attached) = (short(), Arc::new(AtomicBool::new(false)));
    let (inner, seen) = (gil.clone(), Arc::clone(&was_attached));
    let local = Arc::new(Local::new(move || Looks(inner.clone(), Arc::clone(&seen))));
    let pool = ThreadPool::builder().workers(1).gil(gil).build().unwrap();
    let theirs = Arc::clone(&local);
    pool.submit(move |_| theirs.with(|_| ())).join().unwrap();
    drop(pool);
    assert!(was_attached.load(Ordering::Relaxed));
}

/// Fails, by an overflow of the stack, if a value is made in order to make it.
#[test]
fn a_value_that_is_asked_for_while_it_is_made_is_refused_and_can_be_made_later() {
    static ASKS: AtomicBool = AtomicBool::new(true);
    static LOCAL: OnceLock<Local<u32>> = OnceLock::new();
    let make = || if ASKS.load(Ordering::Relaxed) { LOCAL.wait().with(|value| *value) } else { 7 };
    let local = LOCAL.get_or_init(|| Local::new(make));
    let says = panic_of("asks", || local.with(|_| ()));
    assert!(says.contains("while that was made"), "{says}");
    ASKS.store(false, Ordering::Relaxed);
    assert_eq!(local.with(|value| *value), 7);
}
