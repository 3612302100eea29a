//! Chunks: many small jobs in one message.

use std::collections::BTreeSet;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

pub(super) const DESIGN: Design = Design::new(include_str!("chunk_size.md"), measure)
    .twin(include_str!("chunk_size.py"), |python, _| python.version >= (3, 4, 0))
    .relations(&[
        timing("slower-than-a-loop", &that(|[in_a_loop, pool]| pool >= 3.0 * in_a_loop)),
        timing("chunks-share-the-cost", &that(|[one, hundred]| hundred <= one / 3.0)),
        counting("one-chunk-is-one-worker", &that(|[workers]| is(workers, 1))),
    ]);

/// One message: squares the numbers, each of which takes so long; and says who did it.
fn square((numbers, takes_s): (Vec<u64>, f64)) -> (u32, Vec<u64>) {
    let square = |number: &u64| {
        if takes_s > 0.0 {
            pause(Duration::from_secs_f64(takes_s));
        }
        number * number
    };
    (std::process::id(), numbers.iter().map(square).collect())
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (jobs, chunk) = (cell.count("jobs"), cell.count("chunk"));
    let numbers: Vec<u64> = (0..jobs as u64).collect();
    let takes_s = cell.number("takes_s");
    let pool = Workers::start("processes", 2)?;
    let stopwatch = Stopwatch::start();
    let answers = if chunk == 0 {
        numbers.iter().map(|&number| square((vec![number], takes_s))).collect()
    } else {
        let messages = numbers.chunks(chunk).map(|numbers| (numbers.to_vec(), takes_s));
        pool.map(square, messages.collect())?
    };
    let took_s = stopwatch.seconds();
    let squares = answers.iter().flat_map(|(_, squares)| squares);
    if !squares.copied().eq(numbers.iter().map(|number| number * number)) {
        return Err(LabError::Failed("the pool gave wrong squares".to_owned()));
    }
    let workers: BTreeSet<u32> = answers.iter().map(|(pid, _)| *pid).collect();
    Ok(Figures::default()
        .with("job_s", took_s / to_f64(jobs))
        .with_count("messages", if chunk == 0 { 0 } else { answers.len() })
        .with_count("workers", workers.len()))
}
