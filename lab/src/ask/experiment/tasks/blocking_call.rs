//! A sleep in a task: called, awaited, or given to a thread. The most common mistake with tasks is a
//! call that sleeps without an await: it keeps the loop's one thread, and with it every other task.

use std::cell::Cell as Shared;
use std::rc::Rc;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, Builder, JoinHandle, join_all};

pub(super) const DESIGN: Design = Design::new(include_str!("blocking_call.md"), measure)
    .twin(include_str!("blocking_call.py"), |python, _| python.has_tasks())
    .relations(&[
        counting("called-one-at-a-time", &that(|[most]| is(most, 1))),
        counting("awaited-all-at-once", &that(nearly_all)),
        counting("threads-help", &that(nearly_all)),
        timing(
            "called-takes-the-sum",
            &that(|[called, awaited, offloaded]| called >= 2.0 * awaited.max(offloaded)),
        ),
    ]);

/// Of ten. A loop that the system does not let run for a whole nap sees the first one end too early.
fn nearly_all([most]: [f64; 1]) -> bool {
    most >= 5.0
}

/// What the loop and its tasks have seen.
#[derive(Default)]
struct Seen {
    naps: Shared<u64>,
    naps_max: Shared<u64>,
    longest_poll: Shared<Duration>,
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (naps, how) = (cell.count("naps"), cell.word("how"));
    let nap = cell.time("nap_s");
    let failed = |why: io::Error| LabError::failed("the loop", why);
    let pool = Rc::new(ThreadPool::builder().workers(naps).build().map_err(failed)?);
    let seen = Rc::new(Seen::default());
    let polls = Rc::clone(&seen);
    let report = move |poll: &coop::SlowPoll| {
        polls.longest_poll.set(polls.longest_poll.get().max(poll.took));
    };
    let mut runtime = Builder::new().slow_poll(Duration::ZERO, report).build().map_err(failed)?;

    let stopwatch = Stopwatch::start();
    let ended = runtime.block_on(async {
        let task = |_| -> JoinHandle<Result<()>> {
            let (seen, pool, how) = (Rc::clone(&seen), Rc::clone(&pool), how.to_owned());
            coop::spawn(async move {
                seen.naps.set(seen.naps.get() + 1);
                seen.naps_max.set(seen.naps_max.get().max(seen.naps.get()));
                take_a_nap(&how, nap, &pool).await?;
                seen.naps.set(seen.naps.get() - 1);
                Ok(())
            })
        };
        join_all((0..naps).map(task)).await
    });
    let wall_s = stopwatch.seconds();
    for ended in ended {
        ended??;
    }
    Ok(Figures::default()
        .with("wall_s", wall_s)
        .with_count("at_once_max", seen.naps_max.get())
        .with("longest_poll_s", seen.longest_poll.get().as_secs_f64()))
}

async fn take_a_nap(how: &str, nap: Duration, pool: &ThreadPool) -> Result<()> {
    match how {
        "called" => pause_and_keep(nap),
        "awaited" => coop::sleep(nap).await,
        _ => pool.submit(move |_| pause(nap)).await?,
    }
    Ok(())
}
