//! Deadlock: two threads, two locks, and the order in which they are acquired.
//!
//! Two transfers in opposite directions can each hold one account's lock and wait for the other's
//! for ever: Dijkstra's "deadly embrace" of 1965. The global lock has no part in it, because a
//! thread that waits for another lock gives it up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use trainyard::sys::prim::{Mutex, MutexGuard};
use trainyard::sys::{Why, blocking};
use trainyard::threads::{Attached, Gil, Guarded, with_both};

/// Opposite order, one order, giving way.
pub const EXPERIMENT: Experiment = Experiment {
    name: "deadlock",
    group: Group::Threads,
    title: "two locks in opposite order, and three ways out",
    question: "Under the global lock one thread runs at a time. Two threads transfer money between \
               two accounts, each of which has a lock: one takes the locks of A and B, the other \
               those of B and A. Do all transfers end?",
    choices: &[
        "yes: only one thread runs at a time, so nobody can come in between",
        "no: in the end each has one lock and waits for the other",
        "yes, but slowly: the global lock's switch interval breaks the tie",
    ],
    answer: 1,
    method: "Two threads make transfers in opposite directions. A transfer takes the lock of the \
             one account, does something that takes 1 ms, takes the lock of the other, and moves a \
             coin. A watchdog calls it a deadlock when no transfer has ended for half a second. \
             Then the same with the locks in the order of their addresses; then with a thread that \
             finds the second lock taken, lets go of the first, and tries again; then, with the \
             global lock off, as two guarded objects that are asked for at once.",
    cells,
    ours: measure,
    twin: Some(include_str!("deadlock.py")),
    plays: |python, cell| by_lock(python, cell) && cell.word("rule") != "with-both",
    columns: &[
        Column { figure: "done", title: "transfers\ndone", unit: Unit::Count },
        Column { figure: "stood_still", title: "stood\nstill", unit: Unit::Count },
        Column { figure: "gave_way", title: "gave\nway", unit: Unit::Count },
    ],
    relations: &[
        counting("opposite-orders-stand-still")
            .says(
                "with the locks in opposite order not all transfers are made, and no more will be.",
            )
            .claims(&that(
                "{All | stood_still in opposite order}{done in opposite order} were made{|, and \
                 then none for 0.5 s stood_still in opposite order}",
                |[stood_still, _, _]| is(stood_still, 1),
            ))
            .wrong("the order of the addresses", |cell| cell.set("rule", "by-address")),
        counting("one-order-goes-on")
            .says("with the locks in one order for everybody all transfers are made.")
            .claims(&that(
                "{done in order of addresses} were made{silent stood_still in order of addresses}",
                goes_on,
            ))
            .wrong("opposite order", |cell| cell.set("rule", "as-asked")),
        counting("giving-way-goes-on")
            .says("with threads that let go of what they have all transfers are made.")
            .claims(&that(
                "{done in gives way} were made{silent stood_still in gives way}",
                goes_on,
            ))
            .wrong("they hold what they have", |cell| cell.set("rule", "as-asked")),
        counting("asking-for-both-goes-on")
            .says("with guarded objects that are asked for at once all transfers are made.")
            .of_ours()
            .claims(&that(
                "{done in both at once, lock off} were made{silent stood_still in both at once, \
                 lock off}",
                goes_on,
            ))
            .wrong("plain locks, one after the other", |cell| cell.set("rule", "as-asked")),
    ],
    explain: Told(
        "In opposite order {done in opposite order} transfers were made: then one thread had the \
         lock of A and waited for B's, the other had B's and waited for A's. The global lock does \
         not break the tie. It does not prevent it either: who waits for a lock gives the global \
         one up, so the other thread comes as far. In the order of the addresses, the same for \
         everybody, all {done in order of addresses} were made: whoever has the second lock has \
         the first one already. Giving way works too, and cost {gave_way in gives way} vain \
         attempts. Nothing but the program knows which of the two fits; no lock can.",
    ),
    read: &[
        "src/threads/guarded.rs: with_both takes the locks in the order of their addresses",
        "Dijkstra, \"Cooperating sequential processes\" (EWD 123, 1965): the deadly embrace",
    ],
};

/// No transfer in that time: nobody makes any more. One takes a millisecond.
const PATIENCE: Duration = Duration::from_millis(500);

fn cells(scale: Scale) -> Vec<Cell> {
    let rows = [
        ("opposite order", Lock::TIMED, "as-asked"),
        ("order of addresses", Lock::TIMED, "by-address"),
        ("gives way", Lock::TIMED, "gives-way"),
        ("both at once, lock off", Lock::Off, "with-both"),
    ];
    let cell = |(label, lock, rule)| {
        let cell = Cell::new(label, lock).with("rule", rule).with("pause_s", 0.001);
        cell.with("transfers", scale.pick(20, 100)).with("patience_s", PATIENCE.as_secs_f64())
    };
    rows.map(cell).into()
}

fn goes_on([done, stood_still]: [f64; 2]) -> bool {
    is(stood_still, 0) && done > 0.0
}

/// Two accounts, twice: with a lock each, and guarded.
struct Bank {
    gil: Gil,
    locked: [Mutex<i64>; 2],
    guarded: [Guarded<i64>; 2],
    pause: Duration,
    done: AtomicUsize,
    gave_way: AtomicUsize,
}

#[expect(clippy::unnecessary_wraps, reason = "as other experiments, which can fail")]
fn measure(cell: &Cell) -> Result<Figures> {
    let gil = hogs::gil(cell);
    let bank = Arc::new(Bank {
        locked: Default::default(),
        guarded: [0, 0].map(|coins| Guarded::new(&gil, coins)),
        gil,
        pause: Duration::from_secs_f64(cell.number("pause_s")),
        done: AtomicUsize::new(0),
        gave_way: AtomicUsize::new(0),
    });
    let (transfers, start) = (cell.count("transfers"), Arc::new(Barrier::new(2)));
    for from in 0..2 {
        let (bank, start) = (Arc::clone(&bank), Arc::clone(&start));
        let rule = cell.word("rule").to_owned();
        // Nobody joins them: they may be there for ever, and end with the process.
        thread::spawn(move || {
            start.wait();
            bank.gil.attach(|at| (0..transfers).for_each(|_| bank.transfer(from, &rule, at)));
        });
    }
    let stood_still = bank.stands_still(2 * transfers);
    // ORDER: Relaxed, both; plain counters.
    Ok(Figures::default()
        .with_count("done", bank.done.load(Ordering::Relaxed))
        .with_count("stood_still", stood_still)
        .with_count("gave_way", bank.gave_way.load(Ordering::Relaxed)))
}

impl Bank {
    fn transfer(&self, from: usize, rule: &str, at: &mut Attached<'_>) {
        let to = 1 - from;
        match rule {
            "as-asked" => self.one_after_the_other(from, [from, to]),
            "by-address" => self.one_after_the_other(from, [0, 1]),
            "gives-way" => self.until_both_are_free(from),
            _ => with_both(&self.guarded[from], &self.guarded[to], at, |source, target| {
                pause(self.pause);
                *source -= 1;
                *target += 1;
            }),
        }
        self.done.fetch_add(1, Ordering::Relaxed); // ORDER: Relaxed; a plain counter.
    }

    /// `order` is that of the addresses if it is that of the indices: they are in one array.
    fn one_after_the_other(&self, from: usize, order: [usize; 2]) {
        let mut first = lock(&self.locked[order[0]]);
        pause(self.pause);
        let mut second = lock(&self.locked[order[1]]);
        let coin = if order[0] == from { 1 } else { -1 };
        *first -= coin;
        *second += coin;
    }

    fn until_both_are_free(&self, from: usize) {
        loop {
            let mut first = lock(&self.locked[from]);
            pause(self.pause);
            if let Some(mut second) = self.locked[1 - from].try_lock() {
                *first -= 1;
                *second += 1;
                return;
            }
            drop(first);
            self.gave_way.fetch_add(1, Ordering::Relaxed); // ORDER: Relaxed; a plain counter.
            // Not the same time for both, or they would meet again.
            pause(self.pause * if from == 0 { 1 } else { 3 });
        }
    }

    /// Waits until all transfers are made, or none has been for too long.
    fn stands_still(&self, transfers: usize) -> bool {
        let (mut known, mut since) = (0, Stopwatch::start());
        while since.elapsed() <= PATIENCE {
            pause(Duration::from_millis(5));
            let done = self.done.load(Ordering::Relaxed); // ORDER: Relaxed; a plain counter.
            if done == transfers {
                return false;
            }
            if done > known {
                (known, since) = (done, Stopwatch::start());
            }
        }
        true
    }
}

/// Waits for a lock, and gives the global one up meanwhile, as everybody who sleeps.
fn lock(account: &Mutex<i64>) -> MutexGuard<'_, i64> {
    blocking(Why::Lock, || account.lock())
}
