//! What the tests of the lock share: short locks, threads with names, and witnesses.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use trainyard::threads::{Attached, Counters, Gil, Mode, Standing};
use trainyard::trace::{self, Event, Kind, Recording};

/// Short, so that a test sees many switches; long enough that a thread is really running by then.
pub(crate) const INTERVAL: Duration = Duration::from_millis(1);

/// No test waits as long as this: whoever gets the lock under it did not get it by asking.
pub(crate) const AN_HOUR: Duration = Duration::from_hours(1);

/// Longer than anything here takes on a slow machine: what takes longer hangs.
const HANGS_AFTER: Duration = Duration::from_secs(100);

pub(crate) fn short() -> Gil {
    Gil::new(Mode::timed(INTERVAL))
}

/// Scales a number of turns.
pub(crate) fn turns(base: u64) -> u64 {
    let factor = std::env::var("TRAINYARD_STRESS").ok().and_then(|text| text.parse().ok());
    base * factor.unwrap_or(1)
}

/// Looks until it is so; no sleep, as there is nothing to be told by.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < HANGS_AFTER, "still not so: {what}");
        thread::yield_now();
    }
}

/// Runs `body` in a thread of its own, and fails if that hangs.
#[track_caller]
pub(crate) fn without_hanging(body: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = thread::spawn(move || {
        body();
        // The receiver is gone only if the test has failed already.
        let _told = done.send(());
    });
    let factor = u32::try_from(turns(1)).unwrap_or(u32::MAX);
    let ended = is_done.recv_timeout(HANGS_AFTER.saturating_mul(factor));
    assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    thread.join().expect("the test holds");
}

/// Starts a thread with a name, attached to nothing.
pub(crate) fn named<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: &str,
    body: impl FnOnce() -> T + Send + 'scope,
) -> thread::ScopedJoinHandle<'scope, T> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, body)
        .expect("threads can be had")
}

/// Runs `body` in a thread of that name, and returns what it panicked with.
#[track_caller]
pub(crate) fn panic_of(name: &str, body: impl FnOnce() + Send) -> String {
    let caught = || catch_unwind(AssertUnwindSafe(body)).expect_err("it must panic");
    let payload =
        thread::scope(|scope| named(scope, name, caught).join().expect("it catches its panic"));
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with a text")
}

/// Says that it is over when it is dropped, so that a test that fails does not wait for its threads.
pub(crate) struct Ends<'a>(pub(crate) &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the lock says of the thread with that name.
pub(crate) fn standing(gil: &Gil, name: &str) -> Option<Standing> {
    let mut threads = gil.threads().into_iter();
    threads.find(|thread| thread.name == name).map(|thread| thread.standing)
}

/// Returns once the thread with that name is so.
#[track_caller]
pub(crate) fn await_standing(gil: &Gil, name: &str, wanted: Standing) {
    eventually("a thread stands as the test wants it", || standing(gil, name) == Some(wanted));
}

/// Fails unless the lock was dropped as often as it was taken, and nobody has it.
#[track_caller]
pub(crate) fn assert_settled(counters: &Counters) {
    assert_eq!(counters.acquisitions, drops(counters), "{counters:?}");
}

/// How often the lock was dropped, for whichever cause.
pub(crate) fn drops(counters: &Counters) -> u64 {
    counters.forced_switches + counters.tick_drops + counters.own_drops + counters.stop_drops
}

/// Counts who is inside at once.
#[derive(Default)]
pub(crate) struct Inside {
    now: AtomicU32,
    most: AtomicU32,
}

impl Inside {
    // ORDER: SeqCst throughout: a witness must not owe its sight to the lock that it watches.
    pub(crate) fn visit(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        std::hint::spin_loop();
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::SeqCst)
    }
}

/// Records what `body` does. One recording at a time in a process.
pub(crate) fn recorded(body: impl FnOnce()) -> Recording {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let recorder = trace::arm();
    body();
    recorder.finish()
}

/// Keeps the events of the lock that the thread `name` took first: tests run beside each other, and are
/// recorded too, so the name must be the test's own.
#[track_caller]
pub(crate) fn of_one_lock(recording: &Recording, name: &str) -> Vec<Event> {
    let mut tracks = recording.tracks.iter().filter(|track| track.name == name);
    let track = tracks.next().expect("the thread recorded").number;
    assert!(tracks.next().is_none(), "several tests have a thread {name}");
    let taken = |event: &&Event| event.track == track && event.kind == Kind::GilTake;
    let lock = recording.events.iter().find(taken).expect("it took the lock").a;
    let gil = |event: &&Event| event.a == lock && event.kind.name().starts_with("Gil");
    recording.events.iter().filter(gil).copied().collect()
}

/// Attaches to `gil`, and passes one check point.
pub(crate) fn pass_once(gil: &Gil) {
    gil.attach(|at| {
        at.checkpoint();
    });
}

/// Runs attached to `gil`, with a check point in each turn, until it is over.
pub(crate) fn pass_until(gil: &Gil, is_over: &AtomicBool) {
    gil.attach(|at| {
        while !is_over.load(Ordering::Relaxed) {
            at.checkpoint();
        }
    });
}

/// Runs threads attached to `gil` that pass check points until it was handed over `switches` times
/// on request.
pub(crate) fn spinners(gil: &Gil, names: &[&str], switches: u64) {
    let spin = |at: &mut Attached<'_>| {
        while gil.counters().forced_switches < switches {
            at.checkpoint();
        }
    };
    thread::scope(|scope| {
        for name in names {
            named(scope, name, || gil.attach(spin));
        }
    });
}
