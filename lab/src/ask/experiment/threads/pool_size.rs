//! How many threads: as many as there is to wait for, and as few as there is to compute with.

use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("pool_size.md"), measure)
    .notes(knees)
    .twin(include_str!("pool_size.py"), by_lock)
    .relations(&[
        timing("waiting-gains", &that(|[gained]| gained >= 4.0)),
        timing(
            "computing-gains-nothing",
            &that(|done: [f64; 6]| best_gain(&done) <= 4.0 / 3.0)
                .shown(|done| format!("The best pool does {}", ratio(best_gain(&done)))),
        ),
        timing(
            "two-knees",
            &that(|done: [f64; 12]| knee(&done[..6]) >= 4 * knee(&done[6..])).shown(|done| {
                format!("{} and {}", count(knee(&done[..6]), "thread"), knee(&done[6..]))
            }),
        ),
    ]);

const WAIT: &str = "wait";
const COMPUTE: &str = "compute";
const SIZES: [usize; 6] = [1, 2, 4, 8, 16, 32];
const TASK: Duration = Duration::from_millis(2);
/// Of the best, which the knee gets done.
const KNEE: f64 = 0.6;

fn measure(cell: &Cell) -> Result<Figures> {
    let threads = cell.count("pool");
    let pool = hogs::pool(threads, hogs::gil(cell))?;
    let (clock, kind) = (Clock::start(cell), cell.word("kind").to_owned());
    hogs::measured(|| {
        let turns = pool.map(0..threads, move |at, _| clock.repeat(|| turn(&kind, at)));
        Ok(turns.into_iter().map(|turns| turns.expect("a task does not panic")).collect())
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

/// How much more than the smallest pool the best gets done.
fn best_gain(done: &[f64]) -> f64 {
    most(done) / done[0]
}

/// The smallest size of those that get nearly as much done as the best.
fn knee(done: &[f64]) -> usize {
    let enough = KNEE * most(done);
    SIZES.into_iter().zip(done).find(|(_, done)| **done >= enough).map_or(0, |(size, _)| size)
}

fn knees(results: &Results) -> Option<Figures> {
    let done = |kind| {
        let label = |size| format!("{kind}, {}", count(size, "thread"));
        SIZES.map(|size| results.ours(&label(size), "calls_per_s").unwrap_or(f64::NAN))
    };
    let (waiting, computing) = (done(WAIT), done(COMPUTE));
    let largest = waiting.into_iter().rfind(|done| !done.is_nan())?;
    let figures = Figures::default().with_count("waiting_knee", knee(&waiting));
    let figures = figures.with("waiting_gain", largest / waiting[0]);
    Some(figures.with_count("computing_knee", knee(&computing)))
}
