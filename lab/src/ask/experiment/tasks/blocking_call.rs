//! A sleep in a task: called, awaited, or given to a thread.
//!
//! The most common mistake with tasks. A call that sleeps without an await keeps the loop's one
//! thread, and with it every other task.

use std::cell::Cell as Shared;
use std::io;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use crate::ask::experiment::kit::prelude::*;
use trainyard::coop::{self, Builder, JoinHandle, join_all};
use trainyard::sys::Why;
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
            .claims(&special(
                |cell| cell.label == CALLED,
                |results, who| at_once(results, who, CALLED, 1),
            ))
            .wrong("awaited", |cell| cell.set("how", "awaited")),
        counting("awaited-all-at-once")
            .says("a sleep that is awaited lets all ten nap at once.")
            .claims(&special(
                |cell| cell.label == AWAITED,
                |results, who| at_once(results, who, AWAITED, NAPS),
            ))
            .wrong("called", |cell| cell.set("how", "called")),
        counting("threads-help")
            .says("a call that only threads can make is given to threads: all ten at once again.")
            .claims(&special(
                |cell| cell.label == OFFLOADED,
                |results, who| at_once(results, who, OFFLOADED, NAPS),
            ))
            .wrong("called in the task", |cell| cell.set("how", "called")),
        timing("called-takes-the-sum")
            .says("called one after another the naps take at least twice as long as together.")
            .claims(&special(|_| true, called_takes_the_sum))
            .wrong("all called", |cell| cell.set("how", "called")),
    ],
    explain: By(explain),
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
    make: "Write a task that computes for a second without an await, and find out who is late: `trainyard experiment run starved-loop` measures the same.",
};

const CALLED: &str = "called";
const AWAITED: &str = "awaited";
const OFFLOADED: &str = "given to threads";
const NAPS: u64 = 10;
const NAP_S: f64 = 0.02;

fn cells(_: Scale) -> Vec<Cell> {
    let cell =
        |label, how| Cell::plain(label).with("how", how).with("naps", NAPS).with("nap_s", NAP_S);
    vec![cell(CALLED, "called"), cell(AWAITED, "awaited"), cell(OFFLOADED, "offloaded")]
}

fn measure(cell: &Cell) -> Result<Figures> {
    let (naps, how) = (cell.count("naps"), cell.word("how"));
    let nap = Duration::from_secs_f64(cell.number("nap_s"));
    let failed = |why: io::Error| LabError::failed("the loop", why);
    let pool = Rc::new(ThreadPool::builder().workers(naps).build().map_err(failed)?);
    let longest_poll = Rc::new(Shared::new(Duration::ZERO));
    let longest = Rc::clone(&longest_poll);
    let report = move |poll: &coop::SlowPoll| longest.set(longest.get().max(poll.took));
    let mut runtime = Builder::new().slow_poll(Duration::ZERO, report).build().map_err(failed)?;

    let naps_now = Rc::new(Naps::default());
    let stopwatch = Stopwatch::start();
    let ended = runtime.block_on(async {
        let task = |_| -> JoinHandle<Result<()>> {
            let (naps_now, pool, how) = (Rc::clone(&naps_now), Rc::clone(&pool), how.to_owned());
            coop::spawn(async move {
                naps_now.begin();
                take_a_nap(&how, nap, &pool).await?;
                naps_now.end();
                Ok(())
            })
        };
        join_all((0..naps).map(task)).await
    });
    let wall = stopwatch.elapsed();
    for ended in ended {
        ended??;
    }
    Ok(Figures::default()
        .with("wall_s", wall.as_secs_f64())
        .with_count("at_once_max", naps_now.most.get())
        .with("longest_poll_s", longest_poll.get().as_secs_f64()))
}

async fn take_a_nap(how: &str, nap: Duration, pool: &ThreadPool) -> Result<()> {
    match how {
        "called" => sleep_in_thread(nap),
        "awaited" => coop::sleep(nap).await,
        _ => pool.submit(move |at| at.detach(Why::Sleep, || sleep_in_thread(nap))).await?,
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the mistake that is shown")]
fn sleep_in_thread(nap: Duration) {
    thread::sleep(nap);
}

/// How many tasks are in the middle of their nap.
#[derive(Default)]
struct Naps {
    now: Shared<u64>,
    most: Shared<u64>,
}

impl Naps {
    fn begin(&self) {
        self.now.set(self.now.get() + 1);
        self.most.set(self.most.get().max(self.now.get()));
    }

    fn end(&self) {
        self.now.set(self.now.get() - 1);
    }
}

fn at_once(results: &Results, who: &Contender, cell: &str, expected: u64) -> Option<Check> {
    let most = results.count(who, cell, "at_once_max")?;
    // A loop that the system does not let run for a whole nap sees the first one end too early.
    let is_right = if expected == 1 { most == 1 } else { 2 * most >= expected };
    Some(Check::that(is_right, format!("{most} at once")))
}

fn called_takes_the_sum(results: &Results, who: &Contender) -> Option<Check> {
    let wall_s = |cell| results.of(who, cell, "wall_s");
    let (called_s, awaited_s, offloaded_s) =
        (wall_s(CALLED)?, wall_s(AWAITED)?, wall_s(OFFLOADED)?);
    let figures =
        format!("{}, {} and {}", seconds(called_s), seconds(awaited_s), seconds(offloaded_s));
    Some(Check::that(called_s >= 2.0 * awaited_s.max(offloaded_s), figures))
}

fn explain(results: &Results) -> Option<String> {
    let ours = |cell, figure| results.ours(cell, figure).map(seconds);
    Some(format!(
        "Called, the ten naps took {}: each is one poll of the loop, the longest {}, and in a poll \
         nobody else runs. Awaited they took {}: a task that awaits leaves its waker with a timer and \
         gives the thread back. A call that cannot be awaited, as most libraries have, is given to \
         a thread, and its answer is awaited: {}. A loop can tell: ask for polls that take too long, and \
         it names the task and the line that spawned it.",
        ours(CALLED, "wall_s")?,
        ours(CALLED, "longest_poll_s")?,
        ours(AWAITED, "wall_s")?,
        ours(OFFLOADED, "wall_s")?
    ))
}
