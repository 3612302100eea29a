//! Scaling: how much more do threads compute than one, with the lock on and off?
//!
//! Published by Beazley in 2010 (one loop split over threads) and Real Python in 2024 (a Fibonacci
//! number for each thread, on 3.13 with and without the lock): flat with the lock on.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("scaling.md"), cells, hogs::throughput)
    .twin(include_str!("scaling.py"), by_lock)
    .relations(&[
        timing(
            "one-at-a-time",
            &that(|busy: [f64; 3]| most(&busy) <= ONE_CPU)
                .shown(|busy| format!("At most {:.2} busy", most(&busy)))
                .if_two_processors(BARE[1]),
        )
        .wrong(|cell| cell.exchange(Lock::TIMED, Lock::Off)),
        timing(
            "on-gains-nothing",
            &that(|figures| (HALF..=ONE_CPU).contains(&gained(figures)))
                .shown(|figures| format!("{} what one does", ratio(gained(figures))))
                .if_two_processors(BARE[1]),
        )
        .wrong(|cell| cell.exchange(Lock::TIMED, Lock::Off)),
        timing("off-gains-a-processor", &AS_BARE)
            .wrong(|cell| cell.exchange(Lock::Off, Lock::TIMED)),
    ]);

/// Switches cost something, but not half of the work.
const HALF: f64 = 0.5;
const THREADS: [usize; 4] = [1, 2, 4, 8];
const BARE: [&str; 2] = ["no lock, 1 thread", "no lock, 2 threads"];

fn cells(scale: Scale) -> Vec<Cell> {
    let duration_s = scale.pick(0.3, 1.0);
    let cell = |name, lock, threads| {
        let label = format!("lock {name}, {threads}");
        Cell::computing(label, lock, threads, Task::Pi, duration_s)
    };
    let threads = &THREADS[..scale.pick(3, 4)];
    let on = threads.iter().map(|&threads| cell("on", Lock::TIMED, threads));
    let off = threads.iter().map(|&threads| cell("off", Lock::Off, threads));
    let bare = Cell::one_and_two(BARE, Lock::Bare, Task::Pi, duration_s);
    on.chain(off).chain(bare).collect()
}

/// One thread may have had less than a processor, if others used the machine: what it would have
/// done with all of one is what counts.
fn gained([done_by_one, busy, done_by_two]: [f64; 3]) -> f64 {
    done_by_two / (done_by_one / busy)
}
