//! Code in another language: one library that keeps the lock, and one that gives it up.
//!
//! "Writing some of your code in a different language" is one of the three ways out that the notes
//! name. It is one only if the library says `Py_BEGIN_ALLOW_THREADS` around its work.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design =
    Design::new(include_str!("c_library.md"), cells, echo::serve_or_compute)
        .twin(include_str!("c_library.py"), by_lock)
        .relations(&[
            timing("keeping-is-one-at-a-time", &ONE_PROCESSOR.if_two_processors(BARE[1]))
                .wrong(|cell| cell.set("task", "bz2")),
            timing("giving-up-gains-a-processor", &AS_BARE).wrong(keep_the_lock),
            timing("giving-up-lets-in", &that(|[p50_s]| p50_s < INTERVAL_S / 2.0))
                .wrong(keep_the_lock),
        ]);

const KEEPS: [&str; 2] = ["keeps, 1 thread", "keeps, 2 threads"];
const GIVES_UP: [&str; 2] = ["gives up, 1 thread", "gives up, 2 threads"];
const BARE: [&str; 2] = ["no lock, 1 thread", "no lock, 2 threads"];

fn cells(scale: Scale) -> Vec<Cell> {
    let (duration_s, answers) = scale.pick((0.3, 20), (1.0, 60));
    let computing = |labels, lock, task| Cell::one_and_two(labels, lock, task, duration_s);
    let beside = |label, task| Cell::serving(label, Lock::TIMED, 1, task, answers);
    let mut cells = Vec::from(computing(KEEPS, Lock::TIMED, Task::Regex));
    cells.extend(computing(GIVES_UP, Lock::TIMED, Task::Bz2));
    cells.extend(computing(BARE, Lock::Bare, Task::Bz2));
    cells.push(beside("asked beside keeps", Task::Regex));
    cells.push(beside("asked beside gives up", Task::Bz2));
    cells
}

fn keep_the_lock(cell: &mut Cell) {
    if cell.lock != Lock::Bare {
        cell.set("task", "regex");
    }
}
