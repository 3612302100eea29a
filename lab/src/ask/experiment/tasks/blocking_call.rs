//! A sleep in a task: called, awaited, or given to a thread. The most common mistake with tasks is a
//! call that sleeps without an await: it keeps the loop's one thread, and with it every other task.

use std::cell::Cell as Shared;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, Builder, JoinHandle, join_all};
use trainyard::threads::ThreadPool;

/// Ten naps in ten tasks.
pub const EXPERIMENT: Experiment = Experiment {
    name: "blocking-call",
    group: Group::Tasks,
    title: "ten tasks sleep: called, awaited, or given to threads",
    question: "Ten tasks of one loop each have to wait for 20 ms. The first version of the program \
               calls the `sleep` that threads use. How long does it take?",
    choices: &[
        "20 ms: they all wait at the same time",
        "200 ms: one after another",
        "somewhere between, as the system likes",
        "for ever: a loop cannot sleep",
    ],
    answer: 1,
    method: "Ten tasks nap for 20 ms, three times: each calls the sleep that threads use, each \
             awaits the loop's own, each gives the call to a pool of ten threads and awaits the \
             answer. Counted is how many are in the middle of their nap at once, and timed is the \
             longest poll of the loop, in which nobody else can run.",
    cells,
    ours: measure,
    twin: Some(include_str!("blocking_call.py")),
    plays: |python, _| python.has_tasks(),
    columns: &[
        Column { figure: "wall_s", title: "all ten", unit: Unit::Seconds },
        Column { figure: "at_once_max", title: "naps\nat once", unit: Unit::Count },
        Column { figure: "longest_poll_s", title: "longest\npoll", unit: Unit::Seconds },
    ],
    relations: &[
        counting("called-one-at-a-time")
            .says("a sleep that is called keeps the loop: one nap at a time.")
            .claims(&that("{at_once_max in called} at once", |[most]| is(most, 1)))
            .wrong("awaited", |cell| cell.set("how", "awaited")),
        counting("awaited-all-at-once")
            .says("a sleep that is awaited lets all ten nap at once.")
            .claims(&that("{at_once_max in awaited} at once", nearly_all))
            .wrong("called", |cell| cell.set("how", "called")),
        counting("threads-help")
            .says("a call that only threads can make is given to threads: all ten at once again.")
            .claims(&that("{at_once_max in given to threads} at once", nearly_all))
            .wrong("called in the task", |cell| cell.set("how", "called")),
        timing("called-takes-the-sum")
            .says("called one after another the naps take at least twice as long as together.")
            .claims(&that(
                "{wall_s in called}, {wall_s in awaited} and {wall_s in given to threads}",
                |[called, awaited, offloaded]| called >= 2.0 * awaited.max(offloaded),
            ))
            .wrong("all called", |cell| cell.set("how", "called")),
    ],
    explain: Told(
        "Called, the ten naps took {wall_s in called}: each is one poll of the loop, the longest \
         {longest_poll_s in called}, and in a poll nobody else runs. Awaited they took {wall_s in \
         awaited}: a task that awaits leaves its waker with a timer and gives the thread back. A \
         call that cannot be awaited, as most libraries have, is given to a thread, and its answer \
         is awaited: {wall_s in given to threads}. A loop can tell: ask for polls that take too \
         long, and it names the task and the line that spawned it.",
    ),
    read: &[
        "src/coop/runtime.rs: Builder::slow_poll names such a task and the line that spawned it",
        "src/handle/mod.rs: why a task can await the answer of a thread",
        "https://docs.python.org/3/library/asyncio-dev.html: debug mode, and slow callbacks",
    ],
};

/// What to do about it in the guided tour.
pub const LESSON: Lesson = Lesson {
    look: Activity {
        command: "timeline io --model coop",
        says: "the loop is one lane: short work, and in the gaps all tasks wait at once.",
    },
    change: Activity {
        command: "experiment run blocking-call --quick --wrong awaited-all-at-once",
        says: "a sleep that is called instead of awaited: one nap at a time.",
    },
    make: "Write a task that computes for a second without an await, and find out who is late: \
           `trainyard experiment run starved-loop` measures the same.",
};

const NAPS: u32 = 10;
const NAP_S: f64 = 0.02;

/// A loop that the system does not let run for a whole nap sees the first one end too early.
fn nearly_all([most]: [f64; 1]) -> bool {
    2.0 * most >= f64::from(NAPS)
}

fn cells(_: Scale) -> Vec<Cell> {
    let cell =
        |label, how| Cell::plain(label).with("how", how).with("naps", NAPS).with("nap_s", NAP_S);
    let labels = [("called", "called"), ("awaited", "awaited"), ("given to threads", "offloaded")];
    labels.map(|(label, how)| cell(label, how)).into()
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
    let nap = Duration::from_secs_f64(cell.number("nap_s"));
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
