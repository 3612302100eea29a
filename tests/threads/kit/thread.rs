//! `Thread` and its relatives: items 24 to 26 and 28.

use std::fs::read_link;
use std::panic;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread as std_thread;
use std::time::Duration;

use trainyard::coop;
use trainyard::handle::JobError;
use trainyard::threads::{self, Daemon, Event, JoinHandle, Local, Thread, ThreadPool, Waited};

use crate::support::{AN_HOUR, INTERVAL, eventually, panic_of, short, without_hanging};

/// Starts a thread that waits for the event.
fn waits(name: &str, stop: &Arc<Event>) -> JoinHandle<()> {
    let stop = Arc::clone(stop);
    threads::spawn(&short(), name, move |_| stop.wait()).unwrap()
}

#[test]
fn a_thread_is_known_by_its_name_its_number_and_the_kernels() {
    threads::run(|| {
        let own = |_: &mut threads::Attached<'_>| {
            let link = read_link("/proc/thread-self").unwrap();
            let id = link.file_name().unwrap().to_str().unwrap().parse::<u32>().unwrap();
            (id, threads::current(), std_thread::current().name().map(str::to_owned))
        };
        let worker = threads::spawn(&short(), "worker", own).unwrap();
        let thread = worker.thread().clone();
        let (id, current, std_name) = worker.join().unwrap();
        assert_eq!(
            (thread.native_id(), current.clone(), std_name.as_deref()),
            (Some(id), thread, Some("worker"))
        );
        let nameless = Thread::builder().spawn(&short(), own).unwrap();
        assert_eq!(nameless.thread().name(), format!("Thread-{}", nameless.thread().number()));
        assert_ne!(nameless.join().unwrap().1, current);
    });
}

/// Item 24. Fails if a thread that has ended is still alive to somebody, or only one may wait for it.
#[test]
fn any_number_of_threads_may_wait_for_one_and_find_it_ended() {
    threads::run(|| {
        let stop = Arc::new(Event::new());
        let mut worker = waits("worker", &stop);
        let thread = worker.thread().clone();
        assert_eq!(thread.join_timeout(INTERVAL), Waited::TooLate);
        assert!(worker.join_timeout(Duration::ZERO).is_none() && thread.is_alive());
        let joiners = [(); 5].map(|()| {
            let thread = thread.clone();
            threads::spawn(&short(), "joiner", move |_| {
                thread.join();
                (thread.is_alive(), threads::enumerate().contains(&thread))
            })
        });
        stop.set();
        for joiner in joiners {
            assert_eq!(joiner.unwrap().join().unwrap(), (false, false));
        }
        assert!(worker.join_timeout(AN_HOUR).expect("it has ended").is_ok());
        thread.join();
        assert_eq!(thread.join_timeout(Duration::ZERO), Waited::InTime);
    });
}

/// Item 24. Hangs if a thread may wait for itself.
#[test]
fn a_thread_that_waits_for_its_own_end_is_told_so() {
    threads::run(|| {
        let itself = threads::spawn(&short(), "itself", |_| threads::current().join()).unwrap();
        let Err(JobError::Panicked { message, .. }) = itself.join() else {
            panic!("it must panic")
        };
        assert_eq!(message, "thread itself waits for its own end");
        let (sends, receives) = mpsc::channel::<JoinHandle<()>>();
        let handle = move |_: &mut threads::Attached<'_>| receives.recv().unwrap().join().unwrap();
        let handle = threads::spawn(&short(), "handle", handle).unwrap();
        let thread = handle.thread().clone();
        sends.send(handle).unwrap();
        thread.join();
    });
    let says = panic_of("foreign", || threads::current().join());
    assert_eq!(says, "thread foreign waits for its own end");
}

/// Fails if those that have ended are still listed, or a thread is listed late.
#[test]
fn the_living_are_listed_in_the_order_of_their_start_and_the_ended_are_not() {
    threads::run(|| {
        let stops = [(); 3].map(|()| Arc::new(Event::new()));
        let names = ["a", "b", "c"];
        let workers: Vec<_> =
            names.iter().zip(&stops).map(|(name, stop)| waits(name, stop)).collect();
        let listed = || -> Vec<String> {
            threads::enumerate().iter().map(|thread| thread.name().to_owned()).collect()
        };
        assert_eq!(listed(), ["MainThread", "a", "b", "c"]);
        stops[1].set();
        workers[1].thread().join();
        assert_eq!(listed(), ["MainThread", "a", "c"]);
        assert_eq!(
            (threads::current(), threads::main_thread().daemon()),
            (threads::main_thread(), Daemon::No)
        );
        for stop in &stops {
            stop.set();
        }
    });
    assert_eq!(threads::enumerate(), [threads::current()]);
}

/// Item 28. Fails if a thread that could not be started stays among the living.
#[test]
fn a_thread_that_cannot_be_started_is_not_listed_and_not_waited_for() {
    threads::run(|| {
        // More than the address space of a process.
        let huge = Thread::builder().stack_size(1 << 50).spawn(&short(), |_| ());
        assert!(huge.unwrap_err().to_string().starts_with("a thread cannot be started"));
        assert_eq!(threads::enumerate(), [threads::main_thread()]);
    });
}

/// Every place that takes the name of a thread.
#[test]
fn a_zero_byte_in_a_name_is_an_error_wherever_a_name_is_given() {
    let gil = short();
    threads::run(|| {
        let name = "a\0b";
        let errors = [
            threads::spawn(&gil, name, |_| ()).map(drop),
            threads::spawn_daemon(&gil, name, |_| ()),
            Thread::builder().name(name).spawn(&gil, |_| ()).map(drop),
            ThreadPool::builder().workers(1).name(name).build().map(drop),
        ];
        for error in errors {
            let text = error.unwrap_err().to_string();
            assert!(text.contains("zero byte in its name"), "{text}");
        }
        assert_eq!(threads::enumerate().len(), 1);
    });
}

/// Item 26. Fails if the hook is told twice, told of another thread, or ends the thread.
#[test]
fn a_panic_is_told_to_the_hook_once_with_its_thread_and_is_the_threads_answer() {
    let told = Arc::new(Mutex::new(Vec::new()));
    threads::run(|| {
        let names = Arc::clone(&told);
        threads::set_panic_hook(move |thread, panic| {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let is_current = threads::current() == *thread && thread.is_alive();
            names.lock().unwrap().push((thread.name().to_owned(), text, is_current));
        });
        drop(threads::spawn(&short(), "fine", |_| ()).unwrap());
        let fails = threads::spawn(&short(), "fails", |_| panic!("oh")).unwrap();
        let Err(JobError::Panicked { message, .. }) = fails.join() else { panic!("it must panic") };
        assert_eq!(message, "oh");
    });
    assert_eq!(*told.lock().unwrap(), [("fails".to_owned(), Some("oh".to_owned()), true)]);
}

/// Item 26. Fails, or hangs, if a hook that panics keeps its thread from ending.
#[test]
fn a_hook_that_panics_harms_nobody() {
    let calls = Arc::new(AtomicU32::new(0));
    threads::run(|| {
        let count = Arc::clone(&calls);
        threads::set_panic_hook(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
            panic!("the hook");
        });
        for _ in 0..2 {
            let fails = threads::spawn(&short(), "fails", |_| panic!("the thread")).unwrap();
            let Err(JobError::Panicked { message, .. }) = fails.join() else {
                panic!("it must panic")
            };
            assert_eq!(message, "the thread");
        }
    });
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    // The next program has none.
    threads::run(|| {
        let fails = threads::spawn(&short(), "fails", |_| panic!("oh")).unwrap();
        assert!(fails.join().is_err());
    });
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

/// Fails if a thread is no daemon unless it says so.
#[test]
fn a_thread_is_a_daemon_if_the_one_that_starts_it_is_and_nobody_says_otherwise() {
    let (sends, receives) = mpsc::channel();
    threads::run(|| {
        let stop = Arc::new(Event::new());
        let stopped = Arc::clone(&stop);
        let starter = move |_: &mut threads::Attached<'_>| {
            let child = Thread::builder().spawn(&short(), |_| ()).unwrap();
            let other = Thread::builder().daemon(Daemon::No).spawn(&short(), |_| ()).unwrap();
            sends.send([child.thread().daemon(), other.thread().daemon()]).unwrap();
            stopped.set();
        };
        threads::spawn_daemon(&short(), "daemon", starter).unwrap();
        stop.wait();
        let plain = Thread::builder().spawn(&short(), |_| ()).unwrap();
        assert_eq!(plain.thread().daemon(), Daemon::No);
    });
    assert_eq!(receives.recv().unwrap(), [Daemon::Yes, Daemon::No]);
}

/// A thread of std's is known too, and ends when it ends.
#[test]
fn a_thread_that_something_else_has_started_can_be_waited_for() {
    let (sends, receives) = mpsc::channel();
    let stop = Arc::new(Event::new());
    let stopped = Arc::clone(&stop);
    let theirs = std_thread::Builder::new().name("theirs".to_owned());
    let theirs = theirs.spawn(move || {
        assert_eq!(threads::current(), threads::current());
        sends.send(threads::current()).unwrap();
        stopped.wait();
    });
    let thread = receives.recv().unwrap();
    assert_eq!((thread.name(), thread.join_timeout(INTERVAL)), ("theirs", Waited::TooLate));
    stop.set();
    thread.join();
    assert!(!thread.is_alive());
    theirs.unwrap().join().unwrap();
}

/// Fails if `run` takes the place of who its thread was before.
#[test]
fn who_calls_a_program_is_the_same_thread_after_it() {
    let before = threads::current();
    let main = threads::run(threads::current);
    assert_ne!(before, main);
    assert_eq!((threads::current(), before.is_alive(), main.is_alive()), (before, true, false));
}

/// Item 25. Hangs if main's end is waited for before main is over.
#[test]
fn a_thread_may_wait_for_the_end_of_main() {
    let seen = Arc::new(AtomicU32::new(0));
    threads::run(|| {
        let seen = Arc::clone(&seen);
        drop(threads::spawn(&short(), "patient", move |_| {
            threads::main_thread().join();
            seen.store(1, Ordering::Relaxed);
        }));
    });
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}

/// The handle is a future, as a job's is.
#[test]
fn a_task_may_await_a_thread() {
    threads::run(|| {
        let worker = threads::spawn(&short(), "worker", |_| 42).unwrap();
        let thread = worker.thread().clone();
        assert_eq!(coop::run(worker).unwrap(), 42);
        assert!(!thread.is_alive());
        eventually("nobody finds it", || !threads::enumerate().contains(&thread));
    });
}

/// What a panic carries, and panics in its destructor.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std_thread::panicking(), "the payload's destructor");
    }
}

/// An answer whose destructor panics with something whose destructor panics.
struct Answer;

impl Drop for Answer {
    fn drop(&mut self) {
        panic::panic_any(Bomb);
    }
}

/// Fails if what foreign code panics with keeps a thread from ending.
#[test]
fn a_thread_ends_whatever_its_hook_its_answer_and_its_locals_panic_with() {
    without_hanging(|| {
        threads::run(|| {
            let gil = short();
            threads::set_panic_hook(|_, _| panic::panic_any(Bomb));
            let by_its_hook = threads::spawn(&gil, "hook", |_| panic!("it is told")).unwrap();
            let stop = Arc::new(Event::new());
            let told = Arc::clone(&stop);
            let by_its_answer = threads::spawn(&gil, "answer", move |_| {
                told.wait();
                Answer
            });
            let local = Local::new(|| Answer);
            let by_its_local = threads::spawn(&gil, "local", move |_| local.with(|_| ())).unwrap();
            let threads = [
                by_its_hook.thread().clone(),
                by_its_answer.unwrap().thread().clone(),
                by_its_local.thread().clone(),
            ];
            stop.set();
            threads.iter().for_each(Thread::join);
            assert_eq!(threads::enumerate().len(), 1);
        });
    });
}

/// Fails if the closure is dropped under a lock that its destructor needs.
#[test]
fn the_closure_of_a_thread_that_cannot_be_started_may_use_threads_in_its_destructor() {
    struct Asks(mpsc::Sender<usize>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.send(threads::enumerate().len()).unwrap();
        }
    }
    without_hanging(|| {
        let (told, tells) = mpsc::channel();
        threads::run(|| {
            let asks = Asks(told);
            let started =
                Thread::builder().stack_size(1 << 50).spawn(&short(), move |_| drop(asks));
            assert!(started.is_err());
        });
        assert_eq!(tells.recv(), Ok(1));
    });
}
