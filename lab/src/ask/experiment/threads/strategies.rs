//! Strategies: one sum that four threads add to, kept right in four ways, and not at all.
//!
//! It is the smallest problem that needs a strategy, so nothing else is measured.

use std::sync::{Barrier, mpsc};
use std::thread;

use crate::ask::experiment::kit::prelude::*;
use lab_core::work::sums::Sums;

/// No strategy, a lock, a queue, a sum of one's own, an atomic number.
pub const EXPERIMENT: Experiment = Experiment {
    name: "strategies",
    group: Group::Threads,
    title: "four ways to keep a shared sum right, and what each costs",
    question: "Four threads add ones to a sum. The sum can be protected by a lock; it can belong \
               to one thread, to which the others send their ones through a queue; each thread can \
               have a sum of its own, and add it to the others' at the end; or adding can be one \
               instruction. All are right. Which one is the cheapest?",
    choices: &[
        "the lock: nearly always nobody waits for it",
        "the queue: no thread has to wait for another",
        "a sum of one's own: what is not shared needs no protection",
        "the instruction: nothing is shorter",
    ],
    answer: 2,
    method: "Four threads, without any global lock, each add 1 over and over: with a load, an \
             addition and a store; under a lock; through a queue to a thread that adds; to a \
             number in a thread-local variable; with an atomic addition. In Python, under its \
             lock, 1 is added by a function, so that a switch may fall into the middle; it has no \
             atomic number.",
    cells,
    ours: measure,
    twin: Some(include_str!("strategies.py")),
    plays: |_, cell| cell.word("strategy") != "atomic",
    columns: &[
        Column { figure: "lost_share", title: "lost", unit: Unit::Percent },
        Column { figure: "lost", title: "ones lost", unit: Unit::Count },
        Column { figure: "update_s", title: "each takes", unit: Unit::Seconds },
    ],
    relations: &[
        timing("none-loses")
            .says("without a strategy ones are lost.")
            .claims(&that("{lost in none} ones lost, {lost_share in none}", |[lost, _]| lost > 0.0))
            .wrong("under a lock", |cell| cell.set("strategy", "lock")),
        counting("each-of-them-is-exact")
            .says("with any of the strategies the sum is exact.")
            .claims(&special(|cell| cell.label != "none", each_is_exact))
            .wrong("no strategy", |cell| {
                cell.set("strategy", "none");
                cell.set("ones", UNPROTECTED);
            }),
        timing("own-is-the-cheapest")
            .says("a sum of one's own takes less than half the time of any other that is right.")
            .of_ours()
            .claims(&that_by(
                "{update_s in thread-local}{update_s in lock}{update_s in queue}{update_s in \
                 atomic}",
                |[own, lock, queue, atomic]| own < lock.min(queue).min(atomic) / 2.0,
                |[own, lock, queue, atomic]| {
                    let next = lock.min(queue).min(atomic);
                    format!("{}; the next takes {}", seconds(own), seconds(next))
                },
            ))
            .wrong("each one added to the common sum at once, under a lock", |cell| {
                cell.set("strategy", "lock");
            }),
    ],
    explain: Told(
        "Without a strategy {lost_share in none} of the ones were lost: a thread read the sum, \
         another stored a newer one, and the first stored its own over it. With the four \
         strategies none was. Of the time of all four threads together, a one costs {update_s in \
         lock} under the lock, {update_s in queue} through the queue, {update_s in atomic} as an \
         atomic addition, and {update_s in thread-local} in a sum of one's own. The first three \
         have something that every thread wants, and pay for its way from processor to processor. \
         So: share nothing if you can; then what is cheap depends on what is shared, and a queue \
         or a lock protects more than one number.",
    ),
    read: &[
        "src/threads/guarded.rs: data that is protected with the global lock on or off",
        "docs.python.org/3/library/queue.html, and threading.local",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "race 'with m: x = x + 1'",
        says: "nothing is lost in any row that shares x: the lock holds the three steps together.",
    },
    change: Activity {
        command: "race 'with m: y = x\\nwith m: x = y + 1'",
        says: "two locked halves are no whole: between them another thread may come.",
    },
    make: "Do the same with a queue between threads: `examples/threads_story.rs` is a place to begin.",
};

const THREADS: usize = 4;
/// So many take a thread longer than the system lets it run undisturbed.
const UNPROTECTED: u64 = 20_000_000;

fn cells(scale: Scale) -> Vec<Cell> {
    let cell = |strategy| {
        // A queue takes longer, and an interpreter for everything; but without a strategy threads
        // must be interrupted a few times.
        let (ones, in_python) = match strategy {
            "queue" => (100_000, 5_000),
            "lock" => (4_000_000, 50_000),
            "none" => (UNPROTECTED, 300_000),
            _ => (4_000_000, 100_000),
        };
        let (ones, in_python) = (scale.pick(ones, 2 * ones), scale.pick(in_python, 2 * in_python));
        let cell = Cell::new(strategy, Lock::Off).with("strategy", strategy);
        cell.with("ones", ones).with("ones_in_python", in_python)
    };
    ["none", "lock", "queue", "thread-local", "atomic"].map(cell).into()
}

#[expect(clippy::unnecessary_wraps, reason = "as other experiments, which can fail")]
fn measure(cell: &Cell) -> Result<Figures> {
    let (sums, ones) = (Sums::default(), cell.count("ones") as u64);
    let (start, mut stopwatch) = (Barrier::new(THREADS + 1), Stopwatch::start());
    let queued = thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel::<u64>();
        let owner = scope.spawn(move || receiver.into_iter().sum::<u64>());
        for sender in vec![sender; THREADS] {
            scope.spawn(|| {
                start.wait();
                sums.add(ones, cell.word("strategy"), sender);
            });
        }
        // This thread lets them go, and none of them: it would keep its processor.
        stopwatch = Stopwatch::start();
        start.wait();
        owner.join().expect("adding does not panic")
    });
    let took_s = stopwatch.seconds();
    let expected = THREADS as u64 * ones;
    Ok(Figures::lost(expected, queued + sums.total()).with("update_s", took_s / to_f64(expected)))
}

/// Python has no atomic number.
fn each_is_exact(results: &Results, who: &Contender) -> Option<Check> {
    let lost = |strategy: &&str| results.count(who, strategy, "lost");
    let strategies = ["lock", "queue", "thread-local", "atomic"].iter();
    let lost: Vec<u64> = strategies.filter_map(lost).collect();
    lost.first()?;
    let all: u64 = lost.iter().sum();
    Some(Check::that(all == 0, format!("{all} ones lost with {} strategies", lost.len())))
}
