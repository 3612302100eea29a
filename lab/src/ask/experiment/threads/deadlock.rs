//! Deadlock: two threads, two locks, and the order in which they are acquired.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::{self, Attached, Barrier, Guarded, with_both};

pub(super) const DESIGN: Design =
    Design::new(include_str!("deadlock.md"), |cell| threads::run(|| measure(cell)))
        .twin(include_str!("deadlock.py"), |python, cell| {
            by_lock(python, cell) && cell.word("rule") != "with-both"
        })
        .relations(&[
            counting(
                "opposite-orders-stand-still",
                &that(|[stood_still, _, _]| is(stood_still, 1)),
            ),
            counting("one-order-goes-on", &that(goes_on)),
            counting("giving-way-goes-on", &that(goes_on)),
            counting("asking-for-both-goes-on", &that(goes_on)).of_ours(),
        ]);

fn goes_on([done, stood_still]: [f64; 2]) -> bool {
    is(stood_still, 0) && done > 0.0
}

/// Two accounts, twice: with a lock each, and guarded.
struct Bank {
    locked: [threads::Lock<i64>; 2],
    guarded: [Guarded<i64>; 2],
    /// They meet before each transfer: on a busy machine one thread could make all of its transfers
    /// before the other has begun.
    meeting: Barrier,
    pause: Duration,
    done: AtomicUsize,
    gave_way: AtomicUsize,
}

fn measure(cell: &Cell) -> Result<Figures> {
    let gil = hogs::gil(cell);
    let bank = Arc::new(Bank {
        locked: Default::default(),
        guarded: [0, 0].map(|coins| Guarded::new(&gil, coins)),
        meeting: Barrier::new(2),
        pause: cell.time("pause_s"),
        done: AtomicUsize::new(0),
        gave_way: AtomicUsize::new(0),
    });
    let transfers = cell.count("transfers");
    for (from, name) in ["there", "back"].into_iter().enumerate() {
        let (bank, rule) = (Arc::clone(&bank), cell.word("rule").to_owned());
        let run = move |at: &mut Attached<'_>| {
            for _ in 0..transfers {
                bank.meeting.wait().expect("nobody breaks it");
                bank.transfer(from, &rule, at);
            }
        };
        // Daemons: they may be there for ever.
        let started = threads::spawn_daemon(&gil, name, run);
        started.map_err(|why| LabError::failed("a thread", why))?;
    }
    let stood_still = bank.stands_still(2 * transfers, cell.time("patience_s"));
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
        let mut first = self.locked[order[0]].acquire();
        pause(self.pause);
        let mut second = self.locked[order[1]].acquire();
        let coin = if order[0] == from { 1 } else { -1 };
        *first -= coin;
        *second += coin;
    }

    fn until_both_are_free(&self, from: usize) {
        loop {
            let mut first = self.locked[from].acquire();
            pause(self.pause);
            if let Some(mut second) = self.locked[1 - from].try_acquire() {
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

    /// Waits until all transfers are made, or none has been for so long: one takes a millisecond.
    fn stands_still(&self, transfers: usize, patience: Duration) -> bool {
        let (mut known, mut since) = (0, Stopwatch::start());
        while since.elapsed() <= patience {
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
