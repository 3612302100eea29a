//! A switch in the middle of `x = x + 1`: where it can happen, and who decides.
//!
//! The statement is three acts: load, add, store. First the explorer tries every order in which
//! two trains can do them. Then two real threads do them millions of times, and it turns out that
//! the place of the check point decides what a lock is worth. Last come two tasks, which switch
//! where they say so and nowhere else.
//!
//! Run it with `cargo run --release --example switch_in_the_middle`.
#![expect(clippy::print_stdout, reason = "an example tells its story on the terminal")]

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use trainyard::coop;
use trainyard::interleave::{Action, Exploration, ExploreError, Explorer, Step};
use trainyard::threads::{Attached, Gil, Mode};

/// Enough for two threads to meet, and for dozens of switch intervals.
const UPDATES: u64 = 10_000_000;
/// Shorter than CPython's 5 ms, so that it happens dozens of times in a moment.
const SWITCH_INTERVAL: Duration = Duration::from_micros(100);
const TASK_UPDATES: u64 = 1_000;

fn main() -> Result<(), ExploreError> {
    every_order()?;
    real_threads();
    tasks();
    Ok(())
}

/// One number in memory, and a register for each train.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Memory {
    x: u32,
    register: [u32; 2],
    is_locked: bool,
}

fn load<const TRAIN: usize>(memory: &mut Memory) -> Step {
    memory.register[TRAIN] = memory.x;
    Step::Next
}

fn add<const TRAIN: usize>(memory: &mut Memory) -> Step {
    memory.register[TRAIN] += 1;
    Step::Next
}

fn store<const TRAIN: usize>(memory: &mut Memory) -> Step {
    memory.x = memory.register[TRAIN];
    Step::Next
}

fn lock(memory: &mut Memory) -> Step {
    if std::mem::replace(&mut memory.is_locked, true) { Step::Blocked } else { Step::Next }
}

fn unlock(memory: &mut Memory) -> Step {
    memory.is_locked = false;
    Step::Done
}

fn statement<const TRAIN: usize>() -> [(&'static str, Action<Memory>); 3] {
    [("load", load::<TRAIN>), ("add", add::<TRAIN>), ("store", store::<TRAIN>)]
}

fn locked<const TRAIN: usize>() -> Vec<(&'static str, Action<Memory>)> {
    let [load, add, store] = statement::<TRAIN>();
    vec![("lock", lock), load, add, store, ("unlock", unlock)]
}

fn every_order() -> Result<(), ExploreError> {
    println!("Two trains do x = x + 1, and x was 0. What every order of their steps comes to:\n");
    let free = Explorer::new(Memory::default())
        .script("train A", &statement::<0>())
        .script("train B", &statement::<1>());
    show(&free.explore(|memory| memory.x)?);
    println!("The same with a lock around the statement:\n");
    let locked = Explorer::new(Memory::default())
        .script("train A", &locked::<0>())
        .script("train B", &locked::<1>());
    show(&locked.explore(|memory| memory.x)?);
    Ok(())
}

fn show(found: &Exploration<u32>) {
    let number = |orders: Option<u128>| orders.expect("without a loop the orders can be counted");
    let all = number(found.schedules);
    for outcome in &found.outcomes {
        let (x, orders) = (&outcome.ending, number(outcome.schedules));
        println!("x = {x} in {orders} of {all} orders, for instance\n{}", outcome.schedule);
    }
}

/// Where a thread looks whether another one has asked for the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CheckPoint {
    AfterTheStatement,
    InItsMiddle,
}

fn real_threads() {
    println!("Two threads do it {UPDATES} times each:");
    let on = Mode::timed(SWITCH_INTERVAL);
    update("without the lock", Mode::Off, CheckPoint::AfterTheStatement);
    update("with the lock, a check point after it", on.clone(), CheckPoint::AfterTheStatement);
    update("with the lock, a check point in its middle", on, CheckPoint::InItsMiddle);
    println!(
        "CPython up to 3.9 looked between any two of its operations; since 3.10 it looks at the\n\
         end of a loop's turn and at calls. Same lock, other place, and other programs go wrong.\n"
    );
}

fn update(how: &str, mode: Mode, check_point: CheckPoint) {
    let (gil, x, begin) = (Gil::new(mode), AtomicU64::new(0), Barrier::new(2));
    let train = || {
        begin.wait();
        gil.attach(|at| as_a_thread(at, &x, check_point));
    };
    thread::scope(|scope| {
        scope.spawn(train);
        scope.spawn(train);
    });
    let (lost, switches) = (2 * UPDATES - x.into_inner(), gil.counters().forced_switches);
    println!("  {how:<43} lost {lost:>8}, forced switches {switches:>3}");
}

fn as_a_thread(at: &mut Attached<'_>, x: &AtomicU64, check_point: CheckPoint) {
    for _ in 0..UPDATES {
        // ORDER: Relaxed; what is on show is the gap between this line and the store.
        let register = x.load(Ordering::Relaxed);
        if check_point == CheckPoint::InItsMiddle {
            at.checkpoint();
        }
        x.store(register + 1, Ordering::Relaxed);
        if check_point == CheckPoint::AfterTheStatement {
            at.checkpoint();
        }
    }
}

fn tasks() {
    println!("Two tasks on one thread do it {TASK_UPDATES} times each:");
    for (how, check_point) in [
        ("an await after it", CheckPoint::AfterTheStatement),
        ("an await in its middle", CheckPoint::InItsMiddle),
    ] {
        let x = Rc::new(Cell::new(0));
        coop::run(async {
            let task = |_| coop::spawn(as_a_task(Rc::clone(&x), check_point));
            coop::join_all([0, 1].map(task)).await
        });
        println!("  {how:<43} lost {:>8}", 2 * TASK_UPDATES - x.get());
    }
    println!("A task is switched out where its program says await. Nobody else decides.");
}

async fn as_a_task(x: Rc<Cell<u64>>, check_point: CheckPoint) {
    for _ in 0..TASK_UPDATES {
        let register = x.get();
        if check_point == CheckPoint::InItsMiddle {
            coop::yield_now().await;
        }
        x.set(register + 1);
        if check_point == CheckPoint::AfterTheStatement {
            coop::yield_now().await;
        }
    }
}
