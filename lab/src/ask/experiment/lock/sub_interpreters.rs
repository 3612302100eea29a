//! Sub-interpreters: a lock for each worker.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("sub_interpreters.md"), measure)
    .twin(include_str!("sub_interpreters.py"), plays)
    .relations(&[
        counting("own-locks-are-free", &that(|[times]| is(times, 0))).of_ours(),
        timing("own-locks-gain-a-processor", &AS_BARE),
        timing("one-lock-is-one-at-a-time", &ONE_PROCESSOR.if_two_processors(BARE)),
    ]);

/// A lock for each interpreter came with 3.12.
fn plays(python: &Python, cell: &Cell) -> bool {
    by_lock(python, cell) && (cell.word("scope") != "own" || python.version >= (3, 12, 0))
}

fn measure(cell: &Cell) -> Result<Figures> {
    if cell.lock == Lock::Bare {
        return hogs::throughput(cell);
    }
    let (workers, task) = (cell.count("threads"), Task::named(cell.word("task")));
    let pool = ThreadPool::builder().workers(workers);
    let pool = match cell.word("scope") {
        "own" => pool.gil_per_worker(hogs::mode(cell.lock)),
        _ => pool.gil(hogs::gil(cell)),
    };
    let pool = pool.build().map_err(|why| LabError::failed("the pool", why))?;
    let clock = Clock::start(cell);
    let figures = hogs::measured(|| {
        let turns = pool.map(0..workers, move |at, _| clock.repeat(|| task.call(at)));
        Ok(turns.into_iter().map(|turns| turns.expect("a task does not panic")).collect())
    })?;
    Ok(figures.and(hogs::counted(pool.gils())))
}
