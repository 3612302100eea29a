//! Every call that waits gives the global lock up, and says why; and no call that need not wait does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use trainyard::handle;
use trainyard::sys::Why;
use trainyard::threads::{
    self, Barrier, BoundedSemaphore, Condition, Event, Gil, LifoQueue, Lock, Mode, PriorityQueue,
    Queue, RLock, Semaphore, SimpleQueue, Standing, Timer, Waited,
};
use trainyard::trace::{Kind, Recording};

use crate::support::{AN_HOUR, await_standing, eventually, named, recorded, without_hanging};

/// The longest time that can be given to a wait. Fails, and hangs, where it is over at once.
const FOR_EVER: Duration = Duration::MAX;

/// Runs calls that wait, each in a thread with a name of its own, and keeps for what.
#[derive(Default)]
struct Waits {
    expected: Vec<(String, Why)>,
}

impl Waits {
    /// A thread calls `wait`, and has no check point; another then attaches and calls `end`.
    #[track_caller]
    fn check(&mut self, name: &str, why: Why, wait: impl FnOnce() + Send, end: impl FnOnce()) {
        let (gil, is_attached) = (Gil::new(Mode::timed(AN_HOUR)), AtomicBool::new(false));
        self.expected.push((name.to_owned(), why));
        thread::scope(|scope| {
            named(scope, name, || {
                gil.attach(|_| {
                    is_attached.store(true, Ordering::Relaxed);
                    wait();
                });
            });
            eventually("the thread is attached", || is_attached.load(Ordering::Relaxed));
            await_standing(&gil, name, Standing::Detached);
            gil.attach(|_| end());
        });
        assert_eq!(gil.counters().forced_switches, 0, "{name} gives the lock up by itself");
    }

    /// Looks whether each thread has said for what it waits.
    #[track_caller]
    fn check_reasons(self, recording: &Recording) {
        for (name, why) in self.expected {
            let track = recording.tracks.iter().find(|track| track.name == name);
            let number = track.unwrap_or_else(|| panic!("{name} has recorded nothing")).number;
            let begins = recording
                .events
                .iter()
                .find(|event| event.track == number && event.kind == Kind::BlockBegin);
            let says = begins.and_then(|event| Why::from_word(event.a));
            assert_eq!(says, Some(why), "{name}");
        }
    }
}

/// Fails for every call that waits without the door, or through it with another's reason; and, item 16,
/// for one whose longest time is over at once.
#[test]
fn every_call_that_waits_gives_the_lock_up_and_says_why() {
    without_hanging(|| {
        let mut waits = Waits::default();
        let recording = recorded(|| {
            wait_for_locks(&mut waits);
            wait_for_conditions(&mut waits);
            wait_for_semaphores(&mut waits);
            wait_for_events_and_barriers(&mut waits);
            wait_for_room_and_items(&mut waits);
            wait_for_queues_to_end(&mut waits);
            threads::run(|| wait_for_threads(&mut waits));
            wait_for_jobs(&mut waits);
        });
        waits.check_reasons(&recording);
    });
}

fn wait_for_locks(waits: &mut Waits) {
    let lock = Lock::new(0);
    let guard = lock.acquire();
    waits.check("Lock::acquire", Why::Lock, || drop(lock.acquire()), || drop(guard));
    let guard = lock.acquire();
    let wait = || assert!(lock.acquire_timeout(FOR_EVER).is_some());
    waits.check("Lock::acquire_timeout", Why::Lock, wait, || drop(guard));
    let lock = RLock::new();
    let guard = lock.acquire();
    waits.check("RLock::acquire", Why::Lock, || drop(lock.acquire()), || drop(guard));
    let guard = lock.acquire();
    let wait = || assert!(lock.acquire_timeout(FOR_EVER).is_some());
    waits.check("RLock::acquire_timeout", Why::Lock, wait, || drop(guard));
}

fn wait_for_conditions(waits: &mut Waits) {
    let (lock, rlock, changed) = (Lock::new(false), RLock::new(), Condition::new());
    let why = Why::Condition;
    let wait = || changed.wait(&mut lock.acquire());
    waits.check("Condition::wait", why, wait, || changed.notify_one());
    let wait = || changed.wait(&mut rlock.acquire());
    waits.check("Condition::wait, re-entrant", why, wait, || changed.notify_one());
    let wait = || assert_eq!(changed.wait_timeout(&mut lock.acquire(), FOR_EVER), Waited::InTime);
    waits.check("Condition::wait_timeout", why, wait, || changed.notify_one());
    let is_so = |is_so: &mut bool| *is_so;
    let make_it_so = || {
        *lock.acquire() = true;
        changed.notify_all();
    };
    let wait = || changed.wait_for(&mut lock.acquire(), is_so);
    waits.check("Condition::wait_for", why, wait, make_it_so);
    *lock.acquire() = false;
    let wait = || {
        let waited = changed.wait_for_timeout(&mut lock.acquire(), is_so, FOR_EVER);
        assert_eq!(waited, Waited::InTime);
    };
    waits.check("Condition::wait_for_timeout", why, wait, make_it_so);
}

fn wait_for_semaphores(waits: &mut Waits) {
    let (free, bounded) = (Semaphore::new(0), BoundedSemaphore::new(1));
    let why = Why::Semaphore;
    waits.check("Semaphore::acquire", why, || free.acquire().forget(), || free.release(1));
    let wait = || free.acquire_timeout(FOR_EVER).expect("it is released").forget();
    waits.check("Semaphore::acquire_timeout", why, wait, || free.release(1));
    let permit = bounded.acquire();
    let wait = || drop(bounded.acquire());
    waits.check("BoundedSemaphore::acquire", why, wait, || drop(permit));
    let permit = bounded.acquire();
    let wait = || assert!(bounded.acquire_timeout(FOR_EVER).is_some());
    waits.check("BoundedSemaphore::acquire_timeout", why, wait, || drop(permit));
}

fn wait_for_events_and_barriers(waits: &mut Waits) {
    let event = Event::new();
    waits.check("Event::wait", Why::Event, || event.wait(), || event.set());
    event.clear();
    let wait = || assert_eq!(event.wait_timeout(FOR_EVER), Waited::InTime);
    waits.check("Event::wait_timeout", Why::Event, wait, || event.set());
    let barrier = Barrier::new(2);
    let wait = || assert_eq!(barrier.wait(), Ok(0));
    waits.check("Barrier::wait", Why::Barrier, wait, || assert_eq!(barrier.wait(), Ok(1)));
    let wait = || assert_eq!(barrier.wait_timeout(FOR_EVER), Ok(0));
    waits.check("Barrier::wait_timeout", Why::Barrier, wait, || assert_eq!(barrier.wait(), Ok(1)));
}

fn wait_for_room_and_items(waits: &mut Waits) {
    let (full, why) = (Queue::bounded(1), Why::Queue);
    full.put(0).unwrap();
    let end = || assert!(full.try_get().is_ok());
    waits.check("Queue::put", why, || full.put(1).unwrap(), end);
    let wait = || full.put_timeout(2, FOR_EVER).unwrap();
    waits.check("Queue::put_timeout", why, wait, end);
    let (queue, lifo) = (Queue::new(), LifoQueue::new());
    let wait = || assert_eq!(queue.get(), Ok(1));
    waits.check("Queue::get", why, wait, || queue.put(1).unwrap());
    let wait = || assert_eq!(queue.get_timeout(FOR_EVER), Ok(1));
    waits.check("Queue::get_timeout", why, wait, || queue.put(1).unwrap());
    let wait = || assert_eq!(lifo.get(), Ok(1));
    waits.check("LifoQueue::get", why, wait, || lifo.put(1).unwrap());
    let priority = PriorityQueue::new();
    let wait = || assert_eq!(priority.get(), Ok(1));
    waits.check("PriorityQueue::get", why, wait, || priority.put(1).unwrap());
    let simple = SimpleQueue::new();
    let wait = || assert_eq!(simple.get(), 1);
    waits.check("SimpleQueue::get", why, wait, || simple.put(1));
    let wait = || assert_eq!(simple.get_timeout(FOR_EVER), Some(1));
    waits.check("SimpleQueue::get_timeout", why, wait, || simple.put(1));
}

fn wait_for_queues_to_end(waits: &mut Waits) {
    let queue = Queue::new();
    let end = || queue.task_done().unwrap();
    queue.put(1).unwrap();
    waits.check("Queue::join", Why::Queue, || queue.join(), end);
    queue.put(2).unwrap();
    let wait = || assert_eq!(queue.join_timeout(FOR_EVER), Waited::InTime);
    waits.check("Queue::join_timeout", Why::Queue, wait, end);
}

fn wait_for_threads(waits: &mut Waits) {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    let start = || {
        let stop = Arc::new(Event::new());
        let stopped = Arc::clone(&stop);
        (stop, threads::spawn(&gil, "stops", move |_| stopped.wait()).unwrap())
    };
    let (stop, thread) = start();
    waits.check("Thread::join", Why::Thread, || thread.thread().join(), || stop.set());
    let (stop, thread) = start();
    let wait = || assert_eq!(thread.thread().join_timeout(FOR_EVER), Waited::InTime);
    waits.check("Thread::join_timeout", Why::Thread, wait, || stop.set());
    let (stop, thread) = start();
    waits.check("JoinHandle::join", Why::Thread, || thread.join().unwrap(), || stop.set());
    let (stop, mut thread) = start();
    let wait = || thread.join_timeout(FOR_EVER).expect("it stops").unwrap();
    waits.check("JoinHandle::join_timeout", Why::Thread, wait, || stop.set());
}

fn wait_for_jobs(waits: &mut Waits) {
    let (promise, handle) = handle::job();
    let wait = || handle.join().unwrap();
    waits.check("JobHandle::join", Why::Job, wait, || promise.fulfil(Ok(())));
    let (promise, mut handle) = handle::job();
    let wait = || handle.join_timeout(FOR_EVER).expect("it is fulfilled").unwrap();
    waits.check("JobHandle::join_timeout", Why::Job, wait, || promise.fulfil(Ok(())));
}

/// A timer's thread is attached, and waits; fails if it keeps the lock, or if its wait is no sleep.
#[test]
fn a_timer_waits_without_the_lock_and_counts_as_asleep() {
    without_hanging(|| {
        let recording = recorded(|| {
            threads::run(|| {
                let gil = Gil::new(Mode::timed(AN_HOUR));
                let timer =
                    Timer::start(&gil, FOR_EVER, |_| unreachable!("it is cancelled")).unwrap();
                await_standing(&gil, timer.thread().name(), Standing::Detached);
                gil.attach(|_| assert!(timer.cancel()));
            });
        });
        let sleeps = |event: &&trainyard::trace::Event| {
            event.kind == Kind::BlockBegin && event.a == Why::Sleep as u64
        };
        assert!(recording.events.iter().any(|event| sleeps(&event)));
    });
}

/// Fails if a call goes through the door before it has looked whether it must wait.
#[test]
fn a_call_that_need_not_wait_keeps_the_lock() {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    gil.attach(|_| {
        let (lock, rlock, changed) = (Lock::new(1), RLock::new(), Condition::new());
        drop((lock.acquire(), lock.try_acquire(), rlock.acquire(), rlock.acquire()));
        assert!(lock.acquire_timeout(Duration::ZERO).is_some());
        changed.wait_for(&mut lock.acquire(), |value| *value == 1);
        changed.notify_all();
        let permits = Semaphore::new(1);
        drop(permits.acquire());
        permits.release(2);
        let event = Event::new();
        event.set();
        event.wait();
        assert_eq!(Barrier::new(1).wait(), Ok(0));
        let (queue, simple) = (Queue::bounded(1), SimpleQueue::new());
        queue.put(1).unwrap();
        assert!(queue.try_put(2).is_err());
        assert_eq!(queue.get(), Ok(1));
        queue.task_done().unwrap();
        queue.join();
        queue.shutdown();
        assert!(queue.get().is_err() && queue.put(3).is_err());
        simple.put(1);
        assert_eq!(simple.get(), 1);
        assert_eq!(gil.counters().own_drops, 0);
    });
}

/// Fails for a call that gives the lock up though it has no time to wait.
#[test]
fn a_call_without_time_to_wait_keeps_the_lock() {
    let gil = Gil::new(Mode::timed(AN_HOUR));
    let (lock, none) = (Lock::new(()), Duration::ZERO);
    let (_promise, mut job) = handle::job::<()>();
    let _held = lock.acquire();
    gil.attach(|_| {
        assert!(lock.acquire_timeout(none).is_none());
        assert!(Semaphore::new(0).acquire_timeout(none).is_none());
        assert_eq!(Event::new().wait_timeout(none), Waited::TooLate);
        assert!(Queue::<u8>::new().get_timeout(none).is_err());
        assert!(job.join_timeout(none).is_none());
        assert_eq!(gil.counters().own_drops, 0);
    });
}
