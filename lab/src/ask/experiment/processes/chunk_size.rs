//! Chunks: many small jobs in one message.
//!
//! A job that crosses to another process costs some tens of microseconds, whatever it does. If it
//! does little, several in one message share that cost: `Pool.map` has `chunksize` for it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Workers;
use crate::ask::experiment::kit::prelude::*;

/// Small jobs one by one and in chunks, and long ones.
pub const EXPERIMENT: Experiment = Experiment {
    name: "chunk-size",
    group: Group::Processes,
    title: "small jobs in a pool of processes, one by one and in chunks",
    question: "Four thousand numbers are squared, in a loop, and in a pool of two processes, one \
               job for each number. Which is faster?",
    choices: &[
        "the pool, nearly twice as fast: two processes compute at the same time",
        "they take the same time",
        "the loop, many times",
    ],
    answer: 2,
    method: "Numbers are squared in a loop, and in a pool of two processes, with chunks of 1, 10, \
             100 and 1 000 numbers to a message. Then 40 jobs that take 2 ms each, with chunks of \
             1, and all in one chunk.",
    cells,
    ours: measure,
    twin: Some(include_str!("chunk_size.py")),
    plays: |python, _| python.version >= (3, 4, 0),
    columns: &[
        Column { figure: "job_s", title: "each job\ntakes", unit: Unit::Seconds },
        Column { figure: "messages", title: "messages", unit: Unit::Count },
        Column { figure: "workers", title: "workers\nused", unit: Unit::Count },
    ],
    relations: &[
        timing("slower-than-a-loop")
            .says("small jobs one by one take three times as long as in a loop, at least.")
            .claims(&that(
                "{job_s in small, in a loop} and {job_s in small, chunks of 1}",
                |[in_a_loop, pool]| pool >= 3.0 * in_a_loop,
            ))
            .wrong("jobs of 2 ms", make_long),
        timing("chunks-share-the-cost")
            .says(
                "small jobs in chunks of 100 take a third of the time that they take one by one, \
                   at most.",
            )
            .claims(&that(
                "{job_s in small, chunks of 1} and {job_s in small, chunks of 100}",
                |[one, hundred]| hundred <= one / 3.0,
            ))
            .wrong("jobs of 2 ms", make_long),
        counting("one-chunk-is-one-worker")
            .says(
                "all jobs in one chunk are done by one worker, and the other one has nothing to \
                 do.",
            )
            .claims(&that(
                "{workers in 2 ms, one chunk} of 2 workers did something",
                |[workers]| is(workers, 1),
            ))
            .wrong("chunks of 1", |cell| cell.set("chunk", 1)),
    ],
    explain: Told(
        "A square takes {job_s in small, in a loop} in a loop, and {job_s in small, chunks of 1} \
         in the pool: nearly all of that is the way there and back, encoding, two system calls \
         and two wake-ups. In chunks of 100 it is {job_s in small, chunks of 100}, for a message \
         costs little more when there is more in it. The break-even is where a chunk's work is as \
         long as a message takes. Chunks can be too large as well: 40 jobs of 2 ms in one chunk \
         go to one worker and take {job_s in 2 ms, one chunk / 2 ms, chunks of 1} as long as one \
         by one, while the other worker has nothing to do.",
    ),
    read: &[
        "benches: `cargo bench --bench procs`: what a job costs here, with and without prefetch",
        "stackoverflow.com/questions/20727375: \"multiprocessing.Pool slower than just ordinary functions\"",
    ],
};

fn cells(scale: Scale) -> Vec<Cell> {
    let cell = |label: &str, chunk: usize| {
        let cell = Cell::plain(label).with("chunk", chunk).with("takes_s", 0.0);
        cell.with("jobs", scale.pick(4_000, 20_000))
    };
    let small = |chunk| cell(&format!("small, chunks of {chunk}"), chunk);
    let mut long = [cell("2 ms, chunks of 1", 1), cell("2 ms, one chunk", 40)];
    long.iter_mut().for_each(make_long);
    let in_a_loop = cell("small, in a loop", 0);
    [in_a_loop].into_iter().chain([1, 10, 100, 1_000].map(small)).chain(long).collect()
}

fn make_long(cell: &mut Cell) {
    cell.set("jobs", 40);
    cell.set("takes_s", 0.002);
}

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
