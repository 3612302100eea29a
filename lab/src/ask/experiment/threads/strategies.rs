//! Strategies: one sum that four threads add to, kept right in four ways, and not at all.

use crate::ask::experiment::kit::prelude::*;
use lab_core::work::sums::Sums;

pub(super) const DESIGN: Design = Design::new(include_str!("strategies.md"), measure)
    .twin(include_str!("strategies.py"), |_, cell| cell.word("strategy") != "atomic")
    .relations(&[
        timing("none-loses", &that(|[lost, _]| lost > 0.0)),
        counting(
            "each-of-them-is-exact",
            &that(|lost: [f64; 4]| is(known(lost).sum(), 0)).shown(|lost| {
                format!(
                    "{} ones lost with {} strategies",
                    known(lost).sum::<f64>(),
                    known(lost).count()
                )
            }),
        ),
        timing(
            "own-is-the-cheapest",
            &that(|[own, lock, queue, atomic]| own < lock.min(queue).min(atomic) / 2.0).shown(
                |[own, lock, queue, atomic]| {
                    let next = lock.min(queue).min(atomic);
                    format!("{}; the next takes {}", seconds(own), seconds(next))
                },
            ),
        )
        .of_ours(),
    ]);

const THREADS: usize = 4;

fn measure(cell: &Cell) -> Result<Figures> {
    let (sums, ones) = (Sums::default(), cell.count("ones") as u64);
    let begun = thread::scope(|scope| {
        start_in(scope, || sums.own())?;
        let begun = in_threads(THREADS, |_| {
            let begun = Stopwatch::start();
            sums.add(ones, cell.word("strategy"));
            begun
        });
        sums.queue.shutdown();
        begun
    })?;
    // Since the first of them began.
    let took_s = most(&begun.into_iter().map(Stopwatch::seconds).collect::<Vec<_>>());
    let expected = THREADS as u64 * ones;
    Ok(Figures::lost(expected, sums.total()).with("update_s", took_s / to_f64(expected)))
}

/// Python has no atomic number.
fn known(lost: [f64; 4]) -> impl Iterator<Item = f64> {
    lost.into_iter().filter(|lost| !lost.is_nan())
}
