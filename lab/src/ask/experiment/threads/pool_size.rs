//! How many threads: as many as there is to wait for, and as few as there is to compute with.

use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use trainyard::threads::Attached;

pub(super) const DESIGN: Design = Design::new(include_str!("pool_size.md"), measure)
    .notes(knees)
    .twin(include_str!("pool_size.py"), by_lock)
    .relations(&[
        timing("waiting-gains", &that(|[gained]| gained >= 4.0))
            .wrong(|cell| cell.set("kind", "wait-and-keep")),
        timing(
            "computing-gains-nothing",
            &special(|cell| cell.word("kind") == COMPUTE, computing_gains_nothing),
        )
        .wrong(|cell| cell.set("kind", WAIT)),
        timing("two-knees", &special(|_| true, two_knees)).wrong(|cell| cell.set("kind", COMPUTE)),
    ]);

const WAIT: &str = "wait";
const COMPUTE: &str = "compute";
const TASK: Duration = Duration::from_millis(2);
/// Of the best, which the knee gets done.
const KNEE: f64 = 0.6;

fn label(kind: &str, threads: usize) -> String {
    format!("{kind}, {}", count(threads, "thread"))
}

fn measure(cell: &Cell) -> Result<Figures> {
    let threads = cell.count("pool");
    let pool = hogs::pool(threads, hogs::gil(cell))?;
    let (clock, kind) = (Clock::start(cell), cell.word("kind").to_owned());
    hogs::measured(|| {
        let turns = pool.map(0..threads, move |at, _| clock.repeat(|| turn(&kind, at)));
        turns.into_iter().map(|turns| turns.expect("a task does not panic")).collect()
    })
}

fn turn(kind: &str, at: &mut Attached<'_>) {
    match kind {
        WAIT => pause(TASK),
        COMPUTE => Task::Pi.call(at),
        _ => {
            pause_and_keep(TASK);
            at.checkpoint();
        }
    }
}

/// The pools of one kind by size, and what each gets done.
fn pools(results: &Results, who: &Contender, kind: &str) -> Vec<(usize, f64)> {
    let done =
        |&threads: &usize| Some((threads, results.of(who, &label(kind, threads), "calls_per_s")?));
    [1, 2, 4, 8, 16, 32].iter().filter_map(done).collect()
}

fn best(pools: &[(usize, f64)]) -> f64 {
    pools.iter().map(|(_, done)| *done).fold(0.0, f64::max)
}

fn knee(pools: &[(usize, f64)]) -> Option<usize> {
    pools.iter().find(|(_, done)| *done >= KNEE * best(pools)).map(|(threads, _)| *threads)
}

fn computing_gains_nothing(results: &Results, who: &Contender) -> Option<Check> {
    let pools = pools(results, who, COMPUTE);
    let gained = best(&pools) / pools.first()?.1;
    Some(Check::that(gained <= 4.0 / 3.0, format!("The best pool does {}", ratio(gained))))
}

fn two_knees(results: &Results, who: &Contender) -> Option<Check> {
    let waiting = knee(&pools(results, who, WAIT))?;
    let computing = knee(&pools(results, who, COMPUTE))?;
    let figures = format!("{} and {computing}", count(waiting, "thread"));
    Some(Check::that(waiting >= 4 * computing, figures))
}

fn knees(results: &Results) -> Option<Figures> {
    let [waiting, computing] = [WAIT, COMPUTE].map(|kind| pools(results, &Contender::Ours, kind));
    Some(
        Figures::default()
            .with_count("waiting_knee", knee(&waiting)?)
            .with("waiting_gain", waiting.last()?.1 / waiting.first()?.1)
            .with_count("computing_knee", knee(&computing)?),
    )
}
