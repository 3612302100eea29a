//! Hand-off: how long does it take until the other thread, which sleeps, has the token?
//!
//! Two threads have one token. Who has it computes for a millisecond, so that the other is asleep
//! as deep as the machine lets it, looks at the clock, and hands over; who gets it looks at the
//! clock again. The figure is the median of one round.
//!
//! The bare futex is the limit: one word, one system call on each side; with a timer, it is the limit of
//! a lock whose waiters sleep for an interval. A mutex and a condition
//! add the turns in the mutex. `Gil` is the lock itself: the waiter asks after an interval, the
//! holder sees it at its next check point, and the time from there to the other's first
//! instruction under the lock is taken.

use std::hint;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::futex;
use trainyard::sys::{clock, prim};
use trainyard::threads::{Attached, Gil, Mode};

use crate::locks::pin;
use crate::runner::{Contender, Goal, Scenario};

const HANDOFFS: u32 = 60;
const THINK: Duration = Duration::from_millis(1);
/// The holder looks at its breaker so often: seldom enough that who has asked is asleep again.
const BETWEEN_CHECK_POINTS: Duration = Duration::from_micros(200);

pub(crate) fn on_one_cpu() -> Scenario {
    scenario("handoff/one cpu", "a token goes to a sleeping thread of the same processor", [0, 0])
}

pub(crate) fn across_cpus() -> Scenario {
    scenario("handoff/across", "a token goes to a sleeping thread of another processor", [0, 1])
}

fn scenario(name: &str, question: &'static str, cpus: [usize; 2]) -> Scenario {
    Scenario {
        name: name.into(),
        question,
        columns: &["us"],
        contenders: vec![
            Contender::new("bare futex", move || tokens::<BareFutex>(cpus)),
            Contender::new("bare futex, timed", move || tokens::<TimedFutex>(cpus)),
            Contender::new("trainyard condition", move || tokens::<Condition>(cpus)),
            Contender::new("std condition", move || tokens::<StdCondition>(cpus)),
            Contender::new("parking_lot condition", move || tokens::<ParkingLot>(cpus)),
            Contender::new("trainyard Gil", move || through_the_lock(cpus)),
        ],
        goals: vec![
            Goal::at_most("trainyard condition", 1.05, "bare futex"),
            Goal::at_most("trainyard Gil", 1.05, "bare futex, timed"),
        ],
    }
}

/// A token that one of two threads has.
trait Token: Sync {
    /// Thread 0 has it.
    fn new() -> Self;
    fn wait_for(&self, me: u32);
    fn give_to(&self, other: u32);
}

struct BareFutex {
    owner: AtomicU32,
}

impl Token for BareFutex {
    fn new() -> Self {
        Self { owner: AtomicU32::new(0) }
    }

    fn wait_for(&self, me: u32) {
        while self.owner.load(Ordering::Acquire) != me {
            // However it ends, the word tells.
            let _ = futex::wait(&self.owner, futex::Flags::PRIVATE, 1 - me, None);
        }
    }

    fn give_to(&self, other: u32) {
        self.owner.store(other, Ordering::Release);
        futex::wake(&self.owner, futex::Flags::PRIVATE, 1).expect("the word is there");
    }
}

/// As the lock sleeps: no longer than an interval. Who gives way sets a timer before it sleeps, and on
/// one processor the other waits for that: in a virtual machine a timer that is nearer than the next
/// tick of the kernel's costs an exit.
struct TimedFutex {
    owner: AtomicU32,
}

impl Token for TimedFutex {
    fn new() -> Self {
        Self { owner: AtomicU32::new(0) }
    }

    fn wait_for(&self, me: u32) {
        let interval = THINK.try_into().expect("a millisecond is no long time");
        while self.owner.load(Ordering::Acquire) != me {
            let _ = futex::wait(&self.owner, futex::Flags::PRIVATE, 1 - me, Some(&interval));
        }
    }

    fn give_to(&self, other: u32) {
        self.owner.store(other, Ordering::Release);
        futex::wake(&self.owner, futex::Flags::PRIVATE, 1).expect("the word is there");
    }
}

struct Condition {
    owner: prim::Mutex<u32>,
    changed: prim::Condvar,
}

impl Token for Condition {
    fn new() -> Self {
        Self { owner: prim::Mutex::new(0), changed: prim::Condvar::new() }
    }

    fn wait_for(&self, me: u32) {
        let mut owner = self.owner.lock();
        while *owner != me {
            owner = self.changed.wait(owner);
        }
    }

    fn give_to(&self, other: u32) {
        *self.owner.lock() = other;
        self.changed.notify_one();
    }
}

struct StdCondition {
    owner: Mutex<u32>,
    changed: std::sync::Condvar,
}

impl Token for StdCondition {
    fn new() -> Self {
        Self { owner: Mutex::new(0), changed: std::sync::Condvar::new() }
    }

    fn wait_for(&self, me: u32) {
        let owner = self.owner.lock().expect("nobody panics under it");
        drop(self.changed.wait_while(owner, |owner| *owner != me).expect("as above"));
    }

    fn give_to(&self, other: u32) {
        *self.owner.lock().expect("nobody panics under it") = other;
        self.changed.notify_one();
    }
}

struct ParkingLot {
    owner: parking_lot::Mutex<u32>,
    changed: parking_lot::Condvar,
}

impl Token for ParkingLot {
    fn new() -> Self {
        Self { owner: parking_lot::Mutex::new(0), changed: parking_lot::Condvar::new() }
    }

    fn wait_for(&self, me: u32) {
        self.changed.wait_while(&mut self.owner.lock(), |owner| *owner != me);
    }

    fn give_to(&self, other: u32) {
        *self.owner.lock() = other;
        self.changed.notify_one();
    }
}

/// How long the token was on its way, each time. Its holder's alone, so the lock is always free.
#[derive(Default)]
struct Journeys {
    given_ns: Mutex<Option<u64>>,
    on_its_way_ns: Mutex<Vec<u64>>,
}

impl Journeys {
    fn begin(&self) {
        *self.given_ns.lock().expect("nobody panics under it") = Some(clock::now_ns());
    }

    /// Ends the journey that began last; at the very start there is none.
    fn end(&self) {
        let now_ns = clock::now_ns();
        let given_ns = self.given_ns.lock().expect("nobody panics under it").take();
        let journey_ns = given_ns.map(|given_ns| now_ns - given_ns);
        self.on_its_way_ns.lock().expect("nobody panics under it").extend(journey_ns);
    }

    #[expect(clippy::cast_precision_loss, reason = "some microseconds")]
    fn median_us(self) -> Vec<f64> {
        let mut sorted = self.on_its_way_ns.into_inner().expect("nobody panics under it");
        sorted.sort_unstable();
        vec![sorted[sorted.len() / 2] as f64 / 1e3]
    }
}

fn compute_for(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        hint::spin_loop();
    }
}

fn tokens<T: Token>(cpus: [usize; 2]) -> Vec<f64> {
    let (token, journeys) = (T::new(), Journeys::default());
    let take_turns = |me: u32, cpu| {
        pin(cpu);
        for _ in 0..HANDOFFS / 2 {
            token.wait_for(me);
            journeys.end();
            compute_for(THINK);
            journeys.begin();
            token.give_to(1 - me);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| take_turns(0, cpus[0]));
        scope.spawn(|| take_turns(1, cpus[1]));
    });
    journeys.median_us()
}

fn through_the_lock(cpus: [usize; 2]) -> Vec<f64> {
    let (gil, journeys) = (Gil::new(Mode::timed(THINK)), Journeys::default());
    let is_over = AtomicBool::new(false);
    let compute_until_asked = |at: &Attached<'_>| {
        while !at.asked().is_raised() && !is_over.load(Ordering::Relaxed) {
            compute_for(BETWEEN_CHECK_POINTS);
        }
    };
    let take_turns = |at: &mut Attached<'_>| {
        for _ in 0..HANDOFFS / 2 {
            journeys.end();
            compute_until_asked(at);
            // The other one has gone: nobody asks any more.
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            journeys.begin();
            at.checkpoint();
        }
        journeys.end();
        is_over.store(true, Ordering::Relaxed);
    };
    let attach = |cpu| {
        pin(cpu);
        gil.attach(take_turns);
    };
    thread::scope(|scope| {
        scope.spawn(|| attach(cpus[0]));
        scope.spawn(|| attach(cpus[1]));
    });
    journeys.median_us()
}
